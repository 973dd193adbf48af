"""The ROI report says what AI cost from the bill where there is one, and keeps saying what it said once it is frozen."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from clients.models import Client
from clients.tenancy import scope
from monitoring import ledger, pricing
from monitoring.doors import SourceRef
from monitoring.models import Source
from monitoring.readings import Period
from monitoring.reconciliation.reckon import reconcile
from monitoring.reconciliation.rows import Billed, Books, Traced, Used
from monitoring.reconciliation.spend import Spend, spend_of
from monitoring.records import BillRecord
from reports.composed import Composed
from reports.evidence import Evidence
from reports.facts import Facts, Sentence
from reports.gather import compose
from reports.periods import ROI
from reports.pulse import compose_pulse
from reports.roi import compose_roi
from reports.spend import Costs
from tests import factories
from tests.conftest import ALL
from tests.monitoring.synthetic_bill import FINAL_AFTER

from .making import OCTOBER, WEEK, evidence, many, series, yes

TABLE = "genai-prices 0.0.1"


def month(start: date, days: int, *, bills: range, price: str = "3", vendor: str = "openai") -> Spend:
    """$2 of traced calls a day at one vendor, and a bill of $3 on some of the days, $0.60 of it for web searches."""
    every = [start + timedelta(days=n) for n in range(days)]
    spans = [
        Traced(
            d, vendor, "gpt-4.1", calls=9, counted=9, cost=Decimal(2), estimated=Decimal(2), plain=10**6, table=TABLE
        )
        for d in every
    ]
    counts = [Used(d, 1, vendor, vendor, "gpt-4.1", "key", requests=9, plain=10**6) for d in every]
    lines = [
        Billed(every[n], 1, vendor, vendor, amount, line=line)
        for n in bills
        for line, amount in (("gpt-4.1, input", Decimal(price)), ("web search", Decimal("0.6")))
    ]
    late = datetime(2026, 11, 20, tzinfo=UTC)
    made = spend_of(reconcile(Books(late, spans, counts, lines, FINAL_AFTER)), start, start + timedelta(days=days))
    assert made is not None
    return made


ALL_OF_IT = month(OCTOBER.start, 31, bills=range(31))
BEFORE = month(OCTOBER.before.start, 31, bills=range(31), price="2.4")
HALF = month(OCTOBER.start, 31, bills=range(20))


def october(spend: Spend | None, before: Spend | None = None, **more: object) -> Evidence:
    parts = [
        series("calls", yes(2, 4000), yes(2, 4000), OCTOBER),
        series("cost", many(4000, "0.0155"), many(4000, "0.0155"), OCTOBER),
        series("cost_per_call", many(4000, "0.0155"), many(4000, "0.0155"), OCTOBER),
    ]
    return replace(evidence(parts), spend=spend, spend_before=before, price_tables=(TABLE,), **more)  # type: ignore[arg-type]


def lead(report: Composed) -> str:
    return next(s.lead.text for s in report.sections if s.key == "money")


def test_a_billed_month_is_told_from_the_bill_with_the_traces_beside_it() -> None:
    report = compose_roi(october(ALL_OF_IT, BEFORE))
    assert report.headline.text == "AI spend was $112 in October, billed; nothing moved beyond chance."
    first = report.figures[0]
    assert (first.label, first.quote.text) == ("AI spend in October, billed", "$112")
    assert first.note.text == "As OpenAI billed it; traces say $62.00. $93.00 in the 31 days before, up 20%"
    assert lead(report) == (
        "AI spend was $112 as OpenAI billed it. Traces put what was billed at $62.00; the bill is $49.60 higher, chiefly for "
        "other prices than the list’s (+$31.00) and charges for other things than tokens (+$18.60)."
        " Nothing of that is left unexplained."
    )


def test_what_no_bill_covers_is_traced_and_said_to_be() -> None:
    report = compose_roi(october(HALF, BEFORE))
    first = report.figures[0]
    assert (first.label, first.quote.text) == ("AI spend in October, billed and traced", "$94.00")
    assert first.note.text == "$72.00 as billed, $22.00 by traces"
    assert lead(report).startswith(
        "AI spend was $94.00: $72.00 as billed by OpenAI for 1–20 October, and $22.00 by traces, where no final bill counts: "
        "OpenAI 21–31 October (no bill). Traces put what was billed at $40.00;"
    )


def test_a_month_is_compared_only_with_one_that_is_billed_alike() -> None:
    assert compose_roi(october(ALL_OF_IT, BEFORE)).facts["spend"].before_text == "$93.00"
    for before in (None, month(OCTOBER.before.start, 31, bills=range(9))):
        report = compose_roi(october(ALL_OF_IT, before))
        assert report.facts["spend"].before_text == ""
        assert report.figures[0].note.text == "As OpenAI billed it; traces say $62.00"


def test_without_a_bill_everything_is_told_of_traces() -> None:
    report = compose_roi(october(None))
    assert report.headline.text == "Traced AI spend was $62.00 in October; nothing moved beyond chance."
    assert [f.label for f in report.figures[:2]] == ["AI spend in October, traced", "Cost per call"]
    assert not [key for key in report.facts if key.startswith("spend")]


def test_a_saving_is_always_of_traced_cost_and_says_so_beside_a_bill() -> None:
    cheaper = [
        series("calls", yes(2, 4000), yes(2, 4000), OCTOBER),
        series("cost", many(4000, "0.475"), many(4000, "0.9"), OCTOBER),
        series("cost_per_call", many(4000, "0.475"), many(4000, "0.9"), OCTOBER),
    ]
    report = compose_roi(replace(evidence(cheaper), spend=ALL_OF_IT))
    assert [f.label for f in report.figures] == [
        "AI spend in October, billed",
        "Cost per call, traced",
        "Saved at this month’s volume, traced",
    ]
    assert report.headline.text.endswith("that saved $1,700 on traced AI spend in October.")


@pytest.mark.parametrize("spent", [ALL_OF_IT, HALF], ids=["billed", "both"])
def test_every_number_of_a_bill_has_a_line_in_the_method_and_all_add_up(spent: Spend) -> None:
    report = compose_roi(october(spent, BEFORE))
    lines = {row[1].fact_key for row in report.method.rows}
    money = next(s for s in report.sections if s.key == "money")
    quoted: list[Sentence] = [money.lead, *(cell for t in money.tables for row in t.rows for cell in row)]
    assert {q.fact.line for told in quoted for q in told.quotes} <= lines
    facts = report.facts
    traced = facts["spend.traced"].value if "spend.traced" in facts else Decimal(0)
    assert facts["spend"].value == (facts["spend.billed"].value or 0) + (traced or 0)
    parts = [f.value or Decimal(0) for key, f in facts.items() if key.startswith("spend.gap.")]
    assert (
        sum(parts)
        == facts["spend.gap"].value
        == (facts["spend.billed"].value or 0) - (facts["spend.beside"].value or 0)
    )


def test_estimated_numbers_name_the_price_table_and_billed_ones_do_not() -> None:
    facts = compose_roi(october(HALF, BEFORE)).facts
    for key in ("spend", "spend.traced", "spend.beside"):
        assert facts[key].provenance.value == "assumed"
        assert TABLE in facts[key].formula
    assert facts["spend.billed"].provenance.value == "measured"
    assert TABLE not in facts["spend.billed"].formula
    assert compose_roi(october(ALL_OF_IT)).facts["spend"].provenance.value == "measured"


def test_a_pulse_keeps_to_traces_whatever_is_billed() -> None:
    """A week's bills are not final on the Friday its pulse goes out: half a bill would stand against a whole one."""
    week = [
        series("calls", yes(2, 4000), yes(2, 4000), WEEK),
        series("cost", many(4000, "0.5"), many(4000, "0.5"), WEEK),
    ]
    billed = month(WEEK.start, 7, bills=range(4))
    told = compose_pulse(replace(evidence(week), spend=billed))
    assert told == compose_pulse(evidence(week))
    assert "Traced AI spend was $2,000" in told.bullets[3].sentence.text


