"""What an executive sees first: what waits for them, the month, reports and the roadmap, and nothing of the practice's inside."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Charter, Client, Target, User
from clients.tenancy import scope
from reports import delivery
from reports.models import Report
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role")
PAGE = "/c/acme/"


@pytest.fixture(autouse=True)
def friday(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def executive(client_row: Client) -> Browser:
    return browser_of(factories.member(client_row, "executive"))


def browser_of(person: User) -> Browser:
    browser = Browser()
    browser.force_login(person)
    return browser


def drafted(client: Client, quarter: date = date(2026, 10, 1), version: int = 1) -> Charter:
    with scope(client):
        made = Charter.objects.create(
            client=client, quarter_start=quarter, version=version, scope="Answers people trust", edition=1
        )
        Target.objects.create(
            client=client,
            charter=made,
            name="Right answers",
            metric="accuracy",
            goal=Decimal("0.9"),
            due=made.quarter_end,
        )
    return made


def some_calls(client: Client, days: int = 5) -> None:
    spans = [factories.span(n, NOW - timedelta(days=n)) for n in range(1, days + 1)]
    factories.calls(client, spans)


def text(browser: Browser) -> str:
    return browser.get(PAGE).content.decode()


def test_a_charter_is_read_and_agreed_to_where_the_executive_comes_in(client_row: Client, executive: Browser) -> None:
    draft = drafted(client_row)
    page = executive.get(PAGE)
    shown = page.content.decode()
    for part in ("Waiting for you", "Answers people trust", "Right answers", "Reach 90.0%", "Agree to this charter"):
        assert part in shown
    waiting = page.context["page"].portal.drafts[0]
    answer = executive.post(f"/c/acme/charter/{waiting.key}/agree/", {"version": waiting.version, "hash": waiting.hash})
    assert answer.status_code == 302
    assert Charter.objects.using("owner").get(pk=draft.pk).agreed_at == NOW
    assert "Waiting for you" not in text(executive)


def test_of_a_quarter_only_the_newest_version_waits(client_row: Client, executive: Browser) -> None:
    drafted(client_row)
    drafted(client_row, version=2)
    drafted(client_row, date(2027, 1, 1))
    drafts = executive.get(PAGE).context["page"].portal.drafts
    assert [(d.key, d.version) for d in drafts] == [("2026-q4", 2), ("2027-q1", 1)]


def test_an_unfinished_draft_waits_for_nobody(client_row: Client, executive: Browser) -> None:
    with scope(client_row):
        Charter.objects.create(client=client_row, quarter_start=date(2026, 10, 1), scope="Cost")
    assert "Waiting for you" not in text(executive)


def test_the_months_figures_answer_says_who(client_row: Client, executive: Browser) -> None:
    some_calls(client_row)
    shown = executive.get(PAGE).context["page"].portal
    calls = next(f for f in shown.figures if f.url.startswith("/c/acme/says-who/calls/"))
    evidence = executive.get(calls.url).content.decode()
    assert calls.value in evidence
    assert shown.month in evidence
    assert shown.month.startswith("1–")


def test_reports_and_the_roadmap_are_one_touch_away(client_row: Client, executive: Browser) -> None:
    some_calls(client_row)
    factories.opportunity(client_row)
    factories.opportunity(client_row, title="Kept to ourselves", visible=False)
    factories.opportunity(client_row, title="Turned down", verdict="red", verdict_why="Too dear")
    with scope(client_row):
        for revision in (1, 2):
            report = Report.objects.create(
                client=client_row,
                kind="pulse",
                period_start="2026-10-30",
                period_end="2026-11-06",
                due_at=NOW,
                revision=revision,
            )
            delivery.compose(client_row, report.pk, NOW)
        Report.objects.create(
            client=client_row, kind="pulse", period_start="2026-11-06", period_end="2026-11-13", due_at=NOW
        )
    page = text(executive)
    assert page.count("<b>Pulse, ") == 1
    assert 'href="/c/acme/pulse/2026-W45/pdf/"' in page
    assert "Answer order status" in page
    assert "Kept to ourselves" not in page
    assert "Turned down" not in page


def test_nothing_of_the_practices_inside_is_told(client_row: Client, executive: Browser) -> None:
    some_calls(client_row)
    factories.engagement(client_row)
    person = factories.user("mara@northlight.example")
    factories.entry(client_row, person, note="Between us")
    page = text(executive)
    for inside in ("margin", "Between us", "effective"):
        assert inside not in page


def test_those_who_look_after_the_client_and_contributors_see_their_own_page(client_row: Client, manager: User) -> None:
    drafted(client_row)
    for person in (manager, factories.member(client_row, "contributor")):
        answer = browser_of(person).get(PAGE)
        assert answer.context["page"].portal is None
        assert "Waiting for you" not in answer.content.decode()


def test_it_asks_as_much_of_much_as_of_little(client_row: Client, executive: Browser) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert executive.get(PAGE).status_code == 200
        return len(asked)

    some_calls(client_row)
    drafted(client_row)
    factories.opportunity(client_row)
    queries()
    few = queries()
    drafted(client_row, version=2)
    for number in range(12):
        factories.opportunity(client_row, title=f"More {number}")
    assert queries() <= few
