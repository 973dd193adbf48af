"""What answers tell becomes metrics, counted from calls; a score on an answer has the last word, and nothing is counted twice."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clients.models import Client
from clients.tenancy import scope
from monitoring import ingest, rollups
from monitoring.catalogue import CATALOGUE
from monitoring.judgements import judgement_of
from monitoring.models import Source, Texts
from monitoring.readings import Period, Reading
from monitoring.records import ScoreKind, ScoreRecord, SpanKind
from monitoring.series import all_series, scored_metrics
from tests import factories
from tests.conftest import NOW, rows

pytestmark = pytest.mark.usefixtures("runtime_role")
AT = NOW - timedelta(days=2)
NO, YES = "I can't help with that.", "Of course: here it is."


def read(client: Client, key: str) -> Reading:
    period = Period(date(2026, 10, 30), date(2026, 11, 6), client.zone)
    with scope(client):
        return all_series(client, [CATALOGUE[key]], period)[key].now


def answers(*texts: str, **fields: Any) -> list[Any]:
    return [factories.span(i + 1, AT + timedelta(minutes=20 * i), output_text=t, **fields) for i, t in enumerate(texts)]


def test_refusals_formats_and_lengths_are_those_of_the_answers_that_came_also_where_none_is_kept(
    client_row: Client,
) -> None:
    source = factories.source(client_row)
    with scope(client_row):
        Source.objects.filter(pk=source.id).update(texts="measured")
    factories.calls(client_row, answers(NO, YES, '{"a": 1}', '{"a": ', ""), by=source)
    assert (read(client_row, "refusal_rate").value, read(client_row, "refusal_rate").n) == (Decimal("0.25"), 4)
    assert (read(client_row, "format_valid").value, read(client_row, "format_valid").n) == (Decimal("0.5"), 2)
    assert read(client_row, "answer_characters").summary.total == len(NO) + len(YES) + 8 + 6
    assert rows("SELECT DISTINCT output_text FROM monitoring_span") == [("",)]


def test_answers_in_another_language_are_a_share_of_those_whose_and_whose_question_is_told(client_row: Client) -> None:
    source = factories.source(client_row)
    with scope(client_row):
        Source.objects.filter(pk=source.id).update(texts=Texts.MEASURED)
    asked = "Wann kommt mein Paket an, das ich letzte Woche bestellt habe?"
    german, english = "Ihr Paket kommt morgen am Vormittag an.", "Your parcel will arrive tomorrow before noon."
    factories.calls(client_row, answers(german, english, german, "OK.", input_text=asked), by=source)
    found = read(client_row, "other_language_rate")
    assert (found.value, found.n) == (Decimal(1) / 3, 3)
    kept = rows("SELECT answer_language, other_language, input_text FROM monitoring_span ORDER BY started_at")
    assert kept == [("de", False, ""), ("en", True, ""), ("de", False, ""), ("", None, "")]
    verdict = factories.verdict(answers(german)[0], True, "other_language_rate")
    factories.calls(client_row, [], [verdict], by=source)
    assert read(client_row, "other_language_rate").value == Decimal(2) / 3


def test_of_texts_that_are_not_to_be_read_nothing_is_told(client_row: Client) -> None:
    source = factories.source(client_row)
    with scope(client_row):
        Source.objects.filter(pk=source.id).update(texts=Texts.UNREAD)
    factories.calls(client_row, answers(NO, '{"a": 1}'), by=source)
    assert rows("SELECT DISTINCT refused, format_ok, answer_characters, output_text FROM monitoring_span") == [
        (None, None, None, "")
    ]
    assert read(client_row, "refusal_rate").n == 0


def test_an_answer_is_told_by_its_own_text_not_by_what_redaction_left(client_row: Client) -> None:
    factories.calls(client_row, answers("jane@example.com"))
    assert read(client_row, "answer_characters").value == 16


@pytest.mark.parametrize("whole_trace", [False, True])
@pytest.mark.parametrize("late", [False, True])
def test_a_score_on_an_answer_or_its_trace_overrules_what_the_answer_tells(
    client_row: Client, whole_trace: bool, late: bool
) -> None:
    source = factories.source(client_row)
    spans = answers(NO, NO, YES)
    verdicts = [factories.verdict(s, s is spans[2], "refusal_rate") for s in spans[1:]]
    if whole_trace:
        # A judge of the whole trace gives it the time at which it looked.
        verdicts = [replace(v, span_id="", at=v.at + timedelta(hours=2)) for v in verdicts]
    factories.calls(client_row, spans, [] if late else verdicts, by=source)
    if late:
        assert read(client_row, "refusal_rate").value == Decimal(2) / 3
        factories.calls(client_row, [], verdicts, by=source)
    # The first by its text, the others as judged.
    found = read(client_row, "refusal_rate")
    assert (found.n, found.summary.total) == (3, Decimal(2))
    assert rows("SELECT DISTINCT measure FROM monitoring_point WHERE measure LIKE '%%refus%%'") == [("refused",)]
    with scope(client_row):
        assert scored_metrics(client_row, Period(date(2026, 10, 30), date(2026, 11, 6), client_row.zone)) == []


def test_another_sources_score_overrules_nothing(client_row: Client) -> None:
    spans = answers(NO)
    factories.calls(client_row, spans)
    other = factories.source(client_row, "Second")
    factories.calls(client_row, [], [factories.verdict(spans[0], False, "refusal_rate")], by=other)
    assert read(client_row, "refusal_rate").n == 2


def test_a_word_as_judgement_counts_in_no_rate_and_keeps_the_text_from_counting(client_row: Client) -> None:
    spans = answers(NO, YES)
    word = ScoreRecord(
        "w", "refusal_rate", ScoreKind.CATEGORICAL, AT, spans[0].trace_id, spans[0].span_id, label="partly"
    )
    factories.calls(client_row, spans, [word])
    assert (read(client_row, "refusal_rate").value, read(client_row, "refusal_rate").n) == (Decimal(0), 1)


def test_documents_are_averaged_over_the_retrievals_that_say_how_many(client_row: Client) -> None:
    spans = [
        factories.span(i, AT, kind=SpanKind.RETRIEVER, documents=d, cost=None)
        for i, d in enumerate((4, 0, None), start=1)
    ]
    factories.calls(client_row, spans)
    assert (read(client_row, "documents_per_retrieval").value, read(client_row, "documents_per_retrieval").n) == (
        Decimal(2),
        2,
    )


@pytest.mark.parametrize(
    ("name", "value", "label", "blocked"),
    [
        ("blocked", True, None, 1),
        ("guardrail", None, "pass", 0),
        ("guardrail", None, "GUARDRAIL_INTERVENED", 1),
        ("Guardrails", 1, "pass", 0),
        ("moderation", None, "flagged", 1),
        ("moderation", 0, None, 0),
        ("moderation", 0.97, "flagged", 1),
        ("block_rate", None, "yes", 1),
        ("block_rate", None, "pass", 0),
    ],
)
def test_what_guardrails_and_moderations_say_is_one_rate(
    client_row: Client, name: str, value: object, label: str | None, blocked: int
) -> None:
    kind, number, word = judgement_of(name, value, label)
    assert (kind, number) == (ScoreKind.BOOLEAN, Decimal(blocked))
    score = ScoreRecord("g", name, kind, AT, value=number, label=word)
    source = factories.source(client_row)
    ingest.store(source, [], [score])
    rollups.roll_up(client_row)
    assert (read(client_row, "block_rate").value, read(client_row, "block_rate").n) == (Decimal(blocked), 1)
    assert rows("SELECT name FROM monitoring_score") == [(name,)]


def test_a_moderations_probability_is_a_score_of_its_own(client_row: Client) -> None:
    kind, number, _ = judgement_of("moderation", 0.03)
    assert kind is ScoreKind.NUMERIC
    factories.calls(client_row, [], [ScoreRecord("g", "moderation", kind, AT, value=number)])
    assert read(client_row, "block_rate").n == 0
