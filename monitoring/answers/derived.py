"""What a span's texts tell, as columns that stay when the texts do not."""

from typing import NamedTuple

from monitoring.records import SpanKind, SpanRecord
from monitoring.values import TEXT_LIMIT

from .envelopes import answer_of, question_of
from .formats import format_ok
from .languages import LONGEST_QUESTION, differs, language_of
from .refusals import refuses

_A_CHARACTER = 4
"""Bytes of UTF-8 at most, and so what a text that was cut may lack to the limit."""


class Told(NamedTuple):
    """The columns of a model call that its answer tells, each None (or empty) where it tells nothing of it."""

    refused: bool | None = None
    format_ok: bool | None = None
    answer_characters: int | None = None
    answer_language: str = ""
    """ISO 639-1, such as ``de``; empty where nothing can be said."""
    other_language: bool | None = None
    """Whether it is in another language than what was asked."""


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
    language = "" if span.wants_json else language_of(answer.text)
    return Told(
        answer.declined or refuses(answer.text),
        None if unknown else format_ok(answer.text, span.wants_json),
        len(answer.text),
        language,
        differs(_asked_in(span.input_text), language) if language else None,
    )


def _asked_in(asked: str) -> str:
    """The language of what the person asked last; of an input that was cut, the last may be missing."""
    if not asked or _cut(asked):
        return ""
    question = question_of(asked)
    return language_of(question) if len(question) <= LONGEST_QUESTION else ""


def _cut(text: str) -> bool:
    return len(text) > TEXT_LIMIT // _A_CHARACTER - 1 and len(text.encode(errors="replace")) > TEXT_LIMIT - _A_CHARACTER
