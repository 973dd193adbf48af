"""The charter's pages: the workshop beside its data, agreement in the portal, amendments, figures that somebody said, the end."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Charter, Client, TargetReading, TargetResult
from clients.tenancy import scope
from tests import factories
from tests.conftest import ALL, NOW

pytestmark = pytest.mark.django_db(transaction=True, databases=ALL)
PAGE, WRITE = "/c/acme/charter/2026-q4/", "/c/acme/charter/2026-q4/write/"
TYPED = {
    "t-TOTAL_FORMS": "2", "t-INITIAL_FORMS": "0", "scope": "The chatbot’s accuracy.", "do": "save",
    "t-0-name": "Right answers", "t-0-metric": "accuracy", "t-0-goal": "90", "t-0-kind": "above",
    "t-1-name": "Thumbs", "t-1-metric": "user_satisfaction", "t-1-goal": "70",
}  # fmt: skip


@pytest.fixture
def watched(client_row: Client, time_machine: Any) -> Client:
    """Forty judged answers a day for three weeks, all right."""
    time_machine.move_to(NOW, tick=False)
    spans = [factories.span(i, NOW - timedelta(days=1 + i % 21)) for i in range(840)]
    factories.calls(client_row, spans, [factories.verdict(s, True) for s in spans])
    factories.engagement(client_row, (NOW - timedelta(days=21)).date())
    return client_row


def browser(of: Client, role: str) -> Browser:
    made = Browser()
    assert made.login(email=factories.member(of, role).email, password=factories.PASSWORD)
    return made


@pytest.fixture
def manager(watched: Client) -> Browser:
    return browser(watched, "program_manager")


@pytest.fixture
def agreed(watched: Client, manager: Browser) -> Browser:
    """Version 1, agreed by an executive in the portal; the executive's browser."""
    assert manager.post(WRITE, TYPED).status_code == 302
    person = browser(watched, "executive")
    page = person.get(PAGE).content.decode()
    found = re.search(r'name="hash" value="(\w+)"', page)
    assert found
    person.post(PAGE + "agree/", {"version": "1", "hash": found[1]})
    return person


def kept(of: Client) -> list[Charter]:
    with scope(of):
        return list(Charter.objects.order_by("version"))


def test_looking_at_data_saves_nothing_and_a_baseline_is_taken_with_its_cases(
    watched: Client, manager: Browser
) -> None:
    page = manager.post(WRITE, TYPED | {"do": "look", "t-0-goal": "a lot"}).content.decode()
    assert 'value="a lot"' in page
    assert "Baseline from the data: 100.0%" in page
    assert "Only 21 of the first 30 days after the engagement began have passed" in page
    taken = manager.post(WRITE, TYPED | {"do": "take-0"}).content.decode()
    assert kept(watched) == []
    assert 'name="t-0-baseline" value="100"' in taken
    source = re.search(r'name="t-0-baseline_source" value="([^"]+)"', taken)
    cases = re.search(r'name="t-0-taken" value="([^"]+)"', taken)
    assert source
    assert cases
    assert source[1].startswith("840 judged answers")
    typed = {"t-0-baseline": "100", "t-0-baseline_source": source[1], "t-0-taken": cases[1]}
    assert manager.post(WRITE, TYPED | typed).headers["Location"] == WRITE, "saving stays in the workshop"
    with scope(watched):
        assert Charter.objects.get().targets.earliest("position").baseline_n == 840


def test_the_workshop_asks_as_little_for_five_targets_of_one_system_as_for_one(manager: Browser) -> None:
    def asked(targets: int) -> int:
        many = {f"t-{i}-metric": "accuracy" for i in range(targets)} | {"t-TOTAL_FORMS": str(targets), "do": "look"}
        with CaptureQueriesContext(connection) as queries:
            assert manager.post(WRITE, many).status_code == 200
        return len(queries)

    assert asked(5) == asked(1) <= 29


def test_an_executive_agrees_and_what_is_saved_after_is_the_next_version(
    watched: Client, manager: Browser, agreed: Browser
) -> None:
    [one] = kept(watched)
    assert one.agreed_by == "Executive-Acme, executive-acme@people.example"
    assert "agreed with Executive-Acme" in agreed.get(PAGE).content.decode()
    form = manager.get(WRITE).content.decode()
    ids = re.findall(r'name="t-\d-public_id" value="([^"]+)"', form)
    again = TYPED | {"version": "1", "edition": "1", "t-0-public_id": ids[0], "t-1-public_id": ids[1]}
    assert manager.post(WRITE, again | {"t-0-goal": "95"}).status_code == 302
    with scope(watched):
        before, after = Charter.objects.order_by("version")
        assert after.agreed_at is None
        assert [t.line for t in after.targets.all()] == [t.line for t in before.targets.all()]
    page = manager.get(PAGE).content.decode()
    assert "Stay at or above 90.0%" in page, "the agreed version holds"
    changes = manager.get(PAGE + "changes/?version=2").content.decode()
    assert "Stay at or above 90.0%" in changes
    assert "Stay at or above 95.0%" in changes
    assert manager.post(WRITE, again).status_code == 422, "a form of version 1 is of another time"
    manager.post(PAGE + "agree/")
    assert kept(watched)[1].agreed_at is None, "only the client’s executives agree"


def test_what_somebody_said_is_marked_and_only_where_nothing_measures(
    watched: Client, manager: Browser, agreed: Browser
) -> None:
    with scope(watched):
        right, thumbs = Charter.objects.get().targets.all()
    said = {"value": "65", "day": "2026-11-02", "said_by": "Dana"}
    answer = manager.post(f"{PAGE}targets/{right.public_id}/say/", said)
    assert answer.status_code == 422
    assert "is measured, so where it stands is computed" in answer.content.decode()
    assert manager.post(f"{PAGE}targets/{thumbs.public_id}/say/", said).status_code == 302
    page = manager.get(PAGE).content.decode()
    assert "Said by Dana, for 2 November 2026" in page
    with scope(watched):
        assert TargetReading.objects.get().value == Decimal("0.65")


def test_closing_before_the_end_needs_a_reason_and_keeps_results(
    watched: Client, manager: Browser, agreed: Browser
) -> None:
    assert manager.post(PAGE + "close/", {"note": ""}).status_code == 422
    assert manager.post(PAGE + "close/", {"note": "They were bought."}).status_code == 302
    page = manager.get(PAGE).content.decode()
    assert "Q4 2026 is closed" in page
    assert "They were bought." in page
    with scope(watched):
        assert [(r.status, r.n) for r in TargetResult.objects.order_by("pk")] == [("on_track", 280), ("no_data", 0)]
    assert manager.get(WRITE).status_code == 302, "a closed charter gets no next version"


@pytest.mark.parametrize("key", ["2026-q5", "1999-q1", "q4", "9999-q1"])
def test_what_is_no_quarter_is_not_there(manager: Browser, key: str) -> None:
    assert manager.get(f"/c/acme/charter/{key}/").status_code == 404


def test_a_contributor_sees_no_cost_in_a_charter(watched: Client, manager: Browser) -> None:
    manager.post(WRITE, TYPED | {"t-1-name": "Bill", "t-1-metric": "cost", "t-1-goal": "10"})
    page = browser(watched, "contributor").get(PAGE).content.decode()
    assert "Right answers" in page
    assert "Q4 2026: 1 target that you can see;" in page
    assert "Bill" not in page
