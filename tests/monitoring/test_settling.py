"""Which days are left out is said in words, with the source that is waited for."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.freshness import Freshness
from monitoring.readings import Period, settled_part
from monitoring.settling import Unsettled, last_settled, left_out, unsettled

WEEK = Period(date(2026, 11, 13), date(2026, 11, 20), "Europe/Berlin")
MADE = datetime(2026, 1, 1, tzinfo=UTC)


def fresh(name: str, final_to: datetime | None, stuck_at: datetime | None = None, *, calls: bool = True) -> Freshness:
    return Freshness(name, "Langfuse", MADE, "", None, MADE, stuck_at, final_to, brings_calls=calls)


def test_the_first_open_day_is_the_clients_and_that_of_the_slowest_source() -> None:
    late, later = datetime(2026, 11, 18, 23, 30, tzinfo=UTC), datetime(2026, 11, 19, 12, tzinfo=UTC)
    found = unsettled([fresh("A", later), fresh("B", late), fresh("Pushed", None)], WEEK.zone)
    assert found == Unsettled(date(2026, 11, 19), ("A", "B"))


def test_a_source_of_bills_or_one_that_is_pushed_leaves_nothing_open() -> None:
    assert unsettled([fresh("Bills", MADE, calls=False), fresh("Pushed", None)], WEEK.zone) is None


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, ""),
        (Unsettled(WEEK.end, ("A",)), ""),
        (
            Unsettled(date(2026, 11, 19), ("Langfuse",)),
            "The last day, 19 November, is still coming in from Langfuse: numbers and comparisons leave it out.",
        ),
        (
            Unsettled(date(2026, 11, 18), ("Langfuse", "Phoenix")),
            "The last 2 days, 18–19 November, are still coming in from Langfuse and Phoenix: numbers and comparisons leave them out.",
        ),
        (
            Unsettled(date(2026, 11, 17), (), (("Langfuse", date(2026, 11, 17)),)),
            "Langfuse has been read only up to 17 November: numbers and comparisons leave out the last 3 days, 17–19 November.",
        ),
        (
            Unsettled(date(2026, 11, 2), ("Langfuse",)),
            "All of these days are still coming in from Langfuse: nothing of this period is final, so nothing is compared.",
        ),
        (
            Unsettled(date(2026, 11, 2), ("Phoenix",), (("Langfuse", date(2026, 11, 2)),)),
            "Langfuse has been read only up to 2 November: nothing of this period is final, so nothing is compared.",
        ),
    ],
)
def test_what_is_left_out_is_said(found: Unsettled | None, said: str) -> None:
    assert left_out(found, WEEK) == said


@given(st.integers(1, 90), st.integers(-10, 100))
def test_as_many_days_face_each_other_each_as_far_apart_as_the_period_is_long(days: int, settled: int) -> None:
    start = date(2026, 3, 1)
    period = Period(start, start + timedelta(days=days), "UTC")
    part = settled_part(period, start + timedelta(days=settled))
    if settled <= 0:
        assert part is None
        return
    assert part is not None
    now, before = part
    assert now.days == before.days == min(days, settled)
    assert now.start - before.start == timedelta(days=days)


def test_the_last_settled_days_are_as_many_further_back() -> None:
    assert last_settled(None, WEEK) == WEEK
    assert last_settled(Unsettled(date(2026, 11, 18)), WEEK) == Period(
        date(2026, 11, 11), date(2026, 11, 18), WEEK.zone
    )
