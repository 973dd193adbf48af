"""Feeds of retirement dates: what is taken, what is refused, and that nothing is read twice or from inside."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from clients import outbound
from clients.feed_fetching import UnreadableFeedError
from clients.models import Practice, Retirement, RetirementFeed
from clients.retirement_feeds import EVERY, MOST_ROWS, parsed, read_feed
from clients.tasks import read_retirement_feeds
from clients.tenancy import practice as whole_practice
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role")
JSON = b'[{"model": "gpt-4o", "date": "2027-01-05", "replacement": "gpt-5", "link": "https://models.example/4o"}]'
CSV = "\ufeffmodel,date,replacement,link\r\ngpt-4o,2027-01-05,gpt-5,https://models.example/4o\r\n".encode()


@pytest.fixture
def feed(practice: Practice, time_machine: Any) -> RetirementFeed:
    time_machine.move_to(NOW, tick=False)
    with whole_practice(practice):
        return RetirementFeed.objects.create(
            practice=practice, name="Dates", url="https://models.example/dates", next_at=NOW
        )


class Server:
    """The far end: answers, and remembers what it was asked."""

    def __init__(self, content: bytes = JSON, status: int = 200) -> None:
        self.content, self.status = content, status
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.headers.get("if-none-match") == '"one"':
            return httpx.Response(304)
        return httpx.Response(self.status, content=self.content, headers={"ETag": '"one"'})


def by(server: Server) -> Callable[..., httpx.Client]:
    return lambda limits: outbound.client(limits, transport=httpx.MockTransport(server))


def dates() -> list[tuple[str, date, str]]:
    rows = Retirement.objects.using("owner").order_by("model")
    return list(rows.values_list("model", "retires_on", "replacement"))


def again(feed: RetirementFeed) -> RetirementFeed:
    with whole_practice(feed.practice_id):
        RetirementFeed.objects.filter(pk=feed.pk).update(next_at=NOW)
        return RetirementFeed.objects.get(pk=feed.pk)


@pytest.mark.parametrize("content", [JSON, CSV, b'{"models": ' + JSON + b"}"], ids=["list", "csv", "object"])
def test_a_feed_is_read_into_the_calendar(feed: RetirementFeed, content: bytes) -> None:
    assert read_feed(feed.practice_id, feed.pk, by(Server(content))) == "read"
    assert dates() == [("gpt-4o", date(2027, 1, 5), "gpt-5")]
    stored = RetirementFeed.objects.using("owner").get()
    assert (stored.read_at, stored.next_at, stored.error) == (NOW, NOW + EVERY, "")


def test_it_is_read_once_however_many_workers_ask(feed: RetirementFeed) -> None:
    server = Server()
    assert [read_feed(feed.practice_id, feed.pk, by(server)) for _ in range(3)] == ["read", "not due", "not due"]
    assert len(server.asked) == 1


def test_an_unchanged_feed_is_asked_for_conditionally_and_changes_nothing(feed: RetirementFeed) -> None:
    server = Server()
    read_feed(feed.practice_id, feed.pk, by(server))
    again(feed)
    assert read_feed(feed.practice_id, feed.pk, by(server)) == "unchanged"
    assert server.asked[1].headers["if-none-match"] == '"one"'
    assert len(dates()) == 1


def test_what_a_feed_names_no_more_is_withdrawn_and_typed_dates_stay(feed: RetirementFeed) -> None:
    with whole_practice(feed.practice_id):
        Retirement.objects.create(practice=feed.practice, model="mine", retires_on=date(2027, 3, 1))
    read_feed(feed.practice_id, feed.pk, by(Server()))
    again(feed)
    with whole_practice(feed.practice_id):
        RetirementFeed.objects.filter(pk=feed.pk).update(etag="")
    read_feed(feed.practice_id, feed.pk, by(Server(b'[{"model": "gpt-4", "date": "2027-02-05"}]')))
    assert [model for model, _, _ in dates()] == ["gpt-4", "mine"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[]", "names no model"),
        (b"", "names no model"),
        (b"[1]", "Row 1 is no object"),
        (b"{}", "no list of models"),
        (b"[", "no JSON"),
        (b"\xff\xfe", "UTF-8"),
        (b'[{"model": "a", "date": "soon"}]', "Row 1 (a) has \u201csoon\u201d as its date"),
        (b'[{"model": "a", "date": "0001-01-01"}]', "a date of the year 1"),
        (b'[{"model": "a\\u0000", "date": "2027-01-01"}]', "Row 1 names no model"),
        (b'[{"date": "2027-01-01"}]', "Row 1 names no model"),
        (b"[" + b",".join([JSON[1:-1]] * (MOST_ROWS + 1)) + b"]", "are the most"),
    ],
)
def test_a_feed_that_cannot_be_read_says_why(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableFeedError) as told:
        parsed(content)
    assert words in str(told.value)


def test_a_feed_that_fails_keeps_its_dates_and_is_tried_again_tomorrow(feed: RetirementFeed) -> None:
    read_feed(feed.practice_id, feed.pk, by(Server()))
    for server in (Server(b"[]"), Server(status=500)):
        again(feed)
        with whole_practice(feed.practice_id):
            RetirementFeed.objects.filter(pk=feed.pk).update(etag="")
        assert read_feed(feed.practice_id, feed.pk, by(server)) == "failed"
        stored = RetirementFeed.objects.using("owner").get()
        assert stored.error
        assert stored.next_at == NOW + EVERY
    assert len(dates()) == 1


def test_no_address_inside_is_asked(feed: RetirementFeed) -> None:
    with whole_practice(feed.practice_id):
        RetirementFeed.objects.filter(pk=feed.pk).update(url="https://127.0.0.1:1/dates")
    assert read_feed(feed.practice_id, feed.pk) == "failed"
    assert "inside a private network" in RetirementFeed.objects.using("owner").get().error


def test_an_address_that_no_server_can_have_is_told(feed: RetirementFeed) -> None:
    with whole_practice(feed.practice_id):
        RetirementFeed.objects.filter(pk=feed.pk).update(url="https://☃.net/f.json")
    assert read_feed(feed.practice_id, feed.pk) == "failed"
    assert "could not be reached" in RetirementFeed.objects.using("owner").get().error


def test_a_link_that_cannot_be_stored_is_left_out(feed: RetirementFeed) -> None:
    odd = b'[{"model": "gpt-4o", "date": "2027-01-05", "link": "https://models.example/\\u0000"}]'
    assert read_feed(feed.practice_id, feed.pk, by(Server(odd))) == "read"
    assert Retirement.objects.using("owner").get().link == ""


@pytest.mark.parametrize("content", [JSON, b"[]"], ids=["read", "failed"])
def test_nothing_is_kept_of_an_address_that_was_changed_meanwhile(feed: RetirementFeed, content: bytes) -> None:
    server = Server(content)

    def slow(request: httpx.Request) -> httpx.Response:
        RetirementFeed.objects.using("owner").filter(pk=feed.pk).update(url="https://models.example/new", next_at=NOW)
        return server(request)

    transport = httpx.MockTransport(slow)
    assert read_feed(feed.practice_id, feed.pk, lambda limits: outbound.client(limits, transport=transport)) == "gone"
    stored = RetirementFeed.objects.using("owner").get()
    assert (stored.next_at, stored.error, stored.etag, dates()) == (NOW, "", "", [])


def test_the_scheduler_hands_on_what_is_due(feed: RetirementFeed) -> None:
    with whole_practice(feed.practice_id):
        RetirementFeed.objects.filter(pk=feed.pk).update(next_at=NOW + timedelta(hours=1))
    assert read_retirement_feeds() == 0
