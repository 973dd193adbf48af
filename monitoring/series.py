"""Points → a metric over a period: the only read path for charts, pages and reports. Needs an open scope.

Whatever is asked for, the number of queries is the same: one for points, one for distinct ids where a metric counts them, one
for freshness.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from clients.models import Client, System

from .catalogue import SCORE_PREFIX, Aggregation, Metric, metric
from .models import Grain, Source
from .readings import Breakdown, DayValue, Period, Reading, Series, compare, value_of
from .summary import Histogram, Summary

ALL = "*"


@dataclass(frozen=True)
class Slice:
    """Which part of a client to read: one system, one model, both, or all."""

    system_id: int | None = None
    model: str | None = None


NOTHING = Summary()
WHOLE = Slice()
"""All of a client."""


@dataclass(frozen=True)
class Freshness:
    """When a source last brought something, and what is wrong with it if anything is."""

    name: str
    kind: str
    last_arrival_at: datetime | None
    error: str
    error_at: datetime | None
    created_at: datetime


def freshness(client: Client) -> list[Freshness]:
    """Every source of a client, those in trouble first."""
    rows = Source.objects.filter(client=client).worst_first()
    return [Freshness(s.name, s.get_kind_display(), s.last_arrival_at, s.error, s.error_at, s.created_at) for s in rows]


def all_series(
    client: Client,
    metrics: Sequence[Metric],
    period: Period,
    within: Slice = WHOLE,
    *,
    known_at: datetime | None = None,
) -> dict[str, Series]:
    """Each metric day by day over a period and the one before, by metric key.

    With `known_at`, as it was known at that moment instead of now.
    """
    before = period.before
    days = _days(client, metrics, Period(before.start, period.end, period.zone), within, known_at)
    distinct = _distinct(client, metrics, period, within)
    seen = _provenance(client)
    whole = {(measure, p): _within(by_day, p) for measure, by_day in days.items() for p in (period, before)}
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
            )
            for p in (period, before)
        )
        current, previous = (_day_values(m, by_day, p, distinct) for p in (period, before))
        made[m.key] = Series(m, period, current, previous, now, compare(now, past, (current, previous)))
    return made


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


def breakdown(client: Client, dimension: str, metrics: Sequence[Metric], period: Period) -> list[Breakdown]:
    """The metrics for each value of a dimension ("model", "system" or "tool"), busiest first, with the period before."""
    column = {"model": "model", "system": "system_id", "tool": "item"}[dimension]
    slice_sql = {
        "model": "system_id = 0 AND model <> '*' AND environment = '*'",
        "system": "system_id <> 0 AND model = '*' AND environment = '*'",
        "tool": "system_id = 0 AND model = '*' AND environment = '*' AND item <> ''",
    }[dimension]
    before = period.before
    start, end = Period(before.start, period.end, period.zone).instants
    middle = period.instants[0]
    # Plain days are added up where they are; only days with a histogram travel one by one.
    rows = _select(
        "SELECT name, current, measure, sum(n)::bigint, sum(total), sum(sum_squares), buckets, counts FROM ("
        f"SELECT {column} AS name, at >= %s AS current, measure, n, total, sum_squares, buckets, counts"
        " FROM monitoring_point WHERE client_id = %s AND grain = %s AND at >= %s AND at < %s"
        f" AND measure = ANY(%s) AND {slice_sql}) day GROUP BY name, current, measure, buckets, counts",
        [middle, client.pk, Grain.DAY, start, end, list({m.measure for m in metrics})],
    )
    parts: dict[tuple[Any, bool, str], list[list[Any]]] = defaultdict(list)
    for name, current, measure, *numbers in rows:
        parts[name, current, measure].append(numbers)
    sums = {key: _merged(numbers) for key, numbers in parts.items()}
    names = {key[0] for key in sums}
    labels = dict(System.objects.filter(client=client).values_list("pk", "name")) if dimension == "system" else {}
    seen = _provenance(client)

    def readings(name: Any, current: bool) -> dict[str, Reading]:
        return {
            m.key: Reading.of(
                m,
                sums.get((name, current, m.measure), NOTHING),
                period if current else before,
                as_of=seen.as_of,
                sources=seen.sources,
            )
            for m in metrics
        }

    made = [Breakdown(labels.get(n, str(n) or "(not named)"), readings(n, True), readings(n, False)) for n in names]
    return sorted(made, key=lambda b: (-max((r.n for r in b.readings.values()), default=0), b.name))


@dataclass(frozen=True)
class _Provenance:
    as_of: datetime | None
    sources: tuple[str, ...]


def _provenance(client: Client) -> _Provenance:
    fresh = [f for f in freshness(client) if f.last_arrival_at]
    return _Provenance(
        max((f.last_arrival_at for f in fresh if f.last_arrival_at), default=None), tuple(sorted(f.name for f in fresh))
    )


def _days(
    client: Client, metrics: Iterable[Metric], period: Period, within: Slice, known_at: datetime | None
) -> dict[str, dict[date, Summary]]:
    """Summaries by measure and local day."""
    start, end = period.instants
    columns = "(at AT TIME ZONE %s)::date, measure, n, total, sum_squares, buckets, counts"
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
        list({m.measure for m in metrics}),
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
    found: dict[str, dict[date, list[list[Any]]]] = defaultdict(lambda: defaultdict(list))
    for day, measure, *numbers in _select(statement, parameters):
        found[measure][day].append(numbers)
    return {measure: {day: _merged(parts) for day, parts in by_day.items()} for measure, by_day in found.items()}


def _distinct(
    client: Client, metrics: Iterable[Metric], period: Period, within: Slice
) -> dict[tuple[str, date | Period], int]:
    """Distinct ids by (measure, day), and over a whole period by (measure, period); ids know no model."""
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
    together: dict[tuple[str, Period], set[int]] = {(kind, p): set() for kind in kinds for p in (period, before)}
    for kind, day, digests in rows:
        ids = array("q", bytes(digests))
        counts[kind, day] = len(ids)
        together[kind, period if day >= period.start else before].update(ids)
    return counts | {key: len(ids) for key, ids in together.items() if ids}


def _within(by_day: dict[date, Summary], period: Period) -> Summary:
    return _added([summary for day, summary in by_day.items() if period.start <= day < period.end])


def _day_values(
    m: Metric, by_day: dict[date, Summary], period: Period, distinct: dict[tuple[str, date | Period], int]
) -> list[DayValue]:
    values = []
    for day in period.dates():
        summary = by_day.get(day, NOTHING)
        count = distinct.get((m.measure, day))
        n = count or 0 if m.aggregation is Aggregation.DISTINCT else summary.n
        values.append(DayValue(day, value_of(m, summary, count) if n else None, n))
    return values


def _merged(rows: Sequence[Sequence[Any]]) -> Summary:
    """Rows of n, total, sum of squares, buckets and counts in one, with one pass over the buckets: pages merge hundreds."""
    counts: dict[int, int] = defaultdict(int)
    for *_, buckets, filled in rows:
        if buckets:
            for bucket, count in zip(buckets, filled, strict=True):
                counts[bucket] += count
    n, total, sum_squares = (sum(row[i] for row in rows) for i in range(3))
    return Summary(n, Decimal(total), sum_squares, Histogram(counts))


def _added(parts: Sequence[Summary]) -> Summary:
    """All parts in one, with one pass over the buckets."""
    if len(parts) == 1:
        return parts[0]
    counts: dict[int, int] = defaultdict(int)
    for part in parts:
        for bucket, count in part.histogram.counts.items():
            counts[bucket] += count
    return Summary(
        sum(p.n for p in parts),
        sum((p.total for p in parts), Decimal(0)),
        sum(p.sum_squares for p in parts),
        Histogram(counts),
    )


def _select(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
