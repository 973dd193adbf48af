"""A call without a cost is priced from public lists, at its own time, or not at all."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.pricing import estimated, price, price_table, rates, size_steps, table_version
from monitoring.records import SpanKind, SpanRecord

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
_MODELS = [
    ("openai", "gpt-4.1"), ("openai", "gpt-4o-mini"), ("anthropic", "claude-sonnet-4-5"), ("google", "gemini-2.5-pro"),
    ("deepseek", "deepseek-chat"), ("openai", "gpt-4-0613"), ("perplexity", "sonar"), ("", "gpt-5-mini"),
    ("openai", "text-embedding-3-small"),
]  # fmt: skip


def call(**fields: object) -> SpanRecord:
    known: dict[str, object] = {
        "provider": "openai",
        "model": "gpt-4.1",
        "input_tokens": 1000,
        "output_tokens": 100,
    } | fields
    return SpanRecord("a" * 32, "b" * 16, AT, None, known.pop("kind", SpanKind.LLM), "chat", **known)  # type: ignore[arg-type]


@settings(deadline=None)  # the first call loads the price lists
@given(
    st.sampled_from(_MODELS),
    st.integers(0, 1000).map(lambda days: datetime(2024, 1, 1, days % 24, tzinfo=UTC) + timedelta(days=days)),
    st.integers(0, 500_000),
    st.integers(0, 50_000),
    st.fractions(0, 1),
)
def test_the_price_is_the_one_the_price_list_computes(
    listed: tuple[str, str], at: datetime, tokens_in: int, tokens_out: int, cached: float
) -> None:
    provider, model = listed
    read, write = int(tokens_in * cached / 2), int(tokens_in * cached / 3)
    usage = Usage(input_tokens=tokens_in, output_tokens=tokens_out, cache_read_tokens=read, cache_write_tokens=write)
    theirs = calc_price(usage, model, provider_id=provider or None, genai_request_timestamp=at).total_price
    assert price(provider, model, at, tokens_in, tokens_out, read, write) == theirs


def test_cached_input_is_cheaper() -> None:
    assert price("openai", "gpt-4.1", AT, 1000, 100) == Decimal("0.0028")
    assert price("openai", "gpt-4.1", AT, 1000, 100, 500) == Decimal("0.00205")


def test_cached_input_counted_apart_from_input_is_added() -> None:
    assert price("openai", "gpt-4.1", AT, 500, 100, 1000) == price("openai", "gpt-4.1", AT, 1500, 100, 1000)


@pytest.mark.parametrize(
    ("provider", "model"), [("openai", "no-such-model"), ("my-gateway", "gpt-4.1"), ("openai", ""), ("", "")]
)
def test_an_unknown_model_has_no_price(provider: str, model: str) -> None:
    assert price(provider, model, AT, 1000, 100) is None


def test_an_estimate_is_marked() -> None:
    priced = estimated(call())
    assert (priced.cost, priced.cost_estimated) == (Decimal("0.0028"), True)
    assert estimated(call(kind=SpanKind.EMBEDDING, model="text-embedding-3-small", output_tokens=None)).cost == Decimal(
        "0.00002"
    )


@pytest.mark.parametrize(
    "given",
    [
        {"cost": Decimal(0)},
        {"input_tokens": None},
        {"output_tokens": None},
        {"kind": SpanKind.TOOL},
        {"model": "no-such-model"},
        {"model": ""},
    ],
)
def test_what_has_a_cost_or_cannot_be_priced_stays_as_it_was(given: dict[str, object]) -> None:
    span = call(**given)
    assert estimated(span) is span


def test_a_tier_has_the_lists_own_rates_and_before_they_were_listed_the_oldest_of_them() -> None:
    usual, batch, early, ours = (
        rates("openai", "gpt-4.1", at, tier=tier, backwards=backwards)
        for at, tier, backwards in (
            (AT, "", False),
            (datetime(2026, 11, 1, tzinfo=UTC), "batch", False),
            (AT, "batch", False),
            (AT, "batch", True),
        )
    )
    assert usual
    assert batch
    assert early == usual
    assert ours == batch
    assert (batch.plain, batch.output) == (usual.plain / 2, usual.output / 2)


def test_a_tier_that_no_list_tells_apart_has_the_usual_rates() -> None:
    assert rates("openai", "gpt-4.1", AT, tier="scale") == rates("openai", "gpt-4.1", AT)


def test_the_steps_in_size_are_all_that_change_a_price() -> None:
    steps = size_steps()
    assert list(steps) == sorted(set(steps))
    for provider, model in _MODELS:
        for low, high in pairwise((0, *steps, 2_000_000)):
            assert rates(provider, model, AT, call_input=low + 1) == rates(provider, model, AT, call_input=high)


def test_the_price_table_is_named_by_its_version_and_its_newest_price_that_has_begun() -> None:
    table = price_table(date(2026, 11, 21))
    assert re.fullmatch(r"genai-prices \d+\.\d+\.\d+", table.version)
    assert table.newest
    assert table.newest <= date(2026, 11, 21)
    assert price_table(date(2020, 1, 1)).newest is None


def test_only_what_we_priced_names_a_price_table() -> None:
    assert estimated(call()).price_table == table_version()
    assert estimated(call(cost=Decimal(1))).price_table == ""
    assert estimated(call(model="no-such-model")).price_table == ""
