"""Periods of reports: weeks from Friday to Thursday, months, and the moment each is sent, over clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.readings import Period
from reports.periods import (
    PeriodError,
    UnfinishedPeriodError,
    UnreadablePeriodError,
    latest_month,
    latest_pulse,
    month_label,
    month_period,
    month_so_far,
    parse,
    pulse_label,
    pulse_period,
    require_complete,
    send_at,
)

NEW_YORK, BERLIN, KOLKATA, CAIRO = "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Africa/Cairo"
ZONES = st.sampled_from([NEW_YORK, BERLIN, KOLKATA, CAIRO, "Pacific/Kiritimati", "Pacific/Pago_Pago"])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis adds the zone)


def test_week_45_is_the_seven_days_before_the_friday_it_is_sent_on():
    assert pulse_period("2026-W45", NEW_YORK) == Period(date(2026, 10, 30), date(2026, 11, 6), NEW_YORK)


def test_a_month_is_its_days_also_in_december():
    assert month_period("2026-10", BERLIN) == Period(date(2026, 10, 1), date(2026, 11, 1), BERLIN)
    assert month_period("2026-12", BERLIN).end == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("kind", "label", "says"),
    [
        ("pulse", "2026-45", "2026-W45"),
        ("pulse", "2026-W54", "has no week 54"),
        ("pulse", "2025-W53", "has no week 53"),
        ("pulse", "", "2026-W45"),
        ("pulse", "0000-W01", "too far away"),
        ("pulse", "9999-W53", "“9999-W53” is too far away: there are reports of the years 2000 to 2100"),
        ("roi", "9999-12", "“9999-12” is too far away"),
        ("roi", "2026-13", "from 2026-01 to 2026-12"),
        ("roi", "2026-W45", "2026-10"),
        ("roi", "2026-1", "2026-10"),
        ("roi", "0000-01", "too far away"),
        ("roi", "0001-01", "“0001-01” is too far away"),
        ("roi", "1999-12", "too far away"),
        ("roi", "2101-01", "too far away"),
        ("roi", "٢٠٢٦-10", "write it as 2026-10"),
        ("pulse", "0001-W02", "“0001-W02” is too far away"),
        ("pulse", "1999-W52", "too far away"),
        ("pulse", "2101-W01", "too far away"),
        ("yearly", "2026", "pulse or roi"),
    ],
)
def test_an_unreadable_period_says_what_is_expected(kind, label, says):
    with pytest.raises(UnreadablePeriodError, match=says):
        parse(kind, label, NEW_YORK)


@pytest.mark.parametrize(
    "period",
    [Period(date(2026, 10, 29), date(2026, 11, 5), BERLIN), Period(date(2026, 10, 23), date(2026, 11, 6), BERLIN)],
)
def test_other_days_are_no_pulse_week(period):
    with pytest.raises(PeriodError, match="not a pulse week"):
        pulse_label(period)


def test_half_a_month_has_no_month_label():
    with pytest.raises(PeriodError, match="not a calendar month"):
        month_label(Period(date(2026, 10, 1), date(2026, 10, 15), BERLIN))


@given(MOMENTS, ZONES)
def test_the_latest_pulse_is_over_and_the_next_one_is_not(now, zone):
    period = latest_pulse(now, zone)
    assert parse("pulse", pulse_label(period), zone) == period
    require_complete("pulse", period, now)
    following = Period(period.end, period.end + timedelta(days=7), zone)
    with pytest.raises(UnfinishedPeriodError):
        require_complete("pulse", following, now)


@given(MOMENTS, ZONES)
def test_the_latest_month_is_over_and_the_next_one_is_not(now, zone):
    period = latest_month(now, zone)
    assert parse("roi", month_label(period), zone) == period
    require_complete("roi", period, now)
    with pytest.raises(UnfinishedPeriodError):
        require_complete("roi", month_period(f"{period.end:%Y-%m}", zone), now)


def test_an_unfinished_week_is_refused_by_name_until_local_midnight():
    week = pulse_period("2026-W50", NEW_YORK)
    with pytest.raises(UnfinishedPeriodError, match="2026-W50 is not over: its last day is Thursday 10 December 2026"):
        require_complete("pulse", week, datetime(2026, 12, 11, 4, 59, tzinfo=UTC))
    require_complete("pulse", week, datetime(2026, 12, 11, 5, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("zone", "label", "expected"),
    [
        (NEW_YORK, "2026-W10", datetime(2026, 3, 6, 20, tzinfo=UTC)),  # standard time
        (NEW_YORK, "2026-W11", datetime(2026, 3, 13, 19, tzinfo=UTC)),  # the week the clock went forward
        (NEW_YORK, "2026-W44", datetime(2026, 10, 30, 19, tzinfo=UTC)),
        (NEW_YORK, "2026-W45", datetime(2026, 11, 6, 20, tzinfo=UTC)),  # the week it went back
        (BERLIN, "2026-W13", datetime(2026, 3, 27, 14, tzinfo=UTC)),
        (BERLIN, "2026-W14", datetime(2026, 4, 3, 13, tzinfo=UTC)),
        (BERLIN, "2026-W43", datetime(2026, 10, 23, 13, tzinfo=UTC)),
        (BERLIN, "2026-W44", datetime(2026, 10, 30, 14, tzinfo=UTC)),
        (KOLKATA, "2026-W11", datetime(2026, 3, 13, 9, 30, tzinfo=UTC)),
        (KOLKATA, "2026-W45", datetime(2026, 11, 6, 9, 30, tzinfo=UTC)),
    ],
)
def test_the_pulse_is_sent_at_three_local_on_both_sides_of_a_clock_change(zone, label, expected):
    assert send_at(pulse_period(label, zone), zone, 15) == expected


def test_an_hour_the_clock_skips_moves_forward():
    sent = send_at(pulse_period("2026-W17", CAIRO), CAIRO, 0)  # on Friday 24 April 2026 Cairo goes from 00:00 to 01:00
    assert sent.astimezone(ZoneInfo(CAIRO)).hour == 1
    assert sent.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("zone", "label", "hours"),
    [
        (NEW_YORK, "2026-W11", 167),
        (NEW_YORK, "2026-W45", 169),
        (BERLIN, "2026-W14", 167),
        (BERLIN, "2026-W44", 169),
        (KOLKATA, "2026-W45", 168),
    ],
)
def test_a_week_with_a_clock_change_has_an_hour_more_or_less(zone, label, hours):
    start, end = (m.astimezone(UTC) for m in pulse_period(label, zone).instants)
    assert end - start == timedelta(hours=hours)


def test_month_so_far_begins_on_the_first_and_ends_with_the_week():
    assert month_so_far(pulse_period("2026-W45", NEW_YORK)) == Period(date(2026, 11, 1), date(2026, 11, 6), NEW_YORK)
