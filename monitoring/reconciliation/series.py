"""What only the days around a day can tell: a bill at other prices than the list's, and usage that was counted late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from itertools import pairwise
from statistics import median

from .classes import DIGITS, exact

NEAREST = 7
"""The final days nearest to a day by which the price level of its bill is judged."""
ALIKE = 4
"""How many of them must agree."""
AGREE = Decimal("0.005")
"""How near to their median a day's level is to agree."""
MOVED = Decimal("0.001")
"""How far from list price a level is before it is called another price."""
SHIFTED = Decimal("0.005")
"""The least share of a day's list price that is called late usage rather than a rest."""
_ZERO = Decimal(0)
_DAY = timedelta(days=1)


@dataclass
class DayRest:
    """One day of one model: the list price of what was counted (None where it has none) and what the counts left unexplained."""

    day: date
    listed: Decimal | None
    rest: Decimal
    final: bool
    price: Decimal = _ZERO
    late: Decimal = _ZERO


def explain(days: Sequence[DayRest]) -> None:
    """Move what can be told of each day's rest to its price or its late usage; the days are one model's, in order.

    Price: where the bills of at least ALIKE of the NEAREST final days stand at one level to list price (within AGREE of their median),
    that level less 1, times list price. Late: all that is left of a day that is not final yet; else what one day has too much and
    the next too little, or the other way round.
    """
    with localcontext(prec=DIGITS):
        levels = {d.day: (d.listed + d.rest) / d.listed for d in days if d.final and d.listed and d.listed > 0}
        for d in days:
            if d.listed and (level := _level(levels, d.day)) is not None:
                d.price = exact((level - 1) * d.listed)
                d.rest = exact(d.rest - d.price)
        for d in days:
            if not d.final:
                d.late, d.rest = exact(d.late + d.rest), _ZERO
        for one, following in pairwise(days):
            if following.day - one.day == _DAY and one.final and following.final:
                _carry(one, following)


def _level(levels: dict[date, Decimal], day: date) -> Decimal | None:
    """The price level around a day, None where the days do not agree or stand at list price."""
    nearest = sorted(levels, key=lambda other: (abs(other - day), other))[:NEAREST]
    if len(nearest) < ALIKE:
        return None
    middle = median(levels[other] for other in nearest)
    alike = [levels[other] for other in nearest if abs(levels[other] - middle) <= AGREE * middle]
    if len(alike) < ALIKE or middle <= 0:
        return None
    return middle if abs(middle - 1) > MOVED else None


def _carry(one: DayRest, following: DayRest) -> None:
    if one.rest * following.rest >= 0:
        return
    amount = min(abs(one.rest), abs(following.rest))
    if amount < SHIFTED * min(one.listed or _ZERO, following.listed or _ZERO):
        return
    moved = amount if one.rest > 0 else -amount
    one.late, one.rest = exact(one.late + moved), exact(one.rest - moved)
    following.late, following.rest = exact(following.late - moved), exact(following.rest + moved)
