"""How dates, clocks and numbers are written: one way for all, and on a page the way of the reader's country, in English words.

The words are the house's; the order of day and month, the clock's twelve or twenty-four hours and the signs of a number are
those of CLDR's English of each country (``en_US``, ``en_DE``), as Babel has them. Where nobody reads (workers, commands,
whatever is stored, hashed, mailed or printed) it is NEUTRAL: `neutrally` says so where a request might have a reader. A sentence that
was stored, such as a signal's or why a phase ended, is shown to everybody as it was kept.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.core import get_global
from babel.localedata import locale_identifiers

NBSP = "\u00a0"
_OPENS, _CLOSES = "\ue000", "\ue001"
_NUMBER = re.compile(f"{_OPENS}([^{_CLOSES}]*){_CLOSES}?")
_MONTHS, _SHORT_MONTHS = (tuple(format(date(2000, month, 1), form) for month in range(1, 13)) for form in ("%B", "%b"))
_EXAMPLE = datetime(2026, 11, 5, 15, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Writing:
    """One way to write; the defaults are NEUTRAL's."""

    territory: str = ""
    """Two capitals, ``DE``; "" is NEUTRAL."""
    month_first: bool = False
    """November 5, 2026 rather than 5 November 2026."""
    two_digit_day: bool = False
    """05 November rather than 5 November."""
    two_digit_hour: bool = True
    """07:05 rather than 7:05."""
    colon: str = ":"
    """Stands between hours and minutes."""
    halves: tuple[str, str] | None = None
    """What a twelve-hour clock says before noon and after it; None has twenty-four hours."""
    decimal: str = "."
    group: str = ","
    small_groups: bool = False
    """Groups above the thousands are of two digits: 12,34,567."""
    signs: dict[int, str] | None = field(default=None, repr=False, compare=False)
    """A comma and a point to this country's signs, for str.translate; None where they are what Python writes."""

    def day(self, day: date, *, year: bool = False, short: bool = False) -> str:
        """``5 November``, with its `year` ``5 November 2026``; `short` ``5 Nov``."""
        name = (_SHORT_MONTHS if short else _MONTHS)[day.month - 1]
        number = f"{day.day:02}" if self.two_digit_day else str(day.day)
        if self.month_first:
            return f"{name} {number}, {day.year}" if year else f"{name} {number}"
        return f"{number} {name} {day.year}" if year else f"{number} {name}"

    def weekday(self, day: date, *, year: bool = False, short: bool = False, comma: bool = False) -> str:
        """``Thursday 5 November``, as `day` with the day of the week before it.

        Where the day comes first the `comma` is a matter of the sentence; before a month there is always one.
        """
        name = f"{day:%a}" if short else f"{day:%A}"
        return f"{name}{',' if comma or self.month_first else ''} {self.day(day, year=year, short=short)}"

    def days(self, first: date, last: date, *, year: bool = False) -> str:
        """A run of days: ``30 October–5 November``, ``3–9 November``; `year` is the last day's."""
        if first == last:
            return self.day(last, year=year)
        end = self.day(last, year=year)
        if (first.year, first.month) != (last.year, last.month):
            return f"{self.day(first)}–{end}"
        if self.month_first:
            return f"{self.day(first)}–{end.split(' ', 1)[1]}"
        return f"{f'{first.day:02}' if self.two_digit_day else first.day}–{end}"

    def clock(self, at: time | datetime, *, seconds: bool = False) -> str:
        """``15:05``, or ``3:05 PM`` with a space that does not break."""
        hour = at.hour if self.halves is None else at.hour % 12 or 12
        text = f"{f'{hour:02}' if self.two_digit_hour else hour}{self.colon}{at.minute:02}"
        if seconds:
            text += f"{self.colon}{at.second:02}"
        return text if self.halves is None else f"{text}{NBSP}{self.halves[at.hour >= 12]}"

    def moment(self, at: datetime, *, year: bool = False, short: bool = False, seconds: bool = False) -> str:
        """``5 November, 15:05``: day and clock of the zone that `at` is in."""
        return f"{self.day(at, year=year, short=short)}, {self.clock(at, seconds=seconds)}"

    def number(self, value: Decimal | float, places: int | None = None, *, grouped: bool = True) -> str:
        """``12,480.5``: with as many decimals as it has (`places` of them where given), in groups of thousands unless not `grouped`."""
        comma = "," if grouped else ""
        if places is not None:
            text = f"{value:{comma}.{places}f}"
        elif isinstance(value, int):
            text = f"{value:{comma}d}"
        else:
            text = f"{value:{comma}f}" if isinstance(value, Decimal) else f"{value:{comma}}"
        return self.signed(text)

    def signed(self, text: str) -> str:
        """A number that Python wrote, ``12,480.5``, with this country's groups and signs."""
        if self.small_groups and "," in text:
            text = _small_groups(text)
        return text.translate(self.signs) if self.signs else text


@dataclass(frozen=True)
class _Marked(Writing):
    """NEUTRAL, with a mark before and after each number, by which `retold` finds it again."""

    def signed(self, text: str) -> str:
        return f"{_OPENS}{text}{_CLOSES}"


NEUTRAL = Writing()
"""How all is written that has no reader of its own, and a page for who neither chose nor asked."""


def _small_groups(text: str) -> str:
    """``1,234,567.8`` with groups of two digits above the thousands: ``12,34,567.8``."""
    whole, point, rest = text.replace(",", "").partition(".")
    sign, digits = (whole[0], whole[1:]) if whole[:1] in ("-", "+") else ("", whole)
    head, tail = digits[:-3], digits[-3:]
    pairs = [head[max(0, at - 2) : at] for at in range(len(head), 0, -2)][::-1]
    return sign + ",".join((*pairs, tail)) + point + rest


