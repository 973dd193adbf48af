"""The charter's form: what it takes, what it refuses, and that every refusal says what to write instead."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from clients.models import Charter
from clients.writing import written_for
from fracops.pages.charter_form import ScopeForm, TargetForm
from monitoring.catalogue import CATALOGUE

QUARTER = Charter(quarter_start=date(2026, 10, 1))


def form(**typed: str) -> TargetForm:
    filled = {"name": "Right answers", "metric": "accuracy", "goal": "90", "baseline_source": "Dana"} | typed
    return TargetForm(filled, quarter=QUARTER, metrics=list(CATALOGUE.values()), systems=[])


@pytest.mark.parametrize(
    ("metric", "typed", "stored"),
    [
        ("accuracy", "72", "0.72"),
        ("accuracy", "72%", "0.72"),
        ("latency_p95", "2.4 s", "2400"),
        ("cost", "$1,680", "1680"),
        ("calls", "1,200", "1200"),
    ],
)
def test_a_number_is_kept_in_the_metrics_unit(metric: str, typed: str, stored: str) -> None:
    filled = form(metric=metric, goal=typed)
    assert filled.is_valid(), filled.errors
    assert filled.cleaned_data["goal"] == Decimal(stored)


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"baseline": "95"}, "goal", "higher is better: a goal of 90.0% is worse than the baseline of 95.0%"),
        ({"metric": "latency_p95", "baseline": "2", "goal": "3"}, "goal", "lower is better"),
        ({"baseline": "90"}, "goal", "nothing to reach"),
        ({"goal": "about forty"}, "goal", "is no number"),
        ({"goal": "NaN"}, "goal", "is no number"),
        ({"goal": "720"}, "goal", "between 0 and 100"),
        ({"metric": "calls", "goal": "-3"}, "goal", "cannot be below zero"),
        ({"goal": "1e400"}, "goal", "too large"),
        ({"due": "2026-09-30"}, "due", "before the quarter starts, on 1 October 2026"),
        ({"due": "2027-01-01"}, "due", "after the quarter’s last day, 31 December 2026"),
        ({"due": "9999-12-31"}, "due", "a longer promise is written in next quarter’s charter"),
        ({"baseline": "80", "baseline_source": ""}, "baseline_source", "who said so"),
        ({"kind": "below"}, "kind", "this would promise that it stays bad. Choose “Stay at or above a level”"),
        ({"kind": "above", "metric": "latency_p95", "goal": "3"}, "kind", "Choose “Stay at or below a level”"),
        ({"kind": "change", "goal": "5"}, "baseline", "there has to be a baseline to start from"),
        (
            {"kind": "change", "goal": "30", "baseline": "80"},
            "goal",
            "From 80.0% that comes to 110.0%, which there is not",
        ),
        ({"kind": "change", "goal": "-5", "baseline": "80"}, "goal", "is worse than the baseline of 80.0%"),
        (
            {"kind": "change_share", "metric": "traces", "goal": "999999999", "baseline": "999999999"},
            "goal",
            "comes to too large a number",
        ),
        ({"kind": "change_share", "goal": "0", "baseline": "80"}, "goal", "nothing to reach"),
        ({"kind": "dance"}, "kind", "valid choice"),
        ({"name": ""}, "name", "Give the target a name"),
        ({"metric": ""}, "metric", "Choose the metric"),
        ({"goal": ""}, "goal", "Write the goal"),
    ],
)
def test_a_bad_value_is_refused_with_what_to_write_instead(typed: dict[str, str], field: str, words: str) -> None:
    filled = form(**typed)
    assert not filled.is_valid()
    assert words in " ".join(map(str, filled.errors[field]))


def test_two_mistakes_are_named_at_once() -> None:
    assert set(form(baseline="95", due="2026-01-01").errors) == {"goal", "due"}


def test_an_empty_form_is_no_target() -> None:
    empty = form(name="", metric="", goal="")
    assert empty.is_valid()
    assert not empty.given


def test_no_due_day_means_the_quarters_last() -> None:
    filled = form()
    assert filled.is_valid()
    assert filled.cleaned_data["due"] == date(2026, 12, 31)


def test_the_quarters_last_day_is_taken() -> None:
    assert form(due="2026-12-31").is_valid()


@pytest.mark.parametrize(
    ("typed", "goal", "change"),
    [
        ({"kind": "change", "metric": "latency_p95", "baseline": "3.2", "goal": "0.3"}, "2900", "300"),
        ({"kind": "change", "metric": "latency_p95", "baseline": "3.2", "goal": "−0.3"}, "2900", "300"),
        ({"kind": "change_share", "metric": "latency_p95", "baseline": "3", "goal": "20%"}, "2400", "0.2"),
        ({"kind": "change", "baseline": "80", "goal": "4"}, "0.84", "0.04"),
        ({"kind": "change_share", "baseline": "80", "goal": "10"}, "0.88", "0.1"),
    ],
)
def test_a_change_goes_the_metrics_good_way_from_the_baseline(typed: dict[str, str], goal: str, change: str) -> None:
    filled = form(**typed)
    assert filled.is_valid(), filled.errors
    assert (filled.cleaned_data["goal"], filled.cleaned_data["change"]) == (Decimal(goal), Decimal(change))


def test_a_level_to_hold_may_lie_on_either_side_of_the_baseline() -> None:
    for goal in ("2", "4"):
        assert form(kind="below", metric="hallucination_rate", baseline="3", goal=goal).is_valid()


@pytest.mark.parametrize(("baseline", "cases"), [("62", 1262), ("63", None)])
def test_a_baseline_typed_over_has_no_cases_any_more(baseline: str, cases: int | None) -> None:
    filled = form(baseline=baseline, taken="1262:62")
    assert filled.is_valid()
    assert filled.cleaned_data["baseline_n"] == cases


@pytest.mark.parametrize(
    ("scope", "fits"),
    [
        ("Help us with AI", False),
        ("Make the chatbot better, and the people happier", False),
        ("", True),
        ("The support chatbot’s accuracy", True),
        ("Settle 70 chats in 100 without a person", True),
        ("Fewer complaints", True),
        ("Quicker first replies in the desk", True),
        ("line\n" * 30 + "cost", False),
    ],
)
def test_a_scope_that_cannot_be_measured_is_turned_back_with_an_example(scope: str, fits: bool) -> None:
    own = [replace(CATALOGUE["accuracy"], key="outcome.first", name="First replies")]
    filled = ScopeForm({"scope": scope}, metrics=own)
    assert filled.is_valid() == fits, filled.errors


def test_a_comma_that_a_reader_takes_for_a_point_is_asked_about() -> None:
    assert form(metric="calls", goal="1,950").is_valid()
    with written_for("DE"):
        asked = form(metric="calls", goal="1,950")
        assert "“1,950” could mean two numbers" in asked.errors["goal"][0]
        assert "Write 1.950 or 1950." in asked.errors["goal"][0]
        assert form(metric="calls", goal="1,950.5").is_valid()
        assert form(metric="calls", goal="1950").is_valid()
