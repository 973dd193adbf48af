"""What cannot be read is a rejection with a reason, whatever it is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.connecting.reading import Count, Exact, Instant, Name, Row, Text, UtcInstant, taken
from tests.sources.strategies import JSON


class Everything(Row):
    at: Instant | None = None
    utc: UtcInstant | None = None
    exact: Exact | None = None
    count: Count | None = None
    name: Name = ""
    text: Text = ""


def read(row: Any) -> None:
    Everything.model_validate(row)


@given(st.one_of(JSON, st.fixed_dictionaries({}, optional=dict.fromkeys(Everything.model_fields, JSON))))
def test_any_json_is_taken_or_refused_with_a_reason(row: Any) -> None:
    records, rejected = taken([row], read)
    assert records == []
    assert all(rejection.reason for rejection in rejected)


@pytest.mark.parametrize("field", ["at", "utc"])
@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00", 10**20, -(10**20)])
def test_a_moment_beyond_the_calendar_is_refused(field: str, moment: Any) -> None:
    _, rejected = taken([{field: moment}], read)
    assert rejected[0].reason.startswith(field)
