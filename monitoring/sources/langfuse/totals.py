"""The stream of Langfuse's totals: calls and tokens by hour and model, and cost by UTC day and model, instead of single spans."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from monitoring import values
from monitoring.connecting.errors import broken_promise
from monitoring.connecting.kind import DAY, HOUR, Page, Window, utc_days
from monitoring.connecting.reading import Count, Name, Row, UtcInstant, taken
from monitoring.records import BillRecord, Record, UsageRecord

from .asking import GeneratedHttp
from .rows import KINDS

NEW, OLD = "api/public/v2/metrics", "api/public/metrics"
VENDOR = "langfuse"
LINE = "model calls, as Langfuse prices them"
CALLS = ("GENERATION", "EMBEDDING")
MOST_ROWS = 1000
"""Rows of one answer; there is no second page."""
INCLUSIVE = timedelta(milliseconds=1)
"""What is taken off the upper bound, which Langfuse includes; its times are whole milliseconds."""

type Zeroed = Annotated[Count, BeforeValidator(lambda value: 0 if value is None else value)]
type Dollars = Annotated[Decimal, BeforeValidator(lambda value: values.money(0 if value is None else value, "cost"))]


class Total(Row):
    """One hour of one model and type of observation. Counts may be written as text."""

    at: UtcInstant = Field(alias="time_dimension")
    model: Name = Field("", alias="providedModelName")
    type: Name = ""
    calls: Zeroed = Field(0, alias="count_count")
    input_tokens: Zeroed = Field(0, alias="sum_inputTokens")
    output_tokens: Zeroed = Field(0, alias="sum_outputTokens")
    cost: Dollars = Field(Decimal(0), alias="sum_totalCost")


def by_day(http: GeneratedHttp, path: str, window: Window, cursor: str) -> Iterator[Page]:
    """A page for each UTC day the window touches: its cost whole, and its hours as far as they lie in the window."""
    first, end = utc_days(window)
    hours = Window(window.start.replace(minute=0, second=0, microsecond=0), window.end)
    day = datetime.fromisoformat(cursor).replace(tzinfo=first.tzinfo) if cursor else first
    while day < end:
        rows = _rows(http, path, day, day + DAY)
        bills: dict[str, Decimal] = defaultdict(Decimal)
        records, rejected = taken(rows, partial(_usage, hours=hours, bills=bills))
        billed: list[Record] = [
            BillRecord(day.date(), VENDOR, amount, model=model, line=LINE)
            for model, amount in sorted(bills.items())
            if amount
        ]
        following = day + DAY
        yield Page(records + billed, following.date().isoformat() if following < end else None, rejected)
        day = following


def _usage(row: Any, hours: Window, bills: dict[str, Decimal]) -> UsageRecord | None:
    total = Total.model_validate(row)
    bills[total.model] += total.cost
    if total.type not in CALLS or not total.calls or not hours.holds(total.at):
        return None
    return UsageRecord(
        total.at,
        total.at + HOUR,
        VENDOR,
        total.model,
        KINDS[total.type].value,
        requests=total.calls,
        input_tokens=total.input_tokens,
        output_tokens=total.output_tokens,
    )


def _rows(http: GeneratedHttp, path: str, start: datetime, end: datetime) -> Sequence[Any]:
    """Every row of a stretch of whole hours, halved until an answer is not full."""
    query = {
        "view": "observations",
        "dimensions": [{"field": "providedModelName"}, {"field": "type"}],
        "metrics": [
            {"measure": "count", "aggregation": "count"},
            {"measure": "inputTokens", "aggregation": "sum"},
            {"measure": "outputTokens", "aggregation": "sum"},
            {"measure": "totalCost", "aggregation": "sum"},
        ],
        "timeDimension": {"granularity": "hour"},
        "fromTimestamp": start.isoformat(),
        "toTimestamp": (end - INCLUSIVE).isoformat(timespec="milliseconds"),
        # Without an order, hours without calls would be filled in with zeros.
        "orderBy": [{"field": "time_dimension", "direction": "asc"}],
        "config": {"row_limit": MOST_ROWS},
    }
    rows = http.get(path, query=json.dumps(query, separators=(",", ":"))).rows("data")
    if len(rows) < MOST_ROWS:
        return rows
    hours = (end - start) // HOUR
    if hours < 2:
        raise broken_promise(http.name, f"it counts {MOST_ROWS} models and more in one hour")
    middle = start + (hours // 2) * HOUR
    return [*_rows(http, path, start, middle), *_rows(http, path, middle, end)]
