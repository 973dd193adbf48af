"""How a client's sources stand: when each last brought something, what is wrong with it, and up to when what it said is final."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from clients.models import Client

from .models import Source
from .sources import kinds


@dataclass(frozen=True)
class Freshness:
    """When a source last brought something, and what is wrong with it if anything is."""

    name: str
    kind: str
    last_arrival_at: datetime | None
    error: str
    error_at: datetime | None
    created_at: datetime
    stuck_at: datetime | None = None
    """Up to when a source that FracOps reads has been read, if that is a day behind what could be."""
    final_to: datetime | None = None
    """Up to when its provider no longer corrects what it said, as far as that has been read."""
    removed: bool = False
    brings_calls: bool = True
    """Whether calls and scores come from it, or only bills, usage or tickets."""


def freshness(client: Client, now: datetime | None = None) -> list[Freshness]:
    """Every source of a client, those in trouble first; also those taken away, whose numbers are still counted."""
    now = now or timezone.now()
    return [fresh_of(source, now) for source in Source.objects.filter(client=client).worst_first().only(*ASKED)]


ASKED = (
    *("client_id", "name", "kind", "last_arrival_at", "error", "error_at", "created_at"),
    *("removed_at", "done", "next_run_at", "counts_until"),
)
"""What `fresh_of` asks of a source, which has four times as many columns."""


def fresh_of(source: Source, now: datetime) -> Freshness:
    """How a source stands."""
    return Freshness(
        source.name,
        source.kind_name,
        source.last_arrival_at,
        source.error,
        source.error_at,
        source.created_at,
        *settled(source, now),
        removed=source.removed_at is not None,
        brings_calls=source.brings_calls,
    )


def settled(source: Source, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Where a source is stuck, if it is, and up to when what it said is final.

    The latter is None of one that says nothing more: pushed, paused by a person, taken away, or taken over by another before then.
    """
    connector = kinds().get(source.kind)
    if connector is None or not source.done:
        return None, None
    kind, read_to = connector.kind, source.done[-1].end
    could_be = now - kind.settle - kind.grain
    stuck, final_to = read_to if read_to < could_be - timedelta(days=1) else None, min(read_to, now - kind.final_after)
    waits = source.removed_at is None and source.next_run_at is not None
    counts = source.counts_until is None or final_to < source.counts_until
    return stuck, final_to if waits and counts else None


@dataclass(frozen=True)
class Origin:
    """Where a client's readings come from: the sources that ever delivered, and when the newest data arrived."""

    as_of: datetime | None
    sources: tuple[str, ...]


def origin(fresh: Sequence[Freshness]) -> Origin:
    """What the sources say about every reading; the reading functions ask for it themselves where it is not handed on."""
    arrived = [(f.last_arrival_at, f.name) for f in fresh if f.last_arrival_at and f.brings_calls]
    return Origin(max(arrived)[0] if arrived else None, tuple(sorted({name for _, name in arrived})))
