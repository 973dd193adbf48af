"""Spans and scores of some quarters of an hour → their points. Spans are read once, into a narrow table of this connection's own.

What a trace did within a day of its first span is booked to the quarter of that span; after more than a day without a span it begins
anew. So the spans that its traces have within a day of a quarter are looked up too, and a point depends on the spans alone, never on
what was counted together.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from .bounds import counts
from .catalogue import BLOCKS, OF_PROMPT, OVERRULES
from .ingest import LONGEST_TRACE, OTHER, quarter_of
from .models import Grain
from .partitions import LONGEST_DAY
from .summary import GAMMA, ZERO_BUCKET

DIMENSION_CAP = 200


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


def _case(words: Mapping[str, str]) -> str:
    return "CASE name " + " ".join(f"WHEN '{name}' THEN '{measure}'" for name, measure in words.items()) + " END"


A_QUARTER = timedelta(minutes=15)
SCANNED_A_COUNTED = 2
"""Up to so many quarters nearby for each that is counted are read whole for their traces' other spans: cheaper than a look-up for each."""
LONGEST_WEEK = timedelta(days=7, hours=2)
"""Of local weeks, when clocks go back."""

DIMENSIONS = ("environment", "model", "prompt_version", "segment")
SLICE = "system_id, environment, model, prompt_version, segment, item"
KEY = f"at, measure, {SLICE}"
PROMPT = f"CASE WHEN prompt_name = '' THEN prompt_version ELSE prompt_name || '{OF_PROMPT}' || prompt_version END"
"""A prompt's version with the prompt's name: versions are counted from one for each prompt."""
LABEL = "CASE WHEN kind = 'categorical' THEN label ELSE '' END"
SCORE = f"""CASE WHEN name IN ({_listed(OVERRULES)}) THEN '' WHEN kind = 'boolean' AND lower(name) IN ({_listed(BLOCKS)})
  THEN 'block_rate' ELSE name END"""
"""The name a score counts under; none where it overrules a measure."""
CAPPED: dict[str, tuple[str, str]] = {
    **{dimension: (dimension, dimension) for dimension in DIMENSIONS},
    "prompt_version": ("prompt_version", PROMPT),
    "tool": ("tool", ""),
    "score": ("", SCORE),
    "label": ("", LABEL),
}
"""What could grow without bounds in the key of a point: where spans and where scores carry it."""


def spanning(quarters: Sequence[datetime]) -> dict[str, Any]:
    """The parameters that say which quarters are meant: from `first` up to `last`, and as far as a trace, a day, a week reach beyond."""
    first, last = min(quarters), max(quarters) + A_QUARTER
    # Bounds the database need not work out: by constants it leaves out the months that hold none of them while it plans.
    return {
        "quarters": list(quarters),
        "first": first,
        "last": last,
        "trace_before": first - LONGEST_TRACE,
        "trace_after": last + LONGEST_TRACE,
        "day_before": first - LONGEST_DAY,
        "day_after": last + LONGEST_DAY,
        "week_before": first - LONGEST_WEEK,
        "week_after": last + LONGEST_WEEK,
    }


def gather(cursor: Any, touched: Sequence[datetime], parameters: dict[str, Any]) -> dict[str, Any]:
    """Read the spans of the touched quarters and of what must be counted with them; returns `parameters` for all these quarters.

    `parameters` holds `client`, `zone`, `kept_from`, the time from which quarters are kept, `sealed_to`: days that begin before it are
    left as they are, and those of `bounds`.
    """
    now = parameters | spanning(touched)
    for statement in (*MAKE_TABLES, FILL_COUNTED, "ANALYZE counted_span"):
        cursor.execute(statement, now)
    near = _near(touched)
    if len(near) <= SCANNED_A_COUNTED * len(touched):
        cursor.execute(FILL_ELSEWHERE_BY_TIME, now | {"near": near})
    else:
        cursor.execute(FILL_ELSEWHERE.format(chosen=""), now)
    cursor.execute(QUARTERS_TRACES_BEGAN_IN)
    cursor.execute(WHOLE_DAYS_WHERE_GONE, parameters | spanning([*touched, *(row[0] for row in cursor.fetchall())]))
    quarters = [row[0] for row in cursor.fetchall()]
    parameters = parameters | spanning(quarters)
    if more := sorted(set(quarters) - set(touched)):
        cursor.execute(FILL_COUNTED, parameters | spanning(more))
        cursor.execute(FILL_ELSEWHERE.format(chosen="WHERE quarter = ANY(%(more)s)"), parameters | {"more": more})
        cursor.execute("DELETE FROM elsewhere_span WHERE quarter = ANY(%(quarters)s)", parameters)
        cursor.execute("ANALYZE counted_span")
    cursor.execute("ANALYZE elsewhere_span")
    return parameters


