"""The words of reports: what moved, what needs a decision, what an outcome was worth, in plain English with quoted facts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.catalogue import CATALOGUE, Better
from monitoring.judging import size
from monitoring.provenance import Provenance
from monitoring.readings import Verdict
from monitoring.summary import Summary
from reports.evidence import Arrival
from reports.facts import Facts
from reports.moves import comparable, families, family, focus_series, real_moves, shown
from reports.outcomes import OutcomeMonth, outcome_sentence
from reports.words import (
    decision_sentence,
    money_sentence,
    move_headline,
    move_telling,
    moved_sentence,
    source_troubles,
    targets_sentence,
    watched_sentence,
)

from .making import NOW, OCTOBER, WEEK, breakdown, drift_week, evidence, many, reading, series, standing, yes

SETTLED = OutcomeMonth(
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
    sources=("Help desk",),
)


def test_the_golden_sentence():
    facts = Facts()
    told = outcome_sentence(facts, SETTLED)
    assert (
        told.text
        == "Self-serve chat resolution is up 11%; that saved 42 help-desk tickets, or roughly $1,680 in labor this month."
    )
    assert [f.css for f in told.fragments if f.css] == ["f", "f", "f rep"]
    assert facts["resolution.worth"].inputs == ("resolution.saved", "resolution.each")
    assert facts["resolution"].text == "68.8%"
    assert facts["resolution"].before_text == "62.0%"


def test_an_outcome_that_fell_costs():
    told = outcome_sentence(Facts(), replace(SETTLED, done=340))
    assert (
        told.text
        == "Self-serve chat resolution is down 11%; that cost 42 help-desk tickets, or roughly $1,680 in labor this month."
    )


def test_an_outcome_within_chance_books_nothing():
    told = outcome_sentence(Facts(), replace(SETTLED, done=385))
    assert (
        told.text
        == "Self-serve chat resolution was 62.5%, against 62.0% at the baseline: within chance, so we book no saving."
    )


def test_an_assumed_worth_is_dotted():
    told = outcome_sentence(Facts(), replace(SETTLED, worth_provenance=Provenance.ASSUMED))
    assert {f.text: f.css for f in told.fragments}["$1,680"] == "f asm"


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("openaichat/gpt-4-0613", "gpt-4"),
        ("gpt-3.5-turbo-0301", "gpt-3.5-turbo"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("claude-sonnet-4-20250514", "claude-sonnet-4"),
        ("gpt-4", "gpt-4"),
        ("claude-3-5-sonnet-latest", "claude-3-5-sonnet"),
        ("", ""),
    ],
)
def test_a_snapshot_belongs_to_its_family(model, name):
    assert family(model) == name


def test_families_are_shown_as_people_write_them():
    assert (shown("gpt-4"), shown("claude-sonnet-4")) == ("GPT-4", "claude-sonnet-4")


def test_a_swapped_snapshot_is_a_change_with_its_cause():
    groups = {g.scope.name: g for g in families(drift_week().models)}
    assert (groups["GPT-4"].scope.replaced, groups["GPT-4"].scope.by) == ("gpt-4-0314", "gpt-4-0613")
    assert groups["GPT-4"].changes()["accuracy"].verdict is Verdict.WORSE


def test_the_model_that_moved_more_than_the_whole_is_named_bad_news_first():
    moves = real_moves(drift_week())
    first = moves[0]
    assert (first.metric.key, first.scope.name, first.verdict) == ("accuracy", "GPT-4", Verdict.WORSE)
    assert move_headline(Facts(), first).text == "GPT-4’s accuracy fell to 51.1% from 84.1%."
    verdicts = [m.verdict for m in moves]
    assert verdicts == sorted(verdicts, key=[Verdict.WORSE, Verdict.BETTER, Verdict.MOVED].index)


def test_the_moved_bullet_has_both_numbers_and_the_swap():
    told = moved_sentence(Facts(), real_moves(drift_week()))
    assert (
        told.text == "GPT-4’s answers were right 51.1% of the time, down from 84.1%, as gpt-4-0613 replaced gpt-4-0314."
    )


def test_a_second_move_follows_where_there_is_room():
    seen = evidence(
        [series("accuracy", yes(511, 1000), yes(841, 1000)), series("latency_p95", many(900, 3000), many(900, 2000))]
    )
    told = moved_sentence(Facts(), real_moves(seen))
    assert told.text == (
        "Answers were right 51.1% of the time, down from 84.1%; "
        "the slowest 5% of replies took 3.3\u00a0s or more, up from 2.2\u00a0s."
    )


def test_a_second_move_in_a_system_goes_on_in_the_same_sentence():
    parts = [
        breakdown("Chat", {"latency_p95": many(900, 3000)}, {"latency_p95": many(900, 2000)}),
        breakdown("Search", {"latency_p95": many(900, 2000)}, {"latency_p95": many(900, 2000)}),
    ]
    whole = [
        series("accuracy", yes(511, 1000), yes(841, 1000)),
        series("latency_p95", many(1800, 2500), many(1800, 2000)),
    ]
    seen = evidence(whole, systems=parts)
    assert "; in Chat, the slowest 5% of replies took" in moved_sentence(Facts(), real_moves(seen)).text


def test_a_tenth_of_the_cases_is_needed_to_be_named():
    small = breakdown("tiny-model", {"accuracy": yes(0, 50)}, {"accuracy": yes(50, 50)})
    large = breakdown("big-model", {"accuracy": yes(760, 950)}, {"accuracy": yes(760, 950)})
    seen = evidence([series("accuracy", yes(760, 1000), yes(810, 1000))], models=[small, large])
    assert real_moves(seen)[0].scope.name == ""


def test_one_system_among_several_is_named():
    parts = [
        breakdown("Chat", {"error_rate": yes(90, 900)}, {"error_rate": yes(9, 900)}),
        breakdown("Search", {"error_rate": yes(9, 900)}, {"error_rate": yes(9, 900)}),
    ]
    seen = evidence([series("error_rate", yes(99, 1800), yes(18, 1800))], systems=parts)
    first = real_moves(seen)[0]
    assert move_headline(Facts(), first).text == "In Chat, failed calls rose to 10.0% from 1.0%."
    assert move_telling(Facts(), first).text == "In Chat, calls failed 10.0% of the time, up from 1.0%"
    assert (
        decision_sentence(Facts(), [first], seen).text
        == "Shall we hold other changes until we know why failed calls in Chat rose?"
    )


def test_spend_that_follows_traffic_is_no_move():
    assert real_moves(evidence([series("cost", many(4000, "0.01"), many(1000, "0.01"))])) == []


def test_a_change_that_rounds_away_is_no_move():
    seen = evidence([series("cost_per_call", many(10**6, "0.0021003"), many(10**6, "0.0021001"))])
    assert real_moves(seen) == []


@given(
    st.sampled_from(sorted(k for k, m in CATALOGUE.items() if m.is_score and m.better is not Better.NEITHER)),
    st.integers(0, 1000),
    st.integers(0, 1000),
)
def test_words_follow_the_numbers_and_the_catalogue(key, now, then):
    """Direction words agree with the values, good and bad with the catalogue, and nothing is ever called improved."""
    seen = evidence([series(key, yes(now, 1000), yes(then, 1000))])
    for move in real_moves(seen):
        told = moved_sentence(Facts(), [move]).text
        assert (", up from " in told) == (now > then)
        assert (" rose to " in move_headline(Facts(), move).text) == (now > then)
        good_is_up = move.metric.better is Better.HIGHER
        assert (move.verdict is Verdict.BETTER) == ((now > then) == good_is_up)
        assert "improved" not in told
        assert "better" not in told


@given(st.integers(0, 100), st.integers(0, 100))
def test_the_size_of_a_move_does_not_depend_on_its_direction(a, b):
    there = series("accuracy", yes(a, 100), yes(b, 100)).change
    back = series("accuracy", yes(b, 100), yes(a, 100)).change
    assert size(there) == pytest.approx(size(back))


@pytest.mark.parametrize(
    ("statuses", "says"),
    [
        ([], "No targets are agreed for this quarter yet."),
        (["on_track", "met", "on_track"], "All three targets are on track."),
        (["on_track", "on_track"], "Both targets are on track."),
        (["met"], "The one target is on track."),
        (["off_track"], "“A” is off track."),
        (
            ["on_track", "watch", "off_track"],
            "One of three targets is on track; “B” needs watching and “C” is off track.",
        ),
        (
            ["off_track", "off_track", "too_early"],
            "None of three targets is on track; two are off track and “C” is too early to judge.",
        ),
        (["on_track", "on_track", "no_data"], "Two of three targets are on track and “C” has no data."),
    ],
)
def test_targets_are_told_by_name_worst_included(statuses, says):
    told = targets_sentence(Facts(), [standing(name, status=s) for name, s in zip("ABC", statuses, strict=False)])
    assert told.text == says


def test_counts_of_targets_and_answers_are_named_in_words():
    facts = Facts()
    targets_sentence(facts, [standing("A", status="off_track"), standing("B", status="off_track")])
    assert facts["targets.off_track"].label == "Targets off track"
    seen = evidence([series("calls", yes(0, 600), yes(0, 700)), series("accuracy", yes(1, 1), Summary())])
    assert "1 judged answer on" in watched_sentence(facts, seen).text


def test_long_target_names_give_way_to_counts():
    names = [
        f"The {n} share of all customer chats that no person had to settle in the end"
        for n in ("first", "second", "third")
    ]
    told = targets_sentence(
        Facts(), [standing(n, status=s) for n, s in zip(names, ("on_track", "watch", "off_track"), strict=True)]
    )
    assert told.text == "One of three targets is on track; one needs watching and one is off track."


def test_gaps_and_silent_sources_are_told():
    seen = evidence(
        [series("calls", yes(0, 600), yes(0, 700), quiet_days=1)],
        arrivals=[Arrival("Langfuse", "langfuse", datetime(2026, 11, 3, 12, tzinfo=UTC))],
    )
    assert (
        watched_sentence(Facts(), seen).text
        == "We read 600 model calls; 6 of 7 days have data; Langfuse has been silent since 3 November."
    )


@pytest.mark.parametrize(
    ("first", "ends"),
    [
        (date(2026, 11, 5), "on all seven days; 5 November may still change."),
        (date(2026, 11, 4), "on all seven days; 4–5 November may still change."),
        (date(2026, 10, 1), "on all seven days; 30 October–5 November may still change."),
        (WEEK.end, "on all seven days."),
        (None, "on all seven days."),
    ],
)
def test_days_that_may_still_change_are_named(first, ends):
    seen = evidence([series("calls", yes(0, 700), yes(0, 700))], open_from=first)
    assert watched_sentence(Facts(), seen).text == f"We read 700 model calls {ends}"


@pytest.mark.parametrize(
    ("arrival", "says"),
    [
        (
            Arrival("A", "otlp", NOW - timedelta(days=3), "refused", NOW - timedelta(days=2)),
            "A has failed since 4 November",
        ),
        (Arrival("A", "otlp", NOW, "refused", NOW - timedelta(days=2)), None),
        (Arrival("A", "otlp", None, "refused"), "A is failing"),
        (Arrival("A", "otlp", None), "A has sent nothing yet"),
        (
            Arrival("A", "langfuse", NOW, stuck_at=datetime(2026, 11, 3, 12, tzinfo=UTC)),
            "A has been read only up to 3 November",
        ),
    ],
)
def test_a_source_in_trouble_is_named(arrival, says):
    assert [s.text for s in source_troubles([arrival], WEEK)] == ([says] if says else [])


def test_no_calls_is_said():
    assert (
        watched_sentence(Facts(), evidence([series("calls", Summary(), Summary())])).text == "We read no model calls."
    )


def test_money_says_traced_and_compares_with_the_week_before():
    seen = evidence(
        [series("cost", many(4000, "0.103"), many(4000, "0.092"))],
        month={"cost": reading("cost", many(9000, "0.1"), WEEK)},
    )
    assert (
        money_sentence(Facts(), seen).text
        == "Traced AI spend was $412, up 12% from $368 the week before; $900 so far in November."
    )


def test_money_without_a_week_before_or_without_cost():
    assert (
        money_sentence(Facts(), evidence([series("cost", many(400, "1"), Summary())])).text
        == "Traced AI spend was $400, with no week before to compare with."
    )
    assert money_sentence(Facts(), evidence([])).text == "No call of this week carried a cost we could trace."


def test_spend_priced_from_list_prices_is_assumed():
    facts = Facts()
    spent = series("cost", many(400, "1"), many(400, "1"))
    now = replace(spent.now, provenance=Provenance.ASSUMED)
    money_sentence(facts, evidence([replace(spent, now=now, change=replace(spent.change, now=now))]))
    assert facts["cost"].provenance is Provenance.ASSUMED


def test_a_family_is_known_no_better_than_its_weakest_model():
    cost = {"cost": many(400, "1")}
    stated, priced = (breakdown(f"gpt-4-{day}", cost, cost) for day in ("0314", "0613"))
    guess = replace(priced.readings["cost"], provenance=Provenance.ASSUMED)
    (group,) = families([stated, replace(priced, readings={"cost": guess})])
    assert group.readings["cost"].provenance is Provenance.ASSUMED
    assert group.before["cost"].provenance is Provenance.MEASURED


def test_an_off_track_target_is_asked_about_when_nothing_got_worse():
    seen = evidence([], standings=[standing(status="off_track")])
    assert (
        decision_sentence(Facts(), [], seen).text
        == "Shall we put “Right answers” first next, as it stands at 84.0% against a goal of 90.0%?"
    )
    assert decision_sentence(Facts(), [], evidence([], standings=[standing()])) is None


def test_a_swap_is_asked_to_be_taken_back():
    assert decision_sentence(Facts(), real_moves(drift_week()), drift_week()).text == (
        "Shall we try going back to gpt-4-0314 while we find out why GPT-4’s accuracy fell?"
    )


def test_a_familys_days_add_up():
    moves = real_moves(drift_week())
    old = series("accuracy", Summary(), yes(841, 1000))
    new = series("accuracy", yes(511, 1000), Summary())
    both = focus_series([old, new], moves[0])
    assert sum(d.n for d in both.days) == sum(d.n for d in both.before) == 1000
    assert float(both.days[0].value) == pytest.approx(0.511)
    assert focus_series([], moves[0]) is None
    assert focus_series([new], moves[0]).change == moves[0].change


def test_a_first_week_cannot_be_compared():
    assert not comparable(evidence([series("accuracy", yes(9, 100), Summary())]))
