"""A charter's draft from data, put into the workshop's empty forms: nothing is saved, and nothing that was typed is touched."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from clients.local import today_at
from clients.models import Client, System, TargetKind
from monitoring.baselines import FEWEST_DAYS
from monitoring.catalogue import Better, Metric
from monitoring.drafting import MOST, Draft, drafts
from monitoring.readings import needed

from .charter_form import TYPED, ScopeForm, TargetFormSet
from .charter_looks import short
from .charter_parts import as_typed


def propose(
    client: Client, scope: ScopeForm, formset: TargetFormSet, metrics: Sequence[Metric], systems: Sequence[System]
) -> str:
    """Fill the empty forms of a charter that is being written, three targets in all at most; answers what came of it, in words.

    The forms are unbound, and read by their `initial`: a field that was asked for its value would keep it.
    """
    given = {place: str(form.initial.get("metric") or "") for place, form in enumerate(formset.forms)}
    free = [place for place, form in enumerate(formset.forms) if _is_empty(form)]
    room = min(len(free), MOST - (len(given) - len(free)))
    if room <= 0:
        return "There is no empty target left to propose anything for."
    open_metrics = [m for m in metrics if m.key not in given.values()]
    found = drafts(client, open_metrics, systems, today_at(client), room)
    for place, one in zip(free, found, strict=False):
        formset.forms[place].initial.update(_values(client, one, several=len(systems) > 1))
    if found and not str(scope.initial.get("scope") or "").strip():
        scope.initial["scope"] = _scope(found, systems)
    return said(found)


def said(found: Sequence[Draft]) -> str:
    """What could be proposed, and how many days are missing for the rest."""
    if not found:
        return (
            f"Nothing can be proposed yet: nothing was measured in the last twelve weeks, and a baseline takes {FEWEST_DAYS} days "
            "with data. What you agree to count can be written here all the same."
        )
    whole = [one for one in found if one.goal]
    count = f"{len(found)} target{' is' if len(found) == 1 else 's are'} proposed from the data"
    if len(whole) == len(found):
        return f"{count}, each with the rule behind its goal. Change what you like; nothing is saved yet."
    open_ones = " ".join(f"{one.metric.name}: {one.why}." for one in found if one.goal is None)
    with_goal = f"{len(whole)} of them with a goal" if whole else "without goals"
    return f"{count}, {with_goal}. {open_ones} Nothing is saved yet."


def _is_empty(form: Any) -> bool:
    return not any(form.initial.get(name) for name in ("public_id", "name", "metric", "goal", "baseline"))


def _values(client: Client, one: Draft, *, several: bool) -> dict[str, Any]:
    """A proposed target as its form has it."""
    factor, baseline = TYPED[one.metric.unit][1], one.baseline
    values: dict[str, Any] = {
        "name": (f"{one.metric.name}, {one.system.name}" if one.system and several else one.metric.name)[:120],
        "metric": one.metric.key,
        "system": one.system.public_id if one.system else "",
        "owner": client.lead.label if client.lead else "",
    }
    if baseline.value is not None and baseline.n >= needed(one.metric):
        level = as_typed(short(baseline.value * factor))
        values |= {"baseline": level, "baseline_source": baseline.source, "taken": f"{baseline.n}:{level}"}
    if one.goal:
        stood = short((baseline.value or Decimal(0)) * factor) if one.goal.kind is TargetKind.REACH else None
        plain = _plain(one.goal.value * factor, one.metric, stood)
        values |= {"kind": one.goal.kind, "goal": as_typed(plain), "rule": f"Proposed goal: {one.goal.rule}."}
    else:
        values["rule"] = f"No goal is proposed: {one.why}."
    return values


def _plain(goal: Decimal, metric: Metric, baseline: Decimal | None) -> Decimal:
    """A goal with three digits, rounded to the worse side; as it is where that would reach `baseline` and leave nothing to do."""
    places = max(0, 2 - goal.adjusted()) if goal else 0
    higher = metric.better is Better.HIGHER
    plain = goal.quantize(Decimal(1).scaleb(-places), rounding=ROUND_FLOOR if higher else ROUND_CEILING)
    if baseline is None or (plain > baseline if higher else plain < baseline):
        return plain
    return short(goal)


def _scope(found: Sequence[Draft], systems: Sequence[System]) -> str:
    named = [system.name for system in systems] or ["all AI that sends its traces here"]
    judged = [one.metric.noun for one in found]
    return f"Looked after: {_and(named)}. Judged by {_and(judged)}, each read over 7 days. Not in it: new channels and new systems."


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
