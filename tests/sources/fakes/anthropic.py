"""An Anthropic organization: admin key, buckets that may be empty, cents as text, a default workspace without an id."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import httpx

from tests.sources.fakes.base import END, MIDDLE, START, FakeProvider, moment, paged

TIERS = {401: "authentication_error", 403: "permission_error", 404: "not_found_error"}
OF_A_LINE = ("cost_type", "model", "token_type", "context_window", "inference_geo", "service_tier")
"""What Anthropic says of a cost when its description is asked for."""


class Fake(FakeProvider):
    kind: ClassVar[str] = "anthropic"
    contract: ClassVar[str] = "anthropic-admin.json"

    def __init__(self) -> None:
        super().__init__()
        self.workspaces = {"wrkspc_1": "Support bot", "wrkspc_2": "Search"}

    @property
    def settings(self) -> dict[str, Any]:
        return {"api_key": self.key}

    def authorised(self, request: httpx.Request) -> bool:
        return str(request.headers.get("x-api-key")) == self.key

    def refusal(self, status: int) -> httpx.Response:
        error = {"type": TIERS.get(status, "invalid_request_error"), "message": "invalid x-api-key"}
        return httpx.Response(status, json={"type": "error", "error": error, "request_id": None})

    def plant(self) -> None:
        for number, at in enumerate((START, START + timedelta(hours=5), MIDDLE, MIDDLE + timedelta(hours=23), END)):
            self.bill(at, f"{125 + number}.5", description="Claude Sonnet 5 Usage - Input Tokens")
            self.use(at, uncached_input_tokens=600, cache_read_input_tokens=400, output_tokens=50 + number)
            self.use(at, service_tier="batch", uncached_input_tokens=10)
        self.bill(START, "50", description="Claude Sonnet 5 Usage - Output Tokens", token_type="output_tokens")
        self.bill(START, "900", workspace_id=None, description="Web Search Usage", cost_type="web_search", model=None)
        self.use(MIDDLE, workspace_id=None, api_key_id=None, searches=3)

    def bill(self, at: datetime, amount: str, **more: Any) -> None:
        row = {"workspace_id": "wrkspc_1", "cost_type": "tokens", "model": "claude-sonnet-5", **more}
        self.rows.append({"of": "cost_report", "at": at, "row": {"amount": amount, "currency": "USD", **row}})

    def use(self, at: datetime, *, written: tuple[int, int] = (0, 0), searches: int = 0, **more: Any) -> None:
        row = {
            "uncached_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": written[0], "ephemeral_1h_input_tokens": written[1]},
            "server_tool_use": {"web_search_requests": searches},
            "workspace_id": "wrkspc_1",
            "api_key_id": "apikey_1",
            "model": "claude-sonnet-5",
            "service_tier": "standard",
            **more,
        }
        self.rows.append({"of": "messages", "at": at, "row": row})

    def correct(self) -> None:
        self.rows[1]["row"]["output_tokens"] = 77

    def answer(self, request: httpx.Request) -> httpx.Response:
        of, asked = request.url.path.rsplit("/", 1)[-1], request.url.params
        if of == "me":
            return httpx.Response(200, json={"id": "org_1", "name": "Acme", "type": "organization"})
        if of == "workspaces":
            return httpx.Response(200, json=self._workspaces(asked))
        width = timedelta(hours=1) if asked.get("bucket_width") == "1h" else timedelta(days=1)
        start, end = moment(asked["starting_at"]), moment(asked["ending_at"])
        starts = [start + width * at for at in range((end - start) // width)]
        page, following = paged(request, starts, min(int(asked["limit"]), timedelta(days=1) // width), "page")
        buckets = [
            {
                "starting_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                "ending_at": f"{at + width:%Y-%m-%dT%H:%M:%SZ}",
                "results": self._results(of, at, at + width, asked.get_list("group_by[]")),
            }
            for at in page
        ]
        return httpx.Response(200, json={"data": buckets, "has_more": following is not None, "next_page": following})

    def _workspaces(self, asked: httpx.QueryParams) -> dict[str, Any]:
        """One a page: the second comes after the first."""
        ids = list(self.workspaces)
        at = ids.index(asked["after_id"]) + 1 if "after_id" in asked else 0
        found = [{"id": one, "name": self.workspaces[one], "type": "workspace"} for one in ids[at : at + 1]]
        return {"data": found, "has_more": at + 1 < len(ids), "first_id": ids[at], "last_id": ids[at]}

    def _results(self, of: str, start: datetime, end: datetime, groups: list[str]) -> list[dict[str, Any]]:
        told = [*groups, *(OF_A_LINE if "description" in groups else ())]
        found: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
        for planted in self.rows:
            if planted["of"] == of and start <= planted["at"] < end:
                found[tuple(planted["row"].get(name) for name in told)].append(planted["row"])
        return [_added(rows, told) for rows in found.values()]


def _added(rows: Iterable[dict[str, Any]], told: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for row in rows:
        for field, value in row.items():
            if field == "amount":
                result[field] = str(Decimal(result.get(field, 0)) + Decimal(value))
            elif isinstance(value, int):
                result[field] = result.get(field, 0) + value
            elif isinstance(value, dict):
                result[field] = {k: result.get(field, {}).get(k, 0) + v for k, v in value.items()}
            else:
                result[field] = value if field in (*told, "currency") else None
    return result
