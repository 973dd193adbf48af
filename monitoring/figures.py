"""What a figure of each kind of outcome may be, in words for whoever gives it. Pure."""

from datetime import date, timedelta
from decimal import Decimal

from clients.writing import day_text

from .models import OutcomeDefinition, OutcomeKind
from .records import OutcomeRecord

MOST = Decimal(10) ** 12
LONGEST = timedelta(days=366)
EARLIEST = date(2000, 1, 1)
EXACT = Decimal("0.000001")
"""Figures are kept to six decimals."""
FLAGS = ("success", "retried", "overridden")


def wrong(definition: OutcomeDefinition, figure: OutcomeRecord, today: date) -> str:
    """Why a figure cannot be of that definition, "" when it can. `today` is the client's."""
    return _wrong_days(figure, today) or _wrong_numbers(definition, figure)


def _wrong_days(figure: OutcomeRecord, today: date) -> str:
    if figure.last_day < figure.first_day:
        return f"the last day, {figure.last_day}, comes before the first, {figure.first_day}"
    if figure.last_day > today:
        return f"{day_text(figure.last_day, year=True)} has not come yet"
    if figure.first_day < EARLIEST:
        return f"{figure.first_day} is too long ago; the first day kept is {EARLIEST}"
    if figure.last_day - figure.first_day >= LONGEST:
        return "a figure is for a year at most"
    return ""


def _wrong_numbers(definition: OutcomeDefinition, figure: OutcomeRecord) -> str:
    top, bottom, kind = figure.numerator, figure.denominator, OutcomeKind(definition.kind)
    if top is None:
        given = bottom is not None or any(getattr(figure, flag) is not None for flag in FLAGS)
        return "what is taken back has no numbers" if given else ""
    for name, number in (("numerator", top), ("denominator", bottom)):
        if number is not None and not (number.is_finite() and abs(number) <= MOST):
            return f"the {name} must be a number up to {MOST:,f}"
    if top < 0 and kind is not OutcomeKind.SUM:
        return f"“{definition.name}” cannot be below zero"
    if bottom is not None and (bottom < 0 or bottom != int(bottom)):
        return "the denominator must be a whole number of cases"
    if kind in (OutcomeKind.COUNT, OutcomeKind.RATE) and top != int(top):
        return f"“{definition.name}” counts {definition.unit}: the numerator must be a whole number"
    if kind is OutcomeKind.COUNT and bottom is not None:
        return f"“{definition.name}” is a count and has no denominator"
    if kind is OutcomeKind.RATE and bottom is None:
        return f"“{definition.name}” is a rate: say of how many {definition.of} as the denominator"
    if kind is OutcomeKind.RATE and bottom is not None and top > bottom:
        return f"“{definition.name}” cannot be {top:f} of {bottom:f}: the numerator is the part"
    if kind.is_amount and bottom == 0 and top:
        return f"{top:f} of no cases cannot be"
    return _wrong_flags(figure, bottom if bottom is not None else top if kind is OutcomeKind.COUNT else None)


def _wrong_flags(figure: OutcomeRecord, cases: Decimal | None) -> str:
    for flag in FLAGS:
        number = getattr(figure, flag)
        if number is not None and (number < 0 or number > MOST or (cases is not None and number > cases)):
            return f"“{flag}” must be a number of the {'cases' if cases is None else f'{cases:f} cases'}, not {number}"
    return ""
