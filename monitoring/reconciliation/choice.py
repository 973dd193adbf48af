"""Which source's bill counts for a vendor and day, and which source's count of usage: one of each, so that nothing is added twice."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from .names import UNKNOWN_VENDOR, model_key, vendor_of
from .rows import Billed, Books, Traced, Used

ORDER = ("openai", "anthropic", "focus", "openrouter", "litellm", "langfuse")
"""Kinds whose bills count, the strongest first: a provider's invoice, a cloud's, a router's, a proxy's reckoning, a tracer's."""
RECKONED = frozenset({"litellm", "langfuse"})
"""Kinds that bill nobody: they multiply tokens with a price list of their own."""
_ROUTER = "openrouter"
DOLLARS = "USD"

type Place = tuple[str, date]
"""A vendor and a UTC day."""


@dataclass(frozen=True)
class Choice:
    """The bill that counts for a vendor and day, and what others say of the same calls."""

    kind: str
    rows: tuple[Billed, ...]
    others: tuple[tuple[str, str, Decimal], ...] = ()
    """Kind, currency and amount of what was left out."""

    @property
    def foreign(self) -> tuple[tuple[str, Decimal], ...]:
        """What is billed in other currencies than the dollar, by currency."""
        return _by_currency(row for row in self.rows if row.currency != DOLLARS)


@dataclass(frozen=True)
class Sorted:
    """The books with every row at the vendor that served it, and one bill and one count of usage for each place."""

    traced: Mapping[Place, tuple[Traced, ...]]
    used: Mapping[Place, tuple[Used, ...]]
    bills: Mapping[Place, Choice]

    @property
    def places(self) -> list[Place]:
        return sorted({*self.traced, *self.used, *self.bills})


def strength(kind: str) -> int:
    """The place of a kind in ORDER; one that is not listed is taken for an invoice."""
    return ORDER.index(kind) if kind in ORDER else 0


def sort(books: Books) -> Sorted:
    """Put every row to its vendor and choose among the bills and counts of each vendor and day."""
    routed = any(vendor_of(row.provider, row.model) == _ROUTER for row in books.traced)
    traced: dict[Place, list[Traced]] = defaultdict(list)
    for span in books.traced:
        traced[vendor_of(span.provider, span.model), span.day].append(span)
    bills: dict[Place, list[Billed]] = defaultdict(list)
    served: dict[tuple[int, date, str], set[str]] = defaultdict(set)
    for bill in books.billed:
        vendor = _vendor_billed(bill, routed=routed)
        bills[vendor, bill.day].append(bill)
        served[bill.source, bill.day, model_key(bill.model)].add(vendor)
    used: dict[Place, list[Used]] = defaultdict(list)
    for use in books.used:
        used[_vendor_used(use, served, routed=routed), use.day].append(use)
    return Sorted(
        {place: tuple(rows) for place, rows in traced.items()},
        {place: _strongest(rows) for place, rows in used.items()},
        {place: chosen(rows) for place, rows in bills.items()},
    )


def _vendor_billed(bill: Billed, *, routed: bool) -> str:
    if bill.kind == _ROUTER and routed:
        return _ROUTER
    if bill.kind in RECKONED or bill.kind == _ROUTER:
        return vendor_of(bill.service, bill.model) if bill.service else vendor_of("", bill.model)
    return vendor_of(bill.vendor, bill.model)


def _vendor_used(use: Used, served: Mapping[tuple[int, date, str], set[str]], *, routed: bool) -> str:
    """A proxy's count names no vendor: it is that of the same model's bill, or the model's maker."""
    if use.kind == _ROUTER and routed:
        return _ROUTER
    if use.kind in RECKONED or use.kind == _ROUTER:
        billed = served.get((use.source, use.day, model_key(use.model)), set()) - {UNKNOWN_VENDOR}
        return next(iter(billed)) if len(billed) == 1 else vendor_of("", use.model)
    return vendor_of(use.vendor, use.model)


def _strongest(rows: Iterable[Used]) -> tuple[Used, ...]:
    listed = list(rows)
    best = min(strength(row.kind) for row in listed)
    return tuple(_once(row for row in listed if strength(row.kind) == best))


def chosen(rows: Iterable[Billed]) -> Choice:
    """The bill that counts among those of one vendor and day: the strongest kind's, without what a second source states alike."""
    listed = list(rows)
    best = min(strength(row.kind) for row in listed)
    kept = _once(row for row in listed if strength(row.kind) == best)
    left: dict[str, list[Billed]] = defaultdict(list)
    for row in listed:
        if strength(row.kind) != best:
            left[row.kind].append(row)
    others = [(kind, *told) for kind, parts in sorted(left.items()) for told in _by_currency(parts)]
    return Choice(kept[0].kind, tuple(kept), tuple(others))


def _once[R: (Used, Billed)](rows: Iterable[R]) -> list[R]:
    """The rows without those that another source states alike: that is one account, connected twice."""
    first: dict[R, int] = {}
    ordered = sorted(rows, key=lambda row: row.source)
    return [row for row in ordered if first.setdefault(replace(row, source=0), row.source) == row.source]


def _by_currency(rows: Iterable[Billed]) -> tuple[tuple[str, Decimal], ...]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row.currency] += row.amount
    return tuple(sorted(sums.items()))
