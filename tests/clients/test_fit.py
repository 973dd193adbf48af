"""The fit check: a rule anybody can check by hand, answers kept as they were given, and a reason where one goes on regardless."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from clients.fitting import NO, QUESTIONS, UNKNOWN, YES, judge
from clients.models import Client, Discovery, FitCheck, FitOutcome
from clients.tenancy import scope
from tests import factories
from tests.conftest import rows

GOOD = {
    "simple": NO, "rebuild": NO, "streams": NO, "defined": YES, "fee": YES, "stalled": YES, "guessing": YES,
    "ungoverned": NO, "sliding": NO,
}  # fmt: skip
NEW, PAGE = "/c/acme/engagement/fit/", "/c/acme/engagement/"
needs_database = pytest.mark.usefixtures("runtime_role")


@pytest.mark.parametrize(
    ("changed", "outcome", "first"),
    [
        ({}, FitOutcome.FITS, "2 reasons to begin now are true"),
        ({"simple": YES}, FitOutcome.NOT, "It is a single, simple automation"),
        ({"rebuild": YES}, FitOutcome.NOT, "What is live should be rebuilt"),
        ({"streams": YES}, FitOutcome.RESERVED, "There are more than three AI workstreams"),
        ({"defined": NO}, FitOutcome.RESERVED, "The problem is not defined"),
        ({"fee": NO}, FitOutcome.RESERVED, "The fee they have in mind"),
        ({"simple": UNKNOWN}, FitOutcome.RESERVED, "Nobody knows yet whether it is more"),
        ({"guessing": UNKNOWN}, FitOutcome.RESERVED, "Only one reason to begin now is true"),
        ({"guessing": NO, "stalled": NO}, FitOutcome.RESERVED, "No reason to begin now is known to be true"),
        ({"simple": YES, "streams": YES}, FitOutcome.NOT, "It is a single, simple automation"),
    ],
)
def test_what_answers_come_to(changed: dict[str, str], outcome: FitOutcome, first: str) -> None:
    found = judge(GOOD | changed)
    assert found.outcome is outcome
    assert found.reasons[0].startswith(first)


@given(st.fixed_dictionaries({q.key: st.sampled_from([YES, NO, UNKNOWN]) for q in QUESTIONS}))
def test_any_answers_have_an_outcome_with_reasons_that_can_be_kept(answers: dict[str, str]) -> None:
    found = judge(answers)
    assert found.reasons
    assert all(0 < len(reason) <= 300 for reason in found.reasons)


@pytest.fixture
def owner(client_row: Client) -> Browser:
    browser = Browser()
    browser.force_login(factories.member(client_row.practice, "owner", "ada@northlight.example"))
    return browser


@needs_database
def test_a_check_is_told_in_words_with_its_reasons_and_listed_at_the_engagement(owner: Browser) -> None:
    made = owner.post(NEW, GOOD | {"defined": NO, "defined_note": "They say “better answers”"}, follow=True)
    page = made.content.decode()
    for part in (
        "Acme fits with reservations.",
        "The problem is not defined",
        "Answered by Ada",
        "They say “better answers”",
    ):
        assert part in page
    assert "Fits with reservations" in owner.get(PAGE).content.decode()
    again = owner.get(NEW).content.decode()
    assert "They say “better answers”" in again, "the next check opens with what was answered last"
    owner.post(NEW, GOOD)
    assert "It was checked again since." in owner.get(made.redirect_chain[0][0]).content.decode()
    changes = owner.get("/p/northlight/changes/").content.decode()
    assert "Fit check of Acme added" in changes


@needs_database
def test_an_answer_that_there_is_not_loses_nothing_that_was_typed(owner: Browser) -> None:
    refused = owner.post(NEW, GOOD | {"simple": "perhaps", "fee_note": "8,000 a month"})
    assert refused.status_code == 422
    assert "8,000 a month" in refused.content.decode()
    assert rows("SELECT count(*) FROM clients_fitcheck") == [(0,)]


@needs_database
def test_one_that_does_not_fit_blocks_nothing_but_its_discovery_says_why(owner: Browser, client_row: Client) -> None:
    begin: dict[str, Any] = {"question": "Worth it?", "began_on": "2026-11-09", "weeks": "2"}
    owner.post(NEW, GOOD | {"simple": YES})
    opened = owner.get("/c/acme/discovery/begin/").content.decode()
    assert "Why begin it all the same" in opened
    refused = owner.post("/c/acme/discovery/begin/", begin)
    assert (refused.status_code, "Worth it?" in refused.content.decode()) == (422, True)
    owner.post("/c/acme/discovery/begin/", begin | {"despite": "They plan three more flows."})
    with scope(client_row):
        one = Discovery.objects.get()
    assert one.despite == "They plan three more flows."
    address = f"/c/acme/discovery/{one.public_id}/"
    assert "They plan three more flows." in owner.get(address).content.decode()
    executive = Browser()
    executive.force_login(factories.member(client_row, "executive"))
    seen = executive.get(address)
    assert (seen.status_code, "three more flows" in seen.content.decode()) == (200, False)
    assert executive.get(NEW).status_code == 403
    assert "Fit check" not in executive.get(PAGE).content.decode()
    owner.post(NEW, GOOD)
    assert "Why begin it all the same" not in owner.get("/c/acme/discovery/begin/").content.decode()


@needs_database
def test_a_check_can_be_changed_by_nobody(owner: Browser, client_row: Client) -> None:
    owner.post(NEW, GOOD)
    with scope(client_row), pytest.raises(DatabaseError), transaction.atomic():
        FitCheck.objects.update(outcome=FitOutcome.NOT)
    with scope(client_row), pytest.raises(DatabaseError), transaction.atomic():
        FitCheck.objects.all().delete()


@needs_database
def test_many_checks_cost_the_engagements_page_no_more_queries(owner: Browser) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            owner.get(PAGE)
        return len(queries)

    owner.post(NEW, GOOD)
    before = asked()
    for _ in range(4):
        owner.post(NEW, GOOD)
    assert asked() == before
