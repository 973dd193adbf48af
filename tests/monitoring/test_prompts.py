"""Versions of prompts: told apart by their prompt, each with its calls, labels and scores, on a page that is there when there are any."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser

from clients.models import Client, User
from clients.tenancy import scope
from monitoring import ledger
from monitoring.doors import SourceRef
from monitoring.prompts import Prompts, prompts
from monitoring.records import PromptRecord
from tests import factories
from tests.conftest import NOW, rows

pytestmark = pytest.mark.usefixtures("runtime_role")
CREATED = datetime(2026, 10, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def source(client_row: Client) -> SourceRef:
    return factories.source(client_row)


def calls(
    of: Client, by: SourceRef, name: str, version: str, days_ago: list[int], first: int = 1, **fields: Any
) -> list[Any]:
    spans = [
        factories.span(first + i, NOW - timedelta(days=day), prompt_name=name, prompt_version=version, **fields)
        for i, day in enumerate(days_ago)
    ]
    factories.calls(of, spans, by=by)
    return spans


def found(of: Client, *, money: bool = True) -> Prompts:
    with scope(of):
        return prompts(of, NOW, money=money)


def stored(source: SourceRef, *versions: tuple[str, str, tuple[str, ...]]) -> None:
    with scope(source.client_id):
        ledger.store(source, [PromptRecord(name, version, CREATED, labels) for name, version, labels in versions])


def test_the_same_version_of_two_prompts_is_two(client_row: Client, source: SourceRef) -> None:
    calls(client_row, source, "greet", "2", [1, 2])
    calls(client_row, source, "route", "2", [1], first=10, error="timeout")
    calls(client_row, source, "", "2", [1], first=20)
    told = {(v.prompt, v.version): v.calls for v in found(client_row).versions}
    assert told == {("greet", "2"): 2, ("route", "2"): 1, ("", "2"): 1}
    points = rows(
        "SELECT DISTINCT prompt_version FROM monitoring_point WHERE measure = 'error' AND prompt_version <> '*'"
    )
    assert {value for (value,) in points} == {"greet@2", "route@2", "2"}


def test_a_score_counts_for_the_version_it_judges(client_row: Client, source: SourceRef) -> None:
    good = calls(client_row, source, "greet", "1", [3])
    bad = calls(client_row, source, "greet", "2", [1], first=10)
    verdicts = [
        replace(factories.verdict(call, call is good[0]), prompt_name="greet", prompt_version=call.prompt_version)
        for call in (*good, *bad)
    ]
    factories.calls(client_row, [], verdicts, by=source)
    told = found(client_row)
    [accuracy] = [m for m in told.metrics if m.key == "accuracy"]
    assert [(v.version, v.text(accuracy)) for v in told.versions] == [("2", "0.0%"), ("1", "100.0%")]


def test_versions_of_the_tool_come_with_their_labels_and_without_calls(client_row: Client, source: SourceRef) -> None:
    stored(source, ("greet", "9", ()), ("greet", "10", ("production", "latest")))
    calls(client_row, source, "greet", "10", [1])
    told = found(client_row)
    assert [(v.version, v.labels, v.calls) for v in told.versions] == [
        ("10", ("latest", "production"), 1),
        ("9", (), 0),
    ]
    assert told.versions[0].created_at == CREATED


def test_the_sentence_names_the_version_that_began_to_be_called_last(client_row: Client, source: SourceRef) -> None:
    stored(source, ("greet", "1", ()))
    assert found(client_row).sentence == "No version of a prompt was called in the last 28 days."
    calls(client_row, source, "greet", "1", [27, 1])
    assert found(client_row).sentence == "Only version 1 of greet was called in the last 28 days."
    calls(client_row, source, "route", "1", [27], first=40)
    assert found(client_row).sentence == "None of the 2 versions called in the last 28 days is new."
    calls(client_row, source, "greet", "2", [2, 1, 1], first=10)
    assert found(client_row).sentence == "Version 2 of greet has been called since 4 November: 3 calls so far."
    calls(client_row, source, "", "v7", [1], first=20)
    assert found(client_row).sentence == "v7 has been called since 5 November: 1 call so far."


def test_what_was_called_before_the_period_is_not_counted(client_row: Client, source: SourceRef) -> None:
    calls(client_row, source, "greet", "1", [60, 40])
    assert found(client_row).versions == ()


def test_it_takes_two_queries_however_many_versions(
    client_row: Client, source: SourceRef, django_assert_num_queries: Any
) -> None:
    for number in range(1, 8):
        calls(client_row, source, f"p{number}", "1", [1], first=number * 10)
        with scope(client_row), django_assert_num_queries(2):
            prompts(client_row, NOW, money=True)


def test_the_page_shows_them_and_is_in_the_navigation_only_where_there_are_any(
    client_row: Client, source: SourceRef, manager: User
) -> None:
    browser = Browser()
    assert browser.login(email=manager.email, password=factories.PASSWORD)
    assert "/c/acme/prompts/" not in browser.get("/c/acme/").content.decode()
    empty = browser.get("/c/acme/prompts/").content.decode()
    assert "Name the prompt on each call." in empty
    stored(source, ("greet", "2", ("production",)))
    calls(client_row, source, "greet", "2", [1], cost=1)
    assert "/c/acme/prompts/" in browser.get("/c/acme/").content.decode()
    page = browser.get("/c/acme/prompts/").content.decode()
    for said in ("greet", "production", "made 1 October 2026", "5 November", "Cost per call"):
        assert said in page


def test_costs_of_versions_are_for_those_who_may_see_money(client_row: Client, source: SourceRef) -> None:
    calls(client_row, source, "greet", "2", [1], cost=1)
    assert "cost_per_call" in {m.key for m in found(client_row).metrics}
    assert "cost_per_call" not in {m.key for m in found(client_row, money=False).metrics}
