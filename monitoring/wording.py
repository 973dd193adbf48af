"""Numbers as people read them: one place turns a value into text, so that a page, an email and a PDF never disagree."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from clients.writing import NBSP, in_force, number_text

from .catalogue import Unit
from .readings import Change, ChangeState, Reading

SPEND_CURRENCY = "USD"
"""What models cost is stated in US dollars by every provider; only what a client pays or says has the client's own currency."""
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
MINUS = "−"
LEVEL_PLACES = 8
"""Decimals of a level, in the unit it is written in: as many as are kept."""


def rounded(value: Decimal, places: int) -> Decimal:
    """Half up, as a reader would."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def precise(value: Decimal, places: int) -> Decimal:
    """Rounded to `places`, but to two significant digits where that would hide that it is not zero: 0.04, not 0.0."""
    shown = rounded(value, places)
    return shown if shown or not value else two_digits(value)


def two_digits(value: Decimal) -> Decimal:
    """Two significant digits, without zeros at the end: 0.0021, 0.00003."""
    return Decimal(f"{rounded(value, 1 - value.adjusted()).normalize():f}")


def text_of(value: Decimal, unit: Unit, currency: str = SPEND_CURRENCY) -> str:
    """A value with its unit: ``51.1%``, ``3.1 s``, ``$1,680``, ``$0.0021``, ``12,480 tokens``.

    What is not zero never reads as zero: where rounding would make it one, two significant digits are shown.
    """
    before, _, shown, after, grouped = _printed(abs(value), unit, currency)
    return f"{MINUS if value < 0 else ''}{before}{number_text(shown, grouped=grouped)}{after}"


def level_text(value: Decimal, unit: Unit, currency: str = SPEND_CURRENCY) -> str:
    """A level that people agree to: as `text_of` writes it, but with every digit that it was written with, up to eight decimals.

    ``1.95 s`` rather than ``2.0 s``, ``94.25%``, ``$0.00184``: nobody is told of another goal than the one they are measured by.
    """
    before, number, shown, after, grouped = _printed(abs(value), unit, currency)
    exact = rounded(number, LEVEL_PLACES).normalize()
    if exact != shown:
        fewest = 2 if unit is Unit.MONEY else 0
        shown = rounded(exact, max(fewest, -int(exact.as_tuple().exponent)))
    return f"{MINUS if value < 0 else ''}{before}{number_text(shown, grouped=grouped)}{after}"


def _printed(size: Decimal, unit: Unit, currency: str) -> tuple[str, Decimal, Decimal, str, bool]:
    """What stands before it, the number as it is and as it is shown, what stands after it, and whether its thousands are in groups."""
    match unit:
        case Unit.FRACTION:
            return "", size * 100, _printed_percent(size), "%", False
        case Unit.MONEY:
            return SYMBOLS.get(currency, currency + NBSP), size, _money(size), "", True
        case Unit.MILLISECONDS if rounded(size, 0) >= 1000:
            return "", size / 1000, rounded(size / 1000, 1), f"{NBSP}s", False
        case Unit.MILLISECONDS:
            return "", size, precise(size, 0), f"{NBSP}ms", False
        case Unit.NUMBER:
            return "", size, precise(size, 2), "", True
        case Unit.HOURS:
            return "", size, precise(size, 1), f"{NBSP}h", True
        case Unit.TOKENS | Unit.CHARACTERS:
            return "", size, precise(size, 1 if rounded(size, 1) < 100 else 0), f"{NBSP}{unit.value}", True
        case _:
            return "", size, precise(size, 0), "", True


def _money(size: Decimal) -> Decimal:
    if rounded(size, 2) >= 100:
        return rounded(size, 0)
    small = two_digits(size) if size else size
    return small if 0 < small < Decimal("0.1") else rounded(size, 2)


def _printed_percent(fraction: Decimal) -> Decimal:
    percent = fraction * 100
    return two_digits(percent) if 0 < abs(percent) < Decimal("0.1") else rounded(percent, 1)


def reading_text(reading: Reading) -> str:
    """A reading's value, or an en dash where there is none."""
    return "–" if reading.value is None else text_of(reading.value, reading.metric.unit)


def reads_the_same(change: Change) -> bool:
    """Whether both values read the same once rounded: then nothing is said to have changed, however small the difference."""
    return reading_text(change.now) == reading_text(change.before)


def change_text(change: Change) -> str:
    """How it changed, in the unit's own way: points for rates, percent otherwise, a state where nothing can be said.

    ``up 7.4 points``, ``down 12%``, ``no change``, ``no baseline``, ``too early``, ``no data``. Points are the difference of
    the two values as printed, so that a reader who subtracts them gets the same; a percentage is of the values before they
    were rounded. “No change” is said exactly where both values read the same.
    """
    if change.state is not ChangeState.COMPARED or change.points is None:
        return {
            ChangeState.NO_BASELINE: "no baseline",
            ChangeState.TOO_EARLY: "too early",
            ChangeState.NO_DATA: "no data",
            ChangeState.UNSETTLED: "not final yet",
        }.get(change.state, "no data")
    if reads_the_same(change):
        return "no change"
    word = "up" if change.points > 0 else "down"
    now, before = change.now.value, change.before.value
    if change.now.metric.unit is Unit.FRACTION and now is not None and before is not None:
        points = abs(_printed_percent(now) - _printed_percent(before))
        return f"{word} {number_text(points, grouped=False)} {'point' if points == 1 else 'points'}"
    if change.relative is None:
        return f"{word} {text_of(abs(change.points), change.now.metric.unit)}"
    return f"{word} {number_text(precise(abs(change.relative) * 100, 0))}%"


_ONE = {
    "calls": "call",
    "priced calls": "priced call",
    "calls priced by us": "call priced by us",
    "tool calls": "tool call",
    "judged answers": "judged answer",
    "traces": "trace",
    "answers": "answer",
    "guardrail verdicts": "guardrail verdict",
    "retrievals": "retrieval",
    "people": "person",
    "conversations": "conversation",
    "entries": "entry",
    "trainings": "training",
    "targets": "target",
    "days": "day",
    "cases": "case",
    "figures": "figure",
    "tickets": "ticket",
}


def noun_of(n: int, of: str) -> str:
    """What `n` counts, in its number: ``judged answer`` of one, ``judged answers`` of more."""
    return _ONE.get(of, of) if n == 1 else of


def span_text(start: date, last: date) -> str:
    """A run of days: ``30 October–5 November``, ``3–9 November``."""
    return in_force().days(start, last)
