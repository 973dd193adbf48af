"""Numbers as text: nothing that is not zero reads as zero, no rounding contradicts a sign or steps over its unit."""

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.catalogue import CATALOGUE, Unit
from monitoring.readings import Change, ChangeState, Period, Reading, Verdict
from monitoring.summary import Summary
from monitoring.wording import MINUS, change_text, level_text, noun_of, reading_text, span_text, text_of

NOW = Period(date(2026, 10, 9), date(2026, 11, 6), "UTC")
OF_UNIT = {
    Unit.FRACTION: "accuracy",
    Unit.MONEY: "cost_per_call",
    Unit.MILLISECONDS: "latency_p50",
    Unit.TOKENS: "answer_tokens",
}
SMALL = st.decimals("-2000000", "2000000", places=9)


def changed(before: str | Decimal, now: str | Decimal, unit: Unit = Unit.FRACTION) -> Change:
    a, b = Decimal(now), Decimal(before)
    metric = CATALOGUE[OF_UNIT[unit]]
    readings = [Reading(metric, v, 1000, p, Summary()) for v, p in ((a, NOW), (b, NOW.before))]
    return Change(readings[0], readings[1], ChangeState.COMPARED, Verdict.MOVED, a - b, (a - b) / b if b else None)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("0.000030", Unit.MONEY, "$0.00003"),
        ("0.00214", Unit.MONEY, "$0.0021"),
        ("0.0999", Unit.MONEY, "$0.10"),
        ("0.05", Unit.MONEY, "$0.05"),
        ("0", Unit.MONEY, "$0.00"),
        ("0.1", Unit.MONEY, "$0.10"),
        ("99.99", Unit.MONEY, "$99.99"),
        ("99.996", Unit.MONEY, "$100"),
        ("1680", Unit.MONEY, "$1,680"),
        ("-0.00003", Unit.MONEY, f"{MINUS}$0.00003"),
        ("999.4", Unit.MILLISECONDS, "999\u00a0ms"),
        ("999.6", Unit.MILLISECONDS, "1.0\u00a0s"),
        ("1000", Unit.MILLISECONDS, "1.0\u00a0s"),
        ("0.25", Unit.MILLISECONDS, "0.25\u00a0ms"),
        ("0", Unit.MILLISECONDS, "0\u00a0ms"),
        ("0.511", Unit.FRACTION, "51.1%"),
        ("0.0004", Unit.FRACTION, "0.04%"),
        ("0.00096", Unit.FRACTION, "0.096%"),
        ("0.000999", Unit.FRACTION, "0.1%"),
        ("0.001", Unit.FRACTION, "0.1%"),
        ("0", Unit.FRACTION, "0.0%"),
        ("0.004", Unit.NUMBER, "0.004"),
        ("99.96", Unit.TOKENS, "100\u00a0tokens"),
        ("12480", Unit.TOKENS, "12,480\u00a0tokens"),
        ("0.4", Unit.CALLS, "0.4"),
    ],
)
def test_a_value_reads_as(value: str, unit: Unit, text: str) -> None:
    assert text_of(Decimal(value), unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("1950", Unit.MILLISECONDS, "1.95\u00a0s"),
        ("2000", Unit.MILLISECONDS, "2.0\u00a0s"),
        ("300", Unit.MILLISECONDS, "300\u00a0ms"),
        ("0.9425", Unit.FRACTION, "94.25%"),
        ("0.94", Unit.FRACTION, "94.0%"),
        ("-0.0425", Unit.FRACTION, f"{MINUS}4.25%"),
        ("0.00184", Unit.MONEY, "$0.00184"),
        ("0.0018", Unit.MONEY, "$0.0018"),
        ("1680.5", Unit.MONEY, "$1,680.50"),
        ("1680", Unit.MONEY, "$1,680"),
        ("12.5", Unit.CALLS, "12.5"),
        ("0.33333333", Unit.FRACTION, "33.333333%"),
        ("0.0000004", Unit.MONEY, "$0.0000004"),
        ("0.00000518", Unit.MONEY, "$0.00000518"),
    ],
)
def test_a_level_has_every_digit_that_was_agreed(value: str, unit: Unit, text: str) -> None:
    assert level_text(Decimal(value), unit) == text


@given(st.decimals("0.00000001", 1000, places=8), st.sampled_from(Unit))
def test_no_level_that_is_kept_reads_as_zero(value: Decimal, unit: Unit) -> None:
    assert re.search(r"[1-9]", level_text(value, unit))


