"""Touched quarters of an hour → points: recomputed from spans and scores, then merged to hours, local days and their weeks.

Points are never incremented: a roll-up takes a client's touched quarters away and recounts them in the same transaction, so
that one killed half-way leaves them touched, and one run twice counts nothing twice. Quarters are kept QUARTER_DAYS, hours
HOUR_DAYS, days and weeks for good. Days also keep the slices pages read, merged: all, by system, by model, by both; weeks keep
only those.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from clients.models import Client
from clients.tenancy import scope

from . import bounds, counting, retention
from .counting import KEY
from .models import Grain

QUARTER_DAYS = 35
HOUR_DAYS = 400
DAYS_AT_ONCE = 31
LOCK = 7306
"""Namespace of the advisory lock that lets one roll-up at a time work on a client."""


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
        sealed_to = retention.sealed_days_to(client.pk)
        cursor.execute(FORGET_SEALED, {"client": client.pk, "zone": client.zone, "sealed_to": sealed_to})
        cursor.execute(
            "WITH taken AS (DELETE FROM monitoring_touched WHERE client_id = %s AND quarter <"
            "  (SELECT min(quarter) FROM monitoring_touched WHERE client_id = %s) + %s::interval RETURNING quarter)"
            " SELECT DISTINCT quarter FROM taken",
            [client.pk, client.pk, f"{DAYS_AT_ONCE} days"],
        )
        quarters = [row[0] for row in cursor.fetchall()]
        if quarters:
            # A day of a busy client is sorted and grouped in memory rather than on disk.
            cursor.execute("SET LOCAL work_mem = '64MB'")
            _recount(cursor, client, quarters, timezone.now(), sealed_to)
    return len(quarters)


def _recount(cursor: Any, client: Client, touched: Sequence[datetime], now: datetime, sealed_to: datetime) -> None:
    kept_from = now - timedelta(days=QUARTER_DAYS)
    parameters: dict[str, Any] = {
        "client": client.pk,
        "zone": client.zone,
        "now": now,
        "kept_from": kept_from,
        "sealed_to": sealed_to,
        "hours_from": now - timedelta(days=HOUR_DAYS),
        **bounds.of(client.pk),
        "last_midnight": now.astimezone(ZoneInfo(client.zone)).replace(hour=0, minute=0, second=0, microsecond=0),
    }
    parameters = counting.gather(cursor, touched, parameters)
    counting.count(cursor, parameters)
    for statement in (
        FORGET_HOURS,
        MERGE_HOURS,
        MERGE_DAYS,
        KEEP_PAST_DAYS,
        DROP_EMPTY_DAYS,
        STORE_DAYS,
        "DROP TABLE fresh_day",
        FORGET_WEEKS,
        MERGE_WEEKS,
        FORGET_EXPIRED_QUARTERS,
        FORGET_SEEN,
    ):
        cursor.execute(statement, parameters)
    cursor.execute(QUARTERS_OF_DAYS, parameters)
    cursor.execute(REMEMBER_SEEN, parameters | {"day_quarters": [row[0] for row in cursor.fetchall()]})


def _merge(at: str, groups: str, chosen: str, grain: Grain = Grain.QUARTER) -> str:
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


def _store(grain: Grain, merged: str) -> str:
    return f"""
WITH {merged}
INSERT INTO monitoring_point (client_id, grain, {KEY}, n, total, sum_squares, buckets, counts, known_at)
SELECT %(client)s, {grain}, {KEY}, n, total, sum_squares, buckets, counts, %(now)s FROM summed LEFT JOIN histogram USING ({KEY})
"""


def _of(unit: str) -> str:
    """The local hour, day or week that a point `p` lies in."""
    return f"date_trunc('{unit}', p.at, %(zone)s)"


def _those(unit: str) -> str:
    """The hours, days or weeks that the recounted quarters lie in."""
    return f"SELECT date_trunc('{unit}', q, %(zone)s) FROM unnest(%(quarters)s::timestamptz[]) q"


DAYS = _those("day")
NEAR = "p.at >= %(day_before)s AND p.at < %(day_after)s"
HOURS_CHOSEN = f"{NEAR} AND {_of('hour')} >= %(hours_from)s AND {_of('hour')} IN ({_those('hour')})"
DAYS_CHOSEN = f"{NEAR} AND {_of('day')} IN ({DAYS})"
WEEKS_CHOSEN = (
    f"p.environment = '*' AND p.at >= %(week_before)s AND p.at < %(week_after)s AND {_of('week')} IN ({_those('week')})"
)
SLICES = """at, measure, item, GROUPING SETS (
  (system_id, environment, model, prompt_version, segment), (system_id, model), (system_id), (model), ())"""

# What is touched in a day of which spans are gone: its points stay as they are.
FORGET_SEALED = """
DELETE FROM monitoring_touched WHERE client_id = %(client)s AND quarter < %(sealed_to)s::timestamptz + interval '2 days'
  AND date_trunc('day', quarter, %(zone)s) < %(sealed_to)s
