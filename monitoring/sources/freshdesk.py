"""Freshdesk: tickets with their times, by when they were last updated, however many there are."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field, SecretStr

from monitoring.connecting.errors import broken_promise
from monitoring.connecting.kind import (
    DAY,
    HOUR,
    MINUTE,
    Brings,
    Connector,
    Findings,
    Kind,
    Page,
    Seen,
    Settings,
    Window,
)
from monitoring.connecting.paginators import Answer, NextLink, Request
from monitoring.connecting.reading import Instant, Row, one, taken
from monitoring.records import Rejection, TicketRecord

ROWS, PAGES = 100, 300
"""Tickets a page, and pages of one query: the next one is refused."""
OPEN, PENDING = 2, 3
SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class FreshdeskSettings(Settings):
    subdomain: str = Field(
        title="Subdomain", description="acme, where your Freshdesk is acme.freshdesk.com.", pattern=r"^[A-Za-z0-9-]+$"
    )
    api_key: SecretStr = Field(
        title="API key",
        description="Of an agent who may see all tickets: Profile settings → View API key.",
        min_length=1,
    )


class Stats(Row):
    resolved_at: Instant | None = None
    closed_at: Instant | None = None
    reopened_at: Instant | None = None


class Ticket(Row):
    id: int
    status: int | None = None
    created_at: Instant
    updated_at: Instant
    deleted: bool | None = None
    stats: Stats | None = None


class Agent(Row):
    ticket_scope: int | None = None


@dataclass(frozen=True)
class Place:
    """Where to go on: at a page of the tickets updated since a moment, without those of that moment which came before."""

    since: datetime
    page: int = 1
    came: frozenset[int] = frozenset()

    @classmethod
    def read(cls, cursor: str, start: datetime) -> "Place":
        if not cursor:
            return cls(start)
        try:
            since, page, *came = map(int, cursor.split(","))
            return cls(EPOCH + since * MICROSECOND, page, frozenset(came))
        except (ValueError, OverflowError):
            raise broken_promise("Freshdesk", f"nothing goes on at “{cursor[:40]}”") from None

    def __str__(self) -> str:
        return ",".join(map(str, ((self.since - EPOCH) // MICROSECOND, self.page, *sorted(self.came))))

    def is_new(self, ticket: TicketRecord) -> bool:
        """Whether a ticket has not come yet."""
        return ticket.changed_at > self.since or (
            ticket.changed_at == self.since and int(ticket.ticket_id) not in self.came
        )


@dataclass(frozen=True)
class Since:
    """Asks anew from the newest moment it has seen, so that 300 pages are no end and a ticket that moves to the end shifts no other."""

    window: Window

    def request(self, first: Request, cursor: str) -> Request:
        place = Place.read(cursor, self.window.start)
        # Whether “since” holds the second itself is not documented: ask from the one before.
        since = (place.since - SECOND).strftime("%Y-%m-%dT%H:%M:%SZ")
        return replace(first, params={**first.params, "updated_since": since, "page": place.page})

    def following(self, answer: Answer, cursor: str) -> str | None:
        place, (tickets, _) = Place.read(cursor, self.window.start), _tickets(answer)
        last = max((ticket.changed_at for ticket in tickets), default=place.since)
        if NextLink().following(answer, cursor) is None or last >= self.window.end:
            return None
        if last > place.since:
            return str(Place(last, 1, frozenset(int(t.ticket_id) for t in tickets if t.changed_at == last)))
        if place.page == PAGES:
            raise broken_promise("Freshdesk", f"more than {PAGES * ROWS:,} tickets were updated at one moment")
        return str(replace(place, page=place.page + 1))


class Freshdesk(Connector[FreshdeskSettings]):
    """One ticket each, without a word of it. It comes again whenever it is updated."""

    kind = Kind(
        "freshdesk",
        "Freshdesk",
        Brings.OUTCOMES,
        "Tickets: when they came, were resolved and reopened.",
        interval=15 * MINUTE,
        settle=2 * MINUTE,
        lookback=HOUR,
        step=7 * DAY,
        rate="10/minute",
    )
    Settings = FreshdeskSettings

    @classmethod
    def address(cls, settings: FreshdeskSettings) -> str:
        return f"https://{settings.subdomain}.freshdesk.com"

    @classmethod
    def auth(cls, settings: FreshdeskSettings) -> tuple[str, str]:
        return settings.api_key.get_secret_value(), "X"

    def check(self) -> Findings:
        agent = one("Freshdesk", Agent, self.http.get("api/v2/agents/me").data)
        newest = self.http.get("api/v2/tickets", order_by="updated_at", order_type="desc", per_page=1).rows("")
        last = one("Freshdesk", Ticket, newest[0]).updated_at if newest else None
        narrow = "This key's agent sees only some tickets. Give the agent the scope “Global access”, or the rest will be missing."
        few = agent.ticket_scope not in (None, 1)
        return Findings(
            f"{self.settings.subdomain}.freshdesk.com", (Seen("tickets", last=last),), (narrow,) if few else ()
        )

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        asked = {"order_by": "updated_at", "order_type": "asc", "per_page": ROWS, "include": "stats"}
        before: Any = None
        for answer, following in self.http.pages(Request("api/v2/tickets", asked), Since(window), cursor):
            place = Place.read(cursor, window.start)
            if place.page > 1 and answer.data == before:
                raise broken_promise("Freshdesk", "it sends the same page again and again")
            tickets, rejected = _tickets(answer)
            yield Page([t for t in tickets if window.holds(t.changed_at) and place.is_new(t)], following, rejected)
            before, cursor = answer.data, following or ""


def _tickets(answer: Answer) -> tuple[list[TicketRecord], list[Rejection]]:
    found, rejected = taken(answer.rows(""), _ticket)
    return [ticket for ticket in found if isinstance(ticket, TicketRecord)], rejected


def _ticket(row: Any) -> TicketRecord:
    given = Ticket.model_validate(row)
    stats = given.stats or Stats()
    solved = stats.resolved_at or stats.closed_at
    again = solved and stats.reopened_at and stats.reopened_at > solved
    return TicketRecord(
        str(given.id),
        given.created_at,
        given.updated_at,
        None if again or given.status in (OPEN, PENDING) else solved,
        # Only the last time is told: one means at least one.
        int(stats.reopened_at is not None) if given.stats else None,
        deleted=bool(given.deleted),
    )
