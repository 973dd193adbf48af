"""Reading one feed: claimed, fetched through the guarded way out, and stored once; whatever goes wrong is told with what to do.

Between the claim and the result no transaction is open, for a server may take half a minute to answer.
"""

from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from .feed_fetching import Fetched, UnreadableFeedError, fetch, held
from .feed_parsing import Entry, NotAFeedError, Parsed, parse
from .models import EntryState, Feed, FeedEntry
from .tenancy import practice

EVERY = timedelta(hours=6)
"""How often a feed is read."""
LONGEST_WAIT = timedelta(days=2)
"""How long one that cannot be read is left alone at most."""
ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"
FIRST = 10
"""Entries of a new subscription that are to be triaged; what is older stays out of the inbox."""


def read(practice_id: int, feed_id: int) -> int | None:
    """Read one feed if it is due and ours to read; returns how many entries came new.

    None where it was not ours, failed, or was removed or given another address while it was read: then nothing is kept of it.
    """
    now = timezone.now()
    with practice(practice_id):
        if not Feed.objects.claim(feed_id, now, now + EVERY):
            return None
        feed = Feed.objects.get(pk=feed_id)
    try:
        fetched = fetch(feed.url, feed.etag, feed.last_modified, ACCEPT)
        parsed = parse(fetched.content, fetched.content_type) if fetched else None
    except (UnreadableFeedError, NotAFeedError) as fault:
        _failed(feed, str(fault), now)
        return None
    with practice(practice_id):
        if not held(feed):
            return None
        arrived = _store(feed, parsed.entries, now) if parsed else 0
        Feed.objects.filter(pk=feed.pk).update(read_at=now, failures=0, **_state(feed, fetched, parsed))
    return arrived


def _state(feed: Feed, fetched: Fetched | None, parsed: Parsed | None) -> dict[str, str]:
    """What is noted of a reading. One that was cut off is asked for whole the next time, whatever its server says of its state."""
    if fetched is None or parsed is None:
        return {"problem": ""} if feed.failures else {}
    if parsed.broken:
        problem = "It is cut off or not well-formed. What could be read of it is here."
        return {"problem": problem, "etag": "", "last_modified": ""}
    return {"problem": "", "etag": fetched.etag, "last_modified": fetched.modified}


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
