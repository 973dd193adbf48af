"""Money from one currency into another, by a month's own rate as somebody published it; never by a guessed one."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from .models import ExchangeRate, Practice


@dataclass(frozen=True)
class Converted:
    """An amount in the other currency, not rounded, with what one unit of the first was worth in it, and who says so."""

    amount: Decimal
    rate: Decimal
    source: str


def converted(firm: Practice, amount: Decimal, base: str, quote: str, month: date) -> Converted | None:
    """`amount` of `base` in `quote` by the practice's rate of the month that `month` is in, or by its inverse.

    None where the practice has no rate of that month between the two: neither another month's nor a way over a third currency
    stands in for it. Within one currency the rate is 1 and needs no source. Needs a scope that sees the practice or a client of it.
    """
    if base == quote:
        return Converted(amount, Decimal(1), "")
    either = Q(base=base, quote=quote) | Q(base=quote, quote=base)
    found = ExchangeRate.objects.filter(either, practice=firm, month=month.replace(day=1)).first()
    if found is None:
        return None
    return Converted(*found.turn(amount, base), found.source)
