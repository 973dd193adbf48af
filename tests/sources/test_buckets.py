"""Buckets of time: what starts in a window counts in it, what cannot be read is named, what is not told apart is added up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from monitoring.connecting.buckets import (
    DEAREST,
    MOST,
    Bucket,
    Currency,
    Money,
    Total,
    bucketed,
    day_by_day,
    days_of,
    last_30_days,
    listed,
    seen_days,
    summed,
)
from monitoring.connecting.kind import Window
from monitoring.records import BillRecord, UsageRecord

START = datetime(2026, 11, 2, tzinfo=UTC)
DAY = Window(START, START + timedelta(days=1))
USAGE = UsageRecord(START, START + timedelta(hours=1), "openai", "gpt-4o", requests=1, input_tokens=2, output_tokens=3)
BILL = BillRecord(START.date(), "openai", Decimal("0.1"), line="input")


def bucket(hour: int, *results: Any, ends: int = 1) -> dict[str, Any]:
    start = int(START.timestamp()) + hour * 3600
    return {"start_time": start, "end_time": start + ends * 3600, "results": list(results)}


def read(bucket: Bucket, row: Any) -> Any:
    yield UsageRecord(bucket.start, bucket.end, "openai", "gpt-4o", requests=TypeAdapter(Total).validate_python(row))


def test_a_bucket_counts_where_it_starts() -> None:
    records: Any
    records, rejected = bucketed([bucket(-1, 1), bucket(0, 2), bucket(23, 3), bucket(24, 4)], DAY, read)
    assert [r.requests for r in records] == [2, 3]
    assert rejected == []


def test_a_bad_row_costs_itself_and_a_bad_bucket_costs_its_rows() -> None:
    records: Any
    records, rejected = bucketed([bucket(0, "many", 2), {"start_time": 1}, bucket(1, 1, ends=0)], DAY, read)
    assert [r.requests for r in records] == [2]
    reasons = {r.reason for r in rejected}
    assert len(reasons) == len(rejected) == 3
    assert "a bucket ends before it starts" in reasons
    assert any("end_time" in reason for reason in reasons)
    assert any(reason.endswith("is no whole number from 0") for reason in reasons)


def test_rows_that_are_not_told_apart_are_one() -> None:
    other = replace(USAGE, model="o1")
    assert summed([USAGE, other, USAGE]) == [
        replace(USAGE, requests=2, input_tokens=4, output_tokens=6),
        other,
    ]
    assert summed([BILL, replace(BILL, amount=Decimal("-0.3"))]) == [replace(BILL, amount=Decimal("-0.2"))]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.decimals(-9, 9, places=4))))
def test_nothing_is_lost_in_adding_up(rows: list[tuple[str, Decimal]]) -> None:
    bills: Any = summed(replace(BILL, line=line, amount=amount) for line, amount in rows)
    assert len({bill.line for bill in bills}) == len(bills)
    assert sum(bill.amount for bill in bills) == sum(amount for _, amount in rows)


def test_a_total_may_be_larger_than_a_call() -> None:
    total = TypeAdapter(Total).validate_python
    assert total(5_000_000_000) == 5_000_000_000
    assert total(None) == 0
    for wrong in (-1, 0.5, "many", True, MOST + 1):
        with pytest.raises(ValidationError):
            total(wrong)


def test_a_currency_has_three_letters() -> None:
    currency = TypeAdapter(Currency).validate_python
    assert currency("usd") == "USD"
    for wrong in ("", None, "dollars", "€"):
        with pytest.raises(ValidationError):
            currency(wrong)


def test_a_check_shows_the_days_with_costs_of_each_project() -> None:
    days = days_of(
        [replace(BILL, project="a", day=BILL.day + timedelta(days=2)), replace(BILL, project="a"), BILL, USAGE]
    )
    assert days == {"a": [BILL.day, BILL.day + timedelta(days=2)], "": [BILL.day]}
    assert days_of([replace(BILL, amount=Decimal(0))]) == {"": []}
    seen = seen_days("Support", days["a"])
    assert (seen.name, seen.count, seen.first, seen.last) == ("Support", 2, START, START + timedelta(days=2))
    assert (seen_days("Empty", []).count, seen_days("Empty", []).first) == (0, None)


def test_parts_of_a_setting_may_have_spaces_and_a_comma_too_many() -> None:
    assert listed(" a, b ,,c,") == ["a", "b", "c"]
    assert listed(" ") == []


def test_a_day_belongs_to_the_window_in_which_it_begins() -> None:
    def pages(start: datetime, end: datetime, cursor: str = "") -> list[tuple[Any, str | None]]:
        found = day_by_day(Window(start, end), cursor, lambda day: ([replace(BILL, day=day)], []))
        return [
            (page.records[0].day.day, page.next_cursor) for page in found if isinstance(page.records[0], BillRecord)
        ]

    hour = timedelta(hours=1)
    assert pages(START, START + 48 * hour) == [(2, "2026-11-03"), (3, None)]
    assert pages(START, START + 48 * hour, "2026-11-03") == [(3, None)]
    assert pages(START + hour, START + 25 * hour) == [(3, None)]
    assert pages(START + hour, START + 2 * hour) == pages(START, START) == []


def test_a_month_for_a_check_ends_before_today() -> None:
    """Some providers refuse to be asked for the day that is still going on."""
    east = timezone(timedelta(hours=2))
    month = last_30_days(datetime(2026, 11, 3, 1, tzinfo=east))
    assert month == Window(START - timedelta(days=30), START)


def test_an_amount_larger_than_any_bill_is_a_mistake_in_units() -> None:
    money = TypeAdapter(Money).validate_python
    assert money("-12.50") == Decimal("-12.50")
    assert money(int(DEAREST)) == DEAREST
    for wrong in (DEAREST + 1, -DEAREST - 1, "much", None, float("inf")):
        with pytest.raises(ValidationError):
            money(wrong)
