"""A Helicone organisation: bearer key, a filter tree, offsets, oldest first, times that say no offset, old versions beside new ones."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx

from tests.sources.fakes.base import END, MIDDLE, START, FakeProvider


class Fake(FakeProvider):
    kind: ClassVar[str] = "helicone"

    @property
    def settings(self) -> dict[str, Any]:
        return {"base_url": "https://helicone.example", "api_key": self.key}

    def authorised(self, request: httpx.Request) -> bool:
        return str(request.headers.get("authorization")) == f"Bearer {self.key}"

    def refusal(self, status: int) -> httpx.Response:
        return httpx.Response(status, json={"error": "Invalid API key.", "trace": "isAuthenticated.error"})

    def plant(self) -> None:
        for number, at in enumerate(
            (START, START + timedelta(hours=5), MIDDLE, *(MIDDLE + timedelta(hours=h) for h in (1, 2, 3)), END)
        ):
            self.rows.append(call(number, at, scores={"helpfulness": number}))

    def correct(self) -> None:
        self.rows[1]["completion_tokens"] = 77

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/request/query-clickhouse"
        body = json.loads(request.content)
        if not 0 <= body["limit"] <= 1000:
            return httpx.Response(500, json={"data": None, "error": "invalid limit"})
        newest_first = body["sort"]["created_at"] == "desc"
        rows = sorted((row for row in self.rows if holds(row, body["filter"])), key=made_at, reverse=newest_first)
        start = body["offset"]
        return httpx.Response(200, json={"data": rows[start : start + min(self.page, body["limit"])], "error": None})


def holds(row: dict[str, Any], node: Any) -> bool:
    """Whether a filter tree lets a row through."""
    if node == "all":
        return True
    if "operator" in node:
        assert node["operator"] == "and"
        return holds(row, node["left"]) and holds(row, node["right"])
    ((operator, bound),) = node["request_response_rmt"]["request_created_at"].items()
    limit = datetime.fromisoformat(bound)
    return made_at(row) >= limit if operator == "gte" else made_at(row) < limit


def made_at(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["request_created_at"]).replace(tzinfo=UTC)


def request_id(number: int) -> str:
    return str(uuid.UUID(int=1000 + number))


def written(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def call(number: int, at: datetime, **changed: Any) -> dict[str, Any]:
    return {
        "request_id": request_id(number),
        "request_created_at": written(at),
        "response_id": str(uuid.UUID(int=2000 + number)),
        "response_created_at": written(at + timedelta(seconds=2)),
        "response_status": 200,
        "delay_ms": 2000,
        "request_user_id": "u-1",
        "request_properties": {"Helicone-Session-Id": "s-1", "Environment": "production", "Helicone-User-Id": "u-1"},
        "provider": "OPENAI",
        "request_model": "gpt-4o",
        "target_url": "https://api.openai.com/v1/chat/completions",
        "prompt_id": "greet",
        "prompt_version": "v3",
        "prompt_tokens": 100 + number,
        "completion_tokens": 50,
        "total_tokens": 150 + number,
        "prompt_cache_read_tokens": 20,
        "prompt_cache_write_tokens": 0,
        "cost": 0.0015,
        "cache_reference_id": "00000000-0000-0000-0000-000000000000",
        "scores": {},
        "request_body": {"messages": [{"role": "user", "content": "how many seats?"}]},
        "response_body": "twelve",
        "signed_body_url": "https://bucket.example/body?signature=abc",
        "updated_at": written(at + timedelta(seconds=3)),
        "country_code": "DE",
        **changed,
    }
