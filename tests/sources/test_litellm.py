"""What a LiteLLM proxy's daily activity becomes: usage by model and key, bills by model and provider, and nobody's name."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
import stamina
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.connecting.errors import Fault, SourceError
from monitoring.records import BillRecord, UsageRecord
from tests.sources.fakes.base import MIDDLE, START
from tests.sources.fakes.litellm import NUMBERS, Fake
from tests.sources.strategies import from_schema

DAY = timedelta(days=1)


@pytest.fixture
def no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=3, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture
def fake() -> Fake:
    return Fake()


def answering(fake: Fake, breakdown: Any) -> None:
    """A first day with this breakdown, as some other version of the proxy may give it."""
    days = [{"date": "2026-11-02", "metrics": {}, "breakdown": breakdown}]
    fake.interrupt = lambda request: httpx.Response(200, json={"results": days, "metadata": {"total_pages": 1}})


def usages(fake: Fake) -> list[UsageRecord]:
    return [record for record in fake.records() if isinstance(record, UsageRecord)]


def bills(fake: Fake) -> list[tuple[str, str, Decimal]]:
    return [(r.model, r.service, r.amount) for r in fake.records() if isinstance(r, BillRecord)]


def test_a_day_of_a_model_is_usage_and_a_bill(fake: Fake) -> None:
    fake.use(
        START,
        spend=0.125,
        prompt_tokens=1000,
        cache_read_input_tokens=300,
        cache_creation_input_tokens=100,
        completion_tokens=50,
    )
    assert fake.records() == [
        UsageRecord(START, START + DAY, "litellm", "gpt-4o", "", "", "hash-1", "", 3, 600, 300, 100, 50),
        BillRecord(date(2026, 11, 2), "litellm", Decimal("0.125"), "USD", "openai", "gpt-4o"),
    ]


def test_usage_is_told_apart_by_key_and_added_up_over_pages(fake: Fake) -> None:
    """A page sums up its own rows, so a model stands on several."""
    for number in range(7):
        fake.use(START, api_key=f"hash-{number % 2}", completion_tokens=10)
    assert fake.page < 7
    assert [(u.api_key, u.requests, u.output_tokens) for u in usages(fake)] == [("hash-0", 12, 40), ("hash-1", 9, 30)]
    assert bills(fake) == [("gpt-4o", "openai", Decimal("1.75"))]


def test_a_model_of_two_providers_has_a_bill_at_each(fake: Fake) -> None:
    """An answer does not cross the two, so each model is asked for by itself."""
    fake.use(START, spend=0.5)
    fake.use(START, spend=0.25, provider="azure")
    fake.use(START, spend=0.125, model="claude-sonnet-5", provider="anthropic")
    assert bills(fake) == [
        ("claude-sonnet-5", "anthropic", Decimal("0.125")),
        ("gpt-4o", "openai", Decimal("0.5")),
        ("gpt-4o", "azure", Decimal("0.25")),
    ]
    assert [(u.model, u.requests) for u in usages(fake)] == [("gpt-4o", 6), ("claude-sonnet-5", 3)]


def test_a_single_provider_needs_no_further_question(fake: Fake) -> None:
    fake.use(START)
    fake.use(START, model="gpt-4o-mini")
    fake.pages()
    assert [request.url.params["start_date"] for request in fake.seen] == ["2026-11-02", "2026-11-03"]


def test_what_no_key_accounts_for_has_none(fake: Fake) -> None:
    """Older proxies tell no keys; newer ones leave out all but the dearest."""
    metrics = {"spend": 1, "prompt_tokens": 100, "completion_tokens": 20, "api_requests": 5}
    keys = {"hash-1": {"metrics": {**metrics, "prompt_tokens": 60, "api_requests": 3}}}
    answering(fake, {"models": {"a": {"metrics": metrics}, "b": {"metrics": metrics, "api_key_breakdown": keys}}})
    assert [(u.model, u.api_key, u.requests, u.input_tokens, u.output_tokens) for u in usages(fake)] == [
        ("a", "", 5, 100, 20),
        ("b", "hash-1", 3, 60, 20),
        ("b", "", 2, 40, 0),
    ]
    assert bills(fake) == [("a", "", Decimal(1)), ("b", "", Decimal(1))]


def test_more_cache_than_prompt_means_that_the_prompt_was_counted_without_it(fake: Fake) -> None:
    fake.use(START, prompt_tokens=31, cache_creation_input_tokens=1253, cache_read_input_tokens=9)
    assert [(u.input_tokens, u.cache_read_tokens, u.cache_write_tokens) for u in usages(fake)] == [(31, 9, 1253)]


def test_what_no_key_accounts_for_is_reckoned_before_the_cache_is_subtracted(fake: Fake) -> None:
    """One key's prompts hold their cache, the other's do not: together they leave nothing over."""
    fake.use(START, api_key="a", prompt_tokens=1000, cache_read_input_tokens=900)
    fake.use(START, api_key="b", prompt_tokens=31, cache_read_input_tokens=1253)
    assert [(u.api_key, u.input_tokens, u.cache_read_tokens) for u in usages(fake)] == [
        ("a", 100, 900),
        ("b", 31, 1253),
    ]


def test_a_key_that_was_not_hashed_is_hashed_and_nobody_is_named(fake: Fake) -> None:
    fake.use(START, api_key="sk-1234")
    assert [u.api_key for u in usages(fake)] == [hashlib.sha256(b"sk-1234").hexdigest()]
    said = repr(fake.records())
    assert "sk-1234" not in said
    assert "ann" not in said


def test_a_model_that_cannot_be_read_costs_itself(fake: Fake) -> None:
    good = {"metrics": {"spend": 1, "prompt_tokens": 100}}
    answering(
        fake, {"models": {"old": {"spend": 1, "prompt_tokens": 100}, "good": good}, "providers": {"openai": good}}
    )
    page = fake.pages()[0]
    assert {r.model for r in page.records if isinstance(r, UsageRecord | BillRecord)} == {"good"}
    assert [r.reason for r in page.rejected] == ["metrics: is missing"]


def test_days_that_were_not_asked_for_are_passed_over(fake: Fake) -> None:
    """A proxy that does not mind the dates is not counted twice."""
    fake.use(START)
    fake.use(MIDDLE)
    whole = fake.records()
    everything = fake._day("2026-11-02", fake.rows[:1]), fake._day("2026-11-03", fake.rows[1:])
    body = {"results": everything, "metadata": {"total_pages": 1}}
    fake.interrupt = lambda request: httpx.Response(200, json=body)
    assert fake.records() == whole


def test_an_empty_day_is_a_page_without_records(fake: Fake) -> None:
    assert [(list(page.records), page.next_cursor) for page in fake.pages()] == [([], "2026-11-03"), ([], None)]


@time_machine.travel(datetime(2026, 11, 12, 9, tzinfo=UTC), tick=False)
def test_a_check_counts_the_rows_of_a_month_with_one_small_question(fake: Fake) -> None:
    fake.plant()
    with fake.connected() as connector:
        found = connector.check()
    assert found.account == "https://litellm.example/proxy/"
    assert [(s.name, s.count, s.unit, s.last) for s in found.sees] == [
        ("Activity", 8, "rows in the last 30 days", START + 2 * DAY)
    ]
    assert found.warnings == ()
    (asked,) = fake.seen
    assert dict(asked.url.params) == {
        "start_date": "2026-10-13",
        "end_date": "2026-11-12",
        "page": "1",
        "page_size": "1",
    }


def test_a_proxy_without_activity_is_warned_of(fake: Fake) -> None:
    with fake.connected() as connector:
        assert connector.check().warnings == (
            "No activity in the last 30 days. Has the proxy a database and traffic, and is it this key's to see?",
        )


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            httpx.Response(404, json={"detail": "Not Found"}),
            "LiteLLM has no daily activity at this address. Type it without /v1, and update a proxy of before April 2025.",
        ),
        (
            httpx.Response(500, json={"detail": {"error": "DB not connected. See the documentation"}}),
            "This LiteLLM has no database, so it keeps no activity. Connect one: DATABASE_URL names it.",
        ),
    ],
)
def test_refusals_say_what_to_do(fake: Fake, answer: httpx.Response, message: str, no_waiting: None) -> None:
    fake.interrupt = lambda request: answer
    with fake.connected() as connector, pytest.raises(SourceError) as checked:
        connector.check()
    with pytest.raises(SourceError) as fetched:
        fake.pages()
    for caught in (checked, fetched):
        assert (caught.value.fault, str(caught.value)) == (Fault.CLIENT, message)


# LiteLLM's answer as its source describes it, for want of a stored description.
COUNT, OBJECT = {"type": ["integer", "null"]}, {"type": "object"}
METRICS = {
    **OBJECT,
    "required": ["spend"],
    "properties": dict.fromkeys(NUMBERS, COUNT) | {"spend": {"type": "number"}},
}
PART = {**OBJECT, "required": ["metrics"], "properties": {"metrics": METRICS, "metadata": OBJECT}}
PARTS = {**OBJECT, "properties": {"gpt-4o": PART, "": PART, "sk-1": PART}}
MODEL = {**PART, "properties": {**PART["properties"], "api_key_breakdown": PARTS}}  # type: ignore[dict-item]
MODELS = {**OBJECT, "properties": {"gpt-4o": MODEL, "o1": MODEL}}
BREAKDOWN = {
    **OBJECT,
    "required": ["models"],
    "properties": {"models": MODELS, "providers": PARTS, "mcp_servers": OBJECT},
}


@settings(max_examples=60, deadline=None)
@given(breakdown=from_schema({}, BREAKDOWN), broken=st.sampled_from([None, "models", "providers"]))
def test_whatever_a_proxy_says_is_taken_or_named(breakdown: dict[str, Any], broken: str | None) -> None:
    fake = Fake()
    answering(fake, breakdown if broken is None else {**breakdown, broken: [1]})
    pages = fake.pages()
    assert all(isinstance(r, UsageRecord | BillRecord) for page in pages for r in page.records)
    assert broken is None or pages[0].rejected
