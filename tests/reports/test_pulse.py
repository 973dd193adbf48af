"""The pulse: exactly five bullets in fixed slots, bad news first, no padding, and never a number that is no fact."""

import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.summary import Summary
from reports.composed import Composed
from reports.facts import Name
from reports.pulse import SLOTS, compose_pulse
from reports.words import MOST_WORDS

from .making import OCTOBER, breakdown, drift_week, evidence, many, series, standing, yes

QUIET = [
    series("calls", yes(1, 2000), yes(1, 2000)),
    series("accuracy", yes(840, 1000), yes(841, 1000)),
    series("cost", many(2000, "0.01"), many(2000, "0.01")),
]


def said(composed):
    return {b.slot: b.sentence.text for b in composed.bullets}


def test_accuracy_fell_is_the_headline_and_the_moved_bullet_with_both_numbers():
    pulse = compose_pulse(drift_week())
    for words in (pulse.headline.text, said(pulse)["Moved"]):
        assert "51.1%" in words
        assert "84.1%" in words
    assert "accuracy fell" in pulse.headline.text
    assert pulse.subject.text == "Acme AI weekly: GPT-4’s accuracy fell to 51.1% from 84.1%"
    assert not re.search("improved|better", json.dumps(pulse.to_json()["bullets"]))


def test_a_steady_week_says_so_in_every_slot():
    pulse = compose_pulse(evidence(QUIET, standings=[standing()]))
    assert pulse.headline.text == "A steady week: nothing moved beyond chance."
    assert said(pulse) == {
        "Targets": "The one target is on track.",
        "Moved": "Nothing moved beyond chance this week.",
        "Done": "We read 2,000 model calls and 1,000 judged answers on all seven days.",
        "Money": "Traced AI spend was $20.00, against $20.00 the week before.",
        "Decide": "Nothing needs a decision from you this week.",
    }


def test_a_first_week_compares_with_nothing():
    pulse = compose_pulse(
        evidence([series("calls", yes(1, 200), Summary()), series("accuracy", yes(84, 100), Summary())])
    )
    assert pulse.headline.text == "The first numbers are in; there is too little before them to compare with."
    assert said(pulse)["Moved"] == "There is no week before this one with enough data to compare with yet."


def test_a_week_without_calls_says_so():
    assert (
        compose_pulse(evidence([series("calls", Summary(), yes(1, 200))])).headline.text
        == "No model calls reached us this week."
    )


def test_an_off_track_target_is_the_headline_when_nothing_got_worse():
    pulse = compose_pulse(evidence(QUIET, standings=[standing(status="off_track")]))
    assert pulse.headline.text == "“Right answers” is off track."


def test_the_preheader_repeats_the_first_bullet():
    pulse = compose_pulse(drift_week(standings=[standing()]))
    assert pulse.preheader == pulse.bullets[0].sentence


def test_worse_than_baseline_has_no_bar():
    rows = compose_pulse(
        evidence(
            QUIET, standings=[standing(share="-0.2", status="off_track"), standing("B", share="1.4", status="met")]
        )
    ).targets
    assert [(r.worse, r.percent, r.tone) for r in rows] == [(True, None, "off"), (False, 100, "good")]


def test_a_month_is_no_pulse():
    with pytest.raises(ValueError, match="not a pulse week"):
        compose_pulse(drift_week(OCTOBER))


RATES = st.tuples(st.integers(0, 400), st.integers(0, 400))
STATUSES = st.sampled_from(["on_track", "met", "watch", "off_track", "too_early", "no_baseline", "no_data"])


@settings(deadline=None)
@given(
    acc=RATES,
    err=RATES,
    ms=st.tuples(st.integers(1, 60000), st.integers(1, 60000)),
    cost=st.decimals("0.0001", "5", places=4),
    gpt=RATES,
    n=st.sampled_from([0, 10, 400]),
    statuses=st.lists(STATUSES, max_size=5),
    quiet=st.integers(0, 6),
)
def test_any_week_has_five_short_bullets_whose_numbers_are_all_facts(acc, err, ms, cost, gpt, n, statuses, quiet):
    parts = [
        series("calls", yes(err[0], 400), yes(err[1], 400), quiet_days=quiet),
        series("error_rate", yes(err[0], 400), yes(err[1], 400)),
        series("accuracy", yes(min(acc[0], n), n), yes(acc[1], 400)),
        series("latency_p95", many(400, ms[0]), many(400, ms[1])),
        series("cost", many(400, cost), many(400, Decimal(1))),
        series("cost_per_call", many(400, cost), many(400, Decimal(1))),
    ]
    models = [
        breakdown("gpt-4", {"accuracy": yes(gpt[0], 400)}, {"accuracy": yes(gpt[1], 400)}),
        breakdown("claude-x", {"accuracy": yes(400, 400)}, {"accuracy": yes(400, 400)}),
    ]
    pulse = compose_pulse(
        evidence(
            parts, models=models, standings=[standing(f"Target {i} of chats", status=s) for i, s in enumerate(statuses)]
        )
    )
    assert tuple(b.slot for b in pulse.bullets) == SLOTS
    for told in (pulse.headline, *(b.sentence for b in pulse.bullets)):
        assert told.words <= MOST_WORDS, told.text
        assert told.text[-1] in ".?"
        assert not re.search(r"[.?!]\s", told.text), told.text
        for part in told.parts:
            if not isinstance(part, (str, Name)):
                assert pulse.facts[part.fact.key] == part.fact
    assert Composed.from_json(json.loads(json.dumps(pulse.to_json(), sort_keys=True))) == pulse


@given(st.integers(1, 900))
def test_a_changed_number_changes_the_words_and_the_hash(right):
    one, other = (
        compose_pulse(evidence([*QUIET[:1], series("accuracy", yes(n, 1000), yes(1000, 1000))]))
        for n in (right, right - 1)
    )
    assert one.content_hash != other.content_hash


def test_a_new_revision_of_the_same_content_has_the_same_hash():
    pulse = compose_pulse(drift_week())
    assert replace(pulse, revision=2).content_hash == pulse.content_hash
    assert pulse.short_hash.replace(" ", "") == pulse.content_hash[:12]
