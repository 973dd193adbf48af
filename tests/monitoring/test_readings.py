"""What may be concluded from two readings: states, golden tests, and how often chance alone is called a move."""

import math
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from monitoring.catalogue import CATALOGUE
from monitoring.readings import (
    FEW,
    Change,
    ChangeState,
    DayValue,
    Period,
    Reading,
    Verdict,
    compare,
    needed,
    quantile_interval,
)
from monitoring.summary import Histogram, Summary

NOW = Period(date(2026, 10, 9), date(2026, 11, 6), "UTC")
ROUNDS = 300
NOMINAL = 0.07
"""The most of `ROUNDS` quiet comparisons that may be called a move, at a nominal 5%."""


def rates(before: tuple[int, int], now: tuple[int, int], key: str = "accuracy") -> Change:
    a, b = (
        Reading.of(CATALOGUE[key], Summary(n, Decimal(yes), float(yes)), period)
        for (yes, n), period in ((now, NOW), (before, NOW.before))
    )
    return compare(a, b)


def taking(key: str, values: list[float], period: Period = NOW) -> Reading:
    return Reading.of(CATALOGUE[key], Summary(len(values), Decimal(0), 0.0, Histogram.of(values)), period)


def timed(key: str, now: list[float], before: list[float]) -> Change:
    return compare(taking(key, now), taking(key, before, NOW.before))


def days(values: list[int], period: Period) -> list[DayValue]:
    return [DayValue(period.start + timedelta(days=i), Decimal(v) if v else None, v) for i, v in enumerate(values)]


def counted(now: list[int], before: list[int], *, daily: bool = True, key: str = "calls") -> Change:
    period = Period(NOW.start, NOW.start + timedelta(days=len(now)), "UTC")
    a, b = (
        Reading.of(CATALOGUE[key], Summary(sum(v)), p, distinct=sum(v))
        for v, p in ((now, period), (before, period.before))
    )
    return compare(a, b, (days(now, period), days(before, period.before)) if daily else None)


def rounds(called: Callable[[], Change], times: int = ROUNDS) -> float:
    """The share of comparisons that were called a move."""
    return sum(called().verdict not in (Verdict.STEADY, Verdict.UNKNOWN) for _ in range(times)) / times


# States


def test_nothing_now_is_no_data_whatever_was_before() -> None:
    assert rates((841, 1000), (0, 0)).state is ChangeState.NO_DATA


def test_nothing_before_is_no_baseline_and_no_percentage() -> None:
    change = rates((0, 0), (511, 1000))
    assert (change.state, change.points, change.relative, change.verdict) == (
        ChangeState.NO_BASELINE, None, None, Verdict.UNKNOWN,
    )  # fmt: skip
    assert counted([9] * 7, [0] * 7).state is ChangeState.NO_BASELINE


@pytest.mark.parametrize(("before", "now"), [((29, 29), (0, 1000)), ((1000, 1000), (0, 29))])
def test_few_cases_on_either_side_are_too_early_and_conclude_nothing(
    before: tuple[int, int], now: tuple[int, int]
) -> None:
    change = rates(before, now)
    assert (change.state, change.verdict, change.certainty) == (ChangeState.TOO_EARLY, Verdict.UNKNOWN, None)
    assert change.points is not None


def test_from_zero_there_are_points_but_no_percentage() -> None:
    change = rates((0, 1000), (200, 1000), "hallucination_rate")
    assert (change.points, change.relative, change.verdict) == (Decimal("0.2"), None, Verdict.WORSE)


def test_the_same_value_is_steady() -> None:
    assert (rates((5, 50), (5, 50)).verdict, rates((5, 50), (5, 50)).certainty) == (Verdict.STEADY, 0.0)


def test_the_catalogue_says_which_way_is_good() -> None:
    assert rates((841, 1000), (511, 1000)).verdict is Verdict.WORSE
    assert rates((841, 1000), (511, 1000), "toxicity").verdict is Verdict.BETTER
    assert counted([200] * 14, [100] * 14).verdict is Verdict.MOVED


# Goldens from independent sources


def test_two_proportions_as_in_the_physicians_health_study() -> None:
    """Agresti 2002, Categorical Data Analysis, §2.2 and §3.2: 189 of 11,034 on placebo, 104 of 11,037 on aspirin, X² = 25.01."""
    change = rates((189, 11_034), (104, 11_037), "error_rate")
    assert change.certainty is not None
    assert change.certainty**2 == pytest.approx(25.01, abs=0.01)


def test_welchs_t_as_r_works_it_out() -> None:
    """R's own data set ToothGrowth, ``t.test(len ~ supp, data = ToothGrowth)``: t = 1.9153, means 20.66333 and 16.96333."""
    orange = (
        "15.2 21.5 17.6 9.7 14.5 10 8.2 9.4 16.5 9.7 19.7 23.3 23.6 26.4 20 "
        "25.2 25.8 21.2 14.5 27.3 25.5 26.4 22.4 24.5 24.8 30.9 26.4 27.3 29.4 23"
    )
    acid = (
        "4.2 11.5 7.3 5.8 6.4 10 11.2 11.2 5.2 7 16.5 16.5 15.2 17.3 22.5 "
        "17.3 13.6 14.5 18.8 15.5 23.6 18.5 33.9 25.5 26.4 32.5 26.7 21.5 23.3 29.5"
    )
    now, before = (
        Reading.of(CATALOGUE["answer_tokens"], Summary(len(v), sum(v, Decimal(0)), sum(float(x) ** 2 for x in v)), NOW)
        for v in ([Decimal(x) for x in orange.split()], [Decimal(x) for x in acid.split()])
    )
    assert float(now.value or 0) == pytest.approx(20.66333, abs=1e-5)
    assert float(before.value or 0) == pytest.approx(16.96333, abs=1e-5)
    assert compare(now, before).certainty == pytest.approx(1.9153, abs=1e-4)


