"""Targets proposed from what is measured: which metrics, from which baseline, and a goal that the client's own weeks have shown.

No number is invented. The goal is the best of the last weeks with cases enough to judge by: it was reached once. Where the best is the
baseline itself, the worst of them is the line to hold: every week has held it. Where all are worse than the baseline, no goal is proposed.
A target is read over seven days, so a week is what it is compared with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from clients.models import Client, System, TargetKind

from .baselines import FEWEST_DAYS, Proposal, proposals
from .catalogue import Aggregation, Area, Better, Metric
from .readings import Period, Reading, needed
from .series import Slice, weekly
from .wording import noun_of, span_text, text_of

MOST, WEEKS, FEWEST_WEEKS = 3, 12, 4
"""How many targets are proposed, how many weeks are looked at, and how many of them have to have cases enough for a goal."""
SYSTEMS = 4
"""Of a client with more systems, targets are proposed for all of them together."""
SPEED = "latency_p95"
"""Of the times that replies take, the one that is proposed."""


@dataclass(frozen=True)
class Goal:
    """A goal in the metric's unit, and the rule by which it was found."""

    kind: TargetKind
    value: Decimal
    rule: str


@dataclass(frozen=True)
class Draft:
    """A target as far as the data goes: where `goal` is None, `why` says what is missing."""

    metric: Metric
    system: System | None
    baseline: Proposal
    goal: Goal | None
    why: str = ""


type _Weeks = Mapping[str, Sequence[Reading]]


def drafts(
    client: Client, metrics: Sequence[Metric], systems: Sequence[System], today: date, most: int = MOST
) -> list[Draft]:
    """At most `most` targets, of what the last weeks measured. Queries grow with the client's systems up to SYSTEMS, no further."""
    wanted = [m for m in metrics if m.better is not Better.NEITHER and m.aggregation is not Aggregation.DISTINCT]
    wanted = [m for m in wanted if m.area is not Area.LATENCY or m.key == SPEED]
    period = Period(today - timedelta(weeks=WEEKS), today, client.zone)
    parts: list[System | None] = list(systems) if 0 < len(systems) <= SYSTEMS else [None]
    read: list[tuple[System | None, _Weeks]] = []
    if outcomes := [m for m in wanted if m.is_outcome]:
        read.append((None, weekly(client, outcomes, period)))
    counted = [m for m in wanted if not m.is_outcome]
    read += [(part, weekly(client, counted, period, Slice(part.pk if part else None))) for part in parts]
    chosen = choose([(m, *_widest(m, read)) for m in wanted], most)
    baselines = proposals(client, [(m, system, "") for m, system, _ in chosen], today)
    return [_draft(*one, baselines[one[0].key, one[1].pk if one[1] else None, ""]) for one in chosen]


def choose(
    measured: Sequence[tuple[Metric, System | None, Sequence[Reading]]], most: int
) -> list[tuple[Metric, System | None, Sequence[Reading]]]:
    """Of what was measured: what its users get first, then how fast, then at what cost, then whatever else tells of its quality.

    Within each, what can be judged by more weeks comes first, then what has more cases.
    """
    seen = [one for one in measured if any(week.n for week in one[2])]
    seen.sort(key=lambda one: (-len(judged(one[2])), -sum(week.n for week in one[2])))
    kinds = [[one for one in seen if _place(one[0]) == place] for place in range(4)]
    firsts = [group[0] for group in kinds if group]
    rest = [one for group in kinds for one in group[1:]]
    return [*firsts, *rest][:most]


def goal_of(metric: Metric, baseline: Decimal, weeks: Sequence[Reading]) -> Goal | str:
    """The goal that a metric's own weeks have shown, or why there is none: too few to judge by, or all worse than the baseline."""
    found = judged(weeks)
    n = len(found)
    if n < FEWEST_WEEKS:
        return f"{n} of the last {WEEKS} weeks {'has' if n == 1 else 'have'} enough {metric.of}, {FEWEST_WEEKS} are needed for a goal"
    higher = metric.better is Better.HIGHER
    worst, *_, best = sorted(found, key=lambda week: week.value or Decimal(0), reverse=not higher)
    assert best.value is not None  # noqa: S101 - `judged` says so
    assert worst.value is not None  # noqa: S101
    if text_of(best.value, metric.unit) == text_of(baseline, metric.unit):
        rule = f"no week of the last {n} was better than the baseline; the worst, {_week(worst)}, is the line to hold"
        return Goal(TargetKind.ABOVE if higher else TargetKind.BELOW, worst.value, rule)
    if best.value > baseline if higher else best.value < baseline:
        rule = f"the best of the last {n} weeks, {_week(best)}: it was reached once, and is to be kept"
        return Goal(TargetKind.REACH, best.value, rule)
    return f"each of the last {n} weeks was worse than the baseline, the best {_week(best)}: its goal is yours to write"


def judged(weeks: Sequence[Reading]) -> list[Reading]:
    """The weeks with a value and cases enough to judge by."""
    return [week for week in weeks if week.value is not None and week.n >= needed(week.metric)]


def _draft(metric: Metric, system: System | None, weeks: Sequence[Reading], baseline: Proposal) -> Draft:
    if baseline.days < FEWEST_DAYS and baseline.over:
        why = f"only {baseline.days} of its first days have data, of {FEWEST_DAYS} that a baseline takes: its goal is yours to write"
        return Draft(metric, system, baseline, None, why)
    if baseline.days < FEWEST_DAYS:
        left = FEWEST_DAYS - baseline.days
        why = (
            f"{left} more day{'' if left == 1 else 's'} with data {'is' if left == 1 else 'are'} missing for a baseline"
            f" of {FEWEST_DAYS}: until then its goal is yours to write"
        )
        return Draft(metric, system, baseline, None, why)
    if baseline.value is None or baseline.n < needed(metric):
        why = f"a baseline takes {needed(metric)} {metric.of}, and there are {baseline.n}: its goal is yours to write"
        return Draft(metric, system, baseline, None, why)
    goal = goal_of(metric, baseline.value, weeks)
    if isinstance(goal, str):
        return Draft(metric, system, baseline, None, goal)
    return Draft(metric, system, baseline, goal)


def _widest(metric: Metric, read: Sequence[tuple[System | None, _Weeks]]) -> tuple[System | None, Sequence[Reading]]:
    """The system that the metric has most cases of, with its weeks."""
    found = [(system, weeks[metric.key]) for system, weeks in read if metric.key in weeks]
    return max(found, key=lambda one: sum(week.n for week in one[1]))


def _place(metric: Metric) -> int:
    if metric.is_outcome or metric.is_score:
        return 0
    return {Area.LATENCY: 1, Area.COST: 2}.get(metric.area, 3)


def _week(week: Reading) -> str:
    """``94.1% in 12–18 October, 240 judged answers``."""
    assert week.value is not None  # noqa: S101 - only weeks that were judged are told
    of = f"{week.n:,} {noun_of(week.n, week.metric.of)}"
    return f"{text_of(week.value, week.metric.unit)} in {span_text(week.period.start, week.period.last)}, {of}"
