"""Team support: asked and answered on the page, counted in the month's report, and frozen with it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Client, SupportEntry
from clients.tenancy import scope
from monitoring.readings import Period
from reports.composed import Composed
from reports.facts import Facts
from reports.gather import compose
from reports.periods import ROI
from reports.roi import compose_roi
from reports.support import Supported, support_section
from reports.support_log import support_log
from tests import factories
from tests.conftest import NOW

from .making import OCTOBER, evidence, series, yes

SUPPORT = "/c/acme/support/"
IN = date(2026, 10, 12)
TYPED: dict[str, Any] = {
    "kind": "question",
    "came_on": "2026-10-12",
    "by": "Support desk",
    "text": "Why does it answer in English?",
    "done": "",
    "done_on": "",
    "people": "",
    "edition": "0",
}
needs_database = pytest.mark.usefixtures("runtime_role", "_friday")
ROWS = (
    Supported("question", date(2026, 9, 28), "Old", "Answered late", date(2026, 10, 2)),
    Supported("question", IN, "Why 3 tries?", "It retries 3 times.", IN),
    Supported("question", IN, "Open one"),
    Supported("training", IN, "New people", "Two hours", date(2026, 10, 20), 12),
    Supported("feedback", IN, "Too stiff"),
)


@pytest.fixture
def _friday(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def browser(client_row: Client) -> Browser:
    made = Browser()
    made.force_login(factories.member(client_row, "program_manager", "mara@northlight.example"))
    return made


def entry() -> SupportEntry:
    return SupportEntry.objects.using("owner").get()


def test_the_section_counts_what_came_was_done_and_is_open() -> None:
    facts = Facts()
    section = support_section(facts, ROWS, OCTOBER)
    assert section
    assert section.lead.text == "2 questions answered and 1 training held for 12 people in the month."
    assert [[cell.text for cell in row] for row in section.tables[0].rows] == [
        ["Questions", "2", "2", "1"],
        ["Trainings", "1", "1", "0"],
        ["Feedback", "1", "0", "1"],
    ]
    assert [row[1].text for row in section.tables[1].rows] == ["Two hours", "It retries 3 times.", "Answered late"]
    people = facts["support.people"]
    assert (people.text, people.n, people.of) == ("12", 1, "trainings")


def test_a_month_without_support_has_no_section() -> None:
    assert support_section(Facts(), (), OCTOBER) is None
    old = Supported("question", date(2026, 9, 28), "Open since long")
    assert support_section(Facts(), (old,), OCTOBER) is None
    report = compose_roi(evidence([series("calls", yes(0, 100), yes(0, 100), OCTOBER)]))
    assert "support" not in [section.key for section in report.sections]


def test_the_section_is_frozen_with_its_report_and_every_number_has_its_line() -> None:
    report = compose_roi(evidence([series("calls", yes(0, 100), yes(0, 100), OCTOBER)]), supported=ROWS)
    again = Composed.from_json(report.to_json())
    assert again == report
    assert again.content_hash == report.content_hash
    [section] = [section for section in again.sections if section.key == "support"]
    quoted = {q.fact.key for row in section.tables[0].rows for cell in row for q in cell.quotes}
    assert quoted <= again.facts.keys()
    assert "Questions answered" in [row[0].text for row in again.method.rows]


@needs_database
def test_a_report_tells_the_month_as_it_stood_at_its_end(client_row: Client, other_client: Client) -> None:
    with scope(client_row):
        made = {"client": client_row, "by": "Maya", "recorded_by": "Mara"}
        SupportEntry.objects.create(
            kind="question", came_on=IN, text="Later", done="Yes", done_on=date(2026, 11, 2), **made
        )
        SupportEntry.objects.create(kind="question", came_on=date(2026, 11, 1), text="Next month", **made)
        SupportEntry.objects.create(
            kind="question", came_on=date(2026, 9, 1), text="Before", done="Yes", done_on=date(2026, 9, 30), **made
        )
        october = Period(date(2026, 10, 1), date(2026, 11, 1), client_row.zone)
        assert support_log(client_row, october) == (Supported("question", IN, "Later"),)
        report = compose(client_row, ROI, october, now=datetime(2026, 11, 5, tzinfo=UTC))
    [section] = [section for section in report.sections if section.key == "support"]
    assert section.lead.text == "Nothing was answered, held or dealt with yet."
    with scope(other_client):
        assert support_log(other_client, october) == ()


@needs_database
def test_a_contributor_asks_and_a_manager_answers(client_row: Client, browser: Browser) -> None:
    maya = Browser()
    maya.force_login(factories.member(client_row, "contributor", "maya@acme.example"))
    form = maya.get(SUPPORT + "new/").content.decode()
    assert 'name="done"' not in form
    sent = {"kind": "feedback", "text": "Refusals are <b>stiff</b>", "done": "x", "done_on": "2026-11-01", "by": "Boss"}
    assert maya.post(SUPPORT + "new/", sent).status_code == 302
    row = entry()
    assert (row.by, row.done, row.done_on, row.came_on) == ("Maya", "", None, NOW.date())
    assert "1 thing is open; the oldest came today." in browser.get(SUPPORT).content.decode()
    address = f"{SUPPORT}{row.public_id}/"
    assert maya.post(address + "edit/", TYPED).status_code == 403
    answer = TYPED | {"kind": "feedback", "came_on": "2026-11-06", "done": "Softened.", "done_on": "2026-11-06"}
    assert browser.post(address + "edit/", answer | {"text": sent["text"]}).status_code == 302
    shown = maya.get(address).content.decode()
    assert "Softened." in shown
    assert "&lt;b&gt;stiff" in shown
    assert "Dealt with" in shown


@needs_database
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"text": ""}, "This field is required"),
        ({"came_on": "2026-11-07"}, "has not come yet"),
        ({"done": "kept", "done_on": "2026-11-07"}, "leave it empty until it is done"),
        ({"done": "kept", "done_on": "2026-10-11"}, "done before it came"),
        ({"done_on": "2026-10-12"}, "Say what was done"),
        ({"people": "5"}, "Only a training"),
        ({"kind": "training", "people": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_typed_is_lost(
    client_row: Client, browser: Browser, typed: dict[str, str], words: str
) -> None:
    answer = browser.post(SUPPORT + "new/", TYPED | {"by": "Kept desk"} | typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "Kept desk" in answer.content.decode()
    assert not SupportEntry.objects.using("owner").exists()


@needs_database
def test_an_entry_is_taken_out_and_another_clients_is_not_there(
    client_row: Client, other_client: Client, browser: Browser
) -> None:
    browser.post(SUPPORT + "new/", TYPED)
    address = f"{SUPPORT}{entry().public_id}/"
    dana = Browser()
    dana.force_login(factories.member(other_client, "program_manager", "dana@zenith.example"))
    assert dana.get(address.replace("acme", "zenith")).status_code == 404
    assert browser.post(address + "edit/", {"do": "remove"}).status_code == 302
    assert not SupportEntry.objects.using("owner").exists()


@needs_database
def test_the_list_asks_as_much_of_many_entries_as_of_few(client_row: Client, browser: Browser) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(SUPPORT).status_code == 200
        return len(asked)

    browser.post(SUPPORT + "new/", TYPED)
    queries()
    few = queries()
    with scope(client_row):
        SupportEntry.objects.bulk_create(
            SupportEntry(client=client_row, kind="question", came_on=IN, by="Desk", text=f"Q{n}", recorded_by="Mara")
            for n in range(60)
        )
    assert queries() <= few <= 17
    assert "?page=2" in browser.get(SUPPORT).content.decode()
    for asked in ({"kind": "x"}, {"since": "x"}, {"state": "open", "words": "Q5"}, {"page": "0"}):
        assert browser.get(SUPPORT, asked).status_code == 200
