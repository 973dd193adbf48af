"""Rates and means over seven days instead of one, where single days have too few cases to draw a line through."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from .catalogue import Aggregation
from .readings import FEW, DayValue, Series

WEEK = 7
ENOUGH = 100
"""Cases a usual day needs to stand for itself; with fewer, chance moves it more than the system does."""
LONG = 8 * WEEK
"""Days in a period from which the week's rhythm would hide the way it goes."""
ADD_UP = frozenset({Aggregation.RATE, Aggregation.MEAN})
"""What can be worked out again from parts weighed by their cases."""


def rolls(series: Series) -> bool:
    """Whether the series is drawn rolling: a rate or mean over eight weeks or longer, or over two where its days have few cases."""
    days = series.period.days
    if series.metric.aggregation not in ADD_UP or days < 2 * WEEK:
        return False
    if not series.now.n:
        return False
    if days >= LONG:
        return True
    cases = sorted(d.n for d in series.days if d.value is not None)
    return cases[0] < FEW or cases[len(cases) // 2] < ENOUGH


def rolled(values: Sequence[DayValue], days: Sequence[date]) -> list[DayValue]:
    """Each of `days` with the six before it, weighed by cases; a day that has no value itself, or no such week, is a gap."""
    by_day = {v.day: v for v in values if v.value is not None}
    first = min(by_day, default=None)
    made = []
    for day in days:
        week = [v for i in range(WEEK) if (v := by_day.get(day - timedelta(days=i)))]
        n = sum(v.n for v in week)
        whole = first is not None and day - first >= timedelta(days=WEEK - 1)
        total = sum((v.n * (v.value or Decimal(0)) for v in week), Decimal(0))
        made.append(DayValue(day, total / n if n and whole and day in by_day else None, n))
    return made
