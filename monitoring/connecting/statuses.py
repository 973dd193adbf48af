"""What an answer's status means, whose turn it is, and when to come back: one table for all providers."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import orjson

from .errors import Fault, SourceError

LONGEST_WAIT = timedelta(hours=24)
"""A provider that asks for more is asked again after this."""
_CLIENT = {
    401: "{name} refused the key. Check that it was copied whole and is not revoked, or create a new one.",
    402: "{name} says the account has to pay first. Look at its billing page.",
    403: "{name} knows the key but does not let it read this. Give it permission to read what is asked for beside its field.",
    404: "{name} has nothing at {where}. Check the address and the project.",
    410: "{name} no longer has {where}. Check the address and the project.",
}
_IN_ITS_WORDS = frozenset({400, 402, 403, 404, 410, 422})
"""Where what the provider says may hold what the table cannot know: which scope is missing, which project is unknown."""
_WORDS_AT = ("message", "error_description", "reason", "detail", "title", "error")
_LATER = {
    408: "{name} took too long to answer.",
    425: "{name} asks to come back later.",
    429: "{name} allows no more requests for now.",
}
_LIMIT_HEADERS = ("x-ratelimit-reset", "ratelimit-reset")
"""When a limit ends. Some providers send them with every answer, so only one that is about the limit is read for them."""
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?")


def error_of(name: str, response: httpx.Response, now: datetime) -> SourceError | None:
    """The error an answer stands for, or None for one that brings data. `name` is the provider's."""
    status = response.status_code
    if 200 <= status < 300:
        return None
    if status in _CLIENT:
        fault, words = Fault.CLIENT, _CLIENT[status]
    elif status in _LATER:
        fault, words = Fault.LATER, _LATER[status]
    elif status >= 500:
        fault, words = Fault.LATER, "{name} has trouble of its own (status {status})."
    elif 300 <= status < 400:
        fault, words = Fault.CLIENT, "{name} sends elsewhere from {where}. Type the address it leads to."
    else:
        fault, words = Fault.OURS, "{name} did not accept a request of FracOps (status {status})."
    return SourceError(
        fault,
        words.format(name=name, status=status, where=response.request.url.path[:80]),
        # Not by the charset the answer claims: there are codecs that are none of text.
        detail=response.content.decode(errors="replace"),
        retry_at=retry_at(response.headers, now, limited=status == 429) if fault is Fault.LATER else None,
        status=status,
    )


def reason_given(response: httpx.Response) -> str:
    """What a provider gives as its reason for a refusal, in one line, as it came: it may hold the key. Empty where it adds nothing."""
    if response.status_code not in _IN_ITS_WORDS:
        return ""
    try:
        found = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return ""
    for _ in range(2):  # {"error": {"message": …}}
        found = next((found[key] for key in _WORDS_AT if found.get(key)), "") if isinstance(found, dict) else found
    return " ".join(found.split()) if isinstance(found, str) else ""


def retry_at(headers: Mapping[str, str], now: datetime, *, limited: bool = True) -> datetime | None:
    """When the provider wants to be asked again, by our clock: from `Retry-After`, else, for an answer about its limit, from a header
    that says when that ends.

    A moment given in the provider's time is read against its own `Date`, so a clock that is wrong on either side changes nothing.
    """
    theirs = _moment(headers.get("date", "")) or now
    for name in ("retry-after", *(_LIMIT_HEADERS if limited else ())):
        if (wait := _wait(headers.get(name, "").strip(), theirs)) is not None:
            return now + min(max(wait, timedelta(seconds=1)), LONGEST_WAIT)
    return None


def _wait(text: str, theirs: datetime) -> timedelta | None:
    """How long a header says to wait: seconds, a unix time, a date, or a duration like ``1m30s``."""
    try:
        number = float(text)
    except ValueError:
        if text and (match := _DURATION.fullmatch(text)):
            hours, minutes, seconds, milliseconds = (float(part or 0) for part in match.groups())
            # In numbers that no clock knows the wait would overflow.
            return timedelta(seconds=min(hours * 3600 + minutes * 60 + seconds + milliseconds / 1000, 1e9))
        moment = _moment(text)
        return moment - theirs if moment else None
    if not 0 <= number < 1e14:
        return None
    # Nobody waits thirty years: a number that large is a moment, in seconds or milliseconds since 1970.
    if number > 1e12:
        number /= 1000
    return timedelta(seconds=number - theirs.timestamp() if number > 1e9 else number)


def _moment(text: str) -> datetime | None:
    """A date as HTTP or RFC 3339 write it; one without an offset is UTC."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            found = read(text)
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
