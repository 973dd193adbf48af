"""Writes OTLP's answers: partial success for what was rejected, google.rpc.Status for a request refused whole."""

from collections import Counter
from collections.abc import Sequence

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from monitoring.otlp.decode import JSON, PROTOBUF, media_type
from monitoring.records import Rejection

_REASONS_SHOWN = 5

# google.rpc.Code by HTTP status; what is not listed is INTERNAL.
_RPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 413: 3, 415: 3, 429: 8, 503: 14}
_INTERNAL = 13


def partial_success(
    rejected: Sequence[Rejection], content_type: str, refused_scores: Sequence[Rejection] = ()
) -> tuple[bytes, str]:
    """The body of a 200 answer and its content type, which is the request's own.

    `rejected` are spans not taken; `refused_scores` are scores not taken from spans that were, which OTLP calls a warning:
    a message with no rejected spans.
    """
    response = ExportTraceServiceResponse()
    if rejected or refused_scores:
        response.partial_success.rejected_spans = len(rejected)
        response.partial_success.error_message = _message(rejected, refused_scores)
    if media_type(content_type) == JSON:
        if not (rejected or refused_scores):
            return b"{}", JSON
        # int64 is a string in protobuf's JSON.
        partial = {"rejectedSpans": str(len(rejected)), "errorMessage": response.partial_success.error_message}
        return orjson.dumps({"partialSuccess": partial}), JSON
    return response.SerializeToString(), PROTOBUF


def error_body(status: int, message: str, content_type: str) -> tuple[bytes, str]:
    """A google.rpc.Status saying `message`, and its content type: JSON for a JSON request, protobuf for any other."""
    code = _RPC_CODES.get(status, _INTERNAL)
    if media_type(content_type) == JSON:
        return orjson.dumps({"code": code, "message": message}), JSON
    text = message.encode()
    # int32 code = 1; string message = 2. Two fields, so no generated class is needed.
    return b"\x08" + _varint(code) + b"\x12" + _varint(len(text)) + text, PROTOBUF


def _varint(number: int) -> bytes:
    """Protobuf's base-128 integer, seven bits a byte, lowest first."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def _message(rejected: Sequence[Rejection], refused_scores: Sequence[Rejection]) -> str:
    sentences = []
    for what, items in (("span", rejected), ("score", refused_scores)):
        if items:
            s = "" if len(items) == 1 else "s"
            sentences.append(f"{len(items)} {what}{s} not taken: {reasons(items)}.")
    return " ".join(sentences)


def reasons(rejections: Sequence[Rejection]) -> str:
    """The commonest reasons with their counts and one span id each, so that the message stays short for any batch."""
    counts = Counter(rejection.reason for rejection in rejections)
    example = {rejection.reason: rejection.span_id for rejection in reversed(rejections)}
    parts = []
    for reason, count in counts.most_common(_REASONS_SHOWN):
        where = f"span {example[reason]}" if example[reason] else "no span id"
        parts.append(f"{reason} ({where})" if count == 1 else f"{reason} ({count} times, first {where})")
    if len(counts) > _REASONS_SHOWN:
        parts.append(f"and {len(counts) - _REASONS_SHOWN} other reasons")
    return "; ".join(parts)
