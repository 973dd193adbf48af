"""Leave: entered by whose it is or by an owner, and what is told in those days reaches whoever stands in, once."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients import acting, handbook, people, tasks
from clients.inbox import tell
from clients.models import Absence, Client, HandbookPage, Membership, Practice, Role, User
from clients.people import changing
from clients.tenancy import practice as whole_practice
from clients.tenancy import scope
from monitoring.signals import raise_signal
from tests import factories
from tests.conftest import NOW, rows

pytestmark = pytest.mark.usefixtures("runtime_role")
LEAVE = "/p/northlight/leave/"
MONDAY, FRIDAY = date(2026, 11, 9), date(2026, 11, 13)


@pytest.fixture(autouse=True)
def friday(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def ada(practice: Practice) -> User:
    return factories.member(practice, "owner", "ada@northlight.example")


@pytest.fixture
def mara(client_row: Client, other_client: Client) -> User:
    """Leads Acme and Zenith."""
    made = factories.member(client_row, "program_manager", "mara@northlight.example")
    with changing(client_row.practice):
        for one in (client_row, other_client):
            people.make_lead(client_row.practice, made, one)
    return made


@pytest.fixture
def otis(client_row: Client, mara: User) -> User:
    """Backs Acme up."""
    made = factories.member(client_row, "program_manager", "otis@northlight.example")
    Client.objects.using("owner").filter(pk=client_row.pk).update(backup=made)
    return made


def signed_in(person: User) -> Browser:
    browser = Browser()
    browser.force_login(person)
    return browser


def leave(person: User, first: date = MONDAY, last: date = FRIDAY) -> Absence:
    return Absence.objects.using("owner").create(
        practice=Practice.objects.using("owner").get(slug="northlight"), person=person, first=first, last=last
    )


def inbox(person: User) -> list[tuple[str, str]]:
    """Title and for whom, oldest first."""
    return rows("SELECT title, behalf FROM clients_notification WHERE person_id = %s ORDER BY id", [person.pk])


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode().split("<main")[1]).split())


def at(time_machine: Any, day: date, hour: int = 12) -> datetime:
    moment = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    time_machine.move_to(moment, tick=False)
    return moment


# Entering it


def test_the_page_says_who_stands_in_before_anything_is_saved(ada: User, mara: User, otis: User) -> None:
    page = words(signed_in(mara).get(f"{LEAVE}new/"))
    assert "Otis stands in at Acme." in page
    assert "Zenith has no backup: its notices go to owners, Ada." in page
    assert not Absence.objects.using("owner").exists()


def test_a_backup_who_is_away_too_or_lost_access_does_not_stand_in(
    ada: User, mara: User, otis: User, client_row: Client
) -> None:
    of_mara = leave(mara)
    leave(otis, FRIDAY, FRIDAY)
    page = words(signed_in(mara).get(f"{LEAVE}{of_mara.public_id}/"))
    assert "Acme’s backup, Otis, is away in these days too: its notices go to owners, Ada." in page
    otis.memberships.using("owner").all().delete()
    assert "Acme has no backup: its notices go to owners, Ada." in words(signed_in(mara).get(f"{LEAVE}new/"))


def test_where_nobody_is_left_the_page_says_what_to_do(ada: User, client_row: Client) -> None:
    Client.objects.using("owner").update(lead=ada)
    page = words(signed_in(ada).get(f"{LEAVE}new/"))
    assert "Acme has no backup, and there is no other owner: nobody gets its notices." in page
    assert "Name a backup in its settings." in page


def test_a_person_enters_their_own_and_an_owner_anybodys(ada: User, mara: User, otis: User) -> None:
    said = {"first": "2026-11-09", "last": "2026-11-13"}
    assert "Mara is away from 9 November 2026 to 13 November 2026" in words(
        signed_in(mara).post(f"{LEAVE}new/", said, follow=True)
    )
    theirs = f"{LEAVE}new/?person={mara.public_id}"
    assert signed_in(otis).get(theirs).status_code == 403
    assert signed_in(ada).post(theirs, {"first": "2026-12-01"}).status_code == 302
    assert rows("SELECT person_id, first, last FROM clients_absence ORDER BY first") == [
        (mara.pk, MONDAY, FRIDAY),
        (mara.pk, date(2026, 12, 1), date(2026, 12, 1)),
    ]
    assert rows("SELECT actor_id FROM clients_change WHERE subject = 'clients_absence' ORDER BY id") == [
        (mara.pk,),
        (ada.pk,),
    ]
    made = Absence.objects.using("owner").earliest("pk")
    one = f"{LEAVE}{made.public_id}/"
    assert "Save leave" not in words(signed_in(otis).get(one))
    assert signed_in(otis).post(one, said).status_code == 403
    assert signed_in(otis).post(f"{one}remove/").status_code == 403
    assert signed_in(mara).post(f"{one}remove/").status_code == 302
    assert Absence.objects.using("owner").count() == 1


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        ("2026-11-13", "2026-11-09", "It ends before it begins"),
        ("2026-11-02", "2026-11-05", "It is over already: where Mara is, it is 6 November 2026."),
        ("2026-11-20", "2026-11-20", "It overlaps leave from 20 November 2026 to 27 November 2026"),
        ("2026-11-10", "2026-12-10", "It overlaps leave"),
        ("2027-01-01", "2028-06-01", "It is longer than a year"),
        ("2036-01-01", "", "more than three years ahead"),
        ("", "2026-11-13", "This field is required."),
        ("31.11.2026", "", "Enter a valid date"),
    ],
)
def test_days_that_cannot_be_are_told_and_stay_in_the_form(mara: User, first: str, last: str, why: str) -> None:
    leave(mara, date(2026, 11, 20), date(2026, 11, 27))
    answer = signed_in(mara).post(f"{LEAVE}new/", {"first": first, "last": last})
    assert answer.status_code == 422
    assert why in words(answer)
    assert f'value="{first}"' in answer.content.decode() or not first
    assert Absence.objects.using("owner").count() == 1


def test_a_leave_is_over_by_the_persons_own_calendar(mara: User, time_machine: Any) -> None:
    time_machine.move_to(datetime(2026, 11, 7, 3, tzinfo=UTC), tick=False)
    User.objects.filter(pk=mara.pk).update(zone="America/Chicago")
    assert signed_in(mara).post(f"{LEAVE}new/", {"first": "2026-11-06"}).status_code == 302
    User.objects.filter(pk=mara.pk).update(zone="Asia/Tokyo")
    Absence.objects.using("owner").all().delete()
    assert signed_in(mara).post(f"{LEAVE}new/", {"first": "2026-11-06"}).status_code == 422


def test_of_two_who_change_one_leave_the_second_is_told(ada: User, mara: User) -> None:
    one = f"{LEAVE}{leave(mara).public_id}/"
    said = {"first": "2026-11-09", "last": "2026-11-12", "edition": "0"}
    assert signed_in(mara).post(one, said).status_code == 302
    late = signed_in(ada).post(one, {**said, "last": "2026-11-20"})
    assert late.status_code == 422
    assert "Somebody saved this while you were writing." in words(late)
    assert 'value="2026-11-20"' in late.content.decode()


def test_another_practice_sees_nothing_of_it(mara: User, other_client: Client) -> None:
    made = leave(mara)
    stranger = factories.member(factories.practice("southgate"), "owner")
    assert signed_in(stranger).get(f"{LEAVE}{made.public_id}/").status_code == 404
    executive = factories.member(other_client, "executive")
    with scope(executive):
        assert not Absence.objects.exists()
    with scope(stranger):
        assert not Absence.objects.exists()


def test_the_list_asks_as_much_of_many_as_of_few_and_turns_pages(ada: User, mara: User, otis: User) -> None:
    person = signed_in(ada)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert person.get(LEAVE).status_code == 200
        return len(asked)

    leave(mara)
    few = queries()
    for number in range(55):
        leave(otis, date(2027, 1, 1) + timedelta(days=2 * number), date(2027, 1, 1) + timedelta(days=2 * number))
    assert queries() == few <= 23
    leave(mara, date(2026, 6, 1), date(2026, 6, 5))
    assert "Jun 2026" not in words(person.get(LEAVE))
    assert "?page=2" in person.get(LEAVE).content.decode()
    assert "Jun 2026" in words(person.get(f"{LEAVE}?past=on&page=2"))
    for nonsense in ("?page=x", "?page=-1", "?past=%00"):
        assert person.get(f"{LEAVE}{nonsense}").status_code in (200, 400)


# Standing in


def test_the_day_before_each_stand_in_is_led_to_each_clients_context_once(
    ada: User, mara: User, otis: User, client_row: Client, time_machine: Any
) -> None:
    with scope(client_row):
        context = HandbookPage.objects.create(client=client_row, kind="context", title="Context")
        handbook.write(context, "All is calm.", by="Mara", now=NOW)
    leave(mara)
    at(time_machine, MONDAY - timedelta(days=2))
    tasks.stand_in_for_absent()
    assert (inbox(ada), inbox(otis)) == ([], [])
    at(time_machine, MONDAY - timedelta(days=1))
    for _ in range(3):
        assert tasks.stand_in_for_absent() == 1
    days = "You stand in for Mara from 9 November to 13 November: read where it stands."
    assert inbox(otis) == [(days, "")]
    assert inbox(ada) == [(f"Zenith has no backup. {days}", "")]
    assert inbox(mara) == []
    person = signed_in(otis)
    public_id = rows("SELECT public_id FROM clients_notification WHERE person_id = %s", [otis.pk])[0][0]
    place = person.post(f"/inbox/{public_id}/").headers["Location"]
    assert place == f"/c/acme/handbook/{context.public_id}/"
    assert person.get(place).status_code == 200


def test_what_is_told_in_those_days_reaches_the_backup_for_whom_it_was(
    ada: User, mara: User, otis: User, client_row: Client, other_client: Client, time_machine: Any
) -> None:
    leave(mara)
    with scope(client_row):
        raise_signal(client_row.pk, "early", "Before the leave", now=NOW)
    now = at(time_machine, MONDAY)
    with scope(client_row):
        raise_signal(client_row.pk, "feed", "The feed stopped", now=now)
        tell(client_row.pk, "one", "For the lead alone", "client", now=now, people=[mara.pk])
    with scope(other_client):
        raise_signal(other_client.pk, "feed", "Orders stopped", now=now)
    for _ in range(3):
        tasks.stand_in_for_absent()
    words = "for Mara, away until 13 November"
    assert sorted(inbox(otis))[:3] == [
        ("Before the leave", ""),
        ("For the lead alone", words),
        ("The feed stopped", words),
    ]
    assert [line for line in inbox(ada) if line[1]] == [("Orders stopped", words)]
    assert ("The feed stopped", "") in inbox(mara)
    assert words in signed_in(otis).get("/inbox/").content.decode()
    at(time_machine, FRIDAY + timedelta(days=2))
    with scope(client_row):
        tell(client_row.pk, "two", "She is back", "client", now=now + timedelta(days=6), people=[mara.pk])
    tasks.stand_in_for_absent()
    assert "She is back" not in str(inbox(otis))


def test_who_did_it_is_not_told_of_it_for_somebody_else(
    mara: User, otis: User, client_row: Client, time_machine: Any
) -> None:
    leave(mara)
    now = at(time_machine, MONDAY)
    with acting.acting(acting.Actor(otis.pk, "Otis")), scope(client_row):
        tell(client_row.pk, "one", "Otis did it", "client", now=now)
    tasks.stand_in_for_absent()
    assert ("Otis did it", "") in inbox(mara)
    assert "Otis did it" not in str(inbox(otis))


def test_a_leave_that_is_changed_is_told_anew(mara: User, otis: User, time_machine: Any) -> None:
    made = leave(mara)
    at(time_machine, MONDAY)
    tasks.stand_in_for_absent()
    Absence.objects.using("owner").filter(pk=made.pk).update(last=date(2026, 11, 20))
    tasks.stand_in_for_absent()
    assert [title.split(" to ")[1] for title, _ in inbox(otis)] == [
        "13 November: read where it stands.",
        "20 November: read where it stands.",
    ]


def test_what_was_handed_on_says_until_when_the_leave_lasts_now(
    mara: User, otis: User, client_row: Client, time_machine: Any
) -> None:
    made = leave(mara)
    now = at(time_machine, MONDAY)
    with scope(client_row):
        raise_signal(client_row.pk, "feed", "The feed stopped", now=now)
    tasks.stand_in_for_absent()
    longer = FRIDAY + timedelta(days=7)
    Absence.objects.using("owner").filter(pk=made.pk).update(last=longer)
    tasks.stand_in_for_absent()
    assert dict(inbox(otis))["The feed stopped"] == "for Mara, away until 20 November"


def test_needs_you_now_says_for_whom_to_the_stand_in_only(
    ada: User, mara: User, otis: User, client_row: Client, other_client: Client, time_machine: Any
) -> None:
    with whole_practice(client_row.practice_id):
        people.assign(client_row.practice, otis, other_client, Role.PROGRAM_MANAGER)
    leave(mara)
    now = at(time_machine, MONDAY)
    for one in (client_row, other_client):
        with scope(one):
            raise_signal(one.pk, "feed", f"{one.name} stopped", now=now)

    def lines(person: User) -> dict[str, bool]:
        page = signed_in(person).get("/?all").content.decode()
        section = page.split('aria-labelledby="now"')[1].split("</section>")[0]
        found = re.findall(r"<li>.*?</li>", section, re.S)
        return {line.split("<b>")[1].split("</b>")[0]: "For Mara, away until 13 November." in line for line in found}

    assert lines(otis) == {"Acme": True, "Zenith": False}
    assert lines(ada) == {"Acme": False, "Zenith": True}
    assert lines(mara) == {"Acme": False, "Zenith": False}
    # A backup who may not see the client any more does not stand in: its owner does.
    Membership.objects.using("owner").filter(user=otis, client=client_row).delete()
    assert lines(ada) == {"Acme": True, "Zenith": True}
    Membership.objects.using("owner").create(
        practice_id=client_row.practice_id, user=otis, client=client_row, role=Role.PROGRAM_MANAGER
    )
    at(time_machine, FRIDAY + timedelta(days=1))
    assert lines(otis) == {"Acme": False, "Zenith": False}
