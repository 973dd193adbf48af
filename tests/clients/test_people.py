"""People of a practice, as an owner sees and changes them; the last owner always stays."""

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients import people
from clients.invitations import invite
from clients.models import Absence, Client, Invitation, Membership, Practice, Role, Staff, User
from clients.people import RefusedError, changing
from clients.tenancy import practice as whole_practice
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role")
PEOPLE = "/p/northlight/people/"


@pytest.fixture
def ada(practice: Practice) -> User:
    return factories.member(practice, "owner", "ada@northlight.example")


@pytest.fixture
def mara(client_row: Client, other_client: Client) -> User:
    """Leads Acme, and Zenith is assigned to her."""
    made = factories.member(client_row, "program_manager", "mara@northlight.example")
    with changing(client_row.practice):
        people.assign(client_row.practice, made, other_client, Role.PROGRAM_MANAGER)
        people.make_lead(client_row.practice, made, client_row)
    return made


@pytest.fixture
def otis(practice: Practice) -> User:
    return factories.member(practice, "program_manager", "otis@northlight.example")


@pytest.fixture
def owner(ada: User) -> Browser:
    return signed_in(ada)


def signed_in(person: User) -> Browser:
    browser = Browser()
    browser.force_login(person)
    return browser


def roles(person: User) -> set[tuple[str, str]]:
    """Where the person has which role; "" for the practice itself."""
    rows = Membership.objects.using("owner").filter(user=person).select_related("client")
    return {(row.client.slug if row.client else "", row.role) for row in rows}


def lead_of(client: Client) -> User | None:
    return Client.objects.using("owner").select_related("lead").get(pk=client.pk).lead


def act(browser: Browser, person: User, **said: str) -> str:
    """What the page says after one change."""
    answer = browser.post(f"{PEOPLE}{person.public_id}/act/", said, follow=True)
    return str(answer.content.decode())


def test_the_page_tells_who_is_what_for_whom_in_the_practices_words(
    owner: Browser, mara: User, otis: User, practice: Practice, client_row: Client
) -> None:
    factories.member(client_row, "executive", "theo@acme.example")
    Practice.objects.using("owner").update(manager_word="engineer")
    page = owner.get(PEOPLE).content.decode()
    for part in ("Engineer", "Leads Acme", "and has Zenith", "none yet", "Executive", "never"):
        assert part in page
    assert "Zenith has no lead; 3 people work for Northlight, 1 for its clients." in page
    assert page.index("ada@") < page.index("mara@") < page.index("otis@") < page.index("theo@")
    only = owner.get(PEOPLE, {"client": "acme", "role": "executive"}).content.decode()
    assert "theo@" in only
    assert "mara@" not in only
    assert "Nobody fits" in owner.get(PEOPLE, {"q": "nobody"}).content.decode()
    for asked in ({"role": "king"}, {"page": "-1"}, {"page": "x"}, {"client": "rival"}):
        assert owner.get(PEOPLE, asked).status_code == 200


def test_a_page_asks_as_much_of_many_people_as_of_few(owner: Browser, client_row: Client, mara: User) -> None:
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert owner.get(address).status_code == 200
        return len(asked)

    pages = (PEOPLE, f"{PEOPLE}{mara.public_id}/", f"{PEOPLE}{mara.public_id}/hand-over/")
    few = [queries(page) for page in pages]
    for number in range(60):
        factories.member(client_row, "executive", f"someone-{number}@acme.example")
    for number in range(5):
        one = factories.client(client_row.practice, f"more-{number}")
        with changing(client_row.practice):
            people.make_lead(client_row.practice, mara, one)
    assert [queries(page) for page in pages] == few
    assert max(few) <= 33
    assert "More people" in owner.get(PEOPLE).content.decode()
    assert "someone-9@" in owner.get(PEOPLE, {"page": "2"}).content.decode()


def test_another_practices_people_are_not_there(owner: Browser) -> None:
    stranger = factories.member(factories.practice("southgate"), "owner", "eve@southgate.example")
    assert "eve@" not in owner.get(PEOPLE).content.decode()
    assert owner.get(f"{PEOPLE}{stranger.public_id}/").status_code == 404
    assert owner.post(f"{PEOPLE}{stranger.public_id}/deactivate/", {"taker": ""}).status_code == 404
    assert roles(stranger) == {("", "owner")}


def test_a_client_is_assigned_led_and_taken_away(
    owner: Browser, otis: User, mara: User, client_row: Client, other_client: Client
) -> None:
    assert "is program manager of Zenith now" in act(owner, otis, do="assign", client="zenith")
    assert signed_in(otis).get("/c/zenith/").status_code == 200
    assert "leads Zenith now" in act(owner, otis, do="lead", client="zenith")
    assert lead_of(other_client) == otis
    assert "leads Zenith. Make somebody else its lead first" in act(owner, otis, do="take", client="zenith")
    act(owner, mara, do="lead", client="zenith")
    assert "is no longer Otis’s" in act(owner, otis, do="take", client="zenith")
    assert signed_in(otis).get("/c/zenith/").status_code == 404
    # Who looks after nobody still works there.
    assert roles(otis) == {("", "program_manager")}


