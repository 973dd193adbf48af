"""What a feed's server says, whatever the feed is of: asked through the guarded way out, and told in words where it says nothing."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from . import outbound
from .models import Feed, RetirementFeed

LIMITS = outbound.Limits(bytes=2 * 1024 * 1024, seconds=30.0)
LONGEST_ETAG, LONGEST_MODIFIED = 200, 80
"""Characters kept of what a server says of a version."""


class UnreadableFeedError(ValueError):
    """A feed that cannot be taken; the message says why and what to do."""


@dataclass(frozen=True)
class Fetched:
    """A feed as it stands now, and what its server said of this version: "" where that cannot be sent back as it came."""

    content: bytes
    content_type: str
    etag: str
    modified: str


def fetch(
    url: str, etag: str, modified: str, accept: str, client: Callable[..., httpx.Client] = outbound.client
) -> Fetched | None:
    """Ask a feed's server for what changed since a version; None where nothing did.

    Raises UnreadableFeedError, and nothing else that an address or a server can cause.
    """
    # Rows from before may hold what no header can.
    known = {"If-None-Match": _kept(etag, LONGEST_ETAG), "If-Modified-Since": _kept(modified, LONGEST_MODIFIED)}
    headers = {"Accept": accept, **{name: value for name, value in known.items() if value}}
    try:
        with client(LIMITS) as web:
            answer = web.get(url, headers=headers)
    except outbound.OutboundRefusedError as fault:
        raise UnreadableFeedError(str(fault)) from fault
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as fault:
        raise UnreadableFeedError(f"Its server could not be reached: {str(fault) or type(fault).__name__}") from fault
    if answer.status_code == httpx.codes.NOT_MODIFIED:
        return None
    if problem := _refused(answer):
        raise UnreadableFeedError(problem)
    return Fetched(
        answer.content,
        answer.headers.get("content-type", ""),
        _kept(answer.headers.get("etag", ""), LONGEST_ETAG),
        _kept(answer.headers.get("last-modified", ""), LONGEST_MODIFIED),
    )


def held(feed: Feed | RetirementFeed) -> bool:
    """Whether a feed is still there with the address that was read. If so, nobody changes or removes it before the transaction ends."""
    rows = type(feed)._default_manager.select_for_update().filter(pk=feed.pk, url=feed.url)
    return rows.values_list("pk", flat=True).first() is not None


def remove(feed: Feed | RetirementFeed) -> None:
    """Delete a feed with what came from it, once a worker that is storing it is done. Needs an open transaction."""
    held(feed)
    feed.delete()


def _kept(value: str, most: int) -> str:
    return value if value.isascii() and value.isprintable() and len(value) <= most else ""


def _refused(answer: httpx.Response) -> str:
    """Why an answer holds no feed, and what to do; "" where it may."""
    match answer.status_code:
        case 200:
            return ""
        case 301 | 302 | 303 | 307 | 308:
            return f"It moved to {answer.headers.get('location', 'another address')[:200]}: have that address read instead."
        case 401 | 403:
            return "Its server does not let us read it. If it needs a login, look for a public address of it."
        case 404 | 410:
            return "Nothing stands at its address any more: find its new one, or remove the feed."
        case 429:
            return "Its server asks for more time between readings. It is tried again later."
        case status if status >= 500:
            return f"Its server has a fault of its own (status {status}). It is tried again later."
        case status:
            return f"Its server answered with status {status}: check the address."
