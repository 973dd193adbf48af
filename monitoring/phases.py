"""Evaluates a phase: reads its attempts' days from points, keeps the readings, and says met, not met or killed. Needs an open scope."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from clients.models import Attempt, Client, Comparison, Phase, PhaseState
from clients.phases import Rule, Tried, state_of
from clients.writing import neutrally, number_text

from .catalogue import Metric
from .freshness import freshness, origin
from .outcomes import metrics_by_key
from .readings import Period, Reading, complete_days, needed
from .series import Slice, all_series
from .wording import level_text, noun_of, text_of


def evaluate(client: Client, phase: Phase, now: datetime) -> Phase:
    """Read all attempts that are over and store what they say; running it again only brings it up to date."""
    known = metrics_by_key(client, {phase.goal_metric, phase.kill_metric})
    goal, kill = known[phase.goal_metric], known[phase.kill_metric]
    seen = origin(freshness(client, now))
    today = complete_days(1, client.zone, now).end
    attempts = list(phase.attempts.all())
    for attempt in attempts:
        period = Period(attempt.first, attempt.last + timedelta(days=1), client.zone)
        readings: dict[str, Reading] = {}
        if attempt.last < today:
            for within in {_slice(goal, phase), _slice(kill, phase)}:
                read = [m for m in known.values() if _slice(m, phase) == within]
                found = all_series(client, read, period, within, seen=seen)
                readings |= {key: series.now for key, series in found.items()}
        attempt.goal_read, attempt.goal_n = _kept(goal, readings)
        attempt.kill_read, attempt.kill_n = _kept(kill, readings)
    tried = [Tried(a.goal_read, a.kill_read) for a in attempts]
    stop = Rule(phase.kill_is, phase.kill_value)
    phase.state = state_of(Rule(phase.goal_is, phase.goal_value), stop, phase.kill_attempts, tried)
    phase.state_why, phase.evaluated_at = reason(phase, goal, kill, attempts), now
    with transaction.atomic():
        Attempt.objects.bulk_update(attempts, ["goal_read", "goal_n", "kill_read", "kill_n"])
        phase.save(update_fields=["state", "state_why", "evaluated_at"])
    return phase


def _slice(metric: Metric, phase: Phase) -> Slice:
    return Slice() if metric.is_outcome else Slice(phase.system_id)


def _kept(metric: Metric, readings: dict[str, Reading]) -> tuple[Decimal | None, int]:
    """A reading's value and cases; no value where they are too few to judge by."""
    reading = readings.get(metric.key)
    if reading is None:
        return None, 0
    return (reading.value if reading.n >= needed(metric) else None), reading.n


def rule_text(metric: Metric, comparison: str, bound: Decimal) -> str:
    """``nDCG below 0.6``: a metric's name, how it shall stand, and the bound."""
    return f"{metric.name} {Comparison(comparison).label} {text_of(bound, metric.unit)}"


@neutrally()
def reason(phase: Phase, goal: Metric, kill: Metric, attempts: Sequence[Attempt]) -> str:
    """The state in a sentence, with its numbers."""
    if phase.state == PhaseState.KILLED:
        kills = [a for a in attempts if a.kill_read is not None][-phase.kill_attempts :]
        values = ", ".join(_value(kill, a.kill_read, a.kill_n) for a in kills)
        times = f"{len(kills)} attempts in a row" if len(kills) > 1 else "the newest attempt"
        return f"{rule_text(kill, phase.kill_is, phase.kill_value)} in {times}: {values}. Instead: {phase.fallback}"[
            :500
        ]
    newest = next((a for a in reversed(attempts) if a.goal_read is not None), None)
    if newest is None:
        few = max((a.goal_n for a in attempts), default=0)
        short = f"the most that one has are {few} {noun_of(few, goal.of)}" if few else "none has any yet"
        return f"No attempt that is over has the {needed(goal)} {goal.of} needed to judge it: {short}."
    return (
        f"The newest attempt reads {_value(goal, newest.goal_read, newest.goal_n)};"
        f" the target is {Comparison(phase.goal_is).label} {level_text(phase.goal_value, goal.unit)}."
    )


def _value(metric: Metric, value: Decimal | None, n: int) -> str:
    return f"{text_of(value or Decimal(0), metric.unit)} ({number_text(n)} {noun_of(n, metric.of)})"
