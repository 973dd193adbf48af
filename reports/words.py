"""The sentences of reports: how a move, a target, a gap or an outcome is told in plain English. Every number is a quoted fact."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from clients.local import day_in
from clients.writing import NEUTRAL
from monitoring.catalogue import Metric
from monitoring.judging import VERDICTS
from monitoring.readings import Change, Period, Verdict
from monitoring.wording import level_text, noun_of, span_text, text_of

from .evidence import Arrival, Evidence, Standing
from .facts import AGREED, Fact, Facts, Name, Part, Sentence, before, change, sentence
from .moves import WHOLE, Move, Scope

MOST_WORDS = 30
"""A bullet is one sentence of at most this many words."""
NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

TELLING: dict[str, tuple[str, str, str]] = {
    "accuracy": ("answers", "were right", "of the time"),
    "hallucination_rate": ("answers", "made something up", "of the time"),
    "resolution_rate": ("chats", "were settled without a person", "of the time"),
    "groundedness": ("answers", "had a source behind them", "of the time"),
    "relevance": ("answers", "were relevant", "of the time"),
    "toxicity": ("answers", "were toxic", "of the time"),
    "refusal_rate": ("answers", "were refusals", "of the time"),
    "format_valid": ("answers", "had the right format", "of the time"),
    "other_language_rate": ("answers", "were in another language than the question", "of the time"),
    "override_rate": ("answers", "were overridden by people", "of the time"),
    "user_satisfaction": ("ratings", "were thumbs up", "of the time"),
    "error_rate": ("calls", "failed", "of the time"),
    "tool_error_rate": ("tool calls", "failed", "of the time"),
    "latency_p50": ("replies", "typically took", ""),
    "latency_p95": ("slowest 5% of replies", "took", "or more"),
    "latency_p99": ("slowest 1% of replies", "took", "or more"),
    "cost_per_call": ("calls", "cost", "each"),
    "answer_tokens": ("answers", "averaged", ""),
}
"""Per metric: whose number it is, what they did, and what follows the number."""


def spelled(number: int) -> str:
    """``three``, ``12``."""
    return NUMBERS[number] if number < len(NUMBERS) else NEUTRAL.number(number)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def listed(parts: Sequence[Sentence]) -> Sentence:
    """``a``, ``a and b``, ``a, b and c``."""
    joined: list[Part | Sentence] = []
    for i, part in enumerate(parts):
        joined += [", " if 0 < i < len(parts) - 1 else " and " if i else "", part]
    return sentence(*joined)


def change_fact(facts: Facts, change: Change, scope: Scope = WHOLE) -> Fact:
    """The fact of a metric within a scope, with what it was before; the one way a report makes it, so that its key means one fact."""
    return facts.of_change(change, scope.key(change.now.metric.key), scope=scope.name)


def move_headline(facts: Facts, move: Move) -> Sentence:
    """``GPT-4's accuracy fell to 51.1% from 84.1%.``"""
    fact = change_fact(facts, move.change, move.scope)
    noun = move.metric.noun
    match move.scope:
        case Scope("model", name):
            start: list[Part] = [Name(f"{name}’s {noun}")]
        case Scope("system", name):
            start = [Name(f"In {name}, {_with_article(move.metric, noun)}")]
        case _:
            start = [Name(capital(_with_article(move.metric, noun)))]
    return sentence(*start, f" {verb(move.change)} to ", fact, " from ", before(fact), ".")


def _with_article(metric: Metric, noun: str) -> str:
    return f"the {noun}" if noun.startswith("slowest") else noun


def verb(change: Change) -> str:
    """Which way it went, in the past tense, so that it follows one subject and many alike."""
    up = (change.points or 0) > 0
    if change.now.metric.key in {"latency_p95", "latency_p99"}:
        return "slowed" if up else "quickened"
    return "rose" if up else "fell"


def move_telling(facts: Facts, move: Move) -> Sentence:
    """``GPT-4's answers were right 51.1% of the time, down from 84.1%``, without its full stop."""
    fact = change_fact(facts, move.change, move.scope)
    way = "up" if (move.change.points or 0) > 0 else "down"
    whose, did, rest = TELLING.get(move.metric.key, (move.metric.noun, "came to", ""))
    match move.scope:
        case Scope("model", name):
            start = f"{name}’s {whose}"
        case Scope("system", name):
            start = f"In {name}, {'the ' if whose.startswith('slowest') else ''}{whose}"
        case _:
            start = capital(f"{'the ' if whose.startswith('slowest') else ''}{whose}")
    return sentence(Name(start), f" {did} ", fact, f" {rest}" if rest else "", f", {way} from ", before(fact))


def swap_tail(scope: Scope) -> Sentence:
    """``, as gpt-4-0613 replaced gpt-4-0314``, or nothing."""
    return sentence(", as ", Name(scope.by), " replaced ", Name(scope.replaced)) if scope.by else Sentence(())


