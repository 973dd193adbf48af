"""What a window was seen to hold, kept from one slice of reading it to the next, so that a long one tells, too, what was deleted."""

from array import array
from datetime import timedelta

from django.core.cache import cache

from monitoring.connecting.kind import Window
from monitoring.doors import SourceRef

from .pages import Sighted
from .vanished import KEYS

KEPT = timedelta(days=1)
MOST = 16 * 2**20
"""Bytes kept of a window, which are two million rows. Of one with more nothing is judged: what it lost stays."""


def keep(source: SourceRef, window: Window, cursor: str, sighted: Sighted) -> None:
    """Keep what was seen of a window up to a cursor, or of one with too much that it was too much."""
    seen = {kind.__name__: keys.tobytes() for kind, keys in sighted.keys.items()}
    if sum(map(len, seen.values())) > MOST:
        sighted.whole, seen = False, {}
    cache.set(_key(source), (window.start, window.end, cursor, sighted.whole, seen), timeout=KEPT.total_seconds())


def of(source: SourceRef, window: Window, cursor: str) -> Sighted | None:
    """What was seen of the window up to this cursor, from its first page on: nothing yet at its beginning. None where the cache forgot
    it: then the window has to be read again, whole, before it can be judged."""
    if not cursor:
        return Sighted()
    found = cache.get(_key(source))
    if not found or found[:3] != (window.start, window.end, cursor):
        return None
    whole, seen = found[3:]
    return Sighted({kind: array("Q", seen[kind.__name__]) for kind in KEYS if kind.__name__ in seen}, whole)


def _key(source: SourceRef) -> str:
    return f"sighted:{source.client_id}:{source.id}"
