"""Months of spans: making the coming ones, dropping the expired ones, and the window of time that can be stored. Owner's work."""

import time
from datetime import UTC, date, datetime, timedelta

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from clients.months import month_start, next_month

KEPT_MONTHS = 13
AHEAD_MONTHS = 13
TABLE = "monitoring_span"
SEAL = timedelta(days=2)
"""Local days that began in a dropped month are sealed; no zone is further than a day from UTC."""
LONGEST_DAY = timedelta(hours=26)
"""Of local days, when clocks go back."""


def name(first: date) -> str:
    return f"{TABLE}_{first:%Y_%m}"


def create(
    connection: BaseDatabaseWrapper, today: date, *, kept: int = KEPT_MONTHS, ahead: int = AHEAD_MONTHS
) -> list[str]:
    """Make every month's partition from the oldest that is kept to `ahead` months from now that is missing; returns the new names."""
    present = set(existing(connection))
    made = []
    first, last = oldest(connection, today, kept=kept), next_month(today, ahead)
    with connection.cursor() as cursor:
        while first <= last:
            following = next_month(first, 1)
            if name(first) not in present:
                # Nothing is granted on a partition: its parent's policies would not guard it.
                cursor.execute(
                    f"CREATE TABLE {name(first)} PARTITION OF {TABLE}"
                    f" FOR VALUES FROM ('{first} 00:00+00') TO ('{following} 00:00+00')"
                )
                made.append(name(first))
            first = following
    return made


def oldest(connection: BaseDatabaseWrapper, today: date, *, kept: int = KEPT_MONTHS) -> date:
    """The first day of the oldest month that anybody keeps: `kept` months ago, or earlier where a source keeps its spans longer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(span_days), 0) FROM monitoring_source")
        return min(next_month(today, -kept), month_start(today - timedelta(days=cursor.fetchone()[0])))


def drop_expired(connection: BaseDatabaseWrapper, today: date, *, kept: int = KEPT_MONTHS) -> list[str]:
    """Drop the months that no source keeps any more; returns their names. Their points stay, sealed."""
    first = name(oldest(connection, today, kept=kept))
    expired = [n for n in existing(connection) if n < first]
    with connection.cursor() as cursor:
        for partition in expired:
            cursor.execute(f"DROP TABLE {partition}")
    return expired


def existing(connection: BaseDatabaseWrapper) -> list[str]:
    """The partitions' names, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = to_regclass(%s) ORDER BY 1",
            [TABLE],
        )
        return [row[0] for row in cursor.fetchall()]


_known_window: tuple[float, datetime, datetime] | None = None


def known_window() -> tuple[datetime, datetime]:
    """The same as `window`, asked at most once a minute and process."""
    global _known_window
    if _known_window is None or time.monotonic() - _known_window[0] > 60:
        _known_window = (time.monotonic(), *window())
    return _known_window[1:]


def window() -> tuple[datetime, datetime]:
    """The half-open window of start times that can be stored now, UTC."""
    names = existing(connections["default"])
    if not names:
        raise RuntimeError("There is nowhere to put spans: run `manage.py partitions` to make the months' tables.")
    return _first(names[0]) + SEAL, _first(name(next_month(_first(names[-1]).date(), 1)))


def _first(partition: str) -> datetime:
    year, month_ = partition.removeprefix(TABLE + "_").split("_")
    return datetime(int(year), int(month_), 1, tzinfo=UTC)
