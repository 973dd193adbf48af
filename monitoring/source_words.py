"""How a source is doing, in a sentence for the person who looks after it, and how far its reading has come."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from django.db.models import Min, Sum

from clients.writing import clock_text, day_text

from .connecting.errors import Fault, SourceError
from .connecting.kind import DAY
from .models import Source, State, Sync
from .sync import claims, windows
from .sync.beginnings import Beginning, beginning_of

SILENT = timedelta(minutes=2)
"""How long a worker may be silent, between one page and the next, before a page says so."""


@dataclass(frozen=True)
class Reach:
    """How far a source that is being read has come: since when, the share, the oldest day without a gap, rows so far, time to go."""

    since: Beginning
    share: float
    back_to: datetime | None
    records: int
    left: timedelta | None

    @property
    def percent(self) -> int:
        """Whole percent, never 100 before all is read."""
        return 100 if self.share >= 1 else min(99, int(self.share * 100))


def reach_of(source: Source, now: datetime) -> Reach:
    """How far a source has been read. Three queries."""
    since = beginning_of(source, now)
    share = windows.share_of(source, since.at, now)
    syncs = Sync.objects.filter(source_id=source.pk)
    if source.turned_at:
        syncs = syncs.filter(started_at__gte=source.turned_at)
    totals = syncs.aggregate(since=Min("started_at"), new=Sum("new"), changed=Sum("changed"), same=Sum("same"))
    records = sum(totals[name] or 0 for name in ("new", "changed", "same"))
    left = None
    # A reading that has hardly begun says nothing about its speed, and a later one is not measured from the first.
    if 0.02 < share < 1 and totals["since"] and source.last_sync_at is None:
        left = (now - totals["since"]) * ((1 - share) / share)
    return Reach(since, share, source.done[-1].start if source.done else None, records, left)


def sentence(source: Source, reach: Reach | None, now: datetime) -> str:
    """What a person needs to know first; ends with what happens next, or what to do."""
    zone = ZoneInfo(source.client.zone)
    match source.state:
        case State.READING if silent := _silence(source, now, zone):
            return silent
        case State.READING if reach and reach.share < 1:
            whole = round((now - reach.since.at) / DAY) or 1
            why = f" ({reach.since.because})" if reach.since.because else ""
            return f"{source.name} is being read: {reach.percent}% of {whole} days{why} so far, the newest first{_to_go(reach)}."
        case State.READING:
            return f"{source.name} is being read right now."
        case State.UP_TO_DATE:
            read_to = _clock(source.done[-1].end, now, zone) if source.done else "now"
            return f"{source.name} is read up to {read_to}. The next sync is {_due(source, now, zone)}."
        case State.PAUSED_ITSELF:
            return f"{source.error} It looks again {_due(source, now, zone)}, and at once when you edit it."
        case State.WAITING:
            return f"{source.error} It tries again {_due(source, now, zone)}; nothing is lost."
        case State.PAUSED:
            return f"{source.name} is paused. What it brought stays; it goes on where it was when you resume it."
        case State.TROUBLE:
            return f"{source.name} needs a look: {source.error}"
        case State.PUSHED:
            return f"{source.name} is arriving."
        case State.REMOVED:
            return f"{source.name} was taken away; what it brought is kept."
    return f"{source.name} has not sent anything yet."


def _silence(source: Source, now: datetime, zone: ZoneInfo) -> str:
    """That nothing was heard of a source's worker for a while, as when it was killed, and when another goes on; "" while it is heard."""
    if source.claimed_until is None or now - (heard := source.claimed_until - claims.HELD) < SILENT:
        return ""
    since = f"Nothing was heard of the reading of {source.name} since {_clock(heard, now, zone)}"
    if source.claimed_until <= now:
        return f"{since}: it was interrupted. It goes on by itself in a moment, and nothing is lost."
    return f"{since}. If it was interrupted, it goes on by itself at {_clock(source.claimed_until, now, zone)}; nothing is lost."


def refusal(error: SourceError, now: datetime) -> str:
    """Why a provider did not answer, and where it only asks for patience, how long that takes."""
    if error.fault is not Fault.LATER:
        return str(error)
    if error.retry_at is None:
        return f"{error} Try again in a minute or two."
    seconds = max(1, ceil((error.retry_at - now).total_seconds()))
    for length, word in ((3600, "hour"), (60, "minute")):
        if seconds > length:
            return f"{error} Try again in {ceil(seconds / length)} {word}s."
    return f"{error} Try again in {seconds} second{'s' * (seconds != 1)}."


def _to_go(reach: Reach) -> str:
    if reach.left is None:
        return ""
    minutes = round(reach.left.total_seconds() / 60)
    if minutes < 1:
        return ", less than a minute to go"
    if minutes < 90:
        return f", about {minutes} minute{'s' * (minutes != 1)} to go"
    return f", about {round(minutes / 60)} hours to go"


def _due(source: Source, now: datetime, zone: ZoneInfo) -> str:
    if source.next_run_at is None or source.next_run_at <= now:
        return "in a moment"
    return f"at {_clock(source.next_run_at, now, zone)}"


def _clock(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """``14:25`` for a moment of today, ``14:25 on 3 October`` for another, in the client's zone."""
    local = at.astimezone(zone)
    clock = clock_text(local)
    return clock if local.date() == now.astimezone(zone).date() else f"{clock} on {day_text(local)}"
