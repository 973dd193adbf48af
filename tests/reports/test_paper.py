"""On paper everything is on the page: no word beyond the margin, and page one whole with as many targets as a charter has."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import matplotlib as mpl
import pdfplumber
import pytest
from matplotlib.figure import Figure

from monitoring.catalogue import CATALOGUE
from monitoring.flags import Flag
from reports.charts import paper, style
from reports.composed import Composed
from reports.evidence import Arrival
from reports.facts import Name, sentence
from reports.mail import mail_html
from reports.plain import WIDTH
from reports.render import render
from reports.roi import ON_PAGE_ONE, compose_roi

from .making import ACME, OCTOBER, breakdown, drift_week, evidence, many, series, standing, yes

MM = 72 / 25.4
MARGIN = 18 * MM
LONG = "Chats about contracts, claims and complaints that were settled without a person"
UNBROKEN = "Kundenzufriedenheitsbewertungsskala" * 2
SCORES = (
    "accuracy",
    "groundedness",
    "resolution_rate",
    "score.a_very_long_name_of_a_score_that_nobody_listed_yet",
    "score." + "x" * 60,
)
STATUSES = ("on_track", "watch", "off_track", "met", "too_early")
FIVE = [standing(f"Target number {i}", status=status) for i, status in enumerate(STATUSES)]


def part(name: str):
    rates = dict.fromkeys(SCORES, yes(511, 1000)), dict.fromkeys(SCORES, yes(841, 1000))
    money = dict.fromkeys(("cost", "cost_per_call"), many(1000, "1234.5"))
    times = dict.fromkeys(("latency_p50", "latency_p95"), many(1000, 9000))
    now, before = ({**r, **money, **times, "error_rate": yes(3, 2000), "calls": yes(3, 2000)} for r in rates)
    return breakdown(name, now, before | {"cost": many(900, "134.5")}, OCTOBER)


def crowded() -> Composed:
    """Many scores, large numbers, and names that are long or cannot be broken."""
    whole = [
        series("calls", yes(4, 4_000_000), yes(5, 3_900_000), OCTOBER),
        series("error_rate", yes(4, 4_000_000), yes(5, 3_900_000), OCTOBER),
        *(series(key, many(4_000_000, "0.4"), many(3_900_000, "0.7"), OCTOBER) for key in ("cost", "cost_per_call")),
        *(series(key, many(4000, 3100), many(4000, 2600), OCTOBER) for key in ("latency_p50", "latency_p95")),
        *(series(key, yes(1293, 2000), yes(1371, 2000), OCTOBER) for key in SCORES),
    ]
    fault = datetime(2026, 10, 31, 12, tzinfo=UTC)
    seen = evidence(
        whole,
        models=[part("openrouter/anthropic/claude-sonnet-4-5-with-extended-thinking"), part("x" * 70), part("gpt-4")],
        systems=[part(LONG), part(UNBROKEN)],
        standings=[standing(LONG, share="-0.4", status="off_track"), standing(UNBROKEN), *FIVE[:3]],
        arrivals=(Arrival(LONG, "OpenTelemetry", None, "https://collector.example/" + "y" * 90, fault),),
    )
    return compose_roi(replace(seen, client=replace(ACME, name=LONG)))


def words_beyond_the_margin(pdf: bytes) -> list[str]:
    with pdfplumber.open(io.BytesIO(pdf)) as book:
        return [w["text"] for page in book.pages for w in page.extract_words() if w["x1"] > page.width - MARGIN + 0.5]


def test_no_word_lies_beyond_the_right_margin():
    assert words_beyond_the_margin(render(crowded(), "pdf")) == []


def test_a_change_stands_under_its_number_where_several_have_one():
    quality = next(s for s in crowded().sections if s.key == "quality")
    by_model = quality.tables[1]
    assert by_model.head.count("Change") == 3
    assert by_model.columns == ("Model", "Accuracy", "Answers a source supports", "Failed calls")
    assert by_model.stacked[0][1].text == "51.1%, down 33.0 points, worse"
    assert quality.tables[0].columns == quality.tables[0].head


def pages(composed: Composed) -> list[str]:
    with pdfplumber.open(io.BytesIO(render(composed, "pdf"))) as book:
        return [page.extract_text() for page in book.pages]


@pytest.mark.parametrize("count", [4, 5])
def test_page_one_is_whole_with_as_many_targets_as_a_charter_has(count):
    told = drift_week(OCTOBER, standings=FIVE[:count])
    report = compose_roi(told)
    full = replace(
        report,
        headline=sentence(Name("In Matter summaries, chats settled without a person fell to 51.1% from 84.1%.")),
        worse=(report.worse[1],) * 5,
    )
    first, second = pages(full)[:2]
    assert "Every underlined number answers" in first
    assert second.startswith("Money")


@pytest.mark.parametrize("count", [3, 4, 5])
def test_page_one_is_whole_with_a_chart_that_has_flags(count):
    report = compose_roi(drift_week(OCTOBER, standings=FIVE[:count]))
    assert report.chart is not None
    swap = "gpt-4o-2024-11-20 took the place of gpt-4o-2024-08-06 (Support assistant)"
    flagged = tuple(
        Flag(letter, date(2026, 10, 5 + 9 * i), f"{5 + 9 * i} October: {swap}")
        for i, letter in enumerate("ABCD"[:ON_PAGE_ONE])
    )
    full = replace(report, chart=replace(report.chart, flags=flagged), worse=(report.worse[1],) * 5)
    first, second = pages(full)[:2]
    assert "took the place of" in first
    assert "Every underlined number answers" in first
    assert second.startswith("Money")


def test_what_page_one_cannot_hold_is_followed_at_once():
    """A long headline and five long bad things push the decision over: the page it lands on goes on with Money."""
    report = compose_roi(drift_week(OCTOBER, standings=FIVE))
    long = replace(report, headline=sentence(Name(LONG + ", " + LONG)), worse=(sentence(Name(LONG + ".")),) * 5)
    second = pages(long)[1]
    assert second.startswith("The decision we ask from you")
    assert "Money" in second


def test_text_fits_its_columns():
    assert [line for line in render(crowded(), "txt").splitlines() if len(line) > WIDTH] == []
    said = render(crowded(), "txt")
    assert f"Accuracy\n  Value: 64.7%\n  How it is worked out: {CATALOGUE['accuracy'].formula}\n" in said
    assert "  Accuracy: 51.1%, down 33.0 points, worse\n" in said


@pytest.mark.parametrize(("share", "drawn"), [("0.4", True), ("-0.4", False), (None, False)])
def test_a_mail_explains_a_bar_only_where_it_draws_one(share, drawn):
    report = compose_roi(drift_week(OCTOBER, standings=[standing(share=share, status="off_track")]))
    assert ("A bar runs from the baseline to the goal." in mail_html(report)) == drawn


@pytest.mark.parametrize(("labels", "room"), [(["0", "50"], 11.0), (["0", "$50,000 a day"], 22.0)])
def test_a_charts_longest_label_has_room(labels: list[str], room: float) -> None:
    axes = Figure().add_axes((0, 0, 1, 1))
    settings: Any = style.settings()
    with mpl.rc_context(settings):
        axes.set_yticks(range(len(labels)), labels, fontsize=8)
        assert paper._room(axes) == pytest.approx(room, abs=1.5)
