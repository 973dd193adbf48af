"""Series as Plotly figures: dictionaries that the browser draws, colours named by CSS token and put in there.

The rules are LOOK.md's: no legend, no frame, at most three gridlines, labels at the line's end, bars from zero, days with
few cases as dots, gaps never joined. Plotly itself is imported when a figure is asked for, so pages stay without it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from clients.writing import NBSP, day_text, in_force
from monitoring.catalogue import Aggregation, Metric, Unit
from monitoring.flags import Flag
from monitoring.readings import FEW, SURE, DayValue, Series
from monitoring.rolling import rolled, rolls
from monitoring.wording import SYMBOLS, text_of

from .labels import HEIGHT, MARGIN, Label, apart, cloth, note, pixel, pole
from .sentences import count_text

SANS = "Inter, system-ui, Segoe UI, Roboto, Helvetica Neue, Liberation Sans, Arial, sans-serif"
DIGIT = 7.5
"""Width in pixels of a tabular digit of the axis' 12 px text, which no other character of a tick exceeds by much."""
LONE, END = 6, 7
"""Diameters of dots: of a day between two gaps, and of the last day."""
BAND_CASES = 100
"""Cases a usual day needs for its 95% range to be drawn; with fewer the shade would bury the line."""
BAND_DWARFS = 2.5
"""How many times the largest value a range may reach; a rate near zero would be a flat line under a cloud."""
SUBJECT, COMPARE, INK, INK_3, LINE, LINE_2, CONTROL, BACK, BAND = (
    f"var(--{name})" for name in ("c1", "compare", "ink", "ink-3", "line", "line-2", "control", "bg", "band")
)
COMING = "still coming in"
"""What is said of a day that may still change."""
_BARS = frozenset({Aggregation.COUNT, Aggregation.SUM, Aggregation.DISTINCT})


@dataclass(frozen=True)
class Mark:
    """A level that was agreed: a charter's goal or baseline."""

    value: Decimal
    text: str
    goal: bool


@dataclass(frozen=True)
class _Axis:
    """The y axis in the reader's unit: what a stored value is multiplied by, and the unit on the top tick."""

    factor: float
    before: str
    after: str

    def of(self, value: Decimal | None) -> float | None:
        return None if value is None else float(value) * self.factor


def figure(series: Series, marks: Sequence[Mark] = (), flagged: Sequence[Flag] = ()) -> dict[str, Any]:
    """One metric over its period, with the period before in grey behind it, what was agreed beside it, and flags above it."""
    import plotly.graph_objects as go

    axis = _axis(series)
    bars = series.metric.aggregation in _BARS
    days = [day.isoformat() for day in series.period.dates()]
    if rolls(series):
        known = [*series.before, *series.days]
        now, before = (rolled(known, list(period.dates())) for period in (series.period, series.period.before))
    else:
        now, before = _aligned(series.days, series, "period"), _aligned(series.before, series, "before")
    if not bars:
        before = _sure(before)
    top, bottom, ticks = _scale(now, before, marks, axis, series.metric, from_zero=bars)
    now, coming = _apart_from(now, series.until)
    labels = [Label(pixel(axis.of(m.value) or 0, bottom, top), m.text, INK if m.goal else INK_3, m.goal) for m in marks]

    traces: list[Any] = []
    if any(d.value is not None for d in before):
        earlier = _line(go, days, before, axis, COMPARE, 1.5, _hover(before, series.metric, "before"))
        earlier.update(mode="lines+markers", marker=_dots(before, COMPARE))
        traces.append(earlier)
        if last := _last(before):
            labels.append(
                Label(pixel(axis.of(last.value) or 0, bottom, top), f"{series.period.days} days before", INK_3)
            )
    if bars:
        traces.append(_bar(go, days, now, axis, series.metric, {"color": SUBJECT, "line": {"width": 0}}))
    else:
        traces += _subject(go, days, now, axis, series.metric)
    if any(d.value is not None for d in coming):
        hollow = {"color": BACK, "line": {"color": COMPARE, "width": 1.25}}
        traces.append(
            _bar(go, days, coming, axis, series.metric, hollow, COMING)
            if bars
            else _hollow(go, days, coming, axis, _hover(coming, series.metric), COMING)
        )
    if last := _last(now):
        text = text_of(last.value or Decimal(0), series.metric.unit)
        labels.append(Label(pixel(axis.of(last.value) or 0, bottom, top), text, SUBJECT, strong=True))

    layout = _layout(days, bottom, top, ticks, axis)
    layout["template"] = go.layout.Template()
    layout["shapes"] = [*(_level(axis.of(m.value), m.goal) for m in marks), *map(pole, flagged)]
    layout["annotations"] = [*(note(label) for label in apart(labels)), *map(cloth, flagged)]
    return dict(go.Figure(data=traces, layout=layout).to_plotly_json())


