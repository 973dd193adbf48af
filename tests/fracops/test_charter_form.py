"""The charter's form: what it takes, what it refuses, and that every refusal says what to write instead."""

from datetime import date
from decimal import Decimal

import pytest

from clients.models import Charter
from fracops.pages.charter_form import TargetForm
from monitoring.catalogue import CATALOGUE

QUARTER = Charter(quarter_start=date(2026, 10, 1))


def form(**typed: str) -> TargetForm:
    filled = {"name": "Right answers", "metric": "accuracy", "goal": "90"} | typed
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
