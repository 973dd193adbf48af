"""What OpenAI's administration API becomes: dollars by day and line, tokens and requests by hour, and refusals to act on."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
import stamina
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import Window
from monitoring.records import BillRecord, UsageRecord
from monitoring.sources.openai import USAGE
from tests.sources.fakes.base import CONTRACTS, MIDDLE, START, WHOLE
from tests.sources.fakes.openai import Fake
from tests.sources.strategies import from_schema

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=3, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture
def fake() -> Fake:
    return Fake()


def answering(fake: Fake, path: str, *results: dict[str, Any], **more: Any) -> None:
    """One bucket with these rows at a path, as an answer the description may not know."""
    start = int(START.timestamp())

    def answer(request: httpx.Request) -> httpx.Response | None:
        rows = results if request.url.path.endswith(path) else ()
        bucket = {"object": "bucket", "start_time": start, "end_time": start + 3600, "results": list(rows)}
        return httpx.Response(200, json={"object": "page", "data": [bucket], "has_more": False, "next_page": None})

    fake.interrupt = answer


def test_a_cost_is_a_bill_of_its_utc_day_in_dollars(fake: Fake) -> None:
    fake.bill(START + 23 * HOUR, 0.06, line_item="gpt-4o-2024-08-06, input")
    assert fake.records() == [
        BillRecord(
            date(2026, 11, 2), "openai", Decimal("0.06"), "USD", line="gpt-4o-2024-08-06, input", project="proj_1"
        )
    ]


@pytest.mark.parametrize(
    ("sent", "amount"),
    [(0.1, "0.1"), ("12.50", "12.50"), ("0E-6176", "0"), (-3, "-3"), ("0.8958740000000000", "0.895874")],
)
def test_an_amount_may_be_a_number_or_its_text(fake: Fake, sent: Any, amount: str) -> None:
    answering(fake, "/costs", {"amount": {"value": sent, "currency": "eur"}, "line_item": None, "project_id": None})
    (bill,) = fake.records()
    assert (bill.amount, bill.currency, bill.line, bill.project) == (Decimal(amount), "EUR", "", "")


@pytest.mark.parametrize("amount", [None, {}, {"value": None}, {"value": "much"}, {"value": 1, "currency": "dollars"}])
def test_a_cost_without_an_amount_is_named(fake: Fake, amount: Any) -> None:
    answering(fake, "/costs", {"amount": amount, "line_item": "input"})
    page = fake.pages()[0]
    assert (page.records, len(page.rejected)) == ([], 1)
    assert page.rejected[0].reason.startswith("amount")


def test_cached_input_is_counted_once(fake: Fake) -> None:
    """OpenAI's input_tokens hold those of the cache; ours do not."""
    fake.use(
        "completions",
        START + 5 * HOUR,
        input_tokens=1000,
        input_cached_tokens=300,
        input_cache_write_tokens=100,
        output_tokens=50,
        num_model_requests=7,
    )
    assert fake.records() == [
        UsageRecord(
            START + 5 * HOUR,
            START + 6 * HOUR,
            "openai",
            "gpt-4o-2024-08-06",
            "completions",
            "proj_1",
            "key_1",
            "",
            7,
            600,
            300,
            100,
            50,
        )
    ]


def test_more_cache_than_input_is_refused(fake: Fake) -> None:
    answering(fake, "/completions", {"num_model_requests": 1, "input_tokens": 5, "input_cached_tokens": 6})
    assert [r.reason for page in fake.pages() for r in page.rejected] == [
        "input_tokens: fewer than those of the cache, which they include"
    ]


@pytest.mark.parametrize(
    ("batch", "service_tier", "tier"),
    [
        (True, None, "batch"),
        (True, "default", "batch"),
        (False, "default", ""),
        (None, None, ""),
        (False, "priority", "priority"),
        (False, "tier of next year", "tier of next year"),
    ],
)
def test_batch_and_tiers_are_told_apart(fake: Fake, batch: bool | None, service_tier: str | None, tier: str) -> None:
    fake.use("completions", START, batch=batch, service_tier=service_tier, input_tokens=1)
    assert [record.tier for record in fake.records()] == [tier]


def test_what_fracops_does_not_tell_apart_is_added_up(fake: Fake) -> None:
    for tier in ("default", "auto"):
        fake.use("completions", START, service_tier=tier, input_tokens=10)
    (usage,) = fake.records()
    assert (usage.requests, usage.input_tokens) == (4, 20)


def test_every_kind_of_use_is_read(fake: Fake) -> None:
    for what in USAGE:
        own = {"num_requests": 3} if what.endswith("search_calls") else {}
        tokens = {} if own else {"input_tokens": 5} if what in ("completions", "embeddings", "moderations") else {}
        count = {"images": {"images": 1}, "audio_speeches": {"characters": 9}, "audio_transcriptions": {"seconds": 9}}
        fake.use(what, START, **own, **tokens, **count.get(what, {}))
    counted = {r.what: (r.requests, r.input_tokens) for r in fake.records()}
    assert counted == {
        "completions": (2, 5),
        "embeddings": (2, 5),
        "moderations": (2, 5),
        "images": (2, 0),
        "audio_speeches": (2, 0),
        "audio_transcriptions": (2, 0),
        "web_search_calls": (3, 0),  # the searches; their model's requests are among the completions
        "file_search_calls": (3, 0),
    }


