"""Which changes are told as moves, in which order: the one judgement behind a client's page, its pulse and its ROI report.

A chart or a table row speaks of its own metric, so there a change is real by `readings.compare` alone. A headline picks the
most striking of many, so here it must also clear a bar raised for how many were looked at, be large enough to matter, and
read differently before and after.
"""

import math
from collections.abc import Collection, Iterable
from decimal import Decimal
from statistics import NormalDist

from .catalogue import Area, Unit
from .readings import Change, ChangeState, Verdict
from .wording import reads_the_same

WATCHED = (
    "error_rate",
    "tool_error_rate",
    "retries_per_trace",
    "refusal_rate",
    "format_valid",
    "latency_p50",
    "latency_p95",
    "latency_p99",
    "cost",
    "cost_per_call",
    "cost_estimated",
    "calls",
    "traces",
    "users",
    "sessions",
    "tool_calls_per_trace",
    "input_tokens",
    "output_tokens",
    "answer_tokens",
)
"""What is looked at for moves, besides all of the client's scores: the same on the page and in reports, so that they agree."""
FOLLOWS_TRAFFIC = frozenset({"cost", "cost_estimated", "input_tokens", "output_tokens"})
"""Sums that grow with traffic: never a move, and not counted among what was looked at."""
CHANCE = 0.05
"""How often one quiet period may show any move at all by accident, over all that was looked at."""
MATERIAL_POINTS = Decimal("0.01")
MATERIAL_SHARE = Decimal("0.05")
"""A sure change smaller than this (one point of a rate, a twentieth of anything else) is in the tables, but is no move."""
LARGE = 0.2
"""A move at least this large is told before a smaller one of a weightier area (Cohen 1988: an effect worth seeing)."""
AREAS = (Area.QUALITY, Area.LATENCY, Area.COST, Area.VOLUME)
VERDICTS = (Verdict.WORSE, Verdict.BETTER, Verdict.MOVED)
"""Verdicts of a change that is real, bad news first."""

type Rank = tuple[int, bool, bool, bool, int, float, str]


def moves(changes: Iterable[Change], first: Collection[str] = ()) -> list[Change]:
    """The changes to tell, the one to tell first in front; `first` are the keys of metrics whose target is off track."""
    known = list(changes)
    least = bar(looked_at(known))
    return sorted((c for c in known if moved(c, least)), key=lambda c: rank(c, first))


def looked_at(changes: Iterable[Change]) -> int:
    """How many changes could have been told as moves, had they been large: what the bar is raised for."""
    return sum(1 for c in changes if c.state is ChangeState.COMPARED and c.now.metric.key not in FOLLOWS_TRAFFIC)


def bar(looked_at: int) -> float:
    """The standard errors a change must clear among so many (Bonferroni: `CHANCE` shared out, two-sided)."""
    return NormalDist().inv_cdf(1 - CHANCE / (2 * max(1, looked_at)))


def moved(change: Change, least: float) -> bool:
    """Whether a change is told as a move: real, beyond the bar `least`, large enough, and different to the eye."""
    return (
        change.now.metric.key not in FOLLOWS_TRAFFIC
        and change.state is ChangeState.COMPARED
        and change.verdict in VERDICTS
        and (change.certainty or 0.0) >= least
        and material(change)
        and not reads_the_same(change)
    )


def material(change: Change) -> bool:
    """Whether a change is large enough for a headline: a point of a rate, a twentieth of anything else, or anything after zero."""
    if change.now.metric.unit is Unit.FRACTION:
        return abs(change.points or Decimal(0)) >= MATERIAL_POINTS
    return change.relative is None or abs(change.relative) >= MATERIAL_SHARE


def rank(change: Change, first: Collection[str] = ()) -> Rank:
    """Sort key: bad news, missed targets, large moves, scores, then by area, size and key."""
    metric, measured = change.now.metric, size(change)
    return (
        VERDICTS.index(change.verdict),
        metric.key not in first,
        measured < LARGE,
        not metric.is_score,
        AREAS.index(metric.area),
        -measured,
        metric.key,
    )


def size(change: Change) -> float:
    """How large a change is, comparable between units: Cohen's h for rates, the absolute log ratio for the rest."""
    now, before = change.now.value, change.before.value
    if now is None or before is None:
        return 0.0
    if change.now.metric.unit is Unit.FRACTION:
        a, b = (min(max(float(v), 0.0), 1.0) for v in (now, before))
        return abs(2 * math.asin(math.sqrt(a)) - 2 * math.asin(math.sqrt(b)))
    return abs(math.log(float(now / before))) if now > 0 and before > 0 else math.inf if now != before else 0.0
