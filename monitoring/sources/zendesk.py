"""Zendesk: tickets with their metrics, from the incremental export, in the order Zendesk last touched them."""

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import httpx
import orjson
from pydantic import Field, SecretStr

from monitoring.connecting.errors import Fault, SourceError, broken_promise
from monitoring.connecting.http import not_json
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
from monitoring.connecting.paginators import Answer, Request, Token
from monitoring.connecting.reading import Count, Instant, Name, Row, taken
from monitoring.records import TicketRecord

EXPORT = "api/v2/incremental/tickets/cursor.json"
UNSOLVED = frozenset({"new", "open", "pending", "hold"})
LIFETIME = 2 * 60 * 60
"""Seconds an access token is asked for: longer than any sync, shorter than Zendesk's two days."""


class ZendeskSettings(Settings):
    subdomain: str = Field(
        title="Subdomain", description="acme, where your Zendesk is acme.zendesk.com.", pattern=r"^[A-Za-z0-9-]+$"
    )
    user: str = Field(
        title="OAuth client",
        description="The identifier of a confidential OAuth client. For an API token from before, an admin's email address.",
        min_length=1,
    )
    secret: SecretStr = Field(title="Secret", description="The OAuth client's secret, or the API token.", min_length=1)

    def points_at(self) -> dict[str, Any]:
        """The help desk alone: whoever asks sees the same tickets."""
        return {"subdomain": self.subdomain}


class Metrics(Row):
    solved_at: Instant | None = None
    reopens: Count | None = None


class Ticket(Row):
    id: int
    status: Name = ""
    created_at: Instant
    generated_timestamp: Instant
    metric_set: Metrics | None = None


@dataclass(frozen=True)
class Export(Token):
    """Zendesk's cursor stays after the end, which is told by a flag; what goes on is asked without a start."""

    def request(self, first: Request, cursor: str) -> Request:
        kept = {name: value for name, value in first.params.items() if not cursor or name != "start_time"}
        return super().request(replace(first, params=kept), cursor)

    def following(self, answer: Answer, cursor: str) -> str | None:
        return None if answer.at("end_of_stream") else super().following(answer, cursor)


class ClientCredentials(httpx.Auth):
    """Changes an OAuth client's secret for an access token, once for all that is asked."""

    requires_response_body = True

    def __init__(self, client: str, secret: str) -> None:
        self.asked = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
        self.token = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if not self.token:
            body = {**self.asked, "scope": "read", "expires_in": LIFETIME}
            answer = yield httpx.Request("POST", request.url.join("/oauth/tokens"), json=body)
            try:
                given = orjson.loads(answer.content)
            except orjson.JSONDecodeError:
                raise not_json("Zendesk", answer) from None
            token = given.get("access_token") if isinstance(given, dict) else None
            if not isinstance(token, str) or not token:
                raise broken_promise("Zendesk", "its answer to the client's secret has no access token")
            self.token = token
        request.headers["Authorization"] = f"Bearer {self.token}"
        yield request


class Zendesk(Connector[ZendeskSettings]):
    """One ticket each, without a word of it. It comes again whenever Zendesk touches it, with the time of that."""

    kind = Kind(
        "zendesk",
        "Zendesk",
        Brings.OUTCOMES,
        "Tickets: when they came, were solved and reopened.",
        interval=15 * MINUTE,
        settle=2 * MINUTE,
        lookback=HOUR,
        step=30 * DAY,
        rate="8/minute",
    )
    Settings = ZendeskSettings

    @classmethod
    def address(cls, settings: ZendeskSettings) -> str:
        return f"https://{settings.subdomain}.zendesk.com"

    @classmethod
    def auth(cls, settings: ZendeskSettings) -> httpx.Auth | tuple[str, str]:
        user, secret = settings.user, settings.secret.get_secret_value()
        return (f"{user}/token", secret) if "@" in user else ClientCredentials(user, secret)

    def check(self) -> Findings:
        try:
            # The one request that proves it: whoever may count tickets may still not export them.
            self.http.get(EXPORT, start_time=0, include="metric_sets", per_page=1).rows("tickets")
        except SourceError as error:
            if error.status != 403:
                raise
            message = "Zendesk exports tickets to admins only, and this key is not of one. Let an admin create it."
            raise SourceError(Fault.CLIENT, message, status=403) from None
        count = self.http.get("api/v2/tickets/count.json").at("count.value")
        seen = Seen("tickets", count if isinstance(count, int) else None, "tickets")
        old = (
            "This is an API token: it may change everything in Zendesk, and Zendesk ends all of them on 30 April 2027. "
            "Create an OAuth client instead."
        )
        return Findings(f"{self.settings.subdomain}.zendesk.com", (seen,), (old,) if "@" in self.settings.user else ())

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        asked = {"start_time": int(window.start.timestamp()), "include": "metric_sets", "per_page": 1000}
        for answer, following in self.http.pages(Request(EXPORT, asked), Export("after_cursor", "cursor"), cursor):
            beside = answer.rows("metric_sets") if answer.at("metric_sets") is not None else ()
            apart = {str(row.get("ticket_id")): row for row in beside if isinstance(row, dict)}
            found, rejected = taken(answer.rows("tickets"), partial(_ticket, apart=apart))
            tickets = [record for record in found if isinstance(record, TicketRecord)]
            # The export has no end of its own. It is in this order, so what comes after is later still.
            last = any(ticket.changed_at >= window.end for ticket in tickets)
            inside = [ticket for ticket in tickets if window.holds(ticket.changed_at)]
            yield Page(inside, None if last else following, rejected)
            if last:
                return


def _ticket(row: Any, apart: Mapping[str, Any]) -> TicketRecord:
    """A ticket with its metrics, which are in it or beside it."""
    if isinstance(row, dict) and not row.get("metric_set"):
        row = {**row, "metric_set": apart.get(str(row.get("id")))}
    ticket = Ticket.model_validate(row)
    metrics = ticket.metric_set or Metrics()
    return TicketRecord(
        str(ticket.id),
        ticket.created_at,
        # Not `updated_at`: that stays when Zendesk itself touches a ticket, and the export goes by this.
        ticket.generated_timestamp,
        None if ticket.status in UNSOLVED else metrics.solved_at,
        metrics.reopens,
        deleted=ticket.status == "deleted",
    )
