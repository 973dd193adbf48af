"""Reads a FOCUS export that is CSV, packed or not, as rows by their columns' names. Another form of file gets a reader beside this."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping

from monitoring.connecting.errors import Fault, SourceError

UNPACKED = 256 * 1024 * 1024
"""Bytes a packed file may hold."""
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_NOTHING = frozenset({"", "NULL", "null"})

type Cells = Mapping[str, str | None]


def rows(content: bytes, needed: frozenset[str]) -> Iterator[Cells]:
    """Each row by its columns' names in lower case, with None for what is empty.

    Raises SourceError when it is no table with the needed columns, or ends in the middle of a row.
    """
    if content.startswith(_PARQUET):
        raise _unreadable("The file is Parquet, which FracOps does not read yet. Export it as CSV.")
    text = io.TextIOWrapper(io.BytesIO(_unpacked(content)), "utf-8-sig", errors="replace", newline="")
    reader = csv.reader(text, strict=True)
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        if missing := sorted(name for name in needed if name.lower() not in columns):
            raise _unreadable(f"The file has no column “{missing[0]}”: it is no CSV of a FOCUS export.")
        for cells in reader:
            if len(cells) < len(columns) and cells and next(reader, None) is None:
                raise _cut_short()
            if cells:
                yield {name: None if cell in _NOTHING else cell for name, cell in zip(columns, cells, strict=False)}
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise _cut_short() from None
        raise _unreadable(f"The file is no CSV: {error} (line {reader.line_num}).") from None


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(_GZIP):
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            found = packed.read(UNPACKED + 1)
    except EOFError:
        raise _cut_short() from None
    except (OSError, zlib.error):
        raise _unreadable("The file looks like gzip and is not.") from None
    if len(found) > UNPACKED:
        raise _unreadable(
            f"The file is larger than {UNPACKED // 2**20} MiB. Export less: one month, or fewer services."
        )
    return found


def _cut_short() -> SourceError:
    return SourceError(Fault.LATER, "The file ends in the middle of a row: it was cut short, or is being written.")


def _unreadable(message: str) -> SourceError:
    return SourceError(Fault.CLIENT, message)
