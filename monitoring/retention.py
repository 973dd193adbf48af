"""How long a source's texts and spans are kept: what goes each night, and which days are sealed because of it.

A day's points are counted from spans. Once spans of it are gone they would come out too small, so such a day is sealed for the whole
client: nothing that lies in it is taken any more, and nothing counts it anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Max

from clients.months import next_month
from clients.tenancy import scope

from . import partitions
from .models import Source

BATCH = 5_000
"""Rows that one transaction blanks or deletes at most."""
_BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)
_IN_FLIGHT = timedelta(days=1)
"""How long before the last run's limit the next one looks again: a batch may have been under way that was younger when it began."""


@dataclass(frozen=True)
class Forgotten:
    """What one run took away: spans and scores that lost their words, and those that went."""

    texts: int = 0
    rows: int = 0


def text_limit(days: int | None, now: datetime) -> datetime | None:
    """The time before which a source's texts go; None where they stay as long as its spans."""
    return None if days is None else now - timedelta(days=days)


def span_limit(days: int | None, now: datetime) -> datetime:
    """The time before which a source's spans go: its own, or the beginning of the oldest month the house keeps."""
    if days is not None:
        return now - timedelta(days=days)
    return _beginning(next_month(now.astimezone(UTC).date(), -partitions.KEPT_MONTHS))


def _beginning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def earliest(client_id: int, first: datetime) -> datetime:
    """From when on spans and scores of a client can be taken: not in its sealed days, and not before `first`, the window's beginning."""
    return after(gone_to(client_id), first)


def after(gone: datetime | None, first: datetime) -> datetime:
    """The first moment of no sealed day, where some spans up to `gone` were deleted, and not before `first`."""
    return first if gone is None else max(first, gone + partitions.SEAL)


def gone_to(client_id: int) -> datetime | None:
    """Up to when some spans of a client were deleted for their age; None where none were."""
    newest: datetime | None = Source.objects.filter(client_id=client_id).aggregate(gone=Max("spans_from"))["gone"]
    return newest


def sealed_days_to(client_id: int) -> datetime:
    """A client's local days that begin before this are sealed. No day that a span can be taken for begins before it."""
    return earliest(client_id, partitions.window()[0]) - partitions.LONGEST_DAY


def forget(client_id: int, now: datetime) -> Forgotten:
    """Take away what is older than its source's limits, a batch a transaction. Opens the client's scope per batch.

    May be killed, run twice or by two at once: what is done is committed, and the next run goes on from there.
    """
    with scope(client_id):
        sources = list(
            Source.objects.filter(client_id=client_id).values_list("id", "text_days", "span_days", "texts_from")
        )
    texts = rows = 0
    for source_id, text_days, span_days, texts_from in sources:
        limit = span_limit(span_days, now)
        # The owner drops whole months; only where they stay for another source are rows of the house's own limit deleted.
        if span_days is None:
            limit = _beginning(next_month(limit.date(), -1))
        for delete in (_delete_spans, _delete_scores):
            rows += _repeated(client_id, partial(delete, client_id, source_id, limit))
        if until := text_limit(text_days, now):
            start = texts_from - _IN_FLIGHT if texts_from else _BEFORE_ALL
            for blank in (_blank_spans, _blank_scores):
                texts += _repeated(client_id, partial(blank, client_id, source_id, start, until))
            with scope(client_id):
                Source.objects.filter(pk=source_id).update(texts_from=until)
    return Forgotten(texts, rows)


def _repeated(client_id: int, step: Callable[[Any], int]) -> int:
    """Run a step, each time in a transaction of its own, until it finds nothing; returns how many rows it met."""
    total = 0
    while True:
        with scope(client_id), connection.cursor() as cursor:
            met = step(cursor)
        if not met:
            return total
        total += met


def _delete_spans(client_id: int, source_id: int, limit: datetime, cursor: Any) -> int:
    # Oldest first, along the index by quarters: by the key the whole of a month would be read for the last few.
    cursor.execute(
        "WITH old AS (SELECT trace_id, span_id, started_at FROM monitoring_span WHERE client_id = %s AND source_id = %s"
        "  AND quarter < %s AND started_at < %s ORDER BY quarter LIMIT %s),"
        " gone AS (DELETE FROM monitoring_span s USING old WHERE s.client_id = %s AND s.source_id = %s"
        "  AND s.trace_id = old.trace_id AND s.span_id = old.span_id AND s.started_at = old.started_at RETURNING s.started_at)"
        " SELECT count(*), max(started_at) FROM gone",
        [client_id, source_id, limit, limit, BATCH, client_id, source_id],
    )
    return _sealed(source_id, *cursor.fetchone())


def _delete_scores(client_id: int, source_id: int, limit: datetime, cursor: Any) -> int:
    cursor.execute(
        "WITH old AS (SELECT score_id FROM monitoring_score WHERE client_id = %s AND source_id = %s AND at < %s LIMIT %s),"
        " gone AS (DELETE FROM monitoring_score s USING old WHERE s.client_id = %s AND s.source_id = %s AND s.score_id = old.score_id"
        "  RETURNING s.at) SELECT count(*), max(at) FROM gone",
        [client_id, source_id, limit, BATCH, client_id, source_id],
    )
    return _sealed(source_id, *cursor.fetchone())


def _sealed(source_id: int, gone: int, newest: datetime | None) -> int:
    """Note with the deletion itself how far it went: from its commit on the days up to there are counted no more."""
    if newest is not None:
        Source.objects.gone(source_id, newest)
    return gone


def _blank_spans(client_id: int, source_id: int, start: datetime, limit: datetime, cursor: Any) -> int:
    has_text = "(input_text <> '' OR output_text <> '' OR attributes <> '{}')"
    # A quarter of an hour at a time: the one index by time is by quarters.
    cursor.execute(
        "WITH next AS (SELECT quarter FROM monitoring_span WHERE client_id = %(client)s AND source_id = %(source)s"
        "  AND quarter >= %(start)s::timestamptz - interval '15 minutes' AND started_at >= %(start)s AND started_at < %(limit)s"
        f"  AND {has_text} ORDER BY quarter LIMIT 1),"
        " old AS (SELECT trace_id, span_id, started_at FROM monitoring_span WHERE client_id = %(client)s AND source_id = %(source)s"
        "  AND quarter = (SELECT quarter FROM next) AND started_at >= %(start)s AND started_at < %(limit)s"
        f"  AND {has_text} LIMIT %(batch)s)"
        " UPDATE monitoring_span s SET input_text = '', output_text = '', attributes = '{}' FROM old WHERE s.client_id = %(client)s"
        " AND s.source_id = %(source)s AND s.trace_id = old.trace_id AND s.span_id = old.span_id AND s.started_at = old.started_at",
        {"client": client_id, "source": source_id, "start": start, "limit": limit, "batch": BATCH},
    )
    return int(cursor.rowcount)


def _blank_scores(client_id: int, source_id: int, start: datetime, limit: datetime, cursor: Any) -> int:
    cursor.execute(
        "UPDATE monitoring_score SET comment = '', label = CASE WHEN kind = 'categorical' THEN label ELSE '' END"
        " WHERE client_id = %(client)s AND source_id = %(source)s AND score_id IN (SELECT score_id FROM monitoring_score"
        "  WHERE client_id = %(client)s AND source_id = %(source)s AND at >= %(start)s AND at < %(limit)s"
        "  AND (comment <> '' OR (label <> '' AND kind <> 'categorical')) LIMIT %(batch)s)",
        {"client": client_id, "source": source_id, "start": start, "limit": limit, "batch": BATCH},
    )
    return int(cursor.rowcount)
