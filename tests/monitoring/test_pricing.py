"""A call without a cost is priced from public lists, at its own time, or not at all."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.pricing import estimated, price
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
