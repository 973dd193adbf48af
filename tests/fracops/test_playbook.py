"""The playbook: patterns travel between clients, what one client's result was does not."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as some

from clients.models import Charter, Client, Membership, Opportunity, Pattern, System, Target
from clients.playbook import FEWEST, Result, told_of
from clients.tenancy import practice as whole_practice
from clients.tenancy import scope
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role")
PAGE = "/p/northlight/playbook/"
TYPED = {
    "title": "Ground answers",
    "symptom": "Answers invent facts",
    "action": "Answer only from documents",
    "metric": "accuracy",
    "way": "up",
    "lift_low": "2",
    "lift_high": "4",
    "hours": "12",
    "kinds": ["assistant"],
    "edition": "0",
}


@pytest.fixture(autouse=True)
def friday(request: Any, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def of_role(of: Any, role: str, email: str = "") -> Browser:
    browser = Browser()
    browser.force_login(factories.member(of, role, email))
    return browser


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode().replace("\u00a0", " "))


def came(client: Client, pattern: Pattern, actual: str, **fields: Any) -> Opportunity:
    return factories.opportunity(
        client,
        pattern_id=pattern.pk,
        metric="accuracy",
        lift_low=Decimal("0.02"),
        lift_high=Decimal("0.04"),
        actual=Decimal(actual),
        result_on=date(2026, 11, 1),
        **fields,
    )


def of(client_id: int, moved: str = "0.03") -> Result:
    return Result(client_id, Decimal(moved), True)


def test_two_clients_are_too_few_however_many_results_they_have() -> None:
    assert FEWEST == 3
    assert told_of([of(1), of(1), of(2), of(2), of(2)], readable={1, 2}) is None
    assert told_of([of(1), of(2), of(3)], readable=set()) is not None


def test_who_reads_all_but_one_is_told_nothing_for_they_could_work_that_one_out() -> None:
    found = [of(1), of(2), of(3)]
    assert told_of(found, readable={1, 2}) is None
    assert told_of(found, readable={1}) is not None
    assert told_of(found, readable={1, 2, 3}) is not None


@given(
    some.lists(some.tuples(some.integers(1, 4), some.decimals(-1, 1, places=4)), max_size=12),
    some.sets(some.integers(1, 4)),
)
def test_nothing_is_ever_told_of_fewer_than_three_or_of_one_alone(rows: list[Any], readable: set[int]) -> None:
    clients = {client for client, _ in rows}
    told = told_of([Result(client, moved, True) for client, moved in rows], readable)
    assert (told is None) == (len(clients) < 3 or len(clients - readable) == 1)


def test_a_client_with_many_results_counts_once() -> None:
    told = told_of([*[of(1, "0.09")] * 9, of(2, "0.03"), of(3, "0.03")], readable=set())
    assert told is not None
    assert told.mean == Decimal("0.05")


def test_results_show_from_three_clients_on_and_name_none(client_row: Client, other_client: Client) -> None:
    firm = client_row.practice
    third, fourth = factories.client(firm, "quarry"), factories.client(firm, "delta")
    pattern = factories.pattern(firm)
    came(client_row, pattern, "0.02")
    came(other_client, pattern, "0.03")
    manager, owner = of_role(client_row, "program_manager"), of_role(firm, "owner")
    assert "on average" not in words(manager.get(PAGE))
    assert "on average" not in words(owner.get(PAGE))
    came(third, pattern, "0.04")
    for person in (manager, owner):
        page = words(person.get(PAGE))
        assert "At 3 clients it rose by 3 points on average; about 100% of results reached what was expected." in page
        main = page.split("<main", 1)[1].split("</main", 1)[0]
        assert not [name for name in ("Acme", "Zenith", "Quarry") if name in main]
    both = factories.member(client_row, "program_manager", "two@people.example")
    with whole_practice(firm.pk):
        Membership.objects.create(practice=firm, client=other_client, user=both, role="program_manager")
    two = Browser()
    two.force_login(both)
    assert "on average" not in words(two.get(PAGE))  # of three, only the third is unknown to them
    came(fourth, pattern, "0.03")
    assert "At 4 clients" in words(two.get(PAGE))


def test_another_practices_results_and_patterns_are_not_there(client_row: Client) -> None:
    elsewhere = factories.practice("southgate")
    theirs = factories.pattern(elsewhere, title="Their secret")
    for slug in ("one", "two", "three"):
        came(factories.client(elsewhere, slug), theirs, "0.03")
    owner = of_role(client_row.practice, "owner")
    assert "Their secret" not in words(owner.get(PAGE))
    assert owner.get(f"{PAGE}{theirs.public_id}/").status_code == 404
    with pytest.raises(DatabaseError, match="of_tenant"):
        factories.opportunity(client_row, pattern_id=theirs.pk)


def test_a_pattern_is_written_changed_and_refused(client_row: Client) -> None:
    manager = of_role(client_row, "program_manager")
    assert manager.post(f"{PAGE}new/", TYPED).status_code == 302
    kept = Pattern.objects.using("owner").get()
    assert (kept.lift_low, kept.lift_high, kept.kinds) == (Decimal("0.02"), Decimal("0.04"), ["assistant"])
    page = words(manager.get(PAGE))
    assert "Accuracy rises by 2 to 4 points. For Assistant or chatbot. Typically 12 hours." in page
    assert 'value="2"' in words(manager.get(f"{PAGE}{kept.public_id}/"))
    for typed, told in (
        ({}, "of that title already"),
        ({"title": "x", "metric": "outcome.claims"}, "Select a valid choice"),
        ({"title": "x", "way": "down"}, "better when it is higher"),
        ({"title": "x", "lift_low": "9"}, "below the low end"),
        ({"title": "x", "lift_low": "-1"}, "without a sign"),
        ({"title": "x", "kinds": ["toaster"]}, "Select a valid choice"),
    ):
        answer = manager.post(f"{PAGE}new/", TYPED | typed)
        assert answer.status_code == 422
        assert told in words(answer)
        assert "Answer only from documents" in words(answer)


def test_a_pattern_suggests_itself_by_metric_and_kind_and_its_result_counts_back(
    client_row: Client, other_client: Client
) -> None:
    firm = client_row.practice
    pattern = factories.pattern(firm, kinds=["assistant"])
    factories.pattern(firm, title="Cache prompts", metric="cost_per_call", way="down")
    manager = of_role(client_row, "program_manager")
    address = "/c/acme/roadmap/playbook/"
    assert "No pattern of the playbook fits Acme now." in words(manager.get(address))
    with scope(client_row):
        charter = Charter.objects.create(client=client_row, quarter_start=date(2026, 10, 1))
        Target.objects.create(
            client=client_row, charter=charter, name="Right", metric="accuracy", goal=1, due=NOW.date()
        )
        system = System.objects.create(client=client_row, name="Bot")
    assert "No pattern" in words(manager.get(address))  # nobody said what the system is
    assert manager.post(address, {f"kind-{system.public_id}": "assistant"}).status_code == 302
    assert manager.post(address, {f"kind-{system.public_id}": "toaster"}).status_code == 302
    page = words(manager.get(address))
    assert "1 pattern of the playbook fits Acme." in page
    assert "The target “Right”" in page
    assert "Cache prompts" not in page
    opened = f"/c/acme/roadmap/new/?pattern={pattern.public_id}"
    form = words(manager.get(opened))
    assert 'value="Ground answers"' in form
    assert "Answer only from documents" in form
    typed = {
        "title": "Ground it", "problem": "x", "metric": "accuracy", "way": "up", "lift_low": "2", "confidence": "50", "hours": "4",
        "money": "0", "risk": "low", "edition": "0",
    }  # fmt: skip
    assert manager.post(opened, typed).status_code == 302
    assert Opportunity.objects.using("owner").get().pattern_id == pattern.pk
    assert "One was opened from it already." in words(manager.get(address))


def test_executives_have_no_playbook_and_see_no_pattern(client_row: Client) -> None:
    pattern = factories.pattern(client_row.practice, title="Inner craft")
    made = came(client_row, pattern, "0.03", visible=True)
    executive = of_role(client_row, "executive")
    page = executive.get(f"/c/acme/roadmap/{made.public_id}/")
    assert page.status_code == 200
    assert "Inner craft" not in words(page)
    assert executive.get(PAGE).status_code == 404
