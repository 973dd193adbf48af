"""A LiteLLM proxy: rows by day, user, key, model and provider, newest first; each page sums up its own rows. Written from its source."""

from datetime import datetime
from typing import Any, ClassVar

import httpx

from tests.sources.fakes.base import END, MIDDLE, START, FakeProvider

NUMBERS = (
    "spend",
    "prompt_tokens",
    "completion_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "api_requests",
    "successful_requests",
    "failed_requests",
)


class Fake(FakeProvider):
    kind: ClassVar[str] = "litellm"
    # No description of LiteLLM is stored: it is self-hosted, and each proxy serves its own.

    @property
    def settings(self) -> dict[str, Any]:
        return {"base_url": "https://litellm.example/proxy/", "api_key": self.key}

    def authorised(self, request: httpx.Request) -> bool:
        return str(request.headers.get("authorization")) == f"Bearer {self.key}"

    def refusal(self, status: int) -> httpx.Response:
        error = {
            "message": "Authentication Error, Invalid proxy server token passed.",
            "type": "auth_error",
            "code": f"{status}",
        }
        return httpx.Response(status, json={"error": error} if status != 404 else {"detail": "Not Found"})

    def plant(self) -> None:
        for number, at in enumerate((START, START, MIDDLE, MIDDLE, MIDDLE, MIDDLE, END)):
            self.use(at, api_key=f"hash-{number % 2}", model=f"gpt-{number % 3}", completion_tokens=50 + number)
        self.use(MIDDLE, model="claude-sonnet-5", provider="anthropic")

    def use(self, at: datetime, **more: Any) -> None:
        row = {"date": f"{at:%Y-%m-%d}", "api_key": "hash-1", "model": "gpt-4o", "provider": "openai", "user": "u-1"}
        numbers = dict.fromkeys(NUMBERS, 0) | {
            "spend": 0.25,
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "api_requests": 3,
        }
        self.rows.append({**row, **numbers, **more})

    def correct(self) -> None:
        self.rows[1]["completion_tokens"] = 77

    def answer(self, request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        if request.url.path != "/proxy/user/daily/activity":
            return self.refusal(404)
        rows = [
            row
            for row in sorted(self.rows, key=lambda row: row["date"], reverse=True)
            if asked["start_date"] <= row["date"] <= asked["end_date"] and asked.get("model") in (None, row["model"])
        ]
        page, size = int(asked.get("page", 1)), min(self.page, int(asked.get("page_size", 50)))
        shown = rows[(page - 1) * size : page * size]
        days = [
            self._day(day, [r for r in shown if r["date"] == day]) for day in dict.fromkeys(r["date"] for r in shown)
        ]
        pages = -(-len(rows) // size)
        metadata = {
            "total_spend": sum(r["spend"] for r in shown),
            "page": page,
            "total_pages": pages,
            "has_more": page < pages,
        }
        return httpx.Response(200, json={"results": days, "metadata": metadata})

    def _day(self, day: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        breakdown = {
            "models": self._by("model", rows),
            "providers": self._by("provider", rows),
            "api_keys": self._by("api_key", rows),
            "mcp_servers": {},
            "entities": {},
        }
        return {"date": day, "metrics": added(rows), "breakdown": breakdown}

    def _by(self, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        found = {}
        for value in dict.fromkeys(row[name] for row in rows if row[name]):
            mine = [row for row in rows if row[name] == value]
            keys = {
                key: {
                    "metrics": added([row for row in mine if row["api_key"] == key]),
                    "metadata": {"key_alias": "ann's", "team_id": "t-1", "user_email": "ann@example.com"},
                }
                for key in dict.fromkeys(row["api_key"] for row in mine)
            }
            found[value] = {"metrics": added(mine), "metadata": {}, "api_key_breakdown": keys}
        return found


def added(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: sum(row[name] for row in rows) for name in NUMBERS}