def moved_sentence(facts: Facts, moves: Sequence[Move]) -> Sentence:
    """The move to tell first, with the swap behind it or the next move if there is room for it."""
    first, *others = moves
    told = move_telling(facts, first)
    tails = (
        [swap_tail(first.scope)]
        if first.scope.by
        else [sentence("; ", _lower_start(move_telling(facts, m), m)) for m in others[:1]]
    )
    for tail in tails:
        if (longer := sentence(told, tail)).words <= MOST_WORDS:
            told = longer
    return sentence(told, ".")


def _lower_start(told: Sentence, move: Move) -> Sentence:
    """As it reads within a sentence; a model's own name keeps its capital."""
    head, *rest = told.parts
    return (
        sentence(Name(head.text[:1].lower() + head.text[1:]), *rest)
        if isinstance(head, Name) and move.scope.kind != "model"
        else told
    )


def target_facts(facts: Facts, number: int, standing: Standing) -> tuple[Fact, Fact, Fact | None]:
    """Now, goal and baseline of the `number`-th target."""
    key = f"target.{number}"
    now = facts.of_reading(standing.reading, key, scope=standing.name)
    unit = standing.reading.metric.unit
    goal = facts.put(
        Fact(
            f"{key}.goal",
            f"{standing.name}, goal",
            standing.goal,
            unit,
            standing.goal_text or level_text(standing.goal, unit),
            formula=AGREED,
            under=key,
        )
    )
    if standing.baseline is None:
        return now, goal, None
    return (
        now,
        goal,
        facts.put(
            Fact(
                f"{key}.baseline",
                f"{standing.name}, baseline",
                standing.baseline,
                unit,
                text_of(standing.baseline, unit),
                n=standing.baseline_n,
                of=standing.reading.metric.of if standing.baseline_n else "",
                formula=AGREED,
                inputs=(standing.baseline_source,) if standing.baseline_source else (),
                under=key,
            )
        ),
    )


BY_OUTLOOK = "targets of the charter, counted by their outlook"
GROUPS = (
    ("watch", "Targets that need watching", "needs watching", "need watching"),
    ("off_track", "Targets off track", "is off track", "are off track"),
    ("too_early", "Targets too early to judge", "is too early to judge", "are too early to judge"),
    ("no_baseline", "Targets without a baseline", "has no baseline yet", "have no baseline yet"),
    ("no_data", "Targets without data", "has no data", "have no data"),
)
"""Per status: what its count is called, and how one or many targets of it are told."""


def targets_sentence(facts: Facts, standings: Sequence[Standing]) -> Sentence:
    """``One of three targets is on track, one needs watching, and Reply time is off track.``"""
    if not standings:
        return sentence("No targets are agreed for this quarter yet.")
    total = len(standings)
    good = [s for s in standings if s.status in {"met", "on_track"}]
    if len(good) == total:
        words = "The one target" if total == 1 else f"{'Both' if total == 2 else f'All {spelled(total)}'} targets"
        fact = facts.count(
            "targets.on_track",
            "Targets on track",
            total,
            text=words,
            n=total,
            of="targets",
            formula="targets met or on track",
        )
        return sentence(fact, " is on track." if total == 1 else " are on track.")
    if total > 1 and (together := _all_alike(facts, standings, total)):
        return together
    text = capital(f"{spelled(len(good))} of {spelled(total)}") if total > 1 else "The one target"
    fact = facts.count(
        "targets.on_track",
        "Targets on track",
        len(good),
        text=text,
        n=total,
        of="targets",
        formula="targets met or on track",
    )
    for named in (True, False):
        told = _targets_told(facts, fact, standings, total, named=named)
        if told.words <= MOST_WORDS:
            break
    return told


def _all_alike(facts: Facts, standings: Sequence[Standing], total: int) -> Sentence | None:
    """``All three targets are off track.`` where they stand the same, else None."""
    for status, label, _, many in GROUPS:
        if all(s.status == status for s in standings):
            words = "Both" if total == 2 else f"All {spelled(total)}"
            count = facts.count(
                f"targets.{status}",
                label,
                total,
                text=f"{words} targets",
                n=total,
                of="targets",
                formula=BY_OUTLOOK,
            )
            return sentence(count, f" {many}.")
    return None


def _targets_told(facts: Facts, on_track: Fact, standings: Sequence[Standing], total: int, *, named: bool) -> Sentence:
    rest: list[Sentence] = []
    for status, label, one, many in GROUPS:
        members = [s for s in standings if s.status == status]
        if len(members) == 1 and (named or total == 1):
            rest.append(sentence("“", Name(members[0].name), f"” {one}"))
        elif members:
            count = facts.count(
                f"targets.{status}",
                label,
                len(members),
                text=spelled(len(members)),
                n=total,
                of="targets",
                formula=BY_OUTLOOK,
            )
            rest.append(sentence(count, f" {one if len(members) == 1 else many}"))
    if total == 1:
        return sentence(rest[0], ".")
    verb = "is" if on_track.value in {0, 1} else "are"
    start = sentence(on_track, f" targets {verb} on track")
    return sentence(listed([start, *rest]), ".") if len(rest) == 1 else sentence(start, "; ", listed(rest), ".")


