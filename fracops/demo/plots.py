"""What happens to each demo client on a day: how many requests, on which model, how fast, how right, and what breaks."""

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from fracops.demo import scripts
from fracops.demo.spans import Trace, Value, judge

type Plot = Callable[[str, str, date, date, int], Iterator[Trace]]

DRIFT_DAYS_AGO = 35
"""When the retailer's provider swapped the snapshot behind the support assistant."""
OUTAGE_DAYS_AGO = 21
"""About when the insurer's claims database went away (a Tuesday)."""
SAVING_DAYS_AGO = 49
"""When the law firm's summaries moved to a smaller model."""

_OFFICE = (0, 0, 0, 0, 0, 0, 1, 4, 9, 11, 11, 10, 7, 9, 11, 10, 9, 7, 4, 2, 1, 1, 0, 0)
_SHOP = (1, 0, 0, 0, 0, 1, 2, 3, 5, 7, 8, 8, 8, 7, 7, 7, 8, 9, 10, 11, 11, 9, 6, 3)
_OFFICE_WEEK = (1.05, 1.1, 1.06, 1.04, 0.92, 0.16, 0.12)
_SHOP_WEEK = (1.08, 1.0, 0.97, 0.98, 1.04, 1.0, 0.93)
_GROWTH_A_DAY = 0.0008


def outage_day(today: date) -> date:
    """The Tuesday about three weeks before today."""
    near = today - timedelta(days=OUTAGE_DAYS_AGO)
    return near - timedelta(days=(near.weekday() - 1) % 7)


def _support(slug: str, zone: str, day: date, today: date, seed: int) -> Iterator[Trace]:
    """The retailer: conversations with an order look-up in some; answers get worse and slower with the new snapshot."""
    random = _day(seed, slug, day)
    drifted = day >= today - timedelta(days=DRIFT_DAYS_AGO)
    model = "gpt-4o-2024-11-20" if drifted else "gpt-4o-2024-08-06"
    right, invented, liked, slower = (0.835, 0.09, 0.71, 1.45) if drifted else (0.921, 0.036, 0.83, 1.0)
    version = "v8" if day >= today - timedelta(days=96) else "v7"
    for starts_at in _starts(random, zone, day, 38, _SHOP, _SHOP_WEEK, today):
        user = f"shopper-{int(random.betavariate(1.1, 3.5) * 900):03d}"
        common: dict[str, Value] = {
            "gen_ai.conversation.id": f"chat-{random.getrandbits(40):010x}",
            "user.id": user,
            "fracops.segment": random.choice(("web", "web", "app")),
        }
        at = starts_at
        for _ in range(random.choices((1, 2, 3, 4), (3, 4, 3, 1))[0]):
            trace = Trace("Support assistant", at, random, common)
            question, answer, needs_order = random.choice(scripts.SUPPORT)
            order = random.randint(40_000, 99_999)
            trace.root(
                "invoke_agent support", {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "support"}
            )
            if needs_order:
                call = _chat(
                    trace,
                    "openai",
                    model,
                    random,
                    9_400,
                    22,
                    0.7 * slower,
                    question.format(order=order),
                    "order_lookup",
                    version,
                )
                trace.step(
                    "execute_tool order_lookup",
                    _seconds(random, 0.18),
                    _tool("order_lookup", f'{{"order": {order}}}'),
                    error="timeout" if random.random() < 0.008 else "",
                )
            call = _chat(trace, "openai", model, random, 12_600, 95, 1.55 * slower, question.format(order=order),
                         answer.format(order=order), version, cached=4096 if random.random() < 0.5 else 0)  # fmt: skip
            trace.close()
            if random.random() < 0.45:
                judge(call, "accuracy", random.random() < right, "model")
                judge(call, "hallucination_rate", random.random() < invented, "model")
            if random.random() < 0.12:
                judge(call, "user_satisfaction", random.random() < liked, "human")
            yield trace
            at = trace.ends_at + timedelta(seconds=random.uniform(20, 160))


def _claims(slug: str, zone: str, day: date, today: date, seed: int) -> Iterator[Trace]:
    """The insurer: an agent that looks a policy up, then decides; one day its database fails, then nothing comes at all."""
    random = _day(seed, slug, day)
    local = ZoneInfo(zone)
    out = day == outage_day(today)
    failing_from, silent_from, back_at = (
        _local(day, hour, local) for hour in (time(8, 10), time(11, 10), time(15, 20))
    )
    for starts_at in _starts(random, zone, day, 78, _OFFICE, _OFFICE_WEEK, today):
        if out and silent_from <= starts_at < back_at:
            continue
        failing = out and failing_from <= starts_at < silent_from
        common: dict[str, Value] = {
            "session.id": f"claim-{random.getrandbits(36):09x}",
            "user.id": f"handler-{random.randint(1, 46):02d}",
            "fracops.segment": random.choice(("motor", "motor", "home", "travel")),
        }
        trace = Trace("Claims agent", starts_at, random, common)
        claim, decision = random.choice(scripts.CLAIMS)
        number = random.randint(100_000, 999_999)
        trace.root("invoke_agent claims", {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "claims"})
        _chat(
            trace,
            "azure.ai.openai",
            "gpt-4.1-2025-04-14",
            random,
            11_500,
            40,
            0.9,
            claim.format(number=number),
            "policy_lookup",
            "v3",
        )
        if not _look_up(trace, random, number, 0.72 if failing else 0.012, gives_up_after=3):
            trace.close("tool_error")
            yield trace
            continue
        if random.random() < 0.25:
            trace.step(
                "execute_tool payment_history",
                _seconds(random, 0.3),
                _tool("payment_history", f'{{"policy": {number}}}'),
            )
        error = "timeout" if random.random() < (0.3 if failing else 0.004) else ""
        call = _chat(trace, "azure.ai.openai", "gpt-4.1-2025-04-14", random, 19_800, 210, 2.4, claim.format(number=number),
                     decision.format(number=number), "v3", error=error)  # fmt: skip
        trace.close(error)
        if not error:
            settled = random.random() < 0.66
            judge(call, "resolution_rate", settled, "code")
            if not settled or random.random() < 0.3:
                judge(call, "override_rate", random.random() < 0.17, "human")
            if random.random() < 0.3:
                judge(call, "accuracy", random.random() < 0.94, "model")
        yield trace


