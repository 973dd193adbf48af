"""The small chart of a target as coordinates: baseline, goal and the way so far across the quarter, on 400 by 108 units."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from clients.writing import day_text
from monitoring.flags import Flag
from monitoring.readings import FEW, DayValue, Period, Series
from monitoring.rolling import ADD_UP, rolled
from monitoring.targets import Progress
from monitoring.wording import level_text, text_of

LEFT, RIGHT, TOP, BOTTOM = 4.0, 316.0, 22.0, 82.0
GAP = 15.0
"""Least distance between two labels at the right end."""
TEXT = 9.0
"""Height of the digits of the value beside the dot."""
CLOTH, OVER = 14.0, 18.0
"""The side of a flag's square at the top, and where a text below the flags begins."""
LONE = 2.5
"""Half the length of the dash that stands for a day between two gaps."""


@dataclass(frozen=True)
class Dot:
    x: float
    y: float


@dataclass(frozen=True)
class Level:
    """A horizontal line with its label at the right end."""

    y: float
    label_y: float
    text: str


@dataclass(frozen=True)
class Now:
    """Where the target stands, its value on the empty side of the dot and off the lines.

    `named` when "now" fits under the axis between the two ends.
    """

    x: float
    y: float
    label_x: float
    label_y: float
    anchor: str
    text: str
    named: bool


@dataclass(frozen=True)
class Pole:
    """A flag in the chart: the letter in a square at the top, over a dashed line down to the axis."""

    x: float
    letter: str

    @property
    def left(self) -> float:
        """Where the square begins, which stays within the chart."""
        return round(min(max(self.x - CLOTH / 2, LEFT - 3), RIGHT + 3 - CLOTH), 1)

    @property
    def middle(self) -> float:
        return self.left + CLOTH / 2


@dataclass(frozen=True)
class Strip:
    label: str
    start: str
    end: str
    paths: Sequence[str]
    few: Sequence[Dot]
    now: Now | None
    goal: Level | None
    baseline: Level | None
    poles: Sequence[Pole] = ()


def reaches(series: Series, period: Period) -> bool:
    """Whether a series holds every day of a period, and the six before it that its first days are rolled with."""
    return series.period.before.start <= period.start - timedelta(days=6) and period.end <= series.period.end


def narrowed(series: Series, period: Period) -> Series:
    """The days of a series that lie in a period, with all that came before it; its readings stay those of the whole."""
    known = [*series.before, *series.days]
    return replace(
        series,
        period=period,
        days=[d for d in known if period.start <= d.day < period.end],
        before=[d for d in known if d.day < period.start],
    )


def rolling(series: Series) -> list[DayValue]:
    """Each day with the six before it, for rates and means, which add up; other metrics stay daily."""
    if series.metric.aggregation not in ADD_UP:
        return list(series.days)
    return rolled([*series.before, *series.days], [d.day for d in series.days])


def strip(
    progress: Progress,
    so_far: Series,
    start: date,
    end: date,
    until: date | None = None,
    flagged: Sequence[Flag] = (),
) -> Strip | None:
    """The chart of a target over its quarter, from the series of the quarter so far; None where no day of it has a value.

    Days from `until` on may still change: they are hollow dots, and the line and the value end before them. `flagged` is what
    happened in the quarter; its words stand below the chart.
    """
    if progress.reading.value is None or progress.said:
        return None
    target = progress.target
    return strip_of(
        target.name,
        so_far,
        start,
        end,
        goal=target.goal,
        baseline=target.baseline,
        until=until,
        value=progress.reading.value,
        flagged=flagged,
    )


