"""Judgements ride on spans, as evaluation events or as attributes."""

from decimal import Decimal
from typing import Any

import pytest

from monitoring.otlp import map_request
from monitoring.records import Judge, ScoreKind, ScoreRecord
from tests.monitoring.otlp_requests import SPAN, START, TRACE, request, span

EVALUATION = "gen_ai.evaluation.result"


def scores(attributes: dict[str, Any] | None = None, *events: dict[str, Any]) -> list[ScoreRecord]:
    mapped = map_request(request(span(attributes, events=[(EVALUATION, given) for given in events])))
    assert mapped.rejected == []
    assert mapped.refused_scores == []
    return mapped.scores


def evaluation(name: str, **given: Any) -> dict[str, Any]:
    return {"gen_ai.evaluation.name": name} | {f"gen_ai.evaluation.score.{key}": value for key, value in given.items()}


def test_an_evaluation_event_is_a_score_of_its_span() -> None:
    event = evaluation("accuracy", value=1.0, label="pass") | {
        "gen_ai.evaluation.explanation": "matches",
        "fracops.judge": "human",
    }
    (score,) = scores(
        {"llm.model_name": "gpt-4", "fracops.segment": "retail", "llm.prompt_template.version": "v2"}, event
    )
    assert (score.trace_id, score.span_id) == (TRACE.hex(), SPAN.hex())
    assert score.at.timestamp() == START / 10**9
    assert (score.kind, score.value, score.label, score.comment) == (ScoreKind.BOOLEAN, Decimal(1), "pass", "matches")
    assert score.judge is Judge.HUMAN
    assert (score.model, score.segment, score.prompt_version) == ("gpt-4", "retail", "v2")


@pytest.mark.parametrize(
    ("name", "value", "kind", "number", "label"),
    [
        ("accuracy", True, ScoreKind.BOOLEAN, 1, ""),
        ("tone", False, ScoreKind.BOOLEAN, 0, ""),
        ("accuracy", 1, ScoreKind.BOOLEAN, 1, ""),
        ("accuracy", 0.0, ScoreKind.BOOLEAN, 0, ""),
        ("accuracy", 0.5, ScoreKind.NUMERIC, Decimal("0.5"), ""),
        ("tone", 1, ScoreKind.NUMERIC, 1, ""),
        ("tone", "0.25", ScoreKind.NUMERIC, Decimal("0.25"), ""),
        ("tone", "Yes", ScoreKind.BOOLEAN, 1, "Yes"),
        ("tone", "friendly", ScoreKind.CATEGORICAL, None, "friendly"),
    ],
)
def test_an_attribute_is_a_score_of_the_kind_its_value_shows(
    name: str, value: Any, kind: ScoreKind, number: Any, label: str
) -> None:
    (score,) = scores({f"fracops.score.{name}": value})
    assert (score.name, score.kind, score.value, score.label) == (name, kind, number, label)


@pytest.mark.parametrize(
    ("event", "kind", "number"),
    [
        (evaluation("tone", label="pass"), ScoreKind.BOOLEAN, 1),
        (evaluation("tone", label="FAIL"), ScoreKind.BOOLEAN, 0),
        (evaluation("tone", value=0, label="false"), ScoreKind.BOOLEAN, 0),
        (evaluation("tone", value=0.9, label="pass"), ScoreKind.NUMERIC, Decimal("0.9")),
        (evaluation("relevance", value=0.9, label="pass"), ScoreKind.BOOLEAN, 1),
        (evaluation("hallucination_rate", label="pass"), ScoreKind.BOOLEAN, 0),
        (evaluation("hallucination_rate", label="true"), ScoreKind.BOOLEAN, 1),
    ],
)
def test_a_label_judges_where_no_number_contradicts_it(event: dict[str, Any], kind: ScoreKind, number: Any) -> None:
    (score,) = scores({}, event)
    assert (score.kind, score.value) == (kind, number)


def test_ids_come_from_span_and_name_and_tell_repeats_apart() -> None:
    def given() -> list[str]:
        judged = scores({"fracops.score.tone": 3}, evaluation("tone", value=4), evaluation("accuracy", value=1))
        return [score.score_id for score in judged]

    ids = given()
    assert len(set(ids)) == 3
    assert ids == given()
    assert scores({"fracops.score.tone": 3})[0].score_id == ids[0]


@pytest.mark.parametrize(
    "event",
    [
        evaluation(""),
        evaluation("tone"),
        evaluation("tone", value=float("nan")),
        evaluation("tone", value=[1]),
        evaluation("tone", value=1e11 + 1),
    ],
)
def test_what_is_no_score_is_refused_and_its_span_kept(event: dict[str, Any]) -> None:
    mapped = map_request(request(span(events=[(EVALUATION, event)])))
    assert len(mapped.spans) == len(mapped.refused_scores) == 1
    assert mapped.scores == []
    assert mapped.rejected == []


@pytest.mark.parametrize("event", [evaluation("accuracy", value=85), evaluation("accuracy", value=-0.1, label="pass")])
def test_a_rate_takes_no_number_outside_nought_to_one(event: dict[str, Any]) -> None:
    mapped = map_request(request(span({"fracops.score.tone": 85}, events=[(EVALUATION, event)])))
    assert [score.name for score in mapped.scores] == ["tone"]
    (refused,) = mapped.refused_scores
    assert refused.reason == "score “accuracy” is a rate: send true/false or a number from 0 to 1"
