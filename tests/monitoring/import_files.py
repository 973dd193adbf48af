"""Writes small files of recorded calls for tests."""

import gzip
from pathlib import Path
from zoneinfo import ZoneInfo

from monitoring.importing import Call, Calls, Filter, RowFile, RowRefused, Spread, read_mapping

CHICAGO = ZoneInfo("America/Chicago")


def write(folder: Path, text: str | bytes, name: str = "calls.csv") -> Path:
    path = folder / name
    content = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def read(
    path: Path, *maps: str, only: tuple[str, ...] = (), spread: Spread | None = None, source: str = "source"
) -> tuple[list[Call], list[tuple[int, str]]]:
    """The calls of a file, and the line and reason of each row refused."""
    rows = RowFile(path)
    calls = Calls(read_mapping(list(maps), rows.header), source, "Bot", CHICAGO, spread=spread)
    taken: list[Call] = []
    refused: list[tuple[int, str]] = []
    for row in rows.rows(Filter(list(only))):
        try:
            if isinstance(row, RowRefused):
                raise row
            taken.append(calls.call(row))
        except RowRefused as problem:
            refused.append((problem.line, problem.reason))
    return taken, refused
