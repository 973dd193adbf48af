"""The cost page: what it says first, whose bill it counts, how it is narrowed, and the same rows as CSV."""

import csv
import io
import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.models import Client
from clients.tenancy import scope
from monitoring import ledger, pricing
from monitoring.doors import SourceRef
from monitoring.models import Source
from monitoring.reconciliation.classes import Class
from monitoring.records import BillRecord, SpanRecord, UsageRecord
from tests import factories
from tests.conftest import ALL

pytestmark = pytest.mark.django_db(transaction=True, databases=ALL)


def noon(days_ago: int) -> datetime:
    day = timezone.now().astimezone(UTC).date() - timedelta(days=days_ago)
    return datetime.combine(day, time(12), UTC)


def spans(days_ago: int, first: int, count: int = 10) -> list[SpanRecord]:
    """Ten calls of $0.0028 by list price."""
    fields = {"provider": "openai", "model": "gpt-4.1", "cost": None, "input_tokens": 1000, "output_tokens": 100}
    return [pricing.estimated(factories.span(first + n, noon(days_ago), **fields)) for n in range(count)]


def usage(days_ago: int, key: str = "key_app") -> UsageRecord:
    """What OpenAI counts of ten calls."""
    start, end = noon(days_ago), noon(days_ago) + timedelta(hours=1)
    return UsageRecord(
        start, end, "openai", "gpt-4.1-2025-04-14", "completions", "", key, "", 10, 10_000, output_tokens=1000
    )


def bill(days_ago: int, amount: str, line: str = "gpt-4.1-2025-04-14, input", **fields: str) -> BillRecord:
    return BillRecord(noon(days_ago).date(), "openai", Decimal(amount), line=line, **fields)


def source(client: Client, kind: str) -> SourceRef:
    system = factories.source(client, f"App beside {kind}")
    with scope(client.pk):
        own = Source.objects.get(pk=system.id)
        made = Source.objects.create(client=client, kind=kind, name=kind, system_id=own.system_id)
    return SourceRef(made.pk, client.pk, made.public_id, kind)


@pytest.fixture
def billed(client_row: Client) -> Client:
    """Four days at OpenAI; a key that sends no traces, and LiteLLM reckoning the same calls at 2.83 times their cost."""
    days = range(5, 9)
    factories.calls(client_row, [s for day in days for s in spans(day, 100 * day)])
    ledger.store(
        source(client_row, "openai"),
        [r for day in days for r in (usage(day), usage(day, "key_nightly"), bill(day, "0.056"))],
    )
    own = [BillRecord(noon(day).date(), "litellm", Decimal("0.158"), service="openai", model="gpt-4.1") for day in days]
    ledger.store(source(client_row, "litellm"), own)
    return client_row


def browser(of: Client, role: str = "program_manager") -> Browser:
    made = Browser()
    made.force_login(factories.member(of, role), backend="allauth.account.auth_backends.AuthenticationBackend")
    return made


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))


def test_the_page_says_first_what_was_billed_and_that_it_is_explained(billed: Client) -> None:
    said = plain(browser(billed).get("/c/acme/costs/").content.decode())
    assert "OpenAI billed $0.22 for what traces put at $0.11, and all of the difference is explained." in said
    assert "$0.11 are calls by a key that sends no traces: key_nightly." in said
    assert "Nothing is left unexplained." in said


def test_the_page_shows_whose_bill_counts_and_what_is_not_added(billed: Client) -> None:
    said = plain(browser(billed).get("/c/acme/costs/").content.decode())
    assert "OpenAI's bill" in said.replace("&#x27;", "'")
    assert "LiteLLM says $0.63: not added" in said


def test_estimated_numbers_carry_the_version_of_the_price_table(billed: Client) -> None:
    person = browser(billed)
    page = plain(person.get("/c/acme/costs/").content.decode())
    assert f"all of it estimated from {pricing.table_version()}" in page
    assert re.search(rf"Price table {re.escape(pricing.table_version())}, newest price \d+ \w+ \d{{4}}", page)
    evidence = plain(person.get("/c/acme/says-who/cost/").content.decode())
    assert f"were priced from list prices: those of {pricing.table_version()}." in evidence
    assert pricing.table_version() not in plain(person.get("/c/acme/says-who/calls/").content.decode())


