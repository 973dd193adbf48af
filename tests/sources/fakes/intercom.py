"""An Intercom workspace: bearer token, versioned, search by a tree of filters that knows > and < of times, pages by cursor."""

import base64
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx
import orjson

from tests.sources.fakes.base import END, MIDDLE, START, FakeProvider


class Fake(FakeProvider):
    kind: ClassVar[str] = "intercom"
    contract: ClassVar[str] = "intercom.json"

    @property
    def settings(self) -> dict[str, Any]:
        return {"token": self.key}

    def authorised(self, request: httpx.Request) -> bool:
        assert request.headers["intercom-version"] == "2.16"
        return str(request.headers.get("authorization")) == f"Bearer {self.key}"

    def refusal(self, status: int) -> httpx.Response:
        error = {"code": "unauthorized", "message": "Access Token Invalid"}
        return httpx.Response(status, json={"type": "error.list", "request_id": "b1", "errors": [error]})

    def plant(self) -> None:
        times = (START, START + timedelta(hours=5), MIDDLE, *(MIDDLE + timedelta(hours=h) for h in (1, 2, 3)), END)
        for number, at in enumerate(times, start=1):
            self.rows.append(conversation(number, at))
        self.rows.append(conversation(8, START - timedelta(seconds=1)))

    def correct(self) -> None:
        self.rows[1]["statistics"]["count_reopens"] = 5

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/me":
            app = {"type": "app", "id_code": "xyz789", "name": "ACME", "region": "US", "timezone": "UTC"}
            me = {"type": "admin", "id": "1", "name": "Joe Example", "email": "joe@acme.example", "app": app}
            return httpx.Response(200, json=me)
        assert (request.method, request.url.path) == ("POST", "/conversations/search")
        asked = orjson.loads(request.content)
        rows = sorted((row for row in self.rows if matches(asked["query"], row)), key=lambda row: -row["updated_at"])
        size = min(self.page, asked["pagination"]["per_page"])
        assert asked["pagination"]["per_page"] <= 150
        cursor = asked["pagination"].get("starting_after")
        start = int(base64.b64decode(cursor)) if cursor else 0
        following = base64.b64encode(str(start + size).encode()).decode() if start + size < len(rows) else None
        pages: dict[str, Any] = {
            "type": "pages",
            "page": start // size + 1,
            "per_page": size,
            "total_pages": -(-len(rows) // size),
        }
        if following:
            pages["next"] = {"per_page": size, "starting_after": following}
        found = {
            "type": "conversation.list",
            "pages": pages,
            "total_count": len(rows),
            "conversations": rows[start : start + size],
        }
        return httpx.Response(200, json=found)


def matches(query: dict[str, Any], row: dict[str, Any]) -> bool:
    if "field" not in query:
        assert query["operator"] == "AND"
        return all(matches(inner, row) for inner in query["value"])
    # Other operators on times are answered with an error.
    assert query["operator"] in (">", "<"), query
    assert isinstance(query["value"], int), query
    value = int(row[query["field"]])
    return value > query["value"] if query["operator"] == ">" else value < query["value"]


def conversation(number: int, at: datetime, **changed: Any) -> dict[str, Any]:
    second = int(at.timestamp())
    return {
        "type": "conversation",
        "id": str(number),
        "title": "where is my parcel",
        "created_at": second - 7200,
        "updated_at": second,
        "waiting_since": None,
        "open": False,
        "state": "closed",
        "source": {
            "type": "email",
            "id": "9",
            "body": "<p>it was to come on Monday</p>",
            "author": {"type": "user", "id": "5", "name": "Ann", "email": "ann@customer.example"},
        },
        "statistics": {
            "type": "conversation_statistics",
            "first_close_at": second - 3600,
            "last_close_at": second - 60,
            "count_reopens": 1,
        },
        "ai_agent_participated": True,
        "ai_agent": {
            "source_type": "workflow",
            "last_answer_type": "ai_answer",
            "resolution_state": "confirmed_resolution",
        },
        **changed,
    }
