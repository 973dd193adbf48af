"""Baselines proposed from points: what a metric was in the first days after its system went live, or after the engagement began."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Min

from clients.local import day_at
from clients.models import Client, Engagement, System

from .catalogue import Aggregation, Metric
from .models import Grain, OutcomeValue, Point
from .readings import Period, needed
from .series import Slice, all_series
from .wording import noun_of, span_text, text_of

MOST_DAYS, FEWEST_DAYS = 60, 30
"""A baseline is read over the first 60 days; with fewer than 30 of them it says so."""
GROWS = frozenset({Aggregation.COUNT, Aggregation.SUM, Aggregation.DISTINCT})
"""What a longer period makes larger: a target reads it over seven days, so of sixty it would be no baseline."""
WEEK = 7


@dataclass(frozen=True)
class Proposal:
    """A baseline to take over, or in `short` why there is none, or why it is a weak one."""

    value: Decimal | None
    n: int
    text: str
    """The value with its unit."""
    source: str
    """Where it comes from, as it is kept with the target."""
    short: str = ""
    days: int = 0
    """On how many of its days there was data."""
    over: bool = False
    """Whether its days have all passed, so that no more data comes to it."""


def begins(client: Client, system: System | None) -> tuple[date, str] | None:
    """From which day on a baseline is read, and why from there: a system's first day, else the client's first engagement's.

    Where nobody wrote down either, or data began to arrive later only, it is the first day with data; None where there is nothing.
    """
    first = _first_day(client, system)
    promised: date | None
    if system and system.live_on:
        promised, why = system.live_on, f"after {system.name} went live"
    else:
        engagements = Engagement.objects.filter(client=client).order_by("started_on")
        promised, why = engagements.values_list("started_on", flat=True).first(), "after the engagement began"
    if promised and (first is None or first <= promised):
        return promised, why
    return (first, "from the first day with data on") if first else None


def _first_day(client: Client, system: System | None) -> date | None:
    """The first local day of which there is a point, or a figure of an outcome."""
    days = Point.objects.filter(client=client, grain=Grain.DAY, system_id=system.pk if system else 0)
    counted = days.aggregate(first=Min("at"))["first"]
    told = None if system else OutcomeValue.objects.filter(client=client).aggregate(first=Min("first_day"))["first"]
    found = [day for day in (day_at(client, counted) if counted else None, told) if day]
    return min(found, default=None)


def proposals(
    client: Client, wanted: Sequence[tuple[Metric, System | None, str]], today: date
) -> Mapping[tuple[str, int | None, str], Proposal]:
    """A baseline for each metric of a system and model wanted, by (metric key, system id, model).

    Days from `today` on are left out. One read of points for each distinct system and model.
    """
    made: dict[tuple[str, int | None, str], Proposal] = {}
    slices = {(system, model) for _, system, model in wanted}
    for system, model in slices:
        metrics = list({m.key: m for m, s, named in wanted if (s, named) == (system, model)}.values())
        found = _of_slice(client, metrics, system, model, today)
        made |= {(key, system.pk if system else None, model): each for key, each in found.items()}
    return made


def _of_slice(
    client: Client, metrics: Sequence[Metric], system: System | None, model: str, today: date
) -> Mapping[str, Proposal]:
    start = begins(client, system)
    if start is None:
        why = "Nothing was measured yet, and nobody has written down when the system went live or the engagement began."
        return {m.key: Proposal(None, 0, "", "", why) for m in metrics}
    first, after = start
    end = min(first + timedelta(days=MOST_DAYS), today)
    if end <= first:
        return {m.key: Proposal(None, 0, "", "", f"The first days {after} are still to come.") for m in metrics}
    series = all_series(
        client, metrics, Period(first, end, client.zone), Slice(system.pk if system else None, model or None)
    )
    over = end < today
    return {
        m.key: _proposal(
            m, series[m.key].now.value, series[m.key].now.n, first, end, after, series[m.key].days_with_data, over=over
        )
        for m in metrics
    }


def _proposal(
    metric: Metric, value: Decimal | None, n: int, first: date, end: date, after: str, with_data: int, *, over: bool
) -> Proposal:
    days = (end - first).days
    span = span_text(first, end - timedelta(days=1))
    if value is None or not n:
        return Proposal(None, 0, "", "", f"No {metric.of} were seen from {span}, the first {days} days {after}.")
    weekly = ""
    if metric.aggregation is Aggregation.DISTINCT:
        return Proposal(
            None, 0, "", "", "Distinct people of sixty days are no baseline for seven: type one, and who said so."
        )
    if metric.aggregation in GROWS:
        value, weekly = value * WEEK / days, " for seven days"
    short = ""
    if days < FEWEST_DAYS:
        short = f"Only {days} of the first {FEWEST_DAYS} days {after} have passed."
    elif with_data < FEWEST_DAYS:
        short = f"Only {with_data} of these {days} days have data."
    elif n < needed(metric):
        short = f"Only {n} {noun_of(n, metric.of)}: {needed(metric)} are needed to judge by."
    source = f"{n:,} {noun_of(n, metric.of)}{weekly and ', the average' + weekly}, {span}, {after}"
    return Proposal(value, n, text_of(value, metric.unit), source[:200], short, with_data, over)
