"""Two sources of a client side by side, over the days on which both have calls, before one takes over from the other."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from .models import Source
from .readings import Period

MOST_DAYS = 28
"""Days that are compared at most: every call of them is read."""


@dataclass(frozen=True)
class Judged:
    """What a source has of one score: how many, and their mean; None of categories, which are words."""

    n: int = 0
    mean: Decimal | None = None


@dataclass(frozen=True)
class Side:
    """What one source has. `tokens` are read and written together, `cost` is in dollars, `p95` in milliseconds."""

    calls: int = 0
    tokens: int = 0
    cost: Decimal = Decimal(0)
    failed: int = 0
    p95: Decimal | None = None
    scores: Mapping[str, Judged] = field(default_factory=dict)
    """By name; of a category by name and word."""


@dataclass(frozen=True)
class Pair:
    """Both sources on one day, or with `day` None on all of them together."""

    day: date | None
    old: Side
    new: Side


@dataclass(frozen=True)
class Overlap:
    """Two sources over the days both have calls of, in order; without such a day `whole` is empty on both sides."""

    old: Source
    new: Source
    days: Sequence[Pair]
    whole: Pair


# As points are counted: calls are those of models, but embeddings and rerankers cost money too. Neither source's bounds matter here.
_CALLS = """
WITH call AS MATERIALIZED (
  SELECT source_id, (started_at AT TIME ZONE %(zone)s)::date AS day, kind = 'llm' AS called,
    coalesce(input_tokens, 0) + coalesce(output_tokens, 0) AS tokens, cost, error <> '' AS failed,
    CASE WHEN kind = 'llm' THEN extract(epoch FROM ended_at - started_at) * 1000 END AS milliseconds
  FROM monitoring_span
  WHERE client_id = %(client)s AND source_id = ANY(%(sources)s) AND quarter >= %(first)s - interval '15 minutes' AND quarter < %(after)s
    AND started_at >= %(first)s AND started_at < %(after)s AND kind IN ('llm', 'embedding', 'reranker')
), shared AS (
  SELECT day FROM call WHERE called GROUP BY day HAVING count(DISTINCT source_id) = 2
)
SELECT day, source_id, count(*) FILTER (WHERE called), coalesce(sum(tokens) FILTER (WHERE called), 0), coalesce(sum(cost), 0),
  count(*) FILTER (WHERE called AND failed), percentile_disc(0.95) WITHIN GROUP (ORDER BY milliseconds)
FROM call JOIN shared USING (day) GROUP BY GROUPING SETS ((day, source_id), (source_id))
"""
_SCORES = """
SELECT (at AT TIME ZONE %(zone)s)::date, source_id, CASE WHEN kind = 'categorical' THEN name || ': ' || label ELSE name END,
  count(*), sum(value)
FROM monitoring_score
WHERE client_id = %(client)s AND source_id = ANY(%(sources)s) AND at >= %(first)s AND at < %(after)s
GROUP BY 1, 2, 3
"""

type _Sums = dict[tuple[date | None, int], dict[str, tuple[int, Decimal | None]]]


def overlap(old: Source, new: Source, period: Period) -> Overlap:
    """Compare two sources day by day and in all, over the days of `period` on which both have model calls. Two queries.

    Whether what they brought counts makes no difference. Needs the client's scope. Raises ValueError for more than MOST_DAYS.
    """
    if period.days > MOST_DAYS:
        raise ValueError(f"At most {MOST_DAYS} days are compared, not {period.days}.")
    first, after = period.instants
    asked = {
        "client": new.client_id,
        "zone": period.zone,
        "sources": [old.pk, new.pk],
        "first": first,
        "after": after,
    }
    calls = {(day, source): numbers for day, source, *numbers in _select(_CALLS, asked)}
    days = sorted({day for day, _ in calls if day is not None})
    scores = _scores(_select(_SCORES, asked), set(days))

    def side(day: date | None, source: Source) -> Side:
        if (day, source.pk) not in calls:
            return Side()
        count, tokens, cost, failed, p95 = calls[day, source.pk]
        judged = {name: Judged(n, total / n if total is not None else None) for name, (n, total) in
                  scores.get((day, source.pk), {}).items()}  # fmt: skip
        return Side(count, int(tokens), cost, failed, None if p95 is None else Decimal(p95), judged)

    pairs = [Pair(day, side(day, old), side(day, new)) for day in (*days, None)]
    return Overlap(old, new, pairs[:-1], pairs[-1])


def _scores(rows: Sequence[Sequence[Any]], days: set[date]) -> _Sums:
    """How many of each score there are and their sum, by day and source, and with None as the day of all days together."""
    found: _Sums = defaultdict(dict)
    for day, source, name, n, total in rows:
        if day not in days:
            continue
        found[day, source][name] = (n, total)
        so_far, sum_so_far = found[None, source].get(name, (0, None))
        both = total if sum_so_far is None else sum_so_far if total is None else sum_so_far + total
        found[None, source][name] = (so_far + n, both)
    return found


def _select(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
