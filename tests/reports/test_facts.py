"""Facts keep what they say without loss, and sentences cannot misquote them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.catalogue import Unit
from monitoring.provenance import Provenance, weakest
from monitoring.readings import Period, Verdict
from reports import frozen
from reports.facts import (
    Fact,
    Facts,
    Form,
    MisquotedError,
    Name,
    Quote,
    Sentence,
    before,
    change,
    sentence,
)

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False)
TEXTS = st.text(max_size=20)
FACTS = st.builds(
    Fact,
    key=TEXTS,
    label=TEXTS,
    value=st.none() | DECIMALS,
    unit=st.sampled_from(Unit),
    text=TEXTS,
    n=st.none() | st.integers(0),
    of=TEXTS,
    formula=TEXTS,
    inputs=st.lists(TEXTS, max_size=3).map(tuple),
    provenance=st.sampled_from(Provenance),
    period=st.none() | st.just(Period(date(2026, 10, 30), date(2026, 11, 6), "Asia/Kolkata")),
    before=st.none() | DECIMALS,
    before_text=TEXTS,
    change=TEXTS,
    verdict=st.sampled_from(Verdict),
    as_of=st.none() | st.datetimes(timezones=st.just(UTC)),
    sources=st.lists(TEXTS, max_size=3).map(tuple),
    reason=TEXTS,
    under=TEXTS,
)


@given(FACTS)
def test_a_fact_survives_being_frozen(fact):
    assert frozen.decode(Fact, frozen.encode(fact)) == fact


@given(st.lists(st.sampled_from(Provenance)))
def test_a_computed_number_is_known_no_better_than_its_weakest_input(inputs):
    facts = Facts()
    for i, provenance in enumerate(inputs):
        facts.put(Fact(str(i), "", Decimal(i), Unit.NUMBER, str(i), provenance=provenance))
    made = facts.computed("sum", "Sum", Decimal(1), Unit.NUMBER, tuple(facts), "added up")
    order = list(Provenance)
    assert order.index(made.provenance) == max((order.index(p) for p in inputs), default=0)
    assert made.provenance == weakest(inputs)


def test_one_key_means_one_fact():
    facts = Facts()
    facts.count("days", "Days", 6)
    facts.count("days", "Days", 6)
    with pytest.raises(ValueError, match="two facts are called days"):
        facts.count("days", "Days", 7)


@given(st.text(), st.integers(0, 9), st.text())
def test_plain_words_never_state_a_number(start, digit, end):
    with pytest.raises(MisquotedError):
        sentence(start, f"{digit}{end}")


FELL = Fact(
    "accuracy", "Accuracy", Decimal("0.511"), Unit.FRACTION, "51.1%", before_text="84.1%", change="down 33.0 points"
)


def test_a_quote_says_what_its_fact_says_and_nothing_else():
    told = sentence("Answers were right ", FELL, " of the time, ", change(FELL), " from ", before(FELL), ".")
    assert told.text == "Answers were right 51.1% of the time, down 33.0 points from 84.1%."
    assert {q.fact for q in told.quotes} == {FELL}


def test_names_may_hold_digits_and_are_not_underlined():
    told = sentence(Name("GPT-4"), " fell to ", FELL)
    assert [(f.text, f.css) for f in told.fragments] == [("GPT-4", ""), (" fell to ", ""), ("51.1%", "f")]


@pytest.mark.parametrize(
    ("provenance", "css"), [(Provenance.MEASURED, "f"), (Provenance.REPORTED, "f rep"), (Provenance.ASSUMED, "f asm")]
)
def test_the_underline_shows_how_a_number_is_known(provenance, css):
    told = sentence(Fact("k", "", Decimal(1), Unit.MONEY, "$1", provenance=provenance))
    assert told.fragments[0].css == css
    assert provenance.words in told.fragments[0].title


def test_a_number_and_its_unit_are_one_word():
    assert sentence("They took ", Fact("k", "", Decimal(3), Unit.MILLISECONDS, "3.1\u00a0s"), " each.").words == 4


def test_quotes_are_frozen_by_key_not_by_number():
    told = Sentence((Quote(FELL, Form.BEFORE), " was better"))
    assert frozen.encode(told) == [{"fact": "accuracy", "form": "before_text"}, " was better"]


def test_what_cannot_be_frozen_is_refused():
    with pytest.raises(TypeError, match="cannot hold"):
        frozen.encode(datetime.now)


def test_a_field_that_came_later_changes_no_report_from_before():
    @dataclass(frozen=True)
    class Part:
        text: str
        more: str = field(default="", metadata=frozen.LATER)

    assert frozen.encode(Part("a")) == {"text": "a"}
    assert frozen.encode(Part("a", "b")) == {"text": "a", "more": "b"}
    assert frozen.decode(Part, {"text": "a"}) == Part("a")
