"""One sync of one source: claim it, read window after window page by page, each page with its progress in one transaction, and let go."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.utils import timezone

from clients.tenancy import scope
from monitoring import ticket_counts
from monitoring.connecting.errors import Fault, SourceError, broken_promise
from monitoring.connecting.kind import Connector, Kind, Page, Window
from monitoring.doors import SourceRef
from monitoring.models import Source, Sync
from monitoring.sources import kinds

from . import beginnings, claims, failing, pages, sightings, vanished, windows
from .opening import connected
from .windows import progress_of

log = structlog.get_logger(__name__)

SLICE = timedelta(minutes=3)
"""How long a worker stays with one source before others have their turn."""
KEPT_SYNCS = 500
"""How many syncs of a source its history holds; of those that brought nothing, the last."""
QUIET = Q(new=0, changed=0, removed=0, rejected=0, message="")
NONE_OF = 10
"""Rows refused at a window's beginning, and none taken, that mean the provider's format has changed, not that a row is odd."""
STALE_CURSOR = frozenset({400, 404, 410, 416, 422})
"""What providers answer to a cursor they have forgotten."""


@dataclass(frozen=True)
class Outcome:
    """What a sync came to: whether there is more to read at once, and what went wrong."""

    tally: pages.Tally
    more: bool = False
    error: SourceError | None = None
    waits_until: datetime | None = None
    """When it goes on, where as much was read as may be for now."""
    lost: bool = False
    """Whether the source was taken from it: changed, paused, removed, or read by another worker."""


def run(
    client_id: int, source_id: int, *, asked_by: str = Sync.AskedBy.SCHEDULE, slice_: timedelta = SLICE
) -> Outcome | None:
    """Read a source that is due (or that somebody asked for) for one slice of time; None when another worker has it, or it is not due.

    Commits page by page. Killed at any line, it leaves stored pages with the cursor after them, and the next run goes on there.
    """
    claim = claims.take(client_id, source_id, asked=asked_by != Sync.AskedBy.SCHEDULE)
    if claim is None:
        return None
    with scope(client_id):
        now = timezone.now()
        source = Source.objects.select_related("client").get(pk=source_id)
        Sync.objects.abandoned(source_id, now)
        record = Sync.objects.create(client_id=client_id, source=source, asked_by=asked_by, started_at=now)
        since = beginnings.beginning_of(source, now).at
    reading = Reading(claim, source, record, since)
    try:
        return reading.finish(_read(reading, slice_))
    except claims.ClaimLostError:
        # Whoever has it now has closed our record of it, too.
        return Outcome(reading.tally, lost=True)


def _read(reading: "Reading", slice_: timedelta) -> bool | SourceError:
    """Whether there is more to read, or what went wrong. Raises what is not about the source: its claim or the database is gone."""
    try:
        result = reading.read(time.monotonic() + slice_.total_seconds())
        with scope(reading.claim.client_id):
            ticket_counts.recount(reading.source.client, reading.ref)
        return result
    except (claims.ClaimLostError, OperationalError, InterfaceError):
        # Without a database there is no way to say so: the claim ends by itself, and the next run goes on.
        raise
    except Exception as error:
        log.exception("sync_failed", source=reading.source.public_id, kind=reading.source.kind)
        return fault_of(reading.source, error)


def fault_of(source: Source, error: Exception) -> SourceError:
    """An exception nobody expected, as the fault of our own that it is."""
    return SourceError(
        Fault.OURS,
        f"A fault of FracOps' own stopped the sync of {source.name}; nothing is lost and it will be tried again.",
        type(error).__name__,
    )


class Reading:
    """A source under one claim, read `since` then: what it has brought, and how far it has come."""

    def __init__(self, claim: claims.Claim, source: Source, record: Sync, since: datetime) -> None:
        self.claim, self.source, self.record = claim, source, record
        self.ref = SourceRef(source.pk, source.client_id, source.public_id, source.kind)
        self.tally = pages.Tally()
        self.progress = progress_of(source, since)
        self.read_from: datetime | None = None
        self.read_to: datetime | None = None
        self.asked = record.asked_by != Sync.AskedBy.SCHEDULE
        """Whether somebody asked for it, and has not had the newest stretch yet."""
        self.held_at = time.monotonic()

    def read(self, deadline: float) -> bool | SourceError:
        """Read until all is done or the time is up; says whether there is more, or what went wrong."""
        try:
            with connected(self.source, before_each=self._hold) as connector:
                while (window := self._next(connector)) is not None:
                    self._read_window(connector, window, self.source.cursor, deadline)
                    if time.monotonic() >= deadline:
                        return self._lacks(connector.kind)
        except SourceError as error:
            return error
        return False

    def _lacks(self, kind: Kind) -> bool:
        """Whether something is left to read, of a window that was begun or another; what is only to be read again has time."""
        return (
            self.source.window_start is not None or windows.next_window(kind, self.progress, timezone.now()) is not None
        )

    def _next(self, connector: Connector[Any]) -> Window | None:
        """The window that was begun, or the next one; what has to be read again is given up first, and that is remembered."""
        # Of one that was begun before its source was told to keep less, the rest would be thrown away.
        oldest = self.progress.wanted_from - connector.kind.step
        if self.source.window_start and self.source.window_end and self.source.window_start >= oldest:
            return Window(self.source.window_start, self.source.window_end)
        now = timezone.now()
        self.progress = windows.refreshed(connector.kind, self.progress, now)
        window = windows.next_window(connector.kind, self.progress, now)
        if window is None and self.asked:
            # Whoever asks wants what is new, however short ago the last reading was.
            self.progress = windows.refreshed(connector.kind, replace(self.progress, refreshed_at=None), now)
            window = windows.next_window(connector.kind, self.progress, now)
        self.asked = False
        with scope(self.claim.client_id):
            self._keep(window, "")
        return window

    def _read_window(self, connector: Connector[Any], window: Window, cursor: str, deadline: float) -> None:
        kind = connector.kind
        # Only a stretch that providers still correct, and read from its first page to its last, tells what was deleted.
        # What came from elsewhere, before its settings were changed, is not there to be found.
        judged = window.start >= max(timezone.now() - kind.lookback - kind.step, self.source.turned_at or windows.EPOCH)
        sighted = sightings.of(self.ref, window, cursor) if judged else None
        if judged and sighted is None:
            # A worker was killed within it: its last days are read again, whole.
            self.progress = replace(self.progress, reread_at=None)
        self.read_from = min(self.read_from or window.start, window.start)
        self.read_to = max(self.read_to or window.end, window.end)
        try:
            for page in self._pages(connector, window, cursor):
                if sighted:
                    # A row that cannot be read is still there.
                    sighted.whole = sighted.whole and not page.rejected
                    sighted.note(page.records, vanished.KEYS)
                with scope(self.claim.client_id):
                    pages.store(self.ref, page, self.tally)
                    if page.next_cursor is None:
                        if sighted and sighted.whole:
                            self.tally.removed += vanished.remove(self.ref, window, sighted, kind.complete)
                        self.progress = replace(self.progress, done=windows.joined(self.progress.done, window))
                        self._keep(None, "")
                    else:
                        self._keep(window, page.next_cursor)
                    self._count()
                if page.next_cursor is not None and time.monotonic() >= deadline:
                    return
        finally:
            if sighted and self.source.cursor:
                sightings.keep(self.ref, window, self.source.cursor, sighted)

    def _pages(self, connector: Connector[Any], window: Window, cursor: str) -> Iterator[Page]:
        """The window's pages from the cursor on; from its beginning, where the provider has forgotten the cursor."""
        came, taken, refused = False, 0, 0
        try:
            for page in connector.fetch(window, cursor):
                came, taken, refused = True, taken + len(page.records), refused + len(page.rejected)
                if not cursor and not taken and refused >= NONE_OF:
                    raise self._unreadable(connector.kind, window, page, refused)
                yield page
            if not came:
                yield Page((), None)
        except SourceError as error:
            if came or not cursor or error.status not in STALE_CURSOR:
                raise
            yield from connector.fetch(window, "")

    def _unreadable(self, kind: Kind, window: Window, page: Page, refused: int) -> SourceError:
        """What is said of a window of which not one row could be read; it begins anew when it is tried again."""
        self.tally.refused(rejection.reason for rejection in page.rejected)
        with scope(self.claim.client_id):
            self._keep(window, "")
        return broken_promise(
            kind.name, f"none of the first {refused} rows could be read, one because {page.rejected[0].reason}"
        )

    def _hold(self) -> None:
        """Hold on to the claim while a page takes many requests. Raises ClaimLostError."""
        if time.monotonic() - self.held_at >= claims.RENEWED.total_seconds():
            with scope(self.claim.client_id):
                self.claim.keep()
            self.held_at = time.monotonic()

    def _keep(self, window: Window | None, cursor: str) -> None:
        """Hold on to the claim with the progress made, in the open transaction."""
        self.source.window_start, self.source.window_end = (window.start, window.end) if window else (None, None)
        self.source.cursor = cursor
        self.claim.keep(
            window_start=self.source.window_start,
            window_end=self.source.window_end,
            cursor=cursor,
            done=self.progress.done,
            refreshed_at=self.progress.refreshed_at,
            reread_at=self.progress.reread_at,
        )

    def _count(self, **ending: Any) -> None:
        """Bring the history's row up to date, so that a page shows a running sync's counts."""
        tally = self.tally
        Sync.objects.filter(pk=self.record.pk).update(
            pages=tally.pages,
            new=tally.new,
            changed=tally.changed,
            same=tally.same,
            removed=tally.removed,
            rejected=tally.rejected,
            reasons=dict(tally.reasons),
            read_from=self.read_from,
            read_to=self.read_to,
            **ending,
        )

    def finish(self, result: bool | SourceError) -> Outcome:
        """Let go of the source: due again after its kind's interval, at once, or after a setback. Raises ClaimLostError."""
        now = timezone.now()
        with scope(self.claim.client_id):
            if not isinstance(result, SourceError):
                return self._went_well(now, more=result)
            if result.rationed or (result.status == 429 and self.tally.pages):
                return self._waits(now, result)
            return self._failed(now, result)

    def _went_well(self, now: datetime, *, more: bool) -> Outcome:
        due = now if more else now + kinds()[self.source.kind].kind.interval
        self.claim.release(
            failures=0,
            next_run_at=None if self._paused else due,
            paused_itself=False,
            error="",
            error_at=None,
            **({} if more else {"last_sync_at": now}),
        )
        failing.recovered(self.source, now)
        self._count(ended_at=now)
        self._prune()
        return Outcome(self.tally, more=more)

    def _waits(self, now: datetime, held_back: SourceError) -> Outcome:
        """As much as may be read for now was: the rest waits, and nobody has to know."""
        due = max(held_back.retry_at or now, now + timedelta(seconds=1))
        self.claim.release(failures=0, next_run_at=None if self._paused else due)
        self._count(ended_at=now)
        return Outcome(self.tally, waits_until=due)

    def _failed(self, now: datetime, error: SourceError) -> Outcome:
        after = failing.setback(error, self.source.failures, now)
        self.claim.release(
            failures=after.failures,
            next_run_at=None if self._paused else after.next_run_at,
            paused_itself=after.paused_itself and not self._paused,
            error=str(error)[:500],
            error_at=now,
        )
        if not self._paused:
            failing.tell(self.source, error, now, after)
        self._count(ended_at=now, fault=error.fault.value, message=str(error)[:500])
        return Outcome(self.tally, error=error)

    @property
    def _paused(self) -> bool:
        """Whether a person paused it and asked for this one sync: who did sees what comes of it. Pausing it later takes the claim."""
        return self.source.next_run_at is None

    def _prune(self) -> None:
        history = Sync.objects.filter(source_id=self.source.pk)
        history.filter(QUIET, ended_at__lt=self.record.started_at).delete()
        if oldest := history.values_list("pk", flat=True)[KEPT_SYNCS : KEPT_SYNCS + 1]:
            history.filter(pk__lte=oldest[0]).delete()
