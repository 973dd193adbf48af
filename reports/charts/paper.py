"""Draws a report's chart with matplotlib as an SVG without style attributes, for print and for pages under a strict policy."""

import io
import re
from datetime import date, datetime, time, timedelta
from functools import cache
from html import escape
from typing import Any

from clients.writing import NEUTRAL, neutrally
from monitoring.readings import FEW

from ..composed import Chart, Dot
from . import scale, style


@cache
def _fonts() -> None:
    """Tell matplotlib of our fonts, once."""
    from matplotlib import font_manager

    for path in sorted(style.FONTS.glob("inter-*.ttf")):
        font_manager.fontManager.addfont(path)


@neutrally()
def svg(chart: Chart, size: tuple[float, float] = style.FULL) -> str:
    """The chart as an ``<svg>`` element of `size` millimetres, the same bytes for the same chart."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    _fonts()
    settings: Any = style.settings()
    with mpl.rc_context(settings):
        figure = Figure(figsize=(size[0] * style.MM, size[1] * style.MM))
        FigureCanvasSVG(figure)
        axes = figure.add_axes(_place(11.0, size))
        _draw(axes, chart)
        axes.set_position(_place(_room(axes), size))
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _attributes_only(out.getvalue(), chart.key, f"{chart.finding.text}. {chart.caption}")


def _place(left: float, size: tuple[float, float]) -> tuple[float, float, float, float]:
    """Where the axes lie in a chart of `size` millimetres, with `left` of them for its labels."""
    return left / size[0], 7 / size[1], 1 - (left + 24) / size[0], 1 - 11 / size[1]


def _room(axes: Any) -> float:
    """The millimetres that the longest label of the y axis needs to the left of it, and never fewer than two charts in a row share."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    set_in = FontProperties(family=style.FAMILY)
    widths = [
        TextPath((0, 0), label.get_text(), size=label.get_fontsize(), prop=set_in).get_extents().width
        for label in axes.get_yticklabels()
        if label.get_text()
    ]
    return max(11.0, max(widths, default=0.0) * 25.4 / 72 + 3)


def _draw(axes: Any, chart: Chart) -> None:
    last = chart.days[-1].day
    first = (chart.before or chart.days)[0].day
    pad = timedelta(hours=15) if chart.bars else timedelta(0)
    axes.set_xlim(datetime.combine(first, time()) - pad, datetime.combine(last, time()) + pad)
    low, high = scale.span(chart)
    axes.set_ylim(low, high)
    for dots, colour in ((chart.before, style.COMPARE), (chart.days, style.SERIES)):
        _bars(axes, dots, colour) if chart.bars else _line(axes, dots, colour, bold=dots is chart.days)
    _levels(axes, chart, high - low)
    _flags(axes, chart)
    _ticks(axes, chart, low, high, first, last)


def _bars(axes: Any, dots: tuple[Dot, ...], colour: str) -> None:
    held = [d for d in dots if d.value is not None]
    axes.bar([d.day for d in held], [float(d.value or 0) for d in held], width=0.72, color=colour, linewidth=0)


def _line(axes: Any, dots: tuple[Dot, ...], colour: str, *, bold: bool) -> None:
    """Runs of days with enough cases are joined; days with few are dots, and gaps stay gaps."""
    run: list[Dot] = []
    for dot in (*dots, Dot(date.max, None, 0)):
        if dot.value is not None and dot.n >= FEW:
            run.append(dot)
            continue
        if run:
            axes.plot(
                [d.day for d in run],
                [float(d.value or 0) for d in run],
                color=colour,
                linewidth=1.5 if bold else 1.2,
                marker="o" if len(run) == 1 else "",
                markersize=2.4,
            )
            run = []
        if dot.value is not None:
            axes.plot(
                [dot.day],
                [float(dot.value)],
                color=colour,
                marker="o",
                markersize=2.4,
                markerfacecolor="none",
                markeredgewidth=0.8,
                clip_on=False,
            )


COLOURS = {"baseline": (style.INK_3, "normal"), "goal": (style.INK, "semibold"), "now": (style.SERIES, "semibold")}


def _levels(axes: Any, chart: Chart, height: float) -> None:
    """Goal, baseline and the last value, named at the right end and kept apart."""
    if chart.baseline:
        axes.axhline(float(chart.baseline.value), color=style.CONTROL, linewidth=0.8, linestyle=(0, (1, 2.5)), zorder=1)
    if chart.goal:
        axes.axhline(float(chart.goal.value), color=style.INK, linewidth=1, zorder=1)
    named = scale.ends(chart)
    for (value, text, what), y in zip(named, scale.apart([n[0] for n in named], height * 0.105), strict=True):
        colour, weight = COLOURS[what]
        if what == "now":
            last = next(d.day for d in reversed(chart.days) if d.value is not None)
            axes.plot(
                [last],
                [value],
                marker="o",
                markersize=4.6,
                color=style.SERIES,
                markeredgecolor=style.PAGE,
                markeredgewidth=1,
                clip_on=False,
                zorder=5,
            )
        axes.annotate(
            text,
            (1, y),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            fontweight=weight,
            fontsize=8,
            annotation_clip=False,
        )


def _flags(axes: Any, chart: Chart) -> None:
    """Lettered squares above the plot, each on a dashed line at its day."""
    for flag in chart.flags:
        day = datetime.combine(flag.day, time())
        axes.axvline(day, color=style.INK_2, linewidth=0.6, linestyle=(0, (3, 2.5)), zorder=1)
        axes.annotate(
            flag.letter,
            (day, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 5.5),
            textcoords="offset points",
            ha="center",
            va="center_baseline",
            color=style.INK,
            fontweight="semibold",
            fontsize=7,
            bbox={"boxstyle": "square,pad=0.22", "facecolor": style.PAGE, "edgecolor": style.INK_2, "linewidth": 0.6},
            annotation_clip=False,
        )


def _ticks(axes: Any, chart: Chart, low: float, high: float, first: date, last: date) -> None:
    """At most three levels; dates at the start, at the turn of the period, and at the end."""
    at = scale.levels(low, high)
    axes.set_yticks(at, scale.labels(at, chart))
    days = [first, chart.days[0].day, last] if chart.before else [first, last]
    sides = ("left", "center", "right") if chart.before else ("left", "right")
    axes.set_xticks(days)
    for label, side in zip(axes.set_xticklabels([NEUTRAL.day(d, short=True) for d in days]), sides, strict=True):
        label.set_horizontalalignment(side)


def _attributes_only(drawn: str, key: str, label: str) -> str:
    """matplotlib's file as one element: style attributes become presentation attributes, the prolog and stylesheet go."""
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r"<!--.*?-->\s*", "", drawn, flags=re.DOTALL)
    drawn = re.sub(
        r' style="([^"]*)"',
        lambda m: "".join(
            f' {name.strip()}="{value.strip()}"'
            for name, _, value in (p.partition(":") for p in m[1].split(";"))
            if value
        ),
        drawn,
    )
    prefix = re.sub(r"\W", "-", key)
    drawn = re.sub(
        r'( id="|#)(?![0-9a-f]{6}")(?=[a-zA-Z_][\w-]*(?:"|\)))', rf"\1{prefix}-", drawn
    )  # several charts share a page
    drawn = re.sub(r"\s*\n\s*", "\n", drawn)
    return drawn.replace(
        "<svg ", f'<svg role="img" aria-label="{escape(label)}" stroke-linejoin="round" stroke-linecap="butt" ', 1
    ).strip()
