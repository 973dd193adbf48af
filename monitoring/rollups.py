"""Touched quarters of an hour → points: recomputed from spans and scores, then merged to hours, local days and their weeks.

Points are never incremented: a roll-up takes a client's touched quarters away and recounts them in the same transaction, so
that one killed half-way leaves them touched, and one run twice counts nothing twice. Quarters are kept QUARTER_DAYS, hours
HOUR_DAYS, days and weeks for good. Days also keep the slices pages read, merged: all, by system, by model, by both; weeks keep
only those.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from clients.models import Client
from clients.tenancy import scope

from .ingest import OTHER
from .summary import GAMMA, ZERO_BUCKET

QUARTER_DAYS = 35
HOUR_DAYS = 400
DIMENSION_CAP = 200
DAYS_AT_ONCE = 31
A_DAY = timedelta(hours=26)
"""The longest a local day may be, and a trace may take and still count as one."""
A_WEEK = timedelta(days=7, hours=2)
LOCK = 7306
"""Namespace of the advisory lock that lets one roll-up at a time work on a client."""

DIMENSIONS = ("environment", "model", "prompt_version", "segment")
SLICE = "system_id, environment, model, prompt_version, segment, item"
KEY = f"at, measure, {SLICE}"

LN_GAMMA = f"{math.log(GAMMA):.17g}"


def roll_up(client: Client, *, wait: bool = True) -> int:
    """Bring all of a client's points up to date; returns how many quarters were recounted. Opens the client's scope per step.

    Another roll-up of the same client is waited for, or with `wait=False` left to do the work.
    """
    done = 0
    while counted := _step(client, wait):
        done += counted
    return done


def _step(client: Client, wait: bool) -> int:
    with scope(client), connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, client.pk])
        else:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, client.pk])
            if not cursor.fetchone()[0]:
                return 0
        cursor.execute(
            "WITH taken AS (DELETE FROM monitoring_touched WHERE client_id = %s AND quarter <"
            "  (SELECT min(quarter) FROM monitoring_touched WHERE client_id = %s) + %s::interval RETURNING quarter)"
            " SELECT DISTINCT quarter FROM taken",
            [client.pk, client.pk, f"{DAYS_AT_ONCE} days"],
        )
        quarters = [row[0] for row in cursor.fetchall()]
        if quarters:
            _recount(cursor, client, quarters, timezone.now())
    return len(quarters)


def _recount(cursor: Any, client: Client, touched: Sequence[datetime], now: datetime) -> None:
    kept_from = now - timedelta(days=QUARTER_DAYS)
    parameters: dict[str, Any] = {
        "client": client.pk,
        "zone": client.zone,
        "now": now,
        "kept_from": kept_from,
        "hours_from": now - timedelta(days=HOUR_DAYS),
        "last_midnight": now.astimezone(ZoneInfo(client.zone)).replace(hour=0, minute=0, second=0, microsecond=0),
    }
    parameters |= _these(touched)
    cursor.execute(QUARTERS_TRACES_BEGAN_IN, parameters)
    parameters |= _these([*touched, *(row[0] for row in cursor.fetchall())])
    # Days whose quarters are no longer kept are recounted whole, from their spans: merging the touched quarters alone would lose the rest.
    cursor.execute(WHOLE_DAYS_WHERE_GONE, parameters)
    parameters |= _these([row[0] for row in cursor.fetchall()])
    _register_values(cursor, parameters)
    for statement in (
        "DELETE FROM monitoring_point WHERE client_id = %(client)s AND grain = 15 AND at = ANY(%(quarters)s)",
        COUNT_QUARTERS,
        FORGET_HOURS,
        MERGE_HOURS,
        MERGE_DAYS,
        KEEP_PAST_DAYS,
        DROP_EMPTY_DAYS,
        STORE_DAYS,
        "DROP TABLE fresh_day",
        FORGET_WEEKS,
        MERGE_WEEKS,
        FORGET_SEEN,
        REMEMBER_SEEN,
        "DELETE FROM monitoring_point WHERE client_id = %(client)s AND grain = 15 AND at < %(kept_from)s AND at = ANY(%(quarters)s)",
    ):
        cursor.execute(statement, parameters)


def _these(quarters: Sequence[datetime]) -> dict[str, Any]:
    """The parameters that say which quarters are meant: from `first` up to `last`, and a day or a week on either side."""
    first, last = min(quarters), max(quarters) + timedelta(minutes=15)
    # Bounds the database need not work out: by constants it leaves out the months that hold none of them while it plans.
    return {
        "quarters": list(quarters),
        "first": first,
        "last": last,
        "day_before": first - A_DAY,
        "day_after": last + A_DAY,
        "week_before": first - A_WEEK,
        "week_after": last + A_WEEK,
    }


def _register_values(cursor: Any, parameters: dict[str, Any]) -> None:
    """First come, first kept: a dimension's values up to the cap get points of their own, for good."""
    for dimension, (of_span, of_score) in CAPPED.items():
        cursor.execute(
            "SELECT value FROM monitoring_dimensionvalue WHERE client_id = %(client)s AND dimension = %(dimension)s",
            parameters | {"dimension": dimension},
        )
        known = {row[0] for row in cursor.fetchall()}
        parts = [
            f"SELECT {expression} AS value, {time} AS at FROM {counted}"
            for expression, time, counted in ((of_span, "started_at", COUNTED_SPANS), (of_score, "at", COUNTED_SCORES))
            if expression
        ]
        cursor.execute(
            f"SELECT value, min(at) FROM ({' UNION ALL '.join(parts)}) v WHERE value <> ALL(%(known)s)"
            " AND value <> '' GROUP BY 1 ORDER BY 2, 1 LIMIT %(room)s",
            parameters | {"known": list(known), "room": max(0, DIMENSION_CAP - len(known))},
        )
        new = [row[0] for row in cursor.fetchall()]
        if new:
            cursor.execute(
                "INSERT INTO monitoring_dimensionvalue (client_id, dimension, value)"
                " SELECT %(client)s, %(dimension)s, unnest(%(new)s::text[])",
                parameters | {"dimension": dimension, "new": new},
            )
        parameters[f"{dimension}s"] = [*known, *new]


