"""A LangSmith with a few projects: key in a header, the query of both versions, feedback by offset, times with and without an offset."""

import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx

from tests.sources.fakes.base import END, MIDDLE, START, FakeProvider

PROJECT = str(uuid.UUID(int=7))


class Fake(FakeProvider):
    kind: ClassVar[str] = "langsmith"

    def __init__(self) -> None:
        super().__init__()
        self.newer = 200
        """What the query of version 2 answers; anything else is a server that lacks it."""
        self.projects = ["default", "another client's"]
        self.feedback: list[dict[str, Any]] = []

    @property
    def settings(self) -> dict[str, Any]:
        return {"base_url": "https://langsmith.example", "project": "default", "api_key": self.key}

    def authorised(self, request: httpx.Request) -> bool:
        return str(request.headers.get("x-api-key")) == self.key

    def refusal(self, status: int) -> httpx.Response:
        return httpx.Response(status, json={"detail": "Invalid token"})

    def plant(self) -> None:
        for number, at in enumerate(
            (START, START + timedelta(hours=5), MIDDLE, *(MIDDLE + timedelta(hours=h) for h in (1, 2, 3)), END)
        ):
            self.rows.append(run(number, at))
            self.feedback.append(feedback(number, at, score=number % 2))

    def correct(self) -> None:
        self.rows[1]["completion_tokens"] = 77

    def answer(self, request: httpx.Request) -> httpx.Response:
        path, asked = request.url.path, request.url.params
        body = json.loads(request.content) if request.content else {}
        if path == "/api/v1/sessions":
            rows = [project(number, name) for number, name in enumerate(self.projects)]
            return self.by_offset(asked, [row for row in rows if asked.get("name") in (None, row["name"])])
        if path == "/api/v1/feedback":
            assert asked["session"] == PROJECT
            return self.by_offset(
                asked, self.within(self.feedback, "created_at", asked["min_created_at"], asked["max_created_at"])
            )
        if path == "/api/v2/runs/query":
            if self.newer != 200:
                return httpx.Response(self.newer, json={"detail": "Not here"})
            assert body["project_ids"] == [PROJECT]
            assert 1 <= body["page_size"] <= 1000
            kept = self.within(self.rows, "start_time", body["min_start_time"], body["max_start_time"])
            page, following = self.by_cursor(body, kept, body["page_size"])
            wanted = {name.lower() for name in body["selects"]}
            items = [{name: value for name, value in row.items() if name in wanted} for row in page]
            return httpx.Response(200, json={"items": items, "next_cursor": following})
        assert path == "/api/v1/runs/query"
        assert body["session"] == [PROJECT]
        assert body["limit"] <= 100
        start, end = re.findall(r'"([^"]+)"', body["filter"])
        page, following = self.by_cursor(body, self.within(self.rows, "start_time", start, end), body["limit"])
        items = [{name: value for name, value in older(row).items() if name in body["select"]} for row in page]
        return httpx.Response(200, json={"runs": items, "cursors": {"next": following, "prev": None}})

    def within(self, rows: list[dict[str, Any]], column: str, start: str, end: str) -> list[dict[str, Any]]:
        """Newest first, and the upper bound included: the documentation calls it a bound and no more."""
        kept = [row for row in rows if instant(start) <= instant(row[column]) <= instant(end)]
        return sorted(kept, key=lambda row: (instant(row[column]), row["id"]), reverse=True)

    def by_cursor(self, body: dict[str, Any], rows: list[Any], size: int) -> tuple[list[Any], str | None]:
        start = int(body.get("cursor") or 0)
        end = start + min(self.page, size)
        return rows[start:end], str(end) if end < len(rows) else None

    def by_offset(self, asked: httpx.QueryParams, rows: list[Any]) -> httpx.Response:
        start = int(asked.get("offset", 0))
        return httpx.Response(200, json=rows[start : start + min(self.page, int(asked.get("limit", 100)))])


def instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def run_id(number: int) -> str:
    return str(uuid.UUID(int=1000 + number))


def project(number: int, name: str) -> dict[str, Any]:
    return {
        "id": PROJECT if number == 0 else str(uuid.uuid4()),
        "tenant_id": "w-1",
        "name": name,
        "run_count": 7,
        "last_run_start_time": "2026-11-04T00:00:00",
        "start_time": "2026-10-01T00:00:00",
        "extra": None,
    }


def run(number: int, at: datetime, **changed: Any) -> dict[str, Any]:
    """A root model call in the words of version 2."""
    return {
        "id": run_id(number),
        "name": "ChatOpenAI",
        "run_type": "LLM",
        "status": "SUCCESS",
        "start_time": at.isoformat().replace("+00:00", "Z"),
        "end_time": (at + timedelta(seconds=2)).isoformat().replace("+00:00", "Z"),
        "trace_id": run_id(number),
        "parent_run_ids": [],
        "thread_id": "th-1",
        "error": "what Ada said broke it",
        "metadata": {"ls_model_name": "gpt-4o", "ls_provider": "OpenAI", "user_id": "u-1", "environment": "production"},
        "tags": ["beta"],
        "prompt_tokens": 100 + number,
        "completion_tokens": 50,
        "prompt_token_details": {"raw": {"cache_read": 20, "cache_creation": 5, "audio": 1}},
        "total_cost": 0.0015,
        "inputs": {"question": "how many seats?"},
        "outputs": {"answer": "twelve"},
        **changed,
    }


def older(row: dict[str, Any]) -> dict[str, Any]:
    """The same in the words of version 1: small letters, a parent, metadata in `extra`, times without an offset, costs as text."""
    parents = row["parent_run_ids"]
    return {
        **{name: value for name, value in row.items() if name not in ("parent_run_ids", "metadata", "thread_id")},
        "run_type": row["run_type"].lower(),
        "status": row["status"].lower(),
        "start_time": row["start_time"].removesuffix("Z"),
        "end_time": row["end_time"] and row["end_time"].removesuffix("Z"),
        "parent_run_id": parents[-1] if parents else None,
        "extra": {"metadata": {**(row["metadata"] or {}), "session_id": row["thread_id"]}, "runtime": {}},
        "total_cost": None if row["total_cost"] is None else str(row["total_cost"]),
    }


def feedback(number: int, at: datetime, **changed: Any) -> dict[str, Any]:
    written = at.isoformat().removesuffix("+00:00")
    return {
        "id": str(uuid.UUID(int=5000 + number)),
        "created_at": written,
        "modified_at": written,
        "start_time": written,
        "run_id": run_id(number),
        "trace_id": run_id(number),
        "session_id": PROJECT,
        "key": "helpfulness",
        "score": None,
        "value": None,
        "comment": None,
        "correction": None,
        "feedback_source": {"type": "api", "metadata": {}, "user_id": None},
        **changed,
    }
