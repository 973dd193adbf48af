"""A Zendesk: OAuth client or API token, the incremental export by cursor, metrics inside or beside, the last minute left out."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs

import httpx
import orjson

from tests.sources.fakes.base import END, MIDDLE, START, FakeProvider

MINUTE = timedelta(minutes=1)


class Fake(FakeProvider):
    kind: ClassVar[str] = "zendesk"

    def __init__(self) -> None:
        super().__init__()
        self.now = END + timedelta(days=1)
        self.is_admin = True
        self.beside = False
        """Whether metrics stand beside the tickets, as in older answers."""
        self.token = f"access-{self.key}"

    def now_is(self, moment: datetime) -> None:
        self.now = moment

    @property
    def settings(self) -> dict[str, Any]:
        return {"subdomain": "acme", "user": "fracops", "secret": self.key}

    def authorised(self, request: httpx.Request) -> bool:
        given = request.headers.get("authorization")
        if request.url.path == "/oauth/tokens":
            asked = orjson.loads(request.content)
            assert (asked["grant_type"], asked["scope"], 300 < asked["expires_in"] < 172_800) == (
                "client_credentials",
                "read",
                True,
            )
            return (asked["client_id"], asked["client_secret"]) == ("fracops", self.key)
        basic = base64.b64encode(f"admin@acme.example/token:{self.key}".encode()).decode()
        return given in (f"Bearer {self.token}", f"Basic {basic}")

    def refusal(self, status: int) -> httpx.Response:
        return httpx.Response(status, json={"error": "Couldn't authenticate you"})

    def plant(self) -> None:
        times = (START, START + timedelta(hours=5), MIDDLE, *(MIDDLE + timedelta(hours=h) for h in (1, 2, 3)), END)
        for number, at in enumerate(times, start=1):
            self.rows.append(ticket(number, at))

    def correct(self) -> None:
        self.rows[1]["metric_set"]["reopens"] = 5

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/oauth/tokens":
            return httpx.Response(200, json={"access_token": self.token, "token_type": "bearer", "scope": "read"})
        if path == "/api/v2/tickets/count.json":
            return httpx.Response(200, json={"count": {"value": len(self.rows), "refreshed_at": None}})
        assert path == "/api/v2/incremental/tickets/cursor.json"
        if not self.is_admin:
            return httpx.Response(
                403, json={"error": {"title": "Forbidden", "message": "You do not have access to this page."}}
            )
        return self.export({name: values[0] for name, values in parse_qs(request.url.query.decode()).items()})

    def export(self, asked: dict[str, str]) -> httpx.Response:
        assert ("cursor" in asked) is not ("start_time" in asked), "one or the other"
        assert asked["include"] == "metric_sets"
        if "start_time" in asked and datetime.fromtimestamp(int(asked["start_time"]), UTC) > self.now - MINUTE:
            return httpx.Response(400, json={"error": "StartTimeTooRecent"})
        since, after = (int(asked["start_time"]), 0) if "start_time" in asked else read(asked["cursor"])
        until = (self.now - MINUTE).timestamp()
        known = [
            r
            for r in self.rows
            if not isinstance(r.get("generated_timestamp"), int) or r["generated_timestamp"] < until
        ]
        known.sort(key=lambda r: (r.get("generated_timestamp") or 0, r.get("id") or 0))
        rest = [r for r in known if (r.get("generated_timestamp") or since, r.get("id") or after + 1) > (since, after)]
        page, more = rest[: self.page], len(rest) > self.page
        last = (page[-1]["generated_timestamp"], page[-1]["id"]) if page else (since, after)
        cursor = base64.urlsafe_b64encode(f"{last[0]}|{last[1]}".encode()).decode()
        answer = {
            "tickets": page,
            "after_url": f"https://acme.zendesk.com/api/v2/incremental/tickets/cursor.json?cursor={cursor}",
            "after_cursor": cursor,
            "before_url": None,
            "end_of_stream": not more,
        }
        if self.beside:
            sets = [{"ticket_id": row["id"], **row["metric_set"]} for row in page if row.get("metric_set")]
            answer |= {"metric_sets": sets, "tickets": [{**row, "metric_set": None} for row in page]}
        return httpx.Response(200, json=answer)


def read(cursor: str) -> tuple[int, int]:
    since, after = base64.urlsafe_b64decode(cursor).decode().split("|")
    return int(since), int(after)


def ticket(number: int, at: datetime, status: str = "solved", **changed: Any) -> dict[str, Any]:
    created = at - timedelta(hours=3)
    return {
        "id": number,
        "url": f"https://acme.zendesk.com/api/v2/tickets/{number}.json",
        "subject": "where is my parcel",
        "description": "it was to come on Monday",
        "status": status,
        "requester_id": 7,
        "via": {"channel": "email", "source": {"from": {"address": "ann@customer.example", "name": "Ann"}}},
        "created_at": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "updated_at": (at - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "generated_timestamp": int(at.timestamp()),
        "metric_set": {
            "solved_at": (at - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "reopens": 1,
            "replies": 3,
            "reply_time_in_minutes": {"calendar": 5, "business": None},
        },
        **changed,
    }
