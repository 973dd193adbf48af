"""What truly moved in a period, for the whole client or for one model or system, bad news first."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from monitoring import judging
from monitoring.catalogue import Aggregation, Metric
from monitoring.provenance import weakest
from monitoring.readings import Breakdown, Change, ChangeState, DayValue, Reading, Series, Verdict, compare

from .evidence import Evidence

MATERIAL = 0.1
"""A model or system speaks for itself only with at least this share of the cases."""


@dataclass(frozen=True)
class Scope:
    """A part of the client's calls: a model family or a system; `replaced` and `by` name a snapshot swapped for another."""

    kind: str = ""
    name: str = ""
    replaced: str = ""
    by: str = ""
    members: tuple[str, ...] = ()
    """The models of a family as their traces name them."""

    def key(self, metric: str) -> str:
        """The key of a fact about this scope: ``accuracy`` or ``accuracy@gpt-4``."""
        return f"{metric}@{self.name}" if self.name else metric


WHOLE = Scope()
"""All of the client's calls."""


@dataclass(frozen=True)
class Move:
    """A metric that moved beyond chance within a scope."""

    metric: Metric
    change: Change
    scope: Scope

    @property
    def verdict(self) -> Verdict:
        return self.change.verdict

    @property
    def size(self) -> float:
        return judging.size(self.change)


@dataclass(frozen=True)
class Group:
    """The readings of a model family or a system, now and before."""

    scope: Scope
    readings: dict[str, Reading]
    before: dict[str, Reading]

    def changes(self) -> dict[str, Change]:
        """Changes of every metric read on either side."""
        return {k: compare(self.readings[k], self.before[k]) for k in self.readings if k in self.before}


SNAPSHOT = re.compile(r"[-@](\d{4}-\d{2}-\d{2}|\d{8}|\d{6}|\d{4}|v\d+:\d+|latest)$")


def family(model: str) -> str:
    """A model without its provider's prefix and snapshot date: ``openaichat/gpt-4-0613`` is ``gpt-4``."""
    name = model.rsplit("/", 1)[-1]
    return SNAPSHOT.sub("", name) or name


def shown(model: str) -> str:
    """A model family as people write it: ``GPT-4``."""
    return re.sub(r"^gpt\b", "GPT", model)


def families(models: Sequence[Breakdown]) -> list[Group]:
    """Models grouped by family, so that a swapped snapshot is a change and not a new thing; largest first."""
    named: dict[str, list[Breakdown]] = {}
    for model in models:
        named.setdefault(family(model.name), []).append(model)
    return _largest_first(_family(name, members) for name, members in named.items())


def systems(breakdowns: Sequence[Breakdown]) -> list[Group]:
    """Each system as a group of its own, largest first."""
    return _largest_first(Group(Scope("system", b.name), b.readings, b.before) for b in breakdowns)


def _largest_first(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups, key=lambda g: (-_cases(g.readings), g.scope.name))


def _cases(readings: dict[str, Reading]) -> int:
    return readings["calls"].n if "calls" in readings else max((r.n for r in readings.values()), default=0)


def _family(name: str, members: list[Breakdown]) -> Group:
    now = [m.name for m in members if _cases(m.readings)]
    then = [m.name for m in members if _cases(m.before)]
    swapped = len(now) == len(then) == 1 and now != then
    old, new = (n[0].rsplit("/", 1)[-1] if swapped else "" for n in (then, now))
    scope = Scope("model", shown(name), old, new, tuple(sorted(m.name for m in members)))
    return Group(scope, _merged([m.readings for m in members]), _merged([m.before for m in members]))


def _merged(parts: list[dict[str, Reading]]) -> dict[str, Reading]:
    """Readings added up by metric; people and conversations cannot be added and are left out of families with several members."""
    merged = {}
    for key in dict.fromkeys(k for part in parts for k in part):
        readings = [part[key] for part in parts if key in part]
        first = readings[0]
        if len(readings) == 1:
            merged[key] = first
        elif first.metric.aggregation is not Aggregation.DISTINCT:
            whole = first.summary
            for reading in readings[1:]:
                whole += reading.summary
            added = Reading.of(
                first.metric,
                whole,
                first.period,
                as_of=max((r.as_of for r in readings if r.as_of), default=None),
                sources=tuple(dict.fromkeys(s for r in readings for s in r.sources)),
            )
            merged[key] = replace(added, provenance=weakest(r.provenance for r in readings))
    return merged


