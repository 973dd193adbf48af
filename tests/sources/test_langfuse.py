"""Langfuse: what of a project arrives and as what, from newer servers and older ones, and what its refusals say."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import httpx
import pytest
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import Window
from monitoring.connecting.reading import span_id, trace_id
from monitoring.records import (
    BillRecord,
    Judge,
    PromptRecord,
    ScoreKind,
    ScoreRecord,
    SpanKind,
    SpanRecord,
    UsageRecord,
)
from tests.sources.fakes.base import CONTRACTS, MIDDLE, START, WHOLE
from tests.sources.fakes.langfuse import NEW_PATHS, OLD_PATHS, Fake, observation, score, written
from tests.sources.strategies import description_of, from_schema, response_schema

AT = START + timedelta(hours=5)


class Undescribed(Fake):
    """One that sends what the description does not allow, as real servers do."""

    contract: ClassVar[str] = ""


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=3, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture(params=["new", "old"])
def fake(request: pytest.FixtureRequest) -> Fake:
    """A server with the newer API, and one with the older alone."""
    made = Fake()
    made.lacks = NEW_PATHS if request.param == "old" else OLD_PATHS
    return made


def only[T](kind: type[T], records: list[Any]) -> T:
    (found,) = [record for record in records if isinstance(record, kind)]
    return found


def of[T](kind: type[T], records: list[Any]) -> list[T]:
    return [record for record in records if isinstance(record, kind)]


def pulled(fake: Fake, **changed: Any) -> list[Any]:
    with fake.connected(**changed) as connector:
        return [record for page in connector.fetch(WHOLE) for record in page.records]


# Spans


def test_an_observation_becomes_a_span(fake: Fake) -> None:
    fake.rows = [observation(1, AT)]
    assert fake.records() == [
        SpanRecord(
            trace_id=trace_id("t-1"),
            span_id=span_id("o-1"),
            started_at=AT,
            ended_at=AT + timedelta(seconds=2),
            kind=SpanKind.LLM,
            name="answer",
            environment="production",
            session_id="s-1",
            user_id="u-1",
            model="gpt-4o",
            prompt_name="greet/formal",
            prompt_version="2",
            input_tokens=121,
            output_tokens=50,
            cache_read_tokens=20,
            cost=Decimal("0.0015"),
            attributes={"langfuse.trace_name": "chat", "langfuse.release": "1.4", "langfuse.tags": "beta"},
        )
    ]


def test_texts_come_only_when_asked_for(fake: Fake) -> None:
    fake.rows = [observation(1, AT)]
    span = only(SpanRecord, pulled(fake))
    assert (span.input_text, span.output_text) == ("", "")
    span = only(SpanRecord, pulled(fake, texts=True))
    assert (span.input_text, span.output_text) == ("how many seats?", "twelve")


def test_an_error_is_named_without_its_message(fake: Fake) -> None:
    fake.rows = [observation(1, AT, level="ERROR", statusMessage="Ada said no")]
    span = only(SpanRecord, fake.records())
    assert span.error == "error"
    assert "Ada" not in repr(span)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"input": 10, "output": 5, "total": 15}, (10, 5, None, None)),
        ({"input": 10, "input_cached_tokens": 90, "output": 5}, (100, 5, 90, None)),
        ({"input": 10, "cache_read_input_tokens": 80, "cache_creation_input_tokens": 10}, (100, None, 80, 10)),
        (
            {"input": 10, "input_cache_read": 3, "input_cache_creation_5m": 2, "input_cache_creation_1h": 1},
            (16, None, 3, 3),
        ),
        ({"input": 4, "cache_write_tokens": 6}, (10, None, None, 6)),
        ({"input_text": 4, "input_audio": 6, "output": 1, "output_reasoning_tokens": 7}, (10, 8, None, None)),
        ({"prompt_token_count": 4, "candidates_token_count": 2}, (4, 2, None, None)),
        ({"input": 4, "prompt_tokens": 4, "output": 2, "completion_tokens": 2}, (4, 2, None, None)),
        ({"input": None, "images": 3}, (None, None, None, None)),
        ({}, (None, None, None, None)),
        (None, (None, None, None, None)),
    ],
)
def test_tokens_are_the_parts_langfuse_counts(usage: dict[str, Any] | None, tokens: tuple[int | None, ...]) -> None:
    fake = Undescribed()
    fake.rows = [observation(1, AT, usageDetails=usage)]
    span = only(SpanRecord, fake.records())
    assert (span.input_tokens, span.output_tokens, span.cache_read_tokens, span.cache_write_tokens) == tokens


@pytest.mark.parametrize(
    ("details", "total", "cost"),
    [
        ({"input": 0.1, "output": 0.2, "total": 0.3}, 0.3, Decimal("0.3")),
        ({"input": 0.1, "output": 0.2}, None, Decimal("0.3")),
        ({"total": 0}, 0, Decimal(0)),
        ({}, 0, None),
        ({}, None, None),
        ({}, 0.7, Decimal("0.7")),
    ],
)
def test_no_price_is_not_a_price_of_zero(details: dict[str, float], total: float | None, cost: Decimal | None) -> None:
    fake = Fake()
    fake.rows = [observation(1, AT, costDetails=details, totalCost=total)]
    assert only(SpanRecord, fake.records()).cost == cost


def test_langfuses_own_judges_are_no_model_calls_of_the_system(fake: Fake) -> None:
    fake.rows = [observation(1, AT, environment="langfuse-llm-as-a-judge")]
    span = only(SpanRecord, fake.records())
    assert (span.kind, span.environment) == (SpanKind.EVALUATOR, "langfuse-llm-as-a-judge")


@pytest.mark.parametrize(
    ("type_", "kind"), [("TOOL", SpanKind.TOOL), ("SPAN", SpanKind.OTHER), ("SOMETHING_NEW", SpanKind.OTHER)]
)
def test_types_become_kinds_and_unknown_ones_pass(type_: str, kind: SpanKind) -> None:
    fake = Fake()
    fake.rows = [observation(1, AT, type=type_)]
    span = only(SpanRecord, fake.records())
    assert (span.kind, span.tool) == (kind, "answer" if kind is SpanKind.TOOL else "")


def test_an_impossible_count_costs_its_span_alone() -> None:
    fake = Fake()
    fake.rows = [observation(1, AT, usageDetails={"input": -5}), observation(2, AT)]
    pages = fake.pages()
    assert [s.span_id for page in pages for s in of(SpanRecord, list(page.records))] == [span_id("o-2")]
    assert [r.reason for page in pages for r in page.rejected] == [
        "input tokens must be a whole number from 0 to 2,147,483,647"
    ]


def test_newer_servers_are_asked_for_no_more_than_is_used() -> None:
    fake = Fake()
    fake.pages()
    asked = next(request.url.params for request in fake.seen if request.url.path == NEW_PATHS[0])
    assert asked["fields"] == "core,basic,model,usage,prompt,trace_context"
    assert asked["limit"] == "1000"


# The older API


@pytest.mark.parametrize("status", [404, 501])
def test_a_server_without_the_newer_api_is_asked_the_older_way(status: int) -> None:
    fake = Undescribed()
    fake.plant()
    newer = {r.span_id for r in of(SpanRecord, fake.records())}
    fake.lacks, fake.missing = NEW_PATHS, status
    assert {r.span_id for r in of(SpanRecord, fake.records())} == newer


def test_going_on_stays_with_the_api_it_began_with() -> None:
    """Also when the server was updated in between: the cursors of one mean nothing to the other."""
    fake = Fake()
    fake.plant()
    fake.lacks = NEW_PATHS
    pages = fake.pages()
    whole = [record for page in pages for record in page.records]
    assert pages[0].next_cursor == "spans|old:2"
    fake.lacks = ()
    fake.seen.clear()
    rest = fake.records(WHOLE, "spans|old:2")
    assert of(SpanRecord, rest) == of(SpanRecord, whole)[3:]
    assert "/api/public/observations" in {request.url.path for request in fake.seen}


def test_a_page_that_vanishes_on_the_way_is_no_reason_to_change_the_api() -> None:
    fake = Fake()
    fake.plant()
    fake.interrupt = lambda request: fake.refusal(404) if "cursor" in request.url.params else None
    with pytest.raises(SourceError) as caught:
        fake.pages()
    assert caught.value.fault is Fault.CLIENT
    assert "/api/public/observations" not in {request.url.path for request in fake.seen}


def test_a_server_too_old_to_filter_brings_no_sessions_rather_than_others() -> None:
    fake = Fake()
    fake.rows = [observation(1, AT), observation(2, AT, sessionId="s-2")]
    fake.scores = [score(1, AT + timedelta(hours=1), 0.5, of=("observation", "o-1", "t-1"))]
    fake.rows.append(observation(3, START - timedelta(days=3)))
    fake.lacks, fake.filters = NEW_PATHS, False
    records = fake.records()
    assert {span.session_id for span in of(SpanRecord, records)} == {""}
    assert only(ScoreRecord, records).at == AT + timedelta(hours=1)


# Scores


def test_a_score_counts_when_the_judged_call_was_made(fake: Fake) -> None:
    judged = START - timedelta(days=6)
    fake.rows = [observation(1, judged)]
    fake.scores = [
        score(1, AT, 0.25, of=("observation", "o-1", "t-1"), source="EVAL", comment="terse", name="helpfulness")
    ]
    assert fake.records() == [
        ScoreRecord(
            "score-1",
            "helpfulness",
            ScoreKind.NUMERIC,
            judged,
            trace_id("t-1"),
            span_id("o-1"),
            Decimal("0.25"),
            "",
            Judge.MODEL,
            "terse",
            environment="production",
            model="gpt-4o",
            prompt_name="greet/formal",
            prompt_version="2",
        )
    ]


def test_a_score_of_a_trace_counts_when_the_trace_began(fake: Fake) -> None:
    began = START - timedelta(days=6)
    fake.rows = [observation(1, began)]
    fake.scores = [score(1, AT, 1, of=("trace", "t-1"))]
    found = only(ScoreRecord, fake.records())
    assert (found.at, found.trace_id, found.span_id, found.model) == (began, trace_id("t-1"), "", "")


def test_a_score_of_a_call_that_is_gone_keeps_its_own_time(fake: Fake) -> None:
    fake.scores = [score(1, AT, 1, of=("observation", "gone", "t-1")), score(2, AT, 1, of=("session", "s-1"))]
    assert [(s.at, s.trace_id != "", s.span_id != "") for s in of(ScoreRecord, fake.records())] == [
        (AT, False, False),
        (AT, True, True),
    ]


@pytest.mark.parametrize(
    ("data_type", "value", "expected"),
    [
        ("NUMERIC", 3.5, (ScoreKind.NUMERIC, Decimal("3.5"), "")),
        ("BOOLEAN", True, (ScoreKind.BOOLEAN, Decimal(1), "")),
        ("BOOLEAN", False, (ScoreKind.BOOLEAN, Decimal(0), "")),
        ("CATEGORICAL", "formal", (ScoreKind.CATEGORICAL, None, "formal")),
    ],
)
def test_each_kind_of_score_arrives_the_same_from_either_api(
    fake: Fake, data_type: str, value: Any, expected: tuple[Any, ...]
) -> None:
    fake.scores = [score(1, AT, value, data_type, of=("trace", "t-1"), name="tone")]
    found = only(ScoreRecord, fake.records())
    assert (found.kind, found.value, found.label) == expected


@pytest.mark.parametrize(
    ("source", "judge"),
    [("ANNOTATION", Judge.HUMAN), ("EVAL", Judge.MODEL), ("API", Judge.CODE), ("SOMETHING_NEW", Judge.CODE)],
)
def test_who_judged(source: str, judge: Judge) -> None:
    fake = Undescribed()
    fake.scores = [score(1, AT, 1, of=("trace", "t-1"), source=source)]
    assert only(ScoreRecord, fake.records()).judge is judge


def test_texts_and_experiments_are_no_scores(fake: Fake) -> None:
    fake.scores = [
        score(1, AT, "what Ada wrote", "TEXT", of=("trace", "t-1")),
        score(2, AT, "what Ada meant", "CORRECTION", of=("trace", "t-1")),
        score(3, AT, 1, of=("experiment", "run-1")),
    ]
    pages = fake.pages()
    assert [r for page in pages for r in (*page.records, *page.rejected)] == []


# Prompts


def test_a_changed_prompt_version_comes_with_the_labels_it_carries(fake: Fake) -> None:
    """Version 1 did not change within the window."""
    fake.prompts = [
        {"name": "greet/formal", "version": 1, "labels": [], "at": START - timedelta(days=1)},
        {"name": "greet/formal", "version": 2, "labels": ["production", "latest"], "at": AT},
        {"name": "later", "version": 1, "labels": [], "at": WHOLE.end},
    ]
    assert fake.records() == [PromptRecord("greet/formal", "2", AT, ("latest", "production"))]


def test_a_prompt_deleted_since_it_was_listed_is_passed_by() -> None:
    fake = Fake()
    fake.prompts = [{"name": "gone", "version": 1, "labels": [], "at": AT}]
    fake.interrupt = lambda request: fake.refusal(404) if request.url.path.endswith("/gone") else None
    assert fake.records() == []


# Totals


def test_totals_are_counted_by_hour_and_priced_by_day(fake: Fake) -> None:
    fake.rows = [
        observation(1, START),
        observation(2, START + timedelta(minutes=59)),
        observation(3, MIDDLE - timedelta(milliseconds=1), providedModelName="gpt-5"),
        observation(4, MIDDLE, type="SPAN", usageDetails={}, totalCost=None),
    ]
    records = pulled(fake, aggregates=True)
    assert of(SpanRecord, records) == []
    assert of(UsageRecord, records) == [
        UsageRecord(
            START,
            START + timedelta(hours=1),
            "langfuse",
            "gpt-4o",
            "llm",
            requests=2,
            input_tokens=243,
            output_tokens=100,
        ),
        UsageRecord(
            MIDDLE - timedelta(hours=1),
            MIDDLE,
            "langfuse",
            "gpt-5",
            "llm",
            requests=1,
            input_tokens=123,
            output_tokens=50,
        ),
    ]
    line = "model calls, as Langfuse prices them"
    assert of(BillRecord, records) == [
        BillRecord(date(2026, 11, 2), "langfuse", Decimal("0.003"), model="gpt-4o", line=line),
        BillRecord(date(2026, 11, 2), "langfuse", Decimal("0.0015"), model="gpt-5", line=line),
    ]


def test_totals_go_on_at_any_day(fake: Fake) -> None:
    fake.plant()
    with fake.connected(aggregates=True) as connector:
        pages = list(connector.fetch(WHOLE))
        whole = [record for page in pages for record in page.records]
        for at, page in enumerate(pages[:-1]):
            assert page.next_cursor
            rest = [record for left in connector.fetch(WHOLE, page.next_cursor) for record in left.records]
            assert [record for done in pages[: at + 1] for record in done.records] + rest == whole


def test_a_part_of_a_day_brings_its_own_hours_and_the_whole_days_cost() -> None:
    fake = Fake()
    fake.rows = [observation(1, START), observation(2, AT)]
    with fake.connected(aggregates=True) as connector:
        window = Window(AT + timedelta(minutes=10), AT + timedelta(minutes=20))
        records = [record for page in connector.fetch(window) for record in page.records]
    assert [usage.start for usage in of(UsageRecord, records)] == [AT]
    assert [bill.amount for bill in of(BillRecord, records)] == [Decimal("0.003")]


def test_an_answer_that_is_full_is_asked_for_in_halves() -> None:
    fake = Fake()
    fake.rows = [observation(n, START + timedelta(hours=n % 4), providedModelName=f"m-{n}") for n in range(1500)]
    with fake.connected(aggregates=True) as connector:
        records = [record for page in connector.fetch(WHOLE) for record in page.records]
    assert len(of(UsageRecord, records)) == 1500
    assert sum(bill.amount for bill in of(BillRecord, records)) == 1500 * Decimal("0.0015")


# The key


def test_a_check_names_the_project_and_its_newest_call(fake: Fake) -> None:
    fake.plant()
    with fake.connected() as connector:
        found = connector.check()
    assert found.account == "Acme / Support"
    assert [(seen.name, seen.last) for seen in found.sees] == [("Support", WHOLE.end)]
    old = fake.lacks == NEW_PATHS
    assert found.warnings == (("This server (4.1.0) has only Langfuse's older API, which is slower.",) if old else ())


def test_an_organisations_keys_are_told_apart() -> None:
    fake = Fake()
    fake.interrupt = lambda request: fake.refusal(403)
    with fake.connected() as connector, pytest.raises(SourceError, match=r"not a project's.*settings → API keys"):
        connector.check()


def test_a_server_in_a_folder_is_asked_there() -> None:
    fake = Fake()
    fake.interrupt = lambda request: httpx.Response(200, json={"data": [], "meta": {"limit": 1, "totalPages": 0}})
    with fake.connected(base_url="https://acme.example/langfuse/") as connector:
        list(connector.fetch(WHOLE))
    assert {request.url.path.rpartition("/api/")[0] for request in fake.seen} == {"/langfuse"}


# Whatever else comes

ANSWERS = {
    "/api/public/v2/observations": (),
    "/api/public/v3/scores": (),
    "/api/public/v2/prompts": (),
    "/api/public/observations": NEW_PATHS,
    "/api/public/v2/scores": NEW_PATHS,
    "/api/public/traces": NEW_PATHS,
}


@pytest.mark.skipif(not CONTRACTS.exists(), reason="the contracts are not at hand")
@pytest.mark.parametrize("path", ANSWERS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_answer_the_contract_allows_is_read_or_refused(path: str, data: st.DataObject) -> None:
    description = description_of("langfuse.yml")
    answer = data.draw(from_schema(description, response_schema(description, path)))
    if isinstance(answer, dict) and isinstance(answer.get("meta"), dict):
        answer["meta"].pop("cursor", None)
        answer["meta"]["totalPages"] = 1
    fake = Undescribed()
    fake.plant()
    fake.lacks = ANSWERS[path]
    fake.interrupt = lambda request: (
        httpx.Response(200, content=json.dumps(answer)) if request.url.path == path else None
    )
    try:
        for page in fake.pages():
            assert all(rejection.reason for rejection in page.rejected)
            for span in of(SpanRecord, list(page.records)):
                assert WHOLE.holds(span.started_at)
    except SourceError as error:
        assert error.fault is Fault.OURS  # noqa: PT017 - refusing it is the other good end


def test_times_are_read_with_their_offset() -> None:
    fake = Fake()
    fake.rows = [
        observation(1, AT, startTime="2026-11-02T06:00:00.000+01:00", endTime=written(AT - timedelta(hours=1)))
    ]
    span = only(SpanRecord, fake.records())
    assert (span.started_at, span.ended_at) == (datetime(2026, 11, 2, 5, tzinfo=UTC), None)
