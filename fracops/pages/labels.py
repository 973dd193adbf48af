"""The text at the right end of a chart: where a value stands in pixels, and labels moved apart so that each can be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

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
