"""The inbox: told where it happens, once for each cause, to whom it concerns, and to nobody else."""

import pytest
from django.test import Client as Browser

from clients import acting, charters, handbook, people
from clients.inbox import tell
from clients.models import AgreedWay, Charter, Client, HandbookPage, Notification, User
from clients.tenancy import scope
from monitoring.models import Signal
from monitoring.signals import close, raise_signal
from tests import factories
from tests.conftest import NOW, rows

pytestmark = pytest.mark.usefixtures("runtime_role")


@pytest.fixture
def lead(client_row: Client, manager: User) -> User:
    Client.objects.using("owner").filter(pk=client_row.pk).update(lead=manager)
    return manager


def browsing(person: User) -> Browser:
    made = Browser()
    made.force_login(person)
    return made


def titles() -> list[str]:
    return [title for (title,) in rows("SELECT title FROM clients_notification ORDER BY id")]


def test_a_signal_that_needs_a_person_is_told_once_while_it_is_open(client_row: Client, lead: User) -> None:
    with scope(client_row):
        for _ in range(3):
            raise_signal(client_row.pk, "feed", "The feed stopped", now=NOW)
        raise_signal(client_row.pk, "double", "Two bring the same", now=NOW, severity=Signal.Severity.WATCH)
        close(client_row.pk, "feed", NOW)
        raise_signal(client_row.pk, "feed", "The feed stopped again", now=NOW)
    assert titles() == ["The feed stopped", "The feed stopped again"]


def test_a_signal_that_begins_to_need_a_person_is_told_then_and_once(client_row: Client, lead: User) -> None:
    with scope(client_row):
        for severity in (Signal.Severity.WATCH, Signal.Severity.ACT, Signal.Severity.WATCH, Signal.Severity.ACT):
            raise_signal(client_row.pk, "feed", f"It says {severity}", now=NOW, severity=severity)
        assert Signal.objects.get().title == "It says act"
    assert titles() == ["It says act"]


def test_a_charter_agreed_and_a_policy_approved_are_told_to_the_lead(client_row: Client, lead: User) -> None:
    with scope(client_row):
        charter = Charter.objects.create(client=client_row, quarter_start="2026-10-01")
        charter.refresh_from_db()
        charters.agree(charter, "x", charters.digest("x"), by="Theo", way=AgreedWay.PORTAL, now=NOW)
        policy = HandbookPage.objects.create(client=client_row, kind="policy", title="Data handling")
        handbook.write(policy, "Nothing leaves.", by="Mara", now=NOW)
        for _ in range(2):
            handbook.approve(policy, 1, by="Theo", now=NOW)
    assert titles() == [
        "The charter of Q4 2026 is agreed, by Theo.",
        "The policy “Data handling” is approved, by Theo.",
    ]


def test_who_takes_clients_over_is_told(client_row: Client, lead: User) -> None:
    taker = factories.member(client_row.practice, "owner")
    with people.changing(client_row.practice):
        people.hand_over(client_row.practice, lead, taker)
    assert rows("SELECT person_id, count(*) FROM clients_notification GROUP BY 1") == [(taker.pk, 1)]


def test_opening_leads_to_the_place_and_reads_it(client_row: Client, lead: User) -> None:
    with scope(client_row):
        raise_signal(client_row.pk, "feed", "The feed <b>stopped", now=NOW)
    person = browsing(lead)
    page = person.get("/inbox/").content.decode()
    assert "1 thing you have not read." in page
    assert "The feed &lt;b&gt;stopped" in page
    assert "unread</span>" in person.get("/c/acme/signals/").content.decode()
    public_id = rows("SELECT public_id FROM clients_notification")[0][0]
    assert person.post(f"/inbox/{public_id}/").headers["Location"] == "/c/acme/signals/"
    assert "You have read everything." in person.get("/inbox/").content.decode()
    assert "The feed" not in person.get("/inbox/?unread&page=x").content.decode().split("<main")[1].split("</main>")[0]


def test_nobody_reads_or_opens_what_another_was_told(client_row: Client, other_client: Client, lead: User) -> None:
    with scope(client_row):
        tell(client_row.pk, "one", "For the lead alone", "client", now=NOW)
    public_id = rows("SELECT public_id FROM clients_notification")[0][0]
    for person in (factories.member(client_row, "executive"), factories.member(other_client, "program_manager")):
        browser = browsing(person)
        assert "For the lead alone" not in browser.get("/inbox/").content.decode()
        assert browser.post(f"/inbox/{public_id}/").status_code == 404
        assert browser.post("/inbox/read/").status_code == 302
    assert rows("SELECT count(*) FROM clients_notification WHERE read_at IS NULL") == [(1,)]
    with scope(other_client):
        assert not Notification.objects.exists()


def test_who_did_it_is_not_told(client_row: Client, lead: User) -> None:

    with acting.acting(acting.Actor(lead.pk, "Lead")), scope(client_row):
        tell(client_row.pk, "one", "I did it", "client", now=NOW)
    assert titles() == []