LABEL = "CASE WHEN kind = 'categorical' THEN label ELSE '' END"
CAPPED: dict[str, tuple[str, str]] = {
    **{dimension: (dimension, dimension) for dimension in DIMENSIONS},
    "tool": ("tool", ""),
    "score": ("", "name"),
    "label": ("", LABEL),
}
"""What could grow without bounds in the key of a point: where spans and where scores carry it."""


def _cap(dimension: str, column: str) -> str:
    return f"CASE WHEN {column} = '' OR {column} = ANY(%({dimension}s)s) THEN {column} ELSE '{OTHER}' END"


CAPPED_DIMENSIONS = ", ".join(f"{_cap(d, d)} AS {d}" for d in DIMENSIONS)

BUCKET = f"CASE WHEN value > 0 THEN ceil(ln(value::double precision) / {LN_GAMMA})::integer ELSE {ZERO_BUCKET} END"

# How these are written decides how they are planned. A source grows by the second and statistics lag behind, so that by its guess
# the planner would join by reading all spans once for each trace. The spans of a quarter have an index of their own (the start only
# says which months to look in), and OFFSET 0 makes the spans of a trace one look-up by key.
COUNTED_SPANS = """monitoring_span
  WHERE client_id = %(client)s AND started_at >= %(first)s AND started_at < %(last)s AND quarter = ANY(%(quarters)s)"""
COUNTED_SCORES = """monitoring_score
  WHERE client_id = %(client)s AND at >= %(first)s AND at < %(last)s AND date_bin('15 minutes', at, 'epoch') = ANY(%(quarters)s)"""
SPANS_OF_A_TRACE = """SELECT * FROM monitoring_span
  WHERE client_id = %(client)s AND source_id = t.source_id AND trace_id = t.trace_id
    AND started_at >= %(day_before)s AND started_at < %(day_after)s OFFSET 0"""

# What a trace did is booked to the quarter of its first span. Of a trace with spans in touched quarters, the first span outside
# of them marks the one other quarter that can be out of date: there it began, or did until an earlier span came.
QUARTERS_TRACES_BEGAN_IN = f"""
SELECT DISTINCT min(s.quarter)
FROM (SELECT DISTINCT source_id, trace_id FROM {COUNTED_SPANS}) t
CROSS JOIN LATERAL ({SPANS_OF_A_TRACE}) s
WHERE s.quarter <> ALL(%(quarters)s)
GROUP BY t.source_id, t.trace_id
"""

