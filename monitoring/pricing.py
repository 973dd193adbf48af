"""Prices a model call at public list prices, as they stood when it was made, where its source gave no cost.

Prices come with the genai-prices package (github.com/pydantic/genai-prices); nothing is fetched.
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from genai_prices import data_snapshot
from genai_prices.types import ModelInfo, TieredPrices

from monitoring.records import SpanKind, SpanRecord

_PER_MILLION = Decimal(1_000_000)
_PER_THOUSAND = Decimal(1_000)


def price(
    provider: str,
    model: str,
    at: datetime,
    input_tokens: int,
    output_tokens: int = 0,
    cache_read_tokens: int = 0,
    cache_write_tokens: int = 0,
) -> Decimal | None:
    """The list price of one call in US dollars, or None when no list has that model of that provider.

    `input_tokens` include those read from and written to the provider's cache, as both OpenTelemetry and OpenInference count
    them; an empty provider is guessed from the model's name, a provider no list knows has no price. The model's own rates at
    `at` apply, with their tiers by input size.
    """
    known = _model(provider, model)
    if known is None:
        return None
    cached = cache_read_tokens + cache_write_tokens
    if cached > input_tokens:
        # Some instrumentations pass on Anthropic's own count, which leaves the cached tokens out.
        input_tokens += cached
    rates = vars(known.get_prices(at))
    total_input = input_tokens

    def rate(name: str, otherwise: Decimal) -> Decimal:
        given = rates.get(name)
        return otherwise if given is None else _at_size(given, total_input)

    plain = rate("input_mtok", Decimal(0))
    cost = (
        plain * (input_tokens - cached)
        + rate("cache_read_mtok", plain) * cache_read_tokens
        + rate("cache_write_mtok", plain) * cache_write_tokens
        + rate("output_mtok", Decimal(0)) * output_tokens
    ) / _PER_MILLION
    return cost + rate("requests_kcount", Decimal(0)) / _PER_THOUSAND


def estimated(span: SpanRecord) -> SpanRecord:
    """The span with its list price, marked as estimated, if it is a model call whose source counted tokens but gave no cost."""
    if span.cost is not None or span.input_tokens is None or not span.model:
        return span
    if span.kind is SpanKind.LLM:
        if span.output_tokens is None:  # half a count would be half a price
            return span
    elif span.kind is not SpanKind.EMBEDDING:
        return span
    cost = price(
        span.provider,
        span.model,
        span.started_at,
        span.input_tokens,
        span.output_tokens or 0,
        span.cache_read_tokens or 0,
        span.cache_write_tokens or 0,
    )
    return span if cost is None else replace(span, cost=cost, cost_estimated=True)


def _at_size(rate: Decimal | TieredPrices, total_input: int) -> Decimal:
    """The rate of the highest tier that so many input tokens reach."""
    if isinstance(rate, Decimal):
        return rate
    return next((tier.price for tier in reversed(rate.tiers) if total_input > tier.start), rate.base)


@lru_cache(maxsize=4096)
def _model(provider: str, model: str) -> ModelInfo | None:
    if not model:
        return None
    try:
        return data_snapshot.get_snapshot().find_provider_model(model, None, provider or None, None)[1]
    except LookupError:
        return None
