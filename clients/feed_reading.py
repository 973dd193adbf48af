"""Reading one feed: claimed, fetched through the guarded way out, and stored once; whatever goes wrong is told with what to do.

Between the claim and the result no transaction is open, for a server may take half a minute to answer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from django.db.models import F
from django.utils import timezone

from . import outbound
from .feed_parsing import Entry, NotAFeedError, Parsed, parse
from .models import EntryState, Feed, FeedEntry
from .tenancy import practice

EVERY = timedelta(hours=6)
"""How often a feed is read."""
LONGEST_WAIT = timedelta(days=2)
"""How long one that cannot be read is left alone at most."""
LIMITS = outbound.Limits(bytes=2 * 1024 * 1024, seconds=30)
FIRST = 10
"""Entries of a new subscription that are to be triaged; what is older stays out of the inbox."""


@dataclass(frozen=True)
class Answer:
    """What a feed's server said: a feed, that nothing changed (None), or in words why there is neither."""

    parsed: Parsed | None = None
    etag: str = ""
    last_modified: str = ""
    problem: str = ""


def read(practice_id: int, feed_id: int) -> int | None:
    """Read one feed if it is due and ours to read; returns how many entries came new, None where it was not ours or failed."""
    now = timezone.now()
    with practice(practice_id):
        if not Feed.objects.claim(feed_id, now, now + EVERY):
            return None
        feed = Feed.objects.get(pk=feed_id)
    answer = fetch(feed)
    if answer.problem:
        _failed(feed, answer.problem, now)
        return None
    with practice(practice_id):
        arrived = _store(feed, answer.parsed.entries, now) if answer.parsed else 0
        # Somebody may have given it another address meanwhile: what this one said of its state is not that one's.
        Feed.objects.filter(pk=feed.pk, url=feed.url).update(read_at=now, failures=0, **_state(feed, answer))
    return arrived


def fetch(feed: Feed) -> Answer:
    """Ask a feed's server for what changed since we last read it. Raises nothing that an address or a server can cause."""
    known = {"If-None-Match": feed.etag, "If-Modified-Since": feed.last_modified}
    headers = {"Accept": "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"}
    headers |= {name: value for name, value in known.items() if value}
    try:
        with outbound.client(LIMITS, headers=headers) as client:
            answer = client.get(feed.url)
    except outbound.OutboundRefusedError as fault:
        return Answer(problem=str(fault))
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError) as fault:
        return Answer(problem=f"Its server could not be reached: {str(fault) or type(fault).__name__}")
    if answer.status_code == httpx.codes.NOT_MODIFIED:
        return Answer()
    if problem := _refused(answer):
        return Answer(problem=problem)
    try:
        parsed = parse(answer.content, answer.headers.get("content-type", ""))
    except NotAFeedError as fault:
        return Answer(problem=str(fault))
    return Answer(parsed, answer.headers.get("etag", "")[:300], answer.headers.get("last-modified", "")[:100])


def _state(feed: Feed, answer: Answer) -> dict[str, str]:
    """What is noted of a reading. One that was cut off is asked for whole the next time, whatever its server says of its state."""
    if answer.parsed is None:
        return {"problem": ""} if feed.failures else {}
    if answer.parsed.broken:
        problem = "It is cut off or not well-formed. What could be read of it is here."
        return {"problem": problem, "etag": "", "last_modified": ""}
    return {"problem": "", "etag": answer.etag, "last_modified": answer.last_modified}


def _refused(answer: httpx.Response) -> str:
    """Why an answer holds no feed, and what to do; "" where it may."""
    match answer.status_code:
        case 200:
            return ""
        case 301 | 302 | 303 | 307 | 308:
            return f"It moved to {answer.headers.get('location', 'another address')[:200]}: change its address here."
        case 401 | 403:
            return "Its server does not let us read it. If it needs a login, look for a public address of it."
        case 404 | 410:
            return "Nothing stands at its address any more: find its new one, or unsubscribe."
        case 429:
            return "Its server asks for more time between readings. It is tried again later."
        case status if status >= 500:
            return f"Its server has a fault of its own (status {status}). It is tried again later."
        case status:
            return f"Its server answered with status {status}: check the address."


def _store(feed: Feed, entries: tuple[Entry, ...], now: datetime) -> int:
    """Keep what is not there yet; returns how many are to be triaged."""
    keys = [entry.key for entry in entries]
    there = set(FeedEntry.objects.filter(feed=feed, key__in=keys).values_list("key", flat=True))
    new = [entry for entry in entries if entry.key not in there]
    shown = FIRST if feed.read_at is None else len(new)
    # The oldest first, so that of one reading the newest stands on top.
    rows = [
        FeedEntry(
            practice_id=feed.practice_id,
            feed=feed,
            key=entry.key,
            title=entry.title,
            link=entry.link,
            summary=entry.summary,
            published_at=entry.published_at,
            arrived_at=now,
            state=EntryState.NEW if place < shown else EntryState.OLDER,
        )
        for place, entry in enumerate(new)
    ]
    FeedEntry.objects.bulk_create(reversed(rows), ignore_conflicts=True)
    return min(shown, len(new))


def _failed(feed: Feed, problem: str, now: datetime) -> None:
    wait = min(EVERY * 2 ** min(feed.failures, 5), LONGEST_WAIT)
    with practice(feed.practice_id):
        same = Feed.objects.filter(pk=feed.pk, url=feed.url)
        same.update(problem=problem[:500], failures=F("failures") + 1, due_at=now + wait)