def test_usage_of_a_batch_larger_than_any_call_is_taken(fake: Fake) -> None:
    fake.use("completions", START, input_tokens=9_000_000_000)
    assert [record.input_tokens for record in fake.records()] == [9_000_000_000]


def test_hours_and_days_are_asked_for_in_the_longest_pages(fake: Fake) -> None:
    fake.pages()
    limits = {
        (r.url.path.rsplit("/", 1)[-1], r.url.params["limit"], r.url.params.get("bucket_width")) for r in fake.seen
    }
    assert limits == {("costs", "180", None)} | {(what, "168", "1h") for what in USAGE}


def test_a_window_within_a_day_has_its_own_hours_and_no_bill(fake: Fake) -> None:
    fake.plant()
    records = fake.records(Window(START + HOUR, START + 6 * HOUR))
    assert {type(r) for r in records} == {UsageRecord}
    assert {r.start for r in records} == {START + 5 * HOUR}


def test_only_the_projects_that_are_set_are_pulled(fake: Fake) -> None:
    fake.plant()
    with fake.connected(projects=" proj_2 ,") as connector:
        records: list[Any] = [record for page in connector.fetch(WHOLE) for record in page.records]
    assert {record.project for record in records} == {"proj_2"}


@time_machine.travel(datetime(2026, 11, 12, 9, tzinfo=UTC), tick=False)
def test_a_check_names_the_organization_its_projects_and_their_days(fake: Fake) -> None:
    fake.plant()
    with fake.connected() as connector:
        found = connector.check()
    assert found.account == "OpenAI organization acme"
    assert [(seen.name, seen.count, seen.first, seen.last) for seen in found.sees] == [
        ("Support bot (proj_1)", 3, START, START + timedelta(days=2)),
        ("Search (proj_2)", 1, START, START),
    ]
    assert found.warnings == (
        "This key may also read the organization's projects and people; reading usage is enough.",
    )


def test_a_key_that_sees_more_projects_than_are_set_is_named(fake: Fake) -> None:
    with fake.connected(projects="proj_1") as connector:
        found = connector.check()
    assert [seen.name for seen in found.sees] == ["Support bot (proj_1)"]
    assert found.warnings[1] == "This key also sees 1 other project that FracOps does not pull."


def test_a_project_that_is_not_there_is_refused_by_name(fake: Fake) -> None:
    with fake.connected(projects="proj_9") as connector, pytest.raises(SourceError) as caught:
        connector.check()
    assert caught.value.fault is Fault.CLIENT
    assert str(caught.value) == "OpenAI has no project “proj_9” for this key. It has: proj_1, proj_2."


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_may_read_nothing_but_usage_is_the_best_one(fake: Fake, status: int) -> None:
    """OpenAI words a missing permission as 401 in some places, as 403 in others."""
    fake.plant()
    fake.interrupt = lambda request: fake.refusal(status) if request.url.path.endswith("/projects") else None
    with time_machine.travel(MIDDLE + timedelta(days=5)), fake.connected() as connector:
        found = connector.check()
    assert found.warnings == ()
    assert [seen.name for seen in found.sees] == ["proj_1", "proj_2"]


def test_trouble_with_the_projects_is_no_missing_permission(fake: Fake) -> None:
    fake.interrupt = lambda request: httpx.Response(503) if request.url.path.endswith("/projects") else None
    with fake.connected() as connector, pytest.raises(SourceError) as caught:
        connector.check()
    assert caught.value.fault is Fault.LATER


def test_an_organization_without_anything_says_so(fake: Fake) -> None:
    fake.interrupt = lambda request: fake.refusal(403) if request.url.path.endswith("/projects") else None
    with fake.connected() as connector:
        assert [seen.name for seen in connector.check().sees] == ["No project, and no costs in the last 30 days"]


DESCRIBED = json.loads((CONTRACTS / "openai-organization.json").read_text()) if CONTRACTS.exists() else {}


@pytest.mark.skipif(not DESCRIBED, reason="the contracts are not here")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_whatever_the_description_allows_is_taken_or_named(data: st.DataObject) -> None:
    fake = Fake()
    body = data.draw(from_schema(DESCRIBED, {"$ref": "#/components/schemas/UsageResponse"}))
    fake.interrupt = lambda request: httpx.Response(200, json={**body, "has_more": False})
    pages = fake.pages(Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)))
    assert all(isinstance(r, UsageRecord | BillRecord) for page in pages for r in page.records)


@pytest.mark.skipif(not DESCRIBED, reason="the contracts are not here")
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_cost_of_the_description_is_a_bill_or_a_reason(data: st.DataObject) -> None:
    fake = Fake()
    row = data.draw(from_schema(DESCRIBED, {"$ref": "#/components/schemas/CostsResult"}))
    answering(fake, "/costs", row)
    page = fake.pages()[0]
    assert len(page.records) + len(page.rejected) == 1