"""
FORGET_EXPIRED_QUARTERS = f"""
DELETE FROM monitoring_point
WHERE client_id = %(client)s AND grain = {Grain.QUARTER} AND at < %(kept_from)s AND at = ANY(%(quarters)s)
"""
FORGET_HOURS = (
    f"DELETE FROM monitoring_point WHERE client_id = %(client)s AND grain = {Grain.HOUR} AND at IN ({_those('hour')})"
)
FORGET_WEEKS = (
    f"DELETE FROM monitoring_point WHERE client_id = %(client)s AND grain = {Grain.WEEK} AND at IN ({_those('week')})"
)

MERGE_HOURS = _store(Grain.HOUR, _merge(_of("hour"), KEY, HOURS_CHOSEN))
MERGE_WEEKS = _store(Grain.WEEK, _merge(_of("week"), KEY, WEEKS_CHOSEN, Grain.DAY))

MERGE_DAYS = f"""
CREATE TEMPORARY TABLE fresh_day ON COMMIT DROP AS
WITH {_merge(_of("day"), SLICES, DAYS_CHOSEN)}
SELECT {KEY}, n, total, sum_squares, buckets, counts FROM summed LEFT JOIN histogram USING ({KEY})
"""

SAME_KEY = " AND ".join(f"f.{c} = p.{c}" for c in KEY.split(", "))
OLD_DAYS = f"p.client_id = %(client)s AND p.grain = {Grain.DAY} AND p.at IN ({DAYS})"
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
SELECT %(client)s, {Grain.DAY}, {KEY}, n, total, sum_squares, buckets, counts, %(now)s FROM fresh_day
ON CONFLICT (client_id, grain, {KEY}) DO UPDATE SET n = excluded.n, total = excluded.total, sum_squares = excluded.sum_squares,
  buckets = excluded.buckets, counts = excluded.counts, known_at = excluded.known_at
WHERE {DIFFERS.replace("f.", "excluded.")}
"""

SEEN_DAYS = f"SELECT (d AT TIME ZONE %(zone)s)::date FROM ({DAYS}) days (d)"

FORGET_SEEN = f"DELETE FROM monitoring_seen WHERE client_id = %(client)s AND day IN ({SEEN_DAYS})"

QUARTERS_OF_DAYS = f"""
SELECT q FROM (SELECT DISTINCT d FROM ({DAYS}) days (d)) days, generate_series(d, d + interval '26 hours', '15 minutes') q
WHERE date_trunc('day', q, %(zone)s) = d
"""

REMEMBER_SEEN = f"""
WITH seen AS MATERIALIZED (
  SELECT DISTINCT hashtextextended(k.id, 0) AS digest, s.system_id, of_day.day, k.kind
  FROM (SELECT q AS quarter, (q AT TIME ZONE %(zone)s)::date AS day FROM unnest(%(day_quarters)s::timestamptz[]) q) of_day
  JOIN monitoring_span s ON s.client_id = %(client)s AND s.quarter = of_day.quarter AND s.quarter = ANY(%(day_quarters)s)
    AND s.started_at >= %(day_before)s AND s.started_at < %(day_after)s
    AND {bounds.counts("s.started_at", "s.source_id")}
  CROSS JOIN LATERAL (VALUES ('user', s.user_id), ('session', s.session_id)) k (kind, id)
  WHERE k.id <> ''
)
INSERT INTO monitoring_seen (client_id, day, kind, system_id, digests)
SELECT %(client)s, day, kind, system_id, string_agg(int8send(digest), '' ORDER BY digest)
FROM (SELECT * FROM seen UNION ALL SELECT DISTINCT digest, 0, day, kind FROM seen) once
GROUP BY day, kind, system_id
"""
