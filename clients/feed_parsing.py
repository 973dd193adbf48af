"""A feed's bytes as entries in plain text. Pure: what is fetched comes in, what may be stored goes out.

feedparser reads Atom and RSS of every make. It is given a stream, never the bytes themselves: bytes it would first try to open as a
file of this machine.
"""

import hashlib
import html
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import feedparser
import nh3

MOST = 200
"""Entries that are taken of one reading, the newest."""
TITLE, SUMMARY, LINK = 200, 1000, 500
"""Characters kept of an entry's texts and of its address."""
_HARMLESS = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)
"""What feedparser calls a fault and every server does."""


class NotAFeedError(ValueError):
    """The bytes are no feed; the message says what to do."""


@dataclass(frozen=True)
class Entry:
    """One entry. `key` is the SHA-256 of its id, `link` an http or https address or "", the texts are plain."""

    key: str
    title: str
    link: str
    summary: str
    published_at: datetime | None


@dataclass(frozen=True)
class Parsed:
    """A feed's title and entries, the newest first; `broken` where it could be read in part only."""

    title: str
    entries: tuple[Entry, ...]
    broken: bool


def parse(body: bytes, content_type: str = "") -> Parsed:
    """The feed in `body`. Raises NotAFeedError where there is none in it."""
    headers = {"content-type": content_type} if content_type else {}
    try:
        found = feedparser.parse(BytesIO(body), response_headers=headers)
        entries = {entry.key: entry for entry in map(_entry, found.get("entries", []))}
    except Exception as fault:
        raise NotAFeedError(
            f"It cannot be read as a feed ({type(fault).__name__}): look for another address of it."
        ) from fault
    if not found.get("version"):
        raise NotAFeedError("What stands there is no Atom or RSS feed: look for the address behind its feed symbol.")
    newest = sorted(entries.values(), key=lambda e: e.published_at or datetime.min.replace(tzinfo=UTC), reverse=True)
    broken = bool(found.get("bozo")) and not isinstance(found.get("bozo_exception"), _HARMLESS)
    return Parsed(_plain(found.get("feed", {}).get("title"), TITLE), tuple(newest[:MOST]), broken)


def _entry(raw: Mapping[str, Any]) -> Entry:
    title, link = _plain(raw.get("title"), TITLE), _address(raw.get("link"))
    published = _moment(raw.get("published_parsed") or raw.get("updated_parsed"))
    known = str(raw.get("id") or raw.get("link") or f"{title} {published}")
    return Entry(
        key=hashlib.sha256(known.encode(errors="replace")).hexdigest(),
        title=title or "Without a title",
        link=link,
        summary=_plain(raw.get("summary"), SUMMARY),
        published_at=published,
    )


def _plain(text: Any, longest: int) -> str:
    """HTML as the words in it."""
    # Far more than is kept is not worth cleaning.
    bare = html.unescape(nh3.clean(str(text or "")[: 20 * SUMMARY], tags=set()))
    words = " ".join("".join(c if c.isprintable() else " " for c in bare).split())
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


def _address(link: Any) -> str:
    text = str(link or "").strip()
    try:
        usable = urlsplit(text).scheme in ("http", "https") and text.isprintable() and len(text) <= LINK
    except ValueError:
        usable = False
    return text if usable else ""


def _moment(parsed: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (TypeError, ValueError, OverflowError):
        return None
