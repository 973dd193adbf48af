"""What every connector stands on: settings with secrets, windows, and several streams under one cursor."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, SecretStr, ValidationError

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import DAY, Page, Seen, Settings, Stream, Window, in_turn, sees_more, utc_days
from monitoring.records import PromptRecord

START = datetime(2026, 11, 2, tzinfo=UTC)


class Typed(Settings):
    address: str = Field(title="Address", description="Where.")
    key: SecretStr = Field(SecretStr(""), title="Key", description="What opens it.")


def test_what_is_secret_is_apart_from_what_is_not() -> None:
    typed = Typed.model_validate({"address": " https://far.example ", "key": "open sesame"})
    assert Typed.secret_names() == {"key"}
    assert typed.plain() == {"address": "https://far.example"}
    assert typed.secrets() == {"key": "open sesame"}
    assert "sesame" not in repr(typed)


def test_a_setting_nobody_knows_is_refused() -> None:
    with pytest.raises(ValidationError, match="adress"):
        Typed.model_validate({"address": "x", "adress": "y"})


def test_a_window_is_half_open() -> None:
    window = Window(START, START + DAY)
    assert [window.holds(START + step) for step in (-timedelta(seconds=1), timedelta(), DAY)] == [False, True, False]


@pytest.mark.parametrize(("start", "end"), [(START + DAY, START), (START.replace(tzinfo=None), START)])
def test_what_is_no_window_cannot_be_made(start: datetime, end: datetime) -> None:
    with pytest.raises(ValueError, match="no window"):
        Window(start, end)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(-12, 14))
def test_the_utc_days_of_a_window_hold_it_and_no_day_more(start: int, length: int, hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    begins = (START + timedelta(seconds=start)).astimezone(zone)
    window = Window(begins, begins + timedelta(seconds=length))
    first, end = utc_days(window)
    assert first <= window.start < first + DAY
    assert end - DAY < window.end <= end
    assert {at.time().isoformat() for at in (first, end)} == {"00:00:00"}


def stream_of(name: str, pages: int) -> Stream:
    """Numbered pages of one prompt each, as a connector's stream gives them."""

    def read(cursor: str) -> Iterator[Page]:
        for number in range(int(cursor or 0), pages):
            yield Page([PromptRecord(name, str(number), START)], str(number + 1) if number + 1 < pages else None)

    return read


def read_all(streams: dict[str, Stream], cursor: str = "") -> list[Page]:
    return list(in_turn(cursor, "Far", **streams))


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=4))
def test_streams_come_one_after_the_other_and_go_on_from_any_cursor(sizes: list[int]) -> None:
    """Also where one has no page at all: its turn passes, and the last page still ends the window."""
    streams = {f"s{at}": stream_of(f"s{at}", pages) for at, pages in enumerate(sizes)}
    pages = read_all(streams)
    names = [
        (record.name, record.version) for page in pages for record in page.records if isinstance(record, PromptRecord)
    ]
    assert names == [(f"s{at}", str(number)) for at, pages_of in enumerate(sizes) for number in range(pages_of)]
    assert pages[-1].next_cursor is None
    for at, page in enumerate(pages[:-1], start=1):
        assert page.next_cursor
        assert read_all(streams, page.next_cursor) == pages[at:]


def test_a_cursor_of_a_stream_that_is_none_is_refused() -> None:
    with pytest.raises(SourceError, match="nothing goes on at “other”") as caught:
        read_all({"s": stream_of("s", 1)}, "other|3")
    assert caught.value.fault is Fault.OURS


def test_what_a_key_sees_is_said_in_one_line() -> None:
    first, last = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
    assert str(Seen("Support", 12345, "calls", first, last)) == (
        "Support, 12,345 calls, from 1 March 2026, newest 3 November 2026, 14:05 UTC"
    )
    assert str(Seen("all calls")) == "all calls"


def test_a_key_that_sees_more_is_warned_of() -> None:
    assert sees_more(0, "project") == ()
    assert [sees_more(n, "project")[0].split(" that")[0] for n in (1, 2)] == [
        "This key also sees 1 other project",
        "This key also sees 2 other projects",
    ]