def backup(client: Client, person: User) -> None:
    Client.objects.using("owner").filter(pk=client.pk).update(backup=person)


def looks_after(client: Client) -> tuple[User | None, User | None]:
    """Its lead and its backup."""
    found = Client.objects.using("owner").select_related("lead", "backup").get(pk=client.pk)
    return found.lead, found.backup


def settings_save(owner: Browser, client: Client) -> int:
    """The status that saving a client's settings as they stand answers with."""
    address = f"/c/{client.slug}/settings/"
    form = owner.get(address).context["form"]
    typed = {name: form[name].value() for name in form.fields}
    lines = {name: "\n".join(value) if isinstance(value, list) else value for name, value in typed.items()}
    status: int = owner.post(
        address, {name: "" if value is None else value for name, value in lines.items()}
    ).status_code
    return status


def test_a_backup_from_whom_the_client_is_taken_backs_it_up_no_more(
    owner: Browser, otis: User, mara: User, client_row: Client
) -> None:
    act(owner, otis, do="assign", client="acme")
    backup(client_row, otis)
    act(owner, otis, do="take", client="acme")
    assert looks_after(client_row) == (mara, None)


@pytest.mark.parametrize("way", ["lead", "over"])
def test_a_backup_who_becomes_the_lead_backs_nobody_up(
    owner: Browser, otis: User, mara: User, client_row: Client, way: str
) -> None:
    backup(client_row, otis)
    if way == "lead":
        act(owner, otis, do="lead", client="acme")
    else:
        owner.post(f"{PEOPLE}{mara.public_id}/hand-over/", {"taker": otis.public_id})
    assert looks_after(client_row) == (otis, None)
    assert settings_save(owner, client_row) == 302


def test_a_lead_to_whom_the_backup_hands_over_stays_the_lead_alone(
    owner: Browser, otis: User, mara: User, client_row: Client
) -> None:
    backup(client_row, otis)
    owner.post(f"{PEOPLE}{otis.public_id}/hand-over/", {"taker": mara.public_id})
    assert looks_after(client_row) == (mara, None)


def test_who_left_is_away_no_more(owner: Browser, mara: User, practice: Practice) -> None:
    with whole_practice(practice):
        Absence.objects.create(practice=practice, person=mara, first=NOW.date(), last=NOW.date() + timedelta(days=900))
    owner.post(f"{PEOPLE}{mara.public_id}/deactivate/", {"taker": ""}, follow=True)
    assert "Mara" not in owner.get("/p/northlight/leave/").content.decode()


def test_a_clients_own_people_change_between_their_two_roles_and_no_others(owner: Browser, client_row: Client) -> None:
    theo = factories.member(client_row, "executive", "theo@acme.example")
    assert "Theo is contributor of Acme now" in act(owner, theo, do="assign", client="acme", role="contributor")
    assert roles(theo) == {("acme", "contributor")}
    for refused in (
        {"do": "assign", "client": "acme", "role": "program_manager"},
        {"do": "assign", "client": "acme", "role": "owner"},
        {"do": "assign", "client": "acme"},
        {"do": "lead", "client": "acme"},
        {"do": "role", "role": "owner"},
        {"do": "assign", "client": "rival", "role": "executive"},
        {"do": "nothing", "client": "acme"},
        {},
    ):
        assert 'role="alert"' in act(owner, theo, **refused)
        assert roles(theo) == {("acme", "contributor")}
    act(owner, theo, do="take", client="acme")
    assert roles(theo) == set()


def test_an_owner_is_made_and_unmade_and_keeps_the_clients_they_lead(
    owner: Browser, ada: User, otis: User, client_row: Client
) -> None:
    assert "Otis is owner now" in act(owner, otis, do="role", role="owner")
    assert signed_in(otis).get(PEOPLE).status_code == 200
    Client.objects.using("owner").filter(pk=client_row.pk).update(lead=otis)
    act(owner, otis, do="role", role="program_manager")
    assert roles(otis) == {("", "program_manager"), ("acme", "program_manager")}
    assert signed_in(otis).get(PEOPLE).status_code == 403
    assert 'role="alert"' in act(owner, otis, do="role", role="king")


def test_the_last_owner_can_neither_be_demoted_nor_leave(owner: Browser, ada: User, otis: User) -> None:
    assert "Ada is the last owner of Northlight. Make somebody else an owner first." in act(
        owner, ada, do="role", role="program_manager"
    )
    answer = owner.post(f"{PEOPLE}{ada.public_id}/deactivate/", {"taker": otis.public_id})
    assert answer.status_code == 422
    assert "last owner" in answer.content.decode()
    assert roles(ada) == {("", "owner")}