@cache
def territories() -> frozenset[str]:
    """The countries that CLDR has an English of: ``DE``, ``US``, about 110 of them."""
    return frozenset(name[3:] for name in locale_identifiers() if name[:3] == "en_" and len(name) == 5)


@cache
def writing_of(territory: str) -> Writing:
    """How a country writes, from CLDR; NEUTRAL for one that CLDR has no English of."""
    if territory not in territories():
        return NEUTRAL
    english = Locale("en", territory)
    day, clock = english.date_formats["long"].pattern, english.time_formats["short"].pattern
    signs = english.number_symbols["latn"]
    # Narrow no-break spaces become the no-break space that the house's type has.
    decimal, group = signs["decimal"], signs["group"].replace("\u202f", NBSP)
    periods = english.day_periods["format"]["abbreviated"]
    return Writing(
        territory=territory,
        month_first=day.index("M") < day.index("d"),
        two_digit_day="dd" in day,
        two_digit_hour=clock.startswith(("HH", "hh")),
        colon=clock.lstrip("Hh")[0],
        halves=(periods["am"], periods["pm"]) if "a" in clock else None,
        decimal=decimal,
        group=group,
        small_groups=english.decimal_formats[None].grouping == (3, 2),
        signs=None if (decimal, group) == (".", ",") else {ord("."): decimal, ord(","): group},
    )


def territory_asked(header: str) -> str:
    """The country of an Accept-Language header's first language that CLDR knows the writing of; "" is NEUTRAL.

    ``de-AT`` is Austria's; a language alone is that of its likely country, ``de`` Germany's. English alone, an unknown
    language and what is no language at all say nothing.
    """
    tag = header[:200].split(",", 1)[0].split(";", 1)[0].strip().replace("_", "-")
    language, *rest = tag.split("-")
    if not (2 <= len(language) <= 3 and language.isascii() and language.isalpha()):
        return ""
    for part in rest:
        if len(part) == 2 and part.isascii() and part.isalpha():
            return part.upper() if part.upper() in territories() else ""
        if len(part) == 1:
            break
    return "" if language.lower() == "en" else _likely(language.lower())


@cache
def _likely_territories() -> dict[str, str]:
    found = {}
    for language, whole in get_global("likely_subtags").items():
        if (territory := whole.rsplit("_", 1)[-1]) in territories():
            found[language] = territory
    return found


def _likely(language: str) -> str:
    return _likely_territories().get(language, "")


_in_force: ContextVar[Writing] = ContextVar("fracops_writing", default=NEUTRAL)


def in_force() -> Writing:
    """How to write now: the reader's way while a page is made for one, else NEUTRAL."""
    return _in_force.get()


@contextmanager
def written_for(territory: str) -> Iterator[Writing]:
    """Write as a country does within the block; "" is NEUTRAL."""
    writing = writing_of(territory) if territory else NEUTRAL
    token = _in_force.set(writing)
    try:
        yield writing
    finally:
        _in_force.reset(token)


@contextmanager
def neutrally() -> Iterator[None]:
    """Write as for all within the block, or the function it decorates: what is stored, hashed, mailed, printed or read by machines."""
    token = _in_force.set(NEUTRAL)
    try:
        yield
    finally:
        _in_force.reset(token)


@contextmanager
def for_readers_to_come() -> Iterator[None]:
    """Write sentences that a worker keeps and that are shown to many: each reader gets their numbers `retold`. Days stay NEUTRAL's."""
    token = _in_force.set(_Marked())
    try:
        yield
    finally:
        _in_force.reset(token)


def retold(text: str) -> str:
    """A sentence kept by `for_readers_to_come`, its numbers as the reader writes them."""
    writing = in_force()
    return _NUMBER.sub(lambda found: writing.signed(found[1]), text)


def day_text(day: date, *, year: bool = False, short: bool = False) -> str:
    """A day as the reader writes it: ``5 November``, ``5 November 2026``, short ``5 Nov``."""
    return _in_force.get().day(day, year=year, short=short)


def weekday_text(day: date, *, year: bool = False, short: bool = False, comma: bool = False) -> str:
    """A day with its day of the week, as the reader writes it: ``Thursday 5 November``."""
    return _in_force.get().weekday(day, year=year, short=short, comma=comma)


def clock_text(at: time | datetime, *, seconds: bool = False) -> str:
    """A time of day as the reader writes it: ``15:05``."""
    return _in_force.get().clock(at, seconds=seconds)


def moment_text(at: datetime, *, year: bool = False, short: bool = False, seconds: bool = False) -> str:
    """Day and clock as the reader writes them: ``5 November, 15:05``, in the zone that `at` is in."""
    return _in_force.get().moment(at, year=year, short=short, seconds=seconds)


def number_text(value: Decimal | float, places: int | None = None, *, grouped: bool = True) -> str:
    """A number as the reader writes it: ``12,480.5``; see `Writing.number`."""
    return _in_force.get().number(value, places, grouped=grouped)


def name_of(territory: str) -> str:
    """A country's name in English: ``Germany``."""
    return str(Locale("en").territories.get(territory, territory))


@cache
def choices() -> tuple[tuple[str, str], ...]:
    """Every country to choose from, by name, each with an example: ``Germany: 5 November 2026, 15:05, 1.234,5``."""
    named = sorted((name_of(one), one) for one in territories())
    return tuple((one, f"{name}: {example(writing_of(one))}") for name, one in named)


def example(writing: Writing | None = None) -> str:
    """A moment and a number, in the way that is in force unless one is named: ``5 November 2026, 15:05, 1,234.5``."""
    shown = writing or in_force()
    return f"{shown.moment(_EXAMPLE, year=True)}, {shown.number(Decimal('1234.5'))}"
