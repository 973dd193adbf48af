"""Draws a report's chart as a small SVG for a page: attributes only, colours from the page's own tokens, text as text."""

from collections.abc import Callable, Sequence
from html import escape

from clients.writing import NEUTRAL, neutrally
from monitoring.flags import Flag
from monitoring.readings import FEW

from ..composed import Chart, Dot
from . import scale

WIDE, NARROW = 760, 358
"""Widths of the drawing on a desk and on a phone; text is the same size on both."""
HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 220, 52, 118, 12, 26
FLAG = 14
"""Pixels of a flag's side; they stand in a band of their own above the plot."""
GAP = 15
"""Pixels between two lines of text."""
type Scale = Callable[[float], float]
type Place = Callable[[int], float]
DOT = 'fill="var(--c1)" stroke="var(--bg)" stroke-width="1.5"'
STROKE = 'fill="none" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"'
INKS = {"baseline": "--ink-3", "goal": "--ink", "now": "--c1"}


@neutrally()
def svg(chart: Chart, width: int = WIDE) -> str:
    """The chart as an ``<svg>`` element that needs no style attribute, script or sheet of its own."""
    low, high = scale.span(chart)
    dots = (*chart.before, *chart.days)
    edge = width - RIGHT
    room = edge - LEFT
    step = room / max(len(dots) - (0 if chart.bars else 1), 1)

    def x(index: int) -> float:
        return LEFT + step * (index + 0.5 if chart.bars else index)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    drawn = [*_grid(chart, low, high, y, edge), _rule(y(low), edge)]
    turn = len(chart.before)
    for colour, start, part in (("--compare", 0, chart.before), ("--c1", turn, chart.days)):
        placed = [(x(start + i), d) for i, d in enumerate(part)]
        drawn += (
            [_bar(at, d, y, step, colour) for at, d in placed if d.value is not None]
            if chart.bars
            else _line(placed, y, colour)
        )
    drawn += _ends(chart, y, x, edge)
    drawn += [part for flag in chart.flags for part in _flag(flag, dots, x)]
    named = (
        [(x(0), "start", dots[0])]
        + ([(x(turn), "middle", chart.days[0])] if turn else [])
        + [(x(len(dots) - 1), "end", dots[-1])]
    )
    drawn += [_text(at, HEIGHT - 6, NEUTRAL.day(d.day, short=True), "--ink-3", anchor) for at, anchor, d in named]
    label = escape(f"{chart.finding.text}. {chart.caption}")
    above = FLAG - TOP + 3 if chart.flags else 0
    return f'<svg viewBox="0 {-above} {width} {HEIGHT + above}" role="img" aria-label="{label}" font-size="12">{"".join(drawn)}</svg>'


def _grid(chart: Chart, low: float, high: float, y: Scale, edge: int) -> list[str]:
    at = scale.levels(low, high)
    lines = [f'<path d="M{LEFT} {y(v):.1f}H{edge}" stroke="var(--line)"/>' for v in at]
    return lines + [
        _text(LEFT - 6, y(v) + 4, t, "--ink-3", "end") for v, t in zip(at, scale.labels(at, chart), strict=True)
    ]


def _rule(y: float, edge: int) -> str:
    return f'<path d="M{LEFT} {y:.1f}H{edge}" stroke="var(--line-2)"/>'


def _bar(x: float, dot: Dot, y: Scale, step: float, colour: str) -> str:
    top = y(float(dot.value or 0))
    height = max(y(0) - top, 0)
    return f'<rect x="{x - step * 0.36:.1f}" y="{top:.1f}" width="{step * 0.72:.1f}" height="{height:.1f}" fill="var({colour})"/>'


def _line(placed: list[tuple[float, Dot]], y: Scale, colour: str) -> list[str]:
    """Runs of days with enough cases are joined, days with few are hollow dots, gaps stay gaps."""
    drawn: list[str] = []
    run: list[str] = []
    end: tuple[float, Dot | None] = (0.0, None)
    for at, dot in (*placed, end):
        if dot is not None and dot.value is not None and dot.n >= FEW:
            run.append(f"{at:.1f} {y(float(dot.value)):.1f}")
            continue
        if run:
            drawn.append(f'<path d="M{"L".join(run)}" {STROKE} stroke="var({colour})"/>')
            run = []
        if dot is not None and dot.value is not None:
            drawn.append(
                f'<circle cx="{at:.1f}" cy="{y(float(dot.value)):.1f}" r="2.2" fill="none" stroke="var({colour})"/>'
            )
    return drawn


def _ends(chart: Chart, y: Scale, x: Place, edge: int) -> list[str]:
    named = scale.ends(chart)
    heights = scale.apart([HEIGHT - y(n[0]) for n in named], GAP)
    drawn = []
    for (value, text, what), height in zip(named, heights, strict=True):
        if what == "now":
            last = max(i for i, d in enumerate(chart.days) if d.value is not None)
            drawn.append(f'<circle cx="{x(len(chart.before) + last):.1f}" cy="{y(value):.1f}" r="4" {DOT}/>')
        else:
            dashes = ' stroke-dasharray="1 3"' if what == "baseline" else ""
            drawn.append(
                f'<path d="M{LEFT} {y(value):.1f}H{edge}" stroke="var({"--ink" if what == "goal" else "--control"})"{dashes}/>'
            )
        weight = "400" if what == "baseline" else "600"
        drawn.append(_text(edge + 8, HEIGHT - height + 4, text, INKS[what], "start", weight))
    return drawn


def _flag(flag: Flag, dots: Sequence[Dot], x: Place) -> list[str]:
    """A flag on its day: a lettered square on a dashed line down to the axis."""
    at = next((x(i) for i, dot in enumerate(dots) if dot.day >= flag.day), x(len(dots) - 1))
    top = TOP - FLAG - 2
    square = f'<rect x="{at - FLAG / 2:.1f}" y="{top}" width="{FLAG}" height="{FLAG}" fill="var(--bg)" stroke="var(--ink-2)"/>'
    line = f'<path d="M{at:.1f} {top + FLAG}V{HEIGHT - BOTTOM}" stroke="var(--ink-2)" stroke-dasharray="3 3"/>'
    return [line, square, _text(at, top + 11, flag.letter, "--ink", "middle", "600")]


def _text(x: float, y: float, text: str, ink: str, anchor: str, weight: str = "400") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="var({ink})" text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'
