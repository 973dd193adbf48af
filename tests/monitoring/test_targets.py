"""Where a target stands: few cases judge nothing, and the straight line from baseline to goal judges the rest."""

from datetime import date
from decimal import Decimal

import pytest

from clients.models import Charter, Target
from monitoring.catalogue import CATALOGUE
from monitoring.readings import Period, Reading, Series, compare
from monitoring.series import Slice
from monitoring.summary import Histogram, Summary
from monitoring.targets import Progress, Status, judge, slice_of

WEEK = Period(date(2026, 11, 9), date(2026, 11, 16), "UTC")
CHARTER = Charter(quarter_start=date(2026, 10, 1))
HALFWAY, YOUNG = date(2026, 11, 15), date(2026, 10, 9)


def at(
    yes: int,
    n: int,
    *,
    baseline: str | None = "0.6",
    goal: str = "0.8",
    key: str = "accuracy",
    today: date = HALFWAY,
    times: float = 0.0,
) -> Progress:
    metric = CATALOGUE[key]
    now = Reading.of(metric, Summary(n, Decimal(yes), float(yes), Histogram.of([times] * n)), WEEK)
    target = Target(
        name="Right answers", metric=key, goal=Decimal(goal), due=date(2026, 12, 30),
        baseline=None if baseline is None else Decimal(baseline),
    )  # fmt: skip
    return judge(target, CHARTER, Series(metric, WEEK, [], [], now, compare(now, now)), today)


@pytest.mark.parametrize("baseline", [None, "0.6"])
@pytest.mark.parametrize(("yes", "n"), [(1, 1), (29, 29), (0, 29)])
def test_few_cases_judge_nothing_with_or_without_a_baseline(yes: int, n: int, baseline: str | None) -> None:
    stands = at(yes, n, baseline=baseline)
    assert stands.status is Status.TOO_EARLY
    assert stands.why == f"Only {n} judged {'answer' if n == 1 else 'answers'} in 7 days; 30 are needed to judge."


def test_a_percentile_needs_as_many_cases_as_its_change() -> None:
    stands = at(0, 109, key="latency_p95", baseline="3000", goal="2000", times=2500.0)
    assert stands.status is Status.TOO_EARLY
    assert stands.why == "Only 109 calls in 7 days; 110 are needed to judge."
    assert at(0, 110, key="latency_p95", baseline="3000", goal="2000", times=2500.0).status is Status.ON_TRACK


@pytest.mark.parametrize(
    ("yes", "status"),
    [
        (85, Status.MET),
        (80, Status.MET),
        (70, Status.ON_TRACK),
        (66, Status.WATCH),
        (64, Status.OFF_TRACK),
        (50, Status.OFF_TRACK),
    ],
)
def test_half_the_time_is_gone(yes: int, status: Status) -> None:
    assert at(yes, 100).status is status


def test_worse_than_the_baseline_says_so() -> None:
    stands = at(50, 100)
    assert stands.share == Decimal("-0.5")
    assert stands.why == "Worse than the baseline of 60.0%; the goal is 80.0%."


def test_lower_is_better_where_the_catalogue_says_so() -> None:
    assert at(5, 100, baseline="0.2", goal="0.1", key="toxicity").status is Status.MET
    assert at(30, 100, baseline="0.2", goal="0.1", key="toxicity").status is Status.OFF_TRACK


def test_a_young_quarter_is_too_early_unless_met() -> None:
    assert at(61, 100, today=YOUNG).status is Status.TOO_EARLY
    assert at(90, 100, today=YOUNG).status is Status.MET


def test_without_a_baseline_only_met_can_be_said() -> None:
    assert at(90, 100, baseline=None).status is Status.MET
    assert at(50, 100, baseline=None).status is Status.NO_BASELINE


def test_without_data_nothing_is_said() -> None:
    stands = at(0, 0)
    assert (stands.status, stands.share) == (Status.NO_DATA, None)
    assert stands.why == "There were no judged answers in the period."


def test_a_goal_that_is_the_baseline_is_met_by_holding_it() -> None:
    assert at(60, 100, baseline="0.6", goal="0.6").share == 1


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_word_and_a_shape(status: Status) -> None:
    assert status.word
    assert status.glyph


def test_a_target_speaks_of_its_system_and_model() -> None:
    assert slice_of(Target(system_id=3, model="gpt-4")) == Slice(3, "gpt-4")
    assert slice_of(Target()) == Slice()
