"""The gap between what traces say a model cost on one day and what was billed, split into named classes.

A chain of totals leads from the traced cost to the bill. Each link changes one thing only, and what it adds is its class, so the
classes and the rest always add up to the gap. With P the list price (`pricing.rates`), t the tokens of the traces, u those the
provider counted for keys that send traces, v those for keys that send none, c the share of u that the traces cover:

    traced → P(t) → c·P(input of u) → c·P(output of u) → c·P(u by tier) → P(u by tier) → + P(v by tier) → + other lines → billed
        price   cached            thinking           tier            missing           key              other        the rest
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum

from monitoring import pricing

from .rows import Traced, Used

_ZERO = Decimal(0)
_CENT = Decimal("1e-10")
"""Amounts are kept to ten decimals, like costs and bills."""
DIGITS = 60
"""Of every sum on the way, so that none of them rounds."""
_SAME_CALLS = Decimal("0.98")
"""The share of the input below which traces with all calls lack some of it."""


class Class(StrEnum):
    """Why a bill differs from what was traced, in the order they are worked out."""

    PRICE = "price"
    CACHED = "cached"
    THINKING = "thinking"
    TIER = "tier"
    MISSING = "missing"
    KEY = "key"
    OTHER = "other"
    LATE = "late"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Class.PRICE: "Price table",
    Class.CACHED: "Cached tokens",
    Class.THINKING: "Thinking tokens",
    Class.TIER: "Batch or priority tier",
    Class.MISSING: "Calls without a trace",
    Class.KEY: "Untracked key",
    Class.OTHER: "Not tokens",
    Class.LATE: "Late usage",
}


@dataclass(frozen=True)
class Split:
    """What of a gap the counts of one day and model explain, and the list price of all that was counted, None where it has none."""

    parts: dict[Class, Decimal] = field(default_factory=dict)
    listed: Decimal | None = None
    unlisted: tuple[str, ...] = ()
    """Models that are on no price list."""


@dataclass(frozen=True)
class _Side:
    """Tokens at list price: input and output at the usual rates, and both by the tier they were served at."""

    input: Decimal = _ZERO
    output: Decimal = _ZERO
    by_tier: Decimal = _ZERO
    unlisted: tuple[str, ...] = ()

    @property
    def usual(self) -> Decimal:
        return self.input + self.output


def exact(value: Decimal) -> Decimal:
    """To ten decimals, zero without a sign."""
    return value.quantize(_CENT, ROUND_HALF_EVEN) or _ZERO


def split(
    vendor: str,
    day: date,
    traced: Sequence[Traced],
    used: Sequence[Used] | None,
    silent: frozenset[str],
    other: Decimal = _ZERO,
) -> Split:
    """The classes of one vendor, day and model. `used` is None where nobody counted; `silent` are the keys that send no traces.

    `other` is what the bill's lines ask for other things than tokens. Price differences of the bill itself and late usage need
    the days around, and are found by `series`.
    """
    with localcontext(prec=DIGITS):
        parts = {Class.OTHER: exact(other)} if other else {}
        stated = sum((row.cost for row in traced), _ZERO)
        opaque, seen, plain = _traced(vendor, day, traced)
        heard = [u for u in used or () if u.key not in silent]
        counted, alone = _used(vendor, day, heard), _used(vendor, day, [u for u in used or () if u.key in silent])
        at_list = seen.by_tier + opaque
        if used is None or counted.unlisted or alone.unlisted:
            parts[Class.PRICE] = exact(at_list - stated)
            return Split(_kept(parts), None, tuple(sorted({*counted.unlisted, *alone.unlisted})))
        # Counts know no sizes of calls: what long ones cost more is taken from the traces.
        longer = seen.usual / plain if plain else Decimal(1)
        covered = _coverage(traced, heard)
        parts[Class.PRICE] = exact(at_list - stated)
        parts[Class.MISSING] = (1 - covered) * counted.by_tier * longer - opaque
        if heard:
            parts[Class.CACHED] = exact(covered * counted.input * longer - seen.input)
            parts[Class.THINKING] = exact(covered * counted.output * longer - seen.output)
            tiers = covered * (counted.by_tier - counted.usual) * longer - (seen.by_tier - seen.usual)
            parts[Class.TIER] = exact(tiers)
        else:
            parts[Class.MISSING] -= seen.by_tier
        parts[Class.MISSING] = exact(parts[Class.MISSING])
        parts[Class.KEY] = exact(alone.by_tier * longer)
        return Split(_kept(parts), exact((counted.by_tier + alone.by_tier) * longer))


def _kept(parts: dict[Class, Decimal]) -> dict[Class, Decimal]:
    return {which: parts[which] for which in Class if parts.get(which)}


def _traced(vendor: str, day: date, rows: Iterable[Traced]) -> tuple[Decimal, _Side, Decimal]:
    """What has no list price or states no tokens, as stated; the rest at list price; and that as if every call were short."""
    opaque, sides, plain = _ZERO, [], _ZERO
    for row in rows:
        names = (row.provider, vendor, "")
        usual, served = (_rates(names, row.model, day, row.call_input, tier) for tier in ("", row.tier))
        short = _rates(names, row.model, day)
        if usual is None or served is None or short is None:
            opaque += row.cost
            continue
        opaque += row.opaque
        sides.append(_priced(usual, served, row, row.counted, free=False))
        plain += short.input_cost(row.plain, row.read, row.write, row.counted) + short.output_cost(row.output)
    return opaque, _sum(sides), plain


def _used(vendor: str, day: date, rows: Iterable[Used]) -> _Side:
    sides, unlisted = [], set()
    for row in rows:
        usual, served = (_rates((vendor, ""), row.model, day, 0, tier) for tier in ("", row.tier))
        if usual and served:
            sides.append(_priced(usual, served, row, row.requests, free=unbilled(vendor, row.tier)))
        elif row.input or row.output:
            unlisted.add(row.model)
    return replace(_sum(sides), unlisted=tuple(sorted(unlisted)))


def _rates(providers: Iterable[str], model: str, day: date, size: int = 0, tier: str = "") -> pricing.Rates | None:
    """The rates at the first of these providers that lists the model; the last, "", is guessed from the model's name."""
    at = pricing.noon(day)
    found = (pricing.rates(p, model, at, call_input=size, tier=tier, backwards=True) for p in dict.fromkeys(providers))
    return next(filter(None, found), None)


