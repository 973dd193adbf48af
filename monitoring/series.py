"""Points → a metric over a period: the only read path for charts, pages and reports. Needs an open scope.

Whatever is asked for, the number of queries is the same: one for points, one for distinct ids where a metric counts them, one
for systems' names where they are told apart, one for freshness unless that is handed on, and two for outcomes where there are any.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
from django.db import connection

from clients.models import Client, System

from .catalogue import SCORE_PREFIX, Aggregation, Metric, metric
from .freshness import Origin, freshness, origin
from .models import Grain
from .outcome_series import outcome_series, outcome_weeks
from .provenance import ESTIMATED, measures
from .readings import (
    Breakdown,
    Change,
    ChangeState,
    DayValue,
    Period,
    Reading,
    Series,
    compare,
    settled_part,
    value_of,
)
from .summary import Histogram, Integers, Summary

ALL = "*"


@dataclass(frozen=True)
class Slice:
    """Which part of a client to read: one system, one model, both, or all."""

    system_id: int | None = None
    model: str | None = None


WHOLE = Slice()
"""All of a client."""
NOTHING = Summary()
_SLICES = {
    "model": "system_id = 0 AND model <> '*'",
    "system": "system_id <> 0 AND model = '*'",
    "tool": "system_id = 0 AND model = '*' AND item <> ''",
}


def _packed(column: str) -> str:
    """SQL for an array as bytes: each element after its size, as PostgreSQL sends arrays, without the 20 bytes of their head.

    Read without a Python object for each of the tens of thousands of buckets behind a page.
    """
    return f"substring(array_send({column}) FROM 21)"


_INT4, _INT8 = (np.dtype([("size", ">i4"), ("value", kind)]) for kind in (">i4", ">i8"))
_BUCKETS = f"{_packed('buckets')}, {_packed('counts')}"
_ALL_BUCKETS = f"string_agg({_packed('buckets')}, ''), string_agg({_packed('counts')}, '')"


def all_series(
    client: Client,
    metrics: Sequence[Metric],
    period: Period,
    within: Slice = WHOLE,
    *,
    known_at: datetime | None = None,
    seen: Origin | None = None,
    until: date | None = None,
) -> dict[str, Series]:
    """Each metric day by day over a period and the one before, by metric key.

    With `known_at`, as it was known at that moment instead of now. With `until`, the first local day that may still change (see
    `settling`), readings and comparisons cover the days before it and their counterparts only. Outcomes are the whole client's: of
    a part of it there are none; and they are no source's of calls, so `until` leaves them as they are.
    """
    outcomes = [m for m in metrics if m.is_outcome]
    metrics = [m for m in metrics if not m.is_outcome]
    told = outcome_series(client, outcomes, period, within == WHOLE, known_at=known_at) if outcomes else {}
    if outcomes and not metrics:
        return told
    before = period.before
    days = _days(client, metrics, Period(before.start, period.end, period.zone), within, known_at)
    part = settled_part(period, until)
    read, first_open = part or (period, before), until if until is not None and until < period.end else None
    distinct = _distinct(client, metrics, period, within, read)
    seen = seen or origin(freshness(client))
    whole = {(measure, p): _within(by_day, p) for measure, by_day in days.items() for p in read}
    made = {}
    for m in metrics:
        by_day = days.get(m.measure, {})
        now, past = (
            Reading.of(
                m,
                whole.get((m.measure, p), NOTHING),
                p,
                distinct=distinct.get((m.measure, p)),
                as_of=seen.as_of,
                sources=seen.sources,
                estimated=whole.get((ESTIMATED, p), NOTHING).n,
            )
            for p in read
        )
        current, previous = (_Days(m, by_day, p, distinct) for p in (period, before))
        if part is None:
            moved = Change(now, past, ChangeState.UNSETTLED)
        elif first_open is None:
            moved = compare(now, past, (current, previous))
        else:
            moved = compare(now, past, (_Days(m, by_day, part[0], distinct), _Days(m, by_day, part[1], distinct)))
        made[m.key] = Series(m, period, current, previous, now, moved, first_open)
    return made | told


def weekly(
    client: Client, metrics: Sequence[Metric], period: Period, within: Slice = WHOLE
) -> dict[str, list[Reading]]:
    """Each metric read over each of a period's weeks, newest first. Distinct ids are not counted: of those there is no reading."""
    outcomes, counted = ([m for m in metrics if m.is_outcome is told] for told in (True, False))
    days = _days(client, counted, period, within, None) if counted else {}
    told = outcome_weeks(client, outcomes, period, within == WHOLE) if outcomes else {}
    weeks = period.weeks
    return {m.key: [Reading.of(m, _within(days.get(m.measure, {}), w), w) for w in weeks] for m in counted} | told


