"""A bad row is one line with its number and reason; the others go on."""

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.importing import Filter, ImportProblem, Row, RowFile, RowRefused
from tests.monitoring.import_files import read, write

HEADER = "at,model,output\n"
GOOD = "2026-10-01T12:00:00Z,gpt-4,fine\n"


def test_lines_are_counted_through_quoted_line_breaks_and_blank_lines(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + '2026-10-01,gpt-4,"one\ntwo\r\nthree"\n\n' + "2026-10-01,gpt-4\n" + GOOD)
    taken, refused = read(path)
    assert [call.line for call in taken] == [2, 7]
    assert taken[0].span.output_text == "one\ntwo\r\nthree"
    assert refused == [(6, "2 fields where the header has 3")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"2026-10-01,gpt\x00,x\n", "holds a NUL character"),
        (b"2026-10-01,gpt,caf\xe9\n", "not UTF-8 text"),
        (b'2026-10-01,gpt,"a"b\n', "not a CSV row"),
        (b"2026-10-01,gpt,a,b\n", "4 fields where the header has 3"),
        (b"yesterday,gpt,x\n", "at: “yesterday” is not a time"),
        (b",gpt,x\n", "at: the row has no time"),
    ],
)
def test_a_bad_row_is_refused_and_the_next_is_read(tmp_path: Path, row: bytes, reason: str) -> None:
    taken, refused = read(write(tmp_path, HEADER.encode() + row + GOOD.encode()))
    assert len(taken) == 1
    assert refused[0][0] == 2
    assert reason in refused[0][1]


def test_gzip_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    taken, _ = read(write(tmp_path, b"\xef\xbb\xbf" + (HEADER + GOOD).encode(), "calls.csv.gz"))
    assert taken[0].span.model == "gpt-4"


def test_json_lines_are_read_with_exact_money_and_nested_fields(tmp_path: Path) -> None:
    rows = [
        '{"at": 1790000000, "model": "gpt-4", "cost": 0.10000000000000000001, "usage": {"prompt": 7}}',
        "",
        '{"at": 1790000000, "cost": NaN}',
        "[1]",
        "{",
        '{"at": 1790000000, "model": "a\\u0000b"}',
        '{"at": 1790000000123, "cost": "0.5"}',
    ]
    taken, refused = read(
        write(tmp_path, "\n".join(rows), "calls.jsonl"), "at=at", "cost=cost", "input_tokens=usage.prompt"
    )
    assert taken[0].span.cost == Decimal("0.10000000000000000001")
    assert taken[0].span.input_tokens == 7
    assert taken[1].span.started_at.microsecond == 123_000
    assert [line for line, _ in refused] == [3, 4, 5, 6]
    assert "NaN is not a number" in refused[0][1]
    assert refused[1][1] == "not a JSON object"


def test_progress_reaches_the_size_of_the_file(tmp_path: Path) -> None:
    rows = RowFile(write(tmp_path, HEADER + GOOD * 50, "calls.csv.gz"))
    assert len(list(rows.rows())) == 50
    assert rows.bytes_read == rows.size > 0


def test_rows_are_kept_by_column(tmp_path: Path) -> None:
    path = write(tmp_path, "at,model,x\n" + "".join(f"2026-10-01,{model},1\n" for model in "abcab"))
    assert [call.span.model for call in read(path, only=("model=a,b", "x=1"))[0]] == ["a", "b", "a", "b"]
    assert read(path, only=("x=2",)) == ([], [])


@pytest.mark.parametrize("condition", ["model", "=a", " =a"])
def test_a_condition_that_is_none_is_explained(condition: str) -> None:
    with pytest.raises(ImportProblem, match="column=value"):
        Filter([condition])


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "calls.csv", "is empty"),
        (b"at\n", "calls.csv.gz", "not gzip"),
        (b"x", "calls.xlsx", "must end in"),
        (b"\n1\n", "calls.csv", "must name the columns"),
        (b"at,at\n", "calls.csv", "names “at” twice"),
        (b"caf\xe9\n", "calls.csv", "not UTF-8"),
        (gzip.compress(HEADER.encode() * 900, mtime=0)[:40], "calls.csv.gz", "gzip|header"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_clear_error(tmp_path: Path, content: bytes, name: str, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ImportProblem, match=says):
        list(RowFile(path).rows())


def test_a_missing_file_and_a_folder_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(ImportProblem, match="No such file"):
        RowFile(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ImportProblem, match="directory"):
        RowFile(tmp_path / "folder.csv")


def test_a_file_cut_off_says_after_which_line(tmp_path: Path) -> None:
    import random

    noise = random.Random(1)
    text = HEADER + "".join(f"2026-10-01,gpt-4,{noise.getrandbits(256):x}\n" for _ in range(4000))
    path = tmp_path / "calls.csv.gz"
    path.write_bytes(gzip.compress(text.encode())[:-5000])
    with pytest.raises(ImportProblem, match=r"damaged after line \d{3,}"):
        list(RowFile(path).rows())


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["any.csv", "any.jsonl"]))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str) -> None:
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(content)
    try:
        for row in RowFile(path).rows():
            assert isinstance(row, Row | RowRefused)
    except ImportProblem:
        pass


def test_a_number_too_long_for_python_is_refused(tmp_path: Path) -> None:
    _, refused = read(write(tmp_path, json.dumps({"at": 1}) + '\n{"at": ' + "9" * 5000 + "}", "calls.jsonl"))
    assert refused[-1][0] == 2