def encoded(figures: dict[str, dict[str, Any]]) -> str:
    """Figures as JSON, through Plotly's own encoder."""
    from plotly.io.json import to_json_plotly

    return str(to_json_plotly(figures))


def _axis(series: Series) -> _Axis:
    match series.metric.unit:
        case Unit.FRACTION:
            return _Axis(100, "", "%")
        case Unit.MONEY:
            return _Axis(1, SYMBOLS["USD"], "")
        case Unit.MILLISECONDS:
            largest = max((d.value for d in [*series.days, *series.before] if d.value is not None), default=Decimal(0))
            return _Axis(0.001, "", f"{NBSP}s") if largest >= 1000 else _Axis(1, "", f"{NBSP}ms")
        case _:
            return _Axis(1, "", "")


def _aligned(values: Sequence[DayValue], series: Series, which: str) -> list[DayValue]:
    """A value for each day of the period; days nothing is known of are gaps, and of a count or sum they are too."""
    by_day = {v.day: v for v in values}
    period = series.period if which == "period" else series.period.before
    return [by_day.get(day, DayValue(day, None, 0)) for day in period.dates()]


def _last(values: Sequence[DayValue]) -> DayValue | None:
    return next((v for v in reversed(values) if v.value is not None), None)


def _hover(values: Sequence[DayValue], metric: Metric, suffix: str = "") -> list[str]:
    texts = []
    for v in values:
        value = "no data" if v.value is None else text_of(v.value, metric.unit)
        cases = (
            f", {count_text(v.n)}{NBSP}{metric.of}"
            if v.value is not None and metric.aggregation is not Aggregation.COUNT
            else ""
        )
        texts.append(f"{day_text(v.day, short=True)}: {value}{cases}" if suffix else f"{value}{cases}")
    return texts


def _line(
    go: Any,
    days: Sequence[str],
    values: Sequence[DayValue],
    axis: _Axis,
    colour: str,
    width: float,
    hover: Sequence[str],
) -> Any:
    return go.Scatter(
        x=days,
        y=[axis.of(v.value) for v in values],
        mode="lines",
        connectgaps=False,
        customdata=hover,
        line={"color": colour, "width": width},
        hovertemplate="%{customdata}<extra></extra>",
    )


def _subject(go: Any, days: Sequence[str], values: Sequence[DayValue], axis: _Axis, metric: Metric) -> list[Any]:
    """The metric itself: a line with its 95% range where a day has enough cases, hollow dots where it has few."""
    sure = _sure(values)
    few = [v if 0 < v.n < FEW else DayValue(v.day, None, v.n) for v in values]
    traces: list[Any] = []
    if _banded(metric, values):
        for run in _runs(days, sure):
            low, high = zip(*(_wilson(v) for _, v in run), strict=True)
            x = [day for day, _ in run]
            traces.append(
                go.Scatter(
                    x=[*x, *reversed(x)],
                    y=[axis.factor * y for y in (*high, *reversed(low))],
                    fill="toself",
                    fillcolor=BAND,
                    line={"width": 0},
                    mode="lines",
                    hoverinfo="skip",
                )
            )
    hover = _hover(values, metric)
    line = _line(go, days, sure, axis, SUBJECT, 2, hover)
    line.update(mode="lines+markers", marker=_dots(sure, SUBJECT, end=True))
    traces.append(line)
    if any(v.value is not None for v in few):
        traces.append(_hollow(go, days, few, axis, hover, "few"))
    return traces


