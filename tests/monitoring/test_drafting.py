"""Targets proposed from data: every goal is a value that a week of the client's own had, and says which."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.models import Client, System, TargetKind
from clients.tenancy import scope
from monitoring.catalogue import CATALOGUE, Better, Metric
from monitoring.drafting import FEWEST_WEEKS, Draft, Goal, choose, drafts, goal_of
from monitoring.readings import Period, Reading
from monitoring.series import WHOLE, all_series, weekly
from monitoring.summary import Summary
from tests import factories
from tests.conftest import ALL, NOW

ACCURACY, ERRORS = CATALOGUE["accuracy"], CATALOGUE["error_rate"]
needs_database = pytest.mark.django_db(transaction=True, databases=ALL)


def weeks(metric: Metric, *values: str, n: int = 40) -> list[Reading]:
    """Newest first, as `weekly` reads them."""
    end = date(2026, 11, 6)
    made = []
    for i, value in enumerate(values):
        last = end - timedelta(days=7 * i)
        made.append(Reading(metric, Decimal(value), n, Period(last - timedelta(days=7), last, "UTC"), Summary()))
    return made


def test_the_goal_is_the_best_week_where_one_was_better_than_the_baseline() -> None:
    goal = goal_of(ACCURACY, Decimal("0.8"), weeks(ACCURACY, "0.82", "0.91", "0.79", "0.85"))
    assert isinstance(goal, Goal)
    assert (goal.kind, goal.value) == (TargetKind.REACH, Decimal("0.91"))
    said = "the best of the last 4 weeks, 91.0% in 23–29 October, 40 judged answers: it was reached once, and is to be kept"
    assert goal.rule == said


def test_where_the_best_week_is_the_baseline_the_worst_is_the_line_to_hold() -> None:
    goal = goal_of(ERRORS, Decimal("0.01"), weeks(ERRORS, "0.02", "0.01", "0.04", "0.03"))
    assert isinstance(goal, Goal)
    assert (goal.kind, goal.value) == (TargetKind.BELOW, Decimal("0.04"))
    assert goal.rule.startswith("no week of the last 4 was better than the baseline; the worst, 4.0% in 16–22 October")


def test_where_every_week_was_worse_than_the_baseline_none_is_proposed() -> None:
    why = goal_of(ACCURACY, Decimal("0.94"), weeks(ACCURACY, "0.7", "0.75", "0.72", "0.71"))
    assert isinstance(why, str)
    assert why.startswith("each of the last 4 weeks was worse than the baseline, the best 75.0% in")


def test_too_few_weeks_or_cases_make_no_goal() -> None:
    for few in (weeks(ACCURACY, "0.9", "0.9", "0.9"), weeks(ACCURACY, *["0.9"] * 6, n=29)):
        assert "4 are needed for a goal" in str(goal_of(ACCURACY, Decimal("0.8"), few))


@given(st.lists(st.integers(0, 1000), min_size=FEWEST_WEEKS, max_size=12), st.integers(0, 1000))
def test_no_goal_is_invented_and_none_promises_less_than_the_rule(shares: list[int], stood: int) -> None:
    for metric in (ACCURACY, ERRORS):
        read = weeks(metric, *(str(Decimal(share) / 1000) for share in shares))
        baseline = Decimal(stood) / 1000
        goal = goal_of(metric, baseline, read)
        values = [week.value for week in read if week.value is not None]
        higher = metric.better is Better.HIGHER
        best, worst = (max(values), min(values)) if higher else (min(values), max(values))
        if isinstance(goal, str):
            assert best < baseline if higher else best > baseline
        elif goal.kind is TargetKind.REACH:
            assert goal.value == best
            assert best > baseline if higher else best < baseline
        else:
            assert (goal.value, best) == (worst, baseline)


def test_what_users_get_comes_first_then_speed_then_cost() -> None:
    keys = ("error_rate", "cost_per_call", "latency_p95", "accuracy", "hallucination_rate")
    measured = [(CATALOGUE[key], None, weeks(CATALOGUE[key], *["0.5"] * 5, n=200)) for key in keys]
    assert [m.key for m, _, _ in choose(measured, 3)] == ["accuracy", "latency_p95", "cost_per_call"]
    assert [m.key for m, _, _ in choose(measured[:1], 3)] == ["error_rate"]
    assert choose([(ACCURACY, None, weeks(ACCURACY, "0", n=0))], 3) == []


@pytest.fixture
def watched(client_row: Client, time_machine: Any) -> Client:
    """Ten calls a day for fifty days, all judged; of ten answers seven are right, in the third week back nine."""
    time_machine.move_to(NOW, tick=False)
    spans = [factories.span(i, NOW - timedelta(days=1 + i // 10)) for i in range(500)]
    scores = [factories.verdict(s, i % 10 < (9 if 14 <= i // 10 < 21 else 7)) for i, s in enumerate(spans)]
    factories.calls(client_row, spans, scores)
    return client_row


def proposed(of: Client) -> dict[str, Draft]:
    with scope(of):
        found = drafts(of, list(CATALOGUE.values()), list(System.objects.filter(client=of)), NOW.date())
    return {one.metric.key: one for one in found}


@needs_database
def test_a_client_with_data_gets_targets_with_baseline_cases_days_goal_and_rule(watched: Client) -> None:
    found = proposed(watched)
    right = found["accuracy"]
    assert (right.baseline.n, right.baseline.days, right.system) == (500, 50, System.objects.using("owner").get())
    assert right.goal is not None
    assert (right.goal.kind, right.goal.value) == (TargetKind.REACH, Decimal("0.9"))
    assert "70 judged answers" in right.goal.rule
    assert len(found) == 3


@needs_database
def test_with_too_little_data_it_says_how_many_days_are_missing(client_row: Client, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    spans = [factories.span(i, NOW - timedelta(days=1 + i // 10)) for i in range(120)]
    factories.calls(client_row, spans, [factories.verdict(s, True) for s in spans])
    right = proposed(client_row)["accuracy"]
    assert right.goal is None
    assert right.why == "18 more days with data are missing for a baseline of 30: until then its goal is yours to write"
    assert (right.baseline.text, right.baseline.n) == ("100.0%", 120)


@needs_database
def test_where_the_first_days_are_over_nothing_is_promised_for_later(client_row: Client, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    factories.engagement(client_row, NOW.date() - timedelta(days=100))
    spans = [factories.span(i, NOW - timedelta(days=1 + i % 95)) for i in range(0, 950, 6)]
    factories.calls(client_row, spans, [factories.verdict(s, True) for s in spans if s.started_at.day % 5 == 0])
    right = proposed(client_row)["accuracy"]
    assert right.goal is None
    assert "of 30 that a baseline takes: its goal is yours to write" in right.why
    assert "until then" not in right.why


@needs_database
def test_nothing_measured_proposes_nothing(client_row: Client) -> None:
    assert proposed(client_row) == {}


@needs_database
def test_a_week_reads_what_the_series_reads_of_it(watched: Client) -> None:
    period = Period(NOW.date() - timedelta(weeks=3), NOW.date(), "UTC")
    wanted = [ACCURACY, CATALOGUE["latency_p95"], CATALOGUE["calls"]]
    with scope(watched):
        read = weekly(watched, wanted, period)
        for place, week in enumerate(period.weeks):
            alone = all_series(watched, wanted, week, WHOLE)
            for metric in wanted:
                assert (read[metric.key][place].value, read[metric.key][place].n) == (
                    alone[metric.key].now.value,
                    alone[metric.key].now.n,
                )
