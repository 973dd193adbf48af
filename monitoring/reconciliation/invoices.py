"""What vendors bill, month by month: bills alone, as whoever pays them sees them, with no trace beside them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .choice import RECKONED, chosen
from .names import vendor_of
from .rows import Billed

_ROUTER = "openrouter"


@dataclass(frozen=True)
class Invoiced:
    """What one vendor bills for the UTC days of one calendar month, in one currency."""

    vendor: str
    """In the word of `names.vendor_of`."""
    month: date
    """Its first day."""
    currency: str
    amount: Decimal


def by_month(rows: Iterable[Billed]) -> list[Invoiced]:
    """Bill lines summed by vendor, month and currency, in that order.

    A router bills for itself, whoever served the call; what a proxy or a tracer reckoned bills nobody. Where several sources bill
    one vendor's day, the strongest counts, as it does for spend (`choice.chosen`).
    """
    places: dict[tuple[str, date], list[Billed]] = defaultdict(list)
    for row in rows:
        if row.kind not in RECKONED:
            vendor = _ROUTER if row.kind == _ROUTER else vendor_of(row.vendor, row.model)
            places[vendor, row.day].append(row)
    sums: dict[tuple[str, date, str], Decimal] = defaultdict(Decimal)
    for (vendor, day), lines in places.items():
        for line in chosen(lines).rows:
            sums[vendor, day.replace(day=1), line.currency] += line.amount
    return [Invoiced(*place, amount) for place, amount in sorted(sums.items())]
