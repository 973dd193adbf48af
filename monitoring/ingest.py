"""Records in, rows out: spans and scores stored in one transaction, each once, with the quarters of an hour they touch.

`COPY` cannot write to a table under row-level security (PostgreSQL error 0A000), so records are copied into a temporary
table and inserted from there, where the tenant's policies apply.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from operator import attrgetter
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone
from psycopg.types.json import Jsonb

from clients.models import System
from clients.tenancy import scope

from . import partitions
from .bulk import copied, once, upserted
from .catalogue import OVERRULES
from .doors import SourceRef
from .keeping import Keeping, KeptSpan, as_sent, keeping_of
from .models import Source
from .records import Rejection, ScoreRecord, SpanRecord

SYSTEM_CAP = 50
OTHER = "(other)"

AHEAD = timedelta(minutes=10)
"""How far a sender's clock may be ahead of ours; what begins or ends later has not happened yet, and is not taken."""

CORRECTED_WITHIN = timedelta(days=31)
"""How far from its new start the old one of a span is looked for that a system sent again: each month more costs all that come in."""

LONGEST_TRACE = timedelta(days=1)
"""How long after its first span a trace's spans count with it, and how long a pause begins it anew."""

SPAN_COLUMNS = (
    "trace_id",
    "span_id",
    "started_at",
    "ended_at",
    "parent_id",
    "kind",
    "name",
    "system_id",
    "environment",
    "segment",
    "session_id",
    "user_id",
    "user_role",
    "provider",
    "model",
    "prompt_name",
    "prompt_version",
    "tool",
    "error",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cost",
    "cost_estimated",
    "price_table",
    "input_text",
    "output_text",
    "refused",
    "format_ok",
    "answer_characters",
    "answer_language",
    "other_language",
    "documents",
    "attributes",
)
_NO_ATTRIBUTES = Jsonb({})
SPAN_KEY = ("trace_id", "span_id", "started_at")
SCORE_COLUMNS = (
    "score_id",
    "at",
    "name",
    "kind",
    "value",
    "label",
    "judge",
    "comment",
    "trace_id",
    "span_id",
    "system_id",
    "environment",
    "segment",
    "model",
    "prompt_name",
    "prompt_version",
)


@dataclass(frozen=True)
class Stored:
    """What became of a batch. What is neither new, changed nor rejected was here already, the same."""

    new_spans: int = 0
    changed_spans: int = 0
    new_scores: int = 0
    changed_scores: int = 0
    rejected: tuple[Rejection, ...] = ()
    """The spans that were not taken."""
    rejected_scores: tuple[Rejection, ...] = ()


def store(
    source: SourceRef,
    spans: Sequence[SpanRecord],
    scores: Sequence[ScoreRecord],
    *,
    corrected_within: timedelta | None = CORRECTED_WITHIN,
) -> Stored:
    """Store a batch for a source inside its client's scope: all of it is committed when this returns, or nothing is.

    Sent again, the same records change nothing; a span whose start was corrected, by `corrected_within` at most (None: by however
    much), replaces its old row. Spans and scores outside the kept window of time are rejected, each with the reason.
    """
    rejected: list[Rejection] = []
    rejected_scores: list[Rejection] = []
    with scope(source.client_id):
        first, latest = partitions.known_window()
        now = timezone.now()
        keeping = keeping_of(source, first, now)
        latest = min(latest, now + AHEAD)
        spans = [s for s in spans if _kept(s.started_at, s.ended_at, keeping.earliest, latest, s, rejected)]
        scores = [s for s in scores if _kept(s.at, None, keeping.earliest, latest, s, rejected_scores)]
        scores = [keeping.score(s) for s in scores]
        systems = _system_ids(source, keeping, {s.system for s in spans} | {s.system for s in scores})
        new_spans, changed_spans = _store_spans(source, spans, systems, keeping) if spans else (0, 0)
        new_scores, changed_scores = _store_scores(source, scores, systems) if scores else (0, 0)
        if spans or scores:
            # Takes the source's row until the commit: what follows is done by one batch of a source at a time.
            starts = [s.started_at for s in spans]
            had = _arrived(source, starts, [s.at for s in scores])
            if spans and had:
                if corrected_within is not None:
                    had = max(had[0], min(starts) - corrected_within), min(had[1], max(starts) + corrected_within)
                _drop_other_starts(source, *had)
    return Stored(new_spans, changed_spans, new_scores, changed_scores, tuple(rejected), tuple(rejected_scores))


