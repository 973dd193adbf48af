"""Summaries: merged parts are the whole, quantiles stay near the true rank, and variance is never negative."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.summary import RELATIVE_ERROR, Histogram, Summary

AMOUNTS = st.lists(st.decimals("0", "100000", places=4), max_size=40)
TIMES = st.lists(st.floats(0.001, 1e9), min_size=1, max_size=60)


def summary(values: list[Decimal]) -> Summary:
    return Summary(
        len(values),
        sum(values, Decimal(0)),
        sum(float(v) ** 2 for v in values),
        Histogram.of(float(v) for v in values),
    )


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_merged_parts_are_the_whole_in_any_order(a: list[Decimal], b: list[Decimal], c: list[Decimal]) -> None:
    whole = summary([*a, *b, *c])
    for merged in (summary(a) + summary(b) + summary(c), summary(c) + (summary(a) + summary(b))):
        assert (merged.n, merged.total, merged.histogram) == (whole.n, whole.total, whole.histogram)
        assert merged.sum_squares == pytest.approx(whole.sum_squares)
        assert merged.mean == whole.mean


@given(AMOUNTS)
def test_nothing_added_changes_nothing(values: list[Decimal]) -> None:
    assert summary(values) + Summary() == summary(values) == Summary() + summary(values)


@given(TIMES, st.sampled_from([0.0, 0.25, 0.5, 0.95, 0.99, 1.0]))
def test_a_quantile_is_within_the_relative_error_of_the_value_at_its_rank(values: list[float], q: float) -> None:
    exact = sorted(values)[round(q * (len(values) - 1))]
    assert Histogram.of(values).quantile(q) == pytest.approx(exact, rel=RELATIVE_ERROR * (1 + 1e-6))


@given(st.floats(1e-6, 1e9), st.integers(2, 500))
def test_the_variance_of_a_constant_is_never_below_zero(value: float, n: int) -> None:
    same = Summary(n, Decimal(value) * n, value * value * n)
    assert same.variance is not None
    assert 0 <= same.variance <= 1e-9 * value * value


def test_an_empty_summary_says_nothing() -> None:
    assert (Summary().mean, Summary().variance, Histogram().quantile(0.5)) == (None, None, None)
    assert Summary(1, Decimal(3), 9.0).variance is None


def test_zero_has_a_bucket_of_its_own() -> None:
    assert Histogram.of([0.0, 0.0, 5.0]).quantile(0.5) == 0.0
