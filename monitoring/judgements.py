"""Decides what kind of score a given value or label is: true or false, a number, or a word."""

from decimal import Decimal
from typing import Any

from monitoring import values
from monitoring.catalogue import BLOCKS, CATALOGUE, Aggregation, Better
from monitoring.records import ScoreKind

_VERDICTS = {"true": True, "yes": True, "false": False, "no": False}
_MARKS = {"pass": True, "fail": False}
_BLOCKED = {
    **dict.fromkeys(
        ("block", "blocked", "deny", "denied", "fail", "flagged", "guardrail_intervened", "reject", "unsafe"), True
    ),
    **dict.fromkeys(("allow", "allowed", "none", "ok", "pass", "passed", "safe"), False),
}
"""What guardrails say besides true, false, yes and no."""
_NUMBER_LIMIT = Decimal(10) ** 11


def judgement_of(name: str, value: Any, label: Any = None) -> tuple[ScoreKind, Decimal | None, str]:
    """Kind, value and label of a score given as a value (bool, number or word), a label, or both.

    True or false when the value is a boolean; when the label is true, false, yes, no, pass or fail and no number contradicts it;
    or when the catalogue reads that name as a rate and the value is exactly 0 or 1. A number between 0 and 1 of such a rate is
    judged by its label, if it has one of these, and so is any number of a guardrail; any other number is a plain number. Raises
    BadValue for what is none of all that, and for a number outside 0 to 1 of a rate: 85 would be shown as 8,500%.
    """
    if not name:
        raise values.BadValue("a score needs a name")
    word = "" if label is None else values.short(label)
    if isinstance(value, str):
        number = values.exact(value)
        if number is None:
            word, value = word or values.short(value), None
        else:
            value = number
    if isinstance(value, bool):
        return ScoreKind.BOOLEAN, Decimal(value), word
    if value is None:
        if (verdict := _verdict(name, word)) is not None:
            return ScoreKind.BOOLEAN, Decimal(verdict), word
        if word:
            return ScoreKind.CATEGORICAL, None, word
        raise values.BadValue(f"score “{name}” has neither a value nor a label")
    number = value if isinstance(value, Decimal) else values.exact(value)
    if number is None or abs(number) > _NUMBER_LIMIT:
        raise values.BadValue(f"score “{name}” must be true, false, a finite number or a word")
    if _is_rate(name) and not 0 <= number <= 1:
        raise values.BadValue(f"score “{name}” is a rate: send true/false or a number from 0 to 1")
    verdict = _verdict(name, word)
    if verdict is not None and is_block(name):
        # Scales differ from guard to guard, words do not: 1 beside “pass” is one that passed.
        return ScoreKind.BOOLEAN, Decimal(verdict), word
    if number in (0, 1) and (_is_rate(name) or is_block(name) or verdict is not None):
        return ScoreKind.BOOLEAN, number, word
    if verdict is not None and _is_rate(name):
        return ScoreKind.BOOLEAN, Decimal(verdict), word
    return ScoreKind.NUMERIC, number, word


def _verdict(name: str, word: str) -> bool | None:
    lowered = word.lower()
    if is_block(name) and lowered in _BLOCKED:
        return _BLOCKED[lowered]
    if lowered in _MARKS:
        # An answer that passes “hallucination_rate” holds no hallucination: a mark says good or bad, not true or false.
        metric = CATALOGUE.get(name)
        return _MARKS[lowered] is not (metric is not None and metric.better is Better.LOWER)
    return _VERDICTS.get(lowered)


def _is_rate(name: str) -> bool:
    metric = CATALOGUE.get(name)
    return metric is not None and metric.takes_scores and metric.aggregation is Aggregation.RATE


def is_block(name: str) -> bool:
    """Whether a score of that name is a guardrail's or a moderation's verdict: true that it blocked."""
    return name == "block_rate" or name.lower() in BLOCKS
