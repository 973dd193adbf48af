"""Figures: what a chart may show and what it must not."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fracops.pages.figures import Mark, encoded, figure
from fracops.pages.labels import HEIGHT, MARGIN
from monitoring.catalogue import CATALOGUE
from monitoring.readings import DayValue, Period, Reading, Series, compare
from monitoring.summary import Summary

DAYS = 7
PERIOD = Period(date(2026, 10, 30), date(2026, 11, 6), "UTC")


def series(key: str, values: Sequence[str | None], n: int = 200, before: Sequence[str | None] = ()) -> Series:
    def days(period: Period, given_values: Sequence[str | None]) -> list[DayValue]:
        return [
            DayValue(period.start + timedelta(days=i), None if v is None else Decimal(v), 0 if v is None else n)
            for i, v in enumerate(given_values)
        ]

    metric = CATALOGUE[key]
    now = Reading.of(metric, Summary(n, Decimal(1), 1.0), PERIOD)
    return Series(metric, PERIOD, days(PERIOD, values), days(PERIOD.before, before), now, compare(now, now))


def subject(drawn: dict[str, Any]) -> dict[str, Any]:
    return next(t for t in drawn["data"] if t.get("mode") == "lines+markers")


def test_a_gap_is_never_joined() -> None:
    line = subject(figure(series("accuracy", ["0.8", None, "0.9", "0.8", "0.8", "0.8", "0.8"])))
    assert line["y"][1] is None
    assert line["connectgaps"] is False


def test_days_with_few_cases_are_dots_and_no_line() -> None:
    drawn = figure(series("accuracy", ["0.8"] * DAYS, n=12))
    assert all(y is None for y in subject(drawn)["y"])
    assert any(t["mode"] == "markers" and t["y"].count(80.0) == DAYS for t in drawn["data"])


def test_a_day_between_two_gaps_is_a_dot_that_can_be_seen() -> None:
    alone = ["0.8", None, "0.9", None, "0.8", "0.8", "0.8"]
    drawn = figure(series("format_valid", alone, before=alone))
    for line in (t for t in drawn["data"] if t.get("mode") == "lines+markers"):
        assert line["marker"]["size"][:6] == [6, 0, 6, 0, 0, 0]


def test_the_longest_tick_has_room_at_the_left() -> None:
    drawn = figure(series("cost_per_call", ["0.0335", "0.03375", "0.0334", "0.0336", "0.0335", "0.0334", "0.0335"]))
    longest = max(map(len, drawn["layout"]["yaxis"]["ticktext"]))
    assert longest >= 7
    assert drawn["layout"]["margin"]["l"] >= 7.5 * longest
    assert figure(series("accuracy", ["0.8"] * DAYS))["layout"]["margin"] == MARGIN


def test_bars_start_at_zero() -> None:
    drawn = figure(series("calls", ["120", "118", "121", "119", "120", "122", "121"]))
    assert drawn["data"][0]["type"] == "bar"
    assert drawn["layout"]["yaxis"]["range"][0] == 0


def test_goal_and_baseline_are_named_beside_the_chart() -> None:
    marks = [Mark(Decimal("0.9"), "Goal 90.0%", goal=True), Mark(Decimal("0.82"), "Baseline 82.0%", goal=False)]
    drawn = figure(series("accuracy", ["0.8"] * DAYS), marks)
    assert {"Goal 90.0%", "Baseline 82.0%", "80.0%"} <= {note["text"] for note in drawn["layout"]["annotations"]}
    assert len(drawn["layout"]["shapes"]) == 2


def test_colours_are_tokens_of_the_page() -> None:
    text = encoded({"a": figure(series("accuracy", ["0.8"] * DAYS, before=["0.7"] * DAYS))})
    assert "var(--c1)" in text
    assert '"#' not in text


@given(
    st.lists(st.one_of(st.none(), st.decimals(min_value=0, max_value=10**7, places=3)), min_size=DAYS, max_size=DAYS)
)
def test_any_series_has_at_most_three_ticks_and_labels_apart(values: list[Decimal | None]) -> None:
    drawn = figure(series("answer_tokens", [None if v is None else str(v) for v in values], before=["10"] * DAYS))
    axis = drawn["layout"]["yaxis"]
    assert 1 <= len(axis["tickvals"]) <= 3
    assert axis["range"][0] <= min(axis["tickvals"]) <= max(axis["tickvals"]) <= axis["range"][1]
    plot = HEIGHT - MARGIN["t"] - MARGIN["b"]
    heights = sorted(note["y"] * plot for note in drawn["layout"]["annotations"])
    assert all(b - a >= 14.9 for a, b in pairwise(heights))
