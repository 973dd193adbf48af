"""A mapping is declared, checked before anything is read, and never runs as Python."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.importing import ImportProblem, read_mapping
from monitoring.importing.expressions import parse
from monitoring.values import BadValue

ROW = {"answer": "Yes, it is [No]", "reference": " no", "ms": "1500", "s": "1.5", "a b": "spaced", "usage": {"in": 3}}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("answer", ROW["answer"]),
        ("'constant'", "constant"),
        ("0.5", parse("0.5")({})),
        ("last_yes_no(answer)", "no"),
        ("equal(last_yes_no(answer), reference)", True),
        ("equal('x', reference)", False),
        ("equal(answer, '')", None),
        ("milliseconds(ms)", timedelta(seconds=1.5)),
        ("seconds(s)", timedelta(seconds=1.5)),
        ("after('openai/chat/gpt-4', '/')", "gpt-4"),
        ("join(ms, s)", "1500/1.5"),
        ("column('a b')", "spaced"),
        ("usage.in_", None),
        ("missing", None),
    ],
)
def test_expressions_mean_what_they_say(written: str, value: Any) -> None:
    assert parse(written)(ROW) == value


@pytest.mark.parametrize(
    ("text", "found"), [("", ""), ("Hard to say", ""), ("It is not", "no"), ("Yes. No. yes!", "yes")]
)
def test_the_last_yes_or_no_counts(text: str, found: str) -> None:
    assert parse("last_yes_no(a)")({"a": text}) == found


def test_a_column_whose_name_is_no_expression_is_taken_by_its_header() -> None:
    assert parse("a b", ("a b",))(ROW) == "spaced"


@pytest.mark.parametrize(
    "written",
    ["__import__('os')", "a.__class__()", "(lambda: 1)()", "[x for x in y]", "a + b", "equal(a)", "equal(a, b, c)", "seconds(a=1)",
     "f'{a}'", "a if b else c", "column(a)", "a[0]", "", "(", "open('x')", "equal(*a)", "None", "b'x'", "f(x).y"],
)  # fmt: skip
def test_nothing_else_is_understood(written: str) -> None:
    with pytest.raises(ImportProblem):
        parse(written)


@given(st.text(max_size=40))
def test_any_text_parses_or_is_explained(written: str) -> None:
    try:
        parse(written)
    except ImportProblem as problem:
        said = str(problem)
    else:
        return
    assert "“" in said


@pytest.mark.parametrize("value", ["abc", "-1", "nan", "inf", "1e99"])
def test_a_duration_must_be_a_number_that_is_not_negative(value: str) -> None:
    with pytest.raises(BadValue):
        parse("seconds(s)")({"s": value})


def test_without_a_mapping_columns_with_a_targets_name_are_taken() -> None:
    mapping = read_mapping([], ("at", "model", "score.tone", "other"))
    assert set(mapping.targets) == {"at", "model"}
    assert set(mapping.scores) == {"tone"}


def test_a_mapping_may_come_from_a_toml_file(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text('at = "when"\nscore.accuracy = "equal(a, b)"\n"score.tone" = "t"\n')
    mapping = read_mapping([f"@{path}", "model='gpt-4'"], ("when", "a", "b", "t"))
    assert set(mapping.targets) == {"at", "model"}
    assert set(mapping.scores) == {"accuracy", "tone"}


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (["model=engine"], "no column “engine”; it has at, model"),
        (["score.x=equal(at, gone)"], "no column “gone”"),
        (["colour=at"], "no target “colour”"),
        (["score.=at"], "no target “score.”"),
        (["at"], "target=expression"),
        (["at="], "target=expression"),
        (["@nowhere.toml"], "No such file"),
    ],
)
def test_a_bad_mapping_is_one_clear_error(written: list[str], says: str) -> None:
    with pytest.raises(ImportProblem, match=says):
        read_mapping(written, ("at", "model"))


@pytest.mark.parametrize("content", ["at = 3", "at = ["])
def test_a_bad_mapping_file_is_one_clear_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(content)
    with pytest.raises(ImportProblem, match=r"mapping\.toml"):
        read_mapping([f"@{path}"], ("at",))


def test_a_header_without_any_known_column_is_explained() -> None:
    with pytest.raises(ImportProblem, match="--map"):
        read_mapping([], ("x", "y"))
