"""The vertical scale of a chart, the same on paper and on screen: its range, its few levels and their labels."""

import math
import re
from collections.abc import Sequence
from decimal import Decimal

from monitoring.catalogue import Unit
from monitoring.wording import MINUS, text_of

from ..composed import Chart

MOST_LEVELS = 3
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def span(chart: Chart) -> tuple[float, float]:
    """Lowest and highest value shown: bars start at zero, lines leave room, a rate never shows more than 100%."""
    values = [float(d.value) for d in (*chart.before, *chart.days) if d.value is not None]
    values += [float(level.value) for level in (chart.goal, chart.baseline) if level]
    low, high = min(values, default=0.0), max(values, default=1.0)
    if chart.bars:
        return 0.0, high * 1.08 or 1.0
    room = (high - low) * 0.14 or abs(high) * 0.1 or 1.0
    top = high + room
    if chart.unit is Unit.FRACTION and high <= 1:
        top = min(top, 1.0)
    bottom = low - room if low < 0 else max(low - room, 0.0)
    return bottom, top if top > bottom else bottom + room


def levels(low: float, high: float) -> list[float]:
    """At most three round values between low and high."""
    rough = (high - low) / MOST_LEVELS
    power = 10.0 ** math.floor(math.log10(rough))
    for step in (s * p for p in (power, power * 10) for s in STEPS):
        first = math.ceil(low / step - 1e-9)
        found = [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]
        if len(found) <= MOST_LEVELS:
            return found
    return [low, high]


def labels(at: Sequence[float], chart: Chart) -> list[str]:
    """A label per level; only the top one has its unit."""
    whole = [text_of(Decimal(str(round(v, 10))), chart.unit) for v in at]
    return [_bare(w) for w in whole[:-1]] + whole[-1:]


def _bare(text: str) -> str:
    found = re.search(rf"{MINUS}?[\d,.]+", text)
    return found[0] if found else text


def ends(chart: Chart) -> list[tuple[float, str, str]]:
    """What is named at the right end, from the lowest up: value, words, and which of baseline, goal or now it is."""
    found = []
    if chart.baseline:
        found.append((float(chart.baseline.value), f"Baseline {chart.baseline.text}", "baseline"))
    if chart.goal:
        found.append((float(chart.goal.value), f"Goal {chart.goal.text}", "goal"))
    final = next((d for d in reversed(chart.days) if d.value is not None), None)
    if final and final.value is not None and not chart.bars:
        found.append((float(final.value), text_of(final.value, chart.unit), "now"))
    return sorted(found)


def apart(at: Sequence[float], least: float) -> list[float]:
    """Positions pushed up so that neighbours are at least `least` apart; `at` must ascend."""
    placed: list[float] = []
    for position in at:
        placed.append(max(position, placed[-1] + least) if placed else position)
    return placed