def _look_up(trace: Trace, random: Random, number: int, fails: float, gives_up_after: int) -> bool:
    """The policy look-up, tried again after a failure; False when it never worked."""
    for attempt in range(gives_up_after):
        failed = random.random() < fails
        trace.step("execute_tool policy_lookup", _seconds(random, 8.0 if failed else 0.35),
                   _tool("policy_lookup", f'{{"policy": {number}}}'), error="connection_error" if failed else "")  # fmt: skip
        if not failed:
            return True
        trace.pause(timedelta(seconds=2**attempt))
    return False


def _law(slug: str, zone: str, day: date, today: date, seed: int) -> Iterator[Trace]:
    """The law firm: two systems of single calls; the summaries move to a smaller model and stay as good."""
    random = _day(seed, slug, day)
    moved = day >= today - timedelta(days=SAVING_DAYS_AGO)
    for starts_at in _starts(random, zone, day, 168, _OFFICE, _OFFICE_WEEK, today):
        common: dict[str, Value] = {
            "session.id": f"matter-{random.randint(1, 140)}-{day:%y%m%d}",
            "user.id": f"lawyer-{random.randint(1, 34):02d}",
            "fracops.segment": random.choice(("corporate", "corporate", "litigation")),
        }
        summary = random.random() < 0.6
        system = "Matter summaries" if summary else "Clause finder"
        model = "claude-haiku-4-5-20251001" if summary and moved else "claude-sonnet-4-5-20250929"
        question, answer = random.choice(scripts.SUMMARIES if summary else scripts.CLAUSES)
        tokens_in, tokens_out, lasts = (85_000, 900, 2.6 if moved else 4.4) if summary else (52_000, 600, 3.3)
        trace = Trace(system, starts_at, random, common)
        call = _chat(trace, "anthropic", model, random, tokens_in, tokens_out, lasts, question, answer, "v2" if moved else "v1",
                     error="overloaded" if random.random() < 0.003 else "")  # fmt: skip
        if call.status.code == 0 and random.random() < 0.28:
            judge(call, "groundedness", random.random() < (0.947 if summary else 0.955), "model")
            judge(call, "accuracy", random.random() < 0.93, "human")
        yield trace


PLOTS: Mapping[str, Plot] = {"halden-outfitters": _support, "lindenhof-versicherung": _claims, "quarry-pine": _law}


def _day(seed: int, slug: str, day: date) -> Random:
    return Random(f"{seed}/{slug}/{day}")


def _starts(
    random: Random, zone: str, day: date, usual: float, hours: tuple[int, ...], week: tuple[float, ...], today: date
) -> list[datetime]:
    """When requests begin on a local day, in order, in UTC: about `usual`, shaped by hour and weekday, growing slowly."""
    expected = usual * week[day.weekday()] * math.exp(_GROWTH_A_DAY * (day - today).days)
    count = max(0, round(random.gauss(expected, math.sqrt(expected))))
    local = ZoneInfo(zone)
    chosen = random.choices(range(24), hours, k=count)
    return sorted(_local(day, time(hour, random.randrange(60), random.randrange(60)), local) for hour in chosen)


def _local(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def _seconds(random: Random, typical: float) -> timedelta:
    """A duration around `typical`, with the long tail that calls over a network have."""
    return timedelta(seconds=round(typical * random.lognormvariate(0, 0.42), 3))


def _tool(name: str, arguments: str) -> dict[str, Value]:
    return {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name, "gen_ai.tool.call.arguments": arguments}


def _chat(
    trace: Trace,
    provider: str,
    model: str,
    random: Random,
    tokens_in: int,
    tokens_out: int,
    lasts: float,
    question: str,
    answer: str,
    version: str,
    cached: int = 0,
    error: str = "",
) -> Span:
    """One model call; counts and times vary around what is given. A failed call has no answer and no output tokens."""
    attributes: dict[str, Value] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
        "gen_ai.prompt.name": trace.system.lower().replace(" ", "-"),
        "gen_ai.prompt.version": version,
        "input.value": question,
    }
    if not error:
        attributes |= {
            "gen_ai.response.model": model,
            "gen_ai.usage.input_tokens": max(cached, round(tokens_in * random.lognormvariate(0, 0.18))),
            "gen_ai.usage.output_tokens": max(1, round(tokens_out * random.lognormvariate(0, 0.3))),
            "output.value": answer,
        }
        if cached:
            attributes["gen_ai.usage.cache_read.input_tokens"] = cached
    return trace.step(
        f"chat {model}", timedelta(seconds=30) if error == "timeout" else _seconds(random, lasts), attributes, error
    )
