"""The client's page sets billed beside traced cost once it is there, by the same rule as the ROI report, for those who may see money."""

import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

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
from monitoring.records import BillRecord
from tests import factories
from tests.conftest import ALL

pytestmark = pytest.mark.django_db(transaction=True, databases=ALL)


@pytest.fixture(autouse=True)
def afternoon(time_machine: Any) -> None:
    """The same day in the client's zone and in UTC, by which bills go."""
    time_machine.move_to(timezone.now().replace(hour=18), tick=False)


def noon(days_ago: int) -> datetime:
    day = timezone.now().astimezone(UTC).date() - timedelta(days=days_ago)
    return datetime.combine(day, time(12), UTC)


@pytest.fixture
def spending(client_row: Client) -> Client:
    """Twenty days of a call by list price, $0.0028 each, at OpenAI."""
    fields = {"provider": "openai", "model": "gpt-4.1", "cost": None, "input_tokens": 1000, "output_tokens": 100}
    calls = [pricing.estimated(factories.span(n, noon(n), **fields)) for n in range(1, 21)]
    factories.calls(client_row, calls)
    return client_row


def bill(of: Client, days: range) -> None:
    with scope(of):
        system = Source.objects.filter(client=of).earliest("pk").system_id
        made = Source.objects.create(client=of, kind="openai", name="OpenAI", system_id=system)
    lines = [BillRecord(noon(n).date(), "openai", Decimal("0.5"), line="gpt-4.1, input") for n in days]
    ledger.store(SourceRef(made.pk, of.pk, made.public_id, "openai"), lines)


def browser(of: Client, role: str = "executive") -> Browser:
    made = Browser()
    made.force_login(factories.member(of, role), backend="allauth.account.auth_backends.AuthenticationBackend")
    return made


def said(of: Client) -> str:
    page = browser(of).get("/c/acme/spend/?period=28d").content.decode()
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))


def test_billed_and_traced_stand_apart_with_their_days(spending: Client) -> None:
    bill(spending, range(1, 21))
    told = said(spending)
    first, last = noon(20).date(), noon(4).date()
    assert "AI spend was $8.51: $8.50 as billed by OpenAI for" in told
    assert f"{first.day} " in told or f"{first.day}–" in told
    assert f"{last.day} {last:%B}" in told
    assert re.search(r"OpenAI\s+\$8\.50\s+\$0\.048\s+\+\$8\.45\s+\$0\.0084", told)
    assert "(bill not final yet)" in told
    assert f"all of it estimated from {pricing.table_version()}" in told
    assert "Why they differ" in told


def test_without_a_bill_it_says_so_and_names_the_price_table(spending: Client) -> None:
    told = said(spending)
    assert "What calls cost is known from their traces alone: no final bill covers these days" in told
    assert f"estimated in full or in part from {pricing.table_version()}" in told


def test_the_page_asks_for_it_afterwards_and_only_where_money_may_be_seen(spending: Client) -> None:
    page = browser(spending).get("/c/acme/?period=28d").content.decode()
    assert 'data-later="/c/acme/spend/?period=28d"' in page
    assert "/c/acme/costs/?period=28d" in page
    assert "data-later" not in browser(spending, "contributor").get("/c/acme/").content.decode()


def test_it_asks_as_little_of_long_periods_as_of_short_ones(spending: Client) -> None:
    bill(spending, range(1, 21))
    person = browser(spending)

    def asked(period: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert person.get(f"/c/acme/spend/?period={period}").status_code == 200
        return len(queries)

    assert asked("90d") <= asked("7d") <= 18
