"""Rows of a table as JSON objects and back: other rows by their number in the archive, people by their address."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import orjson
from django.db import models

from clients.cells import safe_cell
from clients.models import Client, System, User

from .tables import ROW_NUMBERS, TABLES, Table

CHUNK = 1_000
"""Rows that are in memory at a time."""
_UNREADABLE = frozenset({"buckets", "counts", "sum_squares", "digests"})
"""Columns that mean nothing in a spreadsheet."""


@dataclass
class Known:
    """What was written so far and can be pointed at: of each table the rows' numbers and names, and the people named."""

    numbers: dict[type[models.Model], dict[int, int]] = field(default_factory=dict)
    names: dict[type[models.Model], dict[int, str]] = field(default_factory=dict)
    addresses: dict[int, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    """Names by address, of those who are mentioned."""

    def person(self, user_id: int) -> str:
        """Somebody's address."""
        if user_id not in self.addresses:
            user = User.objects.only("email", "name").get(pk=user_id)
            self.addresses[user_id] = user.email
            self.people[user.email] = user.name
        return self.addresses[user_id]


class DanglingError(LookupError):
    """A row points at one that is not in the archive: it came, or was hidden, after its parent's table was written."""


def written(table: Table, client: Client, known: Known, *, for_client: bool) -> Iterator[dict[str, Any]]:
    """The table's rows as JSON objects, in an order that does not depend on row numbers. Needs the client's scope."""
    numbers = known.numbers.setdefault(table.model, {})
    names = known.names.setdefault(table.model, {})
    for row in _rows(table, client, for_client=for_client).iterator(chunk_size=CHUNK):
        try:
            shown = _written_row(table, row, known, for_client=for_client)
        except DanglingError:
            continue
        if table.model in _pointed_at():
            numbers[row.pk] = len(numbers) + 1
            names[row.pk] = str(row)
        yield shown


def cells(table: Table, client: Client, known: Known, *, for_client: bool) -> Iterator[list[str]]:
    """The table as lines of a spreadsheet, the head first; what is pointed at stands there by its name. Needs the client's scope."""
    hidden = _UNREADABLE | (table.hidden if for_client else frozenset())
    columns = [f for f in table.fields if f.name not in hidden]
    yield [f.name for f in columns]
    for row in _rows(table, client, for_client=for_client).filter(table.csv_rows).iterator(chunk_size=CHUNK):
        try:
            # What JSON leaves out, because it points at nothing that is here, is left out of the spreadsheet too.
            _written_row(table, row, known, for_client=for_client)
        except DanglingError:
            continue
        yield [safe_cell(_cell(table, row, f, known, for_client=for_client)) for f in columns]


def _rows(table: Table, client: Client, *, for_client: bool) -> "models.QuerySet[Any]":
    found = table.model._default_manager.filter(table.rows(client))
    if "client" in {f.name for f in table.model._meta.concrete_fields}:
        found = found.filter(client=client)
    if for_client:
        found = found.filter(table.shown)
    return found.order_by(*table.order)


def _written_row(table: Table, row: models.Model, known: Known, *, for_client: bool) -> dict[str, Any]:
    return {
        f.name: _pointer(f, row, known) if _points(f) else plain(_value(table, row, f, for_client=for_client))
        for f in table.fields
        if not (for_client and f.name in table.hidden)
    }


def _value(table: Table, row: models.Model, f: "models.Field[Any, Any]", *, for_client: bool) -> Any:
    return getattr(row, table.said[f.name] if for_client and f.name in table.said else f.attname)


def _points(f: "models.Field[Any, Any]") -> bool:
    return f.is_relation or f.attname == ROW_NUMBERS


def target_of(f: "models.Field[Any, Any]") -> type[models.Model]:
    """The model that a field points at."""
    return System if f.attname == ROW_NUMBERS else f.related_model  # type: ignore[return-value]


def _pointer(f: "models.Field[Any, Any]", row: models.Model, known: Known) -> Any:
    """The number in the archive of the row that `row` points at, or the address of the person."""
    target, value = target_of(f), getattr(row, f.attname)
    if value is None or (f.attname == ROW_NUMBERS and value == 0):
        return value
    if target is User:
        return known.person(value)
    if isinstance(row, target):
        # A row of its own table may come below it: the number follows from the order, which is that of the keys.
        return _own_number(row, value)
    if (number := known.numbers.get(target, {}).get(value)) is None:
        if f.null:
            return None
        raise DanglingError
    return number


def _own_number(row: models.Model, value: int) -> int:
    model = type(row)
    return model._default_manager.filter(client_id=row.client_id, pk__lte=value).count()  # type: ignore[attr-defined]


def _cell(table: Table, row: models.Model, f: "models.Field[Any, Any]", known: Known, *, for_client: bool) -> str:
    if not _points(f):
        value = plain(_value(table, row, f, for_client=for_client))
        return (
            ""
            if value is None
            else orjson.dumps(value).decode()
            if isinstance(value, (dict, list, bool))
            else str(value)
        )
    value = getattr(row, f.attname)
    if value is None or (f.attname == ROW_NUMBERS and value == 0):
        return ""
    return known.person(value) if target_of(f) is User else known.names.get(target_of(f), {}).get(value, "")


def plain(value: Any) -> Any:
    """A column's value as JSON has it."""
    match value:
        case None | bool() | int() | float() | str() | dict():
            return value
        case Decimal():
            return f"{value:f}"
        case datetime() | date():
            return value.isoformat()
        case bytes() | memoryview():
            return base64.b64encode(value).decode()
        case list() | tuple():
            return [plain(one) for one in value]
    raise TypeError(f"an archive cannot hold {value!r}")


@cache
def _pointed_at() -> frozenset[type[models.Model]]:
    """The tables whose rows others point at: only of those numbers and names are kept in memory."""
    return frozenset(target_of(f) for table in TABLES for f in table.fields if _points(f))


def read(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a row that an archive holds, but for those that point elsewhere.

    Raises ValueError or ValidationError for what cannot be one of its table.
    """
    fields = {f.name: f for f in table.fields}
    if unknown := row.keys() - fields.keys():
        raise ValueError(f"it has “{min(unknown)}”, which no such row has")
    return {name: fields[name].to_python(value) for name, value in row.items() if not _points(fields[name])}


def pointers(table: Table) -> "dict[str, models.Field[Any, Any]]":
    """The fields of a table that point at other rows."""
    return {f.name: f for f in table.fields if _points(f)}
