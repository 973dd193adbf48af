"""Streams of Langfuse's observations by start time, from the newer API and the older."""

from collections.abc import Iterator
from typing import Any

from monitoring.connecting.kind import Page, Window
from monitoring.connecting.paginators import PageNumber, Request, Token
from monitoring.connecting.reading import taken
from monitoring.records import SpanRecord

from .asking import GeneratedHttp
from .rows import Observation, Trace, span_of

NEW, OLD, TRACES = "api/public/v2/observations", "api/public/observations", "api/public/traces"
FIELDS = "core,basic,model,usage,prompt,trace_context"
ROWS, ROWS_WITH_TEXTS, OLD_ROWS = 1000, 100, 100
"""Rows a page; Langfuse's cloud sends at most 5 MB in one answer, which long texts fill soon."""
CURSOR = Token("meta.cursor", "cursor")


def newer(http: GeneratedHttp, window: Window, texts: bool, cursor: str) -> Iterator[Page]:
    asked = {
        **_times(window),
        "fields": f"{FIELDS},io" if texts else FIELDS,
        "limit": ROWS_WITH_TEXTS if texts else ROWS,
    }

    def read(row: Any) -> SpanRecord | None:
        span = span_of(Observation.model_validate(row))
        return span if window.holds(span.started_at) else None

    for answer, following in http.pages(Request(NEW, asked), CURSOR, cursor):
        records, rejected = taken(answer.rows("data"), read)
        yield Page(records, following, rejected)


def older(http: GeneratedHttp, window: Window, texts: bool, cursor: str) -> Iterator[Page]:
    """Page by page, each with its traces' sessions, users and tags."""
    numbered = PageNumber("data", OLD_ROWS, last="meta.totalPages")
    for answer, following in http.pages(Request(OLD, {**_times(window), "limit": OLD_ROWS}), numbered, cursor):
        rows = answer.rows("data")
        traces = traces_of(http, {str(row.get("traceId") or "") for row in rows if isinstance(row, dict)})

        def read(row: Any, traces: dict[str, Trace] = traces) -> SpanRecord | None:
            found = Observation.model_validate(row)
            if not texts:
                found = found.model_copy(update={"input": "", "output": ""})
            span = span_of(found, traces.get(found.trace_id))
            return span if window.holds(span.started_at) else None

        records, rejected = taken(rows, read)
        yield Page(records, following, rejected)


def traces_of(http: GeneratedHttp, ids: set[str]) -> dict[str, Trace]:
    """The traces of some ids, at most a page of them, by id."""
    found: dict[str, Trace] = {}

    def keep(row: Any) -> None:
        trace = Trace.model_validate(row)
        found[trace.id] = trace

    # A trace that cannot be read costs its spans no more than their session and user.
    taken(http.chosen(TRACES, "id", ids, fields="core", limit=OLD_ROWS), keep)
    return found


def _times(window: Window) -> dict[str, str]:
    return {"fromStartTime": window.start.isoformat(), "toStartTime": window.end.isoformat()}
