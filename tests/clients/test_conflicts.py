"""No two clients of a practice compete unless an owner says why; and what one is told never shows the other."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client as Browser

from clients.conflicts import Profile, collisions, plain_name, plain_tag
from clients.models import Client, ConflictException, Practice
from clients.tenancy import scope
from tests import factories
from tests.clients.test_record_pages import SETTINGS
from tests.conftest import rows


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller GmbH & Co. KG", "MULLER"),
        ("Zenith, Inc.", "zenith"),
        ("The Zenith Company", "Zenith S.A."),
        ("Halden Outfitters", "HaldenOutfitters Ltd"),
        ("Quarry & Pine", "Quarry and Pine LLP"),
        ("Łódź Straße AG", "łodz strasse"),
    ],
)
def test_a_name_is_the_same_in_whatever_way_it_is_written(one: str, other: str) -> None:
    assert plain_name(one) == plain_name(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Co", "Inc"), ("Zenith", "Zenit"), ("The", "Group"), ("株式会社", "有限会社")]
)
def test_names_that_only_look_alike_stay_two(one: str, other: str) -> None:
    assert plain_name(one) != plain_name(other)


def test_they_collide_from_both_sides_and_over_the_same_keys() -> None:
    a = Profile("Acme GmbH", ["Pet insurance"], ["Zenith Ltd"])
    b = Profile("Zenith", ["pet-insurance", "claims"], [])
    forward, back = collisions(a, b), collisions(b, a)
    assert {c.key for c in forward} == {c.key for c in back} == {"niche:petinsurance", "competitor:zenith"}
    assert "Acme GmbH names Zenith as its competitor." in [c.words for c in back]
    assert collisions(a, Profile("Other", [plain_tag("travel")], ["Third"])) == []


pytestmark = pytest.mark.usefixtures("transactional_db")
NEW = "/p/northlight/clients/new/"
RIVAL: dict[str, Any] = {
    "name": "Rival Ltd",
    "slug": "",
    "zone": "Europe/Berlin",
    "currency": "EUR",
    "colour": "#14191A",
    "competitors": "ACME, Inc.\nSomebody",
}


@pytest.fixture
def owner(client_row: Client) -> Browser:
    return signed_in(client_row, "owner")


def signed_in(of: Client, role: str) -> Browser:
    browser = Browser()
    browser.force_login(factories.member(of.practice if role == "owner" else of, role))
    return browser


def shown(page: str) -> str:
    return page.partition('name="shown" value="')[2].partition('"')[0]


def names() -> list[str]:
    return [name for (name,) in rows("SELECT name FROM clients_client ORDER BY name")]


def test_an_owner_adds_a_client_whose_short_name_is_made_for_it(owner: Browser, client_row: Client) -> None:
    lead = factories.member(client_row, "program_manager")
    typed = RIVAL | {"competitors": "", "name": "ACME", "lead": str(lead.pk)}
    refused = owner.post(NEW, typed)
    assert refused.status_code == 422
    assert "There is a client called ACME already" in refused.content.decode()
    asked = owner.post(NEW, typed | {"name": "Acme!"})
    assert (asked.status_code, 'name="slug" value="acme-2"' in asked.content.decode()) == (422, True)
    answer = owner.post(NEW, typed | {"name": "Acme!", "slug": "acme-2"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/c/acme-2/settings/")
    browser = Browser()
    browser.force_login(lead)
    assert browser.get("/c/acme-2/settings/").status_code == 200


@pytest.mark.parametrize(
    ("name", "there", "shown"),
    [
        ("日本の会社", [], "client"),
        ("日本の会社", ["client"], "client-2"),
        ("日本 Bank", [], "bank"),
        ("Zenith", ["zenith"], "zenith-2"),
    ],
)
def test_an_address_that_the_name_does_not_show_is_shown_before_it_is_for_good(
    owner: Browser, practice: Practice, name: str, there: list[str], shown: str
) -> None:
    for slug in there:
        factories.client(practice, slug)
        Client.objects.using("owner").filter(slug=slug).update(name=f"Another {slug}")
    typed = RIVAL | {"name": name, "competitors": "", "niche": "", "slug": ""}
    asked = owner.post(NEW, typed)
    page = asked.content.decode()
    assert asked.status_code == 422
    assert f"Its address is going to be /c/{shown}/, for good." in page
    assert f'name="slug" value="{shown}"' in page
    assert f'value="{name}"' in page
    assert not Client.objects.using("owner").filter(name=name).exists()
    assert owner.post(NEW, typed | {"slug": shown}).status_code == 302
    assert Client.objects.using("owner").get(name=name).slug == shown


def test_a_short_name_of_another_practice_is_taken_and_nothing_of_it_is_told(owner: Browser) -> None:
    factories.client(factories.practice("southgate"), "secret", name="Hidden Corp")
    answer = owner.post(NEW, RIVAL | {"competitors": "", "slug": "secret"})
    assert answer.status_code == 422
    assert "is taken" in answer.content.decode()
    assert "Hidden" not in answer.content.decode()


def test_a_collision_blocks_and_says_what_collides(owner: Browser) -> None:
    answer = owner.post(NEW, RIVAL)
    page = answer.content.decode()
    assert (answer.status_code, names()) == (422, ["Acme"])
    assert "Rival Ltd names Acme as its competitor." in page
    assert "ACME, Inc." in page  # nothing typed is lost
    assert owner.post(NEW, RIVAL | {"reason": "Never mind"}).status_code == 422  # a reason for what was not read yet


def test_an_exception_keeps_who_why_and_which_two_and_shows_on_both(owner: Browser, client_row: Client) -> None:
    token = shown(owner.post(NEW, RIVAL).content.decode())
    blank = owner.post(NEW, RIVAL | {"shown": token, "reason": "  "})
    assert "Write the reason first." in blank.content.decode()
    assert owner.post(NEW, RIVAL | {"shown": token, "reason": "Different countries"}).status_code == 302
    assert names() == ["Acme", "Rival Ltd"]
    assert rows("SELECT reason, recorded_by, collisions FROM clients_conflictexception") == [
        ("Different countries", "owner-northlight@people.example", ["competitor:acme"])
    ]
    for slug in ("acme", "rival-ltd"):
        assert "Different countries" in owner.get(f"/c/{slug}/settings/").content.decode()
    # An exception holds for what collided, and for nothing new between the two.
    rival = owner.get("/c/rival-ltd/settings/")
    assert rival.status_code == 200
    typed = SETTINGS | {"name": "Rival Ltd", "competitors": "Acme", "zone": "Europe/Berlin", "currency": "EUR"}
    assert owner.post("/c/rival-ltd/settings/", typed | {"niche": "widgets"}).status_code == 302
    again = owner.post("/c/acme/settings/", SETTINGS | {"niche": "Widgets"})
    assert again.status_code == 422
    assert "both in the niche “Widgets”" in again.content.decode()


def test_collisions_that_changed_since_they_were_read_are_read_again(owner: Browser, client_row: Client) -> None:
    token = shown(owner.post(NEW, RIVAL).content.decode())
    factories.client(client_row.practice, "third", competitors=["Rival"])
    answer = owner.post(NEW, RIVAL | {"shown": token, "reason": "Different countries"})
    assert answer.status_code == 422
    assert "read them again" in answer.content.decode()
    assert "Third names Rival Ltd" in answer.content.decode()


def test_a_manager_learns_that_it_collides_and_not_with_whom(client_row: Client, other_client: Client) -> None:
    manager = signed_in(client_row, "program_manager")
    answer = manager.post("/c/acme/settings/", SETTINGS | {"competitors": "Zenith GmbH", "reason": "x", "shown": "x"})
    page = answer.content.decode().replace("Zenith GmbH", "")
    assert answer.status_code == 422
    assert "collides with another client of the practice" in page
    assert "Zenith" not in page
    assert rows("SELECT competitors FROM clients_client WHERE slug = 'acme'") == [([],)]
    assert rows("SELECT count(*) FROM clients_conflictexception") == [(0,)]


@pytest.fixture
def excepted(client_row: Client, other_client: Client) -> Client:
    ConflictException.objects.using("owner").create(
        practice=client_row.practice,
        client=client_row,
        other=other_client,
        collisions=["niche:x"],
        reason="PLANTED",
        recorded_by="Ines",
    )
    return client_row


@pytest.mark.parametrize("role", ["program_manager", "executive", "contributor"])
def test_neither_clients_people_nor_a_manager_of_one_can_read_an_exception(excepted: Client, role: str) -> None:
    person = factories.member(excepted, role)
    with scope(person):
        assert list(ConflictException.objects.all()) == []
    with scope(excepted):
        assert list(ConflictException.objects.all()) == []
    browser = Browser()
    browser.force_login(person)
    assert "PLANTED" not in browser.get("/c/acme/settings/").content.decode()


def test_a_manager_of_both_does_not_see_it_on_the_page_and_nobody_changes_it(excepted: Client) -> None:
    other = Client.objects.using("owner").get(slug="zenith")
    person = factories.member(excepted, "program_manager")
    with scope(factories.member(excepted.practice, "owner")):
        assert [row.reason for row in ConflictException.objects.all()] == ["PLANTED"]
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            ConflictException.objects.update(reason="Other")
    from clients.models import Membership
    from clients.tenancy import practice

    with practice(excepted.practice_id):
        Membership.objects.create(practice=excepted.practice, client=other, user=person, role="program_manager")
    browser = Browser()
    browser.force_login(person)
    assert "PLANTED" not in browser.get("/c/acme/settings/").content.decode()


def test_another_practices_clients_never_collide(owner: Browser) -> None:
    factories.client(factories.practice("southgate"), "far", name="Rival", competitors=["Rival Ltd"], niche=["x"])
    assert owner.post(NEW, RIVAL | {"competitors": "", "niche": "x"}).status_code == 302


def test_the_command_refuses_with_the_same_check_and_takes_an_exception(client_row: Client) -> None:
    arguments = ["add_client", "rival", "--practice", "northlight", "--name", "Rival", "--zone", "UTC"]
    arguments += ["--competitor", "Acme Inc."]
    with pytest.raises(CommandError, match=r"Rival names Acme as its competitor\.\nNothing was added"):
        call_command(*arguments)
    assert names() == ["Acme"]
    call_command(*arguments, "--exception", "Different countries", stdout=StringIO())
    assert names() == ["Acme", "Rival"]
    assert rows("SELECT reason, recorded_by FROM clients_conflictexception") == [
        ("Different countries", "manage.py add_client")
    ]
