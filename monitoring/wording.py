"""Numbers as people read them: one place turns a value into text, so that a page, an email and a PDF never disagree."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from .catalogue import Unit
from .readings import Change, ChangeState, Reading

NBSP = "\u00a0"
SPEND_CURRENCY = "USD"
"""What models cost is stated in US dollars by every provider; only what a client pays or says has the client's own currency."""
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
MINUS = "−"


def rounded(value: Decimal, places: int) -> Decimal:
    """Half up, as a reader would."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def text_of(value: Decimal, unit: Unit, currency: str = SPEND_CURRENCY) -> str:
    """A value with its unit: ``51.1%``, ``3.1 s``, ``$1,680``, ``$0.0021``, ``12,480 tokens``."""
    sign = MINUS if value < 0 else ""
    size = abs(value)
    match unit:
        case Unit.FRACTION:
            return f"{sign}{rounded(size * 100, 1)}%"
        case Unit.MONEY:
            return sign + _money(size, currency)
        case Unit.MILLISECONDS:
            return sign + (f"{rounded(size / 1000, 1)}{NBSP}s" if size >= 1000 else f"{rounded(size, 0)}{NBSP}ms")
        case Unit.NUMBER:
            return f"{sign}{rounded(size, 2)}"
        case Unit.TOKENS:
            return f"{sign}{rounded(size, 1 if size < 100 else 0):,}{NBSP}tokens"
        case _:
            return f"{sign}{rounded(size, 0):,}"


def _money(size: Decimal, currency: str) -> str:
    symbol = SYMBOLS.get(currency, currency + NBSP)
    if size >= 100:
        return f"{symbol}{rounded(size, 0):,}"
    if size >= Decimal("0.1") or not size:
        return f"{symbol}{rounded(size, 2)}"
    return f"{symbol}{rounded(size, 4)}"


def reading_text(reading: Reading) -> str:
    """A reading's value, or an en dash where there is none."""
    return "–" if reading.value is None else text_of(reading.value, reading.metric.unit)


def change_text(change: Change) -> str:
    """How it changed, in the unit's own way: points for rates, percent otherwise, a state where nothing can be said.

    ``up 7.4 points``, ``down 12%``, ``no change``, ``no baseline``, ``too early``, ``no data``.
    """
    if change.state is not ChangeState.COMPARED or change.points is None:
        return {
            ChangeState.NO_BASELINE: "no baseline",
            ChangeState.TOO_EARLY: "too early",
            ChangeState.NO_DATA: "no data",
        }.get(change.state, "no data")
    word = "up" if change.points > 0 else "down"
    if change.now.metric.unit is Unit.FRACTION:
        points = rounded(abs(change.points) * 100, 1)
        return f"{word} {points} {'point' if points == 1 else 'points'}" if points else "no change"
    if change.relative is None:
        return f"{word} {text_of(abs(change.points), change.now.metric.unit)}"
    percent = rounded(abs(change.relative) * 100, 0)
    return f"{word} {percent}%" if percent else "no change"


def day_text(day: date, *, year: bool = False) -> str:
    """``5 November`` or ``5 November 2026``."""
    return f"{day.day} {day:%B}" + (f" {day.year}" if year else "")


def span_text(start: date, last: date) -> str:
    """A run of days: ``30 October–5 November``, ``3–9 November``."""
    if (start.year, start.month) == (last.year, last.month):
        return f"{start.day}–{day_text(last)}" if start != last else day_text(last)
    return f"{day_text(start)}–{day_text(last)}"
