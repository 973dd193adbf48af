"""What providers send as times."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from monitoring.connecting.reading import Instant, UtcInstant


def test_times_become_utc() -> None:
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    assert TypeAdapter(Instant).validate_python("2026-11-02T14:00:00+02:00") == noon
    assert TypeAdapter(UtcInstant).validate_python("2026-11-02T12:00:00") == noon
    with pytest.raises(ValidationError, match="no time zone"):
        TypeAdapter(Instant).validate_python("2026-11-02T12:00:00")


@pytest.mark.parametrize("kind", [Instant, UtcInstant])
def test_a_time_before_the_first_is_refused_and_no_accident(kind: object) -> None:
    """East of Greenwich the year 1 began in the year before, which no computer's calendar has."""
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python("0001-01-01T00:00:00+14:00")
