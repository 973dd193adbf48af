"""The portfolio: what needs a person first, health with its reasons, filters in the address, views of one's own."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients import handbook, risks
from clients.models import (
    Charter,
    CharterLink,
    Client,
    Concern,
    Engagement,
    Glance,
    HandbookPage,
    Practice,
    RiskItem,
    SavedView,
    Target,
    User,
    Vendor,
)
from clients.tenancy import practice as whole_practice
from clients.tenancy import scope
from fracops import tasks
from fracops.pages.health import Health, condition_of
from fracops.pages.many import facts_of
from fracops.pages.needs import Kind, needs_of
from monitoring.models import Source
from monitoring.signals import raise_signal
from reports.models import Delivery, DeliveryState, Recipient, Report
from tests import factories
from tests.conftest import NOW, rows

pytestmark = pytest.mark.usefixtures("runtime_role")
TODAY = date(2026, 11, 6)


@pytest.fixture(autouse=True)
def friday(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def owner(client_row: Client) -> User:
    return factories.member(client_row.practice, "owner", "owner@people.example")


def browsing(person: User) -> Browser:
    made = Browser()
    made.force_login(person)
    return made


def page_of(person: User, query: str = "?all") -> str:
    return browsing(person).get(f"/{query}").content.decode()


def glance(client: Client, **fields: Any) -> Glance:
    usual = {"read_at": NOW, "month": TODAY.replace(day=1), "targets": []}
    with scope(client):
        return Glance.objects.update_or_create(client=client, defaults=usual | fields)[0]


def uncertain(client: Client) -> None:
    with scope(client):
        report = Report.objects.create(
            client=client, kind="pulse", period_start="2026-10-23", period_end="2026-10-30", due_at=NOW
        )
        person = Recipient.objects.create(client=client, email=f"ceo@{client.slug}.example")
        Delivery.objects.create(
            client=client, report=report, recipient=person, not_before=NOW, state=DeliveryState.UNCERTAIN
        )


def everything(client: Client) -> None:
    """One of each kind of thing that waits for a person."""
    uncertain(client)
    engagement = factories.engagement(client)
    factories.entry(client, factories.user(f"worker@{client.slug}.example"), TODAY, minutes=1200)
    glance(client, available=600)
    factories.opportunity(client, stage="pilot", title="Silent pilot", owner="Mara", touched_on=date(2026, 9, 1))
    factories.opportunity(client, title="Late idea", review_on=date(2026, 11, 1))
    with whole_practice(client.practice_id):
        item = RiskItem.objects.create(
            practice=client.practice, kind="leak", title="Logs leave", due=date(2026, 11, 5), words="Logs leave the EU."
        )
        risks.concern(item, [client])
    with scope(client):
        raise_signal(client.pk, "feed", "Orders stopped arriving", now=NOW - timedelta(hours=3))
        Engagement.objects.filter(pk=engagement.pk).update(notice_on=TODAY, ends_on=TODAY + timedelta(days=30))
        Charter.objects.create(client=client, quarter_start=date(2026, 10, 1))
        due = date(2026, 11, 2)
        Vendor.objects.create(
            client=client, name="OpenAI", currency="USD", renews_on=date(2026, 12, 31), notice_days=45
        )
        policy = HandbookPage.objects.create(client=client, kind="policy", title="Data handling", review_on=due)
        handbook.write(policy, "Nothing leaves.", by="Mara", now=NOW)


def test_each_kind_waits_once_for_each_client_the_most_urgent_first(client_row: Client) -> None:
    everything(client_row)
    with scope(client_row):
        needs = needs_of(facts_of([client_row], NOW))
    assert [need.kind for need in needs] == list(Kind)


def test_seven_are_shown_and_how_many_there_are(client_row: Client, owner: User) -> None:
    everything(client_row)
    page = page_of(owner)
    section = page.split('aria-labelledby="now"')[1].split("</section>")[0]
    assert section.count("<li>") == 7
    assert "7 of 10, most urgent first" in section
    assert "10 things need you at Acme." in page
    assert "Nobody knows whether the pulse of 29 October reached 1 person." in section


@pytest.mark.parametrize(
    ("notice_days", "waits"), [(25, True), (24, False), (55, True), (56, False)], ids=["30 days", "31", "today", "over"]
)
def test_a_vendors_last_day_for_notice_waits_for_thirty_days(client_row: Client, notice_days: int, waits: bool) -> None:
    """Of a renewal on 31 December, seen on 6 November."""
    with scope(client_row):
        Vendor.objects.create(
            client=client_row, name="OpenAI", currency="USD", renews_on=date(2026, 12, 31), notice_days=notice_days
        )
        needs = needs_of(facts_of([client_row], NOW))
    assert [need.kind for need in needs] == [Kind.VENDOR] * waits
    assert all(need.text.startswith("OpenAI: notice by") for need in needs)


@pytest.mark.parametrize(
    ("sending", "days", "says", "act"),
    [
        ("sent", 13, "The charter of Q4 2026 waits for Anna to agree.", "Open charter"),
        ("waiting", 0, "The charter of Q4 2026 waits for Anna to agree.", "Open charter"),
        ("sent", 14, "Anna’s link to the charter of Q4 2026 ran out: send it again.", "Send it again"),
        ("failed", 0, "Anna’s link to the charter of Q4 2026 was not sent: send it again.", "Send it again"),
        ("uncertain", 1, "Anna’s link to the charter of Q4 2026 may not have arrived: send it again.", "Send it again"),
    ],
)
def test_a_link_that_ran_out_or_did_not_go_out_waits_for_nobody_but_its_sender(
    client_row: Client, owner: User, sending: str, days: int, says: str, act: str
) -> None:
    with scope(client_row):
        charter = Charter.objects.create(client=client_row, quarter_start=date(2026, 10, 1))
        moments = {"created_at": NOW, "not_before": NOW, "expires_at": NOW + timedelta(days=14)}
        CharterLink.objects.create(
            client=client_row,
            charter=charter,
            name="Anna",
            email="a@x.example",
            sent_by=owner,
            sending=sending,
            **moments,
        )
        (need,) = needs_of(facts_of([client_row], NOW + timedelta(days=days)))
    assert (need.kind, need.text, need.act) == (Kind.CHARTER, says, act)
    assert browsing(owner).get(need.url).status_code == 200


def test_a_practice_says_after_how_many_days_a_pilot_counts_as_stalled(client_row: Client, owner: User) -> None:
    factories.opportunity(client_row, stage="pilot", title="Calm", owner="Mara", touched_on=TODAY - timedelta(days=40))
    assert "Calm" in page_of(owner)
    settings = browsing(owner).get("/p/northlight/settings/").content.decode()
    assert 'name="pilot_quiet_days" value="30"' in settings
    Practice.objects.using("owner").update(pilot_quiet_days=41)
    assert "Calm" not in page_of(owner)
    board = browsing(owner).get("/c/acme/roadmap/").content.decode()
    assert "has stalled" not in board
    assert "after 41 days without a change" in board
    assert "Calm" not in browsing(owner).get("/c/acme/roadmap/list/?due=stalled").content.decode()


def test_every_action_leads_to_a_page_that_is_there(client_row: Client, owner: User) -> None:
    everything(client_row)
    with scope(client_row):
        needs = needs_of(facts_of([client_row], NOW))
    person = browsing(owner)
    for need in needs:
        assert person.get(need.url).status_code == 200, need.url


def test_what_is_settled_decided_or_declined_no_longer_waits(client_row: Client) -> None:
    everything(client_row)
    with scope(client_row):
        Delivery.objects.update(state=DeliveryState.SENT)
        HandbookPage.objects.update(review_on=date(2027, 5, 1))
        Vendor.objects.update(notice_days=10)
        Concern.objects.update(status="handled")
        client_row.opportunities.update(verdict="red", verdict_why="Too dear")
        Charter.objects.update(agreed_at=NOW, agreed_by="Theo", agreed_hash="x" * 64)
        kinds = {need.kind for need in needs_of(facts_of([client_row], NOW))}
    assert kinds == {Kind.SIGNAL, Kind.HOURS, Kind.END}


@pytest.mark.parametrize(
    ("targets", "fields", "budget", "health", "reason"),
    [
        ([], {}, None, Health.UNKNOWN, ""),
        (["on_track"], {}, None, Health.WELL, ""),
        (["on_track", "watch"], {}, None, Health.WATCH, "1 target to watch"),
        (["off_track", "watch"], {}, None, Health.OFF, "1 target off track"),
        (["on_track"], {"spent": Decimal(90), "heading": Decimal(450)}, 400, Health.WATCH, "heading for $450"),
        (["on_track"], {"spent": Decimal(500), "heading": Decimal(900)}, 400, Health.OFF, "over its budget"),
    ],
)
def test_health_follows_its_rule_and_says_why(
    client_row: Client, targets: list[str], fields: Any, budget: int | None, health: Health, reason: str
) -> None:
    told = [{"name": f"T{i}", "status": status, "why": ""} for i, status in enumerate(targets)]
    known = {"spent_known": "measured"} if fields else {}
    glance(client_row, targets=told, **fields | known)
    client_row.ai_budget = Decimal(budget) if budget else None
    with scope(client_row):
        found = condition_of(facts_of([client_row], NOW)[0], NOW)
    assert found.health is health
    assert reason in (found.reasons[0].words if found.reasons else "")


def test_data_that_stopped_and_a_source_in_trouble_are_said(client_row: Client) -> None:
    factories.source(client_row)
    with scope(client_row):
        sources = Source.objects.all()
        sources.update(last_arrival_at=NOW - timedelta(hours=47))
        assert condition_of(facts_of([client_row], NOW)[0], NOW).health is Health.WELL
        sources.update(last_arrival_at=NOW - timedelta(hours=49))
        silent = condition_of(facts_of([client_row], NOW)[0], NOW)
        sources.update(error="The key was refused")
        broken = condition_of(facts_of([client_row], NOW)[0], NOW)
    assert silent.reasons[0].words.startswith("No data since 4\u00a0November")
    assert [r.words for r in broken.reasons] == ["1 source to look at"]


def test_the_worst_stand_first_and_filters_are_in_the_address(client_row: Client, owner: User) -> None:
    well = factories.client(client_row.practice, "zebra", sector="Retail", lead=owner)
    bad = factories.client(client_row.practice, "yak")
    glance(well, targets=[{"name": "T", "status": "met", "why": ""}])
    glance(bad, targets=[{"name": "T", "status": "off_track", "why": ""}])

    def names(query: str) -> list[str]:
        table = page_of(owner, query).partition("<table")[2].partition("</table>")[0]
        return re.findall(r'href="/c/([a-z]+)/"><svg', table)

    assert names("?all") == ["yak", "zebra", "acme"]
    assert names("?sort=name") == ["acme", "yak", "zebra"]
    assert names("?words=reta") == ["zebra"]
    assert names("?lead=me") == ["zebra"]
    assert names("?health=off") == ["yak"]
    assert names("?health=nonsense&lead=nobody&sort=x") == ["yak", "zebra", "acme"]
    assert "No client fits what is asked for" in page_of(owner, "?words=nothing-like-it")


def test_a_long_list_turns_its_pages_and_keeps_what_was_asked(
    client_row: Client, other_client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fracops.pages.portfolio.A_PAGE", 1)
    first = page_of(owner, "?sort=name")
    assert (f'href="/c/{client_row.slug}/"' in first, 'data-l="Health"' in first) == (True, True)
    assert "1 of 2." in first
    assert 'href="?sort=name&amp;page=2"' in first
    second = page_of(owner, "?sort=name&page=2")
    table = second[second.index("<tbody>") : second.index("</tbody>")]
    assert (other_client.name in table, client_row.name in table) == (True, False)
    assert 'href="?sort=name&amp;page=1"' in second


def test_a_view_is_kept_under_a_name_replaced_and_removed(client_row: Client, owner: User) -> None:
    factories.client(client_row.practice, "zebra")
    person = browsing(owner)
    assert person.post("/views/", {"name": "Bad ones", "health": "off"}).headers["Location"] == "/?health=off"
    assert person.post("/views/", {"name": "Bad ones", "health": "watch", "sort": "nonsense"}).status_code == 302
    page = person.get("/?health=watch").content.decode()
    assert '<a class="link" href="/?health=watch" aria-current="page">Bad ones</a>' in page
    with whole_practice(client_row.practice_id):
        view = SavedView.objects.get()
    colleague = browsing(factories.member(client_row.practice, "owner", "second@people.example"))
    assert "Bad ones" not in colleague.get("/?all").content.decode()
    assert colleague.post(f"/views/{view.public_id}/remove/").status_code == 404
    assert person.post(f"/views/{view.public_id}/remove/").status_code == 302
    assert "Bad ones" not in person.get("/?all").content.decode().split("<main")[1].split("toast")[0]


def test_a_view_without_a_name_is_refused_and_keeps_what_was_asked(client_row: Client, owner: User) -> None:
    factories.client(client_row.practice, "zebra")
    answer = browsing(owner).post("/views/", {"name": "x" * 61, "words": "zeb"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="zeb"' in page
    assert "x" * 61 in page
    assert rows("SELECT count(*) FROM clients_savedview") == [(0,)]


def test_a_manager_sees_only_the_clients_assigned_to_them(client_row: Client, other_client: Client) -> None:
    everything(other_client)
    person = factories.member(client_row, "program_manager")
    page = page_of(person)
    assert "Acme" in page
    assert "Zenith" not in page
    assert "Orders stopped" not in page


def test_an_executive_of_two_clients_gets_the_plain_list(client_row: Client, other_client: Client) -> None:
    person = factories.member(client_row, "executive")
    with whole_practice(client_row.practice_id):
        person.memberships.create(practice=client_row.practice, client=other_client, role="executive")
    page = page_of(person, "")
    assert "2 clients in your care" in page
    assert "Needs you now" not in page
    assert browsing(person).post("/views/", {"name": "Mine"}).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_clients(client_row: Client, owner: User) -> None:
    everything(client_row)
    person = browsing(owner)
    person.get("/?all")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert person.get("/?all").status_code == 200
        return len(queries)

    before = asked()
    for number in range(6):
        everything(factories.client(client_row.practice, f"more-{number}"))
    assert asked() == before <= 38


def test_hours_without_a_plan_are_told_beside_those_of_plans(
    client_row: Client, other_client: Client, owner: User
) -> None:
    worker = factories.user("worker@people.example")
    factories.entry(other_client, worker, TODAY, minutes=90)
    glance(other_client)
    page = page_of(owner)
    assert "outside any plan" in page
    assert 'data-l="Hours">1 h 30 min<span class="meta">Outside any plan</span>' in page.replace("\u00a0", " ")
    factories.engagement(client_row)
    factories.entry(client_row, worker, TODAY, minutes=60)
    glance(client_row, available=600)
    page = page_of(owner).replace("\u00a0", " ")
    assert "of 10 h, 9 h left to use; +1 h 30 min outside any plan" in page


def test_a_plan_whose_month_is_not_read_yet_is_not_called_none(client_row: Client, owner: User) -> None:
    factories.engagement(client_row)
    factories.entry(client_row, factories.user("worker@people.example"), TODAY, minutes=60)
    assert "utside any plan" not in page_of(owner)
    glance(client_row, available=None)
    assert "utside any plan" in page_of(owner)


def test_the_next_pulses_hour_names_its_zone_where_the_readers_is_another(client_row: Client, owner: User) -> None:
    Client.objects.using("owner").filter(pk=client_row.pk).update(zone="America/Los_Angeles")
    assert "15:00\u00a0PST" in page_of(owner)
    User.objects.using("owner").filter(pk=owner.pk).update(zone="America/Los_Angeles")
    assert "PST" not in page_of(owner)


def test_a_worker_reads_each_client_and_the_page_tells_it(
    client_row: Client, other_client: Client, owner: User
) -> None:
    spans = [factories.span(n, NOW - timedelta(days=1 + n % 14)) for n in range(1, 561)]
    scores = [factories.verdict(span, n % 10 < (5 if n % 14 < 7 else 9)) for n, span in enumerate(spans, 1)]
    factories.calls(client_row, spans, scores)
    factories.engagement(client_row)
    with scope(client_row):
        charter = Charter.objects.create(client=client_row, quarter_start=date(2026, 10, 1))
        Target.objects.create(
            client=client_row,
            charter=charter,
            name="Right",
            metric="accuracy",
            baseline=Decimal("0.9"),
            goal=Decimal("0.95"),
            due=date(2026, 12, 31),
        )
        Charter.objects.update(agreed_at=NOW, agreed_by="Theo", agreed_hash="x" * 64)
    assert tasks.glance_at_all() == 2
    assert tasks.glance_at_all() == 2
    with scope(client_row):
        told = Glance.objects.get()
    assert [target["status"] for target in told.targets] == ["off_track"]
    assert told.moved.startswith("Accuracy fell from")
    assert told.worse
    assert told.available
    assert told.spent is not None
    assert told.spent > 0
    page = page_of(owner)
    assert "Accuracy fell from" in page
    assert "1 target off track" in page