def _kept(
    at: datetime,
    ended: datetime | None,
    earliest: datetime,
    latest: datetime,
    record: SpanRecord | ScoreRecord,
    rejected: list[Rejection],
) -> bool:
    if earliest <= at < latest and (ended is None or ended < latest):
        return True
    if at < earliest:
        why = f"time {at:%Y-%m-%d %H:%M} UTC is before all that is kept, from {earliest:%Y-%m-%d} on"
    else:
        what, when = ("time", at) if at >= latest or ended is None else ("end", ended)
        why = f"{what} {when:%Y-%m-%d %H:%M} UTC has not come yet; the latest taken is {latest:%Y-%m-%d %H:%M} UTC"
    rejected.append(Rejection(why, record.trace_id, record.span_id))
    return False


def _system_ids(source: SourceRef, keeping: Keeping, names: set[str]) -> dict[str, int]:
    """The id of each system named, made if new; "" is the source's own, and beyond SYSTEM_CAP a new name counts as "(other)"."""
    ids = dict(keeping.systems)
    for name in sorted(names - ids.keys() - {""}):
        kept = name if len(ids) < SYSTEM_CAP else OTHER
        ids[name] = System.objects.get_or_create(client_id=source.client_id, name=kept)[0].pk
    ids[""] = keeping.system_id
    return ids


def quarter_of(column: str) -> str:
    """SQL for the quarter of an hour that a time lies in."""
    return f"date_bin('15 minutes', {column}, 'epoch')"


def span_rows(
    spans: Iterable[SpanRecord], systems: dict[str, int], keep: Callable[[SpanRecord], KeptSpan] = as_sent
) -> Iterator[tuple[Any, ...]]:
    """Spans as rows of SPAN_COLUMNS; `systems` holds the id of each system they name, `keep` says what is kept of their words."""
    for s in spans:
        kept = keep(s)
        yield (
            s.trace_id,
            s.span_id,
            s.started_at,
            s.ended_at,
            s.parent_id,
            s.kind.value,
            s.name,
            systems[s.system],
            s.environment,
            s.segment,
            s.session_id,
            kept.user_id,
            s.user_role,
            s.provider,
            s.model,
            s.prompt_name,
            s.prompt_version,
            s.tool,
            s.error,
            s.input_tokens,
            s.output_tokens,
            s.cache_read_tokens,
            s.cache_write_tokens,
            s.cost,
            s.cost_estimated,
            s.price_table,
            kept.input_text,
            kept.output_text,
            *kept.told,
            s.documents,
            Jsonb(kept.attributes, dumps=orjson.dumps) if kept.attributes else _NO_ATTRIBUTES,
        )


def _store_spans(
    source: SourceRef, spans: Sequence[SpanRecord], systems: dict[str, int], keeping: Keeping
) -> tuple[int, int]:
    # A span is one row, whatever start it is given: of one sent twice the last counts.
    spans = once(spans, attrgetter("trace_id", "span_id"))
    copied("incoming_span", "monitoring_span", SPAN_COLUMNS, span_rows(spans, systems, keeping.span))
    with connection.cursor() as cursor:
        return upserted(cursor, "monitoring_span", "incoming_span", SPAN_COLUMNS, SPAN_KEY, source, touches=True)


