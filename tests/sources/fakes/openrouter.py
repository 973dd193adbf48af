"""An OpenRouter account: management key, rows by day and endpoint, thirty completed days and no page numbers."""

from datetime import date, datetime, timedelta
from typing import Any, ClassVar

import httpx

from tests.sources.fakes.base import END, MIDDLE, START, FakeProvider

SAID = {401: "Missing Authentication header", 403: "Only management keys can perform this operation", 404: "Not found"}


class Fake(FakeProvider):
    kind: ClassVar[str] = "openrouter"
    contract: ClassVar[str] = "openrouter.json"

    def __init__(self) -> None:
        super().__init__()
        self.today = END.date() + timedelta(days=1)

    def now_is(self, moment: datetime) -> None:
        self.today = moment.date()

    @property
    def settings(self) -> dict[str, Any]:
        return {"api_key": self.key}

    def authorised(self, request: httpx.Request) -> bool:
        return str(request.headers.get("authorization")) == f"Bearer {self.key}"

    def refusal(self, status: int) -> httpx.Response:
        return httpx.Response(status, json={"error": {"code": status, "message": SAID[status]}})

    def plant(self) -> None:
        for number, at in enumerate((START, START, MIDDLE, MIDDLE, MIDDLE, END)):
            self.use(at, model=f"openai/gpt-4.{number}", completion_tokens=50 + number)
        # The same model at another endpoint of the same provider.
        self.use(MIDDLE, model="openai/gpt-4.2", endpoint_id="another")
        self.use(MIDDLE, model="openai/gpt-4.2", provider_name="Azure", workspace_id="w-2")

    def use(self, at: datetime, **more: Any) -> None:
        row = {
            "date": f"{at:%Y-%m-%d %H:%M:%S}",
            "model": "openai/gpt-4.1",
            "model_permaslug": "openai/gpt-4.1-2025-04-14",
            "endpoint_id": "endpoint",
            "provider_name": "OpenAI",
            "usage": 0.015,
            "byok_usage_inference": 0.012,
            "requests": 5,
            "prompt_tokens": 50,
            "completion_tokens": 125,
            "reasoning_tokens": 25,
            "workspace_id": "w-1",
            **more,
        }
        self.rows.append(row)

    def correct(self) -> None:
        self.rows[1]["completion_tokens"] = 77

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/credits"):
            return httpx.Response(200, json={"data": {"total_credits": 1000.5, "total_usage": 25.75}})
        asked, oldest = request.url.params, self.today - timedelta(days=30)
        if "date" in asked and not oldest <= date.fromisoformat(asked["date"]) < self.today:
            error = {"message": "Date must be within the last 30 (completed) UTC days", "code": 400}
            return httpx.Response(400, json={"error": error})
        rows = [row for row in self.rows if row["date"].startswith(asked.get("date", ""))]
        if asked.get("group_by") != "workspace":
            rows = [{k: v for k, v in row.items() if k != "workspace_id"} for row in rows]
        return httpx.Response(200, json={"data": rows})
