"""What a stored value may be, at every door: text cut to size, short names, exact numbers, token counts, money."""

import json
import math
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

TEXT_LIMIT = 32 * 1024
"""Bytes of UTF-8 kept of an input or output."""
ID_LIMIT = 200
"""Characters kept of a name or id."""
ID_BYTES = 400
"""Bytes of UTF-8 kept of it. A point's key holds six such names, and PostgreSQL's index at most 2,704 bytes."""
SYSTEM_LIMIT = 100
"""Characters kept of a system's name; its row, and that of the source made for its files, hold 120."""
TOKEN_LIMIT = 2**31 - 1
COST_LIMIT = Decimal(1_000_000)
"""US dollars; one call that costs more is a mistake in units."""

_DIGITS = 60
_EXPONENT = 30


class BadValue(ValueError):  # noqa: N818
    """A value that cannot be what its name says; the message says which and what was expected."""


def short(value: Any) -> str:
    """A name or id: at most 200 characters and 400 bytes, without NUL, which PostgreSQL cannot store, and without outer space."""
    written = value if isinstance(value, str) else written_out(value)
    cut = written.replace("\x00", "").strip()[:ID_LIMIT]
    return cut if cut.isascii() else cut.encode(errors="replace")[:ID_BYTES].decode(errors="ignore")


def text(value: Any) -> str:
    """An input or output: at most 32 KiB of UTF-8, cut between characters, without NUL; empty for None.

    Half of a surrogate pair, left by a sender that cut an emoji in two, becomes a question mark.
    """
    if value is None:
        return ""
    written = value if isinstance(value, str) else written_out(value)
    if len(written) * 4 > TEXT_LIMIT or not written.isascii():
        written = written.encode(errors="replace")[:TEXT_LIMIT].decode(errors="ignore")
    return written.replace("\x00", "") if "\x00" in written else written


def written_out(value: Any) -> str:
    """A value that is no string as JSON; bytes are shown as their length, for they are no text."""
    try:
        return orjson.dumps(value, default=_shown).decode()
    except orjson.JSONEncodeError:  # an integer beyond 64 bits, or half of a surrogate pair
        return json.dumps(value, default=_shown, ensure_ascii=False, separators=(",", ":"))


def _shown(item: Any) -> str:
    return f"<{len(item)} bytes>" if isinstance(item, bytes) else str(item)


def parsed(value: Any) -> Any:
    """A value that may have come as JSON in a string, as what it says; itself where it is no JSON."""
    if not isinstance(value, str | bytes):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value


def exact(value: Any) -> Decimal | None:
    """A number as it was written, or None if it is none: a double becomes its shortest decimal, 0.1 and no longer tail."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    if isinstance(value, str) and len(value) <= _DIGITS:
        try:
            value = Decimal(value.strip())
        except InvalidOperation:
            return None
    if isinstance(value, Decimal):
        # A huge exponent would take gigabytes to write out as an integer.
        return value if value.is_finite() and abs(value.adjusted()) <= _EXPONENT else None
    return None


def tokens(value: Any, what: str) -> int:
    """A token count. Raises BadValue, calling it `what`, for anything but a whole number from 0 to 2³¹ − 1."""
    number = exact(value)
    if number is None or not 0 <= number <= TOKEN_LIMIT or number != int(number):
        raise BadValue(f"{what} must be a whole number from 0 to {TOKEN_LIMIT:,}")
    return int(number)


def money(value: Any, what: str) -> Decimal:
    """A cost in US dollars. Raises BadValue, calling it `what`, unless it is a number from 0 to a million."""
    number = exact(value)
    if number is None or not 0 <= number <= COST_LIMIT:
        raise BadValue(f"{what} must be a cost in US dollars, from 0 to {COST_LIMIT:,}")
    return number
