"""What an answer tells is known whether or not its text is kept: a refusal, the right format, its length, what was retrieved."""

import json
import time
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.answers import NOTHING, Told, told
from monitoring.answers.envelopes import answer_of
from monitoring.answers.formats import format_ok
from monitoring.answers.refusals import refuses
from monitoring.otlp.conventions import RawSpan, record_of
from monitoring.records import SpanKind, SpanRecord
from monitoring.values import TEXT_LIMIT
from tests import factories
from tests.conftest import NOW

REFUSALS = (
    "I can't help with that.",
    "I’m sorry, but I can’t assist with that request.",
    "I am sorry, I cannot provide instructions for that.",
    "Sorry, but I'm unable to help with this.",
    "Unfortunately, I won't be able to assist you with that.",
    "As an AI language model, I cannot provide medical advice.",
    "I must respectfully decline.",
    "I'm not comfortable with writing that.",
    "I’d prefer not to continue this conversation.",
    "That's not something I can do.",
    "**I'm sorry**, I can't comply.",
    "Es tut mir leid, aber dabei kann ich Ihnen nicht helfen.",
    "Leider kann ich diese Anfrage nicht beantworten.",
    "Ich kann dir dabei nicht weiterhelfen.",
    "Je suis désolé, mais je ne peux pas vous aider.",
    "Désolée, je ne peux pas répondre à cette question.",
    "Lo siento, pero no puedo ayudarte con eso.",
    "Mi dispiace, ma non posso aiutarti.",
    "Desculpe, não posso ajudar com isso.",
)
ANSWERS = (
    "I can help with that: open the settings.",
    "I'm sorry, I can't find order 4711 in our system. Which address did you use?",
    "Sorry about the delay! Your parcel left on Monday.",
    "I cannot confirm the date yet, but it should arrive this week.",
    "I'm unable to see a payment for March; the one for April is there.",
    "He said: I can't help with that.",
    "You can't help with that unless you are an admin.",
    "I can't wait to help you!",
    "Unfortunately, the item is sold out.",
    "Leider ist der Artikel ausverkauft.",
    "Ich kann Ihnen die Rechnung schicken.",
    "Je peux vous aider.",
    "No puedo ver tu pedido, ¿me das el número?",
    "",
)


@pytest.mark.parametrize("answer", REFUSALS)
def test_a_refusal_is_told_by_how_it_begins(answer: str) -> None:
    assert refuses(answer)


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_only_sounds_like_a_refusal_is_none(answer: str) -> None:
    assert not refuses(answer)


@given(st.text(max_size=300))
def test_any_text_is_looked_at_in_no_time(answer: str) -> None:
    began = time.process_time()
    refuses("sorry, but " * 30 + answer)
    assert time.process_time() - began < 0.05


@pytest.mark.parametrize(
    ("answer", "wanted", "ok"),
    [
        ('{"a": 1}', False, True),
        ('```json\n{"a": 1}\n```', False, True),
        ("```\n[1, 2]\n```", False, True),
        ('{"a": 1', False, False),
        ('{"a": 1} I hope that helps', False, False),
        ('```json\n{"a": 1}', False, False),
        ("```json\nno\n```", False, False),
        ("Here it is: {}", False, None),
        ("Here it is: {}", True, False),
        ('"yes"', True, True),
        ("[1] says so", False, None),
        ("{name}, hello", False, None),
        ("```python\nx = {}\n```", False, None),
        ("[]", False, True),
        ("NaN", True, False),
    ],
)
def test_json_is_valid_or_not_where_it_should_be_json_and_else_nothing_is_said(
    answer: str, wanted: bool, ok: bool | None
) -> None:
    assert format_ok(answer, wanted) is ok


ENVELOPES: dict[str, Any] = {
    "OpenTelemetry's messages": [{"role": "assistant", "parts": [{"type": "text", "content": "Hello"}], "finish_reason": "stop"}],
    "a message": {"role": "assistant", "content": "Hello"},
    "its parts": {"role": "assistant", "type": "message", "content": [{"type": "text", "text": "Hello"}], "stop_reason": "end_turn"},
    "OpenAI's chat": {"id": "x", "choices": [{"message": {"role": "assistant", "content": "Hello"}}]},
    "OpenAI's responses": {
        "output": [{"type": "reasoning"}, {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]}]
    },
    "Gemini": {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hello"}]}}]},
    "LangChain": {"generations": [[{"text": "Hello", "generation_info": {}}]]},
    "a conversation": {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]},
    "its messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}],
}  # fmt: skip


