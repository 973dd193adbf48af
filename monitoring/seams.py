"""Moving a client from one source to another: up to which day the old one counts, from which the new one, and what is recounted then."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone

from clients.local import day_in
from clients.models import Client
from clients.writing import day_text

from . import doubles, partitions, retention, signals
from .catalogue import OVERRULES
from .ingest import LONGEST_TRACE, quarter_of
from .models import Source
from .readings import Period


class SeamError(ValueError):
    """Two sources that cannot be joined at that day; says in words why, and what to do."""


class Bounds(NamedTuple):
    """When a source counts: half-open and in UTC, None for no bound."""

    start: datetime | None = None
    end: datetime | None = None

    def hold(self, at: datetime) -> bool:
        """Whether what happened then counts."""
        return (self.start is None or at >= self.start) and (self.end is None or at < self.end)


@dataclass(frozen=True)
class Seam:
    """Where one source goes on with what others had measured: the new one's name, the old ones', the local day it counts from."""

    new: str
    old: tuple[str, ...]
    day: date


def seams(client: Client) -> list[Seam]:
    """A client's seams, oldest first. One query; needs the client's scope."""
    handed = Source.objects.filter(client=client, handed_to__isnull=False).select_related("handed_to").order_by("name")
    zone = ZoneInfo(client.zone)
    joined: dict[tuple[datetime, Source], list[str]] = {}
    for old in handed:
        if old.handed_to is not None and old.counts_until is not None:
            joined.setdefault((old.counts_until, old.handed_to), []).append(plain_name(old))
    return [
        Seam(plain_name(new), tuple(old), at.astimezone(zone).date())
        for (at, new), old in sorted(joined.items(), key=lambda each: (each[0][0], each[0][1].pk))
    ]


def within(known: Iterable[Seam], period: Period) -> list[Seam]:
    """The seams that a reader of a period comes upon, in it or in the one it is compared with."""
    return [seam for seam in known if period.before.start < seam.day < period.end]


def sentence(seam: Seam) -> str:
    """``Counted from Phoenix since 3 November, before from Langfuse``."""
    return f"Counted from {seam.new} since {day_text(seam.day)}, before from {' and '.join(seam.old)}"


def plain_name(source: Source) -> str:
    """A source's name, without what was added to it when it was taken away."""
    return source.name.partition(" (removed ")[0] if source.removed_at else source.name


def midnight(client: Client, day: date) -> datetime:
    """When a local day of the client begins."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(client.zone))


def move(old: Source, new: Source, at: datetime) -> None:
    """Have `new` count from `at`, a midnight of the client, and `old` only before it. Needs the client's scope.

    What begins or ceases to count is recounted by the next roll-up. Raises SeamError where the two cannot be joined there.
    """
    with transaction.atomic():
        old, new = _locked(old, new)
        _joinable(old, new, at)
        _bound(old, Bounds(old.counts_from, at), new)
        _bound(new, Bounds(at, new.counts_until), new.handed_to)
        signals.close(new.client_id, doubles.cause_of(old, new), timezone.now())


def undo(new: Source) -> None:
    """Have `new` and those it took over from count as before the seam. Needs the client's scope."""
    with transaction.atomic():
        _open(list(Source.objects.select_for_update().filter(handed_to=new).order_by("pk")))
        (new,) = _locked(new)
        _bound(new, Bounds(None, new.counts_until), new.handed_to)


def leave(source: Source) -> None:
    """Have the others count alone what they did with a source that goes with all it brought. Needs the client's scope."""
    with transaction.atomic():
        successor = source.handed_to
        _open(list(Source.objects.select_for_update().filter(handed_to=source).order_by("pk")))
        if successor is not None and not Source.objects.filter(handed_to=successor).exclude(pk=source.pk).exists():
            (successor,) = _locked(successor)
            _bound(successor, Bounds(None, successor.counts_until), successor.handed_to)


def _locked(*sources: Source) -> list[Source]:
    """The sources as they are now, held until the transaction ends; taken in one order, so that two moves never wait for each other."""
    rows = {s.pk: s for s in Source.objects.select_for_update().filter(pk__in=[s.pk for s in sources]).order_by("pk")}
    return [rows[s.pk] for s in sources]


def _joinable(old: Source, new: Source, at: datetime) -> None:
    if old.pk == new.pk or old.client_id != new.client_id:
        raise SeamError("A source takes over from another one of the same client.")
    if not (old.brings_calls and new.brings_calls):
        raise SeamError("Only sources that bring calls follow one another.")
    if at != midnight(new.client, day_in(at, new.client.zone)):
        raise SeamError("A day begins at the client's midnight.")
    if old.handed_to_id:
        raise SeamError(f"{old.name} was taken over already. Undo that first, or take over from its successor.")
    if old.counts_from and at <= old.counts_from:
        raise SeamError(f"{old.name} itself counts only from {_day(old, old.counts_from)} on: choose a later day.")
    if at < (first := _recountable(new)[0]):
        raise SeamError(f"Days before {_day(new, first)} are sealed: choose a later one.")
    if new.counts_until:
        raise SeamError(f"{new.name} was itself taken over: it cannot take over any more.")
    if new.counts_from and new.counts_from != at:
        raise SeamError(f"{new.name} counts from {_day(new, new.counts_from)} already. Undo that, or choose that day.")


