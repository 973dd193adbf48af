"""What changed since a person looked last: told once they come back, not taken away by reloading, and never what is not theirs to see."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients import acting, charters, handbook, people, risks
from clients.models import (
    AgreedWay,
    Charter,
    Client,
    Concern,
    Event,
    HandbookPage,
    Look,
    Membership,
    RiskItem,
    Role,
    User,
)
from clients.people import changing
from clients.tenancy import practice as whole_practice
from clients.tenancy import scope
from monitoring.signals import close, raise_signal
from reports.models import Delivery, DeliveryState, Recipient, Report
from tests import factories
from tests.conftest import NOW, rows

pytestmark = pytest.mark.usefixtures("runtime_role")
PAGE, ALL = "/c/acme/", "/c/acme/since/"
EARLIER = NOW - timedelta(days=3)


@pytest.fixture(autouse=True)
def tuesday(time_machine: Any) -> None:
    time_machine.move_to(EARLIER, tick=False)


@pytest.fixture
def mara(client_row: Client) -> User:
    return factories.member(client_row, "program_manager", "mara@northlight.example")


def browsing(person: User) -> Browser:
    made = Browser()
    made.force_login(person)
    return made


def block(person: User, address: str = PAGE) -> str:
    """The block's words; "" where there is none."""
    page = browsing(person).get(address).content.decode()
    found = re.search(r'<section class="sec" aria-labelledby="since">(.*?)</section>', page, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()).replace("\u00a0", " ") if found else ""


def everything(client: Client, now: datetime, mark: str = "") -> None:
    """One of each kind that is told, done by nobody in particular. The trail's own clock is the database's: it is set to `now`."""
    with whole_practice(client.practice_id):
        item = RiskItem.objects.create(practice=client.practice, kind="leak", title=f"Logs leave{mark}")
        risks.concern(item, [client])
        Concern.objects.filter(item=item).update(status="handled")
        for role in ("executive", "contributor"):
            person = factories.user(f"{role}{mark}@{client.slug}.example")
            people.assign(client.practice, person, client, Role(role))
        Membership.objects.filter(user=person, client=client).delete()
    factories.event(client, now, title=f"New prices{mark}")
    with scope(client):
        raise_signal(client.pk, f"feed{mark}", f"The feed stopped{mark}", now=now)
        raise_signal(client.pk, f"calm{mark}", f"Calm again{mark}", now=now)
        close(client.pk, f"calm{mark}", now)
        decision = HandbookPage.objects.create(
            client=client, kind="decision", title=f"Keep the model{mark}", decided_on=now
        )
        handbook.write(decision, "It stays.", by="Otis", now=now)
        policy = HandbookPage.objects.create(client=client, kind="policy", title=f"Data{mark}")
        handbook.write(policy, "None leaves.", by="Otis", now=now)
        handbook.write(policy, "Nothing leaves.", by="Otis", now=now)
        handbook.approve(policy, 2, by="Theo", now=now)
        report = Report.objects.create(
            client=client,
            kind="pulse",
            period_start=date(2026, 10, 23) - timedelta(days=7 * len(mark)),
            period_end=date(2026, 10, 30) - timedelta(days=7 * len(mark)),
            due_at=now,
            state="composed",
        )
        reader, _ = Recipient.objects.get_or_create(client=client, email=f"ceo@{client.slug}.example")
        Delivery.objects.create(
            client=client, report=report, recipient=reader, not_before=now, state=DeliveryState.SENT, sent_at=now
        )
        charter = Charter.objects.create(client=client, quarter_start="2026-10-01", version=1 + len(mark))
        charter.refresh_from_db()
        charters.agree(charter, "x", charters.digest("x"), by="Theo", way=AgreedWay.PORTAL, now=now)
    stamp("client_id = %s", client.pk, now)


