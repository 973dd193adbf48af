"""What AI cost is taken from final bills where there are any, from traces elsewhere, and from both for no day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from clients.models import Client
from clients.tenancy import scope
from monitoring import ledger, retention
from monitoring.doors import SourceRef
from monitoring.models import Source
from monitoring.reconciliation.reckon import reconcile, total
from monitoring.reconciliation.rows import Billed, Books, Traced
from monitoring.reconciliation.sentences import billed_words, stretches, traced_words
from monitoring.reconciliation.spend import Basis, Spend, Why, alike, spend, spend_of
from monitoring.records import BillRecord
from tests import factories
from tests.conftest import ALL
from tests.monitoring.synthetic_bill import FINAL_AFTER, month

START, END = date(2026, 10, 1), date(2026, 10, 11)
LATER = datetime(2026, 11, 20, tzinfo=UTC)
DAYS = [START + timedelta(days=n) for n in range(10)]


type Row = Traced | Billed


def traced(day: date, amount: str, vendor: str = "openai", model: str = "gpt-4.1") -> Traced:
    return Traced(day, vendor, model, calls=10, counted=0, cost=Decimal(amount))


def billed(day: date, amount: str, vendor: str = "openai", **more: str) -> Billed:
    return Billed(day, 1, more.pop("kind", vendor), vendor, Decimal(amount), **more)


def found(*rows: Row, now: datetime = LATER) -> Spend | None:
    spans, bills = [r for r in rows if isinstance(r, Traced)], [r for r in rows if isinstance(r, Billed)]
    return spend_of(reconcile(Books(now, spans, (), bills, FINAL_AFTER)), START, END)


def told(*rows: Row, now: datetime = LATER) -> Spend:
    made = found(*rows, now=now)
    assert made is not None
    return made


def test_a_billed_day_is_the_bill_and_its_traces_stand_beside_it() -> None:
    made = told(*(traced(day, "2") for day in DAYS), *(billed(day, "3", line="gpt-4.1, input") for day in DAYS))
    assert [made.total, made.billed.compared, made.traced.traced] == [30, 20, 0]
    assert made.basis is Basis.BILLED
    [openai] = made.vendors
    assert openai.billed_days == tuple(DAYS)
    assert openai.kinds == ("openai",)


def test_a_day_and_a_vendor_without_a_bill_are_traced() -> None:
    made = told(
        *(traced(day, "2") for day in DAYS),
        *(traced(day, "1", "anthropic", "claude-haiku-4-5") for day in DAYS),
        *(billed(day, "3") for day in DAYS[:6]),
    )
    assert made.total == 6 * 3 + 4 * 2 + 10
    assert made.basis is Basis.BOTH
    openai, anthropic = made.vendors
    assert (openai.basis, anthropic.basis) == (Basis.BOTH, Basis.TRACED)
    assert (openai.billed_days, openai.traced_days) == (tuple(DAYS[:6]), tuple(DAYS[6:]))
    assert billed_words(openai) == "OpenAI for 1–6 October"
    assert traced_words(openai) == "OpenAI 7–10 October (no bill)"
    assert traced_words(anthropic) == "Anthropic (no bill)"


def test_a_day_that_the_vendor_may_still_correct_is_traced() -> None:
    rows: list[Row] = [*(traced(day, "2") for day in DAYS), *(billed(day, "1") for day in DAYS)]
    made = told(*rows, now=datetime(2026, 10, 11, 12, tzinfo=UTC))
    [openai] = made.vendors
    assert openai.traced_days == tuple(DAYS[7:])
    assert openai.why == (Why.NOT_FINAL,)
    assert made.total == 7 * 1 + 3 * 2


@pytest.mark.parametrize(
    ("fields", "why"),
    [({"currency": "EUR"}, Why.FOREIGN), ({"kind": "litellm", "service": "openai"}, Why.RECKONED)],
)
def test_what_is_billed_in_another_currency_or_by_nobody_is_traced(fields: dict[str, str], why: Why) -> None:
    other = [billed(day, "9", **fields) for day in DAYS]
    spans = [traced(day, "2") for day in DAYS]
    assert found(*spans, *other) is None, "no bill counts at all"
    claude = [billed(day, "1", "anthropic") for day in DAYS]
    made = told(*spans, *other, *claude)
    assert made.total == 20 + 10
    assert next(v for v in made.vendors if v.vendor == "openai").why == (why,)


def test_calls_that_cost_nothing_need_no_bill() -> None:
    made = told(traced(START, "2"), billed(START, "2"), traced(START, "0", "ollama", "llama3"))
    assert [v.vendor for v in made.vendors] == ["openai"]
    assert made.basis is Basis.BILLED


def test_without_any_bill_there_is_only_what_traces_say() -> None:
    assert found(traced(START, "2")) is None


@given(st.integers(0, 3))
def test_billed_and_traced_never_overlap_and_leave_nothing_out(seed: int) -> None:
    books = month(seed).books
    some = replace(books, billed=[b for b in books.billed if b.vendor != "google" or b.day.day % 2])
    whole = reconcile(some)
    made = spend_of(whole, START, END)
    assert made is not None
    for vendor in made.vendors:
        assert not set(vendor.billed_days) & set(vendor.traced_days)
    assert made.total == sum(v.spend for v in made.vendors)
    assert made.billed.compared + made.traced.traced == total(whole.cells).traced


def test_spends_are_compared_only_where_both_are_taken_from_the_same() -> None:
    both: list[Row] = [*(traced(day, "2") for day in DAYS), *(billed(day, "3") for day in DAYS)]
    full, half = told(*both), told(*both[:15])
    assert alike(full, full)
    assert not alike(full, half)
    assert not alike(half, half)
    claude = [traced(day, "1", "anthropic", "claude-haiku-4-5") for day in DAYS]
    assert alike(told(*both, *claude), full), "who is new, or gone, does not change what the others are taken from"
    assert not alike(told(*both, *claude), told(*both, *claude, *(billed(d, "1", "anthropic") for d in DAYS)))


def test_stretches_of_days_are_broken_only_by_days_of_the_other_kind() -> None:
    assert stretches([DAYS[0], DAYS[3]], []) == "1–4 October"
    assert stretches([DAYS[0], DAYS[3]], [DAYS[1]]) == "1 October and 4 October"
    assert stretches(DAYS[::2], DAYS[1::2]) == "5 days"


# From what is stored


@pytest.fixture
def paid(client_row: Client) -> Client:
    """Three days of a call at OpenAI, $0.0025 traced each and $0.01 billed."""
    at = datetime(2026, 10, 1, 12, tzinfo=UTC)
    spans = [factories.span(n, at + timedelta(days=n), provider="openai") for n in range(3)]
    by = factories.calls(client_row, spans)
    with scope(client_row):
        system = Source.objects.get(pk=by.id).system_id
        made = Source.objects.create(client=client_row, kind="openai", name="OpenAI", system_id=system)
    bills = [BillRecord(DAYS[n], "openai", Decimal("0.01"), line="gpt-4, input") for n in range(3)]
    ledger.store(SourceRef(made.pk, client_row.pk, made.public_id, "openai"), bills)
    return client_row


@pytest.mark.django_db(transaction=True, databases=ALL)
def test_spend_is_read_in_seven_statements_and_in_one_without_a_bill(paid: Client) -> None:
    with scope(paid):
        with CaptureQueriesContext(connection) as queries:
            made = spend(paid, START, END, LATER)
        assert made is not None
        assert (made.total, made.billed.compared) == (Decimal("0.03"), Decimal("0.0075"))
        assert len(queries) <= 7
        with CaptureQueriesContext(connection) as queries:
            assert spend(paid, END, END + timedelta(days=9), LATER) is None
        assert len(queries) == 1


@pytest.mark.django_db(transaction=True, databases=ALL)
def test_where_calls_are_gone_nothing_is_added_to_what_is_left_of_them(paid: Client) -> None:
    with scope(paid):
        Source.objects.gone(Source.objects.get(kind="otlp").pk, datetime(2026, 10, 2, tzinfo=UTC))
        assert retention.earliest(paid.pk, datetime(2026, 1, 1, tzinfo=UTC)) > datetime(2026, 10, 1, tzinfo=UTC)
        assert spend(paid, START, END, LATER) is None
