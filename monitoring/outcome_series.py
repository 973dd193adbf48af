"""Outcomes over a period, as the readings everything else is made of. Needs an open scope; two queries, whatever is asked for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import BooleanField, Case, Count, F, Max, Sum, Value, When

from clients.models import Client

from .catalogue import OUTCOME_PREFIX, Aggregation, Metric
from .models import WHOLE, OutcomeKind, OutcomeValue, PushKind
from .provenance import Provenance, weakest
from .readings import DayValue, Period, Reading, Series, compare, value_of
from .summary import Histogram, Summary

GIVEN = frozenset(PushKind.values)
"""Kinds of source whose figures the client gives; those of a help desk are counted by us."""


@dataclass(frozen=True)
class Figure:
    """What one giver said of one stretch of local days, added up; `said_by` is a person's name where one typed it.

    `whole` says that it is known by its days: it counts all of them, so cases of those days that `source_id` sent one by one are in it.
    """

    first_day: date
    last_day: date
    summary: Summary
    known_at: datetime
    source: str
    said_by: str
    provenance: Provenance
    source_id: int | None
    whole: bool

    @property
    def giver(self) -> str:
        """``Zendesk``, ``Maya Lund (typed)``."""
        return f"{self.said_by} (typed)" if self.said_by else self.source


def outcome_series(
    client: Client, metrics: Sequence[Metric], period: Period, whole: bool = True, *, known_at: datetime | None = None
) -> dict[str, Series]:
    """Each outcome day by day over a period and the one before, by metric key; with `known_at`, as it was known then.

    A figure counts in a period when all of its days lie in it; a figure of several days is in no single day. Of a part of the
    client (not `whole`) nothing is known.
    """
    before = period.before
    both = Period(before.start, period.end, period.zone)
    figures = figures_of(client, metrics, both, known_at=known_at) if whole else {}
    made = {}
    for m in metrics:
        found = figures.get(m.key, ())
        now, past = _reading(m, found, period), _reading(m, found, before)
        current, previous = _days(m, found, period), _days(m, found, before)
        made[m.key] = Series(m, period, current, previous, now, compare(now, past, (current, previous)))
    return made


def outcome_weeks(
    client: Client, metrics: Sequence[Metric], period: Period, whole: bool = True
) -> dict[str, list[Reading]]:
    """Each outcome over each of a period's weeks, newest first, by metric key; of a part of the client nothing is known."""
    figures = figures_of(client, metrics, period) if whole else {}
    return {m.key: [_reading(m, figures.get(m.key, ()), week) for week in period.weeks] for m in metrics}


def figures_of(
    client: Client, metrics: Iterable[Metric], period: Period, *, known_at: datetime | None = None
) -> Mapping[str, Sequence[Figure]]:
    """The figures that lie within a period, by metric key, cases beside the figures that count them."""
    by_key = {m.key.removeprefix(OUTCOME_PREFIX): m for m in metrics}
    standing = (
        OutcomeValue.objects.standing(known_at)
        .within(period.start, period.end)
        .filter(client=client, definition__key__in=sorted(by_key), numerator__isnull=False)
    )
    standing = standing.annotate(whole=Case(When(WHOLE, then=Value(True)), default=False, output_field=BooleanField()))
    shared = (
        "definition__key",
        "first_day",
        "last_day",
        "source_id",
        "source__name",
        "source__kind",
        "said_by__name",
        "whole",
    )
    email = "said_by__email"
    found: dict[str, list[Figure]] = defaultdict(list)
    for row in (
        standing.exclude(definition__kind=OutcomeKind.MEDIAN)
        .values(*shared, email)
        .annotate(
            rows=Count("pk"),
            top=Sum("numerator"),
            bottom=Sum("denominator"),
            squares=Sum(F("numerator") * F("numerator")),
            known=Max("known_at"),
        )
        .order_by("first_day")
    ):
        m = by_key[row["definition__key"]]
        found[m.key].append(_figure(row, _summary(m, row), row["known"]))
    for row in (
        standing.filter(definition__kind=OutcomeKind.MEDIAN)
        .values(*shared, email, "numerator", "denominator", "buckets", "counts", "known_at")
        .order_by("first_day")
    ):
        m = by_key[row["definition__key"]]
        histogram = Histogram(np.array(row["buckets"] or (), np.int64), np.array(row["counts"] or (), np.int64))
        summary = Summary(int(row["denominator"] or 0), row["numerator"], float(row["numerator"]) ** 2, histogram)
        found[m.key].append(_figure(row, summary, row["known_at"]))
    return found


def _figure(row: Mapping[str, Any], summary: Summary, known_at: datetime) -> Figure:
    person = row["said_by__name"] or row["said_by__email"] or ""
    reported = bool(person) or row["source__kind"] in GIVEN
    return Figure(
        row["first_day"],
        row["last_day"],
        summary,
        known_at,
        row["source__name"] or "",
        person,
        Provenance.REPORTED if reported else Provenance.MEASURED,
        row["source_id"],
        row["whole"],
    )


def counted(figures: Iterable[Figure], period: Period) -> list[Figure]:
    """The figures that count in a period: all of their days lie in it, and no figure of the same giver counts the same cases already."""
    inside = [f for f in figures if period.start <= f.first_day and f.last_day < period.end]
    whole: dict[int | None, list[Figure]] = defaultdict(list)
    for figure in inside:
        if figure.whole:
            whole[figure.source_id].append(figure)
    return [
        f
        for f in inside
        if f.whole or not any(w.first_day <= f.first_day and f.last_day <= w.last_day for w in whole[f.source_id])
    ]


def _summary(m: Metric, row: Mapping[str, Any]) -> Summary:
    """A rate's cases are ones and zeros; an amount's are its figures, or what its denominators count."""
    top: Decimal = row["top"]
    match m.aggregation:
        case Aggregation.COUNT:
            return Summary(int(top), top, float(top))
        case Aggregation.RATE:
            return Summary(int(row["bottom"] or 0), top, float(top))
        case _:
            return Summary(int(row["bottom"] or row["rows"]), top, float(row["squares"]))


def _reading(m: Metric, figures: Sequence[Figure], period: Period) -> Reading:
    inside = counted(figures, period)
    if not inside:
        return Reading(m, None, 0, period, Summary(), reason=f"no figures for {m.noun} in the period")
    summary = Summary.merged([f.summary for f in inside])
    value = value_of(m, summary)
    return Reading(
        m,
        value,
        summary.n,
        period,
        summary,
        max(f.known_at for f in inside),
        tuple(sorted({f.giver for f in inside})),
        "" if value is not None else f"no {m.of} in the period",
        weakest(f.provenance for f in inside),
    )


def _days(m: Metric, figures: Sequence[Figure], period: Period) -> list[DayValue]:
    by_day: dict[date, list[Summary]] = defaultdict(list)
    for figure in counted((f for f in figures if f.first_day == f.last_day), period):
        by_day[figure.first_day].append(figure.summary)
    values = []
    for day in period.dates():
        summary = Summary.merged(by_day[day]) if day in by_day else None
        values.append(DayValue(day, value_of(m, summary), summary.n) if summary else DayValue(day, None, 0))
    return values
