"""What FracOps understands of a span, whoever instrumented it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from monitoring.otlp import map_request
from monitoring.records import SpanKind, SpanRecord
from tests.monitoring.otlp_requests import SPAN, START, TRACE, request, span

_ERROR = Status(code=Status.STATUS_CODE_ERROR)


def record(
    attributes: dict[str, Any] | None = None, *, resource: dict[str, Any] | None = None, **fields: Any
) -> SpanRecord:
    mapped = map_request(request(span(attributes, **fields), resource=resource))
    assert mapped.rejected == []
    return mapped.spans[0]


def test_genai_names_are_read() -> None:
    mapped = record(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4.1",
            "gen_ai.response.model": "gpt-4.1-2025-04-14",
            "gen_ai.usage.input_tokens": 900,
            "gen_ai.usage.cache_read.input_tokens": 512,
            "gen_ai.usage.output_tokens": 80,
            "gen_ai.conversation.id": "conversation-7",
            "user.id": "user-3",
            "gen_ai.prompt.name": "answer",
            "gen_ai.input.messages": '[{"role": "user"}]',
            "gen_ai.output.messages": '[{"role": "assistant"}]',
            "fracops.segment": "retail",
            "gen_ai.request.temperature": 0.5,
        },
        resource={"service.name": "support", "deployment.environment.name": "production"},
    )
    assert mapped == SpanRecord(
        trace_id=TRACE.hex(),
        span_id=SPAN.hex(),
        started_at=datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC),
        ended_at=datetime(2026, 9, 21, 14, 13, 22, tzinfo=UTC),
        kind=SpanKind.LLM,
        name="chat gpt-4.1",
        system="support",
        environment="production",
        segment="retail",
        session_id="conversation-7",
        user_id="user-3",
        provider="openai",
        model="gpt-4.1-2025-04-14",
        prompt_name="answer",
        input_tokens=900,
        output_tokens=80,
        cache_read_tokens=512,
        input_text='[{"role": "user"}]',
        output_text='[{"role": "assistant"}]',
        attributes={"gen_ai.request.temperature": 0.5},
    )


def test_older_genai_names_are_read() -> None:
    mapped = record(
        {
            "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-4",
            "gen_ai.usage.prompt_tokens": 5,
            "gen_ai.usage.completion_tokens": 6,
        },
        resource={"deployment.environment": "staging"},
    )
    assert (mapped.kind, mapped.provider, mapped.model) == (SpanKind.LLM, "openai", "gpt-4")
    assert (mapped.input_tokens, mapped.output_tokens, mapped.environment) == (5, 6, "staging")


def test_openinference_names_are_read() -> None:
    mapped = record({
        "openinference.span.kind": "LLM",
        "llm.provider": "anthropic",
        "llm.model_name": "claude-sonnet-4-5",
        "llm.token_count.prompt": 10,
        "llm.token_count.completion": 20,
        "llm.token_count.prompt_details.cache_read": 4,
        "llm.token_count.prompt_details.cache_write": 2,
        "llm.cost.total": 0.1,
        "llm.prompt_template.version": "v3",
        "session.id": "s",
        "user.id": "u",
        "input.value": "question",
        "output.value": "answer",
    })  # fmt: skip
    assert mapped.kind is SpanKind.LLM
    assert (mapped.provider, mapped.model) == ("anthropic", "claude-sonnet-4-5")
    tokens = (mapped.input_tokens, mapped.output_tokens, mapped.cache_read_tokens, mapped.cache_write_tokens)
    assert tokens == (10, 20, 4, 2)
    assert mapped.cost == Decimal("0.1")
    assert (mapped.prompt_version, mapped.session_id, mapped.user_id) == ("v3", "s", "u")
    assert (mapped.input_text, mapped.output_text) == ("question", "answer")


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"openinference.span.kind": "RETRIEVER"}, SpanKind.RETRIEVER),
        ({"openinference.span.kind": "GUARDRAIL"}, SpanKind.GUARDRAIL),
        ({"openinference.span.kind": "PROMPT"}, SpanKind.CHAIN),
        ({"gen_ai.operation.name": "embeddings"}, SpanKind.EMBEDDING),
        ({"gen_ai.operation.name": "invoke_agent", "gen_ai.request.model": "m"}, SpanKind.AGENT),
        ({"gen_ai.operation.name": "execute_tool"}, SpanKind.TOOL),
        (
            {"gen_ai.operation.name": "new_thing", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 1},
            SpanKind.LLM,
        ),
        ({"traceloop.span.kind": "workflow"}, SpanKind.CHAIN),
        ({"tool.name": "search"}, SpanKind.TOOL),
        ({"http.method": "GET"}, SpanKind.OTHER),
    ],
)
def test_the_kind_follows_the_convention_used(attributes: dict[str, Any], kind: SpanKind) -> None:
    assert record(attributes).kind is kind


def test_a_tool_is_named_by_its_attribute_or_by_its_span() -> None:
    assert record({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}).tool == "search"
    assert record({"openinference.span.kind": "TOOL"}, name="lookup").tool == "lookup"
    assert record({"openinference.span.kind": "LLM"}).tool == ""


def test_an_error_is_named_by_its_type_else_by_its_exception() -> None:
    exception = [("exception", {"exception.type": "TimeoutError"})]
    assert record({"error.type": "rate_limit"}, events=exception, status=_ERROR).error == "rate_limit"
    assert record(events=exception, status=_ERROR).error == "TimeoutError"
    assert record(status=_ERROR).error == "error"
    assert record(events=exception).error == ""


def test_an_unnamed_service_is_no_system() -> None:
    assert record(resource={"service.name": "unknown_service:python"}).system == ""
    assert record(resource={"service.name": "unknown_service", "openinference.project.name": "bot"}).system == "bot"


def test_messages_flattened_into_attributes_are_joined() -> None:
    mapped = record({
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": "Be brief.",
        "llm.input_messages.1.message.content": "Hello?",
        "gen_ai.completion.0.content": "Hi.",
    })  # fmt: skip
    assert (mapped.input_text, mapped.output_text, mapped.attributes) == ("Be brief.\nHello?", "Hi.", {})


def test_messages_in_events_are_read() -> None:
    mapped = record(
        events=[("gen_ai.user.message", {"content": "Hello?"}), ("gen_ai.choice", {"message": {"content": "Hi."}})]
    )
    assert (mapped.input_text, mapped.output_text) == ("Hello?", '{"content":"Hi."}')


def test_text_is_cut_at_32_kib_between_characters() -> None:
    mapped = record({"input.value": "é" * 20_000, "output.value": "x" * 40_000})
    assert mapped.input_text == "é" * 16_384
    assert len(mapped.output_text) == 32_768


def test_ids_are_cut_at_200_characters() -> None:
    assert len(record({"session.id": "s" * 300}).session_id) == 200


def test_nul_characters_are_removed_everywhere() -> None:
    mapped = record({"input.value": "a\0b", "user.id": "u\0", "other\0": "x\0y"}, name="n\0")
    assert "\0" not in repr(mapped).replace("\\x00", "\0")


def test_times_keep_their_microseconds() -> None:
    mapped = record(start_time_unix_nano=START + 123_456_789, end_time_unix_nano=0)
    assert mapped.started_at.microsecond == 123_456
    assert mapped.ended_at is None


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"trace_id": b""}, "trace id"),
        ({"trace_id": bytes(16)}, "trace id"),
        ({"span_id": bytes(8)}, "span id"),
        ({"span_id": b"123"}, "span id"),
        ({"parent_span_id": b"123"}, "parent"),
        ({"start_time_unix_nano": 0}, "start time"),
        ({"start_time_unix_nano": 1_790_000_000}, "start time"),
        ({"end_time_unix_nano": START - 1}, "end time"),
        ({"attributes": {"gen_ai.usage.input_tokens": -1}}, "input_tokens must be a whole number"),
        ({"attributes": {"gen_ai.usage.output_tokens": 1.5}}, "output_tokens must be a whole number"),
        ({"attributes": {"gen_ai.usage.output_tokens": "many"}}, "output_tokens must be a whole number"),
        ({"attributes": {"llm.cost.total": -0.1}}, "llm.cost.total must be a cost"),
        ({"attributes": {"llm.cost.total": float("nan")}}, "llm.cost.total must be a cost"),
        ({"attributes": {"llm.cost.total": "1e999"}}, "llm.cost.total must be a cost"),
    ],
)
def test_a_bad_span_is_rejected_with_a_reason_and_the_others_are_kept(fields: dict[str, Any], says: str) -> None:
    mapped = map_request(request(span(), span(**fields), span()))
    assert len(mapped.spans) == 2
    assert len(mapped.rejected) == 1
    assert says in mapped.rejected[0].reason