def unbilled(vendor: str, tier: str) -> bool:
    """Whether a tier is bought beforehand and on no daily bill: Anthropic's cost report leaves out its priority tier."""
    return vendor == "anthropic" and tier.startswith("priority")


def _priced(usual: pricing.Rates, served: pricing.Rates, row: Traced | Used, requests: int, *, free: bool) -> _Side:
    tokens = (row.plain, row.read, row.write, requests)
    by_tier = _ZERO if free else served.input_cost(*tokens) + served.output_cost(row.output)
    return _Side(usual.input_cost(*tokens), usual.output_cost(row.output), by_tier)


def _sum(sides: Sequence[_Side]) -> _Side:
    return _Side(
        sum((s.input for s in sides), _ZERO), sum((s.output for s in sides), _ZERO), sum((s.by_tier for s in sides), _ZERO)
    )  # fmt: skip


def _coverage(traced: Sequence[Traced], heard: Sequence[Used]) -> Decimal:
    """The share of what was counted that the traces hold, by input tokens; above 1 where they hold more.

    By calls, where calls are counted and the input that the traces lack is no more than the cached tokens they lack: then the
    tracer left those out, and the calls are there.
    """
    seen, counted = sum(t.plain + t.read + t.write for t in traced), sum(u.input for u in heard)
    calls, requests = sum(t.counted for t in traced), sum(u.requests for u in heard)
    by_calls = Decimal(calls) / requests if requests else None
    if not counted:
        return by_calls or _ZERO
    by_input = Decimal(seen) / counted
    if by_calls is None or by_input >= by_calls * _SAME_CALLS:
        return by_input
    lacking = by_calls * counted - seen
    cached = by_calls * sum(u.read + u.write for u in heard) - sum(t.read + t.write for t in traced)
    return by_calls if lacking * _SAME_CALLS <= cached else by_input
