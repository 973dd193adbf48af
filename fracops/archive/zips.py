"""The zip itself: written a file at a time with the digest of each, read back only where every digest is right."""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson

FORMAT = "fracops-client"
VERSION = 1
MANIFEST = "manifest.json"
MOST_FILES = 100_000
"""In one archive, its manifest too: that of so many stays below MOST_MANIFEST."""
MOST_BYTES = 16 * 2**30
"""Unpacked, all files together."""
MOST_MANIFEST = 64 * 2**20
LONGEST_LINE = 64 * 2**20
"""Of a JSON file: a frozen report with its PDF fits many times."""
_BLOCK = 2**18
_PATH = re.compile(
    r"(?:client\.json|people\.json|READ-ME\.md|(?:json|csv|markdown|pdf)(?:/[a-z0-9][a-z0-9._-]*)+)", re.ASCII
)
_WHEN = (1980, 1, 1, 0, 0, 0)


class ArchiveError(ValueError):
    """A file that is no whole, unaltered archive of a client; the message says what is wrong with it and what to do."""


@dataclass
class Entry:
    """A file of the zip while it is written."""

    path: str
    file: IO[bytes]
    rows: int | None = None
    size: int = 0

    def __post_init__(self) -> None:
        self.digest = hashlib.sha256()

    def write(self, content: bytes) -> None:
        """Add to the file."""
        self.file.write(content)
        self.digest.update(content)
        self.size += len(content)

    def line(self, row: Any) -> None:
        """Add a row of a JSON file."""
        self.write(orjson.dumps(row) + b"\n")
        self.rows = (self.rows or 0) + 1


class Writer:
    """Writes an archive. What it holds in memory is one block and the list of files."""

    def __init__(self, target: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED)
        self.files: list[dict[str, Any]] = []

    @contextmanager
    def file(self, path: str) -> Iterator[Entry]:
        """Write one file. Its path is one that reading takes, and there are no more than it takes: ArchiveError where there are."""
        if len(self.files) + 2 > MOST_FILES:
            raise ArchiveError(f"It would hold more than {MOST_FILES:,} files, which no import takes.")
        if not _PATH.fullmatch(path):
            raise ValueError(f"“{path}” is no path of an archive")
        with self._zip.open(_info(path), "w", force_zip64=True) as target:
            entry = Entry(path, target)
            yield entry
        told = {"path": path, "bytes": entry.size, "sha256": entry.digest.hexdigest()}
        self.files.append(told if entry.rows is None else told | {"rows": entry.rows})

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        # Of one that failed nothing is kept: what cannot be written any more is no fault of its own.
        with suppress(OSError) if kind else nullcontext():
            self._zip.close()

    def close(self, manifest: dict[str, Any]) -> None:
        """End the archive with its manifest, which lists every file."""
        whole = {"format": FORMAT, "version": VERSION, **manifest, "files": self.files}
        self._zip.writestr(_info(MANIFEST), orjson.dumps(whole, option=orjson.OPT_INDENT_2))
        self._zip.close()


def _info(path: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(path, _WHEN)
    made.compress_type = zipfile.ZIP_DEFLATED
    made.external_attr = 0o600 << 16
    return made


class Reader:
    """A whole and unaltered archive. Nothing of it is ever unpacked to the disk."""

    def __init__(self, path: Path) -> None:
        """Raises ArchiveError unless every file is as the manifest says, and nothing else is in it."""
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as fault:
            raise ArchiveError(
                f"{path} cannot be opened as a zip: {fault}. Name a file that an export made."
            ) from fault
        with _damage("the zip"):
            self.manifest = self._manifest()
            self._check()

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def document(self, path: str) -> Any:
        """A small JSON file."""
        with _damage(path), self._zip.open(path) as file:
            return orjson.loads(file.read(LONGEST_LINE))

    def lines(self, path: str) -> Iterator[dict[str, Any]]:
        """The rows of a JSON file, one in memory at a time; none of one that is not there."""
        if path not in self._zip.NameToInfo:
            return
        with _damage(path), self._zip.open(path) as file:
            for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1):
                row = orjson.loads(line)
                if not isinstance(row, dict):
                    raise ArchiveError(f"{path}, line {number} is no row.")
                yield row

    def _manifest(self) -> dict[str, Any]:
        infos = self._zip.infolist()
        if len(infos) > MOST_FILES:
            raise ArchiveError(f"It holds {len(infos):,} files; an export has at most {MOST_FILES:,}.")
        if MANIFEST not in self._zip.NameToInfo:
            raise ArchiveError(f"It has no {MANIFEST}: it is not an export of a client.")
        with self._zip.open(MANIFEST) as file:
            content = file.read(MOST_MANIFEST + 1)
        if len(content) > MOST_MANIFEST:
            raise ArchiveError(f"Its {MANIFEST} is too long for one that an export wrote.")
        told = orjson.loads(content)
        if not isinstance(told, dict) or told.get("format") != FORMAT or not isinstance(told.get("files"), list):
            raise ArchiveError(f"Its {MANIFEST} is not that of an export of a client.")
        if told.get("version") != VERSION:
            raise ArchiveError(
                f"It is of version {told.get('version')} of the format, and this FracOps reads version {VERSION}."
                " Export it again with the same release."
            )
        return told

    def _check(self) -> None:
        listed = {str(one["path"]): one for one in self.manifest["files"]}
        held = [info.filename for info in self._zip.infolist() if info.filename != MANIFEST]
        for path in held:
            if not _PATH.fullmatch(path):
                raise ArchiveError(f"It holds a file called “{path[:120]}”, which no export writes.")
        if len(held) != len(set(held)) or set(held) != listed.keys():
            odd = sorted(set(held) ^ listed.keys()) or sorted({p for p in held if held.count(p) > 1})
            raise ArchiveError(
                f"Its manifest and its files differ in “{odd[0][:120]}”: something was added or taken away."
            )
        if sum(int(one["bytes"]) for one in listed.values()) > MOST_BYTES:
            raise ArchiveError(f"Unpacked it is larger than {MOST_BYTES // 2**30} GiB, the most that is read.")
        for path, told in listed.items():
            self._check_file(path, int(told["bytes"]), str(told["sha256"]))

    def _check_file(self, path: str, size: int, digest: str) -> None:
        """Read it block by block, never further than the manifest says it goes: a bomb is not unpacked."""
        found, read = hashlib.sha256(), 0
        with _damage(path), self._zip.open(path) as file:
            while block := file.read(_BLOCK):
                found.update(block)
                read += len(block)
                if read > size:
                    raise ArchiveError(f"{path} is longer than the manifest says. Use an unaltered copy.")
        if found.hexdigest() != digest:
            raise ArchiveError(f"{path} is not as it was exported: its digest is another. Use an unaltered copy.")


@contextmanager
def _damage(what: str) -> Iterator[None]:
    """Say of a damaged zip in words what Python says in many ways."""
    try:
        yield
    except ArchiveError:
        raise
    # RuntimeError is what zipfile raises for an encrypted file, KeyError and TypeError what a manifest of odd shape comes to.
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, KeyError, TypeError, ValueError) as fault:
        raise ArchiveError(f"The file is damaged at {what}: {fault}. Copy or export it again.") from fault
