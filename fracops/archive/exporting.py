"""Writes a client's archive: step by step, each in the client's scope, under another name until it is whole."""

import csv
import hashlib
import io
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from clients.models import Client
from clients.tenancy import scope
from clients.writing import neutrally

from . import papers
from .rows import Known, cells, plain, written
from .tables import LEFT_OUT, LEFT_OUT_FOR_CLIENT, TABLES, Table
from .zips import Entry, Writer

OF_CLIENT = (
    *("slug", "name", "sector", "zone", "currency", "colour", "headcount", "contacts", "niche", "competitors"),
    *("data_notes", "country", "region", "pulse_hour", "created_at"),
)
"""What of the client's own row is in an archive."""
SHOWN_OF_CLIENT = ("slug", "name", "sector", "zone", "currency", "colour")
"""What of it the client's own executives see on their pages; its settings are the practice's."""


@dataclass(frozen=True)
class Step:
    """A part of the work, in words for who waits."""

    words: str
    run: Callable[[Client, Writer], None]


@dataclass(frozen=True)
class Made:
    """An archive that is written: how many files, how many bytes, and the digest of the zip."""

    files: int
    size: int
    sha256: str


@neutrally()
def export(
    client_id: int,
    target: Path,
    *,
    by: str,
    now: datetime,
    for_client: bool = False,
    progress: Callable[[int, int, str], None] = lambda done, steps, words: None,
) -> Made:
    """Write the TABLES of a client and its papers to `target`, which is there only once it is whole. Opens the client's scope
    for each step.

    With `for_client` it holds only what the client's own executives see. `progress` is told the steps done, their number, and
    the next one in words.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        with open(half, "xb", opener=_own) as file, Writer(file) as writer:
            known = Known()
            with scope(client_id):
                client = _client(client_id)
                steps = [*_steps(client, known, by=by, now=now, for_client=for_client)]
            for done, step in enumerate(steps):
                progress(done, len(steps), step.words)
                with scope(client_id):
                    step.run(client, writer)
            writer.close(_manifest(client, by, now, for_client=for_client))
            file.flush()
            os.fsync(file.fileno())
        made = Made(len(writer.files) + 1, half.stat().st_size, _digest(half))
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
    return made


def _own(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _client(client_id: int) -> Client:
    return Client.objects.select_related("practice").get(pk=client_id)


def _left_out(*, for_client: bool) -> tuple[str, ...]:
    return LEFT_OUT + (LEFT_OUT_FOR_CLIENT if for_client else ())


def _manifest(client: Client, by: str, now: datetime, *, for_client: bool) -> dict[str, Any]:
    return {
        "client": {"slug": client.slug, "name": client.name},
        "practice": client.practice.name,
        "made_at": now.isoformat(),
        "made_by": by,
        "for_client": for_client,
        "left_out": list(_left_out(for_client=for_client)),
    }


def _steps(client: Client, known: Known, *, by: str, now: datetime, for_client: bool) -> Iterator[Step]:
    def first(client: Client, writer: Writer) -> None:
        text = papers.read_me(client, _left_out(for_client=for_client), day=now.date())
        _put(writer, "READ-ME.md", text.encode())
        columns = SHOWN_OF_CLIENT if for_client else OF_CLIENT
        own = {name: plain(getattr(client, name)) for name in columns}
        _put(writer, "client.json", orjson.dumps(own, option=orjson.OPT_INDENT_2))

    def people(client: Client, writer: Writer) -> None:
        _put(writer, "people.json", orjson.dumps(known.people, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))

    yield Step("the client itself", first)
    for table in TABLES:
        yield Step(table.name.replace("-", " "), _table(table, known, for_client=for_client))
    yield Step("the people who are named", people)
    yield Step("the handbook", _handbook)
    if not for_client:
        yield Step("how its data is handled", _data_notes)
    yield Step(
        "the roadmap", lambda c, w: _put(w, "markdown/roadmap.md", papers.roadmap(c, for_client=for_client).encode())
    )
    for charter_id in papers.charters(client):
        yield Step("charters", _charter(charter_id))
    for report_id in papers.editions(client):
        yield Step("reports as they were sent", _report(report_id))


def _table(table: Table, known: Known, *, for_client: bool) -> Callable[[Client, Writer], None]:
    def run(client: Client, writer: Writer) -> None:
        with writer.file(f"json/{table.name}.jsonl") as entry:
            entry.rows = 0
            for row in written(table, client, known, for_client=for_client):
                entry.line(row)
        if table.csv:
            with writer.file(f"csv/{table.name}.csv") as entry:
                _spread(entry, cells(table, client, known, for_client=for_client))

    return run


def _spread(entry: Entry, lines: Iterator[list[str]]) -> None:
    """Write lines as CSV, a line at a time."""
    line = io.StringIO(newline="")
    writer = csv.writer(line)
    for number, row in enumerate(lines):
        writer.writerow(row)
        entry.write(line.getvalue().encode())
        line.seek(0)
        line.truncate()
        entry.rows = number


def _handbook(client: Client, writer: Writer) -> None:
    for path, text in papers.handbook(client):
        _put(writer, path, text.encode())


def _data_notes(client: Client, writer: Writer) -> None:
    if notes := papers.data_notes(client):
        _put(writer, "markdown/data-handling.md", notes.encode())


def _charter(charter_id: int) -> Callable[[Client, Writer], None]:
    def run(client: Client, writer: Writer) -> None:
        name, text, pdf = papers.charter(client, charter_id)
        _put(writer, f"markdown/charters/{name}.md", text.encode())
        _put(writer, f"pdf/charters/{name}.pdf", pdf)

    return run


def _report(report_id: int) -> Callable[[Client, Writer], None]:
    def run(client: Client, writer: Writer) -> None:
        name, pdf = papers.edition(report_id)
        _put(writer, f"pdf/reports/{name}.pdf", pdf)

    return run


def _put(writer: Writer, path: str, content: bytes) -> None:
    with writer.file(path) as entry:
        entry.write(content)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
