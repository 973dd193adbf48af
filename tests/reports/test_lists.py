"""Who loses their access is sent nothing more: no report, and no charter to agree to by a link."""

import pytest
from django.test import Client as Browser

from clients import charters, people
from clients.models import Charter, CharterLink, Client, Practice, Role, User
from clients.tenancy import scope
from reports.models import Recipient
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role")


@pytest.fixture
def anna(client_row: Client, other_client: Client) -> User:
    """An executive of Acme who is on its list, under an address with a capital, and was sent its charter."""
    person = factories.member(client_row, "executive", "anna@acme.example")
    for client in (client_row, other_client):
        with scope(client):
            Recipient.objects.create(client=client, email="anna@acme.example")
            Recipient.objects.create(client=client, email="theo@acme.example")
            made = Charter.objects.create(client=client, quarter_start=NOW.date().replace(month=10, day=1))
            charters.send(made, "Anna", "Anna@acme.example", person, NOW)
    return person


def left(client: Client) -> tuple[list[str], int]:
    """Who is on a client's list, and how many links to its charter are open."""
    with scope(client):
        on = list(Recipient.objects.on_the_list().values_list("email", flat=True))
        return on, CharterLink.objects.open().count()


def test_who_is_taken_away_from_a_client_gets_nothing_of_it(
    anna: User, practice: Practice, client_row: Client, other_client: Client
) -> None:
    with people.changing(practice):
        people.take_away(practice, anna, client_row)
    assert left(client_row) == (["theo@acme.example"], 0)
    assert left(other_client) == (["anna@acme.example", "theo@acme.example"], 1)


def test_who_is_deactivated_gets_nothing_of_any_client(
    anna: User, practice: Practice, client_row: Client, other_client: Client
) -> None:
    browser = Browser()
    browser.force_login(factories.member(practice, "owner", "ada@northlight.example"))
    address = f"/p/northlight/people/{anna.public_id}/deactivate/"
    assert "get no more reports" in browser.get(address).content.decode()
    assert browser.post(address, {"taker": ""}).status_code == 302
    assert left(client_row) == left(other_client) == (["theo@acme.example"], 0)


def test_who_hands_their_clients_over_gets_nothing_of_them(practice: Practice, client_row: Client) -> None:
    mara = factories.member(client_row, "program_manager", "mara@northlight.example")
    otis = factories.member(practice, "program_manager", "otis@northlight.example")
    with scope(client_row):
        Recipient.objects.create(client=client_row, email=mara.email)
    with people.changing(practice):
        people.hand_over(practice, mara, otis)
    assert left(client_row) == ([], 0)


def test_an_owner_who_becomes_a_manager_keeps_what_they_look_after(
    practice: Practice, client_row: Client, other_client: Client
) -> None:
    ada = factories.member(practice, "owner", "ada@northlight.example")
    factories.member(practice, "owner", "bo@northlight.example")
    for client in (client_row, other_client):
        with scope(client):
            Recipient.objects.create(client=client, email=ada.email)
    with people.changing(practice):
        people.make_lead(practice, ada, client_row)
        people.change_role(practice, ada, Role.PROGRAM_MANAGER)
    assert (left(client_row)[0], left(other_client)[0]) == ([ada.email], [])


def test_an_owner_who_gives_an_assignment_back_still_sees_the_client(practice: Practice, client_row: Client) -> None:
    ada = factories.member(practice, "owner", "ada@northlight.example")
    with scope(client_row):
        Recipient.objects.create(client=client_row, email=ada.email)
    with people.changing(practice):
        people.assign(practice, ada, client_row, Role.PROGRAM_MANAGER)
        people.take_away(practice, ada, client_row)
    assert left(client_row)[0] == [ada.email]
