"""What providers send: times, and rows that are taken or refused one by one."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from monitoring.connecting.reading import Instant, UtcInstant, taken
from monitoring.records import BillRecord
from monitoring.values import BadValue


def test_times_become_utc() -> None:
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    assert TypeAdapter(Instant).validate_python("2026-11-02T14:00:00+02:00") == noon
    assert TypeAdapter(UtcInstant).validate_python("2026-11-02T12:00:00") == noon
    with pytest.raises(ValidationError, match="no time zone"):
        TypeAdapter(Instant).validate_python("2026-11-02T12:00:00")


@pytest.mark.parametrize("kind", [Instant, UtcInstant])
def test_a_time_before_the_first_is_refused_and_no_accident(kind: Any) -> None:
    """East of Greenwich the year 1 began in the year before, which no computer's calendar has."""
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python("0001-01-01T00:00:00+14:00")


def test_a_row_read_by_a_generator_is_refused_like_any_other() -> None:
    day = datetime(2026, 11, 2, tzinfo=UTC).date()

    def read(row: int) -> Iterator[BillRecord]:
        yield BillRecord(day, "openai", Decimal(row))
        if row == 2:
            raise BadValue("two is too much")
        yield BillRecord(day, "openai", Decimal(-row))

    records, rejected = taken([1, 2, 3], read)
    assert [r.amount for r in records if isinstance(r, BillRecord)] == [1, -1, 3, -3]
    assert [r.reason for r in rejected] == ["two is too much"]
