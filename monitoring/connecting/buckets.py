"""Reads what providers count and bill by buckets of time: totals, money, and rows FracOps does not tell apart as one."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field

from monitoring import values
from monitoring.records import BillRecord, Record, Rejection, UsageRecord

from .kind import Window
from .reading import Instant, Name, Row, taken

MOST = 2**63 - 1
"""What a total may be: PostgreSQL's bigint."""
COUNTS = ("requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
_CURRENCY = re.compile(r"[A-Z]{3}")


def _total(value: Any) -> int:
    number = Decimal(0) if value is None else values.exact(value)
    if number is None or not 0 <= number <= MOST or number != int(number):
        raise ValueError("is no whole number from 0")
    return int(number)


def _currency(value: str) -> str:
    if not _CURRENCY.fullmatch(value.upper()):
        raise ValueError("is no currency of three letters")
    return value.upper()


Total = Annotated[int, BeforeValidator(_total)]
"""A count over a whole bucket, from 0; null is 0. A busy hour has more tokens than a single call may."""
Currency = Annotated[Name, AfterValidator(_currency)]
"""An ISO 4217 code, in capitals."""


class Bucket(Row):
    """A stretch of time with its rows; providers name its ends differently."""

    start: Instant = Field(validation_alias=AliasChoices("start_time", "starting_at"))
    end: Instant = Field(validation_alias=AliasChoices("end_time", "ending_at"))
    results: list[Any]


type Counted = UsageRecord | BillRecord
type Reader = Callable[[Bucket, Any], Counted | Iterable[Counted]]


def bucketed(buckets: Iterable[Any], window: Window, read: Reader) -> tuple[list[Record], list[Rejection]]:
    """The rows of the buckets that start within a window; a row or a whole bucket that cannot be read is a rejection."""
    refused: list[Rejection] = []

    def opened(raw: Any) -> Iterable[Record]:
        bucket = Bucket.model_validate(raw)
        if bucket.end <= bucket.start:
            raise values.BadValue("a bucket ends before it starts")
        if not window.holds(bucket.start):
            return []
        found, rejected = taken(bucket.results, partial(read, bucket))
        refused.extend(rejected)
        return summed(row for row in found if isinstance(row, UsageRecord | BillRecord))

    records, rejected = taken(buckets, opened)
    return records, [*rejected, *refused]


def summed(rows: Iterable[Counted]) -> list[Counted]:
    """Rows that differ in nothing but their numbers as one with the sum: providers tell more apart than FracOps does."""
    sums: dict[Counted, Counted] = {}
    for row in rows:
        numbers = COUNTS if isinstance(row, UsageRecord) else ("amount",)
        nothing: dict[str, Any] = dict.fromkeys(numbers, 0)
        key = replace(row, **nothing)
        so_far = sums.get(key, key)
        added: dict[str, Any] = {name: getattr(so_far, name) + getattr(row, name) for name in numbers}
        sums[key] = replace(row, **added)
    return list(sums.values())
