"""Which stretch of a source's time to read next. Pure: what was wanted, what is done, and the time in; a window out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from monitoring.connecting.kind import HOUR, Kind, Window
from monitoring.models import Source
from monitoring.sources import kinds

OVERLAP = HOUR
"""How much of the newest stretch every sync reads again; the whole `lookback` only comes every `reread_every`."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Progress:
    """How far a source has been read: wanted from when, done where, and when its newest and its trailing stretch were last given up."""

    wanted_from: datetime
    done: tuple[Window, ...] = ()
    refreshed_at: datetime | None = None
    reread_at: datetime | None = None


def horizon(kind: Kind, now: datetime) -> datetime:
    """Up to when a source can be read now: what is younger may still be on its way. Cut to the kind's grain."""
    return floor(now - kind.settle, kind.grain)


def floor(at: datetime, grain: timedelta) -> datetime:
    """The last multiple of `grain` since 1970 that is not after `at`."""
    return at - (at - EPOCH) % grain


def refreshed(kind: Kind, progress: Progress, now: datetime) -> Progress:
    """The progress with the stretches given up that are to be read again by now: rows are corrected late, so being read is not for ever."""
    end = horizon(kind, now)
    if not progress.done:
        return replace(progress, refreshed_at=progress.refreshed_at or now, reread_at=progress.reread_at or now)
    often, seldom = kind.interval, kind.reread_every
    if gaps(progress, top(kind, progress, now)):
        # As often as it takes that much time to pass: a slow source would else begin its newest stretch, or its last days, again and
        # again, and never come to what it lacks.
        often, seldom = max(often, OVERLAP), max(seldom, kind.lookback)
    if progress.reread_at is None or now - progress.reread_at >= seldom:
        kept = floor(end - kind.lookback, kind.grain)
        return replace(progress, done=without(progress.done, kept), refreshed_at=now, reread_at=now)
    if progress.refreshed_at is None or now - progress.refreshed_at >= often:
        return replace(
            progress, done=without(progress.done, floor(end - max(OVERLAP, kind.grain), kind.grain)), refreshed_at=now
        )
    return progress


def top(kind: Kind, progress: Progress, now: datetime) -> datetime:
    """Up to when a source is read: as far as it could be when its newest stretch was given up.

    If the end moved with the clock, each window read would leave a gap of as long as that took, newer than all the others.
    """
    return horizon(kind, progress.refreshed_at or now)


def next_window(kind: Kind, progress: Progress, now: datetime) -> Window | None:
    """The newest stretch not yet read, at most a step of it; None when all that is wanted is done."""
    missing = gaps(progress, top(kind, progress, now))
    if not missing:
        return None
    newest = missing[-1]
    return Window(max(newest.start, floor(newest.end - kind.step, kind.grain)), newest.end)


def gaps(progress: Progress, end: datetime) -> list[Window]:
    """What of the wanted time up to `end` has not been read, oldest first."""
    found, at = [], progress.wanted_from
    for window in progress.done:
        if window.start > at and at < end:
            found.append(Window(at, min(window.start, end)))
        at = max(at, window.end)
    if at < end:
        found.append(Window(at, end))
    return found


def without(done: Iterable[Window], start: datetime) -> tuple[Window, ...]:
    """What stays done when everything from `start` on is given up."""
    return tuple(Window(w.start, min(w.end, start)) for w in done if w.start < start)


def joined(done: Sequence[Window], read: Window) -> tuple[Window, ...]:
    """What is done once a window is, merged and in order."""
    merged: list[Window] = []
    for window in sorted((*done, read), key=lambda w: w.start):
        if window.start == window.end:
            continue
        if merged and window.start <= merged[-1].end:
            merged[-1] = Window(merged[-1].start, max(merged[-1].end, window.end))
        else:
            merged.append(window)
    return tuple(merged)


def progress_of(source: Source, since: datetime) -> Progress:
    """How far a source that is read `since` then has been."""
    return Progress(since, source.done, source.refreshed_at, source.reread_at)


def share_of(source: Source, since: datetime, now: datetime | None = None) -> float:
    """How much of a source that is read `since` then is done, 0 to 1. What is newer than all that was read is not missing."""
    end = source.done[-1].end if source.done else horizon(kinds()[source.kind].kind, now or timezone.now())
    return share_done(progress_of(source, since), end)


def share_done(progress: Progress, end: datetime) -> float:
    """How much of the wanted time is read, 0 to 1."""
    whole = (end - progress.wanted_from).total_seconds()
    left = sum((gap.end - gap.start).total_seconds() for gap in gaps(progress, end))
    return 1.0 if whole <= 0 else max(0.0, 1 - left / whole)
