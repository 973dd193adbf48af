"""Reads what providers count and bill by buckets of time: totals, money, and rows FracOps does not tell apart as one."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from itertools import zip_longest
from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field

from monitoring import values
from monitoring.records import BillRecord, Record, Rejection, UsageRecord

from .http import Http
from .kind import DAY, Page, Seen, Window, utc_days
from .paginators import Request, Token
from .reading import Exact, Instant, Name, Row, taken

MOST, DEAREST = 10**15, Decimal(10) ** 9
"""What a total or an amount may be: more is a mistake in units, and a few of them added up must still fit into their column."""
COUNTS = ("requests", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
NEXT = Token("next_page", "page", more="has_more")
"""How OpenAI and Anthropic both go on."""
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


def _money(value: Decimal) -> Decimal:
    if abs(value) > DEAREST:
        raise ValueError("is more than any bill")
    return value


Total = Annotated[int, BeforeValidator(_total)]
"""A count over a whole bucket, from 0; null is 0. A busy hour has more tokens than a single call may."""
Money = Annotated[Exact, AfterValidator(_money)]
"""An amount as it was written; negative for what is given back."""
Currency = Annotated[Name, AfterValidator(_currency)]
"""An ISO 4217 code, in capitals."""


class Bucket(Row):
    """A stretch of time with its rows; providers name its ends differently."""

    start: Instant = Field(validation_alias=AliasChoices("start_time", "starting_at"))
    end: Instant = Field(validation_alias=AliasChoices("end_time", "ending_at"))
    results: list[Any]


type Counted = UsageRecord | BillRecord
type Reader = Callable[[Bucket, Any], Counted | Iterable[Counted]]


def pages_of(http: Http, first: Request, window: Window, read: Reader, cursor: str = "") -> Iterator[Page]:
    """The buckets of an answer that goes on at its `next_page`, from `cursor` on. Raises SourceError."""
    for answer, following in http.pages(first, NEXT, cursor):
        records, rejected = bucketed(answer.rows("data"), window, read)
        yield Page(records, following, rejected)


def day_by_day(
    window: Window, cursor: str, read: Callable[[date], tuple[Sequence[Record], Sequence[Rejection]]]
) -> Iterator[Page]:
    """A page for each UTC day that begins within a window, for providers that are asked a day at a time; the cursor is a day."""
    start, end = utc_days(window)
    begins = [start + DAY * at for at in range((end - start) // DAY)]
    days = [at.date() for at in begins if window.holds(at) and at.date().isoformat() >= cursor]
    for day, following in zip_longest(days, days[1:]):
        records, rejected = read(day)
        yield Page(records, following.isoformat() if following else None, rejected)


def midnight(day: date) -> datetime:
    """When a UTC day begins."""
    return datetime.combine(day, time(), UTC)


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


def last_30_days(now: datetime) -> Window:
    """The completed UTC days of the last month, for a check to ask for."""
    today = midnight(now.astimezone(UTC).date())
    return Window(today - 30 * DAY, today)


def days_of(bills: Iterable[Record]) -> dict[str, list[date]]:
    """The days with costs of each project among bills, for a check to show; none for one that costs nothing."""
    days: dict[str, set[date]] = {}
    for bill in bills:
        if isinstance(bill, BillRecord):
            days.setdefault(bill.project, set()).update([bill.day] if bill.amount else [])
    return {project: sorted(found) for project, found in days.items()}


def seen_days(name: str, days: Sequence[date]) -> Seen:
    """What a check shows of a project: on which of the last 30 days, in their order, it had costs."""
    first, last = (midnight(days[at]) if days else None for at in (0, -1))
    return Seen(name, len(days), "days with costs in the last 30", first, last)


def listed(text: str) -> list[str]:
    """The parts of a setting that has commas between them."""
    return [part.strip() for part in text.split(",") if part.strip()]
