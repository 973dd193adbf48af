"""What OpenRouter's activity becomes: tokens by day and model, dollars by provider as well, and a day that is gone is said to be gone."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import Window
from monitoring.records import BillRecord, UsageRecord
from tests.sources.fakes.base import CONTRACTS, MIDDLE, START, WHOLE
from tests.sources.fakes.openrouter import Fake
from tests.sources.strategies import from_schema

DAY = timedelta(days=1)


@pytest.fixture
def fake() -> Fake:
    return Fake()


def test_a_day_of_a_model_is_usage_and_a_bill(fake: Fake) -> None:
    fake.use(START)
    assert fake.records() == [
        UsageRecord(
            START,
            START + DAY,
            "openrouter",
            "openai/gpt-4.1",
            project="w-1",
            requests=5,
            input_tokens=50,
            output_tokens=125,
        ),
        BillRecord(
            date(2026, 11, 2),
            "openrouter",
            Decimal("0.015"),
            "USD",
            "OpenAI",
            "openai/gpt-4.1",
            "openai/gpt-4.1-2025-04-14",
            "w-1",
        ),
    ]


def test_what_a_key_of_ones_own_cost_elsewhere_is_no_bill_of_openrouter(fake: Fake) -> None:
    """That provider bills it, and may be connected as well."""
    fake.use(START, usage=0, byok_usage_inference=12.5)
    assert [r.amount for r in fake.records() if isinstance(r, BillRecord)] == [0]


def test_endpoints_of_one_provider_are_added_up_and_providers_are_told_apart(fake: Fake) -> None:
    fake.use(START, endpoint_id="a", usage=0.1)
    fake.use(START, endpoint_id="b", usage=0.2)
    fake.use(START, endpoint_id="c", usage=0.4, provider_name="Azure")
    usage, *bills = fake.records()
    assert (usage.requests, usage.input_tokens, usage.output_tokens) == (15, 150, 375)
    assert [(bill.service, bill.amount) for bill in bills] == [("OpenAI", Decimal("0.3")), ("Azure", Decimal("0.4"))]


@pytest.mark.parametrize("sent", ["2026-11-02", "2026-11-02 00:00:00", "2026-11-02T00:00:00Z"])
def test_a_date_may_carry_a_midnight(fake: Fake, sent: str) -> None:
    fake.use(START)
    fake.rows[0]["date"] = sent
    assert {r.day for r in fake.records() if isinstance(r, BillRecord)} == {date(2026, 11, 2)}


def test_a_server_that_sends_every_day_at_once_is_not_counted_twice(fake: Fake) -> None:
    fake.plant()
    whole = fake.records()
    fake.interrupt = lambda request: httpx.Response(200, json={"data": fake.rows})
    assert fake.records() == whole


def test_each_day_is_a_page(fake: Fake) -> None:
    fake.plant()
    assert [page.next_cursor for page in fake.pages()] == ["2026-11-03", None]
    assert [request.url.params["date"] for request in fake.seen] == ["2026-11-02", "2026-11-03"]


def test_a_window_within_a_day_has_nothing_of_it(fake: Fake) -> None:
    """A day belongs to the window that holds its midnight."""
    fake.plant()
    assert fake.records(Window(START + DAY / 24, START + DAY)) == []
    assert fake.records(Window(START, START + DAY / 24)) == fake.records(Window(START, MIDDLE))


def test_only_the_workspaces_that_are_set_are_taken(fake: Fake) -> None:
    fake.plant()
    with fake.connected(workspaces="w-2") as connector:
        records: list[Any] = [record for page in connector.fetch(WHOLE) for record in page.records]
    assert [record.project for record in records] == ["w-2", "w-2"]


def test_a_day_that_is_gone_is_named_and_the_next_ones_come(fake: Fake) -> None:
    fake.plant()
    fake.today = date(2026, 12, 3)  # thirty days after the second day
    with time_machine.travel(datetime(2026, 12, 3, 5, tzinfo=UTC), tick=False):
        first, second = fake.pages()
    assert (first.records, [r.reason for r in first.rejected]) == (
        [],
        ["2026-11-02: OpenRouter only tells of the last 30 days"],
    )
    assert second.records
    assert second.rejected == []


def test_another_refusal_of_a_day_is_no_gap(fake: Fake) -> None:
    """A day that OpenRouter has not completed yet is refused in the same words."""
    fake.today = START.date()
    with time_machine.travel(START + DAY, tick=False), pytest.raises(SourceError) as caught:
        fake.pages()
    assert (caught.value.fault, caught.value.status) == (Fault.OURS, 400)


def test_a_check_names_the_account_by_its_credit_and_shows_each_workspace(fake: Fake) -> None:
    fake.plant()
    with fake.connected() as connector:
        found = connector.check()
    assert found.account == "OpenRouter account, 25.75 of 1,000.50 dollars of credit used"
    assert [(seen.name, seen.count, seen.first, seen.last) for seen in found.sees] == [
        ("w-1", 3, START, START + 2 * DAY),
        ("w-2", 1, MIDDLE, MIDDLE),
    ]
    assert found.warnings == ()


def test_a_check_warns_of_what_is_not_pulled_and_of_an_id_without_activity(fake: Fake) -> None:
    fake.plant()
    with fake.connected(workspaces="w-2,w-9") as connector:
        found = connector.check()
    assert [(seen.name, seen.count) for seen in found.sees] == [("w-2", 1), ("w-9", 0)]
    assert found.warnings == (
        "Workspace “w-9” had no activity in the last 30 days. Check its id.",
        "This key also sees 1 other workspace that FracOps does not pull.",
    )


def test_an_account_without_activity_is_no_trouble(fake: Fake) -> None:
    with fake.connected() as connector:
        assert [(seen.name, seen.count) for seen in connector.check().sees] == [("Activity", 0)]


def test_an_ordinary_key_is_told_what_to_do(fake: Fake) -> None:
    fake.interrupt = lambda request: fake.refusal(403)
    with fake.connected() as connector, pytest.raises(SourceError) as caught:
        connector.check()
    assert caught.value.fault is Fault.CLIENT
    assert str(caught.value) == (
        "OpenRouter lets only management keys read this. Create one under Settings → Management keys."
    )


@pytest.mark.parametrize("missing", ["date", "model", "usage", "requests"])
def test_a_row_without_what_matters_is_named(fake: Fake, missing: str) -> None:
    fake.use(START)
    row = {k: v for k, v in fake.rows[0].items() if k != missing}
    fake.interrupt = lambda request: httpx.Response(200, json={"data": [row]})
    page = fake.pages()[0]
    assert (page.records, len(page.rejected)) == ([], 1)


DESCRIBED = json.loads((CONTRACTS / "openrouter.json").read_text()) if CONTRACTS.exists() else {}


@pytest.mark.skipif(not DESCRIBED, reason="the contracts are not here")
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_whatever_the_description_allows_is_taken_or_named(data: st.DataObject) -> None:
    fake = Fake()
    body = data.draw(from_schema(DESCRIBED, {"$ref": "#/components/schemas/ActivityResponse"}))
    for row in body["data"]:
        row["date"] = data.draw(st.sampled_from(["2026-11-02", "2026-11-03 00:00:00", row["date"]]))
    fake.interrupt = lambda request: httpx.Response(200, json=body)
    pages = fake.pages()
    assert all(isinstance(r, UsageRecord | BillRecord) for page in pages for r in page.records)
