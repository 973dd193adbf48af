"""A Langfuse with one project: basic auth, the newer API with cursors and the older with page numbers, filters, metrics."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx

from tests.sources.fakes.base import END, MIDDLE, START, FakeProvider, moment

NEW_PATHS = ("/api/public/v2/observations", "/api/public/v3/scores", "/api/public/v2/metrics")
OLD_PATHS = ("/api/public/observations", "/api/public/v2/scores", "/api/public/metrics", "/api/public/traces")
GROUPS = {
    "basic": ("name", "level", "statusMessage", "environment", "userId", "sessionId", "isRootObservation"),
    "io": ("input", "output"),
    "model": ("providedModelName", "internalModelId", "modelParameters"),
    "usage": ("usageDetails", "costDetails", "totalCost"),
    "prompt": ("promptId", "promptName", "promptVersion"),
    "trace_context": ("tags", "release", "traceName"),
}
CORE = ("id", "traceId", "startTime", "endTime", "projectId", "parentObservationId", "type")


class Fake(FakeProvider):
    kind: ClassVar[str] = "langfuse"
    contract: ClassVar[str] = "langfuse.yml"

    def __init__(self) -> None:
        super().__init__()
        self.lacks: tuple[str, ...] = ()
        """Paths this server does not have: NEW_PATHS for an older one."""
        self.missing = 404
        self.filters = True
        """Whether the older API knows the `filter` parameter."""
        self.scores: list[dict[str, Any]] = []
        self.prompts: list[dict[str, Any]] = []
        self.projects = [
            {"id": "p-1", "name": "Support", "organization": {"id": "o-1", "name": "Acme"}, "metadata": {}}
        ]

    @property
    def settings(self) -> dict[str, Any]:
        return {"base_url": "https://langfuse.example", "public_key": "pk-lf-1", "secret_key": self.key}

    def authorised(self, request: httpx.Request) -> bool:
        pair = base64.b64encode(f"pk-lf-1:{self.key}".encode()).decode()
        return request.url.path == "/api/public/health" or request.headers.get("authorization") == f"Basic {pair}"

    def refusal(self, status: int) -> httpx.Response:
        return httpx.Response(
            status, json={"error": "Unauthorized", "message": "Invalid credentials. Confirm your host."}
        )

    def plant(self) -> None:
        for number, at in enumerate(
            (START, START + timedelta(hours=5), MIDDLE, *(MIDDLE + timedelta(hours=h) for h in (1, 2, 3)), END)
        ):
            self.rows.append(observation(number, at))
            self.scores.append(score(number, at, number / 4, of=("observation", f"o-{number}", f"t-{number}")))
        self.scores.append(
            score(90, START + timedelta(hours=7), True, "BOOLEAN", of=("trace", "t-1"), source="ANNOTATION")
        )
        self.prompts += [
            {"name": "greet/formal", "version": 1, "labels": [], "at": START - timedelta(days=40)},
            {
                "name": "greet/formal",
                "version": 2,
                "labels": ["production", "latest"],
                "at": START + timedelta(hours=1),
            },
        ]

    def correct(self) -> None:
        self.rows[1]["usageDetails"]["output"] = 77

    def answer(self, request: httpx.Request) -> httpx.Response:
        path, asked = request.url.path, request.url.params
        if path in self.lacks:
            return httpx.Response(self.missing, json={"message": "only available in Langfuse v4", "error": "NotFound"})
        if path == "/api/public/health":
            return httpx.Response(200, json={"version": "4.1.0", "status": "OK"})
        if path == "/api/public/projects":
            return httpx.Response(200, json={"data": self.projects})
        if path in ("/api/public/v2/metrics", "/api/public/metrics"):
            return httpx.Response(200, json={"data": self.metrics(json.loads(asked["query"]))})
        if path.startswith("/api/public/v2/prompts/"):
            return self.prompt(path.removeprefix("/api/public/v2/prompts/"), int(asked["version"]))
        if path == "/api/public/v2/prompts":
            return self.numbered(asked, self.listed(asked))
        if path == "/api/public/v2/observations":
            groups = ["core", *asked.get("fields", "basic").split(",")]
            names = [*CORE, *(name for group in groups for name in GROUPS.get(group, ()))]
            empty = {"modelId": None, "inputPrice": None, "outputPrice": None, "totalPrice": None}
            kept = self.within(asked, self.rows, "startTime", "StartTime")
            return self.by_cursor(asked, [{**empty, **{n: row[n] for n in names if n in row}} for row in kept], 1000)
        if path == "/api/public/v3/scores":
            return self.by_cursor(asked, self.within(asked, self.scores, "timestamp", "Timestamp"), 100)
        if path == "/api/public/observations":
            kept = self.within(asked, self.rows, "startTime", "StartTime")
            return self.numbered(asked, [older_observation(row) for row in kept])
        if path == "/api/public/traces":
            return self.numbered(asked, self.within(asked, self.traces(), "timestamp", "Timestamp"))
        assert path == "/api/public/v2/scores", path
        kept = self.within(asked, self.scores, "timestamp", "Timestamp")
        return self.numbered(asked, [older_score(row) for row in kept])

    def within(
        self, asked: httpx.QueryParams, rows: list[dict[str, Any]], column: str, named: str
    ) -> list[dict[str, Any]]:
        """Newest first, half-open; a filter takes the place of the parameters."""
        if "filter" in asked:
            conditions = json.loads(asked["filter"]) if self.filters else []
            kept = [row for row in rows if all(holds(row, condition) for condition in conditions)]
        else:
            start, end = asked.get(f"from{named}"), asked.get(f"to{named}")
            kept = [
                row
                for row in rows
                if (not start or moment(row[column]) >= moment(start))
                and (not end or moment(row[column]) < moment(end))
            ]
        return sorted(kept, key=lambda row: (row[column], row["id"]), reverse=True)

    def by_cursor(self, asked: httpx.QueryParams, rows: list[Any], most: int) -> httpx.Response:
        limit = int(asked.get("limit", 50))
        if limit > most:
            return httpx.Response(400, json={"message": "Invalid request data"})
        start = int(base64.b64decode(asked["cursor"])) if "cursor" in asked else 0
        end = start + min(self.page, limit)
        meta: dict[str, Any] = {"limit": limit} if most == 100 else {}
        if end < len(rows):
            meta["cursor"] = base64.b64encode(str(end).encode()).decode()
        return httpx.Response(200, json={"data": rows[start:end], "meta": meta})

    def numbered(self, asked: httpx.QueryParams, rows: list[Any]) -> httpx.Response:
        number, limit = int(asked.get("page", 1)), min(self.page, int(asked.get("limit", 50)))
        meta = {"page": number, "limit": limit, "totalItems": len(rows), "totalPages": -(-len(rows) // limit)}
        return httpx.Response(200, json={"data": rows[(number - 1) * limit : number * limit], "meta": meta})

    def traces(self) -> list[dict[str, Any]]:
        return [
            {
                "id": row["traceId"],
                "timestamp": row["startTime"],
                "name": row["traceName"],
                "sessionId": row["sessionId"],
                "userId": row["userId"],
                "release": row["release"],
                "version": None,
                "tags": row["tags"],
                "public": False,
                "environment": row["environment"],
                "htmlPath": "/trace",
            }
            for row in self.rows
        ]

    def listed(self, asked: httpx.QueryParams) -> list[Any]:
        start, end = moment(asked["fromUpdatedAt"]), moment(asked["toUpdatedAt"])
        names: dict[str, list[Any]] = {}
        for row in self.prompts:
            if start <= row["at"] < end:
                names.setdefault(row["name"], []).append(row)
        return [
            {
                "name": name,
                "type": "text",
                "versions": [row["version"] for row in rows],
                "labels": sorted({label for row in rows for label in row["labels"]}),
                "tags": [],
                "lastUpdatedAt": max(row["at"] for row in rows).isoformat(),
                "lastConfig": {},
            }
            for name, rows in sorted(names.items())
        ]

    def prompt(self, name: str, version: int) -> httpx.Response:
        for row in self.prompts:
            if (row["name"], row["version"]) == (name, version):
                kept = {
                    "name": name,
                    "version": version,
                    "labels": row["labels"],
                    "tags": [],
                    "config": {},
                    "type": "text",
                }
                return httpx.Response(
                    200, json={**kept, "prompt": "Be polite to {{name}}.", "createdAt": row["at"].isoformat()}
                )
        return httpx.Response(404, json={"message": "Prompt not found", "error": "LangfuseNotFoundError"})

    def metrics(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        """By hour, model and type. The upper bound is inclusive, and counts are text, as ClickHouse writes 64 bits."""
        start, end = moment(query["fromTimestamp"]), moment(query["toTimestamp"])
        sums: dict[tuple[str, str, str], list[Any]] = {}
        for row in self.rows:
            at = moment(row["startTime"])
            if start <= at <= end:
                hour = at.astimezone(UTC).strftime("%Y-%m-%d %H:00:00")
                found = sums.setdefault((hour, row["providedModelName"], row["type"]), [0, 0, 0, 0.0])
                usage = row["usageDetails"]
                found[0] += 1
                found[1] += sum(n for name, n in usage.items() if "input" in name)
                found[2] += sum(n for name, n in usage.items() if "output" in name)
                found[3] += row["totalCost"] or 0
        return [
            {
                "time_dimension": hour,
                "providedModelName": model,
                "type": type_,
                "count_count": str(calls),
                "sum_inputTokens": str(given),
                "sum_outputTokens": str(made),
                "sum_totalCost": cost,
            }
            for (hour, model, type_), (calls, given, made, cost) in sorted(sums.items())
        ][: query["config"]["row_limit"]]


def holds(row: dict[str, Any], condition: dict[str, Any]) -> bool:
    value = row.get(condition["column"])
    match condition["operator"]:
        case "any of":
            return value in condition["value"]
        case ">=":
            return value is not None and moment(value) >= moment(condition["value"])
        case "=":
            return bool(value == condition["value"])
    raise AssertionError(condition)


def written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def observation(number: int, at: datetime, **changed: Any) -> dict[str, Any]:
    """A root generation, with everything either API may be asked for."""
    return {
        "id": f"o-{number}",
        "traceId": f"t-{number}",
        "startTime": written(at),
        "endTime": written(at + timedelta(seconds=2)),
        "projectId": "p-1",
        "parentObservationId": None,
        "type": "GENERATION",
        "isRootObservation": True,
        "name": "answer",
        "level": "DEFAULT",
        "statusMessage": None,
        "environment": "production",
        "userId": "u-1",
        "sessionId": "s-1",
        "input": "how many seats?",
        "output": "twelve",
        "providedModelName": "gpt-4o",
        "internalModelId": None,
        "modelParameters": {},
        "usageDetails": {"input": 100 + number, "input_cached_tokens": 20, "output": 50, "total": 170 + number},
        "costDetails": {"input": 0.001, "output": 0.0005, "total": 0.0015},
        "totalCost": 0.0015,
        "promptId": "prompt-1",
        "promptName": "greet/formal",
        "promptVersion": 2,
        "tags": ["beta"],
        "release": "1.4",
        "traceName": "chat",
        **changed,
    }


def older_observation(row: dict[str, Any]) -> dict[str, Any]:
    """The same in the older API's words: no user, session or tags, everything else always there."""
    left_out = ("projectId", "userId", "sessionId", "tags", "release", "traceName", "isRootObservation", "totalCost")
    kept = {name: value for name, value in row.items() if name not in left_out}
    cost = row["costDetails"].get("total", 0)
    return {
        **kept,
        "model": row["providedModelName"],
        "completionStartTime": None,
        "version": None,
        "metadata": {},
        "usage": {"input": 1, "output": 1, "total": 2, "unit": "TOKENS"},
        "modelId": None,
        "inputPrice": None,
        "outputPrice": None,
        "totalPrice": None,
        "calculatedInputCost": None,
        "calculatedOutputCost": None,
        "calculatedTotalCost": cost,
        "latency": 2.0,
        "timeToFirstToken": None,
    }


