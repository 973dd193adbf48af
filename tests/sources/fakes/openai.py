"""An OpenAI organization: admin key, unix seconds, buckets by day and hour that may be empty, and groups only where asked for."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx

from tests.sources.fakes.base import END, MIDDLE, START, FakeProvider, paged

HOUR, DAY = 3600, 86400
NUMBERS = ("num_", "input_", "output_", "images", "characters", "seconds")
OBJECTS = {"web_search_calls": "web_searches", "file_search_calls": "file_searches"}


class Fake(FakeProvider):
    kind: ClassVar[str] = "openai"
    contract: ClassVar[str] = "openai-organization.json"

    def __init__(self) -> None:
        super().__init__()
        self.projects = {"proj_1": "Support bot", "proj_2": "Search"}

    @property
    def settings(self) -> dict[str, Any]:
        return {"api_key": self.key}

    def authorised(self, request: httpx.Request) -> bool:
        return str(request.headers.get("authorization")) == f"Bearer {self.key}"

    def refusal(self, status: int) -> httpx.Response:
        said = {
            401: f"Incorrect API key provided: {self.key[:5]}**. You can find your API key in your settings.",
            403: "You have insufficient permissions for this operation. Missing scopes: api.usage.read.",
        }.get(status, "Not found")
        error = {"message": said, "type": "invalid_request_error", "param": None, "code": None}
        return httpx.Response(status, json={"error": error})

    def plant(self) -> None:
        for number, at in enumerate((START, START + timedelta(hours=5), MIDDLE, MIDDLE + timedelta(hours=23), END)):
            self.bill(at, f"{1.25 + number}", line_item="gpt-4o-2024-08-06, input")
            self.use("completions", at, input_tokens=1000, input_cached_tokens=400, output_tokens=50 + number)
            self.use("embeddings", at, model="text-embedding-3-small", input_tokens=70)
        self.use("file_search_calls", MIDDLE, model=None, num_requests=3)
        self.bill(START, "0.5", line_item="gpt-4o-2024-08-06, output")
        self.bill(START, "9", project_id="proj_2", line_item="web search")

    def bill(self, at: datetime, value: Any, **more: Any) -> None:
        amount = {"amount": {"value": value, "currency": "usd"}}
        self.rows.append(
            {"of": "costs", "at": at, "row": {"project_id": "proj_1", "line_item": None, **amount, **more}}
        )

    def use(self, what: str, at: datetime, **more: Any) -> None:
        counted = {"num_model_requests": 2} if what != "file_search_calls" else {}
        row = {"project_id": "proj_1", "api_key_id": "key_1", "model": "gpt-4o-2024-08-06", **counted, **more}
        if what == "completions":
            row = {"batch": False, "service_tier": "default", "output_tokens": 0, **row}
        self.rows.append({"of": what, "at": at, "row": row})

    def correct(self) -> None:
        self.rows[1]["row"]["output_tokens"] = 77

    def answer(self, request: httpx.Request) -> httpx.Response:
        of, asked = request.url.path.rsplit("/", 1)[-1], request.url.params
        headers = {"openai-organization": "acme"}
        if of == "projects":
            return httpx.Response(200, headers=headers, json=self._projects(asked))
        hourly = asked.get("bucket_width") == "1h"
        width = HOUR if hourly else DAY
        starts = list(range(int(asked["start_time"]), int(asked["end_time"]), width))
        page, following = paged(request, starts, min(int(asked["limit"]), 24 if hourly else 1), "page")
        buckets = [
            {
                "object": "bucket",
                "start_time": start,
                "end_time": start + width,
                "results": self._results(of, start, width, asked),
            }
            for start in page
        ]
        whole = {"object": "page", "data": buckets, "has_more": following is not None, "next_page": following}
        return httpx.Response(200, headers=headers, json=whole)

    def _projects(self, asked: httpx.QueryParams) -> dict[str, Any]:
        """One a page: the second comes after the first."""
        ids = list(self.projects)
        at = ids.index(asked["after"]) + 1 if "after" in asked else 0
        found = {"id": ids[at], "object": "organization.project", "name": self.projects[ids[at]], "created_at": 1}
        more = at + 1 < len(ids)
        return {"object": "list", "data": [found], "first_id": ids[at], "last_id": ids[at], "has_more": more}

    def _results(self, of: str, start: int, width: int, asked: httpx.QueryParams) -> list[dict[str, Any]]:
        name = "costs" if of == "costs" else f"usage.{OBJECTS.get(of, of)}"
        groups, projects = asked.get_list("group_by"), asked.get_list("project_ids")
        found: dict[tuple[Any, ...], dict[str, Any]] = defaultdict(dict)
        for planted in self.rows:
            row = planted["row"]
            inside = start <= planted["at"].timestamp() < start + width
            if planted["of"] == of and inside and (not projects or row["project_id"] in projects):
                self._add(found[tuple(row.get(group) for group in groups)], row, groups)
        return [{"object": f"organization.{name}.result", **result} for result in found.values()]

    def _add(self, result: dict[str, Any], row: dict[str, Any], groups: list[str]) -> None:
        for field, value in row.items():
            if field == "amount":
                before = float(result.get("amount", {}).get("value", 0))
                result["amount"] = {**value, "value": before + float(value["value"])}
            elif field.startswith(NUMBERS):
                result[field] = result.get(field, 0) + value
            else:
                result[field] = value if field in groups else None
