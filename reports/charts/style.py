"""The look's tokens for paper, and the matplotlib settings made of them."""

from pathlib import Path
from typing import Any

FONTS = Path(__file__).parent.parent / "fonts"
FAMILY = "Inter"

PAGE, INK, INK_2, INK_3 = "#FFFFFF", "#14191A", "#465053", "#616B6E"
LINE, LINE_2, CONTROL, COMPARE, SERIES = "#E2E6E6", "#C2C9CA", "#848E91", "#889296", "#0F5C78"

MM = 1 / 25.4
FULL = (174.0, 42.0)
"""A chart over the whole column, millimetres."""
HALF = (98.0, 44.0)
"""A chart beside text, millimetres."""


def settings() -> dict[str, Any]:
    """matplotlib's rcParams."""
    return {
        "font.family": [FAMILY],
        "font.size": 8,
        "text.color": INK_2,
        "axes.edgecolor": LINE_2,
        "axes.linewidth": 0.6,
        "axes.spines.left": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "grid.color": LINE,
        "grid.linewidth": 0.6,
        "axes.labelcolor": INK_3,
        "xtick.color": LINE_2,
        "xtick.labelcolor": INK_3,
        "xtick.major.size": 3,
        "xtick.major.width": 0.6,
        "ytick.color": LINE_2,
        "ytick.labelcolor": INK_3,
        "ytick.major.size": 0,
        "lines.linewidth": 1.5,
        "lines.solid_capstyle": "round",
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "svg.fonttype": "path",
        "svg.hashsalt": "fracops",
    }
