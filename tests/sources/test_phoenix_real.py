"""A real Arize Phoenix, written to with its own client and pulled with ours: every field arrives, and a broken key is explained."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clients.models import Client
from clients.tenancy import scope
from monitoring import connections
from monitoring.connecting.errors import Fault, SourceError
from monitoring.models import Score, Source, Span, Texts
from monitoring.sources import kinds
from monitoring.sync import run
from tests.sources.real_phoenix import NotInstallableError, Phoenix, running

pytestmark = pytest.mark.usefixtures("runtime_role")

NOW = datetime.now(UTC).replace(microsecond=123000)
CALL, TOOL, BEFORE = NOW - timedelta(hours=2), NOW - timedelta(hours=2) + timedelta(seconds=1), NOW - timedelta(days=3)
TRACE, OLD_TRACE = "0af7651916cd43dd8448eb211c80319c", "1bf7651916cd43dd8448eb211c80319c"


def span(span_id: str, trace_id: str, start: datetime, seconds: float, kind: str, **fields: Any) -> dict[str, Any]:
    return {
        "name": "answer",
        "context": {"trace_id": trace_id, "span_id": span_id},
        "span_kind": kind,
        "start_time": start.isoformat(),
        "end_time": (start + timedelta(seconds=seconds)).isoformat(),
        "status_code": "OK",
        "status_message": "",
        **fields,
    }


SPANS = [
    span(
        "b7ad6b7169203331",
        TRACE,
        CALL,
        2.5,
        "LLM",
        attributes={
            "llm.model_name": "gpt-4o-2024-08-06",
            "llm.provider": "openai",
            "llm.token_count.prompt": 1200,
            "llm.token_count.completion": 80,
            "llm.token_count.prompt_details.cache_read": 1000,
            "input.value": "How many seats do we have?",
            "output.value": "Twelve.",
            "session.id": "conversation-7",
            "user.id": "user-9",
            "llm.prompt_template.version": "v3",
            "metadata": {"tier": "gold"},
        },
    ),
    span(
        "c7ad6b7169203331",
        TRACE,
        TOOL,
        0.25,
        "TOOL",
        parent_id="b7ad6b7169203331",
        status_code="ERROR",
        attributes={"tool.name": "look_up"},
        events=[
            {
                "name": "exception",
                "timestamp": TOOL.isoformat(),
                "attributes": {"exception.type": "LookupError", "exception.message": "gone"},
            }
        ],
    ),
    *(
        span(
            f"{number:016x}",
            f"{number:032x}",
            BEFORE + timedelta(seconds=number),
            1,
            "LLM",
            attributes={"llm.model_name": "gpt-4o"},
        )
        for number in range(1, 1201)
    ),
]


def annotation(span_id: str, name: str, kind: str, **result: Any) -> dict[str, Any]:
    return {"span_id": span_id, "name": name, "annotator_kind": kind, "result": result}


ANNOTATIONS = [
    annotation("b7ad6b7169203331", "accuracy", "HUMAN", score=1.0, label="correct", explanation="I counted."),
    annotation("b7ad6b7169203331", "tone", "LLM", label="dry"),
    annotation(f"{1:016x}", "relevance", "CODE", score=0.25),
]


@pytest.fixture(scope="module")
def phoenix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phoenix]:
    try:
        with running(tmp_path_factory.mktemp("phoenix")) as started:
            started.write("support", SPANS, ANNOTATIONS)
            yield started
    except NotInstallableError as error:
        pytest.skip(str(error))


@pytest.fixture
def source(client_row: Client, phoenix: Phoenix, settings: Any) -> Source:
    settings.OUTBOUND_ALLOWED = [phoenix.url.removeprefix("http://")]
    given = kinds()["phoenix"].Settings(base_url=phoenix.url, project="support", api_key=phoenix.key)
    with scope(client_row):
        return connections.connect(
            client_row,
            "phoenix",
            given,
            name="Phoenix",
            system_name="Bot",
            texts=Texts.KEPT,
            backfill=timedelta(days=5),
        )


def test_every_field_of_a_span_arrives(client_row: Client, source: Source) -> None:
    outcome = run.run(client_row.pk, source.pk)
    assert outcome is not None
    assert (outcome.error, outcome.more) == (None, False)
    with scope(client_row):
        call = Span.objects.get(span_id="b7ad6b7169203331")
        tool = Span.objects.get(span_id="c7ad6b7169203331")
        assert Span.objects.count() == len(SPANS)
    assert (call.trace_id, call.parent_id, call.kind, call.name) == (TRACE, "", "llm", "answer")
    assert (call.started_at, call.ended_at) == (CALL, CALL + timedelta(seconds=2.5))
    assert (call.provider, call.model, call.prompt_version) == ("openai", "gpt-4o-2024-08-06", "v3")
    assert (call.input_tokens, call.output_tokens, call.cache_read_tokens) == (1200, 80, 1000)
    assert (call.input_text, call.output_text) == ("How many seats do we have?", "Twelve.")
    assert call.session_id == "conversation-7"
    assert call.attributes == {"metadata.tier": "gold"}
    # gpt-4o: $2.50, cached $1.25 and $10 a million.
    assert call.cost == Decimal("0.002550")
    assert call.cost_estimated
    assert (tool.parent_id, tool.kind, tool.tool, tool.error) == ("b7ad6b7169203331", "tool", "look_up", "LookupError")
    assert tool.ended_at == TOOL + timedelta(seconds=0.25)


def test_annotations_arrive_as_scores(client_row: Client, source: Source) -> None:
    run.run(client_row.pk, source.pk)
    with scope(client_row):
        found = {score.name: score for score in Score.objects.all()}
    assert found.keys() == {"accuracy", "tone", "relevance"}
    accuracy, tone, relevance = found["accuracy"], found["tone"], found["relevance"]
    assert (accuracy.kind, accuracy.value, accuracy.label, accuracy.judge) == (
        "boolean",
        Decimal(1),
        "correct",
        "human",
    )
    assert (accuracy.at, accuracy.trace_id, accuracy.span_id) == (CALL, TRACE, "b7ad6b7169203331")
    assert accuracy.comment == "I counted."
    assert (tone.kind, tone.value, tone.label, tone.judge) == ("categorical", None, "dry", "model")
    assert (relevance.value, relevance.judge) == (Decimal("0.25"), "code")


def test_reading_twice_changes_nothing(client_row: Client, source: Source) -> None:
    run.run(client_row.pk, source.pk)
    again = run.run(client_row.pk, source.pk, asked_by="person")
    assert again is not None
    assert (again.tally.new, again.tally.changed, again.tally.removed) == (0, 0, 0)


def test_the_check_names_the_project_and_that_the_key_sees_more(client_row: Client, source: Source) -> None:
    with scope(client_row):
        found = connections.check(source)
    [seen] = found.sees
    assert seen.name == "support"
    assert seen.last is not None
    assert abs(seen.last - CALL) < timedelta(seconds=1)
    assert "1 other project" in found.warnings[0]


def test_a_broken_key_is_explained_and_mending_it_goes_on(client_row: Client, source: Source, phoenix: Phoenix) -> None:
    with scope(client_row):
        wrong = connections.changed_settings(source, {"api_key": "wrong"}, {})
        connections.change(source, wrong)
    outcome = run.run(client_row.pk, source.pk)
    assert outcome is not None
    assert outcome.error is not None
    assert outcome.error.fault is Fault.CLIENT
    assert "refused the key" in str(outcome.error)
    with scope(client_row):
        right = connections.changed_settings(source, {"api_key": phoenix.key}, {})
        connections.change(Source.objects.get(pk=source.pk), right)
    mended = run.run(client_row.pk, source.pk)
    assert mended is not None
    assert mended.error is None


def test_a_project_that_is_not_there_is_named_with_those_that_are(
    client_row: Client, phoenix: Phoenix, settings: Any
) -> None:
    settings.OUTBOUND_ALLOWED = [phoenix.url.removeprefix("http://")]
    given = kinds()["phoenix"].Settings(base_url=phoenix.url, project="nothing", api_key=phoenix.key)
    with pytest.raises(SourceError, match=r"no project “nothing”\. It has: .*support"):
        connections.try_out("phoenix", given)
