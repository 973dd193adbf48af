"""Helicone: what of an organisation's requests arrives and as what, and what its refusals say."""

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import stamina

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.reading import span_id, trace_id
from monitoring.records import Judge, ScoreKind, ScoreRecord, SpanKind, SpanRecord
from tests.sources.fakes.base import END, START, WHOLE
from tests.sources.fakes.helicone import Fake, call, request_id

AT = START + timedelta(hours=5)


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=3, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture
def fake() -> Fake:
    return Fake()


def pulled[T](fake: Fake, kind: type[T], **changed: Any) -> list[T]:
    with fake.connected(**changed) as connector:
        found = [record for page in connector.fetch(WHOLE) for record in page.records]
    return [record for record in found if isinstance(record, kind)]


def test_a_request_becomes_a_span(fake: Fake) -> None:
    """Cached tokens come beside the others and are part of the input here."""
    fake.rows = [call(1, AT)]
    assert fake.records() == [
        SpanRecord(
            trace_id=trace_id(request_id(1)),
            span_id=span_id(request_id(1)),
            started_at=AT,
            ended_at=AT + timedelta(seconds=2),
            kind=SpanKind.LLM,
            name="gpt-4o",
            environment="production",
            session_id="s-1",
            user_id="u-1",
            provider="openai",
            model="gpt-4o",
            prompt_name="greet",
            prompt_version="v3",
            input_tokens=121,
            output_tokens=50,
            cache_read_tokens=20,
            cache_write_tokens=0,
            cost=Decimal("0.0015"),
        )
    ]


def test_texts_are_kept_only_when_asked_for(fake: Fake) -> None:
    fake.rows = [call(1, AT)]
    (span,) = pulled(fake, SpanRecord)
    assert (span.input_text, span.output_text) == ("", "")
    (span,) = pulled(fake, SpanRecord, texts=True)
    assert (span.input_text, span.output_text) == (
        '{"messages":[{"role":"user","content":"how many seats?"}]}',
        "twelve",
    )


def test_a_body_that_lies_elsewhere_is_no_text_and_not_fetched(fake: Fake) -> None:
    elsewhere = {"helicone_message": "fetching body from signed_url..."}
    fake.rows = [call(1, AT, request_body=elsewhere, response_body=elsewhere)]
    (span,) = pulled(fake, SpanRecord, texts=True)
    assert (span.input_text, span.output_text) == ("", "")
    assert {request.url.host for request in fake.seen} == {"helicone.example"}
    assert "signature" not in repr(span)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, ""),
        (429, "status 429"),
        (500, "status 500"),
        (-1, "timeout"),
        (-2, ""),
        (-3, "cancelled"),
        (-4, "threat"),
        (None, ""),
    ],
)
def test_an_error_is_a_status(fake: Fake, status: int | None, error: str) -> None:
    fake.rows = [call(1, AT, response_status=status)]
    assert [span.error for span in pulled(fake, SpanRecord)] == [error]


@pytest.mark.parametrize(
    ("changed", "kind", "tool"),
    [
        ({"request_model": "tool:weather"}, SpanKind.TOOL, "weather"),
        ({"request_model": "vector_db"}, SpanKind.RETRIEVER, ""),
        ({"target_url": "https://api.openai.com/v1/embeddings?x=1"}, SpanKind.EMBEDDING, ""),
    ],
)
def test_what_is_no_model_call_is_told_apart(fake: Fake, changed: dict[str, Any], kind: SpanKind, tool: str) -> None:
    fake.rows = [call(1, AT, **changed)]
    assert [(span.kind, span.tool) for span in pulled(fake, SpanRecord)] == [(kind, tool)]


def test_a_cost_of_zero_is_no_price_unless_nothing_was_asked_of_a_model(fake: Fake) -> None:
    hit = {"cache_reference_id": request_id(1), "prompt_tokens": 0, "completion_tokens": 0}
    fake.rows = [call(1, AT, cost=0), call(2, AT, cost=0, **hit), call(3, AT, cost=None)]
    spans = pulled(fake, SpanRecord)
    assert [span.cost for span in spans] == [None, Decimal(0), None]
    assert [span.attributes for span in spans] == [{}, {"helicone.cached": True}, {}]


