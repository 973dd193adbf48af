"""The arithmetic of retainers: plans in any period, carrying over, burn, rates, splitting. Whatever is put in, it adds up."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients import plans
from clients.months import month_start, next_month
from clients.plans import Agreement, Month, Plan, Week, burn, granted, ledger

JAN = date(2026, 1, 1)
"""January 2026 has 22 working days, February 20, March 22."""
H = plans.HOUR


def monthly(hours: int, carry: str = plans.NONE, *, hours_kept: int = 0, months: int = 0, since: date = JAN) -> Plan:
    return Plan(since, Decimal(hours), False, False, carry, hours_kept * H, months)


def months(plan: Plan, *worked: int, ends: date | None = None) -> list[Month]:
    by_month = {next_month(JAN, i): hours * H for i, hours in enumerate(worked)}
    return ledger(Agreement(JAN, ends, [plan]), by_month, next_month(JAN, len(worked) - 1))


def test_a_plan_by_the_week_grants_by_the_working_days_of_the_month() -> None:
    eight = Agreement(JAN, None, [Plan(JAN, Decimal(8))])
    assert granted(eight, JAN, next_month(JAN)) == Fraction(8 * 22 * H, 5)
    assert granted(eight, date(2026, 1, 5), date(2026, 1, 12)) == 8 * H


def test_a_plan_by_the_day_counts_the_practices_hours_of_a_day() -> None:
    two_days = Agreement(JAN, None, [Plan(JAN, Decimal(2), in_days=True, weekly=False)], Week(Decimal("7.5")))
    assert granted(two_days, JAN, next_month(JAN)) == 15 * H


def test_a_month_that_the_engagement_is_only_half_in_grants_its_share_of_working_days() -> None:
    begun = Agreement(date(2026, 1, 19), None, [monthly(22)])
    assert granted(begun, JAN, next_month(JAN)) == 10 * H
    ended = Agreement(JAN, date(2026, 1, 6), [monthly(22)])
    assert granted(ended, JAN, next_month(JAN, 3)) == 4 * H


def test_a_change_of_plan_counts_from_its_month() -> None:
    changed = Agreement(JAN, None, [monthly(10), monthly(20, since=date(2026, 3, 1))])
    assert [whole.granted // H for whole in ledger(changed, {}, date(2026, 4, 30))] == [10, 10, 20, 20]


@pytest.mark.parametrize(
    ("plan", "worked", "left_over"),
    [
        (monthly(10), (4, 10, 12), [0, 0, 0]),
        (monthly(10, plans.ALL), (4, 10, 12), [6, 6, 4]),
        (monthly(10, plans.UP_TO, hours_kept=3), (4, 10, 12), [3, 3, 1]),
        (monthly(10, plans.EXPIRES, months=1), (4, 10, 0), [6, 6, 10]),
        (monthly(10, plans.EXPIRES, months=2), (4, 0, 0, 0), [6, 16, 20, 20]),
    ],
)
def test_unused_hours_are_carried_over_by_the_rule(plan: Plan, worked: tuple[int, ...], left_over: list[int]) -> None:
    assert [month.carried_out // H for month in months(plan, *worked)] == left_over


def test_the_oldest_hours_are_used_first_so_that_little_expires() -> None:
    rule = monthly(10, plans.EXPIRES, months=1)
    january, february = months(rule, 4, 6)
    assert (january.carried_out, february.expired, february.carried_out) == (6 * H, 0, 10 * H)


def test_hours_beyond_the_plan_are_told_and_not_taken_from_the_next_month() -> None:
    january, february = months(monthly(10, plans.ALL), 13, 0)
    assert (january.over, january.left, february.available) == (3 * H, -3 * H, 10 * H)


def test_notice_ends_it_after_its_days_or_with_the_minimum_term() -> None:
    began = date(2026, 1, 31)
    assert plans.last_day(began, date(2026, 5, 1), 30, None) == date(2026, 5, 31)
    assert plans.last_day(began, date(2026, 2, 1), 30, 3) == date(2026, 4, 29)
    assert plans.last_day(began, date(2026, 4, 20), 30, 3) == date(2026, 5, 20)
    assert plans.last_day(began, date(2025, 12, 1), 30, None) == date(2026, 3, 2)


def test_the_projection_follows_working_days_and_says_nothing_too_early() -> None:
    def projected(day: int) -> int | None:
        return burn(10 * H, 20 * H, JAN, next_month(JAN), date(2026, 1, day), Week()).projected

    assert projected(6) is None  # 4 of 22
    assert projected(16) == projected(18) == plans.whole(Fraction(10 * H * 22, 12))
    assert projected(31) == 10 * H


def test_rates_need_hours_and_a_fee() -> None:
    assert plans.hourly(Decimal(6500), 26 * H) == Decimal("250.00")
    assert plans.hourly(Decimal(6500), 0) is plans.hourly(None, 60) is None
    assert plans.cost_of([(Decimal("65.50"), 26 * H), (Decimal(90), 90)]) == Decimal(1838)
    assert plans.cents(Decimal("-0.125")) == Decimal("-0.13")


days = st.dates(date(2024, 1, 1), date(2027, 12, 31))
amounts = st.decimals(0, 200, places=2)
rules = st.sampled_from([plans.NONE, plans.ALL, plans.UP_TO, plans.EXPIRES])
weeks = st.builds(Week, st.decimals(1, 24, places=2), st.frozensets(st.integers(1, 7)))


@st.composite
def agreements(draw: st.DrawFn) -> Agreement:
    begins = draw(days)
    ends = draw(st.none() | st.integers(0, 900).map(lambda n: begins + timedelta(days=n)))
    since = sorted({next_month(begins, draw(st.integers(0, 20))) for _ in range(draw(st.integers(0, 4)))})
    made = [
        Plan(
            month,
            draw(amounts),
            draw(st.booleans()),
            draw(st.booleans()),
            draw(rules),
            draw(st.integers(0, 6000)),
            draw(st.integers(1, 6)),
        )
        for month in since
    ]
    return Agreement(begins, ends, made, draw(weeks))


@given(agreements(), st.dictionaries(days.map(month_start), st.integers(0, 20_000)), days)
def test_every_balance_adds_up_and_nothing_is_negative(
    agreement: Agreement, worked: dict[date, int], through: date
) -> None:
    carried = 0
    for month in ledger(agreement, worked, through):
        assert min(month.granted, month.carried_in, month.expired, month.carried_out, month.over) >= 0
        assert month.carried_in == carried
        assert month.available + month.over == month.worked + month.expired + month.carried_out
        assert month.over == max(0, -month.left)
        carried = month.carried_out


@given(agreements(), days, st.integers(0, 500), st.integers(0, 500))
def test_what_two_periods_grant_is_what_they_grant_together(
    agreement: Agreement, first: date, one: int, two: int
) -> None:
    middle, after = first + timedelta(days=one), first + timedelta(days=one + two)
    assert granted(agreement, first, middle) + granted(agreement, middle, after) == granted(agreement, first, after)


@given(days, st.integers(0, 800), st.frozensets(st.integers(1, 7)))
def test_working_days_are_those_counted_one_by_one(first: date, length: int, working: frozenset[int]) -> None:
    counted = sum((first + timedelta(days=i)).isoweekday() in working for i in range(length))
    assert plans.working_days(first, first + timedelta(days=length), working) == counted


@given(st.integers(0, 50_000), st.integers(0, 50_000), days, st.integers(1, 60), days, weeks)
def test_a_burn_never_divides_by_nothing_and_never_projects_less_than_was_worked(
    worked: int, available: int, first: date, length: int, today: date, week: Week
) -> None:
    found = burn(worked, available, first, first + timedelta(days=length), today, week)
    assert found.projected is None or found.projected >= worked
    assert found.share >= 0
    assert 0 <= found.days_over <= found.days


@given(st.integers(0, 3000), st.lists(st.fractions(0, 100), min_size=1, max_size=12))
def test_shares_are_whole_fair_and_add_up_exactly(minutes: int, weights: list[Fraction]) -> None:
    parts = plans.shares(minutes, weights)
    assert sum(parts) == minutes
    total = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert part >= 0
        assert abs(part - (minutes * weight / total if total else Fraction(minutes, len(weights)))) < 1
        assert not total or weight or part == 0


def test_nobody_to_share_among_gets_nothing() -> None:
    assert plans.shares(60, []) == []
