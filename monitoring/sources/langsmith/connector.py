"""The connector itself: settings, the project a key shows, and its runs and feedback."""

from collections.abc import Iterator
from functools import partial

from pydantic import Field, SecretStr

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.fallback import either
from monitoring.connecting.kind import (
    Brings,
    Connector,
    Findings,
    Kind,
    Page,
    Seen,
    Settings,
    Window,
    in_turn,
    sees_more,
)
from monitoring.connecting.paginators import Offset, Request, Token
from monitoring.connecting.reading import Count, Name, Row, UtcInstant, one, taken

from .rows import score_of, span_of

FIELDS = [
    "id",
    "name",
    "run_type",
    "status",
    "start_time",
    "end_time",
    "trace_id",
    "tags",
    "prompt_tokens",
    "completion_tokens",
    "total_cost",
]
NEW_FIELDS = [*map(str.upper, FIELDS), "PARENT_RUN_IDS", "THREAD_ID", "METADATA", "PROMPT_TOKEN_DETAILS"]
OLD_FIELDS = [*FIELDS, "parent_run_id", "extra"]
RUNS, RUNS_WITH_TEXTS, OLD_RUNS, FEEDBACK = 1000, 100, 100, 100
NEW_NEXT, OLD_NEXT = Token("next_cursor", "cursor", in_body=True), Token("cursors.next", "cursor", in_body=True)


class LangSmithSettings(Settings):
    base_url: str = Field(
        "https://api.smith.langchain.com",
        title="Address",
        description=(
            "Of the API: https://api.smith.langchain.com (US), https://eu.api.smith.langchain.com, or your own server's, "
            "without /api/v1."
        ),
    )
    project: str = Field(
        "default", title="Project", description="The tracing project's name as LangSmith shows it.", min_length=1
    )
    workspace: str = Field(
        "", title="Workspace ID", description="Only for a key of several workspaces: the one the project is in."
    )
    api_key: SecretStr = Field(
        title="API key", description="A service key, lsv2_sk_…, of that workspace.", min_length=1
    )


class Project(Row):
    id: str = Field(min_length=1)
    name: Name
    tenant_id: Name = ""
    run_count: Count | None = None
    last_run_start_time: UtcInstant | None = None


class LangSmith(Connector[LangSmithSettings]):
    """Runs of one tracing project and the feedback on them."""

    kind = Kind(
        "langsmith",
        "LangSmith",
        Brings.TRACES,
        "Runs as spans, and feedback as scores.",
        texts_cost="LangSmith sends 100 runs at a time with their texts and 1,000 without: reading back takes up to ten times as long.",
        rate="15/10 second",
    )
    Settings = LangSmithSettings

    @classmethod
    def address(cls, settings: LangSmithSettings) -> str:
        return settings.base_url.rstrip("/").removesuffix("/v1").removesuffix("/api")

    @classmethod
    def headers(cls, settings: LangSmithSettings) -> dict[str, str]:
        workspace = {"X-Tenant-Id": settings.workspace} if settings.workspace else {}
        return {"x-api-key": settings.api_key.get_secret_value(), **workspace}

    def check(self) -> Findings:
        projects = self._projects()
        mine = [project for project in projects if project.name == self.settings.project]
        if not mine:
            raise self._no_project([project.name for project in projects])
        seen = Seen(mine[0].name, mine[0].run_count, "runs", last=mine[0].last_run_start_time)
        return Findings(f"LangSmith workspace {mine[0].tenant_id}", (seen,), sees_more(len(projects) - 1, "project"))

    def _projects(self) -> list[Project]:
        # `reference_free` leaves out experiments, which LangSmith keeps as projects too.
        listed = Request("api/v1/sessions", {"limit": 100, "reference_free": "true"})
        try:
            pages = list(self.http.pages(listed, Offset("")))
        except SourceError as error:
            if error.status == 403 and not self.settings.workspace:
                error.message += " If it is of several workspaces, type the ID of the one you mean."
            raise
        return [one("LangSmith", Project, row) for answer, _ in pages for row in answer.rows("")]

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        project = self._project()
        yield from in_turn(
            cursor,
            "LangSmith",
            runs=either(partial(self._newer, project, window), partial(self._older, project, window)),
            feedback=partial(self._feedback, project, window),
        )

    def _project(self) -> str:
        name = self.settings.project
        rows = self.http.get("api/v1/sessions", name=name, limit=10).rows("")
        # A server that does not know the parameter sends whichever projects it likes.
        found = [project.id for row in rows if (project := one("LangSmith", Project, row)).name == name]
        if not found:
            raise self._no_project([])
        return found[0]

    def _no_project(self, others: list[str]) -> SourceError:
        has = (
            f" It has: {', '.join(others[:10])}."
            if others
            else " Check its name, and that the key is of its workspace."
        )
        return SourceError(Fault.CLIENT, f"LangSmith has no project “{self.settings.project}”.{has}", status=404)

    def _newer(self, project: str, window: Window, cursor: str) -> Iterator[Page]:
        texts = self.texts
        body = {
            "project_ids": [project],
            # Without it, only a day comes.
            "min_start_time": window.start.isoformat(),
            "max_start_time": window.end.isoformat(),
            "page_size": RUNS_WITH_TEXTS if texts else RUNS,
            "selects": [*NEW_FIELDS, "INPUTS", "OUTPUTS"] if texts else NEW_FIELDS,
        }
        for answer, following in self.http.pages(Request("api/v2/runs/query", json=body), NEW_NEXT, cursor):
            records, rejected = taken(answer.rows("items"), partial(span_of, window=window))
            yield Page(records, following, rejected)

    def _older(self, project: str, window: Window, cursor: str) -> Iterator[Page]:
        start, end = window.start.isoformat(), window.end.isoformat()
        body = {
            "session": [project],
            "start_time": start,
            "filter": f'and(gte(start_time, "{start}"), lt(start_time, "{end}"))',
            "limit": OLD_RUNS,
            "select": [*OLD_FIELDS, "inputs", "outputs"] if self.texts else OLD_FIELDS,
        }
        for answer, following in self.http.pages(Request("api/v1/runs/query", json=body), OLD_NEXT, cursor):
            records, rejected = taken(answer.rows("runs"), partial(span_of, window=window))
            yield Page(records, following, rejected)

    def _feedback(self, project: str, window: Window, cursor: str) -> Iterator[Page]:
        times = {"min_created_at": window.start.isoformat(), "max_created_at": window.end.isoformat()}
        first = Request("api/v1/feedback", {"session": project, "limit": FEEDBACK, **times})
        for answer, following in self.http.pages(first, Offset(""), cursor):
            records, rejected = taken(answer.rows(""), partial(score_of, window=window))
            yield Page(records, following, rejected)