def test_what_a_report_says_of_spend_is_worked_out_once() -> None:
    facts, seen = Facts((TABLE,)), october(HALF, BEFORE)
    one, two = Costs.of(facts, seen), Costs.of(facts, seen)
    assert one is not None
    assert two is not None
    assert one.figure("October").quote.fact is facts["spend"]
    assert two.total is one.total


# From what is stored


def bill(client: Client, at: datetime) -> None:
    with scope(client):
        system = Source.objects.filter(client=client).earliest("pk").system_id
        made = Source.objects.create(client=client, kind="openai", name="OpenAI", system_id=system)
    days = [at.date() + timedelta(days=n) for n in range(31)]
    lines = [BillRecord(day, "openai", Decimal(4), line="gpt-4.1, input") for day in days]
    ledger.store(SourceRef(made.pk, client.pk, made.public_id, "openai"), lines)


@pytest.mark.django_db(transaction=True, databases=ALL)
def test_a_frozen_month_keeps_what_it_said_when_the_bill_comes_later(client_row: Client) -> None:
    noon = datetime(2026, 10, 1, 18, tzinfo=UTC)
    fields = {"provider": "openai", "model": "gpt-4.1", "cost": None}
    calls = [pricing.estimated(factories.span(n, noon + timedelta(days=n % 31), **fields)) for n in range(93)]
    factories.calls(client_row, calls)
    period, late = Period(date(2026, 10, 1), date(2026, 11, 1), client_row.zone), datetime(2026, 11, 20, tzinfo=UTC)
    with scope(client_row):
        first = compose(client_row, ROI, period, now=late, revision=1)
    stored = json.loads(json.dumps(first.to_json()))
    bill(client_row, noon)
    with scope(client_row):
        second = compose(client_row, ROI, period, now=late, revision=2)
    again = Composed.from_json(stored)
    assert again == first
    assert again.content_hash == first.content_hash != second.content_hash
    assert again.figures[0].label == "AI spend in October, traced"
    assert (second.figures[0].label, second.figures[0].quote.text) == ("AI spend in October, billed", "$124")
    assert pricing.table_version() in again.facts["cost"].formula
    assert Composed.from_json(json.loads(json.dumps(second.to_json()))) == second
