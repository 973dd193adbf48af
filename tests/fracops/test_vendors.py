"""Vendors: the day for notice is told while there is time, next to what they bill."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import ProgrammingError, connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Client, Vendor, VendorTalk
from clients.tenancy import scope
from clients.vendors import notice, notices, sentence
from monitoring import ledger
from monitoring.reconciliation.invoices import Invoiced, by_month
from monitoring.reconciliation.rows import Billed
from monitoring.records import BillRecord
from tests import factories
from tests.conftest import NOW

VENDORS = "/c/acme/vendors/"
TODAY = NOW.date()
TYPED: dict[str, Any] = {
    "name": "OpenAI",
    "commitment": "24000",
    "currency": "USD",
    "commitment_per": "year",
    "renews_on": "2027-01-31",
    "notice_days": "60",
    "renews_itself": "on",
    "training": "no",
    "region": "EU",
    "dpa_link": "https://vendor.example/dpa",
    "edition": "0",
}
needs_database = pytest.mark.usefixtures("runtime_role", "_friday")


@pytest.fixture
def _friday(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def browser(client_row: Client) -> Browser:
    made = Browser()
    made.force_login(factories.member(client_row, "program_manager", "mara@northlight.example"))
    return made


def vendor(**fields: Any) -> Vendor:
    return Vendor(**{"name": "OpenAI", "renews_on": TODAY + timedelta(days=100), "notice_days": 30} | fields)


def bill(client: Client, *rows: tuple[date, str, str]) -> None:
    """Day, amount and currency of OpenAI's bills."""
    ref = factories.source(client)
    with scope(client):
        ledger.store(ref, [BillRecord(day, "openai", Decimal(n), currency) for day, n, currency in rows])


@pytest.mark.parametrize(
    ("fields", "word", "words"),
    [
        ({}, "Runs", "Notice by 15 January 2027, in 70 days; else it renews on 14 February 2027."),
        ({"notice_days": 40}, "Decide now", "in 60 days"),
        ({"notice_days": 99}, "Decide now", "tomorrow"),
        ({"notice_days": 100}, "Decide now", "today"),
        ({"notice_days": 101}, "Notice too late", "Notice was due by 5 November 2026; it renews on 14 February 2027."),
        ({"notice_days": None}, "Runs", "how long before that notice is due is not known"),
        ({"notice_days": None, "renews_on": TODAY}, "Renews soon", "It renews on 6 November 2026"),
        ({"renews_on": TODAY - timedelta(days=1)}, "Date passed", "has passed: enter the next one"),
        ({"renews_on": TODAY + timedelta(days=60), "renews_itself": False}, "Ends soon", "unless it is renewed"),
        ({"renews_on": None}, "No date", "not known yet"),
        ({"ended_on": TODAY}, "Ended", "ended on 6 November 2026"),
    ],
)
def test_notice_is_told_while_there_is_time(fields: dict[str, Any], word: str, words: str) -> None:
    found = notice(vendor(**fields), TODAY)
    assert found.mark.word == word
    assert words in found.words
    assert found.pressing == (word in ("Decide now", "Notice too late", "Renews soon", "Date passed", "Ends soon"))


def test_the_most_pressing_contract_is_the_pages_sentence() -> None:
    acme = Client(name="Acme")
    late, soon = notice(vendor(notice_days=101, name="Late"), TODAY), notice(vendor(notice_days=99), TODAY)
    assert sentence(acme, [soon, late]).startswith("Late: notice was due by 5 November 2026")
    assert sentence(acme, [notice(vendor(), TODAY)]) == "No contract of Acme needs a decision in the next 60 days."


def test_bills_count_once_and_what_a_proxy_reckons_bills_nobody() -> None:
    day, other = date(2026, 10, 30), date(2026, 11, 1)
    rows = [
        Billed(day, 1, "openai", "openai", Decimal(10)),
        Billed(day, 2, "focus", "OpenAI", Decimal(11)),
        Billed(day, 3, "litellm", "openai", Decimal(12)),
        Billed(other, 1, "openai", "openai", Decimal(5), "EUR"),
        Billed(day, 4, "openrouter", "anthropic", Decimal(7)),
    ]
    assert by_month(rows) == [
        Invoiced("openai", date(2026, 10, 1), "USD", Decimal(10)),
        Invoiced("openai", date(2026, 11, 1), "EUR", Decimal(5)),
        Invoiced("openrouter", date(2026, 10, 1), "USD", Decimal(7)),
    ]