def test_an_older_version_of_a_request_is_passed_by(fake: Fake) -> None:
    fake.rows = [
        call(1, AT, completion_tokens=60, updated_at="2026-11-02 05:00:09.000"),
        call(1, AT, completion_tokens=50, updated_at="2026-11-02 05:00:03.000"),
    ]
    assert [span.output_tokens for span in pulled(fake, SpanRecord)] == [60]


def test_nulls_are_nothing(fake: Fake) -> None:
    names = ("request_properties", "prompt_tokens", "completion_tokens", "scores", "response_created_at", "prompt_id")
    fake.rows = [call(1, AT, **dict.fromkeys(names))]
    (span,) = pulled(fake, SpanRecord)
    assert (span.ended_at, span.input_tokens, span.session_id, span.prompt_name) == (None, None, "", "")


# Scores


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("helpfulness", 3, ("helpfulness", ScoreKind.NUMERIC, Decimal(3), Judge.CODE)),
        ("polite-hcone-bool", 1, ("polite", ScoreKind.BOOLEAN, Decimal(1), Judge.CODE)),
        ("helicone-score-feedback", 0, ("user_satisfaction", ScoreKind.BOOLEAN, Decimal(0), Judge.HUMAN)),
        ("depth", {"value": 4, "valueType": "number"}, ("depth", ScoreKind.NUMERIC, Decimal(4), Judge.CODE)),
    ],
)
def test_scores_come_with_their_request(fake: Fake, name: str, value: Any, expected: tuple[Any, ...]) -> None:
    fake.rows = [call(1, AT, scores={name: value})]
    (score,) = pulled(fake, ScoreRecord)
    assert (score.name, score.kind, score.value, score.judge) == expected
    assert (score.score_id, score.at, score.span_id) == (f"{request_id(1)}:{name}", AT, span_id(request_id(1)))
    assert (score.model, score.environment, score.prompt_version) == ("gpt-4o", "production", "v3")


def test_a_score_that_cannot_be_read_does_not_cost_its_request(fake: Fake) -> None:
    fake.rows = [call(1, AT, scores={"accuracy": 85, "depth": None})]
    pages = fake.pages()
    assert [type(record) for page in pages for record in page.records] == [SpanRecord]
    assert [rejection.reason for page in pages for rejection in page.rejected] == [
        "score “accuracy” is a rate: send true/false or a number from 0 to 1"
    ]


# The request


def test_a_window_is_asked_for_as_a_tree() -> None:
    fake = Fake()
    fake.records()
    asked = json.loads(fake.seen[0].content)
    assert asked["filter"] == {
        "left": {"request_response_rmt": {"request_created_at": {"gte": "2026-11-02T00:00:00+00:00"}}},
        "operator": "and",
        "right": {"request_response_rmt": {"request_created_at": {"lt": "2026-11-04T00:00:00+00:00"}}},
    }
    assert (asked["limit"], asked["offset"], asked["sort"]) == (500, 0, {"created_at": "asc"})


def test_a_check_says_when_the_newest_request_was(fake: Fake) -> None:
    fake.plant()
    with fake.connected() as connector:
        found = connector.check()
    assert found.account == "Helicone organisation of this key at helicone.example"
    assert [seen.last for seen in found.sees] == [END]


@pytest.mark.parametrize(
    ("address", "key", "hint"),
    [
        ("https://api.helicone.ai", "pk-helicone-123", "may only write"),
        ("https://eu.api.helicone.ai", "eu-pk-helicone-123", "may only write"),
        ("https://api.helicone.ai", "sk-helicone-eu-123", "of another region than api.helicone.ai"),
        ("https://eu.api.helicone.ai", "sk-helicone-123", "of another region than eu.api.helicone.ai"),
        ("https://api.helicone.ai", "sk-helicone-123", "Check that it was copied whole"),
        ("https://helicone.example", "sk-helicone-eu-123", "Check that it was copied whole"),
    ],
)
def test_a_refused_key_is_read_for_its_reason(fake: Fake, address: str, key: str, hint: str) -> None:
    with fake.connected(base_url=address, api_key=key) as connector, pytest.raises(SourceError, match=hint) as caught:
        connector.check()
    assert caught.value.fault is Fault.CLIENT
    assert key not in repr(caught.value)
