"""LangSmith: what of a project arrives and as what, from either version of the query, and what its refusals say."""

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
from tests.sources.fakes.base import START, WHOLE
from tests.sources.fakes.langsmith import Fake, feedback, run, run_id

AT = START + timedelta(hours=5)


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=3, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture(params=[200, 404, 501])
def fake(request: pytest.FixtureRequest) -> Fake:
    """A server with the query of version 2, and two that lack it."""
    made = Fake()
    made.newer = request.param
    return made


def pulled[T](fake: Fake, kind: type[T], **changed: Any) -> list[T]:
    with fake.connected(**changed) as connector:
        found = [record for page in connector.fetch(WHOLE) for record in page.records]
    return [record for record in found if isinstance(record, kind)]


def test_a_run_becomes_a_span(fake: Fake) -> None:
    fake.rows = [run(1, AT, parent_run_ids=[run_id(8), run_id(9)], trace_id=run_id(8), prompt_token_details=None)]
    assert fake.records() == [
        SpanRecord(
            trace_id=trace_id(run_id(8)),
            span_id=span_id(run_id(1)),
            parent_id=span_id(run_id(9)),
            started_at=AT,
            ended_at=AT + timedelta(seconds=2),
            kind=SpanKind.LLM,
            name="ChatOpenAI",
            environment="production",
            session_id="th-1",
            user_id="u-1",
            provider="openai",
            model="gpt-4o",
            input_tokens=101,
            output_tokens=50,
            cost=Decimal("0.0015"),
            attributes={"langsmith.tags": "beta"},
        )
    ]


def test_cached_tokens_are_part_of_the_prompts() -> None:
    fake = Fake()
    fake.rows = [run(1, AT)]
    (span,) = pulled(fake, SpanRecord)
    assert (span.input_tokens, span.cache_read_tokens, span.cache_write_tokens) == (101, 20, 5)


def test_texts_come_only_when_asked_for(fake: Fake) -> None:
    fake.rows = [run(1, AT)]
    (span,) = pulled(fake, SpanRecord)
    assert (span.input_text, span.output_text) == ("", "")
    (span,) = pulled(fake, SpanRecord, texts=True)
    assert (span.input_text, span.output_text) == ('{"question":"how many seats?"}', '{"answer":"twelve"}')


def test_an_error_is_named_without_its_message(fake: Fake) -> None:
    fake.rows = [run(1, AT, status="ERROR")]
    (span,) = pulled(fake, SpanRecord)
    assert span.error == "error"
    assert "Ada" not in repr(span)


def test_the_sums_of_a_chain_are_not_its_own(fake: Fake) -> None:
    """Version 1 adds its children's tokens and costs up in it."""
    fake.rows = [run(1, AT, run_type="CHAIN")]
    (span,) = pulled(fake, SpanRecord)
    assert (span.kind, span.input_tokens, span.output_tokens, span.cost) == (SpanKind.CHAIN, None, None, None)


@pytest.mark.parametrize(
    ("run_type", "kind"),
    [
        ("TOOL", SpanKind.TOOL),
        ("RETRIEVER", SpanKind.RETRIEVER),
        ("EMBEDDING", SpanKind.EMBEDDING),
        ("PROMPT", SpanKind.CHAIN),
        ("SOMETHING_NEW", SpanKind.OTHER),
    ],
)
def test_types_become_kinds_and_unknown_ones_pass(fake: Fake, run_type: str, kind: SpanKind) -> None:
    fake.rows = [run(1, AT, run_type=run_type)]
    assert [span.kind for span in pulled(fake, SpanRecord)] == [kind]


def test_a_run_under_way_has_no_end_and_nulls_are_nothing(fake: Fake) -> None:
    fake.rows = [
        run(
            1,
            AT,
            status="PENDING",
            end_time=None,
            total_cost=None,
            prompt_tokens=None,
            metadata=None,
            tags=None,
            thread_id=None,
        )
    ]
    (span,) = pulled(fake, SpanRecord)
    assert (span.ended_at, span.cost, span.input_tokens, span.model, span.session_id) == (None, None, None, "", "")


def test_all_that_is_used_is_asked_for_by_name() -> None:
    fake = Fake()
    fake.records()
    (asked,) = [json.loads(request.content) for request in fake.seen if request.url.path == "/api/v2/runs/query"]
    assert asked["min_start_time"] == "2026-11-02T00:00:00+00:00"
    assert {"START_TIME", "TOTAL_COST", "METADATA"} <= set(asked["selects"])
    assert not {"ERROR", "INPUTS", "OUTPUTS", "EXTRA"} & set(asked["selects"])


