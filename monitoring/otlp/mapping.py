"""Turns an OTLP export request into span and score records, and says of each span it does not take why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from monitoring import values
from monitoring.otlp import attributes, names
from monitoring.otlp.scores import Event, scores_of
from monitoring.records import Rejection, ScoreRecord, SpanKind, SpanRecord

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = 946_684_800 * 10**9  # 2000-01-01, in nanoseconds
_LATEST = 4_102_444_800 * 10**9  # 2100-01-01
_NO_TRACE = bytes(16)
_NO_SPAN = bytes(8)
_KEPT_ATTRIBUTES = 64
_KEPT_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a request held. `rejected` are spans not taken, `refused_scores` scores not taken from spans that were."""

    spans: list[SpanRecord] = field(default_factory=list)
    scores: list[ScoreRecord] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    refused_scores: list[Rejection] = field(default_factory=list)


def map_request(request: ExportTraceServiceRequest) -> Mapped:
    """Every span of the request as a record, or as a rejection with its reason. Never raises for what a sender may send."""
    mapped = Mapped()
    for resource_spans in request.resource_spans:
        system, environment = _resource(attributes.as_dict(resource_spans.resource.attributes))
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                try:
                    record, found, events = _span(span, system, environment)
                except values.BadValue as error:
                    mapped.rejected.append(Rejection(str(error), span.trace_id.hex()[:32], span.span_id.hex()[:16]))
                    continue
                mapped.spans.append(record)
                taken, refused = scores_of(record, found, events)
                mapped.scores.extend(taken)
                mapped.refused_scores.extend(refused)
    return mapped


def _resource(found: attributes.Attributes) -> tuple[str, str]:
    """The system and the environment a resource names. An SDK's stand-in for no service name is no name."""
    system = attributes.name(found, names.SERVICE)
    if system.startswith(names.UNKNOWN_SERVICE):
        system = attributes.name(found, names.SERVICE[1:])
    return system[: values.SYSTEM_LIMIT].strip(), attributes.name(found, names.ENVIRONMENT)


def _span(span: Span, system: str, environment: str) -> tuple[SpanRecord, attributes.Attributes, Sequence[Event]]:
    """One span, its attributes and its events. Raises BadValue with the reason when it cannot be taken."""
    trace_id, span_id, parent_id = _ids(span)
    started_at, ended_at = _times(span)
    found = attributes.as_dict(span.attributes)
    events: Sequence[Event] = (
        [(event.name, attributes.as_dict(event.attributes)) for event in span.events] if span.events else ()
    )
    tool = attributes.name(found, names.TOOL)
    record = SpanRecord(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id,
        started_at=started_at,
        ended_at=ended_at,
        kind=(kind := _kind(found)),
        name=values.short(span.name),
        system=system,
        environment=environment,
        segment=attributes.name(found, names.SEGMENT),
        session_id=attributes.name(found, names.SESSION),
        user_id=attributes.name(found, names.USER),
        provider=attributes.name(found, names.PROVIDER).lower(),
        model=attributes.name(found, names.MODEL),
        prompt_name=attributes.name(found, names.PROMPT_NAME),
        prompt_version=attributes.name(found, names.PROMPT_VERSION),
        tool=tool or (values.short(span.name) if kind is SpanKind.TOOL else ""),
        error=_error(span, found, events),
        input_tokens=attributes.tokens(found, names.INPUT_TOKENS),
        output_tokens=attributes.tokens(found, names.OUTPUT_TOKENS),
        cache_read_tokens=attributes.tokens(found, names.CACHE_READ_TOKENS),
        cache_write_tokens=attributes.tokens(found, names.CACHE_WRITE_TOKENS),
        cost=attributes.money(found, names.COST),
        input_text=_text(found, events, names.INPUT_TEXT, names.INPUT_MESSAGES, names.MESSAGE_EVENT_INPUT),
        output_text=_text(found, events, names.OUTPUT_TEXT, names.OUTPUT_MESSAGES, names.MESSAGE_EVENT_OUTPUT),
        attributes=_rest(found),
    )
    return record, found, events