@needs_database
def test_what_a_vendor_bills_stands_beside_what_is_committed(client_row: Client, browser: Browser) -> None:
    bill(
        client_row,
        (date(2026, 10, 5), "1200", "USD"),
        (date(2026, 10, 6), "1300", "USD"),
        (date(2026, 11, 2), "90", "USD"),
    )
    page = browser.get(VENDORS).content.decode()
    assert "They bill, and nothing is written down of them" in page
    assert 'href="/c/acme/vendors/new/?name=OpenAI"' in page
    assert browser.post(VENDORS + "new/", TYPED).status_code == 302
    [row] = Vendor.objects.using("owner").all()
    listed = browser.get(VENDORS).content.decode()
    for words in ("$2,500", "$90.00", "$24,000 a year", "OpenAI: notice by 2 December 2026, in 26 days"):
        assert words in listed
    assert "They bill, and nothing" not in listed
    one = browser.get(f"{VENDORS}{row.public_id}/").content.decode()
    for words in ("$500 more than the $2,000 committed", "2 December 2026", "No, the contract rules it out"):
        assert words in one


@needs_database
def test_a_pressing_contract_stands_beside_the_register_of_those_who_look_after_it(
    client_row: Client, other_client: Client, browser: Browser
) -> None:
    for client in (client_row, other_client):
        with scope(client):
            vendor(client=client, currency="USD", notice_days=90, name=f"Vendor of {client.name}").save()
    page = browser.get("/p/northlight/risks/").content.decode()
    assert "Vendor of Acme" in page
    assert "Zenith" not in page
    with scope(client_row):
        assert [one.vendor.name for one in notices([client_row])] == ["Vendor of Acme"]


@needs_database
def test_conversations_are_dated_and_stay(client_row: Client, browser: Browser) -> None:
    browser.post(VENDORS + "new/", TYPED)
    address = f"{VENDORS}{Vendor.objects.using('owner').get().public_id}/"
    refused = browser.post(address, {"day": "2026-11-07", "people": "Lee", "text": "kept words"})
    assert (refused.status_code, "kept words" in refused.content.decode()) == (422, True)
    assert "has not come yet" in refused.content.decode()
    assert (
        browser.post(address, {"day": "2026-11-05", "people": "Lee", "text": "No <b>discount</b>"}).status_code == 302
    )
    assert "No &lt;b&gt;discount" in browser.get(address).content.decode()
    with pytest.raises(ProgrammingError, match="permission denied"), scope(client_row):
        VendorTalk.objects.all().delete()


@needs_database
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "openai"}, "is written down already"),
        ({"renews_on": ""}, "count back from the renewal"),
        ({"renews_on": "9999-01-01"}, "too far away: look at the year"),
        ({"notice_days": "-1"}, "greater than or equal to 0"),
        ({"commitment": "-1"}, "greater than or equal to 0"),
        ({"currency": "dollars"}, "at most 3 characters"),
        ({"currency": "ZZZ"}, "“ZZZ” is no currency in use"),
        ({"ended_on": "2026-11-07"}, "has not come"),
        ({"dpa_link": "javascript:alert(1)"}, "valid URL"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_typed_is_lost(
    client_row: Client, browser: Browser, typed: dict[str, str], words: str
) -> None:
    browser.post(VENDORS + "new/", TYPED)
    answer = browser.post(VENDORS + "new/", TYPED | {"name": "Another", "buys": "kept words"} | typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "kept words" in answer.content.decode()
    assert Vendor.objects.using("owner").count() == 1


@needs_database
def test_an_executive_reads_and_changes_nothing_and_another_clients_vendor_is_not_there(
    client_row: Client, other_client: Client, browser: Browser
) -> None:
    browser.post(VENDORS + "new/", TYPED)
    [row] = Vendor.objects.using("owner").all()
    theo = Browser()
    theo.force_login(factories.member(client_row, "executive", "theo@acme.example"))
    assert "$24,000 a year" in theo.get(VENDORS).content.decode()
    assert "Write it down" not in theo.get(f"{VENDORS}{row.public_id}/").content.decode()
    assert theo.post(f"{VENDORS}{row.public_id}/", {"day": "2026-11-05", "text": "x"}).status_code == 403
    dana = Browser()
    dana.force_login(factories.member(other_client, "program_manager", "dana@zenith.example"))
    assert dana.get(f"/c/zenith/vendors/{row.public_id}/").status_code == 404


@needs_database
def test_the_list_asks_as_much_of_many_vendors_as_of_few(client_row: Client, browser: Browser) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(VENDORS).status_code == 200
        return len(asked)

    browser.post(VENDORS + "new/", TYPED)
    queries()
    few = queries()
    for number in range(20):
        browser.post(VENDORS + "new/", TYPED | {"name": f"Vendor {number}"})
    browser.get(VENDORS)
    assert queries() == few <= 17