def test_a_paired_t_as_r_works_it_out() -> None:
    """Student's sleep data in R, ``t.test(extra, paired)``: t = 4.0621, df = 9, p = 0.002833; ten hours are added to each."""
    before = ["10.7", "8.4", "9.8", "8.8", "9.9", "13.4", "13.7", "10.8", "10.0", "12.0"]
    now = ["11.9", "10.8", "11.1", "10.1", "9.9", "14.4", "15.5", "11.6", "14.6", "13.4"]
    sides = []
    for values, period in ((now, NOW), (before, NOW.before)):
        each = [DayValue(period.start, Decimal(v), 10) for v in values]
        total = sum((d.value or Decimal(0) for d in each), Decimal(0))
        sides.append((Reading.of(CATALOGUE["cost"], Summary(100, total, 1e-6), period), each))
    (a, these), (b, those) = sides
    certainty = compare(a, b, (these, those)).certainty
    assert certainty is not None
    assert math.erfc(certainty / math.sqrt(2)) == pytest.approx(0.002833, rel=0.02)


# Quantiles


@pytest.mark.parametrize(("key", "least"), [("latency_p50", FEW), ("latency_p95", 110), ("latency_p99", 563)])
def test_a_quantile_needs_a_sample_its_interval_fits_in(key: str, least: int) -> None:
    assert needed(CATALOGUE[key]) == least
    few = timed(key, [100.0] * (least - 1), [50.0] * 5000)
    assert (few.state, few.verdict) == (ChangeState.TOO_EARLY, Verdict.UNKNOWN)
    assert timed(key, [100.0] * least, [50.0] * 5000).state is ChangeState.COMPARED


@pytest.mark.parametrize(
    ("key", "n"),
    [
        ("latency_p50", 40), ("latency_p50", 200), ("latency_p50", 1000), ("latency_p95", 40), ("latency_p95", 110),
        ("latency_p95", 400), ("latency_p99", 40), ("latency_p99", 100), ("latency_p99", 563), ("latency_p99", 1000),
    ],
)  # fmt: skip
def test_chance_alone_is_seldom_called_a_move(key: str, n: int) -> None:
    chance = Random(n)

    def drawn() -> list[float]:
        return [chance.lognormvariate(7, 0.8) for _ in range(n)]

    assert rounds(lambda: timed(key, drawn(), drawn())) <= NOMINAL


@pytest.mark.parametrize(("key", "found"), [("latency_p50", 0.98), ("latency_p95", 0.75)])
def test_replies_that_take_a_third_longer_are_found_among_a_thousand(key: str, found: float) -> None:
    chance = Random(1)

    def drawn(times: float) -> list[float]:
        return [times * chance.lognormvariate(7, 0.8) for _ in range(1000)]

    assert rounds(lambda: timed(key, drawn(1.3), drawn(1)), 100) >= found


def test_neighbouring_buckets_are_not_certain() -> None:
    change = timed("latency_p50", [1000.0] * 500, [1005.0] * 500)
    assert change.verdict is Verdict.STEADY
    assert change.certainty is not None
    assert change.certainty < 2


def test_the_interval_of_a_median_holds_it() -> None:
    low, high = quantile_interval(taking("latency_p50", [float(i) for i in range(1, 1001)]).summary, 0.5)
    assert low < 500 < high
    assert high - low == pytest.approx(62, rel=0.1)


# Volumes


@pytest.mark.parametrize("length", [7, 28])
def test_bursts_are_not_called_a_move(length: int) -> None:
    """Days whose level itself varies by half: a Poisson error calls almost every such comparison a move."""
    chance = Random(length)

    def drawn() -> list[int]:
        return [round(chance.lognormvariate(6, 0.5)) for _ in range(length)]

    assert rounds(lambda: counted(drawn(), drawn())) <= NOMINAL


def test_the_weeks_own_rhythm_hides_no_move() -> None:
    week = [100, 110, 105, 108, 102, 20, 15]
    assert counted([round(v * 1.5) for v in week * 4], week * 4).verdict is Verdict.MOVED


def test_people_who_return_are_judged_by_their_days() -> None:
    assert counted([50, 60, 40, 80, 30, 20, 70], [45, 30, 75, 20, 60, 50, 25], key="users").verdict is Verdict.STEADY
    assert counted([80] * 13 + [81], [40] * 13 + [41], key="users").verdict is Verdict.BETTER


def test_days_that_went_the_other_way_than_the_period_settle_nothing() -> None:
    now, before = (Reading.of(CATALOGUE["users"], Summary(), p, distinct=d) for p, d in ((NOW, 900), (NOW.before, 400)))
    change = compare(now, before, (days([50] * 28, NOW), days([60] * 28, NOW.before)))
    assert (change.verdict, change.certainty) == (Verdict.STEADY, 0.0)


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [(1150, 1000, Verdict.STEADY), (40, 31, Verdict.STEADY), (1300, 1000, Verdict.MOVED)],
    ids=["sure but small", "large but unsure", "large and sure"],
)
def test_without_its_days_a_volume_must_move_far(now: int, before: int, verdict: Verdict) -> None:
    assert counted([now], [before], daily=False).verdict is verdict


def test_a_volume_is_never_surer_than_independent_cases() -> None:
    assert counted([11] * 7, [10] * 7).verdict is Verdict.STEADY


def test_a_period_ends_after_it_starts() -> None:
    with pytest.raises(ValueError, match="must end after it starts"):
        Period(NOW.end, NOW.start, "UTC")
