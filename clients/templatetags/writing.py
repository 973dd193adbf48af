"""Days, clocks and numbers as the reader writes them; every template has these filters. Nothing is written for no value."""

from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template

from clients.writing import clock_text, day_text, moment_text, number_text, weekday_text

register = template.Library()


@register.filter(expects_localtime=True)
def day(value: date | None) -> str:
    """``5 November``."""
    return day_text(value) if value else ""


@register.filter(expects_localtime=True)
def day_year(value: date | None) -> str:
    """``5 November 2026``."""
    return day_text(value, year=True) if value else ""


@register.filter(expects_localtime=True)
def short_day(value: date | None) -> str:
    """``5 Nov``."""
    return day_text(value, short=True) if value else ""


@register.filter(expects_localtime=True)
def short_day_year(value: date | None) -> str:
    """``5 Nov 2026``."""
    return day_text(value, year=True, short=True) if value else ""


@register.filter(expects_localtime=True)
def weekday(value: date | None) -> str:
    """``Thursday 5 November``."""
    return weekday_text(value) if value else ""


@register.filter(expects_localtime=True)
def weekday_year(value: date | None) -> str:
    """``Thursday 5 November 2026``."""
    return weekday_text(value, year=True) if value else ""


@register.filter(expects_localtime=True)
def short_weekday(value: date | None) -> str:
    """``Thu 5 Nov``."""
    return weekday_text(value, short=True) if value else ""


@register.filter(expects_localtime=True)
def short_weekday_year(value: date | None) -> str:
    """``Thu, 5 Nov 2026``."""
    return weekday_text(value, year=True, short=True, comma=True) if value else ""


@register.filter(expects_localtime=True)
def clock(value: time | datetime | None) -> str:
    """``15:05``."""
    return clock_text(value) if value is not None and value != "" else ""


@register.filter(expects_localtime=True)
def clock_seconds(value: time | datetime | None) -> str:
    """``15:05:09``."""
    return clock_text(value, seconds=True) if value is not None and value != "" else ""


@register.filter(expects_localtime=True)
def moment(value: datetime | None) -> str:
    """``5 November, 15:05``."""
    return moment_text(value) if value else ""


@register.filter(expects_localtime=True)
def moment_seconds(value: datetime | None) -> str:
    """``5 November, 15:05:09``."""
    return moment_text(value, seconds=True) if value else ""


@register.filter(expects_localtime=True)
def moment_year(value: datetime | None) -> str:
    """``5 November 2026, 15:05``."""
    return moment_text(value, year=True) if value else ""


@register.filter(expects_localtime=True)
def moment_year_seconds(value: datetime | None) -> str:
    """``5 November 2026, 15:05:09``."""
    return moment_text(value, year=True, seconds=True) if value else ""


@register.filter(expects_localtime=True)
def short_moment(value: datetime | None) -> str:
    """``5 Nov, 15:05``."""
    return moment_text(value, short=True) if value else ""


@register.filter(expects_localtime=True)
def short_moment_year(value: datetime | None) -> str:
    """``5 Nov 2026, 15:05``."""
    return moment_text(value, year=True, short=True) if value else ""


@register.filter
def number(value: Any, places: int | None = None) -> str:
    """``12,480.5``, rounded half up to `places` where given; -2 is two at most, and none for a whole number.

    Anything that is no number is written as it stands.
    """
    if not isinstance(value, int | float | Decimal):
        return "" if value is None else str(value)
    if places is None:
        return number_text(value)
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-abs(places)), rounding=ROUND_HALF_UP)
    return number_text(rounded, 0 if places < 0 and rounded == int(rounded) else abs(places))