def test_two_owners_who_demote_each_other_at_once_leave_one(practice: Practice, ada: User) -> None:
    both = (ada, factories.member(practice, "owner", "bea@northlight.example"))
    together, refused = threading.Barrier(2), []

    def demote(person: User) -> None:
        together.wait()
        try:
            with changing(practice):
                people.change_role(practice, person, Role.PROGRAM_MANAGER)
        except RefusedError as said:
            refused.append(str(said))
        connections.close_all()

    threads = [threading.Thread(target=demote, args=[person]) for person in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert Membership.objects.using("owner").filter(role="owner").count() == 1


def test_all_clients_of_a_person_are_handed_over_in_one_step(
    owner: Browser, mara: User, otis: User, client_row: Client, other_client: Client
) -> None:
    address = f"{PEOPLE}{mara.public_id}/hand-over/"
    page = owner.get(address).content.decode()
    for part in ("Hand over all 2 clients of Mara?", "Acme", "Zenith", "Lead", "Assigned", "Otis"):
        assert part in page
    assert owner.post(address, {"taker": ""}).status_code == 422
    assert owner.post(address, {"taker": mara.public_id}).status_code == 422
    told = owner.post(address, {"taker": otis.public_id}, follow=True).content.decode()
    assert "Otis looks after Acme and Zenith now." in told
    assert (lead_of(client_row), lead_of(other_client)) == (otis, None)
    assert roles(otis) == {("", "program_manager"), ("acme", "program_manager"), ("zenith", "program_manager")}
    assert roles(mara) == {("", "program_manager")}
    assert signed_in(mara).get("/c/acme/").status_code == 404
    assert "there is nothing to hand over" in owner.get(address).content.decode()


def test_who_is_deactivated_sees_nothing_at_the_next_click_and_keeps_their_name(
    owner: Browser, mara: User, otis: User, practice: Practice, client_row: Client, other_client: Client
) -> None:
    theirs = signed_in(mara)
    with whole_practice(practice):
        invite(practice, mara, "friend@acme.example", Role.EXECUTIVE, [client_row], NOW)
        invite(practice, otis, mara.email, Role.PROGRAM_MANAGER, [], NOW)
        kept = invite(practice, otis, "ceo@acme.example", Role.EXECUTIVE, [client_row], NOW)
    assert theirs.get("/c/acme/").status_code == 200
    page = owner.get(f"{PEOPLE}{mara.public_id}/deactivate/").content.decode()
    assert "Acme" in page
    answer = owner.post(f"{PEOPLE}{mara.public_id}/deactivate/", {"taker": otis.public_id}, follow=True)
    assert "Mara sees nothing of Northlight any more." in answer.content.decode()
    assert [theirs.get(page).status_code for page in ("/c/acme/", "/c/zenith/", "/p/northlight/rates/")] == [404] * 3
    assert (roles(mara), lead_of(client_row)) == (set(), otis)
    assert User.objects.get(pk=mara.pk).label == "Mara"
    still_open = Invitation.objects.using("owner").filter(withdrawn_at=None)
    assert [one.pk for one in still_open] == [kept.pk]
    assert "Membership “Mara” of Acme removed" in owner.get("/p/northlight/changes/").content.decode()


def test_without_a_successor_the_clients_have_no_lead(owner: Browser, mara: User, client_row: Client) -> None:
    assert owner.post(f"{PEOPLE}{mara.public_id}/deactivate/", {"taker": ""}).status_code == 302
    assert lead_of(client_row) is None


def test_their_own_rate_and_week_are_the_owners_to_see(owner: Browser, mara: User, practice: Practice) -> None:
    address = f"{PEOPLE}{mara.public_id}/"
    typed = {"hourly_rate": "78.50", "weekly_hours": "36", "edition": "0"}
    assert owner.post(address, typed).status_code == 302
    told = owner.post(address, typed | {"hourly_rate": "99"})
    assert told.status_code == 422
    assert "Somebody saved this while you were writing" in told.content.decode()
    for wrong in ({"hourly_rate": "-1"}, {"weekly_hours": "169"}, {"hourly_rate": "much"}):
        answer = owner.post(address, typed | {"edition": "1"} | wrong)
        assert answer.status_code == 422
        assert f'value="{next(iter(wrong.values()))}"' in answer.content.decode()
    with whole_practice(practice):
        staff = Staff.objects.get(user=mara)
    assert (staff.hourly_rate, staff.weekly_hours) == (Decimal("78.50"), Decimal(36))
    from clients.tenancy import scope

    # Not even a manager's own request can read it.
    with scope(mara):
        assert not Staff.objects.exists()
        assert not Invitation.objects.exists()


def test_a_clients_own_person_has_no_rate(owner: Browser, client_row: Client) -> None:
    theo = factories.member(client_row, "executive", "theo@acme.example")
    address = f"{PEOPLE}{theo.public_id}/"
    assert "Rate and week" not in owner.get(address).content.decode()
    assert owner.post(address, {"hourly_rate": "1"}).status_code == 404


@pytest.mark.parametrize("said", [{"do": "take", "client": "acme"}, {"do": "lead", "client": "acme"}])
def test_a_manager_changes_nobody(mara: User, otis: User, said: dict[str, Any]) -> None:
    browser = signed_in(mara)
    assert browser.post(f"{PEOPLE}{otis.public_id}/act/", said).status_code == 403
    assert browser.get(f"{PEOPLE}{otis.public_id}/").status_code == 403
