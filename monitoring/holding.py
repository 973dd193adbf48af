"""Targets that hold a level: on how many days they did, as the chart of a metric draws its days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from clients.models import Target, TargetKind

from .catalogue import Aggregation, Metric
from .readings import FEW, DayValue, Series
from .rolling import ADD_UP, WEEK, rolled

KEPT_ENOUGH = Decimal("0.9")
"""The share of days on which a level has to hold for its target to be on track."""


@dataclass(frozen=True)
class Kept:
    """On how many of the days that can be judged a level held."""

    days: int
    of: int

    @property
    def share(self) -> Decimal:
        return Decimal(self.days) / self.of

    @property
    def words(self) -> str:
        """``40 of 45 days``."""
        return f"{self.days} of {self.of} day{'' if self.of == 1 else 's'}"


def holds(target: Target, value: Decimal) -> bool:
    """Whether a value is on the side of the level that was agreed."""
    return value >= target.goal if target.kind == TargetKind.ABOVE else value <= target.goal


def kept(target: Target, so_far: Series, start: date, last: date) -> Kept | None:
    """The days from `start` to `last` on which the level held; None where no day can be judged.

    A day of a rate, a mean, a count or a sum stands for the seven days up to it, as the target's level does; a percentile's for
    itself, since percentiles do not add up. A day with fewer than FEW cases is not judged, except of what is counted or added up.
    Distinct people are not judged by day: neither their days nor their weeks add up.
    """
    metric = so_far.metric
    if metric.aggregation is Aggregation.DISTINCT:
        return None
    judged = [d for d in by_day(so_far) if d.value is not None and start <= d.day <= last and d.n >= _cases(metric)]
    held = sum(1 for d in judged if d.value is not None and holds(target, d.value))
    return Kept(held, len(judged)) if judged else None


def by_day(series: Series) -> list[DayValue]:
    """A series' days on the scale of a reading over seven of them, where days can be put together at all."""
    known = [*series.before, *series.days]
    days = [d.day for d in series.days]
    if series.metric.aggregation in ADD_UP:
        return rolled(known, days)
    if series.metric.aggregation in {Aggregation.COUNT, Aggregation.SUM}:
        return _added(known, days)
    return list(series.days)


def _added(known: Sequence[DayValue], days: Sequence[date]) -> list[DayValue]:
    """Each day with the six before it, added up; from the first whole week after anything was seen."""
    values = {d.day: d for d in known}
    first = min((d.day for d in known if d.n), default=None)
    made = []
    for day in days:
        week = [values[at] for i in range(WEEK) if (at := day - timedelta(days=i)) in values]
        whole = first is not None and day - first >= timedelta(days=WEEK - 1)
        total = sum((d.value or Decimal(0) for d in week), Decimal(0))
        made.append(DayValue(day, total if whole else None, sum(d.n for d in week)))
    return made


def _cases(metric: Metric) -> int:
    return 1 if metric.aggregation in {Aggregation.COUNT, Aggregation.SUM} else FEW
