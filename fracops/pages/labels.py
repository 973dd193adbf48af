"""The text around a chart: labels at its right end, moved apart so that each can be read, and the letters of its flags."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from monitoring.flags import Flag

HEIGHT = 224
MARGIN = {"l": 44, "r": 108, "t": 24, "b": 28}
"""Room around the plot; longer tick labels get more at the left."""
LABEL_GAP = 15
"""Least distance in pixels between two labels at the right end."""


@dataclass
class Label:
    """Text at the right end, at a height in pixels from the top of the plot."""

    y: float
    text: str
    colour: str
    strong: bool = False


def pixel(value: float, bottom: float, top: float) -> float:
    """Where a value stands, in pixels from the top of a plot between `bottom` and `top`."""
    plot = HEIGHT - MARGIN["t"] - MARGIN["b"]
    return plot * (top - value) / (top - bottom)


def apart(labels: Sequence[Label]) -> list[Label]:
    """The same labels, moved just far enough apart to be read, the subject's moved least."""
    ordered = sorted(labels, key=lambda label: label.y)
    for upper, lower in pairwise(ordered):
        lower.y = max(lower.y, upper.y + LABEL_GAP)
    floor = float(HEIGHT - MARGIN["t"] - MARGIN["b"])
    for label in reversed(ordered):
        label.y = min(label.y, floor)
        floor = label.y - LABEL_GAP
    return ordered


def note(label: Label) -> dict[str, Any]:
    """A label as Plotly's annotation at the right end of the plot."""
    plot = HEIGHT - MARGIN["t"] - MARGIN["b"]
    return {
        "xref": "paper",
        "yref": "paper",
        "x": 1,
        "xshift": 8,
        "y": 1 - label.y / plot,
        "text": label.text,
        "showarrow": False,
        "xanchor": "left",
        "yanchor": "middle",
        "align": "left",
        "font": {"color": label.colour, "size": 12, "weight": 600 if label.strong else 400},
    }


def pole(flag: Flag) -> dict[str, Any]:
    """The dashed line of a flag, on its day, as Plotly's shape."""
    day = flag.day.isoformat()
    line = {"color": "var(--ink-2)", "width": 1, "dash": "3px,3px"}
    return {"type": "line", "yref": "paper", "x0": day, "x1": day, "y0": 0, "y1": 1, "line": line, "layer": "below"}


def cloth(flag: Flag) -> dict[str, Any]:
    """The letter of a flag in its square above the plot, as Plotly's annotation."""
    return {
        "x": flag.day.isoformat(),
        "yref": "paper",
        "y": 1,
        "yshift": 4,
        "text": flag.letter,
        "showarrow": False,
        "xanchor": "center",
        "yanchor": "bottom",
        "width": 10,
        "height": 12,
        "borderpad": 1,
        "bordercolor": "var(--ink-2)",
        "borderwidth": 1,
        "bgcolor": "var(--bg)",
        "font": {"color": "var(--ink)", "size": 11, "weight": 600},
    }
