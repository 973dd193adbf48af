"""Removes what a provider no longer has: rows of a window that was read again, whole, and did not hold them any more."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from monitoring import ingest
from monitoring.connecting.kind import Window
from monitoring.doors import SourceRef
from monitoring.ledger import BOOKS
from monitoring.records import BillRecord, Record, ScoreRecord, SpanRecord, UsageRecord

from .pages import Sighted, digest

CHUNK = 20_000


@dataclass(frozen=True)
class Held:
    """How to find what is stored of a window: the table, what a row is known by, and the SQL that says it lies there."""

    table: str
    key: tuple[str, ...]
    inside: str
    drop: Callable[[Any, SourceRef, Sequence[Sequence[Any]]], None]


def _drop_rows(table: str, key: tuple[str, ...], types: tuple[str, ...]) -> Callable[..., None]:
    listed = ", ".join(f'"{c}"' for c in key)
    same = " AND ".join(f't."{c}" = gone."{c}"' for c in key)
    arrays = ", ".join(f"%s::{t}[]" for t in types)

    def drop(cursor: Any, source: SourceRef, gone: Sequence[Sequence[Any]]) -> None:
        cursor.execute(
            f"DELETE FROM {table} t USING unnest({arrays}) AS gone ({listed})"
            f" WHERE t.client_id = %s AND t.source_id = %s AND {same}",
            [*gone, source.client_id, source.id],
        )

    return drop


def _drop_scores(cursor: Any, source: SourceRef, gone: Sequence[Sequence[Any]]) -> None:
    cursor.execute(
        "WITH gone AS (DELETE FROM monitoring_score WHERE client_id = %s AND source_id = %s AND score_id = ANY(%s) RETURNING at)"
        f" INSERT INTO monitoring_touched (client_id, quarter) SELECT DISTINCT %s::bigint, {ingest.quarter_of('at')} FROM gone",
        [source.client_id, source.id, gone[0], source.client_id],
    )


def _drop_spans(cursor: Any, source: SourceRef, gone: Sequence[Sequence[Any]]) -> None:
    ingest.drop_spans(cursor, source, gone)
    # What was said of a span goes with it.
    cursor.execute(
        "SELECT s.score_id FROM unnest(%s::text[], %s::text[]) AS g (trace_id, span_id) JOIN monitoring_score s"
        " ON s.client_id = %s AND s.source_id = %s AND s.trace_id = g.trace_id AND s.span_id = g.span_id",
        [gone[0], gone[1], source.client_id, source.id],
    )
    if scores := [row[0] for row in cursor.fetchall()]:
        _drop_scores(cursor, source, [scores])


_USAGE, _BILL = BOOKS[UsageRecord], BOOKS[BillRecord]
HELD: dict[type[Record], Held] = {
    SpanRecord: Held(
        "monitoring_span",
        ("trace_id", "span_id", "started_at"),
        f"quarter >= {ingest.quarter_of('%(start)s::timestamptz')} AND started_at >= %(start)s AND started_at < %(end)s",
        _drop_spans,
    ),
    ScoreRecord: Held("monitoring_score", ("score_id",), "at >= %(start)s AND at < %(end)s", _drop_scores),
    UsageRecord: Held(
        _USAGE.table,
        _USAGE.key,
        '"start" >= %(start)s AND "start" < %(end)s',
        _drop_rows(_USAGE.table, _USAGE.key, ("timestamptz", "timestamptz", *["text"] * 6)),
    ),
    BillRecord: Held(
        _BILL.table,
        _BILL.key,
        "day >= (%(start)s AT TIME ZONE 'UTC')::date AND day < (%(end)s AT TIME ZONE 'UTC')::date",
        _drop_rows(_BILL.table, _BILL.key, ("date", *["text"] * 6)),
    ),
}
KEYS: dict[type[Record], tuple[str, ...]] = {kind: held.key for kind, held in HELD.items()}


def remove(source: SourceRef, window: Window, sighted: Sighted, complete: Sequence[type[Any]]) -> int:
    """Remove the rows of a window that were not sighted in it; returns how many. Needs the client's scope and its transaction.

    Of a kind of record of which nothing at all came, everything stays: a project that was emptied, moved or hidden from the key
    looks the same, and what FracOps has counted is kept for good.
    """
    removed = 0
    for kind in complete:
        seen = sighted.keys.get(kind)
        if not seen:
            continue
        held, known = HELD[kind], np.unique(np.frombuffer(seen, dtype=np.uint64))
        gone = [row for chunk in _stored(source, window, held) for row in _missing(chunk, known)]
        if gone:
            with connection.cursor() as cursor:
                held.drop(cursor, source, [list(column) for column in zip(*gone, strict=True)])
            removed += len(gone)
    return removed


def _missing(rows: Sequence[tuple[Any, ...]], known: Any) -> list[tuple[Any, ...]]:
    digests = np.fromiter((digest(row) for row in rows), dtype=np.uint64, count=len(rows))
    return [rows[int(i)] for i in np.flatnonzero(~np.isin(digests, known, kind="sort"))]


def _stored(source: SourceRef, window: Window, held: Held) -> Iterator[list[tuple[Any, ...]]]:
    listed = ", ".join(f'"{c}"' for c in held.key)
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT {listed} FROM {held.table} WHERE client_id = %(client)s AND source_id = %(source)s AND {held.inside}",
            {"client": source.client_id, "source": source.id, "start": window.start, "end": window.end},
        )
        while rows := cursor.fetchmany(CHUNK):
            yield rows
