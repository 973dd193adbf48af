"""A person's week as a grid: a row for each client and area, a cell for each day, which can be changed in place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q, Sum

from .models import DAY_MINUTES, Area, Client, User, WorkEntry
from .quickadd import minutes_of, no_time, typed_of, words_of
from .worklog import NotLogged, Work, check_day, locked, log
from .writing import weekday_text

DAYS = 7


@dataclass(frozen=True)
class Cell:
    """A day of a row. `typed` is what stands in the field, `minutes` what is stored; of several entries the cell cannot be typed over."""

    name: str
    day: date
    minutes: int
    entries: int
    typed: str
    open: bool
    error: str = ""

    @property
    def words(self) -> str:
        return typed_of(self.minutes) if self.minutes else ""


@dataclass(frozen=True)
class Row:
    """A client and an area, with a cell for each day."""

    client: Client
    area: Area
    cells: tuple[Cell, ...]

    @property
    def key(self) -> str:
        return row_key(self.client, self.area)

    @property
    def total(self) -> str:
        minutes = sum(cell.minutes for cell in self.cells)
        return typed_of(minutes) if minutes else "–"


@dataclass(frozen=True)
class Week:
    """The grid of a person's week, from its Monday."""

    monday: date
    rows: tuple[Row, ...]
    entries: tuple[WorkEntry, ...]
    """What the week holds, oldest first."""

    @property
    def days(self) -> list[date]:
        return [self.monday + timedelta(days=i) for i in range(DAYS)]

    @property
    def totals(self) -> list[str]:
        """Of each day, then of the week; as in cells."""
        sums = [sum(e.minutes for e in self.entries if e.day == day) for day in self.days]
        return [typed_of(minutes) if minutes else "–" for minutes in (*sums, sum(sums))]

    @property
    def minutes(self) -> int:
        return sum(entry.minutes for entry in self.entries)

    @property
    def errors(self) -> list[str]:
        return [cell.error for row in self.rows for cell in row.cells if cell.error]


def row_key(client: Client, area: Area) -> str:
    """How a row is named in addresses and fields; neither part holds a full stop."""
    return f"{client.slug}.{area.public_id}"


def week_of(
    person: User, monday: date, today: date, clients: Sequence[Client], areas: Sequence[Area], asked: Sequence[str] = ()
) -> Week:
    """A person's week. Rows are what they worked on in it or in the week before, what is `asked` for, and every other client once."""
    after = monday + timedelta(days=DAYS)
    found = list(
        WorkEntry.objects.filter(person=person, client__in=clients)
        .filter(Q(day__gte=monday - timedelta(days=DAYS), day__lt=after))
        .order_by("day", "pk")
    )
    by_client, by_area = {client.pk: client for client in clients}, {area.pk: area for area in areas}
    pairs = dict.fromkeys((entry.client_id, entry.area_id) for entry in found if entry.area_id in by_area)
    for client in clients:
        offered = [area for area in areas if area.practice_id == client.practice_id and not area.retired]
        pairs |= dict.fromkeys((client.pk, area.pk) for area in offered if row_key(client, area) in asked)
        if offered and not any(client_id == client.pk for client_id, _ in pairs):
            pairs[client.pk, offered[0].pk] = None
    of_week = [entry for entry in found if entry.day >= monday]
    ordered = sorted(pairs, key=lambda pair: (by_client[pair[0]].name.casefold(), by_area[pair[1]].position))
    rows = tuple(_row(by_client[c], by_area[a], monday, today, of_week) for c, a in ordered)
    for entry in of_week:
        entry.client, entry.area = by_client[entry.client_id], by_area.get(entry.area_id) or entry.area
    return Week(monday, rows, tuple(of_week))


def _row(client: Client, area: Area, monday: date, today: date, entries: Sequence[WorkEntry]) -> Row:
    cells = []
    for day in (monday + timedelta(days=i) for i in range(DAYS)):
        held = [e for e in entries if (e.client_id, e.area_id, e.day) == (client.pk, area.pk, day)]
        minutes = sum(entry.minutes for entry in held)
        name = f"{row_key(client, area)}.{day:%Y-%m-%d}"
        cells.append(Cell(name, day, minutes, len(held), typed_of(minutes) if minutes else "", day <= today))
    return Row(client, area, tuple(cells))


def save(person: User, week: Week, typed: Mapping[str, str], today: date) -> tuple[Week, int]:
    """Store what was typed into the cells: all of it or, with a complaint in its cell, nothing.

    Returns the grid as it was typed and how many cells changed.

    Of each cell `typed` also holds, as ``was.<name>``, the minutes that it showed: a cell that changed in between is not overwritten.
    """
    rows, changes = [], []
    for row in week.rows:
        cells = []
        for cell in row.cells:
            read = _read(cell, typed)
            cells.append(read)
            wanted = _minutes(read.typed)
            if not read.error and read.open and read.entries < 2 and wanted != read.minutes and cell.name in typed:
                changes.append((row, cell, wanted or 0))
        rows.append(replace(row, cells=tuple(cells)))
    read_week = replace(week, rows=tuple(rows))
    if read_week.errors or not changes:
        return read_week, 0
    try:
        with transaction.atomic():
            _store(person, week, changes, today)
    except NotLogged as told:
        first = changes[0][1].name
        marked = tuple(
            replace(row, cells=tuple(replace(c, error=str(told)) if c.name == first else c for c in row.cells))
            for row in rows
        )
        return replace(read_week, rows=marked), 0
    return read_week, len(changes)


def _minutes(text: str) -> int | None:
    """What a cell says; 0 for an empty one, None for what is no time."""
    return 0 if text.strip() in ("", "0", "–", "-") else minutes_of(text)


def _read(cell: Cell, typed: Mapping[str, str]) -> Cell:
    if cell.name not in typed or not cell.open or cell.entries > 1:
        return cell
    text = typed[cell.name].strip()[:20]
    wanted, was = _minutes(text), typed.get(f"was.{cell.name}", "")
    error = ""
    if wanted is None:
        error = f"{cell.day:%A}: {no_time(text)}"
    elif was != str(cell.minutes) and wanted != cell.minutes:
        if was == str(wanted):
            return cell  # the person left it as it was shown; somebody else's change stands
        now = cell.words or "nothing"
        error = f"{cell.day:%A} was changed while you were writing and says now {now}: save again to put yours in its place."
    return replace(cell, typed=text, error=error)


def _store(person: User, week: Week, changes: Sequence[tuple[Row, Cell, int]], today: date) -> None:
    locked(person)
    check_day({cell.day for _, cell, _ in changes}, today)
    new = []
    for row, cell, minutes in changes:
        held = WorkEntry.objects.filter(person=person, client=row.client, area=row.area, day=cell.day)
        if not minutes:
            held.delete()
        elif not (entry := held.first()):
            new.append(Work(row.client, row.area, cell.day, minutes))
        else:
            entry.minutes, entry.edition = minutes, entry.edition + 1
            entry.save(update_fields=["minutes", "edition"])
    if new:
        # Of a cell that was empty nothing can be there twice: other areas' hours of the same length are other work.
        log(person, new, today, sure=True)
    for day in {cell.day for _, cell, _ in changes}:
        held_in_all = WorkEntry.objects.filter(person=person, day=day).aggregate(sum=Sum("minutes"))["sum"] or 0
        if held_in_all > DAY_MINUTES:
            raise NotLogged(f"{weekday_text(day, comma=True)} would hold {words_of(held_in_all)}: a day has 24.")
