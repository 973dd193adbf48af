"""Which changes are told: large enough, beyond a bar raised for all that was looked at, bad news first."""

from decimal import Decimal

import pytest

from monitoring.judging import bar, looked_at, material, moves
from monitoring.readings import Change

from .test_readings import counted, rates, timed

FLAT = [
    rates((500, 1000), (500, 1000), key)
    for key in ("relevance", "groundedness", "format_valid", "toxicity", "refusal_rate", "override_rate")
]


def keys(changes: list[Change], first: set[str] | None = None) -> list[str]:
    return [c.now.metric.key for c in moves(changes, first or set())]


def test_the_bar_rises_with_what_was_looked_at() -> None:
    """Bonferroni, after any table of the normal distribution: 1.960 for one, 2.241 for two, 2.807 for ten, 3.023 for twenty."""
    assert [round(bar(n), 3) for n in (0, 1, 2, 10, 20)] == [1.96, 1.96, 2.241, 2.807, 3.023]


def test_one_change_among_many_needs_more_to_be_told() -> None:
    doubtful = rates((800, 1000), (764, 1000))
    assert doubtful.certainty == pytest.approx(1.95, abs=0.05)
    change = rates((800, 1000), (760, 1000))
    assert keys([change]) == ["accuracy"]
    assert keys([change, *FLAT]) == []


def test_spend_and_what_cannot_be_compared_raise_no_bar() -> None:
    assert looked_at([counted([9] * 7, [9] * 7, key="cost"), rates((1, 2), (1, 2)), *FLAT]) == len(FLAT)
    assert keys([counted([900] * 14, [90] * 14, key="input_tokens")]) == []


@pytest.mark.parametrize(
    ("change", "large"),
    [
        (rates((500_000, 10**6), (509_000, 10**6)), False),
        (rates((500_000, 10**6), (511_000, 10**6)), True),
        (timed("latency_p50", [1040.0] * 900, [1000.0] * 900), False),
        (timed("latency_p50", [1080.0] * 900, [1000.0] * 900), True),
        (rates((0, 1000), (200, 1000)), True),
    ],
)
def test_a_sure_change_too_small_to_matter_is_no_move(change: Change, large: bool) -> None:
    assert change.points != Decimal(0)
    assert material(change) is large
    assert bool(keys([change])) is large


def test_bad_news_first_then_large_before_small_then_scores() -> None:
    slow = timed("latency_p50", [1100.0] * 900, [1000.0] * 900)
    told = [
        counted([900] * 14, [90] * 14), rates((500, 1000), (900, 1000), "format_valid"), slow,
        rates((20, 1000), (150, 1000), "error_rate"), rates((841, 1000), (511, 1000)),
    ]  # fmt: skip
    assert keys(told) == ["accuracy", "error_rate", "latency_p50", "format_valid", "calls"]
    assert keys(told, {"latency_p50"})[0] == "latency_p50"
