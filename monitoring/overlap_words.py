"""What an overlap says, in words and in the cells of its table. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from clients.writing import day_text, number_text

from .catalogue import Unit
from .overlaps import Judged, Overlap, Pair
from .wording import MINUS, text_of

ALIKE = Decimal("0.01")
"""The share by which two sources may differ and still say the same."""
THE_SAME = "the same within 1%"
_MEASURES = (
    ("calls", "Calls", Unit.CALLS),
    ("tokens", "Tokens", Unit.CALLS),
    ("cost", "Cost", Unit.MONEY),
    ("failed", "Failed calls", Unit.CALLS),
    ("p95", "p95", Unit.MILLISECONDS),
)
"""In the order in which a difference is told: where calls are missing, the rest follows from them."""
HEADS = tuple(title for _, title, _ in _MEASURES)


@dataclass(frozen=True)
class Cell:
    """Both values of a measure and how far the new one is from the old."""

    label: str
    values: str
    difference: str


@dataclass(frozen=True)
class Line:
    """One day, all days, or one score: its name, its cells, what they come to, and whether that is the same."""

    name: str
    cells: Sequence[Cell]
    verdict: str
    alike: bool


def alike(a: Decimal | int | None, b: Decimal | int | None) -> bool:
    """Whether two numbers differ by no more than a hundredth of the larger."""
    if a is None or b is None:
        return a is b
    return abs(Decimal(a) - Decimal(b)) <= ALIKE * max(abs(Decimal(a)), abs(Decimal(b)))


def verdict(pair: Pair, old: str, new: str) -> str:
    """``the same within 1%``, or the first thing that is not: ``Langfuse has 212 calls fewer``."""
    return next(_differences(pair, old, new), THE_SAME)


def conclusion(overlap: Overlap) -> str:
    """What the days say together, as a sentence."""
    old, new, days = overlap.old.name, overlap.new.name, overlap.days
    if not days:
        return f"There is no day yet on which both {old} and {new} have calls."
    span = f"{len(days)} day{'s' * (len(days) != 1)}"
    whole = verdict(overlap.whole, old, new)
    apart = [(pair, said) for pair in days if (said := verdict(pair, old, new)) != THE_SAME]
    if not apart:
        return f"{old} and {new} say {THE_SAME} on all {span}." if len(days) > 1 else f"{old} and {new} say {THE_SAME}."
    # The day with the most missing calls stands for the others.
    worst, said = max(apart, key=lambda each: abs(each[0].old.calls - each[0].new.calls))
    on = f"on {day_text(worst.day)}" if worst.day else ""
    if whole == THE_SAME:
        return f"{old} and {new} say {THE_SAME} over {span}, but {said} {on}."
    if len(days) == 1:
        return f"{said} {on}."
    if len(apart) == 1:
        others = "the other day" if len(days) == 2 else f"the other {len(days) - 1} days"
        return f"{said} {on}; on {others} they say {THE_SAME}."
    return f"{whole} over {span}, most of it {on}: {said}." if whole != said else f"{whole} over {span}."


def lines(overlap: Overlap) -> list[Line]:
    """The overlap's table: all days first, then each, the newest first."""
    named = [(overlap.whole, "All of them"), *((p, day_text(p.day)) for p in reversed(overlap.days) if p.day)]
    return [_line(pair, name, overlap) for pair, name in named] if overlap.days else []


def _line(pair: Pair, name: str, overlap: Overlap) -> Line:
    said = verdict(pair, overlap.old.name, overlap.new.name)
    cells = [_cell(title, getattr(pair.old, key), getattr(pair.new, key), unit) for key, title, unit in _MEASURES]
    return Line(name, cells, said, said == THE_SAME)


def score_lines(overlap: Overlap) -> list[Line]:
    """Each score over all days: how many of it, and its mean."""
    old, new = overlap.whole.old.scores, overlap.whole.new.scores
    made = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, Judged()), new.get(name, Judged())
        said = _score_difference(name, before, after, overlap.old.name, overlap.new.name) or THE_SAME
        cells = [_cell("Scores", before.n, after.n, Unit.CALLS), _cell("Mean", before.mean, after.mean, Unit.NUMBER)]
        made.append(Line(name, cells, said, said == THE_SAME))
    return made


def _cell(label: str, old: Decimal | int | None, new: Decimal | int | None, unit: Unit) -> Cell:
    values = " / ".join("–" if value is None else text_of(Decimal(value), unit) for value in (old, new))
    if old is None or new is None or old == new:
        return Cell(label, values, "")
    difference = Decimal(new) - Decimal(old)
    return Cell(label, values, f"{'+' if difference > 0 else MINUS}{text_of(abs(difference), unit)}")


def _differences(pair: Pair, old: str, new: str) -> Iterator[str]:
    for key, _, unit in _MEASURES:
        a, b = getattr(pair.old, key), getattr(pair.new, key)
        if not alike(a, b):
            yield _told(key, a, b, unit, old, new)
    for name in sorted(pair.old.scores.keys() | pair.new.scores.keys()):
        before, after = (side.scores.get(name, Judged()) for side in (pair.old, pair.new))
        if said := _score_difference(name, before, after, old, new):
            yield said


def _told(key: str, a: Decimal | int | None, b: Decimal | int | None, unit: Unit, old: str, new: str) -> str:
    if a is None or b is None:
        return f"{old if a is None else new} does not say how long calls took"
    low, gap = (old, b - a) if a < b else (new, a - b)
    size = text_of(Decimal(gap), unit)
    one = gap == 1
    return {
        "calls": f"{low} has {size} call{'s' * (not one)} fewer",
        "tokens": f"{low} has {size} token{'s' * (not one)} fewer",
        "cost": f"{low} has {size} less of cost",
        "failed": f"{low} has {size} failed call{'s' * (not one)} fewer",
        "p95": f"{low} has a p95 that is {size} shorter",
    }[key]


def _score_difference(name: str, before: Judged, after: Judged, old: str, new: str) -> str:
    if not alike(before.n, after.n):
        low, gap = (old, after.n - before.n) if before.n < after.n else (new, before.n - after.n)
        return f"{low} has {number_text(gap)} score{'s' * (gap != 1)} “{name}” fewer"
    if not alike(before.mean, after.mean):
        values = " and ".join("none" if m is None else text_of(m, Unit.NUMBER) for m in (before.mean, after.mean))
        return f"the mean of “{name}” differs, {values}"
    return ""
