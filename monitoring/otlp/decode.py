"""Reads an OTLP export request from bytes: protobuf or JSON, plain or gzipped."""

import base64
import binascii
import json
import re
from typing import Any, ClassVar

import orjson
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from clients.unpacking import PackedError, PackedTooLargeError, unpacked

LIMIT = 16 * 1024 * 1024
"""The largest request taken, in bytes, before and after decompression."""

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_WHOLE = re.compile(r"-?[0-9]{1,20}")
_FLOATS = ("NaN", "Infinity", "-Infinity")
_ID_FIELDS = ("traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id")


class OtlpError(Exception):
    """A request that is refused whole. `message` is for its sender, `status` the HTTP status.

    `summary` is the message without what it quotes of the request: that may be a client's text, so only the summary is kept.
    """

    status: ClassVar[int] = 400

    def __init__(self, summary: str, quoted: str = "") -> None:
        self.summary = summary
        self.message = f"{summary} {quoted}".rstrip()
        super().__init__(self.message)


class OtlpMalformed(OtlpError):  # noqa: N818
    """The bytes are not what the headers say."""


class OtlpTooLarge(OtlpError):  # noqa: N818
    """More bytes than the limit, as sent or once decompressed."""

    status = 413


class OtlpUnsupported(OtlpError):  # noqa: N818
    """A content type or encoding FracOps does not read."""

    status = 415


def too_large(limit: int) -> OtlpTooLarge:
    return OtlpTooLarge(f"The request is larger than {limit / 1024 / 1024:g} MiB; send fewer spans per request.")


def media_type(content_type: str) -> str:
    """The type without its parameters, in lower case: ``application/json; charset=utf-8`` is ``application/json``."""
    return content_type.partition(";")[0].strip().lower()


def decode(body: bytes, content_type: str, content_encoding: str = "", limit: int = LIMIT) -> ExportTraceServiceRequest:
    """The request in `body`. Raises OtlpMalformed, OtlpTooLarge or OtlpUnsupported; never anything else."""
    kind = media_type(content_type)
    if kind not in (PROTOBUF, JSON):
        raise OtlpUnsupported(f"The content type must be {PROTOBUF} or {JSON}, not “{kind[:100]}”.")
    if len(body) > limit:
        raise too_large(limit)
    plain = _decompress(body, content_encoding.strip().lower(), limit)
    return _from_protobuf(plain) if kind == PROTOBUF else _from_json(plain)


def _decompress(body: bytes, encoding: str, limit: int) -> bytes:
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise OtlpUnsupported(f"The content encoding must be gzip or none, not “{encoding[:100]}”.")
    try:
        return unpacked(body, limit)
    except PackedTooLargeError:
        raise too_large(limit) from None
    except PackedError as error:
        raise OtlpMalformed(f"The body cannot be unpacked: {error}.") from error


def _from_protobuf(body: bytes) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    try:
        request.ParseFromString(body)
    except DecodeError as error:
        raise OtlpMalformed("The body is not a protobuf ExportTraceServiceRequest.") from error
    return request


def _from_json(body: bytes) -> ExportTraceServiceRequest:
    try:
        document = _document(body)
    except orjson.JSONDecodeError as error:
        raise OtlpMalformed(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    if not isinstance(document, dict):
        raise OtlpMalformed("The body must be a JSON object with “resourceSpans”.")
    try:
        _check(document, ExportTraceServiceRequest.DESCRIPTOR, "")
        _hex_ids_to_base64(document)
        return json_format.ParseDict(document, ExportTraceServiceRequest(), ignore_unknown_fields=True)
    except (json_format.ParseError, TypeError, ValueError, AttributeError, RecursionError) as error:
        # protobuf's parser lets a few plain errors through for values of the wrong type.
        reason = " ".join(str(error).split()).rpartition(" field: ")[2][:200]
        raise OtlpMalformed("The JSON is not an ExportTraceServiceRequest.", reason) from error


def _document(body: bytes) -> Any:
    """The JSON in `body`, half a surrogate pair in it replaced. Raises orjson.JSONDecodeError."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if not _SURROGATE.search(body):
            raise
        # JavaScript that cuts an emoji in two writes half of it as an escape, which orjson refuses. Only these take the slow way.
        try:
            whole = json.dumps(json.loads(body), ensure_ascii=False)
        except (ValueError, RecursionError):
            raise error from None
        return orjson.loads(whole.encode(errors="replace"))


def _check(message: dict[str, Any], kind: Descriptor, path: str) -> None:
    """Raise OtlpMalformed, naming the place, where something else stands than the protocol's type.

    protobuf's own parser reads a word in an object's place as an empty object, an enum's unknown name as nothing, and speaks of Python.
    """
    for name, value in message.items():
        field = kind.fields_by_camelcase_name.get(name) or kind.fields_by_name.get(name)
        if field is None or value is None:
            continue
        here = f"{path}.{name}" if path else name
        if field.is_repeated and not isinstance(value, list):
            raise OtlpMalformed(f"In the JSON, “{here}” must be a list.")
        for position, item in enumerate(value if field.is_repeated else [value]):
            place = f"{here}[{position}]" if field.is_repeated else here
            wanted = _wanted(field, item)
            if wanted:
                raise OtlpMalformed(f"In the JSON, “{place}” must be {wanted}.")
            if field.message_type is not None:
                _check(item, field.message_type, place)


def _wanted(field: FieldDescriptor, item: Any) -> str:
    """What should stand in a field instead of `item`; "" when it fits. 64-bit integers come as strings too."""
    if field.message_type is not None:
        return "" if isinstance(item, dict) else "an object"
    if field.enum_type is not None:
        known = item in field.enum_type.values_by_name if isinstance(item, str) else _is_whole(item)
        return "" if known else "the number of a value"
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return "" if isinstance(item, str) else "a string"
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return "" if isinstance(item, bool) else "true or false"
    if field.cpp_type == FieldDescriptor.CPPTYPE_DOUBLE:
        return "" if _is_whole(item) or isinstance(item, float) or item in _FLOATS else "a number"
    return "" if _is_whole(item) or (isinstance(item, str) and _WHOLE.fullmatch(item)) else "a whole number"


def _is_whole(item: Any) -> bool:
    return isinstance(item, int) and not isinstance(item, bool)


def _hex_ids_to_base64(document: dict[str, Any]) -> None:
    """Rewrites ids in place: OTLP/JSON writes them in hex, where protobuf's own JSON would have base64.

    An id that is not hex becomes empty, so that its span alone is rejected and not the request.
    """
    for resource in _first(document, "resourceSpans", "resource_spans"):
        for scope in _first(resource, "scopeSpans", "scope_spans"):
            for span in _first(scope, "spans"):
                _rewrite_ids(span)
                for link in _first(span, "links"):
                    _rewrite_ids(link)


def _first(parent: dict[str, Any], *names: str) -> list[dict[str, Any]]:
    return next((parent[name] for name in names if name in parent), None) or []


def _rewrite_ids(item: dict[str, Any]) -> None:
    for name in _ID_FIELDS:
        written = item.get(name)
        if isinstance(written, str) and written:
            try:
                item[name] = base64.b64encode(binascii.unhexlify(written)).decode()
            except ValueError:
                item[name] = ""
