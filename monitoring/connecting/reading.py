"""Reads what providers send: each row as a small pydantic model of what FracOps uses, taken or refused with a reason."""

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from monitoring import values
from monitoring.records import Record, Rejection

from .errors import broken_promise

_HEX32, _HEX16 = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{16}")


class Row(BaseModel):
    """A row of an answer: fields FracOps does not know are passed over, the known ones must be what they say."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


_UNREADABLE = (ArithmeticError, ValueError)
"""What a row's values can lead to: pydantic's and our own refusals are ValueErrors, a day beyond the calendar is an OverflowError.
A KeyError or TypeError is a fault of the connector, which stops it and is told."""


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("has no time zone")
    return _utc(value)


def _utc(value: datetime) -> datetime:
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:  # the first day of the year 1, east of Greenwich
        raise ValueError("is no moment of this calendar") from None


def _number(value: Any) -> Decimal:
    number = values.exact(value)
    if number is None:
        raise ValueError("is no number")
    return number


def _count(value: Any) -> int:
    return values.tokens(value, "this")


def _name(value: Any) -> str:
    return "" if value is None else values.short(value)


Instant = Annotated[datetime, AfterValidator(_aware)]
"""A moment with its offset (or unix seconds, or milliseconds), as aware UTC; one without an offset is refused."""
UtcInstant = Annotated[datetime, AfterValidator(_utc)]
"""A moment of a provider that documents its times as UTC and writes no offset."""
Exact = Annotated[Decimal, BeforeValidator(_number)]
"""A number as it was written, never a float's tail."""
Count = Annotated[int, BeforeValidator(_count)]
"""A whole number from 0 to 2³¹ − 1."""
Name = Annotated[str, BeforeValidator(_name)]
"""A short name or id; empty for null."""
Text = Annotated[str, BeforeValidator(values.text)]
"""What was said, cut to size; empty for null, JSON for what is no string."""


def one[M: Row](provider: str, model: type[M], data: Any) -> M:
    """A single object of an answer that cannot be left out. Raises SourceError when it is not what was promised."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise broken_promise(provider, why(error)) from None


def taken(
    rows: Iterable[Any], read: Callable[[Any], Record | Iterable[Record] | None]
) -> tuple[list[Record], list[Rejection]]:
    """Each row through `read`, which may give a record, several or none; a row that it refuses is a rejection with the reason."""
    records: list[Record] = []
    rejected: list[Rejection] = []
    for row in rows:
        try:
            found = read(row)
            # A generator reads when it is gone through: here, so that its refusal is this row's.
            records += [*found] if isinstance(found, Iterable) else [] if found is None else [found]
        except _UNREADABLE as error:
            rejected.append(Rejection(why(error)))
    return records, rejected


def why(error: Exception) -> str:
    """A refusal in one line, without the value: that may be what a client's customer said."""
    if isinstance(error, values.BadValue):
        return str(error)
    if not isinstance(error, ValidationError):
        return f"the row cannot be read ({type(error).__name__})"
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the row'}: {_in_words(first)}"


_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "there is no such field",
    "string_too_short": "must not be empty",
    "string_too_long": "is too long",
    "string_pattern_mismatch": "is not written as it should be",
    "string": "must be a text",
    "int": "must be a whole number",
    "float": "must be a number",
    "decimal": "must be a number",
    "bool": "must be true or false",
    "datetime": "must be a time such as 2026-11-03T14:05:00Z",
    "date": "must be a day such as 2026-11-03",
    "list": "must be a list",
    "dict": "must be an object",
    "model": "must be an object",
}
"""What pydantic's kinds of error mean for whoever sent the value: by the whole name, else by its first word."""


def _in_words(error: Any) -> str:
    kind: str = error["type"]
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    if kind in ("enum", "literal_error"):
        return f"must be {error['ctx']['expected']}".replace("'", "")
    return _WORDS.get(kind) or _WORDS.get(kind.partition("_")[0], "is not what it should be")


def trace_id(raw: str) -> str:
    """A trace's id as 32 hex digits: a UUID without its dashes, another id as its digest, always the same."""
    plain = raw.replace("-", "").lower()
    return plain if _HEX32.fullmatch(plain) else hashlib.blake2b(raw.encode(), digest_size=16).hexdigest()


def span_id(raw: str) -> str:
    """A span's id as 16 hex digits; another id as its digest, always the same. Empty for none."""
    plain = raw.lower()
    if not raw or _HEX16.fullmatch(plain):
        return plain
    return hashlib.blake2b(raw.encode(), digest_size=8).hexdigest()
