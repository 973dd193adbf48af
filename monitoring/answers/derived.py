"""What a span's texts tell, as columns that stay when the texts do not."""

from typing import NamedTuple

from monitoring.records import SpanKind, SpanRecord
from monitoring.values import TEXT_LIMIT

from .envelopes import answer_of
from .formats import format_ok
from .refusals import refuses

_A_CHARACTER = 4
"""Bytes of UTF-8 at most, and so what a text that was cut may lack to the limit."""


class Told(NamedTuple):
    """The columns of a model call that its answer tells, each None where it tells nothing of it."""

    refused: bool | None = None
    format_ok: bool | None = None
    answer_characters: int | None = None


NOTHING = Told()


def told(span: SpanRecord) -> Told:
    """What a model call's answer tells; nothing where the call failed or holds no answer.

    Of an answer that was cut at the limit of what is read nobody can say whether its format was right.
    """
    if span.kind is not SpanKind.LLM or span.error or not span.output_text:
        return NOTHING
    answer = answer_of(span.output_text)
    if answer is None:
        return NOTHING
    unknown = answer.declined or _cut(span.output_text)
    return Told(
        answer.declined or refuses(answer.text),
        None if unknown else format_ok(answer.text, span.wants_json),
        len(answer.text),
    )


def _cut(text: str) -> bool:
    return len(text) > TEXT_LIMIT // _A_CHARACTER - 1 and len(text.encode(errors="replace")) > TEXT_LIMIT - _A_CHARACTER
