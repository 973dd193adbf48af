"""Arize Phoenix: spans by start time, with their annotations as scores. Its own OpenAPI description is the contract."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import batched
from typing import Any
from urllib.parse import quote

from pydantic import Field, SecretStr

from monitoring import values
from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import Brings, Connector, Findings, Kind, Page, Seen, Settings, Window, sees_more
from monitoring.connecting.paginators import Request, Token
from monitoring.connecting.reading import Exact, Instant, Name, Row, Text, one, span_id, taken, trace_id
from monitoring.judgements import judgement_of
from monitoring.otlp.conventions import RawSpan, record_of
from monitoring.records import Judge, Record, Rejection, ScoreRecord, SpanRecord

SPANS, IDS = 500, 200
"""Spans a page, and ids in one address, which a proxy may cut at 8 KiB."""
NEXT = Token("next_cursor", "cursor")


class PhoenixSettings(Settings):
    base_url: str = Field(
        "https://app.phoenix.arize.com", title="Address", description="Where your Phoenix is, with https://."
    )
    project: str = Field(
        "default", title="Project", description="The name of the project as Phoenix shows it.", min_length=1
    )
    api_key: SecretStr = Field(
        SecretStr(""), title="API key", description="A system key of Phoenix, if yours has a login."
    )


class Project(Row):
    name: Name


class Trace(Row):
    start_time: Instant


class Context(Row):
    trace_id: str = Field(min_length=1)
    span_id: str = Field(min_length=1)


class Event(Row):
    name: Name
    attributes: dict[str, Any] | None = None


class Span(Row):
    name: Name
    context: Context
    span_kind: str = ""
    parent_id: str | None = None
    start_time: Instant
    end_time: Instant | None = None
    status_code: str = ""
    attributes: dict[str, Any] | None = None
    events: list[Event] | None = None


class Result(Row):
    label: Name = ""
    score: Exact | None = None
    explanation: Text = ""


class Annotation(Row):
    id: str = Field(min_length=1)
    name: Name
    annotator_kind: str = ""
    result: Result | None = None
    span_id: str = ""
    trace_id: str = ""


class Phoenix(Connector[PhoenixSettings]):
    """Spans and what was annotated on them and on their traces."""

    kind = Kind(
        "phoenix",
        "Arize Phoenix",
        Brings.TRACES,
        "Spans, and annotations as scores.",
        complete=(SpanRecord, ScoreRecord),  # an annotation is read with the span it is on
    )
    Settings = PhoenixSettings

    @classmethod
    def address(cls, settings: PhoenixSettings) -> str:
        return settings.base_url

    @classmethod
    def headers(cls, settings: PhoenixSettings) -> dict[str, str]:
        key = settings.api_key.get_secret_value()
        return {"Authorization": f"Bearer {key}"} if key else {}

    def check(self) -> Findings:
        pages = self.http.pages(Request("v1/projects", {"limit": 100}), NEXT)
        names = [one("Phoenix", Project, row).name for answer, _ in pages for row in answer.rows("data")]
        project = self.settings.project
        if project not in names:
            raise SourceError(
                Fault.CLIENT,
                f"Phoenix has no project “{project}”. It has: {', '.join(names[:10]) or 'none'}.",
                status=404,
            )
        # Spans come in the order they were stored in, traces by time.
        newest = self.http.get(self._path("traces"), sort="start_time", order="desc", limit=1).rows("data")
        last = one("Phoenix", Trace, newest[0]).start_time if newest else None
        return Findings(self.settings.base_url, (Seen(project, last=last),), sees_more(len(names) - 1, "project"))

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        asked = {"limit": SPANS, "start_time": window.start.isoformat(), "end_time": window.end.isoformat()}
        for answer, following in self.http.pages(Request(self._path("spans"), asked), NEXT, cursor):
            spans, rejected = taken(answer.rows("data"), partial(_span, texts=self.texts))
            scores, refused = self._scores([s for s in spans if isinstance(s, SpanRecord)])
            yield Page([*spans, *scores], following, [*rejected, *refused])

    def _scores(self, spans: Sequence[SpanRecord]) -> tuple[list[Record], list[Rejection]]:
        by_span = {s.span_id: s for s in spans}
        by_trace = {s.trace_id: s for s in spans if not s.parent_id}
        records: list[Record] = []
        rejected: list[Rejection] = []
        for of, judged in (("span", by_span), ("trace", by_trace)):
            for ids in batched(judged, IDS):
                first = Request(self._path(f"{of}_annotations"), {"limit": 1000, f"{of}_ids": ids})
                for answer, _ in self.http.pages(first, NEXT):
                    found, refused = taken(answer.rows("data"), partial(_score, of=of, judged=judged))
                    records += found
                    rejected += refused
        return records, rejected

    def _path(self, of: str) -> str:
        return f"v1/projects/{quote(self.settings.project, safe='')}/{of}"


def _span(row: Any, texts: bool) -> SpanRecord:
    span = Span.model_validate(row)
    found = {"openinference.span.kind": span.span_kind, **(span.attributes or {})}
    ended = span.end_time if span.end_time and span.end_time >= span.start_time else None
    events = [(event.name, event.attributes or {}) for event in span.events or ()]
    raw = RawSpan(
        trace_id(span.context.trace_id),
        span_id(span.context.span_id),
        span_id(span.parent_id or ""),
        span.start_time,
        ended,
        span.name,
        span.status_code == "ERROR",
        found,
        events,
    )
    record = record_of(raw)
    return record if texts else replace(record, input_text="", output_text="")


def _score(row: Any, of: str, judged: dict[str, SpanRecord]) -> ScoreRecord | None:
    given = Annotation.model_validate(row)
    span = judged.get(span_id(given.span_id) if of == "span" else trace_id(given.trace_id))
    if span is None or given.result is None or (given.result.score is None and not given.result.label):
        return None
    kind, value, label = judgement_of(given.name, given.result.score, given.result.label or None)
    judge = {"HUMAN": Judge.HUMAN, "LLM": Judge.MODEL}.get(given.annotator_kind, Judge.CODE)
    return ScoreRecord(
        values.short(given.id),
        given.name,
        kind,
        span.started_at,
        span.trace_id,
        span.span_id if of == "span" else "",
        value,
        label,
        judge,
        given.result.explanation,
        model=span.model if of == "span" else "",
    )
