"""Reads a client's archive into a practice: all of it or nothing, in the new client's scope, and never into another client."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import Error, models
from django.utils.text import slugify

from clients import acting
from clients.models import Area, Client, Practice, RiskItem, User
from clients.tenancy import practice as whole_practice
from clients.tenancy import scope

from .exporting import OF_CLIENT
from .rows import pointers, read, target_of
from .tables import TABLES, Table
from .zips import ArchiveError, Reader

BATCH = 1_000
OF_PRACTICE = frozenset({Area, RiskItem})
"""Tables of the practice, of which an archive has the rows that the client's own point at."""


@dataclass
class Brought:
    """What has been read so far: of each table the new rows' ids in their order, and people's ids by address."""

    ids: dict[type[models.Model], list[int]] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    """How many rows of each table."""

    def number(self, target: type[models.Model], number: int) -> int:
        """The new id of a row by its number in the archive."""
        found = self.ids.get(target, [])
        if not 1 <= number <= len(found):
            raise ValueError(f"it points at row {number} of {len(found)}")
        return found[number - 1]


def client_of(archive: Reader, practice: Practice, slug: str = "") -> Client:
    """The client that an archive holds, not saved yet. Raises ArchiveError for one that cannot be."""
    if archive.manifest.get("for_client"):
        raise ArchiveError(
            "It holds what the client sees, which is not all that a client is here. Import an export of everything."
        )
    told = archive.document("client.json")
    if not isinstance(told, dict) or told.keys() != set(OF_CLIENT):
        raise ArchiveError("client.json does not say what a client is.")
    columns = {f.name: f for f in Client._meta.concrete_fields}
    try:
        client = Client(practice_id=practice.pk, **{name: columns[name].to_python(told[name]) for name in OF_CLIENT})
        client.slug = slugify(slug) if slug else client.slug
        client.clean_fields(exclude=["practice"])
    except ValidationError as fault:
        raise ArchiveError(f"client.json: {' '.join(fault.messages)}") from fault
    return client


def bring(archive: Reader, client: Client, practice: Practice) -> Brought:
    """Write a client, as `client_of` has it, and all that its archive holds, in one transaction.

    Raises ArchiveError, with nothing written, for rows that cannot be.
    """
    brought = Brought()
    actor = replace(acting.ITSELF, origin="manage.py client import")
    with acting.acting(actor), whole_practice(practice.pk):
        client.save_base(raw=True, force_insert=True)
        _people(archive, brought)
        Area.objects.of(practice)
        afterwards: list[tuple[Table, int, dict[str, Any]]] = []
        for table in TABLES:
            if table.model in OF_PRACTICE:
                _of_practice(archive, table, practice, brought)
                continue
            with scope(client):
                afterwards += _table(archive, table, client, practice, brought)
        with scope(client):
            for table, row_id, row in afterwards:
                with _told(table, 0):
                    values = _columns(table, row, brought)
                    table.model._default_manager.filter(pk=row_id, client_id=client.pk).update(**values)
    return brought


def _people(archive: Reader, brought: Brought) -> None:
    """Find or make those who are named. Who is made cannot log in before somebody invites them."""
    told = archive.document("people.json")
    if not isinstance(told, dict):
        raise ArchiveError("people.json does not name people by their address.")
    for address, name in told.items():
        user = User.objects.filter(email__iexact=address).first()
        if user is None:
            user = User(email=str(address).strip().lower(), name=str(name))
            user.set_unusable_password()
            try:
                user.clean_fields()
            except ValidationError as fault:
                raise ArchiveError(f"people.json, {address}: {' '.join(fault.messages)}") from fault
            user.save()
        brought.people[str(address)] = user.pk


def _of_practice(archive: Reader, table: Table, practice: Practice, brought: Brought) -> None:
    ids = brought.ids.setdefault(table.model, [])
    for number, row in enumerate(archive.lines(f"json/{table.name}.jsonl"), 1):
        with _told(table, number):
            values = _columns(table, row, brought)
            if table.model is Area:
                made = Area.objects.get_or_create(practice_id=practice.pk, name=values["name"])[0]
            else:
                made = table.model(practice_id=practice.pk, **values)  # type: ignore[assignment]
                _check(made)
                made.save_base(raw=True, force_insert=True)
        ids.append(made.pk)
    brought.rows[table.name] = len(ids)


def _table(
    archive: Reader, table: Table, client: Client, practice: Practice, brought: Brought
) -> Iterator[tuple[Table, int, dict[str, Any]]]:
    """Write a table's rows. Yields what is to be written of them once all tables are there: the table, the row's id, its columns."""
    ids = brought.ids.setdefault(table.model, [])
    own: dict[str, Any] = {"client_id": client.pk}
    if any(f.name == "practice" for f in table.model._meta.concrete_fields):
        own["practice_id"] = practice.pk
    waiting: list[models.Model] = []
    count = 0
    for count, row in enumerate(archive.lines(f"json/{table.name}.jsonl"), 1):
        later = {name: row.pop(name) for name in table.later if name in row}
        with _told(table, count):
            made = table.model(**own, **_columns(table, row, brought))
            if table.bulk:
                waiting.append(made)
                if len(waiting) >= BATCH:
                    _flush(table, waiting)
                continue
            _check(made)
            _insert(made)
        ids.append(made.pk)
        if any(value not in (None, "") for value in later.values()):
            yield table, made.pk, later
    with _told(table, count):
        _flush(table, waiting)
    brought.rows[table.name] = count


def _flush(table: Table, waiting: list[models.Model]) -> None:
    table.model._default_manager.bulk_create(waiting)
    waiting.clear()


def _insert(row: models.Model) -> None:
    """Write a row, with the moment it was made as the archive says it."""
    if any(getattr(f, "auto_now", False) or getattr(f, "auto_now_add", False) for f in row._meta.concrete_fields):
        row.save_base(raw=True, force_insert=True)
    else:
        row.save(force_insert=True)


def _check(row: models.Model) -> None:
    """Refuse values that no form would take; what is empty or points elsewhere is checked by the database."""
    for f in row._meta.concrete_fields:
        value = getattr(row, f.attname)
        if not (f.is_relation or f.primary_key or value in f.empty_values):
            f.clean(value, row)


def _columns(table: Table, row: dict[str, Any], brought: Brought) -> dict[str, Any]:
    values = read(table, row)
    for name, f in pointers(table).items():
        if name not in row:
            continue
        value, target = row[name], target_of(f)
        if value is None or (value == 0 and not f.is_relation):
            values[f.attname] = value
        elif target is User:
            if value not in brought.people:
                raise ValueError(f"it names “{value}”, who is not in people.json")
            values[f.attname] = brought.people[value]
        else:
            values[f.attname] = brought.number(target, int(value))
    return values


@contextmanager
def _told(table: Table, number: int) -> Iterator[None]:
    """Say of a row that cannot be where it stands; of line 0 only the file."""
    where = f"json/{table.name}.jsonl" + (f", line {number}" if number else "")
    try:
        yield
    except ValidationError as fault:
        raise ArchiveError(f"{where}: {' '.join(fault.messages)}") from fault
    except ArchiveError:
        raise
    except (ValueError, TypeError, ArithmeticError, Error) as fault:
        raise ArchiveError(f"{where}: {str(fault).splitlines()[0]}") from fault