def score(
    number: int, at: datetime, value: Any, data_type: str = "NUMERIC", of: tuple[str, ...] = (), **changed: Any
) -> dict[str, Any]:
    """A score as the newer API writes it; `of` is the subject's kind, id and trace."""
    kind, judged, *trace = of
    return {
        "id": f"score-{number}",
        "projectId": "p-1",
        "name": "helpfulness",
        "dataType": data_type,
        "value": value,
        "source": "API",
        "timestamp": written(at),
        "environment": "production",
        "createdAt": written(at),
        "updatedAt": written(at),
        "comment": None,
        "configId": None,
        "metadata": {},
        "subject": {"kind": kind, "id": judged, **({"traceId": trace[0]} if trace else {})},
        **changed,
    }


def older_score(row: dict[str, Any]) -> dict[str, Any]:
    """The same in the older API's words: a number for everything, a word beside it, one field for each kind of subject."""
    subject, value = row["subject"], row["value"]
    kept = {name: given for name, given in row.items() if name not in ("subject", "projectId", "value")}
    told = {
        "NUMERIC": {"value": value},
        "BOOLEAN": {"value": float(bool(value)), "stringValue": str(bool(value))},
        "CATEGORICAL": {"value": 0, "stringValue": value},
        "TEXT": {"stringValue": value},
        "CORRECTION": {"value": 0, "stringValue": value},
    }[row["dataType"]]
    judged = {
        "trace": {"traceId": subject["id"]},
        "observation": {"traceId": subject.get("traceId"), "observationId": subject["id"]},
        "session": {"sessionId": subject["id"]},
        "experiment": {"datasetRunId": subject["id"]},
    }[subject["kind"]]
    return {**kept, **told, **judged, "authorUserId": None, "queueId": None, "trace": {"tags": [], "userId": None}}
