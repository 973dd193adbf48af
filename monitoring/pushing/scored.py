"""Pushed scores as records: each with the time and the dimensions of the call it judges, where that is known. One query for all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from clients.tenancy import scope
from monitoring import values
from monitoring.doors import SourceRef
from monitoring.importing.calls import instant, span_ids, trace_id_of
from monitoring.judgements import judgement_of
from monitoring.models import Span
from monitoring.records import ScoreRecord

from .shapes import PushedScore

_DIMENSIONS = ("environment", "segment", "model", "prompt_name", "prompt_version")


@dataclass(frozen=True)
class Judged:
    """A row's score."""

    line: int
    score: PushedScore


def records_of(
    source: SourceRef, rows: Sequence[Judged], zone: ZoneInfo
) -> tuple[list[tuple[int, ScoreRecord]], dict[int, str]]:
    """The records by line, and why the others are none. A score counts when its call was made; without the call it says `at`."""
    refused: dict[int, str] = {}
    named: list[tuple[Judged, str, str]] = []
    for row in rows:
        try:
            named.append((row, *_ids(source, row.score)))
        except values.BadValue as error:
            refused[row.line] = str(error)
    calls = _calls(source, {trace for _, trace, _ in named if trace})
    records = []
    for row, trace, span in named:
        try:
            records.append((row.line, _record(row.score, trace, span, calls.get((trace, span)), zone)))
        except values.BadValue as error:
            refused[row.line] = str(error)
    return records, refused


def _ids(source: SourceRef, score: PushedScore) -> tuple[str, str]:
    if score.call:
        if score.span_id:
            raise values.BadValue("call: say either call or span_id")
        return span_ids(source.public_id, score.call, score.trace_id)
    trace, span = trace_id_of(source.public_id, score.trace_id), score.span_id.lower()
    if span and not (len(span) == 16 and all(c in "0123456789abcdef" for c in span)):
        raise values.BadValue("span_id: must be 16 hex digits; name a pushed call by its id as call")
    if span and not trace:
        raise values.BadValue("span_id: give its trace_id, too")
    return trace, span


def _calls(source: SourceRef, traces: set[str]) -> dict[tuple[str, str], dict[str, Any]]:
    """The spans of these traces by ids, and under an empty span id the first of each trace."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    with scope(source.client_id):
        rows = Span.objects.filter(client_id=source.client_id, source_id=source.id, trace_id__in=sorted(traces))
        for row in rows.order_by("started_at").values(
            "trace_id", "span_id", "started_at", "system__name", *_DIMENSIONS
        ):
            found[row["trace_id"], row["span_id"]] = row
            found.setdefault((row["trace_id"], ""), row)
    return found


def _record(score: PushedScore, trace: str, span: str, call: dict[str, Any] | None, zone: ZoneInfo) -> ScoreRecord:
    kind, value, label = judgement_of(score.name, score.value, score.label)
    if call is None and score.at is None:
        raise values.BadValue("at: nothing is known of what it judges; send its call first, or say when it was made")
    dimensions = {name: call[name] for name in _DIMENSIONS} if call else {}
    return ScoreRecord(
        score_id=score.id,
        name=score.name,
        kind=kind,
        at=call["started_at"] if call else instant(score.at, zone),
        trace_id=trace,
        span_id=span,
        value=value,
        label=label,
        judge=score.judge,
        comment=score.comment,
        system=call["system__name"] if call else "",
        **dimensions,
    )
