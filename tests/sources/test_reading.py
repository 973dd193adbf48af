"""What cannot be read is a rejection with a reason, whatever it is."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.reading import (
    Count,
    Exact,
    Instant,
    Name,
    Row,
    Text,
    UtcInstant,
    one,
    span_id,
    taken,
    trace_id,
    why,
)
from monitoring.records import BillRecord, PromptRecord
from monitoring.values import BadValue
from tests.sources.damage import JSON
from tests.sources.fakes.base import START


class Everything(Row):
    at: Instant | None = None
    utc: UtcInstant | None = None
    exact: Exact | None = None
    count: Count | None = None
    name: Name = ""
    text: Text = ""


def read(row: Any) -> None:
    Everything.model_validate(row)


@settings(deadline=None)
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


def test_a_row_may_be_one_record_or_several_or_none() -> None:
    kept = [PromptRecord("a", str(number), START) for number in range(3)]
    given: dict[int, Any] = {1: kept[0], 2: [kept[1], kept[2]], 3: None}
    assert taken([1, 2, 3], given.get) == (kept, [])


def test_a_reason_says_where_and_never_what_was_there() -> None:
    class Outer(Row):
        inner: Everything

    def read_outer(row: Any) -> None:
        Outer.model_validate(row)

    _, rejected = taken([{"inner": {"at": "Ann's birthday"}}, "Ann", {"inner": {"count": -1}}], read_outer)
    reasons = [rejection.reason.partition(":")[0] for rejection in rejected]
    assert reasons == ["inner.at", "the row", "inner.count"]
    assert "Ann" not in repr(rejected)


@pytest.mark.parametrize("error", [OverflowError, ZeroDivisionError, ValueError])
def test_whatever_reading_a_row_ends_in_costs_that_row_only(error: type[Exception]) -> None:
    def read_second(row: int) -> PromptRecord:
        if row == 2:
            raise error("Ann's birthday")
        return PromptRecord("a", str(row), START)

    records, rejected = taken([1, 2, 3], read_second)
    assert [r.version for r in records if isinstance(r, PromptRecord)] == ["1", "3"]
    assert [r.reason for r in rejected] == [f"the row cannot be read ({error.__name__})"]


def test_an_object_that_cannot_be_left_out_is_a_promise() -> None:
    assert one("Far", Everything, {"name": "Ann", "a field to come": 1}).name == "Ann"
    with pytest.raises(SourceError, match="Far answered in a way") as caught:
        one("Far", Everything, [])
    assert caught.value.fault is Fault.OURS


def test_an_id_of_any_form_is_one_of_ours_and_always_the_same() -> None:
    assert trace_id("0AF76519-16CD-43DD-8448-EB211C80319C") == "0af7651916cd43dd8448eb211c80319c"
    assert span_id("00F067AA0BA902B7") == "00f067aa0ba902b7"
    assert span_id("") == ""
    assert (len(trace_id("run 1")), len(span_id("run 1"))) == (32, 16)
    assert trace_id("run 1") == trace_id("run 1") != trace_id("run 2")


def test_times_become_utc() -> None:
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    assert TypeAdapter(Instant).validate_python("2026-11-02T14:00:00+02:00") == noon
    assert TypeAdapter(UtcInstant).validate_python("2026-11-02T12:00:00") == noon
    with pytest.raises(ValidationError, match="no time zone"):
        TypeAdapter(Instant).validate_python("2026-11-02T12:00:00")


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


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "at: is missing"),
        ({"at": "never"}, "at: must be a time such as 2026-11-03T14:05:00Z"),
        ({"at": "2026-11-03T14:05:00"}, "at: has no time zone"),
        ({"mood": "cat"}, "mood: must be good or bad"),
        ({"inner": 7}, "inner: must be an object"),
        ({"many": "x"}, "many: must be a list"),
        ({"flag": "perhaps"}, "flag: must be true or false"),
        ({"whole": 1.5}, "whole: must be a whole number"),
        ({"code": "?"}, "code: is not written as it should be"),
        ({"size": -1}, "size: is not what it should be"),
    ],
)
def test_a_refusal_speaks_of_the_value_and_not_of_the_program(sent: dict[str, Any], said: str) -> None:
    class Inner(Row):
        name: str = ""

    class Sent(Row):
        at: Instant
        mood: Literal["good", "bad"] = "good"
        inner: Inner | None = None
        many: list[str] = Field(default_factory=list)
        flag: bool = True
        whole: int = 1
        code: str = Field("a", pattern="^[a-z]$")
        size: int = Field(1, ge=0)

    usual = {} if not sent else {"at": "2026-11-03T14:05:00Z"}
    with pytest.raises(ValidationError) as caught:
        Sent.model_validate(usual | sent)
    assert why(caught.value) == said
