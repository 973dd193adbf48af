"""Finds the judgements a span carries: evaluation events and ``fracops.score.<name>`` attributes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from monitoring import values
from monitoring.judgements import judgement_of
from monitoring.otlp import names
from monitoring.otlp.attributes import Attributes
from monitoring.records import Judge, Rejection, ScoreRecord, SpanRecord

type Event = tuple[str, Attributes]


def scores_of(
    span: SpanRecord, found: Attributes, events: Sequence[Event]
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
                prompt_name=span.prompt_name,
                prompt_version=span.prompt_version,
            )
        )
    return taken, refused


def _judgements(found: Attributes, events: Iterable[Event]) -> Iterable[tuple[Any, Any, Any, Any, Judge]]:
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


def _judge(found: Attributes, otherwise: Judge) -> Judge:
    try:
        return Judge(str(found[names.JUDGE]).strip().lower())
    except (KeyError, ValueError):
        return otherwise