def test_an_impossible_cost_is_refused_alone(fake: Fake) -> None:
    fake.rows = [run(1, AT, total_cost=-1), run(2, AT)]
    pages = fake.pages()
    assert sum(len(page.records) for page in pages) == 1
    assert [rejection.reason for page in pages for rejection in page.rejected] == [
        "cost must be a cost in US dollars, from 0 to 1,000,000"
    ]


# Feedback


def test_a_feedback_counts_when_the_judged_run_began() -> None:
    fake = Fake()
    began = START - timedelta(days=6)
    fake.feedback = [
        feedback(
            1,
            AT,
            start_time=began.isoformat(),
            score=0.25,
            comment="terse",
            feedback_source={"type": "model"},
        )
    ]
    assert fake.records() == [
        ScoreRecord(
            fake.feedback[0]["id"],
            "helpfulness",
            ScoreKind.NUMERIC,
            began,
            trace_id(run_id(1)),
            span_id(run_id(1)),
            Decimal("0.25"),
            "",
            Judge.MODEL,
            "terse",
        )
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"score": True}, (ScoreKind.BOOLEAN, Decimal(1), "")),
        ({"score": 3}, (ScoreKind.NUMERIC, Decimal(3), "")),
        ({"value": "formal"}, (ScoreKind.CATEGORICAL, None, "formal")),
        ({"value": 0.5}, (ScoreKind.NUMERIC, Decimal("0.5"), "")),
        ({"score": 0, "value": "no"}, (ScoreKind.BOOLEAN, Decimal(0), "no")),
    ],
)
def test_each_kind_of_feedback(given: dict[str, Any], expected: tuple[Any, ...]) -> None:
    fake = Fake()
    fake.feedback = [feedback(1, AT, key="tone", **given)]
    (score,) = pulled(fake, ScoreRecord)
    assert (score.kind, score.value, score.label) == expected


@pytest.mark.parametrize(
    "given",
    [{"comment": "a word from Ada"}, {"value": {"what": "Ada wrote"}}, {"value": ""}, {"correction": {"a": "b"}}],
)
def test_a_comment_alone_is_no_score(given: dict[str, Any]) -> None:
    fake = Fake()
    fake.feedback = [feedback(1, AT, **given)]
    assert [r for page in fake.pages() for r in (*page.records, *page.rejected)] == []


@pytest.mark.parametrize(
    ("source", "judge"),
    [
        ("app", Judge.HUMAN),
        ("model", Judge.MODEL),
        ("auto_eval", Judge.MODEL),
        ("api", Judge.CODE),
        ("new", Judge.CODE),
    ],
)
def test_who_judged(source: str, judge: Judge) -> None:
    fake = Fake()
    fake.feedback = [feedback(1, AT, score=1, feedback_source={"type": source})]
    assert [score.judge for score in pulled(fake, ScoreRecord)] == [judge]


# The key


def test_a_check_names_the_project_and_warns_of_others() -> None:
    fake = Fake()
    with fake.connected() as connector:
        found = connector.check()
    assert found.account == "LangSmith workspace w-1"
    assert [(seen.name, seen.count, seen.unit, seen.last) for seen in found.sees] == [("default", 7, "runs", WHOLE.end)]
    assert found.warnings == ("This key also sees 1 other project that FracOps does not pull.",)


def test_a_project_that_is_not_there_is_named_with_those_that_are() -> None:
    fake = Fake()
    with fake.connected(project="prod") as connector:
        with pytest.raises(SourceError, match=r"no project “prod”. It has: default, another client's\.") as caught:
            connector.check()
        assert caught.value.fault is Fault.CLIENT
        with pytest.raises(SourceError, match="no project “prod”"):
            list(connector.fetch(WHOLE))


def test_a_server_that_ignores_the_name_gives_no_other_project() -> None:
    fake = Fake()
    fake.projects = ["another client's"]
    fake.interrupt = lambda request: (
        fake.by_offset(request.url.params, [{"id": "p", "name": "another client's"}])
        if request.url.path == "/api/v1/sessions"
        else None
    )
    with pytest.raises(SourceError, match="no project “default”"):
        fake.pages()


def test_a_key_of_several_workspaces_is_told_what_is_missing() -> None:
    fake = Fake()
    fake.interrupt = lambda request: fake.refusal(403)
    with fake.connected() as connector, pytest.raises(SourceError, match="type the ID of the one you mean"):
        connector.check()
    with fake.connected(workspace="w-2") as connector, pytest.raises(SourceError) as caught:
        connector.check()
    assert "type the ID" not in str(caught.value)
    assert fake.seen[-1].headers["x-tenant-id"] == "w-2"


@pytest.mark.parametrize(
    "address", ["https://langsmith.example/api/v1/", "https://langsmith.example/api", "https://langsmith.example"]
)
def test_an_address_may_end_as_the_sdks_do(address: str) -> None:
    fake = Fake()
    fake.plant()
    assert pulled(fake, SpanRecord, base_url=address)
