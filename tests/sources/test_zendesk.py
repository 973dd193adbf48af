"""Zendesk's tickets: when they came, were solved and reopened, once for each time Zendesk touched them."""

import base64
from datetime import timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import Window
from monitoring.records import TicketRecord
from tests.sources.damage import taken_or_refused
from tests.sources.fakes.base import END, MIDDLE, START, WHOLE
from tests.sources.fakes.zendesk import Fake, ticket

HOUR = timedelta(hours=1)


@pytest.fixture
def fake() -> Fake:
    return Fake()


def test_a_ticket_is_its_times_and_nothing_that_was_said(fake: Fake) -> None:
    fake.rows = [ticket(35436, MIDDLE)]
    expected = TicketRecord(
        "35436", MIDDLE - 3 * HOUR, MIDDLE, MIDDLE - 2 * HOUR, reopened=1, by_ai=None, deleted=False
    )
    assert fake.records() == [expected]
    assert "parcel" not in repr(fake.records())
    assert "customer.example" not in repr(fake.records())


def test_metrics_beside_the_tickets_are_theirs_too(fake: Fake) -> None:
    fake.plant()
    inside = fake.records()
    fake.beside = True
    assert fake.records() == inside
    assert inside[0].reopened == 1


def test_a_ticket_without_metrics_is_still_a_ticket(fake: Fake) -> None:
    fake.rows = [ticket(1, MIDDLE, metric_set=None)]
    assert fake.records() == [TicketRecord("1", MIDDLE - 3 * HOUR, MIDDLE)]


@pytest.mark.parametrize("status", ["new", "open", "pending", "hold"])
def test_a_ticket_that_is_open_again_is_not_solved(fake: Fake, status: str) -> None:
    fake.rows = [ticket(1, MIDDLE, status)]
    assert fake.records()[0].solved_at is None
    assert fake.records()[0].reopened == 1


@pytest.mark.parametrize("status", ["solved", "closed", "of a kind to come"])
def test_a_ticket_that_was_closed_or_is_of_an_unknown_status_keeps_when_it_was_solved(fake: Fake, status: str) -> None:
    fake.rows = [ticket(1, MIDDLE, status)]
    assert fake.records()[0].solved_at == MIDDLE - 2 * HOUR


def test_a_deleted_ticket_comes_as_deleted(fake: Fake) -> None:
    fake.rows = [ticket(1, MIDDLE, "deleted", subject="SCRUBBED")]
    assert fake.records()[0].deleted


def test_what_zendesk_itself_touches_comes_again_though_its_update_is_long_ago(fake: Fake) -> None:
    """The export goes by `generated_timestamp`; `updated_at` may lie before the window's start."""
    fake.rows = [ticket(1, MIDDLE, updated_at="2026-01-05T00:00:00Z")]
    assert [record.changed_at for record in fake.records()] == [MIDDLE]


def test_a_window_that_starts_within_a_second_leaves_out_what_is_before(fake: Fake) -> None:
    fake.rows = [ticket(1, MIDDLE), ticket(2, MIDDLE + timedelta(seconds=1))]
    half = timedelta(milliseconds=500)
    assert [r.ticket_id for r in fake.records(Window(MIDDLE + half, END))] == ["2"]
    assert [r.ticket_id for r in fake.records(Window(START, MIDDLE + half))] == ["1"]


def test_the_export_is_read_no_further_than_the_window(fake: Fake) -> None:
    fake.plant()
    fake.rows += [ticket(100 + number, END + number * HOUR) for number in range(9)]
    fake.pages()
    exports = [request for request in fake.seen if "incremental" in request.url.path]
    assert len(exports) == 3, "three pages of three hold the window and the first row after it"


def test_a_start_is_sent_once_and_a_cursor_from_then_on(fake: Fake) -> None:
    fake.plant()
    fake.pages()
    first, second, *_ = [request.url.params for request in fake.seen if "incremental" in request.url.path]
    assert (first["start_time"], first.get("cursor")) == (str(int(START.timestamp())), None)
    assert (second.get("start_time"), second["per_page"]) == (None, "1000")


def test_one_access_token_does_for_all_that_is_asked(fake: Fake) -> None:
    fake.plant()
    fake.pages()
    tokens = [request for request in fake.seen if request.url.path == "/oauth/tokens"]
    assert len(tokens) == 1
    assert all(r.headers["authorization"] == f"Bearer {fake.token}" for r in fake.seen if r not in tokens)


@pytest.mark.parametrize(
    ("body", "fault"), [(b'{"access_token": 17}', Fault.OURS), (b"[]", Fault.OURS), (b'{"acc', Fault.LATER), (b"<p>", Fault.CLIENT)]
)  # fmt: skip
def test_an_answer_without_an_access_token_is_no_way_in(fake: Fake, body: bytes, fault: Fault) -> None:
    fake.interrupt = lambda request: httpx.Response(200, content=body) if "oauth" in request.url.path else None
    with pytest.raises(SourceError) as caught:
        fake.pages()
    assert caught.value.fault is fault


def test_an_api_token_from_before_still_opens(fake: Fake) -> None:
    fake.plant()
    with fake.connected(user="admin@acme.example") as connector:
        pages = list(connector.fetch(WHOLE))
        found = connector.check()
    assert sum(len(page.records) for page in pages) == 6
    sent = fake.seen[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent) == f"admin@acme.example/token:{fake.key}".encode()
    assert "30 April 2027" in found.warnings[0]


def test_a_check_names_the_desk_and_counts_its_tickets(fake: Fake) -> None:
    fake.plant()
    with fake.connected() as connector:
        found = connector.check()
    assert found.account == "acme.zendesk.com"
    assert (found.sees[0].name, found.sees[0].count) == ("tickets", 7)
    assert found.warnings == ()
    assert "admin@acme.example" not in repr(found)


def test_a_key_of_somebody_who_is_no_admin_is_refused_before_the_first_sync(fake: Fake) -> None:
    fake.is_admin = False
    with fake.connected() as connector, pytest.raises(SourceError, match="to admins only") as caught:
        connector.check()
    assert caught.value.fault is Fault.CLIENT


def test_a_row_that_cannot_be_read_is_refused_with_the_reason(fake: Fake) -> None:
    fake.rows = [
        ticket(1, MIDDLE, created_at="yesterday"),
        ticket(2, MIDDLE, metric_set={"reopens": -1}),
        ticket(3, MIDDLE),
    ]
    assert [record.ticket_id for record in fake.records()] == ["3"]
    reasons = [rejection.reason for rejection in fake.pages()[0].rejected]
    assert [reason.partition(":")[0] for reason in reasons] == ["created_at", "metric_set.reopens"]


@settings(deadline=None)
@given(st.data())
def test_an_answer_that_is_damaged_anywhere_is_taken_or_refused(data: st.DataObject) -> None:
    fake = Fake()
    fake.beside = data.draw(st.booleans())
    fake.rows = [ticket(1, START), ticket(2, MIDDLE)]
    taken_or_refused(fake, data, whole="/oauth")


@pytest.mark.parametrize("subdomain", ["acme.zendesk.com", "https://acme", "a/b", ""])
def test_a_subdomain_is_one_word(fake: Fake, subdomain: str) -> None:
    with pytest.raises(ValueError, match="subdomain"), fake.connected(subdomain=subdomain):
        pass
