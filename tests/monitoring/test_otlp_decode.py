"""What the wire may bring: both encodings read the same, nothing crashes, nothing unpacks beyond the limit."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.otlp import OtlpError, OtlpMalformed, OtlpTooLarge, OtlpUnsupported, decode, map_request
from tests.monitoring.otlp_requests import JSON, PROTOBUF, SPAN, START, TRACE, as_json, request, span

_texts = st.text(st.characters(blacklist_categories=["Cs"]), max_size=40)
_scalars = st.one_of(
    _texts, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.binary(max_size=20)
)
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3), max_leaves=5
)
_names = st.sampled_from([
    "gen_ai.operation.name", "openinference.span.kind", "llm.model_name", "gen_ai.usage.input_tokens", "llm.cost.total",
    "input.value", "output.value", "fracops.score.accuracy", "fracops.score.tone", "session.id", "gen_ai.tool.name", "other",
])  # fmt: skip
_spans = st.builds(
    span,
    attributes=st.dictionaries(_names, _values, max_size=6),
    events=st.lists(
        st.tuples(
            st.sampled_from(["exception", "gen_ai.evaluation.result"]),
            st.dictionaries(
                st.sampled_from(["gen_ai.evaluation.name", "gen_ai.evaluation.score.value"]), _values, max_size=2
            ),
        ),
        max_size=2,
    ),
    trace_id=st.sampled_from([TRACE, b"", bytes(16), b"short"]),
    span_id=st.binary(min_size=8, max_size=8),
    start_time_unix_nano=st.sampled_from([START, 0, 2**64 - 1]) | st.integers(0, 2**64 - 1),
)


@settings(deadline=None)
@given(st.lists(_spans, max_size=4))
def test_json_and_protobuf_of_a_request_give_the_same_records(spans: list[Any]) -> None:
    sent = request(*spans, resource={"service.name": "support"})
    from_protobuf = map_request(decode(sent.SerializeToString(), PROTOBUF))
    from_json = map_request(decode(as_json(sent), JSON))
    assert from_json == from_protobuf


@settings(deadline=None)
@given(
    st.binary(max_size=400), st.sampled_from([PROTOBUF, JSON, "text/plain", ""]), st.sampled_from(["", "gzip", "br"])
)
def test_any_bytes_are_read_or_refused(body: bytes, content_type: str, encoding: str) -> None:
    try:
        map_request(decode(body, content_type, encoding))
    except OtlpError as error:
        refusal = error
    else:
        return
    assert refusal.status in (400, 413, 415)
    assert refusal.message


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["resourceSpans", "scopeSpans", "spans", "attributes", "key", "value", "traceId", "resource", "status",
                         "startTimeUnixNano", "intValue", "arrayValue", "values", "events", "kind"]),
        inner,
        max_size=3,
    ),
    max_leaves=30,
)  # fmt: skip


@settings(deadline=None)
@given(_json)
def test_any_json_is_read_or_refused(document: Any) -> None:
    try:
        map_request(decode(json.dumps(document).encode(), JSON))
    except OtlpMalformed as error:
        refusal = error
    else:
        return
    assert "JSON" in refusal.message


def test_a_gzipped_request_is_read() -> None:
    body = gzip.compress(request(span()).SerializeToString())
    assert len(map_request(decode(body, PROTOBUF, "gzip")).spans) == 1


def test_a_content_type_may_have_parameters() -> None:
    assert len(map_request(decode(as_json(request(span())), "Application/JSON; charset=utf-8")).spans) == 1


def test_json_takes_hex_ids_enum_names_and_long_numbers_as_strings_and_ignores_what_it_does_not_know() -> None:
    document = {
        "resourceSpans": [{
            "brandNew": {"deep": [1]},
            "scopeSpans": [{"spans": [{
                "traceId": TRACE.hex().upper(), "spanId": SPAN.hex(), "name": "x", "kind": "SPAN_KIND_CLIENT",
                "startTimeUnixNano": str(START), "endTimeUnixNano": START + 5, "unknown": 1,
                "status": {"code": "STATUS_CODE_ERROR"},
                "attributes": [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": "12"}}],
            }]}],
        }]
    }  # fmt: skip
    mapped = map_request(decode(json.dumps(document).encode(), JSON))
    assert mapped.spans[0].trace_id == TRACE.hex()
    assert mapped.spans[0].input_tokens == 12
    assert mapped.spans[0].error == "error"


def test_an_id_that_is_not_hex_rejects_its_span_alone() -> None:
    document = json.loads(as_json(request(span(), span(span_id=b"87654321"))))
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"] = "not hex"
    mapped = map_request(decode(json.dumps(document).encode(), JSON))
    assert len(mapped.spans) == len(mapped.rejected) == 1


def test_a_zip_bomb_stops_at_the_limit() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    assert len(bomb) < 100_000
    with pytest.raises(OtlpTooLarge, match="16 MiB"):
        decode(bomb, PROTOBUF, "gzip")


def test_a_bomb_in_several_gzip_members_stops_at_the_limit() -> None:
    with pytest.raises(OtlpTooLarge):
        decode(gzip.compress(bytes(600)) * 4, PROTOBUF, "gzip", limit=2000)


def test_a_body_over_the_limit_is_too_large() -> None:
    with pytest.raises(OtlpTooLarge):
        decode(bytes(101), PROTOBUF, limit=100)


@pytest.mark.parametrize(
    ("body", "encoding", "says"),
    [
        (b"\xff\xff\xff", "", "protobuf"),
        (b"plain", "gzip", "not gzip"),
        (gzip.compress(b"cut off" * 100, mtime=0)[:-12], "gzip", "ends too early"),
    ],
)
def test_malformed_bytes_say_what_is_wrong(body: bytes, encoding: str, says: str) -> None:
    with pytest.raises(OtlpMalformed, match=says):
        decode(body, PROTOBUF, encoding)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"resourceSpans": 3}',
        b'{"resourceSpans": ["x"]}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": "x"}]}]}',
        b'"\\ud800"',
        b"",
        b"[" * 5000,
    ],
)
def test_malformed_json_is_refused(body: bytes) -> None:
    with pytest.raises(OtlpMalformed, match="JSON"):
        decode(body, JSON)


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ({"status": "ERROR"}, "status” must be an object"),
        ({"status": {"code": "ERROR"}}, "status.code” must be the number of a value"),
        ({"kind": True}, "kind” must be the number of a value"),
        ({"attributes": ["x"]}, "attributes[0]” must be an object"),
        ({"attributes": {}}, "attributes” must be a list"),
        (
            {"attributes": [{"key": "gen_ai.request.model", "value": "gpt-4o"}]},
            "attributes[0].value” must be an object",
        ),
        (
            {"attributes": [{"key": "a", "value": {"intValue": "x"}}]},
            "attributes[0].value.intValue” must be a whole number",
        ),
        (
            {"attributes": [{"key": "a", "value": {"doubleValue": "x"}}]},
            "attributes[0].value.doubleValue” must be a number",
        ),
        (
            {"attributes": [{"key": "a", "value": {"boolValue": 1}}]},
            "attributes[0].value.boolValue” must be true or false",
        ),
        ({"attributes": [{"key": 5, "value": {}}]}, "attributes[0].key” must be a string"),
        ({"events": [{"attributes": [{"key": "a", "value": []}]}]}, "events[0].attributes[0].value” must be an object"),
        ({"startTimeUnixNano": 1.5}, "startTimeUnixNano” must be a whole number"),
        ({"name": 5}, "name” must be a string"),
    ],
)
def test_json_of_another_shape_is_refused_with_its_place(part: dict[str, Any], says: str) -> None:
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [{}, part]}]}]}).encode()
    with pytest.raises(OtlpMalformed) as refused:
        decode(body, JSON)
    assert refused.value.summary == f"In the JSON, “resourceSpans[0].scopeSpans[0].spans[1].{says}."


@pytest.mark.parametrize(
    "part",
    [
        {"status": {"code": "STATUS_CODE_ERROR"}, "kind": 3, "unknown": "x", "events": None, "startTimeUnixNano": "12"},
        {"attributes": [{"key": "a", "value": {"doubleValue": "NaN"}}, {"key": "b", "value": {"intValue": "-5"}}]},
    ],
)
def test_json_as_the_protocol_and_protobuf_write_it_is_read(part: dict[str, Any]) -> None:
    decode(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [part]}]}]}).encode(), JSON)


@pytest.mark.parametrize(("content_type", "encoding"), [("text/plain", ""), ("", ""), (PROTOBUF, "br")])
def test_other_types_and_encodings_are_unsupported(content_type: str, encoding: str) -> None:
    with pytest.raises(OtlpUnsupported):
        decode(b"", content_type, encoding)


def test_a_gzip_body_may_have_a_few_members_but_not_thousands() -> None:
    whole = request(span()).SerializeToString()
    few = gzip.compress(whole[:9]) + gzip.compress(whole[9:])
    assert len(map_request(decode(few, PROTOBUF, "gzip")).spans) == 1
    with pytest.raises(OtlpMalformed, match="more than 64 members"):
        decode(gzip.compress(b"") * 65, PROTOBUF, "gzip")


@pytest.mark.parametrize("half", ["\\ud83d", "\\uDE00"])
def test_half_an_emoji_in_json_becomes_a_question_mark_and_the_rest_is_as_sent(half: str) -> None:
    sent = span({"input.value": "HALF", "output.value": "😀 é", "gen_ai.usage.input_tokens": 2**40})
    body = as_json(request(sent)).replace(b"HALF", f"a {half} b".encode())
    (read,) = decode(body, JSON).resource_spans[0].scope_spans[0].spans
    expected = span({"input.value": "a ? b", "output.value": "😀 é", "gen_ai.usage.input_tokens": 2**40})
    assert read == expected


def test_json_that_is_broken_besides_half_an_emoji_is_refused() -> None:
    with pytest.raises(OtlpMalformed, match="not JSON"):
        decode(b'{"a": "\\ud83d", "b": NaN}', JSON)
