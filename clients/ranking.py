"""What an opportunity costs, what it is worth in a year, and the order that follows: value per cost.

Pure: numbers in, numbers out. Money is in the client's currency; lifts and what a unit is worth are in the metric's own unit.
"""

from dataclasses import dataclass
from decimal import Decimal

MONTHS = 12
"""Over how many months value is counted, and money besides hours."""


@dataclass(frozen=True)
class Standing:
    """What ranks an opportunity. Each is None where something that it is worked out from is not known."""

    cost: Decimal | None
    value: Decimal | None

    @property
    def per_cost(self) -> Decimal | None:
        """Value ÷ cost; None also where the cost is nothing, which no ratio can tell of."""
        return self.value / self.cost if self.cost and self.value is not None else None

    @property
    def order(self) -> tuple[bool, Decimal]:
        """Sorts the most valuable per cost first, and what cannot be ranked last."""
        ranked = self.per_cost
        return (ranked is None, -(ranked or Decimal(0)))


def cost(hours: Decimal, rate: Decimal | None, money: Decimal) -> Decimal | None:
    """Hours × what one is priced at + money. None before anybody estimated either, and where nothing is known to price hours with."""
    if (not hours and not money) or (hours and rate is None):
        return None
    return hours * (rate or Decimal(0)) + money


def value(low: Decimal | None, high: Decimal | None, unit_worth: Decimal | None, confidence: int) -> Decimal | None:
    """Confidence × the middle of the lift × what a unit is worth a month × MONTHS. None where lift or worth is not known.

    The middle of a range stands for it, for nobody who writes one says how likely its ends are (PERT's mean without a mode).
    """
    if low is None or high is None or unit_worth is None:
        return None
    return Decimal(confidence) / 100 * (low + high) / 2 * unit_worth * MONTHS
