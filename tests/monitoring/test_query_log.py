"""The query log shows who asked what and when to those who may read it, and notes each reading for good."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clients.models import Client
from clients.tenancy import scope
from monitoring import ingest, query_log, tasks
from monitoring.answers import question_of
from monitoring.doors import SourceRef
from monitoring.models import Source, TextReading
from monitoring.pseudonyms import pseudonym
from monitoring.records import SpanKind
from tests import factories
from tests.conftest import NOW, rows

pytestmark = pytest.mark.usefixtures("runtime_role")
READ = "SELECT u.email, r.page, r.span_id FROM monitoring_textreading r JOIN clients_user u ON u.id = r.user_id ORDER BY r.id"


@pytest.fixture(autouse=True)
def at_a_known_time(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def source(client_row: Client) -> SourceRef:
    return factories.source(client_row)


def ask(source: SourceRef, number: int, at: datetime = NOW, **fields: Any) -> None:
    usual = {"input_text": f"Question {number}", "output_text": f"Answer {number}", "user_id": f"person {number}"}
    ingest.store(source, [factories.span(number, at, **usual | fields)], [])


def as_(client: Client, role: str) -> Browser:
    browser = Browser()
    of = client.practice if role == "owner" else client
    assert browser.login(email=factories.member(of, role).email, password=factories.PASSWORD)
    return browser


def page(browser: Browser, client: Client, **asked: str | int) -> str:
    answer = browser.get(reverse("queries", args=[client.slug]), asked)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.content.decode()


def test_it_says_who_in_which_role_asked_which_system_and_model_what(client_row: Client, source: SourceRef) -> None:
    ask(source, 1, user_role="agent", model="gpt-4.1", system="Claims", input_text="Where is jane@example.com?")
    shown = page(as_(client_row, "program_manager"), client_row)
    who = pseudonym(client_row.pk, "person 1")
    for expected in (who, "agent", "Claims", "gpt-4.1", "Where is ⟦email⟧?", "6 November, 09:30:00"):
        assert expected in shown
    assert "person 1" not in shown


def test_of_a_conversation_the_last_question_is_shown(client_row: Client, source: SourceRef) -> None:
    parts = [{"type": "text", "content": "Second"}]
    messages = [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "First"},
        {"role": "user", "parts": parts},
    ]
    assert question_of(json.dumps(messages)) == "Second"
    assert question_of(json.dumps({"messages": messages[:2]})) == "First"
    assert question_of('{"order": 7}') == '{"order": 7}'
    ask(source, 1, input_text=json.dumps(messages))
    shown = page(as_(client_row, "program_manager"), client_row)
    assert "Second" in shown
    assert "Be brief" not in shown


def test_only_model_calls_of_the_last_days_are_in_it_newest_first(client_row: Client, source: SourceRef) -> None:
    ask(source, 1, NOW - timedelta(days=3))
    ask(source, 2, NOW - timedelta(hours=1))
    ask(source, 3, NOW - timedelta(days=8))
    ask(source, 4, kind=SpanKind.TOOL)
    shown = page(as_(client_row, "program_manager"), client_row)
    assert 0 < shown.find("Question 2") < shown.find("Question 1")
    assert "Question 3" not in shown
    assert "Question 4" not in shown


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"day": "2026-11-06"}, {1, 2}),
        ({"day": "2026-11-05"}, {3}),
        ({"day": "2026-10-20"}, {4}),
        ({"user": "2"}, {2}),
        ({"system": "Claims"}, {3}),
        ({"system": "Claims", "day": "2026-11-06"}, set()),
        ({"user": "nobody"}, set()),
    ],
)
def test_it_is_filtered_by_person_local_day_and_system(
    client_row: Client, source: SourceRef, filters: dict[str, str], numbers: set[int]
) -> None:
    ask(source, 1)
    ask(source, 2, datetime.fromisoformat("2026-11-06T00:30-06:00"))
    ask(source, 3, datetime.fromisoformat("2026-11-05T23:30-06:00"), system="Claims")
    ask(source, 4, datetime.fromisoformat("2026-10-20T12:00-05:00"))
    asked = dict(filters)
    if asked.get("user") == "2":
        asked["user"] = pseudonym(client_row.pk, "person 2")
    if "system" in asked:
        asked["system"] = str(rows("SELECT id FROM clients_system WHERE name = %s", [asked["system"]])[0][0])
    shown = page(as_(client_row, "program_manager"), client_row, **asked)
    assert {n for n in (1, 2, 3, 4) if f"Question {n}" in shown} == numbers


def test_pages_of_fifty_keep_their_filters_in_the_address(client_row: Client, source: SourceRef) -> None:
    ingest.store(
        source,
        [factories.span(i, NOW - timedelta(minutes=i), user_id="x", input_text=f"Q{i}.") for i in range(1, 121)],
        [],
    )
    browser, who = as_(client_row, "program_manager"), pseudonym(client_row.pk, "x")
    first = page(browser, client_row, user=who)
    assert ("Q1." in first, "Q50." in first, "Q51." in first) == (True, True, False)
    assert f'href="?user={who}&amp;page=2" rel="next"' in first
    last = page(browser, client_row, user=who, page=3)
    assert ("Q101." in last, "Q120." in last, 'rel="next"' in last) == (True, True, False)
    assert f'href="?user={who}&amp;page=2" rel="prev"' in last


@pytest.mark.parametrize(
    "asked", [{"day": "soon"}, {"page": "0"}, {"page": "x"}, {"system": "999999"}, {"user": "x" * 300}]
)
def test_an_address_nobody_can_understand_shows_the_log_and_says_so(
    client_row: Client, source: SourceRef, asked: dict[str, str]
) -> None:
    answer = as_(client_row, "program_manager").get(reverse("queries", args=[client_row.slug]), asked)
    assert answer.status_code == 422
    assert "could not be understood" in answer.content.decode()


def test_as_many_statements_for_one_query_as_for_fifty(client_row: Client, source: SourceRef) -> None:
    browser = as_(client_row, "owner")
    counts = []
    for numbers in (range(1, 2), range(2, 60)):
        for number in numbers:
            ask(source, number, system=f"System {number % 7}")
        with CaptureQueriesContext(connection) as captured:
            page(browser, client_row)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_opening_a_query_shows_all_of_what_was_asked_and_answered(client_row: Client, source: SourceRef) -> None:
    long = "word " * 400
    ask(source, 1, input_text=f"{long}<b>end</b>", output_text="The answer")
    shown = opened(as_(client_row, "program_manager"), client_row, source, 1)
    assert "&lt;b&gt;end&lt;/b&gt;" in shown
    assert "The answer" in shown


def opened(browser: Browser, client: Client, source: SourceRef, number: int) -> str:
    answer = browser.get(reverse("query", args=[client.slug, source.public_id, f"{number:032x}", f"{number:016x}"]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_where_a_text_is_not_there_it_says_why(client_row: Client, source: SourceRef) -> None:
    browser = as_(client_row, "program_manager")
    ask(source, 1, NOW - timedelta(days=5))
    with scope(client_row):
        Source.objects.filter(pk=source.id).update(text_days=2)
    tasks.forget_spans(client_id=client_row.pk)
    assert "taken away after 2 days" in opened(browser, client_row, source, 1)
    ask(source, 2, input_text="", output_text="")
    assert "keeps no text, or none was sent" in opened(browser, client_row, source, 2)
    assert page(browser, client_row).count("text not kept") == 2
    assert rows(READ) == []


def test_every_text_a_page_showed_is_noted_with_who_and_where(client_row: Client, source: SourceRef) -> None:
    ask(source, 1, NOW - timedelta(minutes=1))
    ask(source, 2, input_text="")
    browser = as_(client_row, "program_manager")
    page(browser, client_row)
    opened(browser, client_row, source, 2)
    me = "program_manager-acme@people.example"
    assert rows(READ) == [(me, "log", f"{1:016x}"), (me, "query", f"{2:016x}")]
    browser.head(reverse("queries", args=[client_row.slug]))
    assert len(rows(READ)) == 2


def test_a_note_cannot_be_changed_or_taken_away(client_row: Client, source: SourceRef) -> None:
    ask(source, 1)
    page(as_(client_row, "program_manager"), client_row)
    for forge in ("DELETE FROM monitoring_textreading", "UPDATE monitoring_textreading SET page = 'x'"):
        with pytest.raises(Exception, match="permission denied"), scope(client_row), connection.cursor() as cursor:
            cursor.execute(forge)
    with scope(client_row):
        assert TextReading.objects.count() == 1


def test_owners_see_who_has_read_and_managers_do_not(client_row: Client, source: SourceRef) -> None:
    ask(source, 1)
    manager, owner = as_(client_row, "program_manager"), as_(client_row, "owner")
    opened(manager, client_row, source, 1)
    assert "Who has read texts" not in page(manager, client_row)
    shown = page(owner, client_row)
    assert "Who has read texts" in shown
    readings = shown[shown.index("Who has read texts") :]
    assert readings.count("Program_Manager-Acme") == 2
    assert "Owner-Northlight" in readings


def test_another_clients_query_cannot_be_opened_under_ones_own(
    client_row: Client, other_client: Client, source: SourceRef
) -> None:
    there = factories.source(other_client)
    ask(there, 7)
    browser = as_(client_row, "program_manager")
    for ids in (
        (there.public_id, f"{7:032x}", f"{7:016x}"),
        (source.public_id, f"{7:032x}", f"{7:016x}"),
        ("x", "y", "z"),
    ):
        assert browser.get(reverse("query", args=[client_row.slug, *ids])).status_code == 404
    assert rows(READ) == []


def test_the_log_of_a_client_whose_sources_were_taken_away_still_opens(client_row: Client) -> None:
    assert "Nobody asked anything" in page(as_(client_row, "program_manager"), client_row)
    assert finders.find("css/components.css")
    with scope(client_row):
        assert query_log.readings(client_row) == []
