"""Reads a client's books for some UTC days: four statements, however many calls, sources and days there are. Needs an open scope."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import connection

from clients.models import Client
from monitoring import bounds, pricing
from monitoring.sources import kinds

from .rows import Billed, Books, Traced, Used

_TIER = "coalesce(" + ", ".join(
    f"attributes->>'{name}'"
    for name in ("gen_ai.openai.response.service_tier", "openai.response.service_tier", "gen_ai.openai.request.service_tier")
) + ", '')"  # fmt: skip
"""The tier a call was served at, where its instrumentation says so: OpenTelemetry's attributes for OpenAI."""
_USUAL = ("default", "standard", "auto")
_DAY = "(started_at AT TIME ZONE 'UTC')::date"

# Some instrumentations pass on Anthropic's own count, which leaves the cached tokens out of the input: as pricing.price reads them.
# The condition on quarters is what the index knows; the one on starts is what lets whole months be left out.
_SPANS = f"""
SELECT {_DAY}, provider, model, CASE WHEN tier = ANY(%(usual)s) THEN '' ELSE tier END, width_bucket(plain + cached, %(edges)s::numeric[]),
  count(*), count(input_tokens), count(*) - count(cost), coalesce(sum(cost), 0), coalesce(sum(cost) FILTER (WHERE cost_estimated), 0),
  coalesce(sum(cost) FILTER (WHERE input_tokens IS NULL), 0),
  coalesce(sum(plain), 0), coalesce(sum(reads), 0), coalesce(sum(writes), 0), coalesce(sum(output), 0), price_table
FROM (
  SELECT started_at, provider, model, input_tokens, cost, cost_estimated, price_table, {_TIER} AS tier, reads, writes, output,
    reads + writes AS cached, CASE WHEN reads + writes > input_tokens THEN input_tokens ELSE input_tokens - reads - writes END AS plain
  FROM monitoring_span CROSS JOIN LATERAL (SELECT
    CASE WHEN input_tokens IS NULL THEN 0 ELSE coalesce(cache_read_tokens, 0) END AS reads,
    CASE WHEN input_tokens IS NULL THEN 0 ELSE coalesce(cache_write_tokens, 0) END AS writes,
    CASE WHEN input_tokens IS NULL THEN 0 ELSE coalesce(output_tokens, 0) END AS output) cache
  WHERE client_id = %(client)s AND quarter >= %(first)s AND quarter < %(after)s
    AND started_at >= %(first)s AND started_at < %(after)s AND {bounds.counts("started_at")}
    AND kind IN ('llm', 'embedding', 'reranker') AND (cost IS NOT NULL OR input_tokens IS NOT NULL)
) call
GROUP BY 1, 2, 3, 4, 5, price_table
"""
_USAGE = """
SELECT (u.start AT TIME ZONE 'UTC')::date, u.source_id, s.kind, u.vendor, u.model, u.api_key, u.project, u.tier, sum(u.requests),
  sum(u.input_tokens), sum(u.cache_read_tokens), sum(u.cache_write_tokens), sum(u.output_tokens)
FROM monitoring_usage u JOIN monitoring_source s ON s.id = u.source_id AND s.client_id = u.client_id
WHERE u.client_id = %s AND u.start >= %s AND u.start < %s
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""
_BILLS = """
SELECT b.day, b.source_id, s.kind, b.vendor, b.amount, b.currency, b.service, b.model, b.line, b.project
FROM monitoring_bill b JOIN monitoring_source s ON s.id = b.source_id AND s.client_id = b.client_id
WHERE b.client_id = %s AND b.day >= %s AND b.day < %s
"""
# One priced call stands for its day; tables change with a release, not with a call.
_TABLES = f"""
SELECT DISTINCT found.price_table
FROM generate_series(%(start)s::timestamptz, %(end)s::timestamptz - interval '1 second', interval '1 day') AS day
CROSS JOIN LATERAL (
  SELECT price_table FROM monitoring_span
  WHERE client_id = %(client)s AND quarter >= day AND quarter < least(day + interval '1 day', %(end)s) AND cost_estimated
    AND {bounds.counts("started_at")} LIMIT 1
) found
"""


def books(client: Client, start: date, end: date, now: datetime) -> Books:
    """Spans, usage and bills of the UTC days ``[start, end)``."""
    first, after = (datetime.combine(day, time(), UTC) for day in (start, end))
    steps = pricing.size_steps()
    edges = [Decimal(step + 1) for step in steps]
    asked = {"usual": list(_USUAL), "edges": edges, "client": client.pk, "first": first, "after": after}
    spans = _select(_SPANS, asked | bounds.of(client.pk))
    return Books(
        now,
        [_traced(row, steps) for row in spans],
        [_used(row) for row in _select(_USAGE, [client.pk, first, after])],
        billed(client, start, end),
        {key: connector.kind.final_after for key, connector in kinds().items()},
    )


def billed(client: Client, start: date, end: date) -> list[Billed]:
    """Every source's bill lines of the UTC days ``[start, end)``."""
    return [Billed(*row) for row in _select(_BILLS, [client.pk, start, end])]


def price_tables(client: Client, start: datetime, end: datetime) -> tuple[str, ...]:
    """The price tables behind estimated costs between two moments, from the first such call of each day."""
    asked = {"start": start, "end": end, "client": client.pk}
    return tuple(sorted(table for (table,) in _select(_TABLES, asked | bounds.of(client.pk)) if table))


def _traced(row: Sequence[Any], steps: Sequence[int]) -> Traced:
    day, provider, model, tier, size, calls, counted, unpriced, cost, estimated, opaque, *tokens, table = row
    plain, read, write, output = (int(n) for n in tokens)
    call_input = steps[size - 1] + 1 if size else 0
    return Traced(
        day, provider, model, tier, call_input, calls, counted, unpriced, cost, estimated, opaque, plain, read, write, output, table
    )  # fmt: skip


def _used(row: Sequence[Any]) -> Used:
    day, source, kind, vendor, model, api_key, project, tier, *counts = row
    return Used(day, source, kind, vendor, model, api_key, project, tier, *(int(n) for n in counts))


def _select(statement: str, parameters: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