def _arrived(
    source: SourceRef, starts: Sequence[datetime], judged: Sequence[datetime]
) -> tuple[datetime, datetime] | None:
    """Note that data came in, which ends whatever was wrong before. Returns between which starts the source's other spans lie.

    Raises Source.DoesNotExist for one that was removed meanwhile: nobody would ever delete what came.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE monitoring_source SET last_arrival_at = %s, newest_at = greatest(newest_at, %s), error = '', error_at = NULL,"
            " first_span_at = least(first_span_at, %s), last_span_at = greatest(last_span_at, %s)"
            " WHERE id = %s AND removed_at IS NULL RETURNING old.first_span_at, old.last_span_at",
            [
                timezone.now(),
                max(chain(starts, judged)),
                min(starts, default=None),
                max(starts, default=None),
                source.id,
            ],
        )
        row = cursor.fetchone()
    if row is None:
        raise Source.DoesNotExist(f"Source {source.id} was removed.")
    return row if row[0] else None


def _drop_other_starts(source: SourceRef, first: datetime, last: datetime) -> None:
    """Drop the rows that the batch's spans had at another start, from `first` to `last`: a span whose start was corrected is the same.

    Comes last, when the source's row is ours: of two batches at once that give a span different starts, the one that gets here
    second sees the other's row. A row another batch is writing just now is passed over, for that batch will come here too; to
    wait for it would be a deadlock, since it waits for us.
    """
    with connection.cursor() as cursor:
        # Hardly ever is there one. The lock in the subquery also keeps the planner to a look-up by key for each span: what it knows
        # of a source that grows by the second would have it read all of the source's spans instead, at every batch.
        cursor.execute(
            "SELECT other.* FROM incoming_span i CROSS JOIN LATERAL (SELECT s.trace_id, s.span_id, s.started_at FROM monitoring_span s"
            " WHERE s.client_id = %s AND s.source_id = %s AND s.trace_id = i.trace_id AND s.span_id = i.span_id"
            " AND s.started_at <> i.started_at AND s.started_at BETWEEN %s AND %s FOR UPDATE SKIP LOCKED) other",
            [source.client_id, source.id, first, last],
        )
        if gone := [list(column) for column in zip(*cursor.fetchall(), strict=True)]:
            drop_spans(cursor, source, gone)


def drop_spans(cursor: Any, source: SourceRef, gone: Sequence[Sequence[Any]]) -> None:
    """Drop spans, given as trace ids, span ids and starts; their quarters are out of date, and those of their traces' spans nearby.

    A roll-up finds a trace by its spans in the quarters it counts, and here may be none left.
    """
    cursor.execute(
        "WITH gone AS (DELETE FROM monitoring_span s"
        "  USING unnest(%s::text[], %s::text[], %s::timestamptz[]) AS other (trace_id, span_id, started_at)"
        "  WHERE s.client_id = %s AND s.source_id = %s AND s.trace_id = other.trace_id AND s.span_id = other.span_id"
        "  AND s.started_at = other.started_at RETURNING s.trace_id, s.started_at, s.quarter)"
        " INSERT INTO monitoring_touched (client_id, quarter) SELECT DISTINCT %s::bigint, quarter FROM ("
        "  SELECT quarter FROM gone UNION ALL SELECT near.quarter FROM gone CROSS JOIN LATERAL (SELECT s.quarter FROM monitoring_span s"
        "   WHERE s.client_id = %s AND s.source_id = %s AND s.trace_id = gone.trace_id"
        "   AND s.started_at BETWEEN gone.started_at - %s AND gone.started_at + %s OFFSET 0) near) touched",
        [
            *gone,
            source.client_id,
            source.id,
            source.client_id,
            source.client_id,
            source.id,
            LONGEST_TRACE,
            LONGEST_TRACE,
        ],
    )


def _store_scores(source: SourceRef, scores: Sequence[ScoreRecord], systems: dict[str, int]) -> tuple[int, int]:
    rows = (
        (
            s.score_id,
            s.at,
            s.name,
            s.kind.value,
            s.value,
            s.label,
            s.judge.value,
            s.comment,
            s.trace_id,
            s.span_id,
            systems[s.system],
            s.environment,
            s.segment,
            s.model,
            s.prompt_name,
            s.prompt_version,
        )
        for s in once(scores, attrgetter("score_id"))
    )
    copied("incoming_score", "monitoring_score", SCORE_COLUMNS, rows)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO monitoring_touched (client_id, quarter) SELECT DISTINCT %s::bigint, {quarter_of('at')} FROM ("
            " SELECT at FROM incoming_score UNION ALL SELECT before.at FROM incoming_score i CROSS JOIN LATERAL (SELECT s.at"
            " FROM monitoring_score s WHERE s.client_id = %s AND s.source_id = %s AND s.score_id = i.score_id OFFSET 0) before) touched",
            [source.client_id, source.client_id, source.id],
        )
        if any(s.name in OVERRULES for s in scores):
            # Of a whole trace, or given another time than its answer's: the answers it overrules may lie in other quarters.
            own: list[Any] = [
                source.client_id,
                source.client_id,
                source.id,
                LONGEST_TRACE,
                LONGEST_TRACE,
                list(OVERRULES),
            ]
            cursor.execute(
                "INSERT INTO monitoring_touched (client_id, quarter) SELECT DISTINCT %s::bigint, judged.quarter FROM incoming_score i"
                " CROSS JOIN LATERAL (SELECT s.quarter FROM monitoring_span s WHERE s.client_id = %s AND s.source_id = %s"
                " AND s.trace_id = i.trace_id AND i.span_id IN (s.span_id, '')"
                " AND s.started_at BETWEEN i.at - %s AND i.at + %s OFFSET 0) judged WHERE i.name = ANY(%s)",
                own,
            )
        return upserted(cursor, "monitoring_score", "incoming_score", SCORE_COLUMNS, ("score_id",), source)


def forget_source(cursor: Any, client_id: int, source_id: int) -> None:
    """Delete all spans and scores of a source; the quarters they lay in are out of date."""
    for table, quarter in (("monitoring_score", quarter_of("at")), ("monitoring_span", "quarter")):
        cursor.execute(
            f"WITH gone AS (DELETE FROM {table} WHERE client_id = %s AND source_id = %s RETURNING {quarter} AS quarter)"
            " INSERT INTO monitoring_touched (client_id, quarter) SELECT DISTINCT %s::bigint, quarter FROM gone",
            [client_id, source_id, client_id],
        )
