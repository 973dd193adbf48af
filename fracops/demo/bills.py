"""What OpenAI counts and bills the demo's retailer: the calls of its story, and what no trace of it shows. All of it is invented."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from clients.models import Client
from clients.tenancy import scope
from fracops.demo import spans
from fracops.demo.plots import PLOTS
from fracops.demo.story import ClientStory
from monitoring import ledger, pricing
from monitoring.doors import SourceRef
from monitoring.models import Source
from monitoring.otlp import map_request
from monitoring.records import BillRecord, SpanKind, SpanRecord, UsageRecord

DAYS = 91
"""UTC days before today that are billed."""
BILLED = "halden-outfitters"
"""The slug of the client whose vendor is connected."""
APP, NIGHTLY = "key_support", "key_catalogue"
"""The key behind the traces, and one of a nightly job that sends none."""
OPEN_DAYS, OPEN_SHARE = 3, Decimal("0.45")
"""The newest days, of which OpenAI has billed only a part yet."""
ODD_DAYS_AGO, ODD = 12, Decimal("1.35")
"""A day that was dearer than its tokens for a reason that nobody knows."""
_NIGHTLY_MODEL = "gpt-4o-mini-2024-07-18"
_HOUR = timedelta(hours=1)
_UNTOLD_CACHE = 2048
"""Tokens at the head of a prompt that OpenAI reads from its cache without the traces saying so."""
_LONG = 8_000
_NAME = "OpenAI"


def store(client: Client, story: ClientStory, today: date, seed: int = 1) -> None:
    """Give the client an OpenAI source with these counts and bills. Nobody pulls it: it has no key, and is paused."""
    with scope(client.pk):
        system = client.systems.get(name=story.systems[0])
        source, _ = Source.objects.get_or_create(client=client, kind="openai", name=_NAME, defaults={"system": system})
    ledger.store(SourceRef(source.pk, client.pk, source.public_id, source.kind), records(story, today, seed))


def records(story: ClientStory, today: date, seed: int = 1) -> list[UsageRecord | BillRecord]:
    """Usage by hour, and bills by day, of the UTC days before `today`. The same seed and day give the same records."""
    counted: list[UsageRecord] = []
    first = today - timedelta(days=DAYS)
    hours: dict[tuple[datetime, str], list[SpanRecord]] = defaultdict(list)
    for call in _calls(story, first - timedelta(days=1), today, seed):
        start = call.started_at.replace(minute=0, second=0, microsecond=0)
        if first <= start.date() < today:
            hours[start, call.model].append(call)
    for (start, model), calls in sorted(hours.items()):
        read = sum((call.cache_read_tokens or 0) or _untold(call) for call in calls)
        whole, output = sum(c.input_tokens or 0 for c in calls), sum(c.output_tokens or 0 for c in calls)
        counted.append(_usage(start, model, APP, "", len(calls), whole - read, read, output))
    for number in range(DAYS):
        day = first + timedelta(days=number)
        if day.weekday() < 5:
            random = Random(f"{seed}/nightly/{day}")
            items, at = random.randint(380, 520), datetime(day.year, day.month, day.day, 7, tzinfo=UTC)
            plain, written = items * random.randint(9_000, 11_000), items * random.randint(700, 900)
            counted.append(_usage(at, _NIGHTLY_MODEL, NIGHTLY, "batch", items, plain, 0, written))
    return [*counted, *_bills(counted, today, seed)]


def _calls(story: ClientStory, first: date, today: date, seed: int) -> Iterator[SpanRecord]:
    day = first
    while day <= today:
        told = list(PLOTS[story.slug](story.slug, story.zone, day, today, seed))
        for call in map_request(spans.request(told)).spans if told else ():
            if call.kind is SpanKind.LLM and call.input_tokens is not None:
                yield call
        day += timedelta(days=1)


def _untold(call: SpanRecord) -> int:
    """Every third long prompt is read from the cache in part."""
    return _UNTOLD_CACHE if (call.input_tokens or 0) > _LONG and int(call.span_id, 16) % 3 == 0 else 0


def _usage(
    start: datetime, model: str, key: str, tier: str, calls: int, plain: int, read: int, output: int
) -> UsageRecord:
    return UsageRecord(
        start, start + _HOUR, "openai", model, "completions", "proj_halden", key, tier, calls, plain, read, 0, output
    )


def _bills(counted: list[UsageRecord], today: date, seed: int) -> Iterator[BillRecord]:
    sums: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    for use in counted:
        day = use.start.date()
        rates = pricing.rates("openai", use.model, pricing.noon(day), tier=use.tier, backwards=True)
        if rates is None:
            continue
        for line, amount in (
            ("input", rates.input_cost(use.input_tokens)),
            ("cached input", rates.input_cost(0, use.cache_read_tokens)),
            ("output", rates.output_cost(use.output_tokens)),
        ):
            sums[day, f"{use.model}, {line}"] += amount
    for (day, line), amount in sorted(sums.items()):
        ago = (today - day).days
        share = OPEN_SHARE if ago <= OPEN_DAYS else ODD if ago == ODD_DAYS_AGO and line.startswith("gpt-4o-2") else 1
        if amount:
            yield BillRecord(
                day, "openai", (amount * share).quantize(Decimal("1e-10")), line=line, project="proj_halden"
            )
    for day in sorted({day for day, _ in sums}):
        searches = Random(f"{seed}/searches/{day}").randint(18, 60)
        yield BillRecord(day, "openai", Decimal(searches) / 100, line="web search tool calls", project="proj_halden")
