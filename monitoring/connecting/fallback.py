"""A provider's newer API, or its older one where a server lacks it: decided at the first page, and kept to."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from .errors import SourceError
from .kind import Page, Stream

MISSING = (404, 405, 501)
"""What a server says to a path of a newer API than its own."""


def either(new: Stream, old: Stream) -> Stream:
    """The newer API's pages, or the older one's where the server lacks it. The cursor says which, so that going on stays with it."""

    def pages(cursor: str) -> Iterator[Page]:
        which, _, inner = cursor.partition(":")
        if which != "old":
            begun = False
            try:
                for page in _marked("new", new(inner)):
                    begun = True
                    yield page
            except SourceError as error:
                # What is missing later was there before: its page is gone, not its API.
                if cursor or begun or error.status not in MISSING:
                    raise
            else:
                return
        yield from _marked("old", old(inner))

    return pages


def _marked(which: str, pages: Iterator[Page]) -> Iterator[Page]:
    for page in pages:
        yield replace(page, next_cursor=page.next_cursor and f"{which}:{page.next_cursor}")


def attempted[T](newer: Callable[[], T], older: Callable[[], T]) -> T:
    """What the newer API says to a single look-up, or the older one where the server lacks it."""
    try:
        return newer()
    except SourceError as error:
        if error.status not in MISSING:
            raise
        return older()
