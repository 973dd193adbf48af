"""Reads rows from a CSV or JSON Lines file, plain or gzipped, one at a time, knowing the line each row begins on."""

import contextlib
import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from monitoring import values
from monitoring.importing.problems import ImportProblem, RowRefused

_GZIP_MAGIC = b"\x1f\x8b"
_FIELD_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True)
class Row:
    """One row: the line it begins on, counted from 1, and its fields by column. JSON numbers are int or Decimal, never float."""

    line: int
    fields: Mapping[str, Any]


class Filter:
    """Keeps the rows whose columns hold one of the given values: ``model=gpt-4,gpt-4o`` is one condition."""

    def __init__(self, conditions: list[str]) -> None:
        """Raises ImportProblem for a condition that is not ``column=value[,value]``."""
        self.wanted: dict[str, frozenset[str]] = {}
        for condition in conditions:
            column, equals, listed = condition.partition("=")
            if not equals or not column.strip():
                raise ImportProblem(f"--only {condition}: write it as column=value or column=value,value.")
            self.wanted[column.strip()] = frozenset(value.strip() for value in listed.split(","))

    def keeps(self, row: Row) -> bool:
        return all(_written(row.fields.get(column)) in values for column, values in self.wanted.items())


class RowFile:
    """A file of rows. It is read anew by every `rows()`; `bytes_read` of `size` says how far the last reading has come."""

    def __init__(self, path: Path) -> None:
        """Raises ImportProblem for a file that is not there, empty, of unknown kind, or not gzip though named so."""
        self.path = path
        name = path.name.lower()
        self._gzipped = name.endswith(".gz")
        inner = name.removesuffix(".gz")
        if inner.endswith(".csv"):
            self._parse: Callable[[io.TextIOBase], Iterator[Row | RowRefused]] = self._csv_rows
        elif inner.endswith((".jsonl", ".ndjson")):
            self._parse = json_rows
        else:
            raise ImportProblem(f"{path}: the name must end in .csv, .jsonl or .ndjson, or one of these and .gz.")
        try:
            self.size = path.stat().st_size
            with path.open("rb") as file:
                magic = file.read(2)
        except OSError as error:
            raise ImportProblem(f"{path}: {error.strerror or error}.") from error
        if self.size == 0:
            raise ImportProblem(f"{path}: the file is empty.")
        if self._gzipped and magic != _GZIP_MAGIC:
            raise ImportProblem(f"{path}: the name ends in .gz, but this is not gzip data.")
        self.bytes_read = 0
        self.header = self._header() if inner.endswith(".csv") else None
        """The columns of a CSV file; None for JSON Lines, where each row has its own."""

    def rows(self, only: Filter | None = None) -> Iterator[Row | RowRefused]:
        """Every row, in order, or why it cannot be read. Raises ImportProblem if the file breaks off in the middle."""
        line = 0
        try:
            with self._opened() as (raw, text):
                for row in self._parse(text):
                    self.bytes_read = raw.tell()
                    line = row.line
                    if only is None or isinstance(row, RowRefused) or only.keeps(row):
                        yield row
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ImportProblem(
                f"{self.path}: the gzip data is damaged after line {line}; rows up to there were read."
            ) from error
        self.bytes_read = self.size

    @contextlib.contextmanager
    def _opened(self) -> Iterator[tuple[io.BufferedReader, io.TextIOWrapper]]:
        """The file as it lies on disk, to ask how far it was read, and its text."""
        with self.path.open("rb") as raw, contextlib.ExitStack() as stack:
            plain = stack.enter_context(gzip.GzipFile(fileobj=raw)) if self._gzipped else raw
            # Bytes that are not UTF-8 come through as surrogates, so that only their row is refused.
            yield (
                raw,
                stack.enter_context(
                    io.TextIOWrapper(plain, encoding="utf-8-sig", errors="surrogateescape", newline="")
                ),
            )

    def _header(self) -> tuple[str, ...]:
        try:
            with self._opened() as (_, text):
                header = next(csv.reader(text, strict=True), [])
        except (csv.Error, EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ImportProblem(f"{self.path}: the header cannot be read: {error}.") from error
        columns = tuple(header)
        if not any(columns):
            raise ImportProblem(f"{self.path}: the first line must name the columns.")
        if any(_unreadable(column) for column in columns):
            raise ImportProblem(f"{self.path}: the header is not UTF-8 text; save the file as UTF-8.")
        twice = sorted({column for column in columns if columns.count(column) > 1})
        if twice:
            raise ImportProblem(f"{self.path}: the header names “{twice[0]}” twice.")
        return columns

    def _csv_rows(self, text: io.TextIOBase) -> Iterator[Row | RowRefused]:
        csv.field_size_limit(_FIELD_LIMIT)
        reader = csv.reader(text, strict=True)
        next(reader)
        columns = self.header or ()
        while True:
            line = reader.line_num + 1
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield RowRefused(line, f"not a CSV row: {error}")
                continue
            if not values:  # a blank line
                continue
            if len(values) != len(columns):
                yield RowRefused(line, f"{len(values)} fields where the header has {len(columns)}")
            elif problem := next(filter(None, map(_unreadable, values)), None):
                yield RowRefused(line, problem)
            else:
                yield Row(line, dict(zip(columns, values, strict=True)))


def json_rows(text: io.TextIOBase) -> Iterator[Row | RowRefused]:
    """The rows of JSON Lines, a JSON object each; blank lines are passed over."""
    for line, written in enumerate(text, start=1):
        if not written.strip():
            continue
        if problem := _unreadable(written):
            yield RowRefused(line, problem)
            continue
        try:
            fields = json.loads(written, parse_float=Decimal, parse_constant=no_number)
        except json.JSONDecodeError as error:
            yield RowRefused(line, f"not JSON: {error.msg} at column {error.colno}")
        except RecursionError:
            yield RowRefused(line, "nested too deeply")
        except values.BadValue as error:
            yield RowRefused(line, f"not JSON: {error}")
        except ValueError:
            yield RowRefused(line, "a number in it has too many digits")
        else:
            if not isinstance(fields, dict):
                yield RowRefused(line, "not a JSON object")
            elif "\\u0000" in written and holds_nul(fields):
                yield RowRefused(line, "holds a NUL character")
            else:
                yield Row(line, fields)


def holds_nul(value: Any) -> bool:
    """Whether a text within a value of JSON has the one character that PostgreSQL cannot hold."""
    if isinstance(value, dict):
        return any("\0" in key or holds_nul(inner) for key, inner in value.items())
    if isinstance(value, list):
        return any(map(holds_nul, value))
    return isinstance(value, str) and "\0" in value


def no_number(constant: str) -> NoReturn:
    """Refuses NaN and the infinities, which are no JSON."""
    raise values.BadValue(f"{constant} is not a number")


def _unreadable(value: str) -> str | None:
    if "\x00" in value:
        return "holds a NUL character"
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return "not UTF-8 text"
    return None


def _written(value: Any) -> str:
    """A field as a person would write it on the command line."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
