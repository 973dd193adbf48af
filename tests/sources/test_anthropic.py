"""What Anthropic's administration API becomes: dollars from cents by day and line, tokens by hour, workspaces with and without an id."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import Window
from monitoring.records import BillRecord, UsageRecord
from tests.sources.fakes.anthropic import Fake
from tests.sources.fakes.base import CONTRACTS, END, START, WHOLE
from tests.sources.strategies import from_schema

HOUR = timedelta(hours=1)


@pytest.fixture
def fake() -> Fake:
    return Fake()


def answering(fake: Fake, path: str, *results: dict[str, Any]) -> None:
    """One bucket with these rows at a path, as an answer the description may not know."""

    def answer(request: httpx.Request) -> httpx.Response:
        rows = list(results) if request.url.path.endswith(path) else []
        bucket = {"starting_at": "2026-11-02T00:00:00Z", "ending_at": "2026-11-02T01:00:00Z", "results": rows}
        return httpx.Response(200, json={"data": [bucket], "has_more": False, "next_page": None})

    fake.interrupt = answer


def test_a_cost_in_cents_is_a_bill_in_dollars(fake: Fake) -> None:
    """“123.45” is a dollar and twenty-three, and some hundredths of a cent."""
    fake.bill(START + 23 * HOUR, "123.45", description="Claude Sonnet 5 Usage - Input Tokens")
    assert fake.records() == [
        BillRecord(
            date(2026, 11, 2),
            "anthropic",
            Decimal("1.2345"),
            "USD",
            "tokens",
            "claude-sonnet-5",
            "Claude Sonnet 5 Usage - Input Tokens",
            "wrkspc_1",
        )
    ]


def test_a_line_that_is_split_by_what_fracops_does_not_keep_is_one_bill(fake: Fake) -> None:
    for geo in ("us", "global"):
        fake.bill(START, "50.5", description="Input Tokens", inference_geo=geo)
    assert [bill.amount for bill in fake.records()] == [Decimal("1.01")]


@pytest.mark.parametrize("wrong", [{"amount": "much"}, {"amount": None}, {"currency": "cents"}, {"currency": None}])
def test_a_cost_that_cannot_be_read_is_named(fake: Fake, wrong: dict[str, Any]) -> None:
    answering(fake, "/cost_report", {"amount": "1", "currency": "USD", **wrong})
    page = fake.pages()[0]
    assert page.records == []
    assert [r.reason.split(":")[0] for r in page.rejected] == list(wrong)


def test_the_two_caches_of_input_are_told_apart_and_both_lifetimes_are_written(fake: Fake) -> None:
    fake.use(
        START + 5 * HOUR,
        uncached_input_tokens=600,
        cache_read_input_tokens=300,
        written=(70, 30),
        output_tokens=50,
    )
    assert fake.records() == [
        UsageRecord(
            START + 5 * HOUR,
            START + 6 * HOUR,
            "anthropic",
            "claude-sonnet-5",
            "messages",
            "wrkspc_1",
            "apikey_1",
            "",
            0,
            600,
            300,
            100,
            50,
        )
    ]


def test_searches_are_requests_of_their_own(fake: Fake) -> None:
    fake.use(START, searches=3, output_tokens=50)
    messages, searches = fake.records()
    assert (messages.what, messages.requests, messages.output_tokens) == ("messages", 0, 50)
    assert (searches.what, searches.requests, searches.output_tokens) == ("web_search", 3, 0)
    assert (searches.model, searches.project) == (messages.model, messages.project)


def test_the_default_workspace_and_the_workbench_have_no_id(fake: Fake) -> None:
    fake.use(START, workspace_id=None, api_key_id=None)
    fake.bill(START, "1", workspace_id=None)
    bill, usage = fake.records()
    assert (bill.project, usage.project, usage.api_key) == ("", "", "")


@pytest.mark.parametrize(
    ("service_tier", "tier"),
    [("standard", ""), (None, ""), ("batch", "batch"), ("priority", "priority"), ("of next year", "of next year")],
)
def test_tiers_are_told_apart(fake: Fake, service_tier: str | None, tier: str) -> None:
    answering(
        fake,
        "/messages",
        {"uncached_input_tokens": 1, "output_tokens": 1, "service_tier": service_tier, "cache_creation": None},
    )
    assert [usage.tier for usage in fake.records()] == [tier]


def test_usage_without_tokens_is_no_usage(fake: Fake) -> None:
    answering(fake, "/messages", {"model": "claude-sonnet-5"})
    page = fake.pages()[-1]
    assert (page.records, len(page.rejected)) == ([], 1)


def test_hours_and_days_are_asked_for_in_the_longest_pages(fake: Fake) -> None:
    fake.pages()
    assert {(r.url.path.rsplit("/", 1)[-1], r.url.params["limit"]) for r in fake.seen} == {
        ("cost_report", "31"),
        ("messages", "168"),
    }
    assert {(r.url.params["starting_at"], r.url.params["ending_at"]) for r in fake.seen} == {
        ("2026-11-02T00:00:00Z", "2026-11-04T00:00:00Z")
    }


@pytest.mark.parametrize(
    ("workspaces", "projects"),
    [("", {"wrkspc_1", ""}), ("wrkspc_1", {"wrkspc_1"}), ("default", {""}), (" default, wrkspc_1", {"wrkspc_1", ""})],
)
def test_only_the_workspaces_that_are_set_are_taken(fake: Fake, workspaces: str, projects: set[str]) -> None:
    fake.plant()
    with fake.connected(workspaces=workspaces) as connector:
        pages = list(connector.fetch(WHOLE))
    for of in (BillRecord, UsageRecord):
        assert {r.project for page in pages for r in page.records if isinstance(r, of)} == projects
    assert not any(page.rejected for page in pages)


@time_machine.travel(datetime(2026, 11, 12, 9, tzinfo=UTC), tick=False)
def test_a_check_names_the_organization_its_workspaces_and_their_days(fake: Fake) -> None:
    fake.plant()
    fake.bill(START, "1", workspace_id="wrkspc_archived")
    with fake.connected() as connector:
        found = connector.check()
    assert found.account == "Acme"
    assert [(seen.name, seen.count, seen.first, seen.last) for seen in found.sees] == [
        ("Default workspace", 1, START, START),
        ("Support bot (wrkspc_1)", 3, START, END),
        ("Search (wrkspc_2)", 0, None, None),
        ("wrkspc_archived", 1, START, START),
    ]
    assert found.warnings == ()


def test_a_check_warns_of_what_is_not_pulled_and_of_an_id_it_does_not_know(fake: Fake) -> None:
    with fake.connected(workspaces="wrkspc_2, wrkspc_9") as connector:
        found = connector.check()
    assert [seen.name for seen in found.sees] == ["Search (wrkspc_2)", "wrkspc_9"]
    assert found.warnings == (
        "“wrkspc_9” is no active workspace of Acme. Check its id.",
        "This key also sees 2 other workspaces that FracOps does not pull.",
    )


def test_an_ordinary_key_is_refused_in_words_to_act_on(fake: Fake) -> None:
    with fake.connected(api_key="sk-ant-api03-ordinary") as connector, pytest.raises(SourceError) as caught:
        connector.check()
    assert caught.value.fault is Fault.CLIENT
    assert str(caught.value).startswith("Anthropic refused the key.")


def test_every_request_names_the_version(fake: Fake) -> None:
    fake.pages()
    assert {request.headers["anthropic-version"] for request in fake.seen} == {"2023-06-01"}


DESCRIBED = json.loads((CONTRACTS / "anthropic-admin.json").read_text()) if CONTRACTS.exists() else {}


@pytest.mark.skipif(not DESCRIBED, reason="the contracts are not here")
@pytest.mark.parametrize(("path", "schema"), [("/messages", "MessagesUsageReport"), ("/cost_report", "CostReport")])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_the_description_allows_is_taken_or_named(path: str, schema: str, data: st.DataObject) -> None:
    fake = Fake()
    body = data.draw(from_schema(DESCRIBED, {"$ref": f"#/components/schemas/{schema}"}))

    def answer(request: httpx.Request) -> httpx.Response:
        mine = body if request.url.path.endswith(path) else {"data": []}
        return httpx.Response(200, json={**mine, "has_more": False})

    fake.interrupt = answer
    ever = Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
    assert all(isinstance(r, UsageRecord | BillRecord) for page in fake.pages(ever) for r in page.records)
