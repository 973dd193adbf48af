"""From an empty practice to a first pulse: the list knows by itself what is done, leads on and back, and can be put away."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Charter, Client, Practice, Target, User
from clients.tenancy import scope
from fracops.pages.first_steps import mine, steps_of
from reports.models import Recipient
from tests import factories
from tests.conftest import NOW

pytestmark = [pytest.mark.usefixtures("runtime_role"), pytest.mark.time_machine(NOW, tick=False)]
STEPS = "/p/brightwater/first-steps/"


@pytest.fixture
def firm(client_row: Client) -> Practice:
    """An empty practice; somebody else's has a client."""
    return factories.practice("brightwater")


@pytest.fixture
def person(firm: Practice) -> User:
    return factories.member(firm, "owner")


@pytest.fixture
def owner(person: User) -> Browser:
    browser = Browser()
    browser.force_login(person)
    return browser


def done(firm: Practice, person: User) -> list[bool]:
    with scope(person):
        return [step.done for step in steps_of(firm).steps]


def promise(client: Client) -> None:
    with scope(client):
        charter = Charter.objects.create(client=client, quarter_start=NOW.date().replace(month=10, day=1))
        Target.objects.create(
            client=client, charter=charter, name="Right", metric="accuracy", goal="0.9", due=charter.quarter_end
        )


def test_each_step_is_done_once_its_rows_are_there_and_the_list_then_goes_away(
    owner: Browser, firm: Practice, person: User
) -> None:
    first = owner.get("/").content.decode()
    assert ("4 left to Brightwater’s first pulse; next is: The first client." in first, STEPS in first) == (True, True)
    assert done(firm, person) == [True, False, False, False, False]
    client = factories.client(firm, "harbour")
    assert done(firm, person) == [True, True, False, False, False]
    factories.token(client)
    assert "nothing has arrived by it yet" in owner.get(STEPS).content.decode()
    factories.calls(client, [factories.span(n, NOW - timedelta(days=1)) for n in range(1, 4)])
    assert done(firm, person) == [True, True, True, False, False]
    assert "charter/2026-q4/write/?propose=1" in owner.get(STEPS).content.decode()
    promise(client)
    assert done(firm, person) == [True, True, True, True, False]
    # With one client the first page is still the one that leads to the list, not the client's.
    assert "1 left to Brightwater’s first pulse" in owner.get("/").content.decode()
    with scope(client):
        Recipient.objects.create(client=client, email="ceo@harbour.example")
    assert "All 5 steps to a first pulse are done." in owner.get(STEPS).content.decode()
    assert owner.get("/").headers["Location"] == "/c/harbour/"
    assert "First steps" not in owner.get("/?all").content.decode()


def test_pages_lead_back_to_the_list_while_it_is_walked_and_no_longer(owner: Browser, firm: Practice) -> None:
    back = "Back to the first steps"
    new = "/p/brightwater/clients/new/"
    assert back not in owner.get(new).content.decode()
    owner.get(STEPS)
    assert back in owner.get(new).content.decode()
    assert back not in owner.get(STEPS).content.decode()
    owner.post(new, {"name": "Harbour", "zone": "UTC", "currency": "USD", "colour": "#0F5C78"})
    assert back in owner.get("/c/harbour/sources/").content.decode()
    owner.post(STEPS, {"do": "hide"})
    assert back not in owner.get(new).content.decode()


def test_it_is_put_away_for_the_whole_practice_and_brought_back(owner: Browser, firm: Practice) -> None:
    assert owner.post(STEPS, {"do": "hide"}).headers["Location"] == "/"
    assert STEPS not in owner.get("/?all").content.decode()
    assert STEPS in owner.get("/p/brightwater/settings/").content.decode()
    assert "Bring it back" in owner.get(STEPS).content.decode()
    owner.post(STEPS, {"do": "show"})
    assert STEPS in owner.get("/?all").content.decode()


def test_a_client_that_is_behind_does_not_bring_the_list_back(firm: Practice, person: User, owner: Browser) -> None:
    client = factories.client(firm, "harbour")
    factories.calls(client, [factories.span(1, NOW - timedelta(days=1))])
    promise(client)
    with scope(client):
        Recipient.objects.create(client=client, email="ceo@harbour.example")
    factories.client(firm, "another")
    assert all(done(firm, person))


def test_a_manager_is_led_nowhere(firm: Practice) -> None:
    browser = Browser()
    browser.force_login(factories.member(factories.client(firm, "harbour"), "program_manager"))
    assert STEPS not in browser.get("/?all").content.decode()
    assert browser.get(STEPS).status_code == 403


def test_a_practice_that_is_through_costs_the_first_page_one_query(
    firm: Practice, person: User, rf: "object", owner: Browser
) -> None:
    client = factories.client(firm, "harbour")
    factories.calls(client, [factories.span(1, NOW - timedelta(days=1))])
    promise(client)
    with scope(client):
        Recipient.objects.create(client=client, email="ceo@harbour.example")
    request = rf.get("/")  # type: ignore[attr-defined]
    request.user = person
    with scope(person):
        mine(request, [])
        assert mine(request, [firm]) is None
        with CaptureQueriesContext(connection) as queries:
            mine(request, [firm])
    assert len(queries) == 1
