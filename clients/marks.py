"""How something stands, as a shape, a colour and a word: never one of them alone."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """What components/status.html draws. `shape` is one of its glyphs, `tone` good, watch, off or none."""

    shape: str
    tone: str
    word: str


def good(word: str) -> Mark:
    """Nothing is to be done."""
    return Mark("good", "good", word)


def watch(word: str) -> Mark:
    """Somebody should look at it."""
    return Mark("watch", "watch", word)


def off(word: str) -> Mark:
    """Somebody must act."""
    return Mark("off", "off", word)


def calm(word: str) -> Mark:
    """Neither good nor bad."""
    return Mark("nodata", "none", word)