def real_moves(evidence: Evidence) -> list[Move]:
    """Every move beyond chance as `monitoring.judging` sees it, the one to tell first in front.

    Of one metric, a model or system is named instead of the whole when it moved more; it must hold a tenth of the cases and
    clear a bar raised for all that was looked at, whole and parts.
    """
    whole = [Move(s.metric, s.change, Scope()) for s in evidence.series.values()]
    kinds = [families(evidence.models), systems(evidence.systems)]
    if len(kinds[0]) == 1:  # the only model is the whole; keep what replaced what
        scope = kinds[0][0].scope
        whole = [Move(m.metric, m.change, Scope("", "", scope.replaced, scope.by)) for m in whole]
    parts = [
        Move(change.now.metric, change, group.scope)
        for groups in kinds
        if len(groups) > 1
        for group in groups
        for key, change in group.changes().items()
        if _holds_enough(change, evidence.reading(key))
    ]
    seen = judging.looked_at(m.change for m in whole)
    least = judging.bar(seen)
    least_of_part = judging.bar(seen + judging.looked_at(m.change for m in parts))
    real = [m for m in whole if judging.moved(m.change, least)]
    real += [m for m in parts if judging.moved(m.change, least_of_part)]
    best: dict[tuple[str, Verdict], Move] = {}
    for move in real:
        held = best.setdefault((move.metric.key, move.verdict), move)
        if move.size > held.size:
            best[move.metric.key, move.verdict] = move
    missed = off_track(evidence)
    return sorted(best.values(), key=lambda m: judging.rank(m.change, missed))


def whole_moved(evidence: Evidence, key: str) -> bool:
    """Whether a metric of the whole client moved beyond chance."""
    found = evidence.change(key)
    least = judging.bar(judging.looked_at(s.change for s in evidence.series.values()))
    return found is not None and judging.moved(found, least)


def off_track(evidence: Evidence) -> Collection[str]:
    """The keys of the metrics whose target is off track."""
    return {s.reading.metric.key for s in evidence.standings if s.status == "off_track"}


def _holds_enough(change: Change, whole: Reading | None) -> bool:
    return whole is None or change.now.n >= MATERIAL * whole.n


def focus_series(parts: Sequence[Series], move: Move) -> Series | None:
    """The days of a family's models added up under the family's change; None for quantiles and ids, which do not add."""
    if len(parts) == 1:
        return replace(parts[0], now=move.change.now, change=move.change)
    if not parts or move.metric.aggregation in {Aggregation.QUANTILE, Aggregation.DISTINCT}:
        return None
    days = [_added(move.metric, same) for same in zip(*(p.days for p in parts), strict=True)]
    past = [_added(move.metric, same) for same in zip(*(p.before for p in parts), strict=True)]
    return Series(move.metric, parts[0].period, days, past, move.change.now, move.change)


def _added(metric: Metric, same: Sequence[DayValue]) -> DayValue:
    """One day of several models: sums and counts add, means and rates are weighed by their cases."""
    held = [d for d in same if d.value is not None]
    n = sum(d.n for d in held)
    if not n:
        return DayValue(same[0].day, None, 0)
    if metric.aggregation in {Aggregation.SUM, Aggregation.COUNT}:
        return DayValue(same[0].day, sum((d.value or Decimal(0) for d in held), Decimal(0)), n)
    return DayValue(same[0].day, sum(((d.value or Decimal(0)) * d.n for d in held), Decimal(0)) / n, n)


def comparable(evidence: Evidence) -> bool:
    """Whether anything at all could be compared with the period before."""
    return any(s.change.state is ChangeState.COMPARED for s in evidence.series.values())
