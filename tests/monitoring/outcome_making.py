"""Help desks, tickets, definitions and figures for the tests of outcomes."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from clients.models import Client, System
from clients.tenancy import scope
from monitoring import ticket_counts
from monitoring.doors import SourceRef
from monitoring.models import OutcomeDefinition, Source
from monitoring.outcomes import known_metric
from monitoring.readings import Period, Series
from monitoring.records import OutcomeRecord, TicketRecord
from monitoring.series import all_series
from monitoring.sync import pages

DAY = date(2026, 11, 3)


def define(of: Client, key: str = "chats_settled", **fields: Any) -> OutcomeDefinition:
    """A rate of chats, unless told otherwise."""
    usual = {"name": "Chats settled", "kind": "rate", "unit": "chats settled", "of": "chats", "better": "higher"}
    with scope(of):
        return OutcomeDefinition.objects.create(client=of, key=key, **usual | fields)


def said(
    top: int | str | None, bottom: int | None = None, day: date = DAY, key: str = "chats_settled", **more: Any
) -> OutcomeRecord:
    return OutcomeRecord(
        key,
        more.pop("first", day),
        more.pop("last", day),
        None if top is None else Decimal(top),
        None if bottom is None else Decimal(bottom),
        **more,
    )


def desk(of: Client, name: str = "Zendesk", kind: str = "zendesk") -> SourceRef:
    """A source that is pulled for tickets, without anything to pull from."""
    with scope(of):
        system, _ = System.objects.get_or_create(client=of, name="Bot")
        made = Source.objects.create(client=of, kind=kind, name=name, system=system)
    return SourceRef(made.pk, of.pk, made.public_id, made.kind)


def ticket(number: int, created: datetime, solved_after: float | None = None, **fields: Any) -> TicketRecord:
    """A ticket, solved after so many hours."""
    solved = None if solved_after is None else created + timedelta(hours=solved_after)
    return TicketRecord(str(number), created, fields.pop("changed", solved or created), solved, **fields)


def store(of: Client, source: SourceRef, *tickets: TicketRecord, count: bool = True) -> pages.Tally:
    """As a sync stores a page and ends."""
    from monitoring.connecting.kind import Page

    tally = pages.Tally()
    with scope(of):
        pages.store(source, Page(tickets, None), tally)
    if count:
        with scope(of):
            ticket_counts.recount(of, source)
    return tally


def read(
    of: Client, key: str, first: date = DAY, days: int = 1, *, known_at: datetime | None = None, **within: Any
) -> Series:
    with scope(of):
        which = known_metric(of, f"outcome.{key}")
        return all_series(
            of, [which], Period(first, first + timedelta(days=days), of.zone), known_at=known_at, **within
        )[which.key]


def at(hour: int, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
