"""What the workshop shows beside a target while it is written: twelve weeks of its metric, and a baseline to take over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from clients.models import Client, System
from monitoring.baselines import Proposal, proposals
from monitoring.catalogue import Metric
from monitoring.flags import Flag
from monitoring.readings import Period
from monitoring.series import Slice, all_series

from .charter_form import TYPED
from .charter_parts import as_typed
from .evidence import evidence_url
from .periods import USUAL
from .strips import Strip, strip_of

DAYS = 84


@dataclass(frozen=True)
class Wanted:
    """What a target's form says so far; goal and baseline in the metric's unit, None where they are no numbers yet."""

    name: str
    metric: Metric
    system: System | None
    model: str
    goal: Decimal | None
    baseline: Decimal | None


@dataclass(frozen=True)
class Look:
    """What stands beside a target: the chart, and the proposed baseline with how it is typed."""

    chart: Strip | None
    metric: str
    url: str
    proposal: Proposal
    typed: str
    """The proposed baseline as it is typed into the form; "" where there is none."""

    @property
    def taken(self) -> str:
        """What the form keeps to know a baseline that was taken over."""
        return f"{self.proposal.n}:{self.typed}"


def last_weeks(client: Client, today: date) -> Period:
    """The weeks that the workshop shows of a metric, until yesterday."""
    return Period(today - timedelta(days=DAYS), today, client.zone)


def looks(client: Client, wanted: Mapping[int, Wanted], weeks: Period, flagged: Sequence[Flag]) -> dict[int, Look]:
    """By the form's place. Reads the `weeks` and one baseline's days for each distinct system and model."""
    if not wanted:
        return {}
    charts = _charts(client, wanted, weeks, flagged)
    proposed = proposals(client, [(w.metric, w.system, w.model) for w in wanted.values()], weeks.end)
    made = {}
    for place, w in wanted.items():
        system_id = w.system.pk if w.system else None
        found = proposed[w.metric.key, system_id, w.model]
        typed = "" if found.value is None else as_typed(short(found.value * TYPED[w.metric.unit][1]))
        url = evidence_url(client, w.metric, USUAL, model=w.model, system=w.system.name if w.system else "")
        made[place] = Look(charts[place], w.metric.name, url, found, typed)
    return made


def _charts(
    client: Client, wanted: Mapping[int, Wanted], period: Period, flagged: Sequence[Flag]
) -> dict[int, Strip | None]:
    slices: dict[Slice, list[int]] = {}
    for place, w in wanted.items():
        slices.setdefault(Slice(w.system.pk if w.system else None, w.model or None), []).append(place)
    drawn: dict[int, Strip | None] = {}
    for within, places in slices.items():
        metrics = {wanted[p].metric.key: wanted[p].metric for p in places}
        read = all_series(client, list(metrics.values()), period, within)
        for place in places:
            w = wanted[place]
            drawn[place] = strip_of(
                w.name or w.metric.name,
                read[w.metric.key],
                period.start,
                period.last,
                goal=w.goal,
                baseline=w.baseline,
                flagged=flagged,
            )
    return drawn


def short(value: Decimal) -> Decimal:
    """Six digits, which are more than a baseline is known by, however small it is; eight after the point are kept."""
    return round(value, min(8, max(0, 5 - value.adjusted()))) if value else value