def strip_of(
    name: str,
    so_far: Series,
    start: date,
    end: date,
    *,
    goal: Decimal | None = None,
    baseline: Decimal | None = None,
    until: date | None = None,
    value: Decimal | None = None,
    flagged: Sequence[Flag] = (),
) -> Strip | None:
    """A metric from `start` to `end` with the levels it is measured by, where there are any; without `value` it ends at its last day's."""
    known = [d for d in rolling(so_far) if d.value is not None and start <= d.day <= end]
    days = [d for d in known if until is None or d.day < until]
    coming = known[len(days) :]
    if not days:
        return None
    unit = so_far.metric.unit
    stands = days[-1].value or Decimal(0) if value is None else value
    levels = [v for v in (goal, baseline) if v is not None]
    values = [d.value for d in known if d.value is not None] + levels + [stands]
    low, high = min(values), max(values)
    span = high - low or abs(high) or Decimal(1)

    def x(day: date) -> float:
        return round(LEFT + (RIGHT - LEFT) * (day - start).days / max(1, (end - start).days), 1)

    def y(value: Decimal) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * float((value - low) / span), 1)

    aim = None if goal is None else Level(y(goal), y(goal) + 4, f"Goal {level_text(goal, unit)}")
    base = None
    if baseline is not None:
        at = y(baseline)
        label = at + 4
        if aim and abs(at - aim.y) < GAP:
            label = aim.label_y + (GAP if at >= aim.y else -GAP)
        base = Level(at, label, f"Baseline {text_of(baseline, unit)}")
    at_x, at_y = x(days[-1].day), y(stands)
    text = text_of(stands, unit)
    said = [
        *([f"baseline {text_of(baseline, unit)}"] if baseline is not None else []),
        f"now {text}",
        *([f"goal {level_text(goal, unit)}"] if goal is not None else []),
    ]
    return Strip(
        label=f"{name}: {', '.join(said)}",
        start=day_text(start, short=True),
        end=day_text(end, short=True),
        paths=_paths(days, x, y),
        few=[Dot(x(d.day), y(d.value or Decimal(0))) for d in [*(d for d in days[:-1] if d.n < FEW), *coming]],
        now=_now(at_x, at_y, text, [level.y for level in (aim, base) if level], OVER if flagged else 0.0),
        goal=aim,
        baseline=base,
        poles=[Pole(x(flag.day), flag.letter) for flag in flagged],
    )


def _now(x: float, y: float, text: str, lines: Sequence[float], top: float) -> Now:
    """Beside the dot, where the quarter is still to come; above it towards the quarter's end; off the lines and below `top` either way."""
    named = LEFT + 48 < x < RIGHT - 56
    if x < RIGHT - 56:
        return Now(x, y, x + 9, _clear(y + 4, lines, top), "start", text, named)
    return Now(x, y, x, _clear(y - 9, lines, top, dot=y), "middle", text, named)


def _clear(wanted: float, lines: Sequence[float], top: float, *, dot: float | None = None) -> float:
    """The text baseline nearest to `wanted` at which no line runs through the text, nor the dot where one is above or below it."""

    def free(at: float) -> bool:
        clear = all(not at - TEXT - 2 < line < at + 2 for line in lines)
        return clear and (dot is None or not at - TEXT - 6 < dot < at + 6)

    steps = (wanted + away for step in range(40) for away in (-step, step))
    return next((at for at in steps if top + TEXT <= at <= BOTTOM + 4 and free(at)), wanted)


def _paths(days: Sequence[DayValue], x: Callable[[date], float], y: Callable[[Decimal], float]) -> list[str]:
    """Lines through runs of neighbouring days with enough cases, a dash for a run of one; a gap is never joined."""
    runs: list[list[DayValue]] = [[]]
    for day in days:
        if day.n < FEW:
            runs.append([])
            continue
        if runs[-1] and (day.day - runs[-1][-1].day).days > 1:
            runs.append([])
        runs[-1].append(day)
    return [_path([(x(d.day), y(d.value or Decimal(0))) for d in run]) for run in runs if run]


def _path(points: Sequence[tuple[float, float]]) -> str:
    if len(points) == 1:
        ((at_x, at_y),) = points
        points = [(round(at_x - LONE, 1), at_y), (round(at_x + LONE, 1), at_y)]
    return "M" + "L".join(f"{at_x} {at_y}" for at_x, at_y in points)
