"""Usage, bills, tickets and prompts' versions: stored in batches, each row once, corrected where its provider corrects it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from operator import attrgetter
from typing import Any

from django.db import connection
from django.utils import timezone

from clients.tenancy import scope

from .bulk import copied, once, upserted
from .doors import SourceRef
from .models import Bill, PromptVersion, Source, Ticket, Usage
from .records import BillRecord, PromptRecord, Record, TicketRecord, UsageRecord


@dataclass(frozen=True)
class Book:
    """A table of the ledger: the record's fields are its columns, and `key` is what a row is known by within its source."""

    table: str
    key: tuple[str, ...]
    counts: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.key, *self.counts)


BOOKS: dict[type[Record], Book] = {
    UsageRecord: Book(
        Usage._meta.db_table,
        ("start", "end", "vendor", "model", "what", "project", "api_key", "tier"),
        ("requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens"),
    ),
    BillRecord: Book(
        Bill._meta.db_table, ("day", "vendor", "service", "model", "line", "project", "currency"), ("amount",)
    ),
    TicketRecord: Book(
        Ticket._meta.db_table,
        ("ticket_id",),
        ("created_at", "changed_at", "solved_at", "reopened", "by_ai", "deleted"),
    ),
    PromptRecord: Book(PromptVersion._meta.db_table, ("name", "version"), ("created_at", "labels")),
}


def _moment(record: Record) -> datetime:
    """When what a record says was so; of a bucket and of a UTC day their beginning."""
    match record:
        case UsageRecord():
            return record.start
        case BillRecord():
            return datetime.combine(record.day, time(), UTC)
        case TicketRecord():
            return record.changed_at
        case PromptRecord():
            return record.created_at
    raise TypeError(type(record).__name__)


def store(source: SourceRef, records: Iterable[Record]) -> tuple[int, int]:
    """Store a batch for a source inside its client's scope; returns how many rows are new and how many changed."""
    by_type: dict[type[Record], list[Record]] = {}
    for record in records:
        by_type.setdefault(type(record), []).append(record)
    if not by_type:
        return 0, 0
    with scope(source.client_id):
        stored = [_store(source, BOOKS[kind], rows) for kind, rows in by_type.items()]
        Source.objects.arrived(source.id, timezone.now(), max(_moment(r) for rows in by_type.values() for r in rows))
    return sum(new for new, _ in stored), sum(changed for _, changed in stored)


def _store(source: SourceRef, book: Book, records: Sequence[Record]) -> tuple[int, int]:
    incoming = book.table.replace("monitoring_", "incoming_")
    fields = attrgetter(*book.columns)
    rows = (tuple(map(_plain, fields(r))) for r in once(records, attrgetter(*book.key)))
    copied(incoming, book.table, [f'"{c}"' for c in book.columns], rows)
    with connection.cursor() as cursor:
        return upserted(
            cursor, book.table, incoming, [f'"{c}"' for c in book.columns], [f'"{c}"' for c in book.key], source
        )


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def forget_source(client_id: int, source_id: int) -> None:
    """Delete all of a source's rows, a book in each transaction."""
    for book in BOOKS.values():
        with scope(client_id), connection.cursor() as cursor:
            forget_rows(cursor, client_id, source_id, book)


def forget_rows(cursor: Any, client_id: int, source_id: int, *books: Book) -> None:
    """Delete a source's rows of these books, of all where none is named, in the open transaction."""
    for book in books or BOOKS.values():
        cursor.execute(f"DELETE FROM {book.table} WHERE client_id = %s AND source_id = %s", [client_id, source_id])
