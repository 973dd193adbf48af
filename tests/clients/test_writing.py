"""Each country's way of writing days, clocks and numbers; without a reader it is what it always was, to the letter."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from babel import Locale
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from clients.writing import (
    NBSP,
    NEUTRAL,
    choices,
    day_text,
    in_force,
    neutrally,
    number_text,
    territories,
    territory_asked,
    writing_of,
    written_for,
)
from monitoring.catalogue import Unit
from monitoring.wording import span_text, text_of

DAY = date(2026, 11, 5)
MIDNIGHT, NOON, AFTERNOON = (datetime(2026, 11, 5, hour, 5, 9, tzinfo=UTC) for hour in (0, 12, 15))


@pytest.mark.parametrize(
    ("territory", "year", "short", "weekday", "run", "over"),
    [
        ("", "5 November 2026", "5 Nov", "Thursday 5 November", "3–9 November", "30 October–5 November"),
        ("GB", "5 November 2026", "5 Nov", "Thursday 5 November", "3–9 November", "30 October–5 November"),
        ("US", "November 5, 2026", "Nov 5", "Thursday, November 5", "November 3–9", "October 30–November 5"),
        ("DE", "5 November 2026", "5 Nov", "Thursday 5 November", "3–9 November", "30 October–5 November"),
        ("CH", "5 November 2026", "5 Nov", "Thursday 5 November", "3–9 November", "30 October–5 November"),
        ("FR", "5 November 2026", "5 Nov", "Thursday 5 November", "3–9 November", "30 October–5 November"),
        ("IN", "5 November 2026", "5 Nov", "Thursday 5 November", "3–9 November", "30 October–5 November"),
        ("ZA", "05 November 2026", "05 Nov", "Thursday 05 November", "03–09 November", "30 October–05 November"),
    ],
)
def test_days_stand_in_the_countrys_order(
    territory: str, year: str, short: str, weekday: str, run: str, over: str
) -> None:
    writing = writing_of(territory)
    assert writing.day(DAY, year=True) == year
    assert writing.day(DAY, short=True) == short
    assert writing.weekday(DAY) == weekday
    assert writing.days(date(2026, 11, 3), date(2026, 11, 9)) == run
    assert writing.days(date(2026, 10, 30), DAY) == over
    assert writing.days(DAY, DAY, year=True) == year


@pytest.mark.parametrize(
    ("territory", "midnight", "noon", "afternoon"),
    [
        ("", "00:05", "12:05", "15:05:09"),
        ("GB", "00:05", "12:05", "15:05:09"),
        ("DE", "00:05", "12:05", "15:05:09"),
        ("US", f"12:05{NBSP}AM", f"12:05{NBSP}PM", f"3:05:09{NBSP}PM"),
        ("IN", f"12:05{NBSP}am", f"12:05{NBSP}pm", f"3:05:09{NBSP}pm"),
        ("FI", "0.05", "12.05", "15.05.09"),
    ],
)
def test_clocks_have_twelve_or_twenty_four_hours(territory: str, midnight: str, noon: str, afternoon: str) -> None:
    writing = writing_of(territory)
    assert writing.clock(MIDNIGHT) == midnight
    assert writing.clock(NOON) == noon
    assert writing.clock(AFTERNOON, seconds=True) == afternoon


@pytest.mark.parametrize(
    ("territory", "thousands", "millions"),
    [
        ("", "12,480.5", "-1,234,567"),
        ("GB", "12,480.5", "-1,234,567"),
        ("US", "12,480.5", "-1,234,567"),
        ("DE", "12.480,5", "-1.234.567"),
        ("CH", "12’480.5", "-1’234’567"),
        ("FR", f"12{NBSP}480,5", f"-1{NBSP}234{NBSP}567"),
        ("IN", "12,480.5", "-12,34,567"),
    ],
)
def test_numbers_have_the_countrys_signs_and_groups(territory: str, thousands: str, millions: str) -> None:
    writing = writing_of(territory)
    assert writing.number(Decimal("12480.5")) == thousands
    assert writing.number(-1234567) == millions
    assert writing.number(0) == "0"
    assert writing.number(999) == "999"
    assert writing.number(Decimal("0.5"), 2) == f"0{writing.decimal}50"
    assert writing.number(Decimal("1234.5"), grouped=False) == f"1234{writing.decimal}5"


def test_values_with_a_unit_follow() -> None:
    with written_for("DE"):
        assert text_of(Decimal("0.5114"), Unit.FRACTION) == "51,1%"
        assert text_of(Decimal(1680), Unit.MONEY) == "$1.680"
        assert text_of(Decimal("-0.0021"), Unit.MONEY) == "−$0,0021"
        assert text_of(Decimal(3100), Unit.MILLISECONDS) == f"3,1{NBSP}s"
    with written_for("US"):
        assert span_text(date(2026, 12, 30), date(2027, 1, 2)) == "December 30–January 2"


@given(st.dates(min_value=date(1900, 1, 1)), st.dates(min_value=date(1900, 1, 1)), st.booleans())
def test_without_a_reader_days_are_what_they_always_were(one: date, other: date, year: bool) -> None:
    first, last = sorted((one, other))
    assert day_text(last, year=year) == f"{last.day} {last:%B}" + (f" {last.year}" if year else "")
    assert day_text(last, year=True, short=True) == f"{last:%-d %b} {last.year}"
    assert NEUTRAL.weekday(last, comma=True) == f"{last:%A, %-d %B}"
    if (first.year, first.month) == (last.year, last.month) and first != last:
        assert span_text(first, last) == f"{first.day}–{last.day} {last:%B}"


@given(st.datetimes())
def test_without_a_reader_clocks_are_what_they_always_were(at: datetime) -> None:
    assert NEUTRAL.moment(at) == f"{at:%-d %B, %H:%M}"
    assert NEUTRAL.clock(at, seconds=True) == f"{at:%H:%M:%S}"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3), st.integers())
def test_without_a_reader_numbers_are_what_they_always_were(value: Decimal, whole: int) -> None:
    assert number_text(value) == f"{value:,f}"
    assert number_text(value, 2) == f"{value:,.2f}"
    assert number_text(value, grouped=False) == f"{value:f}"
    assert number_text(whole) == f"{whole:,}"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3), st.sampled_from(sorted(territories())))
def test_every_country_writes_the_same_number(value: Decimal, territory: str) -> None:
    writing = writing_of(territory)
    told = writing.number(value)
    assert Decimal(told.replace(writing.group, "").replace(writing.decimal, ".")) == value


def test_britain_writes_as_nobody_does() -> None:
    assert writing_of("GB") == writing_of("") or all(
        getattr(writing_of("GB"), name) == getattr(NEUTRAL, name)
        for name in ("month_first", "two_digit_day", "two_digit_hour", "colon", "halves", "decimal", "group", "signs")
    )


def test_a_month_is_written_the_same_everywhere() -> None:
    """Which is why ``November 2026`` needs no reader."""
    patterns = {Locale("en", one).datetime_skeletons["yMMM"].pattern for one in territories()}
    assert patterns == {"MMM y"}


@pytest.mark.parametrize(
    ("header", "territory"),
    [
        ("en-US,en;q=0.9", "US"),
        ("de-AT", "AT"),
        ("de-DE,de;q=0.9,en;q=0.8", "DE"),
        ("de", "DE"),
        ("fr;q=0.9", "FR"),
        ("zh-Hans-SG", "SG"),
        ("EN-gb", "GB"),
        ("en", ""),
        ("en-XX", ""),
        ("de-1996", "DE"),
        ("tlh", ""),
        ("", ""),
        ("*", ""),
        (",,;=", ""),
        ("-", ""),
        ("de-", "DE"),
        ("é-DE", ""),
        ("x" * 100_000, ""),
        ("de-x-US", "DE"),
    ],
)
def test_a_browsers_first_language_says_the_country(header: str, territory: str) -> None:
    assert territory_asked(header) == territory


@given(st.text(max_size=300))
def test_no_header_breaks_anything(header: str) -> None:
    assert writing_of(territory_asked(header)).day(DAY)


def test_a_block_without_a_reader_ends_and_nothing_stays() -> None:
    with written_for("US"):
        with neutrally():
            assert day_text(DAY) == "5 November"
        assert day_text(DAY) == "November 5"
        with pytest.raises(ZeroDivisionError), neutrally():
            raise ZeroDivisionError
        assert in_force().territory == "US"
    assert in_force() is NEUTRAL


def test_each_country_is_offered_by_name_with_an_example() -> None:
    named = dict(choices())
    assert named["DE"] == "Germany: 5 November 2026, 15:05, 1.234,5"
    assert named["US"] == f"United States: November 5, 2026, 3:05{NBSP}PM, 1,234.5"
    assert [text for _, text in choices()] == sorted(text for _, text in choices())
    assert len(named) > 100


@pytest.mark.parametrize(
    ("template", "plain", "american"),
    [
        ("{{ at|day_year }}", "5 November 2026", "November 5, 2026"),
        ("{{ at|short_day_year }}", "5 Nov 2026", "Nov 5, 2026"),
        ("{{ at|moment }}", "5 November, 15:05", f"November 5, 3:05{NBSP}PM"),
        ("{{ at|short_weekday_year }}", "Thu, 5 Nov 2026", "Thu, Nov 5, 2026"),
        ("{{ at|clock_seconds }}", "15:05:09", f"3:05:09{NBSP}PM"),
        ("{{ nothing|day }}{{ nothing|clock }}{{ nothing|number }}", "", ""),
        ("{{ nothing|day|default:'–' }}", "–", "–"),
        ("{{ n|number }} {{ n|number:1 }} {{ n|number:-2 }}", "1,234.55 1,234.6 1,234.55", "1,234.55 1,234.6 1,234.55"),
        ("{{ whole|number:-2 }}", "1,234", "1,234"),
    ],
)
def test_templates_write_for_the_reader(template: str, plain: str, american: str) -> None:
    values: dict[str, Any] = {"at": AFTERNOON, "nothing": None, "n": Decimal("1234.55"), "whole": Decimal("1234.00")}
    assert Template(template).render(Context(values)) == plain
    with written_for("US"):
        assert Template(template).render(Context(values)) == american
