"""Builds OpenTelemetry spans in the GenAI conventions, as an instrumented application would send them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

type Value = str | bool | int | float


@dataclass
class Trace:
    """One request to a system, its spans in order. The clock starts at `starts_at` and moves on with every span added."""

    system: str
    starts_at: datetime
    random: Random
    common: Mapping[str, Value]
    spans: list[Span] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.trace_id = self.random.randbytes(16)
        self.ends_at = self.starts_at
        self._parent = b""

    def root(self, name: str, attributes: Mapping[str, Value]) -> None:
        """Opens the span around all others; `close` ends it."""
        self._parent = self._add(name, timedelta(0), attributes).span_id

    def step(self, name: str, lasts: timedelta, attributes: Mapping[str, Value], error: str = "") -> Span:
        """Adds a span that starts when the last one ended."""
        return self._add(name, lasts, attributes, error)

    def pause(self, lasts: timedelta) -> None:
        self.ends_at += lasts

    def close(self, error: str = "") -> None:
        root = self.spans[0]
        root.end_time_unix_nano = nanoseconds(self.ends_at)
        if error:
            fail(root, error)

    def _add(self, name: str, lasts: timedelta, attributes: Mapping[str, Value], error: str = "") -> Span:
        start = self.ends_at
        self.ends_at = start + lasts
        span = Span(
            trace_id=self.trace_id,
            span_id=self.random.randbytes(8),
            parent_span_id=self._parent,
            name=name,
            start_time_unix_nano=nanoseconds(start),
            end_time_unix_nano=nanoseconds(self.ends_at),
            attributes=pairs({**self.common, **attributes}),
        )
        if error:
            fail(span, error)
        self.spans.append(span)
        return span


def judge(span: Span, name: str, verdict: bool, by: str) -> None:
    """Adds an evaluation result to a span: a yes or no, and who said so (human, model or code)."""
    span.events.add(
        name="gen_ai.evaluation.result",
        time_unix_nano=span.end_time_unix_nano,
        attributes=pairs({
            "gen_ai.evaluation.name": name,
            "gen_ai.evaluation.score.value": float(verdict),
            "gen_ai.evaluation.score.label": "true" if verdict else "false",
            "fracops.judge": by,
        }),
    )  # fmt: skip


def fail(span: Span, error: str) -> None:
    span.status.code = Status.STATUS_CODE_ERROR
    span.attributes.append(KeyValue(key="error.type", value=AnyValue(string_value=error)))


def request(traces: Iterable[Trace]) -> ExportTraceServiceRequest:
    """The traces as one export request, a resource for each system."""
    built = ExportTraceServiceRequest()
    holders = {}
    for trace in traces:
        if trace.system not in holders:
            resource_spans = built.resource_spans.add()
            resource_spans.resource.attributes.extend(
                pairs({"service.name": trace.system, "deployment.environment.name": "production"})
            )
            holders[trace.system] = resource_spans.scope_spans.add()
            holders[trace.system].scope.name = "fracops.demo"
        holders[trace.system].spans.extend(trace.spans)
    return built


def nanoseconds(at: datetime) -> int:
    """An aware time as OTLP writes it, nanoseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND * 1000


def pairs(attributes: Mapping[str, Value]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(value)) for key, value in attributes.items()]


def _value(value: Value) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    return AnyValue(double_value=value)
