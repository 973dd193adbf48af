"""The protocol's own answers, in the request's own encoding."""

import json
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from monitoring.otlp import error_body, partial_success
from monitoring.records import Rejection
from tests.monitoring.otlp_requests import JSON, PROTOBUF

_REJECTED = [Rejection("the trace id must be 16 bytes", "", "ab"), Rejection("the trace id must be 16 bytes", "", "cd")]


def test_full_success_says_nothing() -> None:
    assert partial_success([], PROTOBUF) == (b"", PROTOBUF)
    assert partial_success([], JSON) == (b"{}", JSON)


def test_partial_success_counts_rejected_spans_and_says_why() -> None:
    body, content_type = partial_success(_REJECTED, PROTOBUF)
    partial = ExportTraceServiceResponse.FromString(body).partial_success
    assert content_type == PROTOBUF
    assert partial.rejected_spans == 2
    assert partial.error_message == "2 spans not taken: the trace id must be 16 bytes (2 times, first span ab)."


def test_partial_success_in_json_writes_the_count_as_a_string() -> None:
    body, content_type = partial_success(_REJECTED, JSON + "; charset=utf-8")
    assert content_type == JSON
    assert json.loads(body)["partialSuccess"]["rejectedSpans"] == "2"


def test_refused_scores_are_a_warning() -> None:
    partial = ExportTraceServiceResponse.FromString(
        partial_success([], PROTOBUF, [Rejection("bad", "", "ab")])[0]
    ).partial_success
    assert partial.rejected_spans == 0
    assert partial.error_message == "1 score not taken: bad (span ab)."


def test_many_reasons_stay_short() -> None:
    partial = ExportTraceServiceResponse.FromString(
        partial_success([Rejection(f"reason {n}") for n in range(500)], PROTOBUF)[0]
    ).partial_success
    assert len(partial.error_message) < 300
    assert "495 other reasons" in partial.error_message


def test_an_error_is_a_google_rpc_status() -> None:
    message = "Größer als erlaubt. " * 20
    body, content_type = error_body(413, message, PROTOBUF)
    status = _status_class().FromString(body)
    assert content_type == PROTOBUF
    assert (status.code, status.message) == (3, message)


def test_an_error_in_json_is_a_status_in_json() -> None:
    body, content_type = error_body(401, "No token.", JSON)
    assert (json.loads(body), content_type) == ({"code": 16, "message": "No token."}, JSON)


def _status_class() -> Any:
    """google.rpc.Status as its definition declares it: int32 code = 1, string message = 2."""
    file = descriptor_pb2.FileDescriptorProto(name="status_for_test.proto", package="test", syntax="proto3")
    message = file.message_type.add(name="Status")
    optional = descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
    message.field.add(name="code", number=1, type=descriptor_pb2.FieldDescriptorProto.TYPE_INT32, label=optional)
    message.field.add(name="message", number=2, type=descriptor_pb2.FieldDescriptorProto.TYPE_STRING, label=optional)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("test.Status"))
