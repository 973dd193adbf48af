"""How well one colour can be read on another, and what to do where it cannot."""

WHITE, TEXT = "#FFFFFF", 4.5
"""Paper, and the contrast that WCAG 2.2 wants of text (1.4.3)."""


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours in hex, 1 to 21 (WCAG 2.2, "contrast ratio" and "relative luminance")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, paper: str = WHITE) -> str:
    """The colour as text on light paper: itself where it has the contrast, else darkened until it has."""
    channels = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    steps = ("#" + "".join(f"{c * left // 20:02X}" for c in channels) for left in range(19, -1, -1))
    return colour if contrast(colour, paper) >= TEXT else next(c for c in steps if contrast(c, paper) >= TEXT)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