def local_day(moment: datetime, zone: str) -> Name:
    """The client's local day of a moment, as a name: dates are labels, not figures."""
    return Name(NEUTRAL.day(day_in(moment, zone)))


def source_troubles(arrivals: Sequence[Arrival], period: Period) -> list[Sentence]:
    """One clause per source that failed or fell silent: ``Langfuse has failed since 3 November``."""
    told = []
    silent_before = period.instants[1] - timedelta(days=1)
    for source in arrivals:
        name = Name(source.name)
        if source.failing and source.error_at:
            told.append(sentence(name, " has failed since ", local_day(source.error_at, period.zone)))
        elif source.failing:
            told.append(sentence(name, " is failing"))
        elif source.last_at is None:
            told.append(sentence(name, " has sent nothing yet"))
        elif source.stuck_at and source.stuck_at < period.instants[1]:
            told.append(sentence(name, " has been read only up to ", local_day(source.stuck_at, period.zone)))
        elif source.last_at < silent_before:
            told.append(sentence(name, " has been silent since ", local_day(source.last_at, period.zone)))
    return told


def watched_sentence(facts: Facts, evidence: Evidence) -> Sentence:
    """What was read, on how many days, and which sources are late; there is no work log to tell of yet."""
    calls = evidence.reading("calls")
    troubles = source_troubles(evidence.arrivals, evidence.period)
    if calls is None or not calls.n:
        return sentence("We read no model calls", ": " if troubles else "", listed(troubles), ".")
    read = [sentence(facts.of_reading(calls, "calls.read"), " model calls" if calls.n != 1 else " model call")]
    judged = max((s.now for s in evidence.series.values() if s.metric.is_score), key=lambda r: r.n, default=None)
    if judged and judged.n:
        read.append(
            sentence(
                facts.count(
                    "judged",
                    "Judged answers",
                    judged.n,
                    formula=f"answers judged for “{judged.metric.noun}”",
                    period=evidence.period,
                    counted=judged,
                ),
                f" {noun_of(judged.n, judged.metric.of)}",
            )
        )
    total, seen = evidence.period.days, evidence.days_with_calls
    days = facts.count(
        "days",
        "Days with data",
        seen,
        n=total,
        of="days",
        formula="local days with at least one model call",
        period=evidence.period,
        text=f"all {spelled(total)} days" if seen == total else f"{seen} of {total} days",
        counted=calls,
    )
    told = sentence(
        "We read ", listed(read), sentence(" on ", days) if seen == total else sentence("; ", days, " have data")
    )
    for trouble in [*troubles, *_open_days(evidence)]:
        if (longer := sentence(told, "; ", trouble)).words <= MOST_WORDS:
            told = longer
    return sentence(told, ".")


def _open_days(evidence: Evidence) -> list[Sentence]:
    """``5 November may still change``, where the week's last days are not settled."""
    first, period = evidence.open_from, evidence.period
    if first is None or first >= period.end:
        return []
    return [sentence(Name(span_text(max(first, period.start), period.last)), " may still change")]


def money_sentence(facts: Facts, evidence: Evidence) -> Sentence:
    """Traced spend, against the period before, and the month so far."""
    cost = evidence.change("cost")
    if cost is None or cost.now.value is None:
        return sentence("No call of this week carried a cost we could trace.")
    fact = change_fact(facts, cost)
    told = sentence("Traced AI spend was ", fact)
    if cost.before.value is None:
        told = sentence(told, ", with no week before to compare with")
    elif cost.verdict in VERDICTS and fact.change != "no change":
        told = sentence(told, ", ", change(fact), " from ", before(fact), " the week before")
    else:
        told = sentence(told, ", against ", before(fact), " the week before")
    month = (evidence.month or {}).get("cost")
    if month is not None and month.value is not None:
        so_far = facts.of_reading(
            month,
            "cost.month",
            scope=f"{evidence.period.last:%B} so far",
        )
        told = sentence(told, "; ", so_far, f" so far in {evidence.period.last:%B}")
    return sentence(told, ".")


def decision_sentence(facts: Facts, moves: Sequence[Move], evidence: Evidence) -> Sentence | None:
    """One question when something got worse or a target is off track, else None."""
    worse = [m for m in moves if m.verdict is Verdict.WORSE]
    if worse:
        move = worse[0]
        what = {
            "model": f"{move.scope.name}’s {move.metric.noun}",
            "system": f"{move.metric.noun} in {move.scope.name}",
        }.get(move.scope.kind, _with_article(move.metric, move.metric.noun))
        if move.scope.replaced:
            return sentence(
                "Shall we try going back to ",
                Name(move.scope.replaced),
                " while we find out why ",
                Name(what),
                f" {verb(move.change)}?",
            )
        return sentence("Shall we hold other changes until we know why ", Name(what), f" {verb(move.change)}?")
    for number, standing in enumerate(evidence.standings, 1):
        if standing.status == "off_track":
            now, goal, _ = target_facts(facts, number, standing)
            return sentence(
                "Shall we put ",
                Name(f"“{standing.name}”"),
                " first next, as it stands at ",
                now,
                " against a goal of ",
                goal,
                "?",
            )
    return None