def scored_metrics(client: Client, period: Period) -> list[Metric]:
    """The metrics of the scores that have points in the period or the one before, the catalogue's own first."""
    start, end = Period(period.before.start, period.end, period.zone).instants
    rows = _select(
        "SELECT DISTINCT measure FROM monitoring_point WHERE client_id = %s AND grain = %s AND at >= %s AND at < %s"
        # A category is a word, not a number: it has no rate or mean to read.
        " AND measure LIKE %s AND system_id = 0 AND model = %s AND environment = %s AND item = ''",
        [client.pk, Grain.DAY, start, end, SCORE_PREFIX + "%", ALL, ALL],
    )
    found = [metric(measure) for (measure,) in rows]
    return sorted(found, key=lambda m: (m.key.startswith(SCORE_PREFIX), m.key))


def breakdowns(
    client: Client,
    wanted: Mapping[str, Sequence[Metric]],
    period: Period,
    *,
    seen: Origin | None = None,
    until: date | None = None,
) -> dict[str, list[Breakdown]]:
    """For each dimension wanted ("model", "system" or "tool") its metrics by value, busiest first, with the period before.

    With `until`, the first local day that may still change, of the days before it and their counterparts; where no day is settled,
    of the whole period with nothing before it.
    """
    part = settled_part(period, until)
    period, before = part or (period, period.before)
    when, parameters = _when(before, period)
    slices = " OR ".join(f"{_SLICES[dimension]} AND measure = ANY(%s)" for dimension in wanted)
    rows = _select(
        f"SELECT system_id, model, item, at >= %s, measure, sum(n)::bigint, sum(total), sum(sum_squares), {_ALL_BUCKETS}"
        " FROM monitoring_point WHERE client_id = %s"
        f" AND ({when}) AND environment = '*' AND ({slices}) GROUP BY 1, 2, 3, 4, 5",
        [
            period.instants[0],
            client.pk,
            *parameters,
            *(measures(metrics) for metrics in wanted.values()),
        ],
    )
    sums: dict[str, dict[tuple[Any, bool, str], list[Summary]]] = {d: defaultdict(list) for d in wanted}
    for system_id, model, item, current, measure, *numbers in rows:
        dimension, name = ("system", system_id) if system_id else ("model", model) if model != ALL else ("tool", item)
        sums[dimension][name, current, measure].append(_summary(numbers, Histogram.adding))
    labels = dict(System.objects.filter(client=client).values_list("pk", "name")) if "system" in wanted else {}
    seen = seen or origin(freshness(client))

    def made(dimension: str, name: Any) -> Breakdown:
        def readings(of: Period) -> dict[str, Reading]:
            def summed(measure: str) -> Summary:
                return Summary.merged(sums[dimension].get((name, of is period, measure)) or [NOTHING])

            estimated = summed(ESTIMATED).n
            return {
                m.key: Reading.of(m, summed(m.measure), of, as_of=seen.as_of, sources=seen.sources, estimated=estimated)
                for m in wanted[dimension]
            }

        label = labels.get(name, str(name)) if dimension == "system" else name or "(not named)"
        return Breakdown(label, readings(period), readings(before) if part else {})

    return {
        dimension: sorted(
            (made(dimension, name) for name in {key[0] for key in sums[dimension]}),
            key=lambda b: (-max((r.n for r in b.readings.values()), default=0), b.name),
        )
        for dimension in wanted
    }


def _when(*periods: Period) -> tuple[str, list[Any]]:
    """SQL that picks the fewest points that make up the periods, and its parameters: weeks where they are whole, and days around."""
    parts: list[Any] = []
    for period in periods:
        monday = period.start + timedelta(days=-period.start.weekday() % 7)
        after = max(monday, period.end - timedelta(days=period.end.weekday()))
        weeks = (
            (Grain.DAY, period.start, min(monday, period.end)),
            (Grain.WEEK, monday, after),
            (Grain.DAY, after, period.end),
        )
        parts += [(grain, *Period(start, end, period.zone).instants) for grain, start, end in weeks if start < end]
    return " OR ".join(["grain = %s AND at >= %s AND at < %s"] * len(parts)), [*chain.from_iterable(parts)]