def stamp(which: str, value: int, now: datetime) -> None:
    """Changes that the database noted just now are dated `now`: its clock does not travel. So are an executive's beginnings."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            f"UPDATE clients_change SET at = %s WHERE {which} AND at > now() - interval '1 minute'", [now, value]
        )
        cursor.execute(f"UPDATE clients_membership SET since = %s WHERE {which} AND role = 'executive'", [now, value])


def test_the_first_look_tells_nothing_and_the_next_sitting_all_of_it(
    client_row: Client, mara: User, time_machine: Any
) -> None:
    assert block(mara) == ""
    everything(client_row, EARLIER + timedelta(hours=1))
    time_machine.move_to(NOW, tick=False)
    said = block(mara)
    assert said.startswith("Since you last looked Tuesday 15:30")
    assert said.count("3 November") == 7
    assert "All that changed" in said
    page = " ".join(re.sub(r"<[^>]+>", " ", browsing(mara).get(ALL).content.decode()).split())
    for sentence in (
        "New pricing: New prices.",
        "The charter of Q4 2026 was begun.",
        "The charter of Q4 2026 was agreed.",
        "Decision “Keep the model” was written.",
        "Policy “Data” was changed: version 2.",
        "The policy “Data” was approved by Theo.",
        "“Logs leave” stands at “to be checked” for Acme.",
        "“Logs leave” stands at “handled” for Acme.",
        "Signal opened: The feed stopped.",
        "Signal closed: Calm again.",
        "Pulse of 23–29 October was sent.",
        "Executive is an executive of Acme now.",
        "Contributor no longer belongs to Acme.",
    ):
        assert sentence in page.replace("\u00a0", " "), sentence


def test_every_link_leads_to_a_page_that_is_there(client_row: Client, mara: User, time_machine: Any) -> None:
    block(mara)
    everything(client_row, EARLIER + timedelta(hours=1))
    time_machine.move_to(NOW, tick=False)
    browser = browsing(mara)
    found = browser.get(ALL).content.decode().split('class="calm since"')[1].split("</ul>")[0]
    links = set(re.findall(r'href="([^"]+)"', found))
    assert len(links) >= 8
    # The report of this test has no edition: its address answers that it was not frozen.
    assert {browser.get(link.replace("&amp;", "&")).status_code for link in links if "/pulse/" not in link} == {200}


def test_reloading_does_not_empty_it_and_it_is_written_at_most_once_an_hour(
    client_row: Client, mara: User, time_machine: Any
) -> None:
    block(mara)
    everything(client_row, EARLIER + timedelta(hours=1))
    for minutes in (0, 1, 59, 61, 200):
        time_machine.move_to(NOW + timedelta(minutes=minutes), tick=False)
        assert "New prices" in block(mara), minutes
    assert rows("SELECT at, before FROM clients_look") == [(NOW + timedelta(minutes=200), EARLIER)]
    time_machine.move_to(NOW + timedelta(minutes=200 + 59), tick=False)
    block(mara)
    assert rows("SELECT at FROM clients_look") == [(NOW + timedelta(minutes=200),)]
    time_machine.move_to(NOW + timedelta(hours=10), tick=False)
    assert block(mara).startswith("Since you last looked Friday 18:50 Nothing changed.")


def test_only_a_page_that_was_shown_is_a_look(client_row: Client, mara: User) -> None:
    browser = browsing(mara)
    browser.head(PAGE)
    browser.get(PAGE, headers={"Sec-Purpose": "prefetch;prerender"})
    assert browser.get("/c/acme/since/").status_code == 200
    assert not Look.objects.using("owner").exists()
    first = "This is your first look at Acme: there is nothing to compare it with yet."
    assert first in browser.get(ALL).content.decode()
    browser.get(PAGE)
    assert first in browser.get(ALL).content.decode()
    assert rows("SELECT person_id, at, before FROM clients_look") == [(mara.pk, EARLIER, None)]


def test_what_is_written_down_later_says_on_which_day_it_happened(
    client_row: Client, mara: User, time_machine: Any
) -> None:
    block(mara)
    now = EARLIER + timedelta(hours=1)
    factories.event(client_row, now - timedelta(days=11), title="New product line")
    factories.event(client_row, now - timedelta(minutes=30), title="New prices")
    with scope(client_row):
        for title, day in (("Keep the model", date(2026, 10, 1)), ("Stay", date(2026, 11, 3))):
            decision = HandbookPage.objects.create(client=client_row, kind="decision", title=title, decided_on=day)
            handbook.write(decision, "It stays.", by="Otis", now=now)
    stamp("client_id = %s", client_row.pk, now)
    time_machine.move_to(NOW, tick=False)
    told = block(mara)
    for sentence in (
        "New pricing: New product line. 23 October; written down on 3 November, 16:30",
        "New pricing: New prices. 3 November, 16:30",
        "Decision “Keep the model” was written. 1 October; written down on 3 November, 16:30",
        "Decision “Stay” was written. 3 November, 16:30",
    ):
        assert sentence in told, told


def test_looks_are_a_persons_own_and_a_clients_people_are_told_nothing(
    client_row: Client, mara: User, time_machine: Any
) -> None:
    otis, theo = (
        factories.member(client_row, role, f"{role}@people.example") for role in ("program_manager", "executive")
    )
    block(mara)
    block(theo)
    everything(client_row, EARLIER + timedelta(hours=1))
    time_machine.move_to(NOW, tick=False)
    assert block(theo) == ""
    assert browsing(theo).get(ALL).status_code == 403
    assert block(otis) == ""
    assert "All that changed" in block(mara)
    with scope(theo):
        assert not Look.objects.exists()


def test_what_the_reader_did_and_what_only_owners_see_is_not_told(
    client_row: Client, mara: User, time_machine: Any
) -> None:
    owner = factories.member(client_row.practice, "owner")
    for person in (mara, owner):
        block(person)
    now = EARLIER + timedelta(hours=1)
    with scope(client_row):
        page = HandbookPage.objects.create(client=client_row, kind="policy", title="Mine")
        handbook.write(page, "x", by=mara.label, now=now)
    time_machine.move_to(now, tick=False)
    factories.member(client_row, "program_manager", "new@northlight.example")
    browsing(mara).post("/c/acme/events/new/", {"type": "pricing", "title": "By me", "began_at": "2026-11-03T15:00"})
    assert Event.objects.using("owner").filter(title="By me").exists()
    stamp("client_id = %s", client_row.pk, now)
    time_machine.move_to(NOW, tick=False)
    told, owners = block(mara), block(owner)
    assert "Nothing changed." in told
    for sentence in ("New is a program manager of Acme now.", "By me", "Mine"):
        assert sentence in owners


def test_who_closed_a_charter_or_approved_a_policy_is_not_told_and_the_others_are(
    client_row: Client, mara: User, time_machine: Any
) -> None:
    otis = factories.member(client_row, "program_manager", "otis@northlight.example")
    for person in (mara, otis):
        block(person)
    now = EARLIER + timedelta(hours=1)
    with acting.acting(acting.Actor(mara.pk, mara.label, "")), scope(client_row):
        charter = Charter.objects.create(client=client_row, quarter_start="2026-10-01")
        charter.refresh_from_db()
        charters.agree(charter, "x", charters.digest("x"), by=mara.label, way=AgreedWay.PORTAL, now=now)
        charters.close(charter, [], by=mara.label, note="", now=now)
        policy = HandbookPage.objects.create(client=client_row, kind="policy", title="Data")
        handbook.write(policy, "None leaves.", by=mara.label, now=now)
        handbook.approve(policy, 1, by=mara.label, now=now)
    stamp("client_id = %s", client_row.pk, now)
    time_machine.move_to(NOW, tick=False)
    assert "Nothing changed." in block(mara)
    told = block(otis)
    for sentence in ("Q4 2026 was agreed.", "was closed with results.", "“Data” was approved by Mara."):
        assert sentence in told


def test_another_clients_changes_are_never_told(
    client_row: Client, other_client: Client, mara: User, time_machine: Any
) -> None:
    block(mara)
    everything(other_client, EARLIER + timedelta(hours=1))
    time_machine.move_to(NOW, tick=False)
    assert "Nothing changed." in block(mara)
    assert browsing(mara).get("/c/zenith/since/").status_code == 404


def test_who_leads_and_backs_up_is_told_by_name(client_row: Client, mara: User, time_machine: Any) -> None:
    block(mara)
    otis = factories.member(client_row, "program_manager", "otis@northlight.example")
    with changing(client_row.practice):
        people.make_lead(client_row.practice, otis, client_row)
    stamp("client_id = %s", client_row.pk, EARLIER + timedelta(hours=1))
    time_machine.move_to(NOW, tick=False)
    assert "Otis is the lead of Acme now." in block(mara)


def test_the_number_of_queries_does_not_grow_and_pages_turn(client_row: Client, mara: User, time_machine: Any) -> None:
    block(mara)
    everything(client_row, EARLIER + timedelta(hours=1))
    time_machine.move_to(NOW, tick=False)
    browser = browsing(mara)
    browser.get(PAGE)

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(address).status_code == 200
        return len(asked)

    few = [queries(PAGE), queries(ALL)]
    for number in range(1, 6):
        everything(client_row, EARLIER + timedelta(hours=2), "!" * number)
    assert [queries(PAGE), queries(ALL)] == few
    assert few[1] <= 17
    page = browser.get(ALL).content.decode()
    assert page.count('<span class="meta">3\u00a0November') == 50
    assert "?page=2" in page
    assert "The feed stopped." in browser.get(f"{ALL}?page=2").content.decode()
    for nonsense in ("x", "-1", "99999999999"):
        assert browser.get(f"{ALL}?page={nonsense}").status_code == 200
