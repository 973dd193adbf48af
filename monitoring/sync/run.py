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
from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import Connector, Page, Window
from monitoring.doors import SourceRef
from monitoring.models import Source, Sync
from monitoring.sources import kinds

from . import beginnings, claims, failing, pages, vanished, windows
from .opening import connected
from .windows import progress_of

log = structlog.get_logger(__name__)

SLICE = timedelta(minutes=3)
"""How long a worker stays with one source before others have their turn."""
KEPT_SYNCS = 500
"""How many syncs of a source its history holds; of those that brought nothing, the last."""
QUIET = Q(new=0, changed=0, removed=0, rejected=0, message="")
STALE_CURSOR = frozenset({400, 404, 410, 416, 422})
"""What providers answer to a cursor they have forgotten."""


@dataclass(frozen=True)
class Outcome:
    """What a sync came to: whether there is more to read at once, and what went wrong."""

    tally: pages.Tally
    more: bool = False
    error: SourceError | None = None


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
        result = reading.read(time.monotonic() + slice_.total_seconds())
        with scope(client_id):
            ticket_counts.recount(source.client, reading.ref)
        return reading.finish(result)
    except claims.ClaimLostError:
        # Whoever has it now has closed our record of it, too.
        return Outcome(reading.tally)
    except (OperationalError, InterfaceError):
        # The database went away, and with it the way to say so: the claim ends by itself, and the next run goes on.
        raise
    except Exception as error:
        log.exception("sync_failed", source=source.public_id, kind=source.kind)
        return reading.finish(None, fault_of(source, error))


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

    def read(self, deadline: float) -> bool | SourceError:
        """Read until all is done or the time is up; says whether there is more, or what went wrong."""
        try:
            with connected(self.source) as connector:
                while (window := self._next(connector)) is not None:
                    self._read_window(connector, window, self.source.cursor, deadline)
                    if time.monotonic() >= deadline:
                        return True
        except SourceError as error:
            return error
        return False

    def _next(self, connector: Connector[Any]) -> Window | None:
        """The window that was begun, or the next one; what has to be read again is given up first, and that is remembered."""
        # Of one that was begun before its source was told to keep less, the rest would be thrown away.
        oldest = self.progress.wanted_from - connector.kind.step
        if self.source.window_start and self.source.window_end and self.source.window_start >= oldest:
            return Window(self.source.window_start, self.source.window_end)
        now = timezone.now()
        self.progress = windows.refreshed(connector.kind, self.progress, now)
        window = windows.next_window(connector.kind, self.progress, now)
        with scope(self.claim.client_id):
            self._keep(window, "")
        return window

    def _read_window(self, connector: Connector[Any], window: Window, cursor: str, deadline: float) -> None:
        kind, sighted = connector.kind, pages.Sighted()
        # Only a stretch that providers still correct, and read from its first page to its last, tells what was deleted.
        # What came from elsewhere, before its settings were changed, is not there to be found.
        oldest = max(timezone.now() - kind.lookback - kind.step, self.source.turned_at or windows.EPOCH)
        judged = not cursor and window.start >= oldest
        self.read_from = min(self.read_from or window.start, window.start)
        self.read_to = max(self.read_to or window.end, window.end)
        for page in self._pages(connector, window, cursor):
            if judged:
                sighted.note(page.records, vanished.KEYS)
            with scope(self.claim.client_id):
                pages.store(self.ref, page, self.tally)
                if page.next_cursor is None:
                    if judged:
                        self.tally.removed += vanished.remove(self.ref, window, sighted, kind.complete)
                    self.progress = replace(self.progress, done=windows.joined(self.progress.done, window))
                    self._keep(None, "")
                else:
                    self._keep(window, page.next_cursor)
                self._count()
            if page.next_cursor is not None and time.monotonic() >= deadline:
                return

    def _pages(self, connector: Connector[Any], window: Window, cursor: str) -> Iterator[Page]:
        """The window's pages from the cursor on; from its beginning, where the provider has forgotten the cursor."""
        came = False
        try:
            for page in connector.fetch(window, cursor):
                came = True
                yield page
            if not came:
                yield Page((), None)
        except SourceError as error:
            if came or not cursor or error.status not in STALE_CURSOR:
                raise
            yield from connector.fetch(window, "")

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

    def finish(self, result: bool | SourceError | None, error: SourceError | None = None) -> Outcome:
        """Let go of the source: due again after its kind's interval, at once, or after a setback."""
        error = result if isinstance(result, SourceError) else error
        now = timezone.now()
        with scope(self.claim.client_id):
            if error is not None and (error.rationed or (error.status == 429 and self.tally.pages)):
                # As much as may be read for now: the rest waits, and nobody has to know.
                due = max(error.retry_at or now, now + timedelta(seconds=1))
                self.claim.release(failures=0, next_run_at=due if self.source.next_run_at else None)
                self._count(ended_at=now)
                return Outcome(self.tally)
            if error is not None:
                after = failing.setback(error, self.source.failures, now)
                self.claim.release(
                    failures=after.failures,
                    next_run_at=after.next_run_at if self.source.next_run_at else None,
                    paused_itself=after.paused_itself and self.source.next_run_at is not None,
                    error=str(error)[:500],
                    error_at=now,
                )
                if (
                    self.source.next_run_at is not None
                ):  # whoever paused it asked for this one sync, and sees what came of it
                    failing.tell(self.source, error, now, after)
                self._count(ended_at=now, fault=error.fault.value, message=str(error)[:500])
                return Outcome(self.tally, error=error)
            more = bool(result)
            paused = self.source.next_run_at is None
            due = now if more else now + kinds()[self.source.kind].kind.interval
            self.claim.release(
                failures=0,
                next_run_at=None if paused else due,
                paused_itself=False,
                error="",
                error_at=None,
                **({} if more else {"last_sync_at": now}),
            )
            failing.recovered(self.source, now)
            self._count(ended_at=now)
            self._prune()
        return Outcome(self.tally, more=more)

    def _prune(self) -> None:
        history = Sync.objects.filter(source_id=self.source.pk)
        history.filter(QUIET, ended_at__lt=self.record.started_at).delete()
        if oldest := history.values_list("pk", flat=True)[KEPT_SYNCS : KEPT_SYNCS + 1]:
            history.filter(pk__lte=oldest[0]).delete()
