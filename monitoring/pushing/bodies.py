"""A pushed body as rows: one JSON object, a list of them, or one in each line; plain or gzipped. Pure."""

import io
import json
from decimal import Decimal
from itertools import islice
from typing import Any

from clients.unpacking import PackedError, PackedTooLargeError, unpacked
from monitoring import values
from monitoring.importing import Row, RowRefused
from monitoring.importing.rows import holds_nul, json_rows, no_number

LIMIT = 16 * 1024 * 1024
"""The largest body taken, in bytes, before and after decompression."""
MOST_ROWS = 10_000
"""Rows in one request."""
JSON = ("application/json",)
LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")

type Rows = list[Row | RowRefused]


class PushError(Exception):
    """A request that is refused whole: an HTTP status, and what to do in words for its sender."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def too_large() -> PushError:
    return PushError(413, f"The request is larger than {LIMIT // 2**20} MiB; send fewer rows at once.")


def document(body: bytes, content_type: str, content_encoding: str) -> Rows:
    """The rows of a body, counted from 1, those that are no JSON objects as refused. Raises PushError for a body that has no rows."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in (*JSON, *LINES):
        raise PushError(
            415, f"Send JSON: the content type must be {JSON[0]} or {LINES[0]}, not “{kind[:60] or 'missing'}”."
        )
    try:
        text = _plain(body, content_encoding.strip().lower()).decode()
    except UnicodeDecodeError as error:
        raise PushError(400, f"The body is not UTF-8 text (byte {error.start}).") from error
    rows = _lines(text) if kind in LINES else _whole(text)
    if not rows:
        raise PushError(400, "The body holds no row: send a JSON object, a list of objects, or one object a line.")
    if len(rows) > MOST_ROWS:
        raise PushError(413, f"More than {MOST_ROWS:,} rows; send them in several requests.")
    return rows


def _plain(body: bytes, encoding: str) -> bytes:
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise PushError(415, f"The content encoding must be gzip or none, not “{encoding[:60]}”.")
    try:
        return unpacked(body, LIMIT)
    except PackedTooLargeError:
        raise too_large() from None
    except PackedError as error:
        raise PushError(400, f"The body cannot be unpacked: {error}.") from error


def _whole(text: str) -> Rows:
    try:
        found: Any = json.loads(text, parse_float=Decimal, parse_constant=no_number)
    except json.JSONDecodeError as error:
        if error.msg.startswith("Extra data"):
            return _lines(text)
        raise PushError(
            400, f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except RecursionError as error:
        raise PushError(400, "The body is nested too deeply.") from error
    except values.BadValue as error:
        raise PushError(400, f"The body is not JSON: {error}.") from error
    except ValueError as error:
        raise PushError(400, "A number in the body has too many digits.") from error
    listed = found if isinstance(found, list) else [found]
    if len(listed) > MOST_ROWS:
        return listed  # refused by its length
    suspect = "\\u0000" in text
    return [_row(position, fields, suspect=suspect) for position, fields in enumerate(listed, start=1)]


def _row(position: int, fields: Any, *, suspect: bool) -> Row | RowRefused:
    if not isinstance(fields, dict):
        return RowRefused(position, "not a JSON object")
    return RowRefused(position, "holds a NUL character") if suspect and holds_nul(fields) else Row(position, fields)


def _lines(text: str) -> Rows:
    return list(islice(json_rows(io.StringIO(text)), MOST_ROWS + 1))
