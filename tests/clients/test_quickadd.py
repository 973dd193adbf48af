"""One typed line becomes an entry: what each form of it means, and that no line whatever breaks it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.models import SEVEN
from clients.quickadd import (
    DAY_MINUTES,
    EVERYONE,
    Line,
    Named,
    NotUnderstood,
    day_of,
    minutes_of,
    parse,
    typed_of,
    words_of,
)

FRIDAY = date(2026, 11, 6)
AREAS = [Named(name, (name,)) for name in SEVEN]
CLIENTS = [Named("halden-outfitters", ("Halden Outfitters",)), Named("quarry-pine", ("Quarry & Pine",))]


def read(text: str) -> Line:
    return parse(text, FRIDAY, CLIENTS, AREAS)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        *[("1h30", 90), ("1h5", 65), ("1:30", 90), ("1.5h", 90), ("1,5h", 90), ("45m", 45), ("90", 90), ("2h", 120)],
        *[
            ("1h30m", 90),
            ("24h", 1440),
            ("0", None),
            ("25h", None),
            ("1h75", None),
            ("-5", None),
            ("h", None),
            ("", None),
        ],
    ],
)
def test_durations(text: str, minutes: int | None) -> None:
    assert minutes_of(text) == minutes


@pytest.mark.parametrize(
    ("word", "back"),
    [("today", 0), ("yesterday", 1), ("fri", 0), ("mon", 4), ("Sat", 6), ("thursday", 1), ("2026-11-01", 5)],
)
def test_days_lie_in_the_week_that_ends_today(word: str, back: int) -> None:
    assert day_of(word, FRIDAY) == FRIDAY - timedelta(days=back)


def test_a_line_is_read_as_a_person_means_it() -> None:
    assert read("1h30 prompt #support tightened refusal wording") == Line(
        90, FRIDAY, "prompt optimization", "", "support", "tightened refusal wording"
    )
    assert read("mon 45m team @quarry workshop with the paralegals") == Line(
        45, date(2026, 11, 2), "team support", "quarry-pine", "", "workshop with the paralegals"
    )
    assert read("90 reporting @all Friday planning").client == EVERYONE
    assert read("90 reporting @all Friday planning").note == "planning"


def test_words_of_the_note_stay_in_the_note() -> None:
    assert read("45m prompt 9000 tokens less, 2026-02-31 mended").note == "9000 tokens less, 2026-02-31 mended"
    assert read("45m prompt today system prompt is 30 lines shorter").note == "system prompt is 30 lines shorter"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prompt tightened wording", "how long"),
        ("1h tightened wording", "Say the area after the time: performance, prompt, integration"),
        ("1h prompt @nobody", "names none or several"),
        ("1h prompt " + "x" * 500, "longer than 500"),
        ("", "how long"),
        ("30h prompt wording", "“30h” is no time for one day, which has 24 hours"),
        ("prompt 1500 wording", "“1500” is no time for one day"),
        ("0m prompt wording", "“0m” is no time: write 1h30"),
        ("2026-02-31 45m prompt x", "“2026-02-31” is no day of the calendar: write one like 2026-11-06"),
        ("45m prompt 2026-13-01 x", "“2026-13-01” is no day"),
    ],
)
def test_what_is_missing_is_said(text: str, words: str) -> None:
    with pytest.raises(NotUnderstood, match=words):
        read(text)


def test_a_word_that_fits_two_names_none() -> None:
    twins = [Named("halden-a", ("Halden A",)), Named("halden-b", ("Halden B",))]
    with pytest.raises(NotUnderstood, match="none or several"):
        parse("1h prompt @halden x", FRIDAY, twins, AREAS)
    assert parse("1h prompt @halden-b x", FRIDAY, twins, AREAS).client == "halden-b"


@given(st.text() | st.from_regex(r"[\dhm:., ]{1,12}( (prompt|team|mon|@q|#s|@all|\w+)){0,6}"))
def test_no_line_breaks_it(text: str) -> None:
    try:
        line = read(text)
    except NotUnderstood:
        return
    assert 1 <= line.minutes <= DAY_MINUTES
    assert line.area in SEVEN


@given(st.integers(1, DAY_MINUTES))
def test_what_is_shown_for_typing_is_read_back(minutes: int) -> None:
    assert minutes_of(typed_of(minutes)) == minutes


@given(
    st.integers(1, DAY_MINUTES),
    st.integers(0, 6),
    st.sampled_from(SEVEN),
    st.sampled_from(["halden-outfitters", "quarry-pine", EVERYONE, ""]),
    st.permutations(range(3)),
)
def test_its_parts_are_read_in_any_order(minutes: int, back: int, area: str, client: str, order: list[int]) -> None:
    day = FRIDAY - timedelta(days=back)
    parts = [typed_of(minutes), day.isoformat(), area.split()[0]]
    line = read(" ".join([*(parts[i] for i in order), *([f"@{client}"] if client else []), "did", "it"]))
    assert line == Line(minutes, day, area, client, "", "did it")


def test_minutes_in_words() -> None:
    assert [words_of(m) for m in (0, 45, 60, 90, -30)] == ["0 min", "45 min", "1 h", "1 h 30 min", "−30 min"]
