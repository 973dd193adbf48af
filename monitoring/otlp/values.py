"""Reads single values out of OTLP attributes: text cut to size, ids, counts, money."""

import math
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

TEXT_LIMIT = 32 * 1024
"""Bytes of UTF-8 kept of an input or output."""
ID_LIMIT = 200
"""Characters kept of a name or id."""
TOKEN_LIMIT = 2**31 - 1
_DIGITS = 60
COST_LIMIT = Decimal(1_000_000)
"""US dollars; one call that costs more is a mistake in units."""

type Attributes = dict[str, Any]


class BadValue(ValueError):
    """A value that cannot be what its name says; the message says which and what was expected."""


def attributes(pairs: Iterable[KeyValue]) -> Attributes:
    """Attributes as a plain dict; of a key given twice the last one counts."""
    return {pair.key: any_value(pair.value) for pair in pairs}


def any_value(value: AnyValue) -> Any:
    """str, bool, int, float, bytes, a list, a dict, or None when nothing is set."""
    which = value.WhichOneof("value")
    if which == "string_value":
        return value.string_value
    if which == "array_value":
        return [any_value(item) for item in value.array_value.values]
    if which == "kvlist_value":
        return attributes(value.kvlist_value.values)
    return None if which is None else getattr(value, which)


def first(found: Attributes, names: tuple[str, ...]) -> Any:
    """The value of the first of `names` that is present and not empty, else None."""
    for name in names:
        value = found.get(name)
        if value is not None and value != "":
            return value
    return None


def name(found: Attributes, names: tuple[str, ...]) -> str:
    """A short name or id: at most 200 characters, without NUL, which PostgreSQL cannot store; empty when not given."""
    value = first(found, names)
    return "" if value is None else short(value)


def short(value: Any) -> str:
    written = value if isinstance(value, str) else written_out(value)
    return written.replace("\x00", "").strip()[:ID_LIMIT]


def text(value: Any) -> str:
    """An input or output: at most 32 KiB of UTF-8, cut between characters, without NUL."""
    if value is None:
        return ""
    written = value if isinstance(value, str) else written_out(value)
    if len(written) * 4 > TEXT_LIMIT:
        written = written.encode(errors="replace")[:TEXT_LIMIT].decode(errors="ignore")
    return written.replace("\x00", "") if "\x00" in written else written


def written_out(value: Any) -> str:
    """A value that is no string as JSON; bytes are shown as their length, for they are no text."""
    return orjson.dumps(value, default=lambda item: f"<{len(item)} bytes>" if isinstance(item, bytes) else str(item)).decode()


def count(found: Attributes, names: tuple[str, ...]) -> int | None:
    """A token count. Raises BadValue for anything but a whole number from 0 to 2³¹ − 1."""
    value = first(found, names)
    if value is None:
        return None
    number = exact(value)
    if number is None or number < 0 or number > TOKEN_LIMIT or number != int(number):
        raise BadValue(f"{_present(found, names)} must be a whole number of tokens")
    return int(number)


def money(found: Attributes, names: tuple[str, ...]) -> Decimal | None:
    """A cost in US dollars. Raises BadValue unless it is a number from 0 to a million."""
    value = first(found, names)
    if value is None:
        return None
    number = exact(value)
    if number is None or number < 0 or number > COST_LIMIT:
        raise BadValue(f"{_present(found, names)} must be a cost in US dollars, zero or more")
    return number


def exact(value: Any) -> Decimal | None:
    """A number as it was written: a double becomes its shortest decimal, 0.1 and not 0.1000000000000000055. None if it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    if isinstance(value, str) and len(value) <= _DIGITS:
        try:
            number = Decimal(value.strip())
        except InvalidOperation:
            return None
        # A huge exponent would take gigabytes to write out as an integer.
        return number if number.is_finite() and abs(number.adjusted()) <= 30 else None
    return None


def _present(found: Attributes, names: tuple[str, ...]) -> str:
    return next(name for name in names if found.get(name) not in (None, ""))
