"""Finds the answer in an output: many senders put it into the JSON of a message or of a provider's whole response."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

PERSON = frozenset(("user", "human", "HumanMessage"))
ASSISTANT = frozenset(("assistant", "model", "ai", "AIMessage"))
_CUT_ENVELOPE = re.compile(r"""\s*(?:\[\s*)?\{\s*"(?:role|choices|candidates|messages|generations)"\s*:""")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said; `declined` that it, or its provider, said in a field of its own that it will not answer."""

    text: str
    declined: bool = False


def answer_of(output: str) -> Answer | None:
    """The answer an output holds; None where it holds none (only calls of tools, or an envelope that was cut).

    JSON that is no envelope we know is itself the answer.
    """
    start = output.lstrip()[:1]
    if not start:
        return None
    if start not in ("{", "["):
        return Answer(output)
    try:
        parsed = orjson.loads(output)
    except orjson.JSONDecodeError:
        return None if _CUT_ENVELOPE.match(output) else Answer(output)
    messages = _messages(parsed)
    if messages is None:
        return Answer(output)
    said = [message for message in messages if message.get("role", "assistant") in ASSISTANT]
    parts = [part for message in said for part in _parts(message)]
    text = "\n".join(text for text, _ in parts if text)
    declined = any(declined for _, declined in parts)
    return Answer(text, declined) if text or declined else None


def question_of(text: str) -> str:
    """What the person asked last, of an input that may be a whole conversation in JSON; the input itself where it is none."""
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    items = parsed.get("messages", [parsed]) if isinstance(parsed, dict) else parsed
    if not isinstance(items, list):
        return text
    asked = [m for m in items if isinstance(m, dict) and m.get("role") in PERSON and _is_message(m)]
    said = "\n".join(part for part, _ in _parts(asked[-1]) if part) if asked else ""
    return said or text


def _messages(parsed: Any) -> list[dict[str, Any]] | None:
    """The messages that known envelopes hold, or None where it is none of them."""
    match parsed:
        case [*items] if items and all(isinstance(item, dict) and _is_message(item) for item in items):
            return items
        case {"choices": [*choices]}:  # OpenAI's chat completions
            return [c.get("message") or c.get("delta") or {} for c in choices if isinstance(c, dict)]
        case {"candidates": [*candidates]}:  # Gemini
            return [c["content"] for c in candidates if isinstance(c, dict) and isinstance(c.get("content"), dict)]
        case {"output": [*items]} if all(isinstance(item, dict) for item in items):  # OpenAI's responses
            return [item for item in items if item.get("type", "message") == "message"]
        case {"messages": [*items]} if all(isinstance(item, dict) for item in items):
            return items[-1:]
        case {"generations": [[*items], *_]}:  # LangChain
            return [{"content": item.get("text", "")} for item in items if isinstance(item, dict)]
        case dict() if _is_message(parsed):
            return [parsed]
    return None


def _is_message(item: dict[str, Any]) -> bool:
    return isinstance(item.get("role"), str) and bool({"content", "parts", "tool_calls", "refusal"} & item.keys())


def _parts(message: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """The texts of a message, and whether each is the field in which a model says that it will not answer."""
    if isinstance(refusal := message.get("refusal"), str) and refusal:
        yield refusal, True
    if message.get("stop_reason") == "refusal" or message.get("finish_reason") == "refusal":
        yield "", True
    content = message.get("content", message.get("parts"))
    for part in content if isinstance(content, list) else [content]:
        match part:
            case str():
                yield part, False
            case {"type": "refusal", "refusal": str(text)}:
                yield text, True
            case {"type": "text" | "output_text", "text": str(text)} | {"type": "text", "content": str(text)}:
                yield text, False
            case {"text": str(text)}:
                yield text, False