WHOLE_DAYS_WHERE_GONE = """
SELECT DISTINCT q FROM unnest(%(quarters)s::timestamptz[]) t, LATERAL (
  SELECT t AS q WHERE date_trunc('day', t, %(zone)s) >= %(kept_from)s
  UNION ALL
  SELECT q FROM generate_series(date_trunc('day', t, %(zone)s), date_trunc('day', t, %(zone)s) + interval '26 hours', '15 minutes') q
  WHERE date_trunc('day', t, %(zone)s) < %(kept_from)s AND date_trunc('day', q, %(zone)s) = date_trunc('day', t, %(zone)s)
) day
"""

COUNT_QUARTERS = f"""
WITH span AS MATERIALIZED (
  SELECT quarter AS at, kind, source_id, trace_id, system_id, {CAPPED_DIMENSIONS}, {_cap("tool", "tool")} AS tool,
    (error <> '')::integer AS failed, input_tokens, output_tokens, cost, cost_estimated,
    (extract(epoch FROM ended_at - started_at) * 1000)::numeric AS milliseconds
  FROM {COUNTED_SPANS}
), trace AS (
  -- Which traces began in these quarters, and what they did in all of their spans.
  SELECT s.source_id, s.trace_id, min(s.quarter) AS at,
    (array_agg(s.system_id ORDER BY s.started_at, s.span_id))[1] AS system_id,
    (array_agg(s.environment ORDER BY s.started_at, s.span_id))[1] AS environment,
    (array_agg(s.segment ORDER BY s.started_at, s.span_id))[1] AS segment,
    count(*) FILTER (WHERE s.kind = 'tool') AS tool_calls, count(*) FILTER (WHERE s.after_failure) AS retries
  FROM (
    SELECT s.*, s.kind IN ('llm', 'tool') AND lag(s.error <> '') OVER (
      PARTITION BY s.source_id, s.trace_id, s.parent_id, s.kind, s.name ORDER BY s.started_at, s.span_id) AS after_failure
    FROM (SELECT DISTINCT source_id, trace_id FROM span) t
    CROSS JOIN LATERAL ({SPANS_OF_A_TRACE}) s
  ) s
  GROUP BY s.source_id, s.trace_id
), value AS (
  SELECT s.at, m.measure, s.system_id, s.environment, s.model, s.prompt_version, s.segment, ''::text AS item, m.value
  FROM span s CROSS JOIN LATERAL (VALUES
    ('error', s.failed::numeric), ('latency', s.milliseconds), ('input_tokens', s.input_tokens::numeric),
    ('output_tokens', s.output_tokens::numeric), ('cost', s.cost), ('cost_estimated', CASE WHEN s.cost_estimated THEN s.cost END)
  ) m (measure, value)
  -- Embeddings and rerankers cost money too, but are no model calls; other spans may repeat what their children cost.
  WHERE m.value IS NOT NULL AND (s.kind = 'llm' OR m.measure IN ('cost', 'cost_estimated') AND s.kind IN ('embedding', 'reranker'))
  UNION ALL
  SELECT at, 'tool_error', system_id, environment, '', '', segment, tool, failed FROM span WHERE kind = 'tool'
  UNION ALL
  SELECT t.at, m.measure, t.system_id,
    {_cap("environment", "t.environment")}, '', '', {_cap("segment", "t.segment")}, '', m.value
  FROM trace t CROSS JOIN LATERAL (VALUES ('tool_calls', t.tool_calls::numeric), ('retries', t.retries::numeric)) m (measure, value)
  WHERE t.at = ANY(%(quarters)s)
  UNION ALL
  SELECT quarter, 'score.' || {_cap("score", "name")}, system_id, {CAPPED_DIMENSIONS}, {_cap("label", "label")}, coalesce(value, 1)
  FROM (SELECT date_bin('15 minutes', at, 'epoch') AS quarter, name, system_id, environment, model, prompt_version, segment, value,
          {LABEL} AS label FROM {COUNTED_SCORES}) score
), histogram AS (
  SELECT {KEY}, array_agg(bucket ORDER BY bucket) AS buckets, array_agg(count ORDER BY bucket) AS counts FROM (
    SELECT {KEY}, {BUCKET} AS bucket, count(*) AS count FROM value WHERE measure = 'latency' GROUP BY {KEY}, bucket) b
  GROUP BY {KEY}
)
INSERT INTO monitoring_point (client_id, grain, {KEY}, n, total, sum_squares, buckets, counts, known_at)
SELECT %(client)s, 15, {KEY}, n, total, sum_squares, buckets, counts, %(now)s
FROM (SELECT {KEY}, count(*) AS n, sum(value) AS total, sum(value::double precision ^ 2) AS sum_squares FROM value GROUP BY {KEY}) v
LEFT JOIN histogram USING ({KEY})
"""


