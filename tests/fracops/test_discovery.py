"""A discovery: asked for, planned in phases that are stopped by figures, and ended with go or with a reason not to."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as some

from clients.models import Access, Attempt, Client, Discovery, Engagement, Phase, PhaseState
from clients.phases import Rule, Tried, state_of
from clients.tenancy import scope
from monitoring.phases import evaluate
from tests import factories
from tests.conftest import NOW, rows

pytestmark = pytest.mark.usefixtures("runtime_role")
PAGE = "/c/acme/discovery/"
AGREED = {
    "question": "Can order questions be answered?",
    "began_on": "2026-09-14",
    "weeks": "2",
    "fee": "8000",
    "hours": "25",
    "edition": "0",
}
PLANNED = {
    "name": "Retrieval",
    "work": "Four sources",
    "starts_on": "2026-10-01",
    "ends_on": "2026-10-21",
    "goal_metric": "accuracy",
    "goal_is": "ge",
    "goal_value": "80",
    "kill_metric": "cost_per_call",
    "kill_is": "gt",
    "kill_value": "0.15",
    "kill_attempts": "2",
    "fallback": "The smaller model",
    "edition": "0",
}


@pytest.fixture(autouse=True)
def friday(request: Any, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def of_role(of: Any, role: str) -> Browser:
    browser = Browser()
    browser.force_login(factories.member(of, role))
    return browser


@pytest.fixture
def owner(client_row: Client) -> Browser:
    return of_role(client_row.practice, "owner")


def stored() -> Discovery:
    return Discovery.objects.using("owner").get()


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode().replace("\u00a0", " "))


# The verdict, without a database

GOAL, KILL = Rule("ge", Decimal(80)), Rule("lt", Decimal(60))


def tried(*values: int | None) -> list[Tried]:
    return [Tried(*([None if v is None else Decimal(v)] * 2)) for v in values]


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ((), PhaseState.UNKNOWN),
        ((None, None), PhaseState.UNKNOWN),
        ((70,), PhaseState.NOT_MET),
        ((50, 50), PhaseState.NOT_MET),
        ((50, 50, 59), PhaseState.KILLED),
        ((50, 50, 60), PhaseState.NOT_MET),
        ((50, 70, 50, 50), PhaseState.NOT_MET),
        ((70, 50, 50, 50), PhaseState.KILLED),
        ((50, 50, None, 50), PhaseState.KILLED),
        ((50, 80), PhaseState.MET),
        ((80, 79), PhaseState.NOT_MET),
    ],
)
def test_killed_after_so_many_attempts_in_a_row_else_met_by_the_newest(values: Any, state: PhaseState) -> None:
    assert state_of(GOAL, KILL, 3, tried(*values)) == state


def test_what_is_right_but_too_dear_is_killed_all_the_same() -> None:
    dear = [Tried(Decimal(95), Decimal("0.2"))]
    assert state_of(GOAL, Rule("gt", Decimal("0.15")), 1, dear) == PhaseState.KILLED


@given(some.lists(some.integers(0, 100), min_size=1, max_size=8), some.integers(1, 5))
def test_it_is_never_killed_while_its_newest_attempt_escapes(values: list[int], attempts: int) -> None:
    state = state_of(GOAL, KILL, attempts, tried(*values, 60))
    assert state != PhaseState.KILLED


# Reading points


def judged(client: Client, shares: dict[date, int]) -> None:
    """A hundred judged answers on each day, so many of them right."""
    spans, scores = [], []
    for place, (day, right) in enumerate(shares.items()):
        for number in range(100):
            span = factories.span(place * 100 + number + 1, NOW.replace(hour=18) + (day - NOW.date()))
            spans.append(span)
            scores.append(factories.verdict(span, number < right))
    factories.calls(client, spans, scores)


def test_evaluation_reads_the_attempts_days_and_says_killed_with_its_numbers(client_row: Client) -> None:
    days = [date(2026, 10, 5), date(2026, 10, 12), date(2026, 10, 19)]
    judged(client_row, dict(zip(days, (55, 52, 58), strict=True)) | {date(2026, 10, 6): 99})
    phase = factories.phase(client_row)
    with scope(client_row):
        for day in days:
            Attempt.objects.create(client=client_row, phase=phase, first=day, last=day)
        for _ in range(2):  # again is the same
            evaluate(client_row, phase, NOW)
            assert phase.state == PhaseState.KILLED
            assert phase.state_why == (
                "Accuracy below 60.0% in 3 attempts in a row: 55.0% (100 judged answers), 52.0% (100 judged answers),"
                " 58.0% (100 judged answers). Instead: Managed retrieval"
            )
        phase.attempts.filter(first=days[0]).delete()
        assert evaluate(client_row, phase, NOW).state == PhaseState.NOT_MET
        Attempt.objects.create(client=client_row, phase=phase, first=date(2026, 10, 6), last=date(2026, 10, 6))
        assert evaluate(client_row, phase, NOW).state == PhaseState.NOT_MET  # the 19th is newer
        Attempt.objects.create(client=client_row, phase=phase, first=NOW.date(), last=NOW.date())
        assert evaluate(client_row, phase, NOW).state == PhaseState.NOT_MET  # today is not over


def test_too_few_cases_say_nothing(client_row: Client) -> None:
    phase = factories.phase(client_row)
    with scope(client_row):
        Attempt.objects.create(client=client_row, phase=phase, first=date(2026, 10, 5), last=date(2026, 10, 6))
        evaluate(client_row, phase, NOW)
    assert phase.state == PhaseState.UNKNOWN
    assert "No attempt that is over has the 30 judged answers needed" in phase.state_why


# Pages


def test_a_discovery_begins_with_the_usual_checklist_and_gets_its_plan(owner: Browser, client_row: Client) -> None:
    assert owner.post(f"{PAGE}begin/", AGREED).status_code == 302
    address = f"{PAGE}{stored().public_id}/"
    page = words(owner.get(address))
    for part in ("Can order questions be answered?", "$8,000", "27 Sep 2026", "4 missing", "Prototypes that failed"):
        assert part in page
    code = Access.objects.using("owner").get(what="The code")
    for _ in range(2):
        owner.post(f"{address}access/", {"access": code.public_id, "do": "given"})
    owner.post(f"{address}access/", {"what": " The  logs "})
    page = words(owner.get(address))
    assert "4 missing" in page
    assert "The logs" in page
    assert owner.post(f"{address}phases/new/", PLANNED).status_code == 302
    page = words(owner.get(address))
    assert "Accuracy at least 80.0%" in page
    assert "Cost per call above $0.15 in 2 attempts in a row" in page
    phase = Phase.objects.using("owner").get()
    assert (phase.goal_value, phase.kill_value) == (Decimal("0.8"), Decimal("0.15"))
    form = words(owner.get(f"/c/acme/phases/{phase.public_id}/edit/"))
    assert 'value="80"' in form
    attempt = {f"{phase.public_id}-first": "2026-10-05", f"{phase.public_id}-last": "2026-10-09", "do": "add"}
    assert "Too early" in words(owner.post(f"/c/acme/phases/{phase.public_id}/act/", attempt, follow=True))
    assert "engagement/" in words(owner.get("/c/acme/engagement/"))
    assert "Can order questions be answered?" in words(owner.get("/c/acme/engagement/"))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"ends_on": "2026-09-01"}, "ends before it begins"),
        ({"goal_value": "lots"}, "is no number"),
        ({"goal_value": "NaN"}, "is no number"),
        ({"kill_value": ""}, "required"),
        ({"goal_metric": "happiness"}, "Select a valid choice"),
        ({"kill_attempts": "0"}, "greater than or equal to 1"),
        ({"kill_is": "=="}, "Select a valid choice"),
        ({"fallback": ""}, "required"),
    ],
)
def test_a_phase_without_a_criterion_that_can_be_read_is_refused(
    owner: Browser, client_row: Client, typed: dict[str, str], told: str
) -> None:
    public_id = factories.phase(client_row).discovery.public_id
    answer = owner.post(f"{PAGE}{public_id}/phases/new/", PLANNED | typed)
    assert answer.status_code == 422
    assert told in words(answer)
    assert "Four sources" in words(answer)


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("2026-10-09", "2026-10-05", "ends before it begins"),
        ("0001-01-01", "2026-10-05", "too long ago"),
        ("2026-10-05", "9999-12-31", "too far away"),
        ("soon", "2026-10-05", "Enter a valid date"),
    ],
)
def test_days_that_cannot_be_are_refused_and_stay_typed(
    owner: Browser, client_row: Client, first: str, last: str, told: str
) -> None:
    phase = factories.phase(client_row)
    typed = {
        f"{phase.public_id}-first": first,
        f"{phase.public_id}-last": last,
        f"{phase.public_id}-note": "Chunks",
        "do": "add",
    }
    answer = owner.post(f"/c/acme/phases/{phase.public_id}/act/", typed)
    assert answer.status_code == 422
    assert told in words(answer)
    assert 'value="Chunks"' in words(answer)
    assert rows("SELECT count(*) FROM clients_attempt") == [(0,)]


DECIDED = {
    "outcome": "go",
    "outcome_why": "Worth it",
    "draft_start": "2026-12-01",
    "draft_amount": "8",
    "draft_unit": "hours_week",
    "draft_fee": "6500",
    "edition": "0",
}


def test_go_drafts_a_retainer_that_begins_from_its_form_once(owner: Browser, client_row: Client) -> None:
    public_id = factories.phase(client_row).discovery.public_id
    address = f"{PAGE}{public_id}/"
    assert "Say when the retainer begins." in words(owner.post(f"{address}decide/", DECIDED | {"draft_start": ""}))
    assert owner.post(f"{address}decide/", DECIDED | {"outcome_why": ""}).status_code == 422
    assert owner.post(f"{address}decide/", DECIDED).status_code == 302
    assert "8 hours a week for $6,500 a month, from 1 December 2026" in words(owner.get(address))
    assert not Engagement.objects.using("owner").exists()  # a draft is no engagement
    begin = f"/c/acme/engagement/begin/?discovery={public_id}"
    form = words(owner.get(begin))
    assert 'value="2026-12-01"' in form
    assert 'value="6500.00"' in form
    typed = {"started_on": "2026-12-01", "notice_days": "30", "amount": "8", "unit": "hours_week", "carry_over": "none"}
    assert owner.post(begin, typed | {"monthly_fee": "6500", "edition": "0"}).status_code == 302
    assert stored().retainer == Engagement.objects.using("owner").get()
    assert "It began on 1 December 2026" in words(owner.get(address))
    assert "6500" not in words(owner.get(begin))


@pytest.mark.parametrize("outcome", ["small", "large"])
def test_no_go_keeps_its_reason_and_drafts_nothing(owner: Browser, client_row: Client, outcome: str) -> None:
    public_id = factories.phase(client_row).discovery.public_id
    assert owner.post(f"{PAGE}{public_id}/decide/", DECIDED | {"outcome": outcome}).status_code == 302
    page = words(owner.get(f"{PAGE}{public_id}/"))
    assert "The discovery ended without a retainer. Too" in page
    assert "Worth it" in page
    assert "Begin the retainer" not in page
    assert stored().draft_amount is None
    assert rows("SELECT count(*) FROM clients_change WHERE subject = 'clients_discovery' AND action = 'update'") == [
        (1,)
    ]


def test_its_queries_do_not_grow_with_its_phases(owner: Browser, client_row: Client) -> None:
    phase = factories.phase(client_row)
    address = f"{PAGE}{phase.discovery.public_id}/"

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert owner.get(address).status_code == 200
        return len(asked)

    owner.get(address)
    few = queries()
    with scope(client_row):
        for number in range(6):
            phase.pk, phase.public_id, phase._state.adding = None, f"p{number}", True
            phase.save()
            for day in range(5):
                on = date(2026, 10, 1) + timedelta(days=day)
                Attempt.objects.create(client=client_row, phase=phase, first=on, last=on)
    assert queries() == few
    assert few <= 23


def test_an_executive_reads_the_plan_and_changes_nothing(client_row: Client) -> None:
    phase = factories.phase(client_row)
    page = words(of_role(client_row, "executive").get(f"{PAGE}{phase.discovery.public_id}/"))
    assert "Retrieval baseline" in page
    assert "Managed retrieval" in page
    assert "Add a phase" not in page
    assert "<form" not in page.split("<main", 1)[1].split("</main", 1)[0]
