"""The Friday board: every pulse of the week with its checks, what fails first, in a constant number of queries."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Client, Closure
from clients.tenancy import scope
from fracops.pages.friday import pulses_of, sentence, week_at
from monitoring.models import Source
from reports.models import Delivery, DeliveryState, Recipient, Report, State
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role")
THURSDAY = NOW - timedelta(days=1)


@pytest.fixture(autouse=True)
def thursday(time_machine: Any) -> None:
    time_machine.move_to(THURSDAY, tick=False)


def ready(client: Client, **fields: Any) -> None:
    """Fresh data and a reader."""
    factories.source(client)
    with scope(client):
        Source.objects.update(last_arrival_at=THURSDAY - timedelta(hours=2), **fields)
        Recipient.objects.create(client=client, email=f"ceo@{client.slug}.example")


def sent(client: Client, state: str, delivered: str = "") -> None:
    with scope(client):
        report = Report.objects.create(
            client=client, kind="pulse", period_start="2026-10-30", period_end="2026-11-06", due_at=NOW, mailed=True,
            state=state,
        )  # fmt: skip
        if delivered:
            for person in Recipient.objects.filter(client=client):
                Delivery.objects.create(client=client, report=report, recipient=person, not_before=NOW, state=delivered)


def told(client: Client) -> Any:
    with scope(client):
        return pulses_of([client], THURSDAY)[0]


def test_the_week_is_that_of_the_day_also_on_its_weekend() -> None:
    weeks = [week_at(date(2026, 11, day), "UTC").end for day in (2, 6, 8, 9)]
    assert weeks == [date(2026, 11, 6)] * 3 + [date(2026, 11, 13)]


def test_a_pulse_whose_checks_pass_is_ready(client_row: Client) -> None:
    ready(client_row)
    pulse = told(client_row)
    assert (pulse.words, pulse.failing, pulse.over) == ("Goes out on Friday,\u00a015:00.", [], False)
    assert sentence([pulse]) == "1 pulse this week: 1 ready."


def test_each_check_that_fails_says_what_to_do(client_row: Client) -> None:
    assert [(c.words, c.act) for c in told(client_row).failing] == [
        ("No source is connected", "Connect one"),
        ("No recipient", "Add one"),
    ]
    ready(client_row, error="The key was refused")
    assert [(c.words, c.act) for c in told(client_row).failing] == [("App to be looked at", "See why")]
    with scope(client_row):
        Source.objects.update(error="", last_arrival_at=THURSDAY - timedelta(hours=50))
    assert [c.act for c in told(client_row).failing] == ["Look at its sources"]


@pytest.mark.parametrize(
    ("state", "delivered", "words"),
    [
        (State.COMPOSED, DeliveryState.SENT, "Sent to 1 of 1."),
        (State.COMPOSED, DeliveryState.UNCERTAIN, "Nobody knows whether 1 of 1 arrived: settle it on its page."),
        (State.COMPOSED, DeliveryState.FAILED, "1 of 1 did not arrive: its page says why."),
        (State.COMPOSED, "", "Written, and sent to nobody: it has no recipients."),
        (State.MISSED, "", "It was not sent."),
    ],
)
def test_what_became_of_it_is_said(client_row: Client, state: str, delivered: str, words: str) -> None:
    ready(client_row)
    sent(client_row, state, delivered)
    assert told(client_row).words == words


def test_a_week_without_a_working_day_sends_none_and_says_why(client_row: Client) -> None:
    ready(client_row)
    with scope(client_row):
        Closure.objects.create(
            client=client_row, kind="closed", first=date(2026, 11, 2), last=date(2026, 11, 6), why="Retreat"
        )
    pulse = told(client_row)
    assert pulse.over
    assert "closed from Monday to Friday" in pulse.words


def test_what_needs_a_look_stands_first_and_every_pulse_has_one_link(client_row: Client) -> None:
    ready(client_row)
    factories.client(client_row.practice, "yak")
    person = Browser()
    person.force_login(factories.member(client_row.practice, "owner"))
    page = person.get("/friday/").content.decode()
    assert "2 pulses this week: 1 needs a look, Yak first, 1 ready." in page
    table = page.partition("<tbody>")[2]
    assert table.index("/c/yak/pulse/") < table.index("/c/acme/pulse/")
    assert table.count("/pulse/") == 2


@pytest.mark.parametrize(("days", "path"), [(0, "/c/acme/pulse/"), (1, "/c/acme/pulse/2026-W45/")])
def test_the_link_leads_to_a_page_that_is_there(client_row: Client, time_machine: Any, days: int, path: str) -> None:
    now = THURSDAY + timedelta(days=days)
    time_machine.move_to(now, tick=False)
    with scope(client_row):
        pulse = pulses_of([client_row], now)[0]
    person = Browser()
    person.force_login(factories.member(client_row.practice, "owner"))
    assert pulse.url == path
    assert person.get(pulse.url).status_code == 200


def test_after_its_friday_a_pulse_that_nobody_planned_is_not_called_to_come(client_row: Client) -> None:
    ready(client_row)
    with scope(client_row):
        pulse = pulses_of([client_row], NOW + timedelta(days=2))[0]
    assert (pulse.words, pulse.over) == ("None was planned for 6 November.", True)
    assert pulse.next_words == "Next: Friday 13 November, 15:00."
    assert sentence([pulse]) == "No pulse was planned this week. The next goes out on Friday 13 November."


def test_the_portfolio_and_the_board_say_the_same_of_what_keeps_a_pulse_back(
    client_row: Client, time_machine: Any
) -> None:
    person = Browser()
    person.force_login(factories.member(client_row.practice, "owner"))

    def told() -> list[str]:
        return [person.get(path).content.decode() for path in ("/friday/", "/?all")]

    assert all("Not ready: no source is connected, no recipient." in page for page in told())
    ready(client_row)
    assert all("Not ready" not in page for page in told())
    with scope(client_row):
        Recipient.objects.update(removed_at=THURSDAY)
    assert all("Not ready: no recipient." in page for page in told())
    time_machine.move_to(NOW + timedelta(days=2), tick=False)
    assert all("Not ready: no recipient." in page for page in told())


def test_a_long_board_turns_its_pages(
    client_row: Client, other_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fracops.pages.friday.A_PAGE", 1)
    browser = Browser()
    browser.force_login(factories.member(client_row.practice, "owner"))
    names = []
    for page in ("", "?page=2"):
        told = browser.get(f"/friday/{page}").content.decode()
        table = told[told.index("<tbody>") : told.index("</tbody>")]
        names += [one.name for one in (client_row, other_client) if one.name in table]
    assert sorted(names) == sorted([client_row.name, other_client.name])


def test_a_manager_sees_only_their_own(client_row: Client, other_client: Client) -> None:
    person = Browser()
    person.force_login(factories.member(client_row, "program_manager"))
    assert "Zenith" not in person.get("/friday/").content.decode()


def test_the_number_of_queries_does_not_grow(client_row: Client) -> None:
    person = Browser()
    person.force_login(factories.member(client_row.practice, "owner"))
    ready(client_row)
    sent(client_row, State.COMPOSED, DeliveryState.SENT)
    person.get("/friday/")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert person.get("/friday/").status_code == 200
        return len(queries)

    before = asked()
    for number in range(5):
        more = factories.client(client_row.practice, f"more-{number}")
        ready(more)
        sent(more, State.COMPOSED, DeliveryState.SENT)
    assert asked() == before <= 22
