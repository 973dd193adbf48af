"""The model calendar as a program manager uses it, and the notice as a client's people see it."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Client, Retirement, RetirementFeed
from clients.tenancy import practice as whole_practice
from clients.tenancy import scope
from monitoring.models import Signal
from monitoring.retirements import bring_up_to_date
from tests import factories
from tests.conftest import ALL, NOW

pytestmark = pytest.mark.django_db(transaction=True, databases=ALL)
CALENDAR = "/p/northlight/models/"
TYPED = {
    "model": "gpt-4o",
    "retires_on": "2027-01-03",
    "replacement": "gpt-5",
    "link": "https://models.example/dates",
}


@pytest.fixture
def desk(client_row: Client, time_machine: Any) -> Browser:
    time_machine.move_to(NOW, tick=False)
    browser = Browser()
    person = factories.member(client_row, "program_manager")
    browser.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


def called(client: Client, model: str) -> None:
    factories.calls(client, [factories.span(1, NOW - timedelta(days=1), model=model)])


def test_a_typed_date_names_the_clients_that_call_the_model(desk: Browser, client_row: Client) -> None:
    called(client_row, "gpt-4o-2024-08-06")
    assert desk.post(CALENDAR, TYPED).status_code == 302
    bring_up_to_date(client_row.pk, NOW)
    page = desk.get(CALENDAR).content.decode()
    assert "gpt-4o retires in 58 days, and Acme calls it." in page
    timeline = desk.get("/c/acme/events/").content.decode()
    assert "gpt-4o-2024-08-06 retires in 58 days" in timeline
    assert "gpt-4o-2024-08-06 is to retire on" in timeline
    assert "gpt-4o-2024-08-06 retires on" in desk.get("/c/acme/signals/").content.decode()


def test_the_clients_people_read_the_notice_without_the_practices_calendar(desk: Browser, client_row: Client) -> None:
    called(client_row, "gpt-4o")
    desk.post(CALENDAR, TYPED)
    bring_up_to_date(client_row.pk, NOW)
    executive = Browser()
    executive.force_login(
        factories.member(client_row, "executive"), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    assert "gpt-4o retires in 58 days" in executive.get("/c/acme/events/").content.decode()
    assert executive.get(CALENDAR).status_code == 404


def test_clients_of_another_manager_are_not_named(desk: Browser, client_row: Client, other_client: Client) -> None:
    called(other_client, "gpt-4o")
    desk.post(CALENDAR, TYPED)
    bring_up_to_date(other_client.pk, NOW)
    page = desk.get(CALENDAR).content.decode()
    assert "gpt-4o" in page
    assert "Zenith" not in page


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"link": ""}, "This field is required"),
        ({"retires_on": "2027-02-30"}, "Enter a valid date"),
        ({"retires_on": "9999-01-01"}, "is too far away"),
        ({"retires_on": "2014-12-31"}, "2014 is no year"),
        ({"model": "x" * 121}, "at most 120 characters"),
        ({"model": "GPT-4"}, "GPT-4 is in the calendar already"),
        ({"link": "ftp//x"}, "Enter a valid URL"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_typed_is_lost(desk: Browser, typed: dict[str, str], words: str) -> None:
    desk.post(CALENDAR, TYPED | {"model": "gpt-4"})
    answer = desk.post(CALENDAR, TYPED | {"replacement": "gpt-5-turbo"} | typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert 'value="gpt-5-turbo"' in answer.content.decode()


def test_a_date_is_changed_and_withdrawn(desk: Browser, client_row: Client) -> None:
    called(client_row, "gpt-4o")
    desk.post(CALENDAR, TYPED)
    bring_up_to_date(client_row.pk, NOW)
    row = Retirement.objects.using("owner").get()
    address = f"{CALENDAR}{row.public_id}/"
    assert desk.post(address, TYPED | {"retires_on": "2026-12-01", "edition": "0"}).status_code == 302
    assert Retirement.objects.using("owner").get().retires_on == date(2026, 12, 1)
    assert desk.post(address, {"do": "remove"}).status_code == 302
    bring_up_to_date(client_row.pk, NOW)
    with scope(client_row):
        assert Signal.objects.get().closed_at == NOW


def test_a_feed_is_added_once_read_again_and_removed_with_its_dates(desk: Browser, client_row: Client) -> None:
    typed = {"name": "Dates", "url": "https://127.0.0.1:1/dates.json"}
    new = f"{CALENDAR}feeds/new/"
    assert desk.post(new, typed).status_code == 302
    assert "This is the address of" in desk.post(new, typed).content.decode()
    for odd, words in (
        ("user:secret@feeds.example", "Leave the name and password out"),
        ("☃.net", "No server can have"),
    ):
        assert words in desk.post(new, typed | {"url": f"https://{odd}/a.json"}).content.decode()
    assert "begins with https://" in desk.post(new, typed | {"url": "http://127.0.0.1:1/d"}).content.decode()
    feed = RetirementFeed.objects.using("owner").get()
    assert "inside a private network" in feed.error
    with whole_practice(client_row.practice_id):
        Retirement.objects.create(practice=client_row.practice, feed=feed, model="gpt-4", retires_on=NOW.date())
        RetirementFeed.objects.update(next_at=NOW + timedelta(days=1), error="Its server answered 500.")
    page = desk.get(CALENDAR).content.decode()
    assert "Its server answered 500." in page
    act = f"{CALENDAR}feeds/{feed.public_id}/act/"
    desk.post(act, {"do": "read"})
    assert "inside a private network" in RetirementFeed.objects.using("owner").get().error
    desk.post(act, {"do": "remove"})
    assert not Retirement.objects.using("owner").exists()


def test_the_page_asks_as_little_of_many_dates_as_of_few(desk: Browser, client_row: Client) -> None:
    called(client_row, "gpt-4o")
    desk.post(CALENDAR, TYPED)
    bring_up_to_date(client_row.pk, NOW)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(CALENDAR).status_code == 200
        return len(queries)

    before = asked()
    with whole_practice(client_row.practice_id):
        for number in range(30):
            Retirement.objects.create(practice=client_row.practice, model=f"m{number}", retires_on=date(2027, 2, 1))
    assert asked() <= before <= 20
