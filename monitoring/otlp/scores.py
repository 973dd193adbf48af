"""Finds the judgements a span carries: evaluation events and ``fracops.score.<name>`` attributes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from monitoring.catalogue import CATALOGUE, Aggregation, Better
from monitoring.otlp import names, values
from monitoring.records import Judge, Rejection, ScoreKind, ScoreRecord, SpanRecord

_VERDICTS = {"true": True, "yes": True, "false": False, "no": False}
_MARKS = {"pass": True, "fail": False}
_NUMBER_LIMIT = Decimal(10) ** 12

type Event = tuple[str, values.Attributes]


def scores_of(
    span: SpanRecord, found: values.Attributes, events: Sequence[Event]
) -> tuple[list[ScoreRecord], list[Rejection]]:
    """The scores of one span, and those that cannot be scores, with the reason.

    Their ids are made of the span and the name (and a counter where a name comes again), so that sending a span twice gives
    the same scores.
    """
    taken: list[ScoreRecord] = []
    refused: list[Rejection] = []
    seen: Counter[str] = Counter()
    for judged, value, label, comment, judge in _judgements(found, events):
        name = values.short(judged)
        try:
            judgement = judgement_of(name, value, label)
        except values.BadValue as error:
            refused.append(Rejection(str(error), span.trace_id, span.span_id))
            continue
        seen[name] += 1
        again = f":{seen[name]}" if seen[name] > 1 else ""
        kind, number, word = judgement
        taken.append(
            ScoreRecord(
                score_id=f"{span.trace_id}:{span.span_id}:{name}{again}",
                name=name,
                kind=kind,
                at=span.started_at,
                trace_id=span.trace_id,
                span_id=span.span_id,
                value=number,
                label=word,
                judge=judge,
                comment=values.text(comment),
                system=span.system,
                environment=span.environment,
                segment=span.segment,
                model=span.model,
                prompt_version=span.prompt_version,
            )
        )
    return taken, refused


def judgement_of(name: str, value: Any, label: Any = None) -> tuple[ScoreKind, Decimal | None, str]:
    """Kind, value and label of a score given as a value (bool, number or word), a label, or both.

    True or false when the value is a boolean; when the label is true, false, yes, no, pass or fail and no number contradicts it;
    or when the catalogue reads that name as a rate and the value is exactly 0 or 1. A number between 0 and 1 of such a rate is
    judged by its label, if it has one of these; any other number is a plain number. Raises BadValue for what is none of all that.
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
    verdict = _verdict(name, word)
    if number in (0, 1) and (_is_rate(name) or verdict is not None):
        return ScoreKind.BOOLEAN, number, word
    if verdict is not None and _is_rate(name):
        return ScoreKind.BOOLEAN, Decimal(verdict), word
    return ScoreKind.NUMERIC, number, word


def _verdict(name: str, word: str) -> bool | None:
    lowered = word.lower()
    if lowered in _MARKS:
        # An answer that passes “hallucination_rate” holds no hallucination: a mark says good or bad, not true or false.
        metric = CATALOGUE.get(name)
        return _MARKS[lowered] is not (metric is not None and metric.better is Better.LOWER)
    return _VERDICTS.get(lowered)


def _is_rate(name: str) -> bool:
    metric = CATALOGUE.get(name)
    return metric is not None and metric.is_score and metric.aggregation is Aggregation.RATE


def _judgements(found: values.Attributes, events: Iterable[Event]) -> Iterable[tuple[Any, Any, Any, Any, Judge]]:
    """Name, value, label, comment and judge of each judgement, in the order they were given."""
    judge = _judge(found, Judge.CODE)
    for key, value in found.items():
        if key.startswith(names.SCORE_ATTRIBUTE):
            yield key.removeprefix(names.SCORE_ATTRIBUTE), value, None, None, judge
    for event, given in events:
        if event == names.EVALUATION_EVENT:
            yield (
                given.get(names.EVALUATION_NAME, ""),
                given.get(names.EVALUATION_VALUE),
                given.get(names.EVALUATION_LABEL),
                given.get(names.EVALUATION_EXPLANATION),
                _judge(given, judge),
            )


def _judge(found: values.Attributes, otherwise: Judge) -> Judge:
    try:
        return Judge(str(found[names.JUDGE]).strip().lower())
    except (KeyError, ValueError):
        return otherwise
