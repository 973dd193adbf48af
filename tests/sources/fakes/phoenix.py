"""A Phoenix with a few projects: bearer key, cursors, half-open times, annotations by span and by trace."""

from datetime import timedelta
from typing import Any, ClassVar

import httpx

from tests.sources.fakes.base import END, MIDDLE, START, FakeProvider, moment, paged


class Fake(FakeProvider):
    kind: ClassVar[str] = "phoenix"
    contract: ClassVar[str] = "phoenix.json"

    def __init__(self) -> None:
        super().__init__()
        self.projects = ["default", "another client's"]
        self.annotations: dict[str, list[dict[str, Any]]] = {"span": [], "trace": []}

    @property
    def settings(self) -> dict[str, Any]:
        return {"base_url": "https://phoenix.example", "project": "default", "api_key": self.key}

    def authorised(self, request: httpx.Request) -> bool:
        return str(request.headers.get("authorization")) == f"Bearer {self.key}"

    def refusal(self, status: int) -> httpx.Response:
        return httpx.Response(status, text="Invalid token")

    def plant(self) -> None:
        for number, at in enumerate(
            (START, START + timedelta(hours=5), MIDDLE, *(MIDDLE + timedelta(hours=h) for h in (1, 2, 3)), END)
        ):
            self.rows.append(span(number, at))
            self.annotate("span", f"{number:016x}", "accuracy", score=number % 2)
        self.annotate("trace", f"{1:032x}", "user_satisfaction", label="yes", kind="HUMAN")

    def annotate(self, of: str, judged: str, name: str, kind: str = "LLM", **result: Any) -> None:
        taken = self.annotations[of]
        taken.append(
            {
                "id": f"{of}-annotation-{len(taken)}",
                "created_at": START.isoformat(),
                "updated_at": START.isoformat(),
                "source": "API",
                "user_id": None,
                "name": name,
                "annotator_kind": kind,
                "result": result,
                "metadata": {},
                "identifier": "",
                f"{of}_id": judged,
            }
        )

    def correct(self) -> None:
        self.rows[1]["attributes"]["llm.token_count.completion"] = 77

    def answer(self, request: httpx.Request) -> httpx.Response:
        parts = request.url.path.strip("/").split("/")
        asked = request.url.params
        if parts == ["v1", "projects"]:
            rows: list[Any] = [
                {"id": f"P{i}", "name": name, "description": None} for i, name in enumerate(self.projects)
            ]
        elif parts[2] not in self.projects:
            return httpx.Response(404, text="Project not found")
        elif parts[3] == "traces":
            assert (asked["sort"], asked["order"]) == ("start_time", "desc")
            rows = [trace(row) for row in sorted(self.rows, key=lambda row: row["start_time"], reverse=True)]
        elif parts[3] == "spans":
            start, end = asked.get("start_time"), asked.get("end_time")
            rows = [
                row
                for row in sorted(self.rows, key=lambda row: row["start_time"], reverse=True)
                if (not start or moment(row["start_time"]) >= moment(start))
                and (not end or moment(row["start_time"]) < moment(end))
            ]
        else:
            of = parts[3].removesuffix("_annotations")
            wanted = asked.get_list(f"{of}_ids")
            rows = [row for row in self.annotations[of] if row[f"{of}_id"] in wanted]
        page, following = paged(request, rows, min(self.page, int(asked.get("limit", 100))))
        return httpx.Response(200, json={"data": page, "next_cursor": following})


def trace(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"T{row['id']}",
        "trace_id": row["context"]["trace_id"],
        "project_id": "P0",
        "start_time": row["start_time"],
        "end_time": row["end_time"],
    }


def span(number: int, at: Any, **attributes: Any) -> dict[str, Any]:
    return {
        "id": f"S{number}",
        "name": "chat",
        "context": {"trace_id": f"{number:032x}", "span_id": f"{number:016x}"},
        "span_kind": "LLM",
        "parent_id": None,
        "start_time": at.isoformat(),
        "end_time": (at + timedelta(seconds=2)).isoformat(),
        "status_code": "OK",
        "status_message": "",
        "attributes": {
            "llm.model_name": "gpt-4o",
            "llm.provider": "openai",
            "llm.token_count.prompt": 100 + number,
            "llm.token_count.completion": 50,
            "input.value": "how many seats?",
            "output.value": "twelve",
            "session.id": "s-1",
            "user.id": "u-1",
            **attributes,
        },
        "events": [],
    }