def _days(
    client: Client, metrics: Iterable[Metric], period: Period, within: Slice, known_at: datetime | None
) -> dict[str, dict[date, Summary]]:
    """Summaries by measure and local day."""
    start, end = period.instants
    columns = f"(at AT TIME ZONE %s)::date, measure, n, total, sum_squares, {_BUCKETS}"
    where = (
        "client_id = %s AND grain = %s AND at >= %s AND at < %s AND measure = ANY(%s)"
        " AND system_id = %s AND model = %s AND environment = '*'"
    )
    parameters: list[Any] = [
        period.zone,
        client.pk,
        Grain.DAY,
        start,
        end,
        measures(metrics),
        within.system_id or 0,
        within.model if within.model is not None else ALL,
    ]
    statement = f"SELECT {columns} FROM monitoring_point WHERE {where}"
    if known_at is not None:
        statement = (
            f"{statement} AND known_at <= %s UNION ALL SELECT {columns} FROM monitoring_past_point WHERE {where}"
            " AND known_at <= %s AND superseded_at > %s"
        )
        parameters = [*parameters, known_at, *parameters, known_at, known_at]
    found: dict[str, dict[date, list[Summary]]] = defaultdict(lambda: defaultdict(list))
    for day, measure, *numbers in _select(statement, parameters):
        found[measure][day].append(_summary(numbers))
    return {measure: {day: Summary.merged(parts) for day, parts in by_day.items()} for measure, by_day in found.items()}


def _distinct(
    client: Client, metrics: Iterable[Metric], period: Period, within: Slice, read: tuple[Period, Period]
) -> dict[tuple[str, date | Period], int]:
    """Distinct ids by (measure, day) of a period and the one before, and by (measure, period) over those `read`; ids know no model."""
    kinds = [m.measure for m in metrics if m.aggregation is Aggregation.DISTINCT]
    if not kinds or within.model is not None:
        return {}
    before = period.before
    rows = _select(
        "SELECT kind, day, digests FROM monitoring_seen WHERE client_id = %s AND day >= %s AND day < %s"
        " AND kind = ANY(%s) AND system_id = %s",
        [client.pk, before.start, period.end, kinds, within.system_id or 0],
    )
    counts: dict[tuple[str, date | Period], int] = {}
    together: dict[tuple[str, Period], set[int]] = {(kind, p): set() for kind in kinds for p in read}
    for kind, day, digests in rows:
        ids = array("q", bytes(digests))
        counts[kind, day] = len(ids)
        for p in read:
            if p.start <= day < p.end:
                together[kind, p].update(ids)
    return counts | {key: len(ids) for key, ids in together.items() if ids}


def _within(by_day: dict[date, Summary], period: Period) -> Summary:
    return Summary.merged([summary for day, summary in by_day.items() if period.start <= day < period.end] or [NOTHING])


class _Days(Sequence[DayValue]):
    """The days of one metric in a period, worked out when first looked at: a page reads more metrics than it shows day by day."""

    def __init__(self, m: Metric, by_day: dict[date, Summary], period: Period, distinct: dict[tuple[str, Any], int]):
        self._from = m, by_day, period, distinct

    def __getitem__(self, at: Any) -> Any:
        return self._values[at]

    def __iter__(self) -> Iterator[DayValue]:
        return iter(self._values)

    def __len__(self) -> int:
        return self._from[2].days

    @cached_property
    def _values(self) -> list[DayValue]:
        m, by_day, period, distinct = self._from
        values = []
        for day in period.dates():
            summary = by_day.get(day, NOTHING)
            count = distinct.get((m.measure, day))
            n = count or 0 if m.aggregation is Aggregation.DISTINCT else summary.n
            values.append(DayValue(day, value_of(m, summary, count) if n else None, n))
        return values


def _summary(row: Sequence[Any], histogram: Callable[[Integers, Integers], Histogram] = Histogram) -> Summary:
    """A row of n, total, sum of squares, and buckets and counts as `_packed` sends them, which `histogram` makes into one."""
    n, total, sum_squares, buckets, counts = row
    if not buckets:
        return Summary(n, total, sum_squares)
    filled = (np.frombuffer(sent, like)["value"].astype(np.int64) for sent, like in ((buckets, _INT4), (counts, _INT8)))
    return Summary(n, total, sum_squares, histogram(*filled))


def _select(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
