"""Reads a FOCUS export, CSV (packed or not) or Parquet, as rows by their columns' names, every cell as text."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from monitoring.connecting.errors import Fault, SourceError
from monitoring.records import Rejection

UNPACKED = 256 * 1024 * 1024
"""Bytes a packed file may hold."""
_GZIP, _PARQUET = b"\x1f\x8b", b"PAR1"
_NOTHING = frozenset({"", "NULL", "null"})

type Cells = Mapping[str, str | None]


def rows(content: bytes, needed: frozenset[str]) -> Iterator[Cells | Rejection]:
    """Each row by its columns' names in lower case, with None for what is empty; a rejection for one with too few or too many cells.

    Raises SourceError when it is no table with the needed columns, or ends in the middle of a row.
    """
    if content.startswith(_PARQUET):
        yield from _parquet(content, needed)
        return
    text = io.TextIOWrapper(io.BytesIO(_unpacked(content)), "utf-8-sig", errors="replace", newline="")
    reader = csv.reader(text, strict=True)
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
        _expect(needed, columns)
        ragged: Rejection | None = None
        for cells in filter(None, reader):
            if ragged:
                yield ragged
                ragged = None
            if len(cells) == len(columns):
                yield {name: None if cell in _NOTHING else cell for name, cell in zip(columns, cells, strict=True)}
            else:
                ragged = Rejection(f"line {reader.line_num} has {len(cells)} cells, and the header {len(columns)}")
                short = len(cells) < len(columns)
        if ragged and short:
            raise _cut_short()
        if ragged:
            yield ragged
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise _cut_short() from None
        raise _unreadable(f"The file is no CSV: {error} (line {reader.line_num}).") from None


def _expect(needed: frozenset[str], columns: Sequence[str]) -> None:
    if missing := sorted(name for name in needed if name.lower() not in columns):
        raise _unreadable(f"The file has no column “{missing[0]}”: it is no FOCUS export.")


def _parquet(content: bytes, needed: frozenset[str]) -> Iterator[Cells]:
    # Thirty megabytes that only a reader of such a file should carry.
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(pyarrow.BufferReader(content))
        if sum(file.metadata.row_group(n).total_byte_size for n in range(file.num_row_groups)) > UNPACKED:
            raise _too_large()
        plain = [field.name for field in file.schema_arrow if not pyarrow.types.is_nested(field.type)]
        _expect(needed, [name.lower() for name in plain])
        for batch in file.iter_batches(batch_size=5000, columns=plain):
            for row in batch.to_pylist():
                yield {name.lower(): _written(cell) for name, cell in row.items()}
    except pyarrow.ArrowException:
        # Its index stands at the end, so half a file has none.
        raise _cut_short() from None


def _written(cell: Any) -> str | None:
    """A cell as a CSV would have it: moments with their offset or none, decimals as they are, a float by its shortest digits."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, datetime):
        return cell.isoformat()
    return repr(cell) if isinstance(cell, float) else str(cell)


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
        raise _too_large()
    return found


def _cut_short() -> SourceError:
    return SourceError(Fault.LATER, "The file ends in the middle of a row: it was cut short, or is being written.")


def _too_large() -> SourceError:
    return _unreadable(f"The file is larger than {UNPACKED // 2**20} MiB. Export less: one month, or fewer services.")


def _unreadable(message: str) -> SourceError:
    return SourceError(Fault.CLIENT, message)
