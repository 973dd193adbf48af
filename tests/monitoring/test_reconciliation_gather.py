"""A client's books are read in three statements, priced from the spans themselves, and compared as they stand in the database."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from clients.tenancy import scope
from monitoring import ledger, pricing
from monitoring.doors import SourceRef
from monitoring.models import Source
from monitoring.reconciliation.classes import Class
from monitoring.reconciliation.gather import books, price_tables
from monitoring.reconciliation.reckon import Sum, reconcile, total
from monitoring.records import BillRecord, SpanKind, SpanRecord, UsageRecord
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role")

DAY = date(2026, 10, 20)
NOON = datetime(2026, 10, 20, 12, tzinfo=UTC)
FIRST, AFTER = date(2026, 10, 9), date(2026, 11, 6)


def bills_of(client: Client, kind: str, name: str = "") -> SourceRef:
    """A source of a kind that brings bills, without its first pull."""
    system = factories.source(client, f"App for {name or kind}").id
    with scope(client.pk):
        made = Source.objects.create(
            client=client,
            kind=kind,
            name=name or kind,
            system_id=Source.objects.values_list("system_id", flat=True).get(pk=system),
        )
    return SourceRef(made.pk, client.pk, made.public_id, kind)


def estimated(number: int, at: datetime = NOON, **fields: object) -> SpanRecord:
    return pricing.estimated(
        factories.span(
            number,
            at,
            provider="openai",
            model="gpt-4.1",
            cost=None,
            **{"input_tokens": 1000, "output_tokens": 100} | fields,
        )
    )


def compared(client: Client) -> Sum:
    with scope(client.pk):
        return total(reconcile(books(client, FIRST, AFTER, NOW)).cells)


def hour(at: datetime, **fields: object) -> UsageRecord:
    start = at.replace(minute=0)
    return UsageRecord(start, start + timedelta(hours=1), "openai", "gpt-4.1-2025-04-14", "completions", **fields)  # type: ignore[arg-type]


def test_spans_usage_and_bills_of_a_day_are_compared(client_row: Client) -> None:
    factories.calls(client_row, [estimated(n) for n in range(1, 11)])
    billed = bills_of(client_row, "openai")
    ledger.store(
        billed,
        [
            hour(NOON, api_key="key_a", requests=10, input_tokens=4000, cache_read_tokens=6000, output_tokens=1000),
            hour(NOON, api_key="key_b", requests=5, input_tokens=5000, output_tokens=500),
            BillRecord(DAY, "openai", Decimal("0.019"), line="gpt-4.1-2025-04-14, input"),
            BillRecord(DAY, "openai", Decimal("0.012"), line="gpt-4.1-2025-04-14, output"),
            BillRecord(DAY, "openai", Decimal("0.05"), line="web search"),
            BillRecord(AFTER, "openai", Decimal(99), line="web search"),
        ],
    )
    whole = compared(client_row)
    assert (whole.traced, whole.estimated, whole.billed) == (Decimal("0.028"), Decimal("0.028"), Decimal("0.081"))
    assert whole.classes == {Class.CACHED: Decimal("-0.009"), Class.KEY: Decimal("0.014"), Class.OTHER: Decimal("0.05")}
    assert whole.rest == Decimal("-0.002")
    assert whole.gap == whole.explained + whole.rest


def test_days_are_utc_days_whatever_the_clients_zone(client_row: Client) -> None:
    late = datetime(2026, 10, 20, 23, 59, 59, tzinfo=UTC)
    factories.calls(client_row, [estimated(1, late), estimated(2, late + timedelta(seconds=1))])
    with scope(client_row.pk):
        found = books(client_row, DAY, DAY + timedelta(days=1), NOW)
    assert [(t.day, t.calls) for t in found.traced] == [(DAY, 1)]


def test_cached_tokens_counted_apart_from_input_are_read_as_they_are_priced(client_row: Client) -> None:
    apart = [
        estimated(1, input_tokens=500, cache_read_tokens=1000),
        estimated(2, input_tokens=1500, cache_read_tokens=1000),
    ]
    factories.calls(client_row, apart)
    with scope(client_row.pk):
        (row,) = books(client_row, FIRST, AFTER, NOW).traced
    assert (row.plain, row.read, row.calls) == (1000, 2000, 2)
    assert compared(client_row).traced == sum((a.cost for a in apart if a.cost), Decimal(0))


def test_calls_are_grouped_by_the_sizes_at_which_prices_change(client_row: Client) -> None:
    sizes = (1_000, 200_000, 200_001, 900_000)
    spans = [
        pricing.estimated(
            factories.span(
                n, NOON, provider="anthropic", model="claude-sonnet-4-5-20250929", cost=None, input_tokens=size
            )
        )
        for n, size in enumerate(sizes, 1)
    ]
    factories.calls(client_row, spans)
    with scope(client_row.pk):
        rows = books(client_row, FIRST, AFTER, NOW).traced
    priced = Decimal(0)
    for row in rows:
        rates = pricing.rates(row.provider, row.model, NOON, call_input=row.call_input)
        assert rates is not None
        priced += rates.input_cost(row.plain, row.read, row.write, row.counted) + rates.output_cost(row.output)
    assert priced == sum((s.cost for s in spans if s.cost), Decimal(0))


def test_the_tier_a_trace_tells_is_read_and_the_usual_one_is_none(client_row: Client) -> None:
    name = "gen_ai.openai.response.service_tier"
    factories.calls(
        client_row, [estimated(n, attributes={name: tier}) for n, tier in enumerate(("priority", "default", "auto"), 1)]
    )
    with scope(client_row.pk):
        assert {(t.tier, t.calls) for t in books(client_row, FIRST, AFTER, NOW).traced} == {("priority", 1), ("", 2)}


def test_spans_that_are_no_model_calls_cost_nothing(client_row: Client) -> None:
    tool = factories.span(1, NOON, kind=SpanKind.TOOL, tool="look_up")
    factories.calls(client_row, [tool, estimated(2)])
    assert compared(client_row).calls == 1


def test_the_books_take_four_statements_however_much_there_is(client_row: Client) -> None:
    def asked() -> int:
        with scope(client_row.pk), CaptureQueriesContext(connection) as queries:
            books(client_row, FIRST, AFTER, NOW)
        return len([q for q in queries.captured_queries if "monitoring_" in q["sql"]])

    assert asked() == 4
    factories.calls(client_row, [estimated(n, NOON + timedelta(hours=n)) for n in range(1, 60)])
    for kind in ("openai", "litellm", "focus"):
        ledger.store(
            bills_of(client_row, kind), [hour(NOON, requests=1), BillRecord(DAY, "openai", Decimal(1), line="x")]
        )
    assert asked() == 4


def test_another_clients_rows_are_not_in_the_books(client_row: Client, other_client: Client) -> None:
    factories.calls(other_client, [estimated(1)])
    ledger.store(bills_of(other_client, "openai"), [hour(NOON, requests=1), BillRecord(DAY, "openai", Decimal(1))])
    with scope(client_row.pk):
        found = books(client_row, FIRST, AFTER, NOW)
        alien = books(other_client, FIRST, AFTER, NOW)
    assert (found.traced, found.used, found.billed) == ([], [], [])
    assert (alien.traced, alien.used, alien.billed) == ([], [], [])


def test_an_estimate_keeps_the_version_of_its_price_table(client_row: Client) -> None:
    factories.calls(client_row, [estimated(1), factories.span(2, NOON)])
    assert estimated(1).price_table == pricing.table_version()
    assert factories.span(2, NOON).price_table == ""
    with scope(client_row.pk):
        found = reconcile(books(client_row, FIRST, AFTER, NOW))
        assert found.tables == (pricing.table_version(),)
        start = datetime(2026, 10, 9, tzinfo=UTC)
        assert price_tables(client_row, start, NOW) == (pricing.table_version(),)
        assert price_tables(client_row, start, NOON - timedelta(hours=1)) == ()
