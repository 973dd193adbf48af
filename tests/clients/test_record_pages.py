"""A client's settings, calendar and assumptions, as its managers keep them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Assumption, Client, Closure, ToolCost
from clients.tenancy import scope
from tests import factories
from tests.conftest import NOW, rows

pytestmark = pytest.mark.usefixtures("runtime_role")
SETTINGS: dict[str, Any] = {
    "name": "Acme",
    "sector": "Retail",
    "headcount": "120",
    "zone": "America/Chicago",
    "currency": "USD",
    "colour": "#2f6f5e",
    "contacts": "Theo, outages, +1 312 555 0100",
    "pulse_hour": "9",
    "ai_budget": "1250.50",
    "data_notes": "Keep **nothing** of <script>alert(1)</script> health.",
    "edition": "0",
}
"""What a person types into the settings of a client called Acme."""


@pytest.fixture
def browser(manager: Any, time_machine: Any) -> Browser:
    time_machine.move_to(NOW, tick=False)
    one = Browser()
    one.force_login(manager)
    return one


def saved() -> Client:
    return Client.objects.using("owner").get(slug="acme")


def test_a_manager_settles_who_the_client_is(browser: Browser, client_row: Client, manager: Any) -> None:
    backup = factories.member(client_row.practice, "owner")
    typed = SETTINGS | {
        "lead": manager.pk,
        "backup": backup.pk,
        "niche": "outdoor, Outdoor , travel",
        "competitors": "A, Inc.\nB",
    }
    assert browser.post("/c/acme/settings/", typed).status_code == 302
    client = saved()
    assert (client.headcount, client.pulse_hour, client.lead, client.backup) == (120, 9, manager, backup)
    assert str(client.ai_budget) == "1250.50"
    assert (client.niche, client.competitors) == (["outdoor", "travel"], ["A, Inc.", "B"])
    page = browser.get("/c/acme/settings/").content.decode()
    assert "Keep <strong>nothing</strong>" in page
    assert "<script>alert" not in page
    assert "outdoor, travel" in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"zone": "Chicago"}, "no time zone"),
        ({"currency": "usd"}, "“usd” is no currency in use: write the three capital letters"),
        ({"currency": "ZZZ"}, "“ZZZ” is no currency in use"),
        ({"currency": "DEM"}, "“DEM” is no currency in use"),
        ({"headcount": "-1"}, "greater than or equal to 0"),
        ({"headcount": "99999999999"}, "less than or equal to"),
        ({"pulse_hour": "24"}, "not one of the available choices"),
        ({"lead": "999999"}, "not one of the available choices"),
        ({"niche": "x" * 61}, "60 are the most"),
        ({"niche": ",".join(f"t{i}" for i in range(31))}, "30 are the most"),
        ({"data_notes": "x" * 20_001}, "at most 20000 characters"),
        ({"name": ""}, "required"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_typed_is_lost(
    browser: Browser, typed: dict[str, str], words: str
) -> None:
    answer = browser.post("/c/acme/settings/", SETTINGS | typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "+1 312 555 0100" in answer.content.decode()
    assert saved().contacts == ""


def test_lead_and_backup_are_two_people_who_have_access(browser: Browser, manager: Any, other_client: Client) -> None:
    stranger = factories.member(other_client, "program_manager")
    answer = browser.post("/c/acme/settings/", SETTINGS | {"lead": stranger.pk})
    assert answer.status_code == 422
    assert stranger.label not in answer.content.decode()
    same = browser.post("/c/acme/settings/", SETTINGS | {"lead": manager.pk, "backup": manager.pk})
    assert "somebody else than the lead" in same.content.decode()


def test_of_two_who_save_at_once_the_second_learns_of_the_first(browser: Browser) -> None:
    assert browser.post("/c/acme/settings/", SETTINGS | {"niche": "first"}).status_code == 302
    told = browser.post("/c/acme/settings/", SETTINGS | {"niche": "second"})
    assert told.status_code == 422
    assert "Niche: “first”" in told.content.decode()
    assert 'value="second"' in told.content.decode()
    noted = rows("SELECT after FROM clients_change WHERE subject = 'clients_client' AND action = 'update'")
    assert len(noted) == 1  # that an edition counted up is no change
    assert "first" in str(noted)


def test_holidays_are_chosen_and_a_region_goes_with_its_country(browser: Browser) -> None:
    assert browser.post("/c/acme/calendar/", {"country": "DE", "edition": "0"}).status_code == 302
    page = browser.get("/c/acme/calendar/").content.decode()
    assert "Bayern" in page
    assert "Christmas Day" in page
    assert "Epiphany" not in page
    assert browser.post("/c/acme/calendar/", {"country": "DE", "region": "BY", "edition": "1"}).status_code == 302
    assert "Epiphany" in browser.get("/c/acme/calendar/").content.decode()
    assert browser.post("/c/acme/calendar/", {"country": "FR", "region": "BY", "edition": "2"}).status_code == 302
    assert (saved().country, saved().region) == ("FR", "")
    for wrong in ({"country": "XX"}, {"country": "FR", "region": "BY"}):
        assert browser.post("/c/acme/calendar/", wrong | {"edition": "3"}).status_code == 422


def test_a_closed_span_is_added_and_taken_out_again(browser: Browser) -> None:
    typed = {"first": "2026-12-24", "last": "2027-01-03", "why": "Winter break", "kind": "blackout"}
    assert browser.post("/c/acme/calendar/", typed).status_code == 302
    assert "Next: Winter break, 24 December to 3 January 2027." in browser.get("/c/acme/calendar/").content.decode()
    closure = Closure.objects.using("owner").get()
    assert browser.post(f"/c/acme/calendar/{closure.public_id}/remove/").status_code == 302
    assert rows("SELECT action FROM clients_change WHERE subject = 'clients_closure' ORDER BY id") == [
        ("insert",),
        ("delete",),
    ]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"first": "2026-13-01"}, "Enter a valid date"),
        ({"last": "2026-11-01"}, "ends before it begins"),
        ({"last": "2028-11-09"}, "longer than a year"),
        ({"why": ""}, "required"),
        ({"kind": "holiday"}, "not one of the available choices"),
    ],
)
def test_days_that_cannot_be_are_refused(browser: Browser, typed: dict[str, str], words: str) -> None:
    usual = {"first": "2026-11-09", "last": "2026-11-10", "why": "Retreat", "kind": "closed"}
    answer = browser.post("/c/acme/calendar/", usual | typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert rows("SELECT count(*) FROM clients_closure") == [(0,)]


ASSUMED: dict[str, Any] = {
    "key": "labour_rate",
    "value": "38.50",
    "known": "reported",
    "said_by": "Theo Brandt",
    "said_on": "2026-11-03",
    "note": "Quarterly call",
}


def test_a_correction_is_a_new_row_and_both_stay(browser: Browser, client_row: Client) -> None:
    assert browser.post("/c/acme/assumptions/new/", ASSUMED).status_code == 302
    form = browser.get("/c/acme/assumptions/new/?key=labour_rate").content.decode()
    assert 'value="38.5"' in form
    assert browser.post("/c/acme/assumptions/new/", ASSUMED | {"value": "40"}).status_code == 302
    page = browser.get("/c/acme/assumptions/").content.decode()
    assert page.count('data-l="Worth"') == 3  # once as what holds, twice in what was said
    assert "replaced" in page
    with scope(client_row):
        held = Assumption.objects.holding(client_row, NOW.date())["labour_rate"]
        assert (held.value, held.unit, held.valid_from) == (Decimal(40), "USD an hour", date(2026, 11, 3))
        for change in (lambda: Assumption.objects.update(value=1), lambda: Assumption.objects.all().delete()):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                change()


def test_what_holds_is_of_the_latest_day_and_not_of_one_to_come(client_row: Client) -> None:
    with scope(client_row):
        for value, day in ((1, "2026-10-01"), (3, "2026-12-01"), (2, "2026-11-01"), (9, "2026-10-15")):
            Assumption.objects.create(
                client=client_row,
                key="k",
                value=value,
                unit="USD",
                known="assumed",
                said_by="M",
                said_on=day,
                valid_from=day,
            )
        at = {d: Assumption.objects.holding(client_row, date.fromisoformat(d)) for d in ("2026-09-30", "2026-11-06")}
    assert at["2026-09-30"] == {}
    assert at["2026-11-06"]["k"].value == 2


@pytest.mark.parametrize(
    ("value", "told"),
    [("40.0000", "40"), ("31.5", "31.50"), ("1200", "1,200"), ("0.0125", "0.0125"), ("0", "0"), ("1E+3", "1,000")],
)
def test_a_worth_is_told_with_cents_or_none(value: str, told: str) -> None:
    assert Assumption(value=Decimal(value), unit="USD").worth == f"{told} USD"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"value": "-1"}, "greater than or equal to 0"),
        ({"value": "NaN"}, "Enter a number"),
        ({"value": "1e30"}, "no more than"),
        ({"said_on": "2026-11-07"}, "still to come"),
        ({"said_on": "0001-01-01x"}, "valid date"),
        ({"said_by": ""}, "required"),
        ({"key": "other"}, "Say what it is"),
        ({"key": "other", "name": "A parcel"}, "Say in what"),
        ({"known": "measured"}, "not one of the available choices"),
    ],
)
def test_a_number_nobody_stands_behind_is_refused(browser: Browser, typed: dict[str, str], words: str) -> None:
    answer = browser.post("/c/acme/assumptions/new/", ASSUMED | typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "Quarterly call" in answer.content.decode()


TOOL: dict[str, Any] = {
    "name": "Zendesk",
    "amount": "1200",
    "currency": "USD",
    "from_month": "2026-08",
    "to_month": "",
    "said_by": "Maya Lund",
    "edition": "0",
}


def test_tools_add_up_while_they_are_paid_for(browser: Browser, client_row: Client) -> None:
    assert browser.post("/c/acme/assumptions/tools/new/", TOOL).status_code == 302
    assert (
        browser.post("/c/acme/assumptions/tools/new/", TOOL | {"name": "Old", "to_month": "2026-10"}).status_code == 302
    )
    page = browser.get("/c/acme/assumptions/").content.decode()
    assert "<b>1,200&nbsp;USD</b> a month" in page
    assert "not paid now" in page
    tool = ToolCost.objects.using("owner").get(name="Zendesk")
    address = f"/c/acme/assumptions/tools/{tool.public_id}/"
    assert 'value="2026-08"' in browser.get(address).content.decode()
    assert browser.post(address, TOOL | {"to_month": "2026-11"}).status_code == 302
    assert browser.post(address, TOOL | {"amount": "1"}).status_code == 422  # somebody saved in between
    assert browser.post(address, TOOL | {"to_month": "2026-07", "edition": "1"}).status_code == 422
    assert ToolCost.objects.using("owner").get(name="Zendesk").to_month == date(2026, 11, 1)
    assert browser.get(f"{address}remove/").status_code == 405
    answer = browser.post(f"{address}remove/", follow=True).content.decode()
    assert "Zendesk, 1,200 USD a month, is out of the costs" in answer
    assert "<b>1,200" not in answer


def test_an_executive_reads_assumptions_and_a_contributor_sees_no_money(client_row: Client) -> None:
    said = {}
    for role in ("executive", "contributor"):
        one = Browser()
        one.force_login(factories.member(client_row, role))
        said[role] = one.get("/c/acme/assumptions/").status_code
        assert ("Assumptions" in one.get("/c/acme/").content.decode()) is (role == "executive")
        assert "/c/acme/settings/" not in one.get("/c/acme/").content.decode()
    assert said == {"executive": 200, "contributor": 403}


def test_pages_ask_as_much_of_a_long_record_as_of_a_short_one(browser: Browser, client_row: Client) -> None:
    paths = ("settings/", "calendar/", "assumptions/", "recipients/")

    def asked() -> list[int]:
        counts = []
        for path in paths:
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(f"/c/acme/{path}").status_code == 200
            counts.append(len(queries))
        return counts

    browser.post("/c/acme/assumptions/new/", ASSUMED)
    asked()
    before = asked()
    with scope(client_row):
        for i in range(60):
            day = NOW.date() + timedelta(days=i)
            Closure.objects.create(client=client_row, kind="closed", first=day, last=day, why=str(i))
            Assumption.objects.create(
                client=client_row,
                key=f"k{i}",
                value=i,
                unit="USD",
                known="assumed",
                said_by="M",
                said_on=day,
                valid_from=day,
            )
            ToolCost.objects.create(
                client=client_row, name=str(i), amount=i, currency="USD", from_month=day, said_by="M"
            )
    assert asked() == before
    assert max(before) <= 19
    assert "Older" in browser.get("/c/acme/assumptions/").content.decode()