def _ids(span: Span) -> tuple[str, str, str]:
    if len(span.trace_id) != 16 or span.trace_id == _NO_TRACE:
        raise values.BadValue("the trace id must be 16 bytes and not all zero")
    if len(span.span_id) != 8 or span.span_id == _NO_SPAN:
        raise values.BadValue("the span id must be 8 bytes and not all zero")
    parent = span.parent_span_id
    if parent and len(parent) != 8:
        raise values.BadValue("the parent span id must be 8 bytes or absent")
    return span.trace_id.hex(), span.span_id.hex(), "" if parent == _NO_SPAN else parent.hex()


def _times(span: Span) -> tuple[datetime, datetime | None]:
    """Start and end to the microsecond; a span without an end has not finished."""
    start, end = span.start_time_unix_nano, span.end_time_unix_nano
    if not _EARLIEST <= start < _LATEST:
        raise values.BadValue("the start time must be in nanoseconds since 1970 and between the years 2000 and 2100")
    if end and not start <= end < _LATEST:
        raise values.BadValue("the end time must be in nanoseconds since 1970 and not before the start")
    started_at = _EPOCH + timedelta(microseconds=start // 1000)
    return started_at, _EPOCH + timedelta(microseconds=end // 1000) if end else None


def _kind(found: attributes.Attributes) -> SpanKind:
    declared = attributes.first(found, names.OPENINFERENCE_KIND)
    if declared is not None and (kind := names.KINDS_OPENINFERENCE.get(str(declared).lower())):
        return kind
    for operation in (attributes.first(found, names.OPERATION), attributes.first(found, names.OPENLLMETRY_KIND)):
        if operation is not None and (kind := names.KINDS_OPERATION.get(str(operation).lower())):
            return kind
    if attributes.first(found, names.TOOL) is not None:
        return SpanKind.TOOL
    # An operation nobody has listed yet, or none, that names a model and counts tokens is a call to that model.
    if attributes.first(found, names.MODEL) is not None and attributes.first(found, names.INPUT_TOKENS) is not None:
        return SpanKind.LLM
    return SpanKind.OTHER


def _error(span: Span, found: attributes.Attributes, events: Iterable[Event]) -> str:
    if span.status.code != Status.STATUS_CODE_ERROR:
        return ""
    if named := attributes.name(found, names.ERROR_TYPE):
        return named
    for event, given in events:
        if event == names.EXCEPTION_EVENT and (named := attributes.name(given, (names.EXCEPTION_TYPE,))):
            return named
    return "error"


def _text(
    found: attributes.Attributes,
    events: Sequence[Event],
    whole: tuple[str, ...],
    flattened: tuple[str, ...],
    in_events: tuple[str, ...],
) -> str:
    """The text given whole, else joined from flattened message attributes, else from the events that once carried it."""
    value = attributes.first(found, whole)
    if value is not None:
        return values.text(value)
    parts = [item for key, item in found.items() if key.startswith(flattened) and key.endswith(("content", "text"))]
    if not parts and events:
        contents = (attributes.first(given, names.MESSAGE_CONTENT) for event, given in events if event in in_events)
        parts = [content for content in contents if content is not None]
    return values.text("\n".join(map(values.text, parts))) if parts else ""


def _rest(found: attributes.Attributes) -> dict[str, Any]:
    """The attributes without a field of their own, as JSON can hold them: at most 64, strings of at most 500 characters."""
    kept: dict[str, Any] = {}
    for key, value in found.items():
        if key in names.MAPPED or key.startswith(_NOT_KEPT):
            continue
        if isinstance(value, str):
            value = value[:_KEPT_CHARACTERS].replace("\x00", "")
        elif isinstance(value, float):
            if values.exact(value) is None:
                continue
        elif not isinstance(value, bool | int):
            continue
        kept[values.short(key)] = value
        if len(kept) == _KEPT_ATTRIBUTES:
            break
    return kept


_NOT_KEPT = (*names.INPUT_MESSAGES, *names.OUTPUT_MESSAGES, names.SCORE_ATTRIBUTE, "llm.prompt_template.variables")
