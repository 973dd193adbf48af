"""Turns an OTLP export request into span and score records, and says of each span it does not take why."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from monitoring import values
from monitoring.otlp import attributes, names
from monitoring.otlp.conventions import RawSpan, record_of
from monitoring.otlp.scores import scores_of
from monitoring.records import Rejection, ScoreRecord, SpanRecord

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = 946_684_800 * 10**9  # 2000-01-01, in nanoseconds
_LATEST = 4_102_444_800 * 10**9  # 2100-01-01
_NO_TRACE = bytes(16)
_NO_SPAN = bytes(8)


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
                    raw = _raw(span)
                    record = record_of(raw, system, environment)
                except values.BadValue as error:
                    mapped.rejected.append(Rejection(str(error), span.trace_id.hex()[:32], span.span_id.hex()[:16]))
                    continue
                mapped.spans.append(record)
                taken, refused = scores_of(record, raw.found, raw.events)
                mapped.scores.extend(taken)
                mapped.refused_scores.extend(refused)
    return mapped


def _resource(found: attributes.Attributes) -> tuple[str, str]:
    """The system and the environment a resource names. An SDK's stand-in for no service name is no name."""
    system = attributes.name(found, names.SERVICE)
    if system.startswith(names.UNKNOWN_SERVICE):
        system = attributes.name(found, names.SERVICE[1:])
    return system[: values.SYSTEM_LIMIT].strip(), attributes.name(found, names.ENVIRONMENT)


def _raw(span: Span) -> RawSpan:
    """One span as its conventions are read from. Raises BadValue with the reason when it cannot be taken."""
    trace_id, span_id, parent_id = _ids(span)
    started_at, ended_at = _times(span)
    return RawSpan(
        trace_id,
        span_id,
        parent_id,
        started_at,
        ended_at,
        span.name,
        span.status.code == Status.STATUS_CODE_ERROR,
        attributes.as_dict(span.attributes),
        [(event.name, attributes.as_dict(event.attributes)) for event in span.events] if span.events else (),
    )


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
