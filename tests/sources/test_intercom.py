"""Intercom's conversations: when they came, were closed and reopened, and whether the AI agent settled them."""

from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import Window
from monitoring.records import TicketRecord
from tests.sources.damage import answered_or_refused, taken_or_refused
from tests.sources.fakes.base import CONTRACTS, END, MIDDLE, START
from tests.sources.fakes.intercom import Fake, conversation
from tests.sources.strategies import from_schema

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.fixture
def fake() -> Fake:
    return Fake()


def test_a_conversation_is_its_times_and_nothing_that_was_said(fake: Fake) -> None:
    fake.rows = [conversation(1295, MIDDLE)]
    expected = TicketRecord(
        "1295", MIDDLE - 2 * HOUR, MIDDLE, MIDDLE - timedelta(minutes=1), reopened=1, by_ai=True, deleted=False
    )
    assert fake.records() == [expected]
    assert "parcel" not in repr(fake.records())
    assert "customer.example" not in repr(fake.records())


@pytest.mark.parametrize(
    ("participated", "state", "by_ai"),
    [
        (True, "confirmed_resolution", True),
        (True, "assumed_resolution", True),
        (True, "escalated", False),
        (True, "negative_feedback", False),
        (True, "procedure_handoff", False),
        (True, None, False),
        (True, "of a kind to come", None),
        (False, None, False),
        (None, None, None),
    ],
)
def test_who_settled_it_is_what_the_agents_part_came_to(
    fake: Fake, participated: bool | None, state: str | None, by_ai: bool | None
) -> None:
    row = conversation(1, MIDDLE, ai_agent={"resolution_state": state})
    if participated is None:
        del row["ai_agent_participated"]
    else:
        row["ai_agent_participated"] = participated
    fake.interrupt = lambda request: httpx.Response(200, json={"conversations": [row], "pages": None})
    assert [record.by_ai for record in fake.records()] == [by_ai]


def test_an_agent_that_is_null_gave_no_answer(fake: Fake) -> None:
    rows = [conversation(1, MIDDLE, ai_agent=None)]
    fake.interrupt = lambda request: httpx.Response(200, json={"conversations": rows})
    assert fake.records()[0].by_ai is False


@pytest.mark.parametrize("state", ["open", "snoozed"])
def test_a_conversation_that_is_open_again_is_not_solved(fake: Fake, state: str) -> None:
    fake.rows = [conversation(1, MIDDLE, state=state)]
    assert fake.records()[0].solved_at is None
    assert fake.records()[0].reopened == 1


def test_a_conversation_without_statistics_is_still_one(fake: Fake) -> None:
    fake.rows = [conversation(1, MIDDLE, statistics=None)]
    record = fake.records()[0]
    assert (record.solved_at, record.reopened) == (None, None)


def test_the_search_asks_from_the_second_before_because_it_knows_no_from_on(fake: Fake) -> None:
    fake.plant()
    fake.pages()
    asked = orjson.loads(fake.seen[0].content)
    assert asked == {
        "query": {
            "operator": "AND",
            "value": [
                {"field": "updated_at", "operator": ">", "value": int(START.timestamp()) - 1},
                {"field": "updated_at", "operator": "<", "value": int(END.timestamp())},
            ],
        },
        "pagination": {"per_page": 150},
    }


def test_a_window_within_a_second_loses_nothing_and_takes_nothing_twice(fake: Fake) -> None:
    fake.rows = [conversation(1, MIDDLE), conversation(2, MIDDLE + SECOND)]
    half = MIDDLE + SECOND / 2
    assert [r.ticket_id for r in fake.records(Window(START, half))] == ["1"]
    assert [r.ticket_id for r in fake.records(Window(half, END))] == ["2"]


@pytest.mark.parametrize(
    ("region", "host"), [("us", "api.intercom.io"), ("eu", "api.eu.intercom.io"), ("au", "api.au.intercom.io")]
)
def test_each_region_has_its_own_host(fake: Fake, region: str, host: str) -> None:
    with fake.connected(region=region) as connector:
        connector.check()
    assert {request.url.host for request in fake.seen} == {host}


def test_a_check_names_the_workspace_and_nobody(fake: Fake) -> None:
    fake.plant()
    with fake.connected() as connector:
        found = connector.check()
    assert (found.account, found.sees[0].count) == ("ACME", 8)
    assert "Joe" not in repr(found)
    assert "@" not in repr(found)


def test_a_limit_ends_when_intercom_says_in_unix_seconds(fake: Fake) -> None:
    date = "Sun, 01 Nov 2026 00:00:00 GMT"
    reset = str(int(START.timestamp()) - 86_400 + 3_600)
    fake.interrupt = lambda request: httpx.Response(429, headers={"Date": date, "X-RateLimit-Reset": reset})
    with pytest.raises(SourceError) as caught:
        fake.pages()
    assert caught.value.fault is Fault.LATER
    assert caught.value.retry_at is not None


def test_a_row_that_cannot_be_read_is_refused_with_the_reason(fake: Fake) -> None:
    rows: list[Any] = [conversation(1, MIDDLE, created_at=None), conversation(2, MIDDLE), "three"]
    fake.interrupt = lambda request: httpx.Response(200, json={"conversations": rows})
    assert [record.ticket_id for record in fake.records()] == ["2"]
    reasons = [rejection.reason.partition(":")[0] for rejection in fake.pages()[0].rejected]
    assert reasons == ["created_at", "the row"]


@pytest.mark.skipif(not CONTRACTS.exists(), reason="the contracts are stored beside the repository")
@settings(deadline=None)
@given(data=st.data())
def test_whatever_the_description_allows_is_taken_or_refused(data: st.DataObject) -> None:
    description = orjson.loads((CONTRACTS / "intercom.json").read_bytes())
    answers = from_schema(description, {"$ref": "#/components/schemas/conversation_list"})
    answered_or_refused(Fake(), data, answers)


@settings(deadline=None)
@given(st.data())
def test_an_answer_that_is_damaged_anywhere_is_taken_or_refused(data: st.DataObject) -> None:
    fake = Fake()
    fake.rows = [conversation(1, START), conversation(2, MIDDLE)]
    taken_or_refused(fake, data)