@pytest.mark.parametrize("shape", ENVELOPES)
def test_the_answer_is_found_in_the_envelope_it_came_in(shape: str) -> None:
    answer = answer_of(json.dumps(ENVELOPES[shape]))
    assert answer is not None
    assert (answer.text, answer.declined) == ("Hello", False)


@pytest.mark.parametrize(
    "output",
    [
        {"choices": [{"message": {"role": "assistant", "content": None, "refusal": "No."}}]},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
        {"role": "assistant", "content": [], "stop_reason": "refusal"},
    ],
)
def test_a_field_of_its_own_that_says_no_is_a_refusal(output: Any) -> None:
    assert told(call(json.dumps(output))).refused is True


def call(output: str, **fields: Any) -> SpanRecord:
    return factories.span(1, NOW, output_text=output, **fields)


@pytest.mark.parametrize(
    "span",
    [
        call(""),
        call("   "),
        call("Hello", error="timeout"),
        call("Hello", kind=SpanKind.TOOL),
        call('[{"role": "assistant", "parts": [{"type": "tool_call", "name": "x"}]}]'),
        call('[{"role": "assistant", "parts": [{"type": "text", "content": "cut in the mid'),
    ],
    ids=["nothing", "spaces", "failed", "a tool", "only a tool's call", "a cut envelope"],
)
def test_where_there_is_no_answer_nothing_is_told(span: SpanRecord) -> None:
    assert told(span) == NOTHING


def test_json_of_ones_own_is_the_answer_itself() -> None:
    assert told(call('{"role": "x", "verdict": 1}')) == Told(refused=False, format_ok=True, answer_characters=27)


def test_of_an_answer_that_was_cut_nobody_can_say_whether_it_was_valid() -> None:
    cut = ('["' + "x" * TEXT_LIMIT)[:TEXT_LIMIT]
    assert told(call(cut)) == Told(refused=False, format_ok=None, answer_characters=TEXT_LIMIT)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ("role", "content", "parts", "choices", "candidates", "output", "messages", "generations", "text", "type", "refusal", "message")
        ),
        inner,
        max_size=4,
    ),
    max_leaves=15,
)  # fmt: skip


@given(json_values)
def test_whatever_json_comes_it_is_read_without_a_fault(value: Any) -> None:
    answer = told(call(orjson.dumps(value).decode()))
    assert answer == NOTHING or answer.answer_characters is not None


def record(**found: Any) -> SpanRecord:
    return record_of(
        RawSpan("t", "s", "", NOW, None, "span", False, {k.replace("__", "."): v for k, v in found.items()})
    )


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ({"gen_ai.output.type": "json"}, True),
        ({"gen_ai.output.type": "text"}, False),
        ({"gen_ai.openai.request.response_format": "json_schema"}, True),
        ({"llm.invocation_parameters": '{"response_format": {"type": "json_object"}}'}, True),
        ({"llm.invocation_parameters": '{"temperature": 0}'}, False),
        ({"llm.invocation_parameters": "no json"}, False),
        ({}, False),
    ],
)
def test_json_is_asked_for_in_the_ways_the_conventions_have(found: dict[str, Any], wanted: bool) -> None:
    assert record(openinference__span__kind="LLM", **found).wants_json is wanted


@pytest.mark.parametrize(
    ("found", "documents"),
    [
        ({f"retrieval.documents.{name}": "x" for name in ("0.document.content", "0.document.score", "1.document.id")}, 2),
        ({"retrieval.documents": ["a", "b", "c"]}, 3),
        ({"gen_ai.retrieval.documents": '[{"id": 1}]'}, 1),
        ({"gen_ai.retrieval.documents": "[]"}, 0),
        ({}, None),
    ],
)  # fmt: skip
def test_a_retrievers_documents_are_counted(found: dict[str, Any], documents: int | None) -> None:
    assert record(openinference__span__kind="RETRIEVER", **found).documents == documents
    assert record(openinference__span__kind="LLM", **found).documents is None
