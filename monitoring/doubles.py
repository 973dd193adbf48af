"""Finds sources that bring the same calls, which then count twice, and says so as a signal until one takes over from the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from clients.models import Client
from clients.writing import neutrally

from . import bounds, signals
from .models import Signal, Source

LOOKS_BACK = timedelta(days=2)
SAMPLE = 200
"""Calls of each source that are looked for in the others."""
AT_LEAST = 5
SHARE = 0.2
"""So many calls, and such a share of those looked at, must be in both; fewer are traces that two systems had a part in."""
CAUSE = "overlap:"


@dataclass(frozen=True)
class Doubled:
    """Two sources, the longer connected one first, and how many of the calls looked at came by both."""

    old: Source
    new: Source
    shared: int
    looked_at: int

    @property
    def share(self) -> float:
        """How much of what was looked at came by both."""
        return self.shared / self.looked_at

    @property
    def cause(self) -> str:
        """What its signal is about."""
        return cause_of(self.old, self.new)


def cause_of(old: Source, new: Source) -> str:
    """What the signal of two sources is about, in the order in which they were connected."""
    first, second = sorted((old, new), key=lambda source: source.pk)
    return f"{CAUSE}{first.public_id}:{second.public_id}"


# A call is the same where another source has one of the same trace that began in the same second: a trace alone may have passed
# through two systems. Of a source some calls stand for all, by whatever order its key has, so that other sources' are among them.
_SHARED = f"""
WITH sample AS MATERIALIZED (
  SELECT asked.id AS source_id, one.* FROM unnest(%(sources)s::bigint[]) asked (id) CROSS JOIN LATERAL (
    SELECT trace_id, span_id, started_at FROM monitoring_span
    WHERE client_id = %(client)s AND source_id = asked.id AND started_at >= %(since)s AND started_at < %(now)s AND kind = 'llm'
      AND {bounds.counts("started_at")} LIMIT %(most)s) one
)
SELECT sample.source_id, other.id, count(*) FILTER (WHERE found), count(*)
FROM sample JOIN unnest(%(sources)s::bigint[]) other (id) ON other.id <> sample.source_id
CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM monitoring_span s
  WHERE s.client_id = %(client)s AND s.source_id = other.id AND s.trace_id = sample.trace_id AND s.kind = 'llm'
    AND s.started_at >= sample.started_at - interval '1 second' AND s.started_at <= sample.started_at + interval '1 second'
    AND {bounds.counts("s.started_at", "s.source_id")}) AS found) looked
GROUP BY 1, 2
"""


def doubled(client: Client, now: datetime) -> list[Doubled]:
    """The pairs of sources that lately brought the same calls, both of which count. Three queries; needs the client's scope."""
    since = now - LOOKS_BACK
    sources = {
        s.pk: s for s in Source.objects.kept().filter(client=client, last_arrival_at__gte=since) if s.brings_calls
    }
    if len(sources) < 2:
        return []
    asked: dict[str, Any] = {
        "client": client.pk,
        "sources": sorted(sources),
        "since": since,
        "now": now,
        "most": SAMPLE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SHARED, asked | bounds.of(client.pk))
        rows = cursor.fetchall()
    found: dict[tuple[int, int], Doubled] = {}
    for one, other, shared, looked_at in rows:
        first, second = sorted((one, other))
        known = found.get((first, second))
        # Of a busy source the sample may hold little of a quiet one, but not the other way round.
        if shared >= max(AT_LEAST, SHARE * looked_at) and (known is None or shared / looked_at > known.share):
            found[first, second] = Doubled(sources[first], sources[second], shared, looked_at)
    return [found[pair] for pair in sorted(found)]


@neutrally()
def watch(client: Client, now: datetime) -> Sequence[Doubled]:
    """Open a signal for each pair that brings the same calls, and close those of pairs that do no more."""
    found = doubled(client, now)
    for pair in found:
        signals.raise_signal(
            client.pk,
            pair.cause,
            f"{pair.old.name} and {pair.new.name} bring the same calls, which count twice",
            detail=f"Of {pair.looked_at} calls looked at, {pair.shared} came by both. Have {pair.new.name} take over from a day on.",
            severity=Signal.Severity.ACT,
            source=pair.new,
            now=now,
        )
    Signal.objects.filter(client=client, closed_at=None, cause__startswith=CAUSE).exclude(
        cause__in=[pair.cause for pair in found]
    ).update(closed_at=now)
    return found


def open_signals(client: Client) -> list[Signal]:
    """What is open about sources that bring the same calls. One query."""
    return list(Signal.objects.filter(client=client, closed_at=None, cause__startswith=CAUSE).select_related("source"))
