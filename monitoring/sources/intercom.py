"""Intercom: conversations by when they were last updated. Its own OpenAPI description is the contract."""

from collections.abc import Iterator
from math import ceil, floor
from typing import Any, Literal

from pydantic import Field, SecretStr

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
from monitoring.connecting.paginators import Request, Token
from monitoring.connecting.reading import Count, Instant, Name, Row, one, taken
from monitoring.records import TicketRecord

VERSION = "2.16"
ROWS = 150
HOSTS = {"us": "https://api.intercom.io", "eu": "https://api.eu.intercom.io", "au": "https://api.au.intercom.io"}
SETTLED = {
    "assumed_resolution": True,
    "confirmed_resolution": True,
    "escalated": False,
    "negative_feedback": False,
    "procedure_handoff": False,
}
"""How the AI agent's part ended, and whether that settled the conversation."""
NEXT = Token("pages.next.starting_after", "pagination.starting_after", in_body=True)


class IntercomSettings(Settings):
    region: Literal["us", "eu", "au"] = Field(
        "us",
        title="Region",
        description="Where the workspace is hosted. Intercom's general settings say it.",
        json_schema_extra={"words": {"us": "United States", "eu": "Europe", "au": "Australia"}},
    )
    token: SecretStr = Field(title="Access token", description="Of an app of your own workspace.", min_length=1)


class Statistics(Row):
    last_close_at: Instant | None = None
    count_reopens: Count | None = None


class Agent(Row):
    resolution_state: Name = ""


class Conversation(Row):
    id: str = Field(min_length=1)
    created_at: Instant
    updated_at: Instant
    state: Name = ""
    statistics: Statistics | None = None
    ai_agent_participated: bool | None = None
    ai_agent: Agent | None = None


class App(Row):
    name: Name = ""
    id_code: Name = ""


class Me(Row):
    app: App | None = None


class Intercom(Connector[IntercomSettings]):
    """One ticket for each conversation, without a word of it."""

    kind = Kind(
        "intercom",
        "Intercom",
        Brings.OUTCOMES,
        "Conversations: when they came, were closed and reopened, and what the AI agent settled.",
        interval=15 * MINUTE,
        settle=5 * MINUTE,
        lookback=6 * HOUR,
        step=7 * DAY,
        rate="120/minute",
    )
    Settings = IntercomSettings

    @classmethod
    def address(cls, settings: IntercomSettings) -> str:
        return HOSTS[settings.region]

    @classmethod
    def headers(cls, settings: IntercomSettings) -> dict[str, str]:
        return {"Authorization": f"Bearer {settings.token.get_secret_value()}", "Intercom-Version": VERSION}

    def check(self) -> Findings:
        # Who created the token is in this answer too, by name and address; neither is read.
        app = one("Intercom", Me, self.http.get("me").data).app or App()
        every = _search({"field": "updated_at", "operator": ">", "value": 0}, 1)
        answer = self.http.ask(every)
        answer.rows("conversations")
        count = answer.at("total_count")
        seen = Seen("conversations", count if isinstance(count, int) else None, "conversations")
        return Findings(app.name or app.id_code or "an Intercom workspace", (seen,))

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        # Times are whole seconds and there is no “from … on”: ask from the second before, and filter.
        since = {"field": "updated_at", "operator": ">", "value": floor(window.start.timestamp()) - 1}
        until = {"field": "updated_at", "operator": "<", "value": ceil(window.end.timestamp())}
        asked = _search({"operator": "AND", "value": [since, until]}, ROWS)
        for answer, following in self.http.pages(asked, NEXT, cursor):
            found, rejected = taken(answer.rows("conversations"), _ticket)
            inside = [t for t in found if isinstance(t, TicketRecord) and window.holds(t.changed_at)]
            yield Page(inside, following, rejected)


def _search(query: dict[str, Any], rows: int) -> Request:
    return Request("conversations/search", json={"query": query, "pagination": {"per_page": rows}})


def _ticket(row: Any) -> TicketRecord:
    given = Conversation.model_validate(row)
    statistics = given.statistics or Statistics()
    return TicketRecord(
        given.id,
        given.created_at,
        given.updated_at,
        statistics.last_close_at if given.state == "closed" else None,
        statistics.count_reopens,
        _by_ai(given),
    )


def _by_ai(given: Conversation) -> bool | None:
    """Whether the AI agent settled it: not where it took no part or gave no answer; unknown for a state yet to come."""
    if not given.ai_agent_participated:
        return given.ai_agent_participated
    state = given.ai_agent.resolution_state if given.ai_agent else ""
    return SETTLED.get(state) if state else False
