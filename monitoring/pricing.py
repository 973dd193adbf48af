"""Prices model calls at public list prices, as they stood when they were made: one whose source gave no cost, or many at once.

Prices come with the genai-prices package (github.com/pydantic/genai-prices); nothing is fetched.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from importlib.metadata import version

from genai_prices import data_snapshot
from genai_prices.types import ConditionalPrice, ModelInfo, ModelPrice, PriceVariant, StartDateConstraint, TieredPrices

from monitoring.records import SpanKind, SpanRecord

_PER_MILLION = Decimal(1_000_000)
_PER_THOUSAND = Decimal(1_000)
_PACKAGE = "genai-prices"
_CONTEXTS = {
    "batch": {"processing": "batch"},
    "flex_batch": {"processing": "batch"},
    "fast": {"speed": "fast", "service_tier": "fast"},
}
"""What a provider calls a tier, in the words of the price list where they are others."""


@dataclass(frozen=True, slots=True)
class Rates:
    """List prices of one model at one time, in US dollars: of a million tokens of each sort, and of a request."""

    plain: Decimal
    read: Decimal
    write: Decimal
    output: Decimal
    request: Decimal

    def input_cost(self, plain: int, read: int = 0, write: int = 0, requests: int = 0) -> Decimal:
        """What input costs: tokens that were not cached, read from a cache and written to it, and what a request costs by itself."""
        tokens = (self.plain * plain + self.read * read + self.write * write) / _PER_MILLION
        return tokens + self.request * requests

    def output_cost(self, output: int) -> Decimal:
        return self.output * output / _PER_MILLION


@dataclass(frozen=True, slots=True)
class PriceTable:
    """The price list in use. `newest` is when the last price in it that has begun began: it knows none that came after."""

    version: str
    newest: date | None


def rates(
    provider: str, model: str, at: datetime, *, call_input: int = 0, tier: str = "", backwards: bool = False
) -> Rates | None:
    """The rates of a model at `at`, for calls of `call_input` tokens in all; None when no list has that model of that provider.

    `tier` is how it was served, in its provider's word (``batch``, ``priority``); one the list does not tell apart has the usual
    rates. With `backwards` a tier's oldest listed rates also hold for the time before the list has any.
    """
    known = _model(provider, model)
    if known is None:
        return None
    found = vars(known.get_prices(at))
    if tier:
        found = found | _of_tier(known, at, tier, backwards)

    def rate(name: str, otherwise: Decimal) -> Decimal:
        given = found.get(name)
        return otherwise if given is None else _at_size(given, call_input)

    plain = rate("input_mtok", Decimal(0))
    return Rates(
        plain,
        rate("cache_read_mtok", plain),
        rate("cache_write_mtok", plain),
        rate("output_mtok", Decimal(0)),
        rate("requests_kcount", Decimal(0)) / _PER_THOUSAND,
    )


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
    cached = cache_read_tokens + cache_write_tokens
    if cached > input_tokens:
        # Some instrumentations pass on Anthropic's own count, which leaves the cached tokens out.
        input_tokens += cached
    found = rates(provider, model, at, call_input=input_tokens)
    if found is None:
        return None
    whole = found.input_cost(input_tokens - cached, cache_read_tokens, cache_write_tokens, 1)
    return whole + found.output_cost(output_tokens)


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
    if cost is None:
        return span
    return replace(span, cost=cost, cost_estimated=True, price_table=table_version())


@cache
def table_version() -> str:
    """The version of the price list in use, as it stands on each number made with it: ``genai-prices 0.2.3``."""
    return f"{_PACKAGE} {version(_PACKAGE)}"


@cache
def price_table(today: date) -> PriceTable:
    """The price list in use. Its package states no day of its own, so the newest of the prices that began by `today` dates it."""
    begun = [start for start in _starts() if start <= today]
    return PriceTable(table_version(), max(begun, default=None))


@cache
def size_steps() -> tuple[int, ...]:
    """The sizes of a call's input above which any list has other rates, ascending: to group calls by before they are priced."""
    found = {
        step.start
        for prices in _every_price()
        for rate in vars(prices).values()
        if isinstance(rate, TieredPrices)
        for step in rate.tiers
    }
    return tuple(sorted(found))


def _of_tier(known: ModelInfo, at: datetime, tier: str, backwards: bool) -> dict[str, Decimal | TieredPrices]:
    """The rates of a tier that differ from the usual ones."""
    context = _CONTEXTS.get(tier, {"service_tier": tier})
    matching = [v for v in known.price_variants or () if all(context.get(k) == value for k, value in v.when.items())]
    current = [v for v in matching if v.constraint is None or v.constraint.active(at)]
    if not current and backwards and matching:
        current = [min(matching, key=_began)]
    found: dict[str, Decimal | TieredPrices] = {}
    for variant in current:
        for name, rate in vars(variant.prices).items():
            if rate is not None:
                found.setdefault(name, rate)
    return found


def _began(priced: PriceVariant | ConditionalPrice) -> date:
    limit = priced.constraint
    return limit.start_date if isinstance(limit, StartDateConstraint) else date.min


@cache
def _starts() -> frozenset[date]:
    found = {_began(v) for m in _every_model() for v in m.price_variants or ()}
    found |= {_began(p) for m in _every_model() if isinstance(m.prices, list) for p in m.prices}
    return frozenset(found - {date.min})


def _every_model() -> list[ModelInfo]:
    return [model for provider in data_snapshot.get_snapshot().providers for model in provider.models]


def _every_price() -> list[ModelPrice]:
    found = []
    for model in _every_model():
        found += [p.prices for p in model.prices] if isinstance(model.prices, list) else [model.prices]
    return found


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


def noon(day: date) -> datetime:
    """The middle of a UTC day: the time that stands for all of it where prices are looked up."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
