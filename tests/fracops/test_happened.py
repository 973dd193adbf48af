"""The timeline: what was typed and what came with the calls on one list, for each reader what they may see."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zlib import crc32

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients import handbook
from clients.models import Client, HandbookPage
from clients.tenancy import scope
from monitoring.happenings import happenings
from tests import factories
from tests.conftest import ALL, NOW

pytestmark = pytest.mark.django_db(transaction=True, databases=ALL)


@pytest.fixture(autouse=True)
def _today(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def reader(client_row: Client) -> Callable[[str], Browser]:
    def made(role: str) -> Browser:
        browser = Browser()
        person = factories.member(client_row, role)
        browser.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return browser

    return made


def called(client: Client, days: range, model: str = "gpt-4", version: str = "v1", **fields: Any) -> None:
    """A call on each of these days before NOW."""
    first = crc32(f"{model} {version} {days.start} {fields}".encode())
    spans = [
        factories.span(
            first + back,
            NOW - timedelta(days=back),
            model=model,
            prompt_name="support",
            prompt_version=version,
            system="Bot",
            **fields,
        )
        for back in days
    ]
    factories.calls(client, spans, by=factories.source(client, f"App {first}"))


def read(client: Client, days: int = 28, *, staff: bool = True) -> list[str]:
    with scope(client):
        return [h.title for h in happenings(client, NOW - timedelta(days=days), NOW, staff=staff)]


def test_a_model_and_a_version_that_came_are_on_the_timeline_by_themselves(client_row: Client) -> None:
    called(client_row, range(10, 40))
    called(client_row, range(10), "gpt-5", "v2")
    assert read(client_row) == ["gpt-5 took the place of gpt-4", "support v2 replaced v1"]
    assert read(client_row, days=5) == []


def test_a_model_that_joins_the_others_takes_nobodys_place(client_row: Client) -> None:
    called(client_row, range(40))
    called(client_row, range(10), "gpt-5")
    assert read(client_row) == ["gpt-5 was first called"]


def test_a_systems_beginning_is_no_change(client_row: Client) -> None:
    called(client_row, range(12))
    called(client_row, range(8), "gpt-5")
    assert read(client_row) == []


@pytest.mark.parametrize("environment", ["staging", "Staging", "QA"])
def test_what_is_not_called_in_production_is_no_event(client_row: Client, environment: str) -> None:
    called(client_row, range(40))
    called(client_row, range(10), "gpt-5", "v1", environment=environment)
    assert read(client_row) == []


def test_one_list_holds_all_kinds_and_filters_by_kind_system_and_days(
    client_row: Client, reader: Callable[[str], Browser]
) -> None:
    called(client_row, range(10, 40))
    called(client_row, range(10), "gpt-5")
    factories.review(client_row)
    factories.event(client_row, NOW - timedelta(days=200), title="Long ago")
    with scope(client_row):
        page = HandbookPage.objects.create(
            client=client_row, kind="decision", title="Keep the index small", decided_on=date(2026, 11, 2)
        )
        handbook.write(page, "We keep it.", by="Mara", now=NOW)
    desk = reader("program_manager")

    def shown(query: str = "") -> str:
        return desk.get(f"/c/acme/events/{query}").content.decode()

    everything = shown()
    told = ("gpt-5 took the place of gpt-4", "New prices", "Keep the index small")
    assert all(words in everything for words in told)
    assert "Long ago" not in everything
    only = shown("?kind=decision").partition("Timeline")[2]
    assert ("Keep the index small" in only, "gpt-5 took" in only, "New prices</" in only) == (True, False, False)
    assert "Long ago" in shown("?since=2026-04-01&until=2026-05-01")
    assert "It ends before it begins" in shown("?since=2026-05-01&until=2026-04-01")
    assert "longer than a year" in shown("?since=2016-05-01")
    for odd in ("?since=0001-01-01", "?until=9999-12-31", "?kind=x&system=x&page=0", "?page=9999"):
        assert desk.get(f"/c/acme/events/{odd}").status_code == 200


def test_the_clients_people_are_shown_what_is_theirs_to_see(
    client_row: Client, reader: Callable[[str], Browser]
) -> None:
    factories.event(client_row, title="Their prices")
    factories.event(client_row, title="Our worry", visible=False)
    with scope(client_row):
        HandbookPage.objects.create(
            client=client_row, kind="decision", title="Keep the index small", decided_on=date(2026, 11, 2)
        )
    pages = {role: reader(role).get("/c/acme/events/").content.decode() for role in ("executive", "contributor")}
    assert all("Their prices" in page and "Our worry" not in page for page in pages.values())
    assert "Keep the index small" in pages["executive"]
    assert "Keep the index small" not in pages["contributor"]
    assert read(client_row, staff=False) == ["Their prices"]


def test_an_open_incident_is_the_first_sentence(client_row: Client, reader: Callable[[str], Browser]) -> None:
    factories.review(client_row, due=date(2026, 11, 4))
    page = reader("executive").get("/c/acme/events/").content.decode()
    assert "Bot was to be looked at by" in page
    factories.event(client_row, type="incident", title="Orders not found")
    page = reader("contributor").get("/c/acme/events/").content.decode()
    assert "An incident at Acme is open: Orders not found." in page


def test_the_page_turns_and_asks_as_little_of_long_lists_as_of_short_ones(
    client_row: Client, reader: Callable[[str], Browser]
) -> None:
    desk = reader("program_manager")
    called(client_row, range(10, 40))
    called(client_row, range(10), "gpt-5")
    factories.review(client_row)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get("/c/acme/events/").status_code == 200
        return len(queries)

    before = asked()
    for number in range(60):
        factories.event(client_row, NOW - timedelta(hours=number + 100), title=f"Release {number}", type="release")
    assert asked() <= before <= 28
    first, second = (desk.get(f"/c/acme/events/?page={page}").content.decode() for page in (1, 2))
    assert ("Release 0<" in first, "Release 59<" in first, "page=2" in first) == (True, False, True)
    assert ("Release 0<" in second, "Release 59<" in second, "page=1" in second) == (False, True, True)
