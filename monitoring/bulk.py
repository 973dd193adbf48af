"""Many rows at once: copied into a temporary table, then inserted from there, once each, where the tenant's policies apply.

`COPY` cannot write to a table under row-level security (PostgreSQL error 0A000).
"""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from django.db import connection

from .doors import SourceRef


def once[Row](rows: Iterable[Row], key: Callable[[Row], Any]) -> list[Row]:
    """Each row once, the last of those with the same key, in the order of their keys.

    Two batches with the same rows take them in the same order then, so that neither waits for the other.
    """
    return [row for _, row in sorted({key(row): row for row in rows}.items(), key=itemgetter(0))]


def copied(into: str, like: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Copy rows into this connection's temporary table; it is emptied at every commit, so no tenant's rows outlive their scope."""
    listed = ", ".join(columns)
    with connection.cursor() as cursor:
        # What is deleted is an earlier batch of this transaction.
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {into} ON COMMIT DELETE ROWS AS SELECT {listed} FROM {like} WITH NO DATA;"
            f" DELETE FROM {into}"
        )
        # Django wraps the errors of execute() as its own, but not those of copy().
        with connection.wrap_database_errors, cursor.copy(f"COPY {into} ({listed}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def upserted(
    cursor: Any, table: str, incoming: str, columns: Sequence[str], key: Sequence[str], source: SourceRef
) -> tuple[int, int]:
    """Insert what is new and update what differs; returns how many of each. No key may be given twice: see `once`."""
    listed, keyed = ", ".join(columns), ", ".join(key)
    others = [c for c in columns if c not in key]
    now, then = (", ".join(f"{alias}.{c}" for c in others) for alias in ("excluded", "t"))
    cursor.execute(
        f"WITH kept AS (INSERT INTO {table} AS t (client_id, source_id, {listed})"
        f" SELECT %s::bigint, %s::bigint, {listed} FROM {incoming}"
        f" ON CONFLICT (client_id, source_id, {keyed}) DO UPDATE SET ({', '.join(others)}) = ROW ({now})"
        f" WHERE ({then}) IS DISTINCT FROM ({now}) RETURNING old.source_id IS NULL AS fresh)"
        " SELECT count(*) FILTER (WHERE fresh), count(*) FILTER (WHERE NOT fresh) FROM kept",
        [source.client_id, source.id],
    )
    new, changed = cursor.fetchone()
    return new, changed
