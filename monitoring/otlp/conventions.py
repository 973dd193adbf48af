"""What a span's attributes say, by OpenTelemetry's GenAI conventions, OpenInference and OpenLLMetry: the same at every door."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitoring import values
from monitoring.otlp import attributes, names
from monitoring.otlp.scores import Event
from monitoring.records import SpanKind, SpanRecord

_KEPT_ATTRIBUTES = 64
_KEPT_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class RawSpan:
    """A span with its attributes as they were sent, by dotted name. `failed` is its status."""

    trace_id: str
    span_id: str
    parent_id: str
    started_at: datetime
    ended_at: datetime | None
    name: str
    failed: bool
    found: attributes.Attributes
    events: Sequence[Event] = ()


def record_of(raw: RawSpan, system: str = "", environment: str = "") -> SpanRecord:
    """The span as a record. Raises BadValue with the reason when it cannot be taken."""
    found, events = raw.found, raw.events
    tool = attributes.name(found, names.TOOL)
    return SpanRecord(
        trace_id=raw.trace_id,
        span_id=raw.span_id,
        parent_id=raw.parent_id,
        started_at=raw.started_at,
        ended_at=raw.ended_at,
        kind=(kind := _kind(found)),
        name=values.short(raw.name),
        system=system,
        environment=environment,
        segment=attributes.name(found, names.SEGMENT),
        session_id=attributes.name(found, names.SESSION),
        user_id=attributes.name(found, names.USER),
        user_role=_role(found),
        provider=attributes.name(found, names.PROVIDER).lower(),
        model=attributes.name(found, names.MODEL),
        prompt_name=attributes.name(found, names.PROMPT_NAME),
        prompt_version=attributes.name(found, names.PROMPT_VERSION),
        tool=tool or (values.short(raw.name) if kind is SpanKind.TOOL else ""),
        error=_error(raw),
        input_tokens=attributes.tokens(found, names.INPUT_TOKENS),
        output_tokens=attributes.tokens(found, names.OUTPUT_TOKENS),
        cache_read_tokens=attributes.tokens(found, names.CACHE_READ_TOKENS),
        cache_write_tokens=attributes.tokens(found, names.CACHE_WRITE_TOKENS),
        cost=attributes.money(found, names.COST),
        input_text=_text(found, events, names.INPUT_TEXT, names.INPUT_MESSAGES, names.MESSAGE_EVENT_INPUT),
        output_text=_text(found, events, names.OUTPUT_TEXT, names.OUTPUT_MESSAGES, names.MESSAGE_EVENT_OUTPUT),
        wants_json=kind is SpanKind.LLM and _wants_json(found),
        documents=_documents(found) if kind is SpanKind.RETRIEVER else None,
        attributes=_rest(found),
    )


def _kind(found: attributes.Attributes) -> SpanKind:
    declared = attributes.first(found, names.OPENINFERENCE_KIND)
    if declared is not None and (kind := names.KINDS_OPENINFERENCE.get(str(declared).lower())):
        return kind
    for operation in (attributes.first(found, names.OPERATION), attributes.first(found, names.OPENLLMETRY_KIND)):
        if operation is not None and (kind := names.KINDS_OPERATION.get(str(operation).lower())):
            return kind
    if attributes.first(found, names.TOOL) is not None:
        return SpanKind.TOOL
    # An operation nobody has listed yet, or none, that names a model and counts tokens is a call to that model.
    if attributes.first(found, names.MODEL) is not None and attributes.first(found, names.INPUT_TOKENS) is not None:
        return SpanKind.LLM
    return SpanKind.OTHER


def _role(found: attributes.Attributes) -> str:
    """The role as it was sent; of several all, with commas between."""
    role = attributes.first(found, names.ROLE)
    return values.short(", ".join(map(str, role)) if isinstance(role, list) else "" if role is None else role)


def _error(raw: RawSpan) -> str:
    if not raw.failed:
        return ""
    found = raw.found
    if named := attributes.name(found, names.ERROR_TYPE):
        return named
    for event, given in raw.events:
        if event == names.EXCEPTION_EVENT and (named := attributes.name(given, (names.EXCEPTION_TYPE,))):
            return named
    return "error"


def _text(
    found: attributes.Attributes,
    events: Sequence[Event],
    whole: tuple[str, ...],
    flattened: tuple[str, ...],
    in_events: tuple[str, ...],
) -> str:
    """The text given whole, else joined from flattened message attributes, else from the events that once carried it."""
    value = attributes.first(found, whole)
    if value is not None:
        return values.text(value)
    parts = [item for key, item in found.items() if key.startswith(flattened) and key.endswith(("content", "text"))]
    if not parts and events:
        contents = (attributes.first(given, names.MESSAGE_CONTENT) for event, given in events if event in in_events)
        parts = [content for content in contents if content is not None]
    return values.text("\n".join(map(values.text, parts))) if parts else ""


def _wants_json(found: attributes.Attributes) -> bool:
    asked = attributes.first(found, names.OUTPUT_TYPE)
    if asked is None:
        parameters = values.parsed(attributes.first(found, names.PARAMETERS))
        asked = parameters.get("response_format") if isinstance(parameters, dict) else None
    if isinstance(asked, dict):
        asked = asked.get("type")
    return str(asked).lower().startswith("json")


def _documents(found: attributes.Attributes) -> int | None:
    """How many documents a retriever returned; None where it does not say."""
    given = values.parsed(attributes.first(found, names.DOCUMENTS))
    if isinstance(given, list):
        return len(given)
    flat = {
        key[len(name) + 1 :].split(".", 1)[0] for name in names.DOCUMENTS for key in found if key.startswith(name + ".")
    }
    return len(flat) or None


def _rest(found: attributes.Attributes) -> dict[str, Any]:
    """The attributes without a field of their own, as JSON can hold them: at most 64, strings of at most 500 characters."""
    kept: dict[str, Any] = {}
    for key, value in found.items():
        if key in names.MAPPED or key.startswith(_NOT_KEPT):
            continue
        if isinstance(value, str):
            value = value[:_KEPT_CHARACTERS].replace("\x00", "")
        elif isinstance(value, float):
            if values.exact(value) is None:
                continue
        elif not isinstance(value, bool | int):
            continue
        kept[values.short(key)] = value
        if len(kept) == _KEPT_ATTRIBUTES:
            break
    return kept


_NOT_KEPT = (*names.INPUT_MESSAGES, *names.OUTPUT_MESSAGES, names.SCORE_ATTRIBUTE, "llm.prompt_template.variables")
