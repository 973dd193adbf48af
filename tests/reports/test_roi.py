"""The ROI report: one sentence, three numbers, what got worse, one decision, and the method behind every fact."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from monitoring.readings import Verdict
from monitoring.summary import Summary
from reports.appendix import coverage_section
from reports.composed import Composed
from reports.evidence import Arrival
from reports.facts import Facts
from reports.moves import focus_series, real_moves
from reports.outcomes import OutcomeMonth
from reports.roi import compose_roi, saving_fact
from reports.sections import chart_of

from .making import OCTOBER, breakdown, drift_week, evidence, many, series, standing, yes


def month(*parts, **more):
    return evidence([series("calls", yes(2, 4000), yes(2, 4000), OCTOBER), *parts], **more)


CHEAPER = [
    series("cost", many(4000, "0.475"), many(4000, "0.9"), OCTOBER),
    series("cost_per_call", many(4000, "0.475"), many(4000, "0.9"), OCTOBER),
]


def test_a_cheaper_call_is_a_saving_at_this_months_volume():
    report = compose_roi(month(*CHEAPER))
    assert (
        report.headline.text == "A call cost $0.48, down from $0.90; that saved $1,700 on traced AI spend in October."
    )
    assert [(f.label, f.quote.text) for f in report.figures] == [
        ("AI spend in October, traced", "$1,900"),
        ("Cost per call", "$0.48"),
        ("Saved at this month’s volume", "$1,700"),
    ]
    assert report.figures[0].note.text == "$3,600 in the 31 days before, down 47%"
    saving = report.facts["saving"]
    assert saving.value == (Decimal("0.9") - Decimal("0.475")) * 4000
    assert saving.inputs == ("cost_per_call", "calls.priced")


def test_a_saving_beside_worse_quality_says_both():
    report = compose_roi(month(*CHEAPER, series("accuracy", yes(700, 1000), yes(840, 1000), OCTOBER)))
    assert report.headline.text == "Accuracy fell to 70.0% from 84.0%."
    assert report.figures[2].note.text == "Fall in cost per call × 4,000 priced calls, while accuracy got worse"


def test_a_dearer_call_is_no_saving():
    report = compose_roi(month(series("cost_per_call", many(4000, "0.9"), many(4000, "0.475"), OCTOBER)))
    assert "saving" not in report.facts
    assert report.headline.text == "Cost per call rose to $0.90 from $0.48."


def test_an_outcome_is_the_headline():
    settled = OutcomeMonth(
        "resolution",
        "Self-serve chat resolution",
        424,
        616,
        782,
        1262,
        Decimal(40),
        "help-desk tickets",
        "labor",
        OCTOBER,
    )
    report = compose_roi(month(*CHEAPER), (settled,))
    assert (
        report.headline.text
        == "Self-serve chat resolution is up 11%; that saved 42 help-desk tickets, or roughly $1,680 in labor this month."
    )
    assert report.facts["resolution.worth"].value == 1680


def test_what_got_worse_is_never_empty():
    assert [s.text for s in compose_roi(month(*CHEAPER)).worse] == ["Nothing got worse beyond chance."]
    first = compose_roi(month(series("accuracy", yes(84, 100), Summary(), OCTOBER)))
    assert first.worse[0].text == "Nothing got worse beyond chance."  # calls can be compared
    alone = compose_roi(evidence([series("calls", yes(0, 100), Summary(), OCTOBER)]))
    assert alone.worse[0].text == "Nothing can be compared yet: too little is known of the time before."


def test_what_got_worse_names_the_model_the_cause_and_targets_below_their_baseline():
    report = compose_roi(
        drift_week(
            OCTOBER,
            standings=[standing("Supported answers", "groundedness", yes(500, 1000), share="-0.5", status="off_track")],
        )
    )
    assert [s.text for s in report.worse] == [
        "GPT-4’s answers were right 51.1% of the time, down from 84.1%, as gpt-4-0613 replaced gpt-4-0314.",
        "The slowest 5% of replies took 3.4\u00a0s or more, up from 2.8\u00a0s.",
        "“Supported answers” stands at 50.0%, worse than its baseline of 80.0%.",
    ]


def test_a_first_month_has_states_instead_of_percentages():
    report = compose_roi(
        evidence(
            [
                series("calls", yes(0, 100), Summary(), OCTOBER),
                series("cost", many(100, "1.5"), Summary(), OCTOBER),
                series("accuracy", yes(20, 25), yes(20, 25), OCTOBER),
            ]
        )
    )
    assert report.headline.text == "Traced AI spend was $150 in October, with no month before to compare with."
    assert report.figures[0].note.text == "No baseline: nothing in the 31 days before"
    assert report.figures[1].note.text == "Too early to compare with the 31 days before"


def test_a_month_without_calls_says_so():
    report = compose_roi(evidence([series("calls", Summary(), Summary(), OCTOBER)]))
    assert report.headline.text == "No model calls reached us in October."
    assert report.chart is None


def test_calls_without_cost_say_so():
    assert compose_roi(evidence([series("calls", yes(0, 4000), yes(0, 4000), OCTOBER)])).headline.text == (
        "We read 4,000 model calls in October; none carried a cost we could trace."
    )


def test_steady_spend_is_told_plainly():
    report = compose_roi(month(series("cost", many(4000, "0.5"), many(4000, "0.5"), OCTOBER)))
    assert report.headline.text == "Traced AI spend was $2,000 in October; nothing moved beyond chance."


def test_the_chart_shows_the_model_the_headline_speaks_of():
    seen = drift_week(OCTOBER)
    move = real_moves(seen)[0]
    parts = [
        series("accuracy", Summary(), yes(841, 1000), OCTOBER),
        series("accuracy", yes(511, 1000), Summary(), OCTOBER),
    ]
    report = compose_roi(replace(seen, focus=focus_series(parts, move)))
    assert report.chart.finding.text == "GPT-4: accuracy fell from 84.1% to 51.1%"
    assert (
        report.chart.caption
        == "GPT-4: accuracy each day with the six before it, 31 August–31 October. Grey: the days before."
    )


def test_models_are_compared_and_the_worse_is_marked():
    quality = next(s for s in compose_roi(drift_week(OCTOBER)).sections if s.key == "quality")
    rows = {row[0].text: [c.text for c in row[1:]] for row in quality.tables[1].rows}
    assert rows["GPT-4"] == ["51.1%", "down 33.0 points, worse"]
    assert rows["GPT-3.5-turbo"] == ["78.2%", "up 25.2 points"]


def test_a_single_model_has_no_table_of_its_own():
    parts = [breakdown("gpt-4", {"cost": many(4000, "0.5")}, {"cost": many(4000, "0.5")}, OCTOBER)]
    money = compose_roi(month(*CHEAPER, models=parts)).sections[0]
    assert [t.head[0] for t in money.tables] == ["Measure"]


def test_every_quoted_number_has_a_line_in_the_method():
    report = compose_roi(drift_week(OCTOBER, standings=[standing()]))
    lines = {row[1].fact_key for row in report.sections[-1].tables[0].rows}
    quoted = [q for s in report.sections[:-1] for t in s.tables for row in t.rows for cell in row for q in cell.quotes]
    quoted += [
        q
        for s in (report.headline, report.decision, *report.worse, *(f.note for f in report.figures))
        for q in s.quotes
    ]
    quoted += [f.quote for f in report.figures] + [t.now for t in report.targets]
    assert {q.fact.line for q in quoted} <= lines


def test_coverage_shows_every_day_and_source():
    report = compose_roi(drift_week(OCTOBER))
    coverage = next(s for s in report.sections if s.key == "coverage")
    assert coverage.lead.text == "Calls arrived on all 31 days."
    assert sum(len([c for c in row[1:] if c]) for row in coverage.tables[1].rows) == 31


def test_a_report_survives_being_frozen():
    report = compose_roi(drift_week(OCTOBER, standings=[standing()]))
    again = Composed.from_json(json.loads(json.dumps(report.to_json(), sort_keys=True)))
    assert again == report
    assert again.content_hash == report.content_hash


def test_half_a_month_is_no_roi_report():
    with pytest.raises(ValueError, match="not a calendar month"):
        compose_roi(drift_week())


def test_a_fall_in_cost_too_small_to_be_a_move_is_no_saving():
    """Sure by a thousand standard errors, and yet 3%: the page does not tell it, so the report books nothing."""
    cheaper = series("cost_per_call", many(10**6, "0.0097", 0.01), many(10**6, "0.01", 0.01), OCTOBER)
    assert cheaper.change.verdict is Verdict.BETTER
    assert saving_fact(Facts(), evidence([cheaper])) is None


@pytest.mark.parametrize(
    ("key", "now", "before", "title"),
    [
        ("accuracy", yes(885, 1000), yes(902, 1000), "Accuracy: 88.5%, no sure change from 90.2%"),
        ("accuracy", yes(885, 1000), yes(885, 1000), "Accuracy held at 88.5%"),
        ("tool_error_rate", yes(30, 1000), yes(11, 1000), "Failed tool calls rose from 1.1% to 3.0%"),
        ("latency_p95", many(900, 3000), many(900, 2000), "Slowest 5% of replies slowed from 2.2\u00a0s to 3.3\u00a0s"),
        ("accuracy", yes(5, 6), yes(902, 1000), "Accuracy: 83.3%"),
    ],
)
def test_a_charts_title_holds_only_what_reads_the_same_and_fits_one_and_many(key, now, before, title):
    assert chart_of(Facts(), series(key, now, before, OCTOBER)).finding.text == title


def test_a_source_that_may_still_be_corrected_says_so():
    end = OCTOBER.instants[1]
    arrivals = (
        Arrival("Langfuse", "langfuse", end, final_to=end - timedelta(days=1)),
        Arrival("App", "otlp", end),
    )
    [sources, *_] = coverage_section(Facts(), month(arrivals=arrivals)).tables
    assert [row[-1].text for row in sources.rows] == [
        "ok; its provider may still correct the days from 31 October",
        "ok",
    ]
