"""Rolling weeks: drawn where single days say little, weighed by cases, and never across what is not known."""

from datetime import date, timedelta
from decimal import Decimal

from fracops.pages.frames import measure_text
from monitoring.catalogue import CATALOGUE
from monitoring.readings import DayValue, Period, Reading, Series, compare
from monitoring.rolling import WEEK, rolled, rolls
from monitoring.summary import Summary

START = date(2026, 10, 1)


def days(cases: list[int], value: str = "0.9") -> list[DayValue]:
    return [DayValue(START + timedelta(days=i), Decimal(value) if n else None, n) for i, n in enumerate(cases)]


def series(key: str, cases: list[int]) -> Series:
    period = Period(START, START + timedelta(days=len(cases)), "UTC")
    now = Reading.of(CATALOGUE[key], Summary(sum(cases), Decimal(1), 1.0), period)
    return Series(CATALOGUE[key], period, days(cases), [], now, compare(now, now))


def test_a_rate_of_few_cases_a_day_rolls_and_one_of_many_stays_daily() -> None:
    assert rolls(series("accuracy", [40] * 28))
    assert not rolls(series("accuracy", [400] * 28))


def test_quiet_weekends_do_not_break_the_line() -> None:
    assert rolls(series("accuracy", [400, 400, 400, 400, 400, 12, 9] * 4))


def test_a_quarter_rolls_whatever_its_cases_and_a_week_never_does() -> None:
    assert rolls(series("accuracy", [400] * 90))
    assert not rolls(series("accuracy", [40] * 7))


def test_a_quantile_or_a_count_never_rolls_because_days_of_it_do_not_add_up() -> None:
    assert not rolls(series("latency_p95", [40] * 28))
    assert not rolls(series("calls", [40] * 28))


def test_each_day_weighs_by_its_cases() -> None:
    week = [DayValue(START + timedelta(days=i), Decimal(i == 6), 10 if i < 6 else 40) for i in range(WEEK)]
    assert rolled(week, [START + timedelta(days=6)]) == [DayValue(START + timedelta(days=6), Decimal("0.4"), 100)]


def test_the_first_six_days_and_days_without_data_are_gaps() -> None:
    values = days([10] * 8 + [0] + [10])
    drawn = rolled(values, [START + timedelta(days=i) for i in range(10)])
    assert [d.value is None for d in drawn] == [True] * 6 + [False, False, True, False]


def test_the_measure_says_that_it_rolls() -> None:
    assert "each day with the six before it" in measure_text(CATALOGUE["accuracy"], 28, rolled=True)
    assert "daily" in measure_text(CATALOGUE["accuracy"], 28)
