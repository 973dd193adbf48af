"""What AI cost over some UTC days: billed where a final bill covers a vendor's day, traced elsewhere. One rule for pages and reports."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum

from clients.models import Client
from monitoring import partitions, retention
from monitoring.models import Bill

from .choice import RECKONED, Choice
from .gather import books
from .reckon import Cell, Reconciliation, Sum, reconcile, total

_ZERO = Decimal(0)


class Why(StrEnum):
    """Why a vendor's day is traced, not billed."""

    NO_BILL = "no_bill"
    NOT_FINAL = "not_final"
    FOREIGN = "foreign"
    """Billed in another currency than the US dollar."""
    RECKONED = "reckoned"
    """Somebody who bills nobody reckoned it: a proxy or a tracer."""


class Basis(StrEnum):
    """What an amount of spend is taken from."""

    BILLED = "billed"
    TRACED = "traced"
    BOTH = "both"


@dataclass(frozen=True)
class VendorSpend:
    """One vendor's part. A day is in one of the two lists of days only, so nothing is counted twice. Money in US dollars."""

    vendor: str
    billed: Decimal
    """What was billed for `billed_days`."""
    beside: Decimal
    """What traces say of those same days."""
    billed_days: tuple[date, ...]
    kinds: tuple[str, ...]
    """The kinds of source whose bills they are."""
    traced: Decimal
    """What traces say of `traced_days`, which no bill covers for the reasons in `why`."""
    traced_days: tuple[date, ...]
    why: tuple[Why, ...]

    @property
    def spend(self) -> Decimal:
        return self.billed + self.traced

    @property
    def basis(self) -> Basis:
        if self.billed_days and self.traced_days:
            return Basis.BOTH
        return Basis.BILLED if self.billed_days else Basis.TRACED


@dataclass(frozen=True)
class Spend:
    """What AI cost over the UTC days ``[start, end)``, those with the most money first among its vendors."""

    start: date
    end: date
    vendors: tuple[VendorSpend, ...]
    billed: Sum
    """The vendors' days that are taken from bills, with what explains the difference to their traces."""
    traced: Sum
    """All other days."""
    tables: tuple[str, ...] = ()
    """The price tables behind what was estimated of the traced cost."""

    @property
    def total(self) -> Decimal:
        return (self.billed.billed or _ZERO) + self.traced.traced

    @property
    def basis(self) -> Basis:
        found = {v.basis for v in self.vendors}
        return found.pop() if len(found) == 1 else Basis.BOTH


def spend(client: Client, start: date, end: date, now: datetime) -> Spend | None:
    """The spend of the UTC days ``[start, end)``; None where no bill of them counts, and all that is known is what traces say.

    None too where calls of these days were deleted for their age: what is left of the traces is no number. Needs an open scope.
    """
    if not Bill.objects.filter(client=client, day__gte=start, day__lt=end).exists():
        return None
    if datetime.combine(start, time(), UTC) < retention.earliest(client.pk, partitions.window()[0]):
        return None
    return spend_of(reconcile(books(client, start, end, now)), start, end)


def spend_of(found: Reconciliation, start: date, end: date) -> Spend | None:
    """The spend behind a reconciliation of the UTC days ``[start, end)``; None where no bill counts.

    A vendor's day is billed where there is a bill of it in US dollars, from somebody who does bill, that its vendor no longer
    corrects. Whole days only: a bill that leaves out a model may call it by another name, so adding its traces would count it twice.
    """
    billed: list[Cell] = []
    traced: list[Cell] = []
    for cell in found.cells:
        (traced if _why(cell, found.bills) else billed).append(cell)
    if not billed:
        return None
    parts = (_vendor(v, billed, traced, found.bills) for v in found.vendors)
    vendors = sorted((p for p in parts if p.billed_days or p.traced_days), key=lambda p: (-p.spend, p.vendor))
    return Spend(start, end, tuple(vendors), total(billed), total(traced), found.tables)


def alike(now: Spend, before: Spend) -> bool:
    """Whether two spends are taken from the same: no vendor is billed in one and traced, in full or in part, in the other."""
    past = {v.vendor: v.basis for v in before.vendors}
    mixed = any(v.basis is Basis.BOTH for v in (*now.vendors, *before.vendors))
    return not mixed and all(past.get(v.vendor, v.basis) is v.basis for v in now.vendors)


def _why(cell: Cell, bills: Mapping[tuple[str, date], Choice]) -> Why | None:
    """Why a cell is traced; None where its bill counts."""
    bill = bills.get((cell.vendor, cell.day))
    if bill is None:
        return Why.NO_BILL if cell.final else Why.NOT_FINAL
    if bill.foreign:
        return Why.FOREIGN
    if bill.kind in RECKONED:
        return Why.RECKONED
    return None if cell.final else Why.NOT_FINAL


def _vendor(
    vendor: str, billed: Iterable[Cell], traced: Iterable[Cell], bills: Mapping[tuple[str, date], Choice]
) -> VendorSpend:
    mine = [c for c in billed if c.vendor == vendor]
    # Calls that cost nothing, as those of a model on the client's own machines, need no bill.
    rest = [c for c in traced if c.vendor == vendor and (c.traced or (vendor, c.day) in bills)]
    reasons = dict.fromkeys(why for c in rest if (why := _why(c, bills)))
    return VendorSpend(
        vendor,
        sum((c.billed or _ZERO for c in mine), _ZERO),
        sum((c.traced for c in mine), _ZERO),
        _days(mine),
        tuple(sorted({bills[vendor, c.day].kind for c in mine})),
        sum((c.traced for c in rest), _ZERO),
        _days(rest),
        tuple(reasons),
    )


def _days(cells: Iterable[Cell]) -> tuple[date, ...]:
    return tuple(sorted({c.day for c in cells}))


def runs(days: Sequence[date], others: Sequence[date]) -> list[tuple[date, date]]:
    """Stretches of days that none of `others` breaks, each as its first and last; days of neither kind, as idle weekends, break none."""
    broken: dict[int, list[date]] = defaultdict(list)
    for day in sorted(days):
        broken[sum(other < day for other in others)].append(day)
    return [(part[0], part[-1]) for _, part in sorted(broken.items())]
