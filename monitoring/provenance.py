"""How a number is known: the one rule behind every underline, on pages, in mails and on paper."""

from collections.abc import Iterable
from enum import StrEnum

from .catalogue import Metric

COST, ESTIMATED = "cost", "cost_estimated"
"""The measures of what calls cost, and of that part of it that was priced from list prices."""


class Provenance(StrEnum):
    """How a number is known, strongest first; the underline shows it."""

    MEASURED = "measured"
    REPORTED = "reported"
    ASSUMED = "assumed"

    @property
    def words(self) -> str:
        return {"measured": "measured by us", "reported": "reported by you", "assumed": "assumed"}[self.value]

    @property
    def mark(self) -> str:
        """What styles call its underline: solid has no name of its own."""
        return {"measured": "", "reported": "rep", "assumed": "asm"}[self.value]


def weakest(provenances: Iterable[Provenance]) -> Provenance:
    """What a number computed from these can claim; measured when there are none."""
    order = list(Provenance)
    return max(provenances, key=order.index, default=Provenance.MEASURED)


def known_by(metric: Metric, estimated: int) -> Provenance:
    """Measured; what calls cost is assumed as soon as one of them, `estimated` in all, had to be priced from list prices."""
    return Provenance.ASSUMED if estimated and metric.measure in {COST, ESTIMATED} else Provenance.MEASURED


def measures(metrics: Iterable[Metric]) -> list[str]:
    """The measures to read for these metrics, with those that only say how a number is known."""
    needed = {m.measure for m in metrics}
    return sorted(needed | {ESTIMATED} if COST in needed else needed)