@given(SMALL, st.sampled_from(Unit))
def test_only_zero_reads_as_zero_and_only_below_zero_as_negative(value: Decimal, unit: Unit) -> None:
    text = text_of(value, unit)
    assert bool(re.search(r"[1-9]", text)) == bool(value)
    assert text.startswith(MINUS) == (value < 0)
    assert "E" not in text


@given(SMALL.map(abs), st.sampled_from(Unit))
def test_what_is_shown_is_near_what_is_meant(value: Decimal, unit: Unit) -> None:
    text = text_of(value, unit)
    shown = Decimal(re.sub(r"[^0-9.]", "", text))
    scale = {
        Unit.FRACTION: Decimal(100),
        Unit.MILLISECONDS: Decimal("0.001") if text.endswith("\u00a0s") else Decimal(1),
    }
    meant = value * scale.get(unit, Decimal(1))
    assert abs(shown - meant) <= max(Decimal("0.5"), meant * Decimal("0.05"))


@pytest.mark.parametrize(
    ("before", "now", "unit", "text"),
    [
        ("0.841", "0.511", Unit.FRACTION, "down 33.0 points"),
        ("0.5", "0.51", Unit.FRACTION, "up 1.0 point"),
        ("0.9015", "0.8854", Unit.FRACTION, "down 1.7 points"),
        ("0.123", "0.0004", Unit.FRACTION, "down 12.26 points"),
        ("1050", "1149", Unit.MILLISECONDS, "no change"),
        ("0.0004", "0.0008", Unit.FRACTION, "up 0.04 points"),
        ("0.8412", "0.8413", Unit.FRACTION, "no change"),
        ("0.84149", "0.84151", Unit.FRACTION, "up 0.1 points"),
        ("0.0021001", "0.0021003", Unit.MONEY, "no change"),
        ("1000000", "1001000", Unit.MONEY, "up 0.1%"),
        ("0", "0.00003", Unit.MONEY, "up $0.00003"),
        ("0", "0", Unit.MONEY, "no change"),
    ],
)
def test_a_change_reads_as(before: str, now: str, unit: Unit, text: str) -> None:
    assert change_text(changed(before, now, unit)) == text


SHARE = st.decimals(0, 1, places=6)


@given(SHARE, SHARE)
def test_a_reader_who_subtracts_the_printed_rates_gets_the_printed_change(before: Decimal, now: Decimal) -> None:
    change = changed(before, now)
    printed = [Decimal(reading_text(r).rstrip("%")) for r in (change.now, change.before)]
    way, _, rest = change_text(change).partition(" ")
    told = Decimal(0) if way == "no" else Decimal(rest.split(" ")[0]) * (1 if way == "up" else -1)
    assert printed[0] - printed[1] == told


@given(SMALL.map(abs), SMALL.map(abs), st.sampled_from(sorted(OF_UNIT)))
def test_a_change_is_never_of_zero_and_never_the_wrong_way(before: Decimal, now: Decimal, unit: Unit) -> None:
    change = changed(before, now, unit)
    text = change_text(change)
    assert (text == "no change") == (reading_text(change.now) == reading_text(change.before))
    if text == "no change":
        return
    assert text.startswith("up " if now > before else "down ")
    assert re.search(r"[1-9]", text)


@pytest.mark.parametrize(
    ("state", "text"),
    [(ChangeState.NO_BASELINE, "no baseline"), (ChangeState.TOO_EARLY, "too early"), (ChangeState.NO_DATA, "no data")],
)
def test_what_cannot_be_said_is_a_state_and_no_number(state: ChangeState, text: str) -> None:
    compared = changed("0.5", "0.6")
    assert change_text(Change(compared.now, compared.before, state, points=compared.points)) == text


def test_one_case_is_told_in_the_singular() -> None:
    assert {noun_of(1, m.of) for m in CATALOGUE.values()}.isdisjoint({m.of for m in CATALOGUE.values()})
    assert (noun_of(1, "judged answers"), noun_of(2, "judged answers")) == ("judged answer", "judged answers")


def test_a_run_of_days() -> None:
    assert span_text(date(2026, 10, 30), date(2026, 11, 5)) == "30 October–5 November"
    assert span_text(date(2026, 11, 3), date(2026, 11, 9)) == "3–9 November"
    assert span_text(date(2026, 11, 3), date(2026, 11, 3)) == "3 November"
