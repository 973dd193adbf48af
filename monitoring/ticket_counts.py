"""Tickets counted per local day, as outcomes: recounted from the tickets for days that changed, never incremented.

Counted are complete days only: today is counted tomorrow. A deleted ticket is in no count; two help desks of a client add up,
because each gives figures of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from clients.models import Client

from . import outcome_store
from .catalogue import Better
from .doors import SourceRef
from .models import OutcomeDefinition, OutcomeKind, Ticket, TicketDay
from .readings import Period
from .records import OutcomeRecord, TicketRecord
from .summary import Histogram

DAYS_AT_ONCE = 400


type Buckets = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Counted:
    """An outcome that FracOps counts: its definition, and numerator, denominator and histogram of a day's tickets."""

    key: str
    name: str
    kind: OutcomeKind
    unit: str
    of: str
    better: Better
    figure: Callable[["Day"], tuple[int | Decimal, int | None, Buckets]]


@dataclass(frozen=True)
class Day:
    """The tickets of one local day: those created on it, and those solved on it."""

    created: Sequence[Ticket]
    solved: Sequence[Ticket]

    def hours(self) -> list[Decimal]:
        """From creation to solution, of each that was solved, in hours; a ticket solved before it was created took none."""
        return [
            max(Decimal(0), Decimal((t.solved_at - t.created_at).total_seconds()) / 3600).quantize(Decimal("0.001"))
            for t in self.solved
            if t.solved_at
        ]


def _reopened(day: Day) -> tuple[int, int, Buckets]:
    known = [t.reopened > 0 for t in day.created if t.reopened is not None]
    return sum(known), len(known), ()


def _by_ai(day: Day) -> tuple[int, int, Buckets]:
    known = [t.by_ai for t in day.solved if t.by_ai is not None]
    return sum(known), len(known), ()


def _time(day: Day) -> tuple[Decimal, int, Buckets]:
    hours = day.hours()
    filled = Histogram.of(float(h) for h in hours)
    buckets = tuple(zip(filled.buckets.tolist(), filled.counts.tolist(), strict=True))
    return sum(hours, Decimal(0)), len(hours), buckets


COUNTED = (
    Counted(
        "tickets_created",
        "Tickets created",
        OutcomeKind.COUNT,
        "tickets",
        "",
        Better.LOWER,
        lambda day: (len(day.created), None, ()),
    ),
    Counted(
        "tickets_solved",
        "Tickets solved",
        OutcomeKind.COUNT,
        "tickets",
        "",
        Better.NEITHER,
        lambda day: (len(day.solved), None, ()),
    ),
    Counted(
        "tickets_reopened",
        "Tickets reopened",
        OutcomeKind.RATE,
        "tickets reopened since",
        "tickets created, where known",
        Better.LOWER,
        _reopened,
    ),
    Counted(
        "tickets_by_ai",
        "Tickets solved by AI",
        OutcomeKind.RATE,
        "tickets solved by AI",
        "tickets solved, where known",
        Better.HIGHER,
        _by_ai,
    ),
    Counted(
        "tickets_time_to_solve",
        "Typical time to solve a ticket",
        OutcomeKind.MEDIAN,
        "hours",
        "tickets solved",
        Better.LOWER,
        _time,
    ),
)
KEYS = frozenset(c.key for c in COUNTED)


@contextmanager
def noted(source: SourceRef, records: Sequence[object]) -> Iterator[None]:
    """Around storing records: note the days whose counts their tickets change, by what was stored before and what is now."""
    tickets = [r for r in records if isinstance(r, TicketRecord)]
    if not tickets:
        yield
        return
    zone = ZoneInfo(Client.objects.values_list("zone", flat=True).get(pk=source.client_id))
    stored = Ticket.objects.filter(
        client_id=source.client_id, source_id=source.id, ticket_id__in=[t.ticket_id for t in tickets]
    )
    keys = "ticket_id", "created_at", "solved_at", "reopened", "by_ai", "deleted"
    before = {row[0]: row for row in stored.values_list(*keys)}
    yield
    moments: set[datetime | None] = set()
    for ticket in tickets:
        now, then = tuple(getattr(ticket, key) for key in keys), before.get(ticket.ticket_id)
        if now != then:
            moments |= {ticket.created_at, ticket.solved_at, *(then[1:3] if then else ())}
    days = {moment.astimezone(zone).date() for moment in moments if moment}
    TicketDay.objects.bulk_create(
        [TicketDay(client_id=source.client_id, source_id=source.id, day=day) for day in sorted(days)],
        ignore_conflicts=True,
    )


def recount(client: Client, source: SourceRef) -> int:
    """Count a source's noted days that are over; returns how many there were. Needs the client's scope and a transaction.

    Run twice it counts nothing twice: a day's figures are kept anew only where they differ.
    """
    zone = ZoneInfo(client.zone)
    today = timezone.now().astimezone(zone).date()
    waiting = TicketDay.objects.filter(client=client, source_id=source.id, day__lt=today)
    total = 0
    # Locked, so that a page stored meanwhile notes its days after this count, and they are counted again.
    while days := list(waiting.select_for_update().order_by("day").values_list("day", flat=True)[:DAYS_AT_ONCE]):
        _define(client)
        figures = [f for day, of_day in _tickets(source, zone, days).items() for f in _figures(day, of_day)]
        outcome_store.from_source(client, source, figures, counted=True)
        waiting.filter(day__in=days).delete()
        total += len(days)
    return total


def _figures(day: date, of_day: Day) -> Iterator[OutcomeRecord]:
    for counted in COUNTED:
        top, bottom, buckets = counted.figure(of_day)
        yield OutcomeRecord(
            counted.key, day, day, Decimal(top), None if bottom is None else Decimal(bottom), buckets=buckets
        )


def _tickets(source: SourceRef, zone: ZoneInfo, days: Sequence[date]) -> dict[date, Day]:
    created: dict[date, list[Ticket]] = {day: [] for day in days}
    solved: dict[date, list[Ticket]] = {day: [] for day in days}
    start, end = Period(min(days), max(days) + timedelta(days=1), zone.key).instants
    rows = Ticket.objects.filter(client_id=source.client_id, source_id=source.id, deleted=False).filter(
        Q(created_at__gte=start, created_at__lt=end) | Q(solved_at__gte=start, solved_at__lt=end)
    )
    for ticket in rows.iterator(2000):
        if (day := ticket.created_at.astimezone(zone).date()) in created:
            created[day].append(ticket)
        if ticket.solved_at and (day := ticket.solved_at.astimezone(zone).date()) in solved:
            solved[day].append(ticket)
    return {day: Day(created[day], solved[day]) for day in days}


def _define(client: Client) -> None:
    """Make whatever of the definitions is missing; their keys are nobody else's."""
    OutcomeDefinition.objects.bulk_create(
        [
            OutcomeDefinition(
                client=client,
                key=c.key,
                name=c.name,
                kind=c.kind,
                unit=c.unit,
                of=c.of,
                better=c.better.value,
                counted=True,
            )
            for c in COUNTED
        ],
        ignore_conflicts=True,
    )
