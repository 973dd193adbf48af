"""Levels to be held: whether they stand now, and on how many days of the quarter they did."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest

from clients.models import Charter, Target, TargetReading
from monitoring.catalogue import CATALOGUE
from monitoring.holding import Kept, kept
from monitoring.provenance import Provenance
from monitoring.readings import DayValue, Period, Reading, Series, compare
from monitoring.summary import Histogram, Summary
from monitoring.targets import Progress, Status, goal_text, judge

START = date(2026, 10, 1)
TODAY = date(2026, 11, 15)
CHARTER = Charter(quarter_start=START)
WEEK = Period(TODAY - timedelta(days=7), TODAY, "UTC")
SO_FAR = Period(START, TODAY, "UTC")


def target(kind: str, level: str, metric: str = "hallucination_rate") -> Target:
    return Target(
        name="Invented facts",
        metric=metric,
        kind=kind,
        goal=Decimal(level),
        due=date(2026, 12, 31),
        baseline=Decimal("0.05"),
    )


def days_of(key: str, values: Sequence[tuple[str | None, int]]) -> Series:
    """The quarter so far, whose last days are these; the days before have no data."""
    metric = CATALOGUE[key]
    first = TODAY - timedelta(days=len(values))
    days = [
        DayValue(first + timedelta(days=i), None if v is None else Decimal(v), n) for i, (v, n) in enumerate(values)
    ]
    none = Reading.of(metric, Summary(0, Decimal(0), 0.0, Histogram.of([])), SO_FAR)
    return Series(metric, SO_FAR, days, [], none, compare(none, none))


def at(t: Target, yes: int, n: int, so_far: Series | None = None, **options: object) -> Progress:
    metric = CATALOGUE[t.metric]
    now = Reading.of(metric, Summary(n, Decimal(yes), float(yes), Histogram.of([float(yes)] * n)), WEEK)
    series = Series(metric, WEEK, [], [], now, compare(now, now))
    return judge(t, CHARTER, series, options.pop("today", TODAY), so_far=so_far, **options)  # type: ignore[arg-type]


def test_a_day_of_a_rate_stands_for_the_seven_up_to_it() -> None:
    quiet = [("0.01", 100)] * 13 + [("0.20", 100)]
    held = kept(target("below", "0.03"), days_of("hallucination_rate", quiet), START, TODAY)
    # Fourteen days make eight whole weeks; the bad last day lifts its week to 3.7%.
    assert held == Kept(7, 8)
    assert held.words == "7 of 8 days"


def test_a_percentile_is_judged_day_by_day_and_few_cases_are_not() -> None:
    slow = [("2000", 200), ("2900", 200), ("2500", 10), (None, 0), ("2400", 200)]
    assert kept(target("below", "2500", "latency_p95"), days_of("latency_p95", slow), START, TODAY) == Kept(2, 3)


def test_what_is_counted_is_added_up_over_seven_days() -> None:
    calls = [("100", 100)] * 9
    assert kept(target("above", "700", "calls"), days_of("calls", calls), START, TODAY) == Kept(3, 3)
    assert kept(target("above", "701", "calls"), days_of("calls", calls), START, TODAY) == Kept(0, 3)


def test_people_are_not_judged_by_day() -> None:
    assert kept(target("above", "5", "users"), days_of("users", [("9", 9)] * 20), START, TODAY) is None


GOOD, BAD = [("0.01", 100)] * 30, [("0.01", 100)] * 8 + [("0.20", 100)] * 12 + [("0.01", 100)] * 10


@pytest.mark.parametrize(
    ("yes", "days", "today", "status"),
    [
        (1, GOOD, TODAY, Status.ON_TRACK),
        (1, BAD, TODAY, Status.WATCH),
        (9, GOOD, TODAY, Status.OFF_TRACK),
        (1, GOOD, date(2027, 1, 2), Status.MET),
        (1, BAD, date(2027, 1, 2), Status.OFF_TRACK),
    ],
)
def test_a_level_is_on_track_while_it_holds_and_mostly_did(
    yes: int, days: Sequence[tuple[str | None, int]], today: date, status: Status
) -> None:
    stands = at(target("below", "0.03"), yes, 100, days_of("hallucination_rate", days), today=today)
    assert stands.status is status, stands.why
    assert stands.share is None
    assert stands.kept
    assert f"{stands.kept.words} so far" in stands.why
    assert stands.why.startswith("It shall stay at or below 3.0%")


def test_few_cases_and_no_data_judge_no_level_either() -> None:
    assert at(target("below", "0.03"), 1, 10).status is Status.TOO_EARLY
    assert at(target("below", "0.03"), 0, 0).status is Status.NO_DATA


def test_a_level_says_its_side() -> None:
    metric = CATALOGUE["hallucination_rate"]
    assert goal_text(target("below", "0.03"), metric) == "at most 3.0%"
    assert goal_text(target("above", "0.03"), metric) == "at least 3.0%"
    assert goal_text(target("reach", "0.03"), metric) == "3.0%"


def test_what_somebody_said_stands_only_where_there_is_no_data() -> None:
    said = TargetReading(value=Decimal("0.02"), day=date(2026, 11, 3), said_by="Dana")
    stands = at(target("below", "0.03"), 0, 0, said=said)
    assert (stands.status, stands.reading.value) == (Status.ON_TRACK, Decimal("0.02"))
    assert stands.reading.provenance is Provenance.REPORTED
    assert stands.reading.sources == ("Dana",)
    reach = at(target("reach", "0.03"), 0, 0, said=said)
    assert reach.status is Status.MET