def test_a_vendor_a_model_and_a_day_are_each_one_click_further(billed: Client) -> None:
    person = browser(billed)
    day = noon(6).date().isoformat()
    first = person.get("/c/acme/costs/").content.decode()
    assert "?period=28d&amp;vendor=openai" in first
    second = person.get("/c/acme/costs/?period=28d&vendor=openai").content.decode()
    assert "vendor=openai&amp;model=gpt-4.1" in second
    third = person.get("/c/acme/costs/?period=28d&vendor=openai&model=gpt-4.1").content.decode()
    assert f"model=gpt-4.1&amp;day={day}" in third
    last = person.get(f"/c/acme/costs/?period=28d&vendor=openai&model=gpt-4.1&day={day}")
    assert [t.id for t in last.context["page"].tables] == []
    assert "$0.056" in last.content.decode()


def test_over_ninety_days_the_rows_are_months(billed: Client) -> None:
    tables = browser(billed).get("/c/acme/costs/?period=90d").context["page"].tables
    assert [t.title for t in tables] == ["By vendor", "By month"]


def test_the_csv_holds_the_same_cells_and_adds_up(billed: Client) -> None:
    answer = browser(billed).get("/c/acme/costs/?period=28d&vendor=openai&format=csv")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="acme-costs-')
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(rows) == 4
    for row in rows:
        parts = sum((Decimal(row[which.value]) for which in Class), Decimal(row["unexplained"]))
        assert Decimal(row["billed"]) - Decimal(row["traced"]) == Decimal(row["gap"]) == parts
        assert (row["bill_of"], row["price_table"], row["final"]) == ("openai", pricing.table_version(), "yes")


@pytest.mark.parametrize(
    "asked", ["format=pdf", "format=csv&period=5y", "format=csv&day=yesterday", "format=csv&vendor=acme"]
)
def test_a_csv_that_cannot_be_made_is_refused_with_the_reason(billed: Client, asked: str) -> None:
    answer = browser(billed).get(f"/c/acme/costs/?{asked}")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("asked", "says"),
    [("day=yesterday", "is no day"), ("vendor=acme", "There is no cost of acme"), ("model=x", "no cost of x")],
)
def test_an_address_with_nothing_behind_it_shows_everything_and_says_so(billed: Client, asked: str, says: str) -> None:
    page = browser(billed).get(f"/c/acme/costs/?{asked}").content.decode()
    assert says in page
    assert "OpenAI billed $0.22" in page


def test_a_vendor_without_a_bill_is_told_what_to_connect(client_row: Client) -> None:
    factories.calls(client_row, spans(5, 1))
    page = browser(client_row).get("/c/acme/costs/").content.decode()
    assert "no vendor has a bill to set against that" in page
    assert "/c/acme/sources/connect/?kind=openai" in page
    assert "no bill for this day" in page
    reader = browser(client_row, "executive").get("/c/acme/costs/").content.decode()
    assert "Connect OpenAI with an admin key." in reader
    assert "connect/?kind" not in reader


def test_a_bill_in_euros_is_shown_and_not_compared(client_row: Client) -> None:
    factories.calls(client_row, spans(5, 1))
    ledger.store(source(client_row, "openai"), [usage(5), bill(5, "120", currency="EUR")])
    said = plain(browser(client_row).get("/c/acme/costs/").content.decode())
    assert "billed in EUR, which is not compared with US dollars" in said
    assert "€120: not compared" in said


def test_calls_that_no_list_prices_are_counted_on_the_page(client_row: Client) -> None:
    odd = [factories.span(n, noon(5), provider="openai", model="house-1", cost=None) for n in (1, 2)]
    factories.calls(client_row, [*odd, *spans(5, 10)])
    assert "2 calls without a price" in browser(client_row).get("/c/acme/costs/").content.decode()


def test_a_client_without_calls_and_bills_is_told_how_to_begin(client_row: Client) -> None:
    page = browser(client_row).get("/c/acme/costs/").content.decode()
    assert "No model call and no bill in this period." in page
    assert "Nothing to compare yet" in page
    assert "Connect a source" in page
    assert "Connect a source" not in browser(client_row, "executive").get("/c/acme/costs/").content.decode()


def test_cost_is_in_the_navigation_of_those_who_may_see_money(client_row: Client) -> None:
    assert "/c/acme/costs/" in browser(client_row).get("/c/acme/signals/").content.decode()
    assert "/c/acme/costs/" not in browser(client_row, "contributor").get("/c/acme/signals/").content.decode()


def test_the_page_asks_as_little_of_long_and_rich_clients_as_of_others(billed: Client) -> None:
    person = browser(billed)

    def asked(query: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert person.get(f"/c/acme/costs/?{query}").status_code == 200
        return len(queries)

    before = asked("period=7d")
    more = [factories.span(9000 + n, noon(n), model=f"model-{n}", provider=f"vendor-{n}") for n in range(1, 40)]
    factories.calls(billed, more, by=factories.source(billed, "Many"))
    assert asked("period=90d") == before <= 19
    assert asked("period=90d&vendor=openai") == before