def _hollow(
    go: Any, days: Sequence[str], values: Sequence[DayValue], axis: _Axis, hover: Sequence[str], why: str
) -> Any:
    """Hollow grey dots that no line joins, for days of which nothing is concluded."""
    return go.Scatter(
        x=days,
        y=[axis.of(v.value) for v in values],
        mode="markers",
        customdata=hover,
        marker={"size": 5, "color": BACK, "line": {"color": COMPARE, "width": 1.25}},
        hovertemplate=f"%{{customdata}}, {why}<extra></extra>",
    )


def _bar(
    go: Any,
    days: Sequence[str],
    values: Sequence[DayValue],
    axis: _Axis,
    metric: Metric,
    marker: dict[str, Any],
    why: str = "",
) -> Any:
    return go.Bar(
        x=days,
        y=[axis.of(v.value) for v in values],
        marker=marker,
        customdata=_hover(values, metric),
        hovertemplate=f"%{{customdata}}{', ' if why else ''}{why}<extra></extra>",
    )


def _apart_from(values: Sequence[DayValue], until: date | None) -> tuple[list[DayValue], list[DayValue]]:
    """The days before `until`, and those that may still change from it on, each with the others as gaps."""

    def those(late: bool) -> list[DayValue]:
        return [v if (until is not None and v.day >= until) is late else DayValue(v.day, None, 0) for v in values]

    return those(False), those(True)


def _sure(values: Sequence[DayValue]) -> list[DayValue]:
    """The days with enough cases; the others as gaps."""
    return [v if v.n >= FEW else DayValue(v.day, None, v.n) for v in values]


