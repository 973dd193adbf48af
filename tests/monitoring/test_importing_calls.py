"""A row becomes a call and its scores, the same every time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.importing import ImportProblem, Spread
from monitoring.records import ScoreKind, SpanKind
from tests.monitoring.import_files import CHICAGO, read, write

HEADER = (
    "id,at,trace_id,session,user,provider,model,input,output,input_tokens,output_tokens,latency,cost,error,environment,segment,"
    "prompt_version,score.accuracy\n"
)
ROW = "7,2026-10-01T12:00:00,conversation,s,u,OpenAI,gpt-4,q,a,10,20,1.25,0.00159,,production,retail,v2,1\n"


def test_a_row_with_every_target_becomes_a_call(tmp_path: Path) -> None:
    ((call,), refused) = read(write(tmp_path, HEADER + ROW))
    span = call.span
    assert refused == []
    assert span.started_at == datetime(2026, 10, 1, 17, 0, tzinfo=UTC)  # noon in Chicago, in summer
    assert span.ended_at == datetime(2026, 10, 1, 17, 0, 1, 250_000, tzinfo=UTC)
    assert (span.kind, span.system, span.provider, span.model) == (SpanKind.LLM, "Bot", "openai", "gpt-4")
    assert (span.session_id, span.user_id, span.environment, span.segment) == ("s", "u", "production", "retail")
    assert (span.input_text, span.output_text, span.prompt_version, span.error) == ("q", "a", "v2", "")
    assert (span.input_tokens, span.output_tokens, span.cost) == (10, 20, Decimal("0.00159"))
    assert (len(span.trace_id), len(span.span_id)) == (32, 16)
    (score,) = call.scores
    assert (score.name, score.kind, score.value) == ("accuracy", ScoreKind.BOOLEAN, Decimal(1))
    assert (score.at, score.span_id, score.model) == (span.started_at, span.span_id, "gpt-4")


def test_the_same_file_gives_the_same_ids_and_another_source_others(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + ROW)
    assert read(path) == read(path)
    assert read(path, source="other")[0][0].span.span_id != read(path)[0][0].span.span_id


def test_equal_rows_without_an_id_are_calls_of_their_own(tmp_path: Path) -> None:
    path = write(tmp_path, "at,model\n" + "2026-10-01,gpt-4\n" * 3)
    taken, _ = read(path)
    assert len({call.span.span_id for call in taken}) == 3
    assert taken == read(path)[0]


def test_an_id_given_twice_is_refused_with_the_line_it_was_first_given_in(tmp_path: Path) -> None:
    _, refused = read(write(tmp_path, "id,at\n1,2026-10-01\n2,2026-10-01\n1,2026-10-02\n"))
    assert refused == [(4, "id “1” was given in line 2 already")]


def test_rows_of_one_trace_share_it(tmp_path: Path) -> None:
    taken, _ = read(write(tmp_path, f"trace_id,at,x\nt1,2026-10-01,1\nt1,2026-10-01,2\n{'AB' * 16},2026-10-01,3\n"))
    assert taken[0].span.trace_id == taken[1].span.trace_id
    assert taken[0].span.span_id != taken[1].span.span_id
    assert taken[2].span.trace_id == "ab" * 16


@pytest.mark.parametrize(
    ("maps", "row", "reason"),
    [
        (["latency=x"], "-1", "latency: -1 is negative"),
        (["latency=x"], "NaN", "latency: “NaN” is not a number"),
        (["latency=x"], "700000", "longer than a week"),
        (["cost=x"], "nan", "cost must be a cost"),
        (["cost=x"], "-0.1", "cost must be a cost"),
        (["input_tokens=x"], "1.5", "input_tokens must be a whole number"),
        (["score.tone=x"], "nan", ""),
    ],
)
def test_a_value_that_cannot_be_is_refused(tmp_path: Path, maps: list[str], row: str, reason: str) -> None:
    taken, refused = read(write(tmp_path, f"at,x\n2026-10-01,{row}\n"), "at=at", *maps)
    if reason:
        assert refused[0][0] == 2
        assert reason in refused[0][1]
    else:  # a score may be any word
        assert taken[0].scores[0].kind is ScoreKind.CATEGORICAL


@pytest.mark.parametrize(
    ("given", "error"), [("", ""), ("false", ""), ("0", ""), ("1", "error"), ("Timeout", "Timeout")]
)
def test_an_error_column_may_be_a_flag_or_a_type(tmp_path: Path, given: str, error: str) -> None:
    assert read(write(tmp_path, f"at,error\n2026-10-01,{given}\n"))[0][0].span.error == error


def test_an_empty_score_is_none(tmp_path: Path) -> None:
    assert read(write(tmp_path, "at,score.tone\n2026-10-01,\n"))[0][0].scores == []


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-10-01T12:00:00+02:00", datetime(2026, 10, 1, 10, tzinfo=UTC)),
        ("2026-10-01 12:00", datetime(2026, 10, 1, 17, tzinfo=UTC)),
        ("1790000000", datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)),
        ("1790000000000", datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)),
    ],
)
def test_times_are_iso_or_seconds_or_milliseconds(tmp_path: Path, written: str, at: datetime) -> None:
    assert read(write(tmp_path, f"at\n{written}\n"))[0][0].span.started_at == at


def test_a_time_may_be_written_in_a_declared_pattern(tmp_path: Path) -> None:
    path = write(tmp_path, 'when\n"07/02/2026, 21:28:40"\n')
    taken, _ = read(path, 'at=time(when, "%m/%d/%Y, %H:%M:%S")')
    assert taken[0].span.started_at == datetime(2026, 7, 3, 2, 28, 40, tzinfo=UTC)


@given(st.integers(1, 5000))
def test_a_spread_is_even_half_open_and_mixes_what_the_file_sorts(rows: int) -> None:
    days = Spread.parse("2026-10-30..2026-11-03", CHICAGO)  # one hour longer than four days: the clocks go back
    spread = Spread(days.begins, days.ends, rows)
    times = [spread.at(position) for position in range(rows)]
    assert (days.ends - days.begins).total_seconds() == 97 * 3600
    assert spread.begins <= min(times)
    assert max(times) < spread.ends
    share = (days.ends - days.begins) / rows
    assert all(abs(after - before - share) <= timedelta(microseconds=1) for before, after in pairwise(sorted(times)))
    middle = spread.begins + (spread.ends - spread.begins) / 2
    early = sum(at < middle for at in times[: rows // 2])
    assert abs(early - rows / 4) <= 3


def test_a_spread_takes_the_place_of_the_rows_own_times(tmp_path: Path) -> None:
    spread = Spread(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC), 2)
    taken, _ = read(write(tmp_path, "at\nnonsense\n2020-01-01\n"), spread=spread)
    assert [call.span.started_at.hour for call in taken] == [12, 12]


@pytest.mark.parametrize("written", ["2026-10-01", "2026-10-02..2026-10-01", "2026-10-01..2026-10-01", "a..b", ".."])
def test_a_spread_that_is_none_is_explained(written: str) -> None:
    with pytest.raises(ImportProblem, match="--spread"):
        Spread.parse(written, CHICAGO)