def _merge(at: str, groups: str, chosen: str, grain: int = 15) -> str:
    """SELECT that adds points of a grain up; `at` is the coarser time of a point's `p.at`, `groups` the GROUP BY."""
    everything = "*"
    columns = (
        "at, measure, "
        + ", ".join(
            f"coalesce({c}, {0 if c == 'system_id' else f"'{everything}'"}) AS {c}"
            for c in ("system_id", "environment", "model", "prompt_version", "segment")
        )
        + ", item"
    )
    return f"""
part AS MATERIALIZED (
  SELECT {at} AS at, {KEY.removeprefix("at, ")}, n, total, sum_squares, buckets, counts
  FROM monitoring_point p WHERE p.client_id = %(client)s AND p.grain = {grain} AND {chosen}
), summed AS (
  SELECT {columns}, sum(n)::bigint AS n, sum(total) AS total, sum(sum_squares) AS sum_squares FROM part GROUP BY {groups}
), histogram AS (
  SELECT {KEY}, array_agg(bucket ORDER BY bucket) AS buckets, array_agg(count ORDER BY bucket) AS counts FROM (
    SELECT {columns}, bucket, sum(count)::bigint AS count FROM part, unnest(buckets, counts) u (bucket, count)
    WHERE buckets IS NOT NULL GROUP BY bucket, {groups}) b
  GROUP BY {KEY}
)"""


def _store(grain: int, merged: str) -> str:
    return f"""
WITH {merged}
INSERT INTO monitoring_point (client_id, grain, {KEY}, n, total, sum_squares, buckets, counts, known_at)
SELECT %(client)s, {grain}, {KEY}, n, total, sum_squares, buckets, counts, %(now)s FROM summed LEFT JOIN histogram USING ({KEY})
"""


HOUR_OF = "date_trunc('hour', p.at, %(zone)s)"
DAY_OF = "date_trunc('day', p.at, %(zone)s)"
HOURS_CHOSEN = (
    f"p.at >= %(day_before)s AND p.at < %(day_after)s AND {HOUR_OF} >= %(hours_from)s"
    f" AND {HOUR_OF} IN (SELECT date_trunc('hour', q, %(zone)s) FROM unnest(%(quarters)s::timestamptz[]) q)"
)
DAYS = "SELECT date_trunc('day', q, %(zone)s) FROM unnest(%(quarters)s::timestamptz[]) q"
DAYS_CHOSEN = f"p.at >= %(day_before)s AND p.at < %(day_after)s AND {DAY_OF} IN ({DAYS})"
SLICES = """at, measure, item, GROUPING SETS (
  (system_id, environment, model, prompt_version, segment), (system_id, model), (system_id), (model), ())"""

FORGET_HOURS = """
DELETE FROM monitoring_point WHERE client_id = %(client)s AND grain = 60
  AND at IN (SELECT DISTINCT date_trunc('hour', q, %(zone)s) FROM unnest(%(quarters)s::timestamptz[]) q)
"""

MERGE_HOURS = _store(60, _merge(HOUR_OF, KEY, HOURS_CHOSEN))

MERGE_DAYS = f"""
CREATE TEMPORARY TABLE fresh_day ON COMMIT DROP AS
WITH {_merge(DAY_OF, SLICES, DAYS_CHOSEN)}
SELECT {KEY}, n, total, sum_squares, buckets, counts FROM summed LEFT JOIN histogram USING ({KEY})
"""

