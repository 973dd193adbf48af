"""Many rows at once: copied into a temporary table, then inserted from there, once each, where the tenant's policies apply.

`COPY` cannot write to a table under row-level security (PostgreSQL error 0A000).
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
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
        types = _types(into, listed)
        # Django wraps the errors of execute() as its own, but not those of copy().
        with connection.wrap_database_errors, cursor.copy(f"COPY {into} ({listed}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)


@cache
def _types(table: str, listed: str) -> list[int]:
    """The types of a table's columns, as PostgreSQL numbers them: binary values, which cost half of written ones, do not say."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {listed} FROM {table} LIMIT 0")
        return [column.type_code for column in cursor.description]


def upserted(
    cursor: Any,
    table: str,
    incoming: str,
    columns: Sequence[str],
    key: Sequence[str],
    source: SourceRef,
    *,
    touches: bool = False,
) -> tuple[int, int]:
    """Insert what is new and update what differs; returns how many of each. No key may be given twice: see `once`.

    With `touches` the quarters of an hour of both, which the table has in a column, are noted as out of date.
    """
    listed, keyed = ", ".join(columns), ", ".join(key)
    others = [c for c in columns if c not in key]
    now, then = (", ".join(f"{alias}.{c}" for c in others) for alias in ("excluded", "t"))
    quarter, touched = "", ""
    if touches:
        quarter = ", t.client_id, t.quarter"
        touched = ", touched AS (INSERT INTO monitoring_touched (client_id, quarter) SELECT DISTINCT client_id, quarter FROM kept)"
    cursor.execute(
        f"WITH kept AS (INSERT INTO {table} AS t (client_id, source_id, {listed})"
        f" SELECT %s::bigint, %s::bigint, {listed} FROM {incoming}"
        f" ON CONFLICT (client_id, source_id, {keyed}) DO UPDATE SET ({', '.join(others)}) = ROW ({now})"
        f" WHERE ({then}) IS DISTINCT FROM ({now}) RETURNING old.source_id IS NULL AS fresh{quarter}){touched}"
        " SELECT count(*) FILTER (WHERE fresh), count(*) FILTER (WHERE NOT fresh) FROM kept",
        [source.client_id, source.id],
    )
    new, changed = cursor.fetchone()
    return new, changed
