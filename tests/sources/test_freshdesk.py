"""Freshdesk's tickets: when they came, were resolved and reopened, once each however its list has to be asked for."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import Window
from monitoring.records import TicketRecord
from monitoring.sources import freshdesk
from tests.sources.damage import taken_or_refused
from tests.sources.fakes.base import END, MIDDLE, START
from tests.sources.fakes.freshdesk import Fake, ticket, written

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.fixture
def fake() -> Fake:
    return Fake()


def test_a_ticket_is_its_times_and_nothing_that_was_said(fake: Fake) -> None:
    fake.rows = [ticket(42, MIDDLE)]
    expected = TicketRecord("42", MIDDLE - 4 * HOUR, MIDDLE, MIDDLE - HOUR, reopened=1, by_ai=None, deleted=False)
    assert fake.records() == [expected]
    assert "parcel" not in repr(fake.records())
    assert "customer.example" not in repr(fake.records())


@pytest.mark.parametrize(
    ("status", "stats", "solved", "reopened"),
    [
        (4, {"resolved_at": written(START)}, START, 0),
        (5, {"resolved_at": written(START), "closed_at": written(START + HOUR)}, START, 0),
        (5, {"resolved_at": None, "closed_at": written(START)}, START, 0),
        (5, {"resolved_at": written(START + HOUR), "reopened_at": written(START)}, START + HOUR, 1),
        (2, {"resolved_at": written(START)}, None, 0),
        (3, {"resolved_at": written(START), "reopened_at": written(START)}, None, 1),
        (6, {"resolved_at": written(START)}, START, 0),
        (6, {"resolved_at": written(START), "reopened_at": written(START + HOUR)}, None, 1),
        (None, {}, None, 0),
        (4, None, None, None),
    ],
)
def test_solved_and_reopened_are_what_the_stats_say_of_it(
    fake: Fake, status: int, stats: dict[str, Any] | None, solved: Any, reopened: int | None
) -> None:
    fake.rows = [ticket(1, MIDDLE, status, stats=stats)]
    record = fake.records()[0]
    assert (record.solved_at, record.reopened) == (solved, reopened)


def test_a_ticket_that_is_deleted_says_so(fake: Fake) -> None:
    fake.rows = [ticket(1, MIDDLE, deleted=True)]
    assert fake.records()[0].deleted


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_every_ticket_comes_once_whatever_since_means(fake: Fake, inclusive: bool, size: int) -> None:
    fake.inclusive, fake.page = inclusive, size
    fake.plant()
    assert [record.ticket_id for record in fake.records()] == ["1", "2", "3", "4", "5", "6", "7"]


@settings(deadline=None)
@given(
    seconds=st.lists(st.integers(-2, 6), max_size=30),
    size=st.integers(1, 4),
    cut=st.integers(0, 6),
    inclusive=st.booleans(),
)
def test_many_tickets_of_one_second_come_once_each_and_from_any_cursor(
    seconds: list[int], size: int, cut: int, inclusive: bool
) -> None:
    fake = Fake()
    fake.page, fake.inclusive = size, inclusive
    fake.rows = [ticket(number, START + second * SECOND) for number, second in enumerate(seconds, start=1)]
    window = Window(START, START + 5 * SECOND)
    whole = fake.records(window)
    expected = sorted((s, str(n)) for n, s in enumerate(seconds, start=1) if 0 <= s < 5)
    assert sorted((int((r.changed_at - START).total_seconds()), r.ticket_id) for r in whole) == expected
    at = 0
    for page in fake.pages(window):
        at += len(page.records)
        if page.next_cursor is not None:
            assert whole[at:] == fake.records(window, page.next_cursor)
    middle = START + cut * SECOND
    if middle <= window.end:
        assert fake.records(Window(START, middle)) + fake.records(Window(middle, window.end)) == whole


def test_three_hundred_pages_are_no_end(fake: Fake) -> None:
    fake.most_pages = 2
    fake.rows = [ticket(number, START + number * SECOND) for number in range(40)]
    assert [record.ticket_id for record in fake.records()] == [str(number) for number in range(40)]


def test_more_tickets_of_one_second_than_can_be_listed_are_said_to_be_too_many(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshdesk, "PAGES", 2)
    fake.rows = [ticket(number, MIDDLE) for number in range(40)]
    with pytest.raises(SourceError, match="at one moment") as caught:
        fake.pages()
    assert caught.value.fault is Fault.OURS


def test_a_ticket_that_moves_to_the_end_meanwhile_shifts_no_other(fake: Fake) -> None:
    """With page numbers alone, the first ticket of the second page would slip onto the first, unseen."""
    fake.plant()
    with fake.connected() as connector:
        pages = connector.fetch(Window(START, END))
        first = next(pages)
        fake.rows[0] = ticket(1, END + HOUR)
        rest = [record for page in pages for record in page.records]
    came = [r.ticket_id for r in [*first.records, *rest] if isinstance(r, TicketRecord)]
    assert came == ["1", "2", "3", "4", "5", "6", "7"]


def test_a_ticket_on_the_windows_end_is_of_the_next_window(fake: Fake) -> None:
    fake.rows = [ticket(1, MIDDLE), ticket(2, MIDDLE + SECOND)]
    assert [r.ticket_id for r in fake.records(Window(START, MIDDLE + SECOND))] == ["1"]
    assert [r.ticket_id for r in fake.records(Window(MIDDLE + SECOND / 2, END))] == ["2"]


def test_moments_within_a_second_are_told_apart(fake: Fake) -> None:
    fake.page = 2
    fake.rows = [ticket(n, MIDDLE, updated_at=f"2026-11-03T00:00:00.{n}Z") for n in range(1, 8)]
    assert [record.ticket_id for record in fake.records()] == ["1", "2", "3", "4", "5", "6", "7"]


def test_stats_are_asked_for_and_the_oldest_first(fake: Fake) -> None:
    fake.pages()
    assert dict(fake.seen[0].url.params) == {
        "order_by": "updated_at",
        "order_type": "asc",
        "per_page": "100",
        "include": "stats",
        "updated_since": "2026-11-01T23:59:59Z",
        "page": "1",
    }


def test_a_check_names_the_desk_and_its_newest_ticket_and_nobody(fake: Fake) -> None:
    fake.plant()
    with fake.connected() as connector:
        found = connector.check()
    assert (found.account, found.sees[0].last, found.warnings) == ("acme.freshdesk.com", END, ())
    assert "@" not in repr(found)


@pytest.mark.parametrize("scope", [2, 3])
def test_an_agent_who_sees_some_tickets_only_is_warned_of(fake: Fake, scope: int) -> None:
    fake.scope = scope
    with fake.connected() as connector:
        assert "sees only some tickets" in connector.check().warnings[0]


def test_a_row_that_cannot_be_read_is_refused_with_the_reason(fake: Fake) -> None:
    rows = [ticket(1, MIDDLE, created_at=None), ticket(2, MIDDLE), ticket(3, MIDDLE, stats={"resolved_at": "soon"})]
    fake.interrupt = lambda request: httpx.Response(200, json=rows)
    assert [record.ticket_id for record in fake.records()] == ["2"]
    reasons = [rejection.reason.partition(":")[0] for rejection in fake.pages()[0].rejected]
    assert reasons == ["created_at", "stats.resolved_at"]


@pytest.mark.parametrize("cursor", ["nothing", "1,2,x", "1", f"{10**20},1"])
def test_a_cursor_of_something_else_is_refused(fake: Fake, cursor: str) -> None:
    with pytest.raises(SourceError, match="nothing goes on at"):
        fake.pages(cursor=cursor)


@settings(deadline=None)
@given(st.data())
def test_an_answer_that_is_damaged_anywhere_is_taken_or_refused(data: st.DataObject) -> None:
    fake = Fake()
    fake.page = 1
    fake.rows = [ticket(1, START), ticket(2, MIDDLE)]
    taken_or_refused(fake, data)


@pytest.mark.parametrize("subdomain", ["acme.freshdesk.com", "https://acme", "a/b", ""])
def test_a_subdomain_is_one_word(fake: Fake, subdomain: str) -> None:
    with pytest.raises(ValueError, match="subdomain"), fake.connected(subdomain=subdomain):
        pass
