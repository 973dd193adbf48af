"""A page's sentence: the worst first, both numbers in it, and nothing that fell is called improved."""

from datetime import date
from decimal import Decimal

import pytest

from clients.models import Target
from fracops.pages.frames import measure_text
from fracops.pages.sentences import finding, headline, plain
from monitoring.catalogue import CATALOGUE, metric
from monitoring.readings import Change, Period, Reading, Series, compare
from monitoring.summary import Histogram, Summary
from monitoring.targets import Progress, Status

NOW = Period(date(2026, 10, 9), date(2026, 11, 6), "UTC")


def rate(key: str, yes: int, n: int, period: Period = NOW) -> Reading:
    return Reading.of(CATALOGUE[key], Summary(n, Decimal(yes), float(yes)), period)


def rates(key: str, before: tuple[int, int], now: tuple[int, int]) -> Change:
    return compare(rate(key, *now), rate(key, *before, period=NOW.before))


def said(*changes: Change) -> str:
    return plain(headline({c.now.metric.key: c for c in changes}, [], 28, lambda metric: f"/{metric.key}/"))


def test_a_fall_in_accuracy_is_said_with_both_numbers() -> None:
    sentence = said(rates("accuracy", (841, 1000), (511, 1000)))
    assert sentence == "Accuracy fell from 84.1% to 51.1%."
    assert "improved" not in sentence


def test_what_got_worse_comes_before_what_got_better() -> None:
    sentence = said(rates("format_valid", (500, 1000), (900, 1000)), rates("accuracy", (841, 1000), (511, 1000)))
    assert sentence.startswith("Accuracy fell from 84.1% to 51.1%.")
    assert sentence.endswith("Answers in the right format rose from 50.0% to 90.0%.")


def test_every_number_leads_to_its_evidence() -> None:
    parts = headline(
        {"accuracy": rates("accuracy", (841, 1000), (511, 1000))}, [], 28, lambda metric: f"/{metric.key}/"
    )
    assert [(p.text, p.url) for p in parts if p.url] == [("84.1%", "/accuracy/"), ("51.1%", "/accuracy/")]


def test_a_sure_but_tiny_move_makes_no_headline() -> None:
    assert said(rates("accuracy", (841_000, 1_000_000), (839_000, 1_000_000))).startswith(
        "A steady 28 days, with accuracy at 83.9%"
    )


def target(key: str, status: Status) -> Progress:
    reading = rate(key, 511, 1000)
    series = Series(CATALOGUE[key], NOW, [], [], reading, compare(reading, reading))
    return Progress(
        Target(name=key, metric=key, goal=Decimal("0.9")), CATALOGUE[key], reading, status, "", None, series
    )


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        ([Status.OFF_TRACK] * 2, "; both targets are off track."),
        ([Status.OFF_TRACK] * 2 + [Status.ON_TRACK], "; both targets are off track."),
        ([Status.OFF_TRACK] * 3, "; all three targets are off track."),
        ([Status.OFF_TRACK] * 3 + [Status.ON_TRACK], "; three targets are off track."),
    ],
)
def test_as_many_targets_are_off_track_as_are(statuses: list[Status], words: str) -> None:
    keys = ("accuracy", "format_valid", "error_rate", "tool_error_rate")
    changes = {key: rates(key, (841, 1000), (511, 1000)) for key in keys[:2]}
    kept = [target(key, status) for key, status in zip(keys, statuses, strict=False)]
    assert plain(headline(changes, kept, 28, lambda _: "")).endswith(words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (rates("accuracy", (0, 0), (511, 1000)), "so no baseline yet"),
        (rates("accuracy", (8, 10), (511, 1000)), "Too few cases to say whether it moved"),
        (rates("accuracy", (841, 1000), (0, 0)), "No data arrived in the last 28 complete days"),
    ],
)
def test_a_state_is_said_in_words_and_never_as_a_percentage_of_change(change: Change, words: str) -> None:
    sentence = said(change)
    assert words in sentence
    assert "fell" not in sentence
    assert "rose" not in sentence


def test_a_duration_says_what_replies_took() -> None:
    def taking(period: Period, *seconds: float) -> Reading:
        values = [s * 1000 for s in seconds] * 200
        return Reading.of(CATALOGUE["latency_p95"], Summary(len(values), Decimal(0), 0.0, Histogram.of(values)), period)

    change = compare(taking(NOW, 3.1), taking(NOW.before, 2.6))
    assert finding(change) == "The slowest 5% of replies took 3.1\u00a0s or more, up from 2.6\u00a0s"


def test_only_a_score_is_measured_as_a_score() -> None:
    assert measure_text(CATALOGUE["retries_per_trace"], 28).startswith("Average number, daily.")
    assert measure_text(metric("score.mood"), 28).startswith("Score, daily.")


def test_a_cost_in_the_sentence_is_underlined_as_the_rest_of_the_page_underlines_it() -> None:
    def cost(total: str, period: Period) -> Reading:
        summary = Summary(5000, Decimal(total), float(total))
        return Reading.of(CATALOGUE["cost_per_call"], summary, period, estimated=3)

    change = compare(cost("500", NOW), cost("200", NOW.before))
    parts = headline({"cost_per_call": change}, [], 28, lambda m: f"/{m.key}/")
    assert [p.provenance for p in parts if p.url] == ["asm", "asm"]
