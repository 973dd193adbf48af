"""A metric over a period, how it changed, and whether it truly moved: values and verdicts, without a database."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from itertools import count
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from clients.local import day_in

from .catalogue import Aggregation, Better, Metric
from .provenance import Provenance, known_by
from .summary import RELATIVE_ERROR, Summary

FEW = 30
"""Below this many cases a value is shown, but nothing is concluded from it."""
SURE = 1.96
"""Standard errors beyond which a move is called real (two-sided 95%)."""
VOLUMES = frozenset({Aggregation.COUNT, Aggregation.SUM, Aggregation.DISTINCT})
"""What grows with traffic, which comes in bursts and from people who return: its cases are not independent of each other."""
WEEK = 7
"""Days of a volume needed on both sides to know how much it swings from day to day."""
LARGE_VOLUME = Decimal("0.2")
SURE_VOLUME = 3.0
"""Without those days, a volume moved only by at least this share and this many standard errors."""


@dataclass(frozen=True)
class Period:
    """Whole local days ``[start, end)`` in the client's zone."""

    start: date
    end: date
    zone: str

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"A period must end after it starts: {self.start} to {self.end}")

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def last(self) -> date:
        """The last day of the period."""
        return self.end - timedelta(days=1)

    @property
    def before(self) -> "Period":
        """The period of the same length that ends where this one starts."""
        return Period(self.start - timedelta(days=self.days), self.start, self.zone)

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """The aware UTC-comparable moments at which it starts and ends; a day with a clock change has 23 or 25 hours."""
        zone = ZoneInfo(self.zone)
        return tuple(datetime(d.year, d.month, d.day, tzinfo=zone) for d in (self.start, self.end))  # type: ignore[return-value]

    @property
    def weeks(self) -> "list[Period]":
        """The whole stretches of seven days in it, counted back from its end, newest first."""
        ends = (self.end - timedelta(days=WEEK * i) for i in range(self.days // WEEK))
        return [Period(end - timedelta(days=WEEK), end, self.zone) for end in ends]

    def dates(self) -> list[date]:
        return [self.start + timedelta(days=i) for i in range(self.days)]


def settled_part(period: Period, until: date | None) -> tuple[Period, Period] | None:
    """What of a period is settled, and the same days of the period before; None where nothing is.

    `until` is the first local day that may still change, None where no day may. Each settled day has its counterpart as many days
    before as the period is long, so that over whole weeks the same weekdays face each other.
    """
    if until is None or until >= period.end:
        return period, period.before
    if until <= period.start:
        return None
    before = period.before.start
    return Period(period.start, until, period.zone), Period(before, before + (until - period.start), period.zone)


def complete_days(days: int, zone: str, now: datetime) -> Period:
    """The last `days` complete local days before `now`: today is never among them."""
    today = day_in(now, zone)
    return Period(today - timedelta(days=days), today, zone)


@dataclass(frozen=True)
class Reading:
    """A metric's value over a period. `value` is None when it cannot be said, and `reason` says why."""

    metric: Metric
    value: Decimal | None
    n: int
    period: Period
    summary: Summary
    as_of: datetime | None = None
    """When the newest data behind it arrived."""
    sources: tuple[str, ...] = ()
    reason: str = ""
    provenance: Provenance = Provenance.MEASURED
    """How it is known."""

    @classmethod
    def of(
        cls,
        metric: Metric,
        summary: Summary,
        period: Period,
        *,
        distinct: int | None = None,
        as_of: datetime | None = None,
        sources: tuple[str, ...] = (),
        estimated: int = 0,
    ) -> "Reading":
        """Read a metric from its merged summary (for DISTINCT, from the `distinct` count).

        `estimated` is how many of the calls behind it were priced from list prices.
        """
        n = distinct or 0 if metric.aggregation is Aggregation.DISTINCT else summary.n
        if not n and metric.aggregation is not Aggregation.COUNT:
            return cls(metric, None, 0, period, summary, as_of, sources, reason=f"no {metric.of} in the period")
        known = known_by(metric, estimated)
        return cls(metric, value_of(metric, summary, distinct), n, period, summary, as_of, sources, provenance=known)


def value_of(metric: Metric, summary: Summary, distinct: int | None = None) -> Decimal | None:
    """The number a metric reads from a summary, or None of an empty one."""
    match metric.aggregation:
        case Aggregation.COUNT:
            return Decimal(summary.n)
        case Aggregation.SUM:
            return summary.total if summary.n else None
        case Aggregation.MEAN | Aggregation.RATE:
            return summary.mean
        case Aggregation.QUANTILE:
            value = summary.histogram.quantile(metric.quantile or 0.5)
            return None if value is None else Decimal(str(round(value, 3)))
        case Aggregation.DISTINCT:
            return None if distinct is None else Decimal(distinct)


class ChangeState(StrEnum):
    """Whether two periods can be compared at all."""

    COMPARED = "compared"
    NO_BASELINE = "no_baseline"  # nothing before to compare with
    TOO_EARLY = "too_early"  # fewer cases than `needed` on either side
    NO_DATA = "no_data"  # nothing now
    UNSETTLED = "unsettled"  # no day of the period is final yet


class Verdict(StrEnum):
    """What a change means, by the catalogue's direction and only where the move is more than chance."""

    BETTER = "better"
    WORSE = "worse"
    MOVED = "moved"  # truly moved, but neither way is good
    STEADY = "steady"  # within chance
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Change:
    """How a reading differs from the one before.

    `points` is the plain difference (for rates: multiply by 100 for percentage points), `relative` the difference ÷ before,
    None when before is zero. `certainty` is in standard errors, where one can be computed: two-sided tails of the normal
    distribution, also where the test behind it is Student's.
    """

    now: Reading
    before: Reading
    state: ChangeState
    verdict: Verdict = Verdict.UNKNOWN
    points: Decimal | None = None
    relative: Decimal | None = None
    certainty: float | None = None


class DayValue(NamedTuple):
    """One local day of a series; `value` is None where nothing happened."""

    day: date
    value: Decimal | None
    n: int


@cache
def needed(metric: Metric) -> int:
    """The fewest cases on either side from which a metric's change is judged.

    FEW; for a quantile as many as its interval's ranks need to lie inside the sample (p95: 110, p99: 563), since beyond it the
    interval collapses to the largest value and everything looks sure. An outcome that adds up comes as one figure a day or so,
    and is judged by its days: a WEEK of them.
    """
    q = metric.quantile
    if metric.is_outcome and metric.aggregation is Aggregation.SUM:
        return WEEK
    if metric.aggregation is not Aggregation.QUANTILE or q is None:
        return FEW
    return next(n for n in count(FEW) if _inside(n, q))


def _inside(n: int, q: float) -> bool:
    low, high = _ranks(n, q)
    return low >= 0 and high <= n - 1


def _ranks(n: int, q: float) -> tuple[float, float]:
    half = SURE * math.sqrt(n * q * (1 - q))
    return n * q - half, n * q + half


type Daily = tuple[Sequence[DayValue], Sequence[DayValue]]
"""A metric's local days now and before, in order."""


def compare(now: Reading, before: Reading, days: Daily | None = None) -> Change:
    """Compare two readings of one metric; a change is judged only with `needed` cases on both sides.

    Counts, sums and distinct counts are judged by how their `days` swing. Without a week of days on both sides they are
    STEADY unless they changed by LARGE_VOLUME and by SURE_VOLUME errors of a Poisson count.
    """
    if now.value is None:
        return Change(now, before, ChangeState.NO_DATA)
    if before.value is None or (before.metric.aggregation is Aggregation.COUNT and not before.n):
        return Change(now, before, ChangeState.NO_BASELINE)
    points = now.value - before.value
    relative = points / before.value if before.value else None
    if min(now.n, before.n) < needed(now.metric):
        return Change(now, before, ChangeState.TOO_EARLY, points=points, relative=relative)
    certainty = _certainty(now, before)
    sure = certainty >= SURE
    if now.metric.aggregation in VOLUMES:
        if days and min(len(part) for part in days) >= WEEK:
            daily = _daily_certainty(points, *days)
            # What an outcome adds up is an amount a day, not a sum of cases whose own error would be known.
            amount = now.metric.is_outcome and now.metric.aggregation is Aggregation.SUM
            certainty = daily if amount else min(certainty, daily)
            sure = certainty >= SURE
        else:
            sure = certainty >= SURE_VOLUME and (relative is None or abs(relative) >= LARGE_VOLUME)
    verdict = _verdict(now.metric, points) if sure and points else Verdict.STEADY
    return Change(now, before, ChangeState.COMPARED, verdict, points, relative, certainty)


def _verdict(metric: Metric, points: Decimal) -> Verdict:
    if metric.better is Better.NEITHER:
        return Verdict.MOVED
    return Verdict.BETTER if (points > 0) == (metric.better is Better.HIGHER) else Verdict.WORSE


def _certainty(now: Reading, before: Reading) -> float:
    """How many standard errors lie between two readings, were all cases independent.

    Rates: two proportions with a pooled error (Fleiss 1981, §2.3). Means: Welch 1947. Counts and sums: Poisson, a sum's
    error scaled by its values' root mean square. Quantiles: half the distance over the mean half-width of their
    distribution-free intervals (David and Nagaraja 2003, §7.1), each at least half a bucket wide.
    """
    a, b = now.summary, before.summary
    points = abs(float((now.value or 0) - (before.value or 0)))
    if not points:
        return 0.0
    match now.metric.aggregation:
        case Aggregation.RATE:
            pooled = float(a.total + b.total) / (a.n + b.n)
            error = math.sqrt(max(pooled * (1 - pooled), 0) * (1 / a.n + 1 / b.n))
        case Aggregation.MEAN:
            error = math.sqrt((a.variance or 0) / a.n + (b.variance or 0) / b.n)
        case Aggregation.QUANTILE:
            q = now.metric.quantile or 0.5
            error = math.hypot(_quantile_error(a, q), _quantile_error(b, q))
        case Aggregation.SUM:
            error = math.sqrt(a.sum_squares + b.sum_squares)
        case Aggregation.COUNT | Aggregation.DISTINCT:
            error = math.sqrt(now.n + before.n)
    return points / error if error else math.inf


def _daily_certainty(points: Decimal, days: Sequence[DayValue], before: Sequence[DayValue]) -> float:
    """Student's paired test on day against day, so that a week's rhythm is in neither side; a day without a value had none of it.

    Its tail is told in standard errors of a normal (Wallace 1959, formula 2.1). Where the days went the other way than the
    period, as distinct people may, nothing is certain.
    """
    differences = [float((a.value or 0) - (b.value or 0)) for a, b in zip(days, before, strict=False)]
    total, n = sum(differences), len(differences)
    if total * float(points) <= 0:
        return 0.0
    # numpy's, for statistics.stdev works in exact fractions: a page would spend a twentieth of its time in it.
    error = float(np.std(differences, ddof=1)) * math.sqrt(n)
    if not error:
        return math.inf
    free = n - 1
    return (8 * free + 1) / (8 * free + 3) * math.sqrt(free * math.log1p((total / error) ** 2 / free))


def _quantile_error(summary: Summary, q: float) -> float:
    low, high = quantile_interval(summary, q)
    return max((high - low) / (2 * SURE), RELATIVE_ERROR * (summary.histogram.quantile(q) or 0.0))


def quantile_interval(summary: Summary, q: float) -> tuple[float, float]:
    """A 95% interval of a quantile from order statistics: the values at ranks ``nq ± 1.96·√(nq(1−q))``."""
    low, high = _ranks(summary.histogram.n, q)
    return summary.histogram.at_rank(math.floor(low)), summary.histogram.at_rank(math.ceil(high))


@dataclass(frozen=True)
class Series:
    """A metric day by day over a period, with the period before beside it, ready to be drawn in the browser or on paper."""

    metric: Metric
    period: Period
    days: Sequence[DayValue]
    before: Sequence[DayValue]
    now: Reading
    """Over the settled days of the period; over all of them where none is settled."""
    change: Change
    until: date | None = None
    """The first of its days that may still change: drawn, but neither read nor compared. None where all are settled."""

    @property
    def days_with_data(self) -> int:
        """Of the days that `now` is read over, those with anything in them."""
        end = self.now.period.end
        return sum(1 for d in self.days if d.n and d.day < end)

    @property
    def known(self) -> bool:
        """Whether there is anything to draw, now or before."""
        return bool(self.now.n or self.change.before.n)


@dataclass(frozen=True)
class Breakdown:
    """A metric read for one value of a dimension (a model, a tool, a system)."""

    name: str
    readings: dict[str, Reading]
    """By metric key."""
    before: dict[str, Reading]