SAME_KEY = " AND ".join(f"f.{c} = p.{c}" for c in KEY.split(", "))
OLD_DAYS = f"p.client_id = %(client)s AND p.grain = 1440 AND p.at IN ({DAYS})"
# Sums of squares are floats: added up in another order they differ in their last digits, which is no correction.
DIFFERS = """((p.n, p.total, p.buckets, p.counts) IS DISTINCT FROM (f.n, f.total, f.buckets, f.counts)
  OR abs(p.sum_squares - f.sum_squares) > 1e-9 * abs(f.sum_squares))"""

KEEP_PAST_DAYS = f"""
INSERT INTO monitoring_past_point (client_id, grain, {KEY}, n, total, sum_squares, buckets, counts, known_at, superseded_at)
SELECT p.client_id, p.grain, {", ".join(f"p.{c}" for c in KEY.split(", "))},
  p.n, p.total, p.sum_squares, p.buckets, p.counts, p.known_at, %(now)s
FROM monitoring_point p LEFT JOIN fresh_day f ON {SAME_KEY}
WHERE {OLD_DAYS} AND p.known_at < %(last_midnight)s AND (f.at IS NULL OR {DIFFERS})
"""

DROP_EMPTY_DAYS = f"""
DELETE FROM monitoring_point p WHERE {OLD_DAYS} AND NOT EXISTS (SELECT FROM fresh_day f WHERE {SAME_KEY})
"""

STORE_DAYS = f"""
INSERT INTO monitoring_point AS p (client_id, grain, {KEY}, n, total, sum_squares, buckets, counts, known_at)
SELECT %(client)s, 1440, {KEY}, n, total, sum_squares, buckets, counts, %(now)s FROM fresh_day
ON CONFLICT (client_id, grain, {KEY}) DO UPDATE SET n = excluded.n, total = excluded.total, sum_squares = excluded.sum_squares,
  buckets = excluded.buckets, counts = excluded.counts, known_at = excluded.known_at
WHERE {DIFFERS.replace("f.", "excluded.")}
"""

WEEK_OF = "date_trunc('week', p.at, %(zone)s)"
WEEKS = "SELECT date_trunc('week', q, %(zone)s) FROM unnest(%(quarters)s::timestamptz[]) q"
WEEKS_CHOSEN = f"p.environment = '*' AND p.at >= %(week_before)s AND p.at < %(week_after)s AND {WEEK_OF} IN ({WEEKS})"

FORGET_WEEKS = f"DELETE FROM monitoring_point WHERE client_id = %(client)s AND grain = 10080 AND at IN ({WEEKS})"

MERGE_WEEKS = _store(10080, _merge(WEEK_OF, KEY, WEEKS_CHOSEN, grain=1440))

SEEN_DAYS = f"SELECT (d AT TIME ZONE %(zone)s)::date FROM ({DAYS}) days (d)"

FORGET_SEEN = f"DELETE FROM monitoring_seen WHERE client_id = %(client)s AND day IN ({SEEN_DAYS})"

REMEMBER_SEEN = f"""
INSERT INTO monitoring_seen (client_id, day, kind, system_id, digests)
SELECT %(client)s, day, kind, system_id, string_agg(int8send(digest), '' ORDER BY digest) FROM (
  SELECT day, kind, coalesce(system_id, 0) AS system_id, digest FROM (
    SELECT (s.started_at AT TIME ZONE %(zone)s)::date AS day, k.kind, s.system_id, hashtextextended(k.id, 0) AS digest
    FROM monitoring_span s CROSS JOIN LATERAL (VALUES ('user', s.user_id), ('session', s.session_id)) k (kind, id)
    WHERE s.client_id = %(client)s AND s.started_at >= %(day_before)s AND s.started_at < %(day_after)s
      AND s.quarter >= %(day_before)s AND s.quarter < %(day_after)s
      AND k.id <> '' AND (s.started_at AT TIME ZONE %(zone)s)::date IN ({SEEN_DAYS})) appearance
  GROUP BY GROUPING SETS ((day, kind, digest, system_id), (day, kind, digest))) once
GROUP BY day, kind, system_id
"""