def _day(source: Source, at: datetime) -> str:
    return day_text(day_in(at, source.client.zone), year=True)


def _open(old: Sequence[Source]) -> None:
    for source in old:
        _bound(source, Bounds(source.counts_from, None), None)


def _bound(source: Source, bounds: Bounds, successor: Source | None) -> None:
    """Give a source other bounds, and have recounted what that changes."""
    before = Bounds(source.counts_from, source.counts_until)
    Source.objects.filter(pk=source.pk).update(counts_from=bounds.start, counts_until=bounds.end, handed_to=successor)
    for start, end in changed(before, bounds, *_recountable(source)):
        _touch(source, start, end)


def _recountable(source: Source) -> tuple[datetime, datetime]:
    """The stretch of time of which a client's points can be counted anew: from its sealed days on, as far as spans can be stored."""
    first, last = partitions.window()
    return retention.earliest(source.client_id, first), last


def changed(before: Bounds, after: Bounds, first: datetime, last: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches of ``[first, last)`` that begin or cease to count. Older days are sealed: their spans are gone or going."""
    edges = sorted({first, last, *(at for at in (*before, *after) if at is not None and first < at < last)})
    return [(start, end) for start, end in pairwise(edges) if before.hold(start) != after.hold(start)]


# Each quarter is asked for on its own: a source's millions of spans lie in some thousands of them. What a trace did is booked to the
# quarter of its first span, so of a trace that reaches across an edge its other quarters within a day change too; and so do answers
# that a judgement beyond an edge overruled.
_TOUCH = f"""
INSERT INTO monitoring_touched (client_id, quarter) SELECT %(client)s, quarter FROM (
  SELECT q AS quarter FROM generate_series({quarter_of("%(start)s::timestamptz")}, %(end)s::timestamptz - interval '1 microsecond',
    interval '15 minutes') q
  CROSS JOIN LATERAL (SELECT FROM monitoring_span s WHERE s.client_id = %(client)s AND s.source_id = %(source)s AND s.quarter = q
    AND s.started_at >= greatest(q, %(start)s) AND s.started_at < least(q + interval '15 minutes', %(end)s) LIMIT 1) one
  UNION SELECT {quarter_of("at")} FROM monitoring_score
  WHERE client_id = %(client)s AND source_id = %(source)s AND at >= %(start)s AND at < %(end)s
  UNION SELECT out.quarter FROM unnest(%(edges)s::timestamptz[]) edge CROSS JOIN LATERAL (
    SELECT DISTINCT here.quarter FROM monitoring_span here JOIN monitoring_span there USING (client_id, source_id, trace_id)
    WHERE here.client_id = %(client)s AND here.source_id = %(source)s
      AND here.quarter >= edge - %(reach)s - interval '15 minutes' AND here.quarter < edge + %(reach)s
      AND here.started_at >= edge - %(reach)s AND here.started_at < edge + %(reach)s
      AND there.quarter >= edge - %(reach)s - interval '15 minutes' AND there.quarter < edge + %(reach)s
      AND there.started_at >= edge - %(reach)s AND there.started_at < edge + %(reach)s
      AND NOT (here.started_at >= %(start)s AND here.started_at < %(end)s)
      AND there.started_at >= %(start)s AND there.started_at < %(end)s
      AND here.started_at BETWEEN there.started_at - %(reach)s AND there.started_at + %(reach)s) out
  UNION SELECT judged.quarter FROM monitoring_score j CROSS JOIN LATERAL (SELECT s.quarter FROM monitoring_span s
    WHERE s.client_id = %(client)s AND s.source_id = %(source)s AND s.trace_id = j.trace_id AND j.span_id IN (s.span_id, '')
      AND s.started_at BETWEEN j.at - %(reach)s AND j.at + %(reach)s
      AND NOT (s.started_at >= %(start)s AND s.started_at < %(end)s) OFFSET 0) judged
  WHERE j.client_id = %(client)s AND j.source_id = %(source)s AND j.name = ANY(%(overrule)s) AND j.at >= %(start)s AND j.at < %(end)s
    AND (j.at < %(start)s + %(reach)s OR j.at >= %(end)s - %(reach)s)
) touched
"""


def _touch(source: Source, start: datetime, end: datetime) -> None:
    """Have the quarters recounted that hold a source's rows of ``[start, end)``, and those of traces that reach out of it."""
    asked: dict[str, Any] = {
        "client": source.client_id,
        "source": source.pk,
        "start": start,
        "end": end,
        "edges": [start, end],
        "reach": LONGEST_TRACE,
        "overrule": list(OVERRULES),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TOUCH, asked)
