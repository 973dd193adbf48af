"""Builds OTLP requests for tests, with plain dicts for attributes."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

TRACE = bytes(range(16))
SPAN = bytes(range(8))
START = 1_790_000_000 * 10**9  # 2026-09-21 14:13:20 UTC
SECOND = 10**9

type Attributes = Mapping[str, Any]


def any_value(value: Any) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, bytes):
        return AnyValue(bytes_value=value)
    wrapped = AnyValue()
    if isinstance(value, list):
        wrapped.array_value.values.extend(any_value(item) for item in value)
    else:
        wrapped.kvlist_value.values.extend(pairs(value))
    return wrapped


def pairs(attributes: Attributes) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def span(attributes: Attributes | None = None, events: Sequence[tuple[str, Attributes]] = (), **fields: Any) -> Span:
    """A sound span of two seconds; name what should differ."""
    written: dict[str, Any] = {
        "trace_id": TRACE,
        "span_id": SPAN,
        "name": "chat gpt-4.1",
        "start_time_unix_nano": START,
        "end_time_unix_nano": START + 2 * SECOND,
    } | fields
    built = Span(attributes=pairs(attributes or {}), **written)
    for name, given in events:
        built.events.add(name=name, time_unix_nano=START, attributes=pairs(given))
    return built


def request(*spans: Span, resource: Attributes | None = None) -> ExportTraceServiceRequest:
    built = ExportTraceServiceRequest()
    holder = built.resource_spans.add()
    holder.resource.attributes.extend(pairs(resource or {}))
    holder.scope_spans.add().spans.extend(spans)
    return built


def as_json(message: ExportTraceServiceRequest) -> bytes:
    """The request as OTLP/JSON: protobuf's own JSON, but with ids in hex."""
    document = json_format.MessageToDict(message)
    for resource in document.get("resourceSpans", []):
        for scope in resource.get("scopeSpans", []):
            for item in scope.get("spans", []):
                for name in ("traceId", "spanId", "parentSpanId"):
                    if name in item:
                        item[name] = base64.b64decode(item[name]).hex()
    return json.dumps(document).encode()
