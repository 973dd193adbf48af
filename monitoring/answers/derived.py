"""What a span's texts tell, as columns that stay when the texts do not."""

from typing import Any

from monitoring.records import SpanKind, SpanRecord
from monitoring.values import TEXT_LIMIT

from .envelopes import answer_of
from .formats import format_ok
from .refusals import refuses

_A_CHARACTER = 4
"""Bytes of UTF-8 at most, and so what a text that was cut may lack to the limit."""


def told(span: SpanRecord) -> dict[str, Any]:
    """The fields of a model call that its answer tells: `refused`, `format_ok` and `answer_characters`.

    None of them where the call failed or holds no answer; no `format_ok` of an answer that was cut at the limit of what is read.
    """
    if span.kind is not SpanKind.LLM or span.error or not span.output_text:
        return {}
    answer = answer_of(span.output_text)
    if answer is None:
        return {}
    return {
        "refused": answer.declined or refuses(answer.text),
        "format_ok": None if answer.declined or _cut(span.output_text) else format_ok(answer.text, span.wants_json),
        "answer_characters": len(answer.text),
    }


def _cut(text: str) -> bool:
    return len(text) > TEXT_LIMIT // _A_CHARACTER - 1 and len(text.encode(errors="replace")) > TEXT_LIMIT - _A_CHARACTER
