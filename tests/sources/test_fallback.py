"""A provider's older API is asked where the newer one is missing, from the first page to the last."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.fallback import MISSING, attempted, either
from monitoring.connecting.kind import Page, Stream
from monitoring.records import PromptRecord


def stream(name: str, pages: int, fails_at: int = -1, status: int = 404) -> Stream:
    """Pages with one record each; instead of one of them, a refusal."""

    def read(cursor: str) -> Iterator[Page]:
        for number in range(int(cursor or 0), pages):
            if number == fails_at:
                raise SourceError(Fault.CLIENT, f"no page {number}", status=status)
            record = PromptRecord(name, str(number), datetime(2026, 11, 2, tzinfo=UTC))
            yield Page([record], str(number + 1) if number + 1 < pages else None)

    return read


def read(pages: Iterator[Page]) -> list[tuple[str, str | None]]:
    return [(page.records[0].name, page.next_cursor) for page in pages if isinstance(page.records[0], PromptRecord)]


def test_the_newer_api_is_preferred() -> None:
    assert read(either(stream("newer", 2), stream("older", 2))("")) == [("newer", "new:1"), ("newer", None)]


@pytest.mark.parametrize("status", MISSING)
def test_the_older_one_is_read_whole_where_the_newer_is_missing(status: int) -> None:
    pages = either(stream("newer", 2, fails_at=0, status=status), stream("older", 2))("")
    assert read(pages) == [("older", "old:1"), ("older", None)]


def test_going_on_keeps_to_what_was_begun() -> None:
    both = either(stream("newer", 3), stream("older", 3))
    assert read(both("old:2")) == [("older", None)]
    assert read(both("new:2")) == [("newer", None)]


@pytest.mark.parametrize(("cursor", "fails_at"), [("", 1), ("new:1", 1)])
def test_a_page_that_is_gone_is_no_missing_api(cursor: str, fails_at: int) -> None:
    with pytest.raises(SourceError, match="no page 1"):
        list(either(stream("newer", 3, fails_at=fails_at), stream("older", 3))(cursor))


def test_any_other_refusal_stands() -> None:
    with pytest.raises(SourceError, match="no page 0"):
        list(either(stream("newer", 3, fails_at=0, status=403), stream("older", 3))(""))


def test_a_single_look_up_falls_back_in_the_same_way() -> None:
    def refused(status: int) -> str:
        raise SourceError(Fault.CLIENT, "refused", status=status)

    assert attempted(lambda: "newer", lambda: "older") == "newer"
    assert attempted(lambda: refused(404), lambda: "older") == "older"
    with pytest.raises(SourceError, match="refused"):
        attempted(lambda: refused(401), lambda: "older")
