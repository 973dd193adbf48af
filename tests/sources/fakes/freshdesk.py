"""A Freshdesk: the key as a user's name, links in a header, whole seconds, 300 pages a query, its own words for what it refuses."""

import base64
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx

from tests.sources.fakes.base import END, MIDDLE, START, FakeProvider, moment


class Fake(FakeProvider):
    kind: ClassVar[str] = "freshdesk"
    nothing: ClassVar[bytes] = b"[]"

    def __init__(self) -> None:
        super().__init__()
        self.scope = 1
        self.inclusive = True
        """Whether “since” holds the second itself; its documentation does not say."""
        self.most_pages = 300

    @property
    def settings(self) -> dict[str, Any]:
        return {"subdomain": "acme", "api_key": self.key}

    def authorised(self, request: httpx.Request) -> bool:
        basic = base64.b64encode(f"{self.key}:X".encode()).decode()
        return str(request.headers.get("authorization")) == f"Basic {basic}"

    def refusal(self, status: int) -> httpx.Response:
        error = {"code": "invalid_credentials", "message": "You have to be logged in to perform this action."}
        return httpx.Response(status, json=error)

    def plant(self) -> None:
        times = (
            START,
            START + timedelta(hours=5),
            MIDDLE,
            MIDDLE,
            *(MIDDLE + timedelta(hours=h) for h in (1, 2, 3)),
            END,
        )
        for number, at in enumerate(times, start=1):
            self.rows.append(ticket(number, at))
        self.rows.append(ticket(99, START - timedelta(seconds=1)))

    def correct(self) -> None:
        self.rows[1]["stats"]["reopened_at"] = None

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v2/agents/me":
            contact = {"name": "Joe Example", "email": "joe@acme.example"}
            return httpx.Response(
                200, json={"id": 1, "type": "support_agent", "ticket_scope": self.scope, "contact": contact}
            )
        assert request.url.path == "/api/v2/tickets"
        asked = request.url.params
        assert asked["order_by"] == "updated_at"
        page, size = int(asked.get("page", 1)), min(self.page, int(asked["per_page"]))
        if page > self.most_pages:
            told = {
                "field": "page",
                "message": "You cannot access tickets beyond the 300th page.",
                "code": "invalid_value",
            }
            return httpx.Response(400, json={"description": "Validation failed", "errors": [told]})
        since = asked.get("updated_since")
        rows = [row for row in self.rows if not since or self.after(row, moment(since))]
        rows.sort(key=lambda row: (row["updated_at"], row["id"]), reverse=asked["order_type"] == "desc")
        found = rows[(page - 1) * size : page * size]
        if asked.get("include") != "stats":
            found = [{name: value for name, value in row.items() if name != "stats"} for row in found]
        link = (
            {"Link": f'<{request.url.copy_set_param("page", page + 1)}>; rel="next"'} if page * size < len(rows) else {}
        )
        return httpx.Response(200, json=found, headers={**link, "X-RateLimit-Remaining": "90"})

    def after(self, row: dict[str, Any], since: datetime) -> bool:
        at = moment(row["updated_at"])
        return at >= since if self.inclusive else at > since


def written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def ticket(number: int, at: datetime, status: int = 4, **changed: Any) -> dict[str, Any]:
    return {
        "id": number,
        "subject": "where is my parcel",
        "status": status,
        "priority": 1,
        "requester_id": 5,
        "to_emails": ["ann@customer.example"],
        "spam": False,
        "created_at": written(at - timedelta(hours=4)),
        "updated_at": written(at),
        "stats": {
            "agent_responded_at": None,
            "first_responded_at": written(at - timedelta(hours=3)),
            "resolved_at": written(at - timedelta(hours=1)),
            "closed_at": None,
            "reopened_at": written(at - timedelta(hours=2)),
            "pending_since": None,
        },
        **changed,
    }
