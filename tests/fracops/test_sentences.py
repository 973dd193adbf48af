"""A page's sentence: the worst first, both numbers in it, and nothing that fell is called improved."""

from datetime import date
from decimal import Decimal

import pytest

from fracops.pages.sentences import finding, headline, plain
from monitoring.catalogue import CATALOGUE
from monitoring.readings import Change, Period, Reading, compare
from monitoring.summary import Histogram, Summary

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
        "A steady 28 days: accuracy stands at 83.9%"
    )


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