def _banded(metric: Metric, values: Sequence[DayValue]) -> bool:
    """Whether the 95% range says more than it hides: rates whose usual day has enough cases, and no range that dwarfs the line."""
    known = [v for v in _sure(values) if v.value is not None]
    if (
        metric.aggregation is not Aggregation.RATE
        or not known
        or sorted(v.n for v in known)[len(known) // 2] < BAND_CASES
    ):
        return False
    return max(_wilson(v)[1] for v in known) <= BAND_DWARFS * max(float(v.value or 0) for v in known)


def _dots(values: Sequence[DayValue], colour: str, *, end: bool = False) -> dict[str, Any]:
    """A dot on each day whose neighbours are gaps, which no line shows, and with `end` on the last, where the line ends."""
    sizes = [0 if v.value is None or _joined(values, i) else LONE for i, v in enumerate(values)]
    last = next((i for i in reversed(range(len(values))) if values[i].value is not None), None)
    if end and last is not None:
        sizes[last] = END
    # Plotly draws dots of several sizes at 70% unless told.
    return {"size": sizes, "color": colour, "opacity": 1, "line": {"width": 0}}


def _joined(values: Sequence[DayValue], i: int) -> bool:
    """Whether the line reaches the day from the one before or the one after."""
    return any(values[j].value is not None for j in (i - 1, i + 1) if 0 <= j < len(values))


def _runs(days: Sequence[str], values: Sequence[DayValue]) -> list[list[tuple[str, DayValue]]]:
    """Stretches of neighbouring days with a value, two or more long."""
    runs: list[list[tuple[str, DayValue]]] = [[]]
    for day, value in zip(days, values, strict=True):
        if value.value is None:
            runs.append([])
        else:
            runs[-1].append((day, value))
    return [run for run in runs if len(run) > 1]


def _wilson(day: DayValue) -> tuple[float, float]:
    """The 95% interval of a rate (Wilson 1927), as fractions."""
    p, n, z2 = float(day.value or 0), day.n, SURE**2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = SURE * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def _scale(
    now: Sequence[DayValue],
    before: Sequence[DayValue],
    marks: Sequence[Mark],
    axis: _Axis,
    metric: Metric,
    *,
    from_zero: bool,
) -> tuple[float, float, list[float]]:
    """Top and bottom of the y axis, and at most three ticks at round values."""
    values = [axis.of(v.value) or 0.0 for v in (*now, *before) if v.value is not None] + [
        axis.of(m.value) or 0.0 for m in marks
    ]
    if _banded(metric, now):
        values += [axis.factor * edge for v in now if v.n >= FEW for edge in _wilson(v)]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if from_zero:
        low = 0.0
    if high <= low:
        low, high = (0.0, high or 1.0) if low >= 0 else (low, 0.0)
    ticks = next(t for t in (_multiples(s, low, high) for s in _steps((high - low) / 2)) if len(t) <= 3)
    pad = (high - low) * 0.06
    bottom = 0.0 if from_zero or (low >= 0 and low - pad < 0) else low - pad
    return high + pad, bottom, ticks


def _multiples(step: float, low: float, high: float) -> list[float]:
    """The multiples of `step` from `low` to `high`, with room for what floating point loses."""
    return [round(step * i, 10) for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _steps(size: float) -> list[float]:
    """Round steps from a tenth of `size` up, so that the first that fits is the finest."""
    base = math.floor(math.log10(size)) - 1
    return [m * 10.0**power for power in range(base, base + 4) for m in (1, 2, 2.5, 5)]


def _level(y: float | None, goal: bool) -> dict[str, Any]:
    line = {"color": INK, "width": 1.25} if goal else {"color": CONTROL, "width": 1, "dash": "1px,3px"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": line}


def _layout(days: Sequence[str], bottom: float, top: float, ticks: Sequence[float], axis: _Axis) -> dict[str, Any]:
    """LOOK.md's chart: both ranges given, because Plotly left alone pads them for the labels in the margin."""
    writing = in_force()
    texts = [
        f"{axis.before if v == ticks[-1] else ''}{writing.signed(f'{v:,g}')}{axis.after if v == ticks[-1] else ''}"
        for v in ticks
    ]
    return {
        "font": {"family": SANS, "size": 12, "color": INK_3},
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": MARGIN | {"l": max(MARGIN["l"], round(DIGIT * max(map(len, texts)) + 10))},
        "height": HEIGHT,
        "hovermode": "x unified",
        "dragmode": False,
        "bargap": 0.3,
        "barmode": "overlay",
        "hoverlabel": {"bgcolor": BACK, "bordercolor": LINE_2, "font": {"family": SANS, "size": 12, "color": INK}},
        "xaxis": {
            "type": "date",
            "range": _span(days),
            "showgrid": False,
            "zeroline": False,
            "showline": True,
            "linecolor": LINE_2,
            "ticks": "outside",
            "ticklen": 4,
            "tickcolor": LINE_2,
            "fixedrange": True,
            "tickformat": "%b %-d" if writing.month_first else "%-d %b",
            "hoverformat": "%A, %B %-d" if writing.month_first else "%A %-d %B",
            "nticks": 6,
            "tickangle": 0,
        },
        "yaxis": {
            "range": [bottom, top],
            "showgrid": True,
            "gridcolor": LINE,
            "zeroline": False,
            "showline": False,
            "ticks": "",
            "fixedrange": True,
            "tickvals": list(ticks),
            "ticktext": texts,
        },
    }


def _span(days: Sequence[str]) -> list[str]:
    """Half a day around the first and last, so that bars and dots at the ends are whole."""
    first, last = (datetime.fromisoformat(day) for day in (days[0], days[-1]))
    return [(first - timedelta(hours=12)).isoformat(), (last + timedelta(hours=12)).isoformat()]