def _near(quarters: Sequence[datetime]) -> list[datetime]:
    """The other quarters in which traces of these may have spans."""
    reach = LONGEST_TRACE // A_QUARTER
    around = {q + step * A_QUARTER for q in quarters for step in range(-reach, reach + 1)}
    return sorted(around - set(quarters))


def count(cursor: Any, parameters: dict[str, Any]) -> None:
    """Write the points of the quarters gathered, in place of those they had."""
    parameters = parameters | _registered_values(cursor, parameters)
    cursor.execute(
        FORGET_QUARTERS,
        parameters,
    )
    for statement in (COUNT_CALLS, COUNT_TOOLS, COUNT_RETRIEVALS, COUNT_TRACES, COUNT_SCORES):
        cursor.execute(statement, parameters)
    cursor.execute("TRUNCATE counted_span, elsewhere_span")


def _registered_values(cursor: Any, parameters: dict[str, Any]) -> dict[str, list[str]]:
    """The values of each dimension that get points of their own: first come, first kept up to the cap, for good."""
    registered = {}
    for dimension, (of_span, of_score) in CAPPED.items():
        cursor.execute(
            "SELECT value FROM monitoring_dimensionvalue WHERE client_id = %(client)s AND dimension = %(dimension)s",
            parameters | {"dimension": dimension},
        )
        known = {row[0] for row in cursor.fetchall()}
        parts = [
            f"SELECT {expression} AS value, min({time}) AS at FROM {counted} GROUP BY 1"
            for expression, time, counted in ((of_span, "started_at", "counted_span"), (of_score, "at", COUNTED_SCORES))
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
        registered[f"{dimension}s"] = [*known, *new]
    return registered


def _capped(dimension: str, column: str) -> str:
    return f"CASE WHEN {column} = '' OR {column} = ANY(%({dimension}s)s) THEN {column} ELSE '{OTHER}' END"


CAPPED_DIMENSIONS = ", ".join(f"{_capped(d, d)} AS {d}" for d in DIMENSIONS)
SCORE_DIMENSIONS = ", ".join(f"{PROMPT} AS {d}" if d == "prompt_version" else d for d in DIMENSIONS)
LN_GAMMA = f"{math.log(GAMMA):.17g}"
BUCKET = f"CASE WHEN value > 0 THEN ceil(ln(value::double precision) / {LN_GAMMA})::integer ELSE {ZERO_BUCKET} END"

A_TRACE = f"interval '{LONGEST_TRACE.days} day'"
COUNTED = (
    "source_id, trace_id, span_id, parent_id, kind, name, started_at, ended_at, quarter, system_id, environment, model,"
    f" {PROMPT} AS prompt_version, segment, tool, error, input_tokens, output_tokens, cost, cost_estimated,"
    " refused, format_ok, answer_characters, other_language, documents"
)
ELSEWHERE = (
    "source_id, trace_id, span_id, parent_id, kind, name, started_at, quarter, system_id, environment, segment, error"
)
MAKE_TABLES = tuple(
    f"CREATE TEMPORARY TABLE IF NOT EXISTS {table} ON COMMIT DELETE ROWS AS SELECT {columns} FROM monitoring_span WITH NO DATA"
    for table, columns in (("counted_span", COUNTED), ("elsewhere_span", ELSEWHERE))
)

# A source grows by the second and statistics lag behind, so that by its guess the planner would join by reading all spans once for each
# trace. OFFSET 0 leaves it no choice but one look-up by key for each.
FILL_COUNTED = f"""
INSERT INTO counted_span SELECT {COUNTED} FROM monitoring_span
WHERE client_id = %(client)s AND started_at >= %(first)s AND started_at < %(last)s AND quarter = ANY(%(quarters)s)
  AND {counts("started_at")}
"""
FILL_ELSEWHERE = f"""
INSERT INTO elsewhere_span SELECT elsewhere.* FROM (SELECT DISTINCT source_id, trace_id FROM counted_span {{chosen}}) t
CROSS JOIN LATERAL (SELECT {ELSEWHERE} FROM monitoring_span
  WHERE client_id = %(client)s AND source_id = t.source_id AND trace_id = t.trace_id
    AND started_at >= %(trace_before)s AND started_at < %(trace_after)s AND {counts("started_at")} OFFSET 0) elsewhere
WHERE quarter <> ALL(%(quarters)s)
"""
FILL_ELSEWHERE_BY_TIME = f"""
INSERT INTO elsewhere_span SELECT {ELSEWHERE} FROM monitoring_span
WHERE client_id = %(client)s AND started_at >= %(trace_before)s AND started_at < %(trace_after)s AND quarter = ANY(%(near)s)
  AND {counts("started_at")} AND (source_id, trace_id) IN (SELECT source_id, trace_id FROM counted_span)
"""
COUNTED_SCORES = f"""monitoring_score
  WHERE client_id = %(client)s AND at >= %(first)s AND at < %(last)s AND {quarter_of("at")} = ANY(%(quarters)s)
  AND {counts("at")}"""

# Where a trace began, or did until a span came or went in the quarters that are counted: spans elsewhere with none elsewhere in the day
# before them. One too many at the edge of what was looked up costs a recount, no more.
QUARTERS_TRACES_BEGAN_IN = f"""
SELECT DISTINCT quarter FROM (
  SELECT quarter, started_at - lag(started_at) OVER (PARTITION BY source_id, trace_id ORDER BY started_at) <= {A_TRACE} AS follows
  FROM elsewhere_span) s
WHERE follows IS NOT TRUE
"""

WHOLE_DAYS_WHERE_GONE = """
SELECT DISTINCT q FROM unnest(%(quarters)s::timestamptz[]) t, LATERAL (
  SELECT t AS q WHERE date_trunc('day', t, %(zone)s) >= %(kept_from)s
  UNION ALL
  SELECT q FROM generate_series(date_trunc('day', t, %(zone)s), date_trunc('day', t, %(zone)s) + interval '26 hours', '15 minutes') q
  WHERE date_trunc('day', t, %(zone)s) < %(kept_from)s AND date_trunc('day', q, %(zone)s) = date_trunc('day', t, %(zone)s)
) day
WHERE date_trunc('day', t, %(zone)s) >= %(sealed_to)s
"""

NUMBERS = "n, total, sum_squares"
FORGET_QUARTERS = (
    f"DELETE FROM monitoring_point WHERE client_id = %(client)s AND grain = {Grain.QUARTER} AND at = ANY(%(quarters)s)"
)


def _sums(value: str, which: str = "true") -> str:
    return (
        f"count({value}) FILTER (WHERE {which}), sum({value}) FILTER (WHERE {which}),"
        f" sum({value}::double precision ^ 2) FILTER (WHERE {which})"
    )


def _store(parts: str, counted: str) -> str:
    """INSERT of what `counted` selects: a point's key and its numbers."""
    return f"""
{parts}
INSERT INTO monitoring_point (client_id, grain, {KEY}, {NUMBERS}, buckets, counts, known_at)
SELECT %(client)s, {Grain.QUARTER}, counted.*, %(now)s FROM ({counted}) counted
"""


# Embeddings and rerankers cost money too, but are no model calls; other spans may repeat what their children cost.
COUNT_CALLS = _store(
    f"""
WITH call AS MATERIALIZED (
  SELECT quarter AS at, kind = 'llm' AS called, system_id, {CAPPED_DIMENSIONS}, (error <> '')::integer AS failed, input_tokens,
    output_tokens, answer_characters, cost, CASE WHEN cost_estimated THEN cost END AS guessed,
    CASE WHEN kind = 'llm' THEN (extract(epoch FROM ended_at - started_at) * 1000)::numeric END AS value
  FROM counted_span WHERE kind IN ('llm', 'embedding', 'reranker')
), cell AS (
  SELECT at, system_id, {", ".join(DIMENSIONS)}, {_sums("failed", "called")}, {_sums("value")}, {_sums("input_tokens", "called")},
    {_sums("output_tokens", "called")}, {_sums("answer_characters")}, {_sums("cost")}, {_sums("guessed")}
  FROM call GROUP BY at, system_id, {", ".join(DIMENSIONS)}
), histogram AS (
  SELECT at, system_id, {", ".join(DIMENSIONS)}, array_agg(bucket ORDER BY bucket) AS buckets, array_agg(count ORDER BY bucket) AS counts
  FROM (SELECT at, system_id, {", ".join(DIMENSIONS)}, {BUCKET} AS bucket, count(*) AS count FROM call WHERE value IS NOT NULL
    GROUP BY at, system_id, {", ".join(DIMENSIONS)}, bucket) b
  GROUP BY at, system_id, {", ".join(DIMENSIONS)}
)""",
    f"""SELECT at, measure, system_id, {", ".join(DIMENSIONS)}, '', {NUMBERS}, CASE WHEN measure = 'latency' THEN buckets END,
  CASE WHEN measure = 'latency' THEN counts END
FROM cell c (at, system_id, {", ".join(DIMENSIONS)}, {", ".join(f"n{i}, t{i}, q{i}" for i in range(7))})
LEFT JOIN histogram USING (at, system_id, {", ".join(DIMENSIONS)})
CROSS JOIN LATERAL (VALUES ('error', n0, t0, q0), ('latency', n1, t1, q1), ('input_tokens', n2, t2, q2),
  ('output_tokens', n3, t3, q3), ('answer_characters', n4, t4, q4), ('cost', n5, t5, q5),
  ('cost_estimated', n6, t6, q6)) m (measure, {NUMBERS})
WHERE n > 0""",
)

COUNT_TOOLS = _store(
    "",
    f"""SELECT quarter, 'tool_error', system_id, {_capped("environment", "environment")}, '', '', {_capped("segment", "segment")},
  {_capped("tool", "tool")}, {_sums("(error <> '')::integer")}, NULL::integer[], NULL::bigint[]
FROM counted_span WHERE kind = 'tool' GROUP BY 1, 2, 3, 4, 7, 8""",
)

COUNT_RETRIEVALS = _store(
    "",
    f"""SELECT quarter, 'documents', system_id, {_capped("environment", "environment")}, '', '', {_capped("segment", "segment")}, '',
  {_sums("documents")}, NULL::integer[], NULL::bigint[]
FROM counted_span WHERE documents IS NOT NULL GROUP BY 1, 2, 3, 4, 7""",
)


def _dated(columns: str, where: str = "") -> str:
    """SELECT of the traces' spans with when the part of the trace they lie in began; of the first span of it, `begins` says so too."""
    columns = f"source_id, trace_id, span_id, started_at, {columns}"
    in_order = "(PARTITION BY source_id, trace_id ORDER BY started_at, span_id)"
    return f"""
  SELECT *, max(begins) OVER {in_order} AS began FROM (
    SELECT *, CASE WHEN started_at - lag(started_at) OVER {in_order} <= {A_TRACE} THEN NULL ELSE started_at END AS begins
    FROM (SELECT {columns} FROM counted_span {where} UNION ALL SELECT DISTINCT {columns} FROM elsewhere_span {where}) s) s"""


FAILED = " UNION ALL ".join(
    f"SELECT source_id, trace_id FROM {table} WHERE error <> ''" for table in ("counted_span", "elsewhere_span")
)
# A call or tool that follows a failed one of the same name, below the same parent, is a retry. Few traces have a failure to look at.
COUNT_TRACES = _store(
    f"""
WITH retried AS (
  SELECT source_id, trace_id, began, count(*) FILTER (WHERE after_failure) AS retries FROM (
    SELECT source_id, trace_id, began, kind IN ('llm', 'tool') AND lag(error <> '') OVER (
      PARTITION BY source_id, trace_id, began, parent_id, kind, name ORDER BY started_at, span_id) AS after_failure
    FROM ({_dated("parent_id, kind, name, error", f"WHERE (source_id, trace_id) IN ({FAILED})")}) s
    WHERE started_at < began + {A_TRACE}) s
  GROUP BY source_id, trace_id, began
), trace AS (
  SELECT source_id, trace_id, began, min(quarter) AS at, count(*) FILTER (WHERE kind = 'tool') AS tool_calls,
    min(system_id) FILTER (WHERE begins IS NOT NULL) AS system_id,
    min(environment) FILTER (WHERE begins IS NOT NULL) AS environment,
    min(segment) FILTER (WHERE begins IS NOT NULL) AS segment
  FROM ({_dated("quarter, kind, system_id, environment, segment")}) s
  WHERE started_at < began + {A_TRACE} GROUP BY source_id, trace_id, began
), cell AS (
  SELECT at, system_id, {_capped("environment", "environment")} AS environment, {_capped("segment", "segment")} AS segment,
    {_sums("tool_calls")}, {_sums("coalesce(retries, 0)")}
  FROM trace LEFT JOIN retried USING (source_id, trace_id, began) WHERE at = ANY(%(quarters)s) GROUP BY 1, 2, 3, 4
)""",
    f"""SELECT at, measure, system_id, environment, '', '', segment, '', {NUMBERS}, NULL::integer[], NULL::bigint[]
FROM cell c (at, system_id, environment, segment, n0, t0, q0, n1, t1, q1)
CROSS JOIN LATERAL (VALUES ('tool_calls', n0, t0, q0), ('retries', n1, t1, q1)) m (measure, {NUMBERS})""",
)

# A judgement on an answer, or on its trace, has the last word over what the answer itself tells; one that came as a word counts in no rate.
COUNT_SCORES = _store(
    f"""
WITH overruled AS MATERIALIZED (
  SELECT DISTINCT source_id, trace_id, span_id, name FROM monitoring_score
  WHERE client_id = %(client)s AND at >= %(trace_before)s AND at < %(trace_after)s AND name IN ({_listed(OVERRULES)})
    AND {counts("at")}
), judged AS (
  SELECT {quarter_of("at")} AS quarter, {_case(OVERRULES)} AS measure, {SCORE} AS name, system_id, {SCORE_DIMENSIONS},
    coalesce(value, 1) AS value, {LABEL} AS label
  FROM {COUNTED_SCORES} AND NOT (kind = 'categorical' AND name IN ({_listed(OVERRULES)}))
  UNION ALL
  SELECT quarter, t.measure, '', system_id, {", ".join(DIMENSIONS)}, t.told::integer, ''
  FROM counted_span s CROSS JOIN LATERAL (VALUES {", ".join(f"('{n}', '{m}', {m})" for n, m in OVERRULES.items())}) t (name, measure, told)
  WHERE t.told IS NOT NULL
    AND NOT EXISTS (SELECT FROM overruled o
      WHERE (o.source_id, o.trace_id, o.span_id, o.name) = (s.source_id, s.trace_id, s.span_id, t.name))
    AND NOT EXISTS (SELECT FROM overruled o
      WHERE (o.source_id, o.trace_id, o.span_id, o.name) = (s.source_id, s.trace_id, '', t.name))
)""",
    f"""SELECT quarter, coalesce(measure, 'score.' || {_capped("score", "name")}), system_id, {CAPPED_DIMENSIONS},
  {_capped("label", "label")}, {_sums("value")}, NULL::integer[], NULL::bigint[]
FROM judged GROUP BY 1, 2, 3, 4, 5, 6, 7, 8""",
)
