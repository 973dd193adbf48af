"""Whether a phase's attempts meet its target, or its kill criterion. Pure: readings in, a verdict out."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from .models import Comparison, PhaseState

_HOLDS = {
    Comparison.AT_LEAST: operator.ge,
    Comparison.AT_MOST: operator.le,
    Comparison.ABOVE: operator.gt,
    Comparison.BELOW: operator.lt,
}


@dataclass(frozen=True)
class Rule:
    """A comparison with a bound, in the metric's unit."""

    comparison: str
    bound: Decimal

    def holds(self, value: Decimal) -> bool:
        """Whether a value stands to the bound as the rule says."""
        return bool(_HOLDS[Comparison(self.comparison)](value, self.bound))


@dataclass(frozen=True)
class Tried:
    """What one attempt read: None where it is not over, or has too few cases."""

    goal: Decimal | None
    kill: Decimal | None


def state_of(goal: Rule, kill: Rule, attempts: int, tried: Sequence[Tried]) -> PhaseState:
    """Where a phase stands after its attempts, oldest first.

    Killed when the newest `attempts` attempts with a reading all fulfil the kill criterion, even where the target is reached: what
    is right but costs too much is stopped too. Else met when the newest attempt with a reading reaches the target.
    """
    kills = [one.kill for one in tried if one.kill is not None][-attempts:]
    if len(kills) == attempts and all(map(kill.holds, kills)):
        return PhaseState.KILLED
    goals = [one.goal for one in tried if one.goal is not None]
    if not goals:
        return PhaseState.UNKNOWN
    return PhaseState.MET if goal.holds(goals[-1]) else PhaseState.NOT_MET
