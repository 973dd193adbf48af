"""Feeds: fetched from a real server on this machine, stored once as plain text, and told in words when they cannot be read."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from django.db import connection, connections
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from clients import feed_reading
from clients.feed_parsing import MOST, NotAFeedError, parse
from clients.models import Client, EntryState, Feed, FeedEntry, RiskItem
from clients.tasks import read_feeds
from tests import factories
from tests.conftest import NOW

NEWS, FEEDS = "/p/northlight/news/", "/p/northlight/feeds/"
needs_database = pytest.mark.usefixtures("runtime_role", "_friday")


def atom(*titles: str, more: str = "") -> bytes:
    """A feed whose entries are each a day older than the one before."""
    entries = "".join(
        f"<entry><id>urn:{title}</id><title>{title}</title><link href='https://vendor.example/{place}'/>"
        f"<updated>2026-10-{28 - place % 28:02}T09:00:00Z</updated><summary type='html'>About {title}.{more}</summary></entry>"
        for place, title in enumerate(titles)
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Vendor</title><id>urn:v</id>{entries}</feed>".encode()


class Far(BaseHTTPRequestHandler):
    """A feed's server: it answers what a test says, and keeps what it was asked."""

    status: ClassVar[int] = 200
    body: ClassVar[bytes] = b""
    headers_sent: ClassVar[dict[str, str]] = {}
    asked: ClassVar[list[dict[str, str]]] = []

    def do_GET(self) -> None:
        self.asked.append({name.lower(): value for name, value in self.headers.items()})
        unchanged = self.headers_sent.get("ETag") and self.headers.get("If-None-Match") == self.headers_sent["ETag"]
        self.send_response(304 if unchanged else self.status)
        for name, value in self.headers_sent.items():
            self.send_header(name, value)
        body = b"" if unchanged else self.body
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing on the console."""


@pytest.fixture
def far(settings: Any) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Far)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Far.status, Far.body, Far.headers_sent, Far.asked = 200, b"", {}, []
    settings.OUTBOUND_ALLOWED = [f"127.0.0.1:{server.server_port}"]
    yield f"http://127.0.0.1:{server.server_port}/feed"
    server.shutdown()
    server.server_close()


@pytest.fixture
def _friday(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def owner(client_row: Client) -> Browser:
    browser = Browser()
    browser.force_login(factories.member(client_row.practice, "owner", "ada@northlight.example"))
    return browser


def subscribed(client_row: Client, url: str) -> Feed:
    return Feed.objects.using("owner").create(practice=client_row.practice, name="Vendor", url=url, due_at=NOW)


def again(feed: Feed) -> Feed:
    """The feed as it stands, due once more."""
    Feed.objects.using("owner").filter(pk=feed.pk).update(due_at=NOW)
    return Feed.objects.using("owner").get(pk=feed.pk)


def read(feed: Feed) -> int | None:
    return feed_reading.read(feed.practice_id, feed.pk)


def titles(**fields: Any) -> list[str]:
    return list(FeedEntry.objects.using("owner").filter(**fields).values_list("title", flat=True))


@needs_database
def test_an_entry_that_comes_again_is_the_same_one(client_row: Client, far: str) -> None:
    feed = subscribed(client_row, far)
    Far.body = atom("b", "a")
    assert read(feed) == 2
    Far.body = atom("c", "b", "a", more=" Corrected.")
    assert read(again(feed)) == 1
    assert sorted(titles(state=EntryState.NEW)) == ["a", "b", "c"]


@needs_database
def test_of_two_workers_one_reads_it(client_row: Client, far: str) -> None:
    Far.body = atom("a")
    feed = subscribed(client_row, far)
    assert [read(feed), read(feed)] == [1, None]
    assert len(Far.asked) == 1
    stopped = again(feed)
    Feed.objects.using("owner").filter(pk=feed.pk).update(active=False)
    assert read(stopped) is None


@needs_database
def test_a_new_subscription_brings_ten_entries_to_triage_not_its_archive(client_row: Client, far: str) -> None:
    Far.body = atom(*(f"n{number}" for number in range(25)))
    assert read(subscribed(client_row, far)) == feed_reading.FIRST
    assert titles(state=EntryState.NEW)[:2] == ["n0", "n1"]
    assert len(titles(state=EntryState.OLDER)) == 15


@needs_database
def test_an_unchanged_feed_is_not_sent_again(client_row: Client, far: str) -> None:
    Far.body, Far.headers_sent = atom("a"), {"ETag": '"7"', "Last-Modified": "Wed, 28 Oct 2026 09:00:00 GMT"}
    feed = subscribed(client_row, far)
    read(feed)
    assert read(again(feed)) == 0
    assert (Far.asked[1]["if-none-match"], Far.asked[1]["if-modified-since"]) == (
        '"7"',
        "Wed, 28 Oct 2026 09:00:00 GMT",
    )
    assert again(feed).problem == ""


@needs_database
@pytest.mark.parametrize(
    ("status", "body", "headers", "words"),
    [
        (200, b"<html><body>Not here</body></html>", {}, "no Atom or RSS feed"),
        (200, b"/etc/hostname", {}, "no Atom or RSS feed"),
        (200, b"", {}, "no Atom or RSS feed"),
        (200, b"\x00\xff" * 500, {}, "no Atom or RSS feed"),
        (200, b"x" * (3 * 1024 * 1024), {}, "larger than 2 MiB"),
        (
            301,
            b"",
            {"Location": "https://new.example/feed"},
            "moved to https://new.example/feed: have that address read",
        ),
        (302, b"", {"Location": "http://169.254.169.254/"}, "moved to"),
        (403, b"", {}, "does not let us read it"),
        (404, b"", {}, "find its new one, or remove the feed"),
        (429, b"", {}, "tried again later"),
        (503, b"", {}, "status 503"),
        (418, b"", {}, "status 418: check the address"),
    ],
)
def test_a_feed_that_cannot_be_read_says_why_and_what_to_do(
    client_row: Client, owner: Browser, far: str, status: int, body: bytes, headers: dict[str, str], words: str
) -> None:
    Far.status, Far.body, Far.headers_sent = status, body, headers
    feed = subscribed(client_row, far)
    assert read(feed) is None
    stands = Feed.objects.using("owner").get(pk=feed.pk)
    assert words in stands.problem
    assert (stands.failures, stands.due_at) == (1, NOW + feed_reading.EVERY)
    assert len(Far.asked) == 1  # no redirect is followed
    assert "Vendor cannot be read." in owner.get(FEEDS).content.decode()
    assert "Not read" in owner.get(f"{FEEDS}{feed.public_id}/").content.decode()
    Far.status, Far.body, Far.headers_sent = 200, atom("a"), {}
    assert read(again(feed)) == 1
    assert (again(feed).problem, again(feed).failures) == ("", 0)


@needs_database
def test_what_fails_again_and_again_is_tried_less_often(client_row: Client, far: str) -> None:
    Far.status = 404
    feed = subscribed(client_row, far)
    waits = []
    for _ in range(7):
        read(feed)
        waits.append(Feed.objects.using("owner").get(pk=feed.pk).due_at - NOW)
        feed = again(feed)
    assert waits == sorted(waits)
    assert waits[-1] == feed_reading.LONGEST_WAIT == timedelta(days=2)


@needs_database
def test_what_a_server_says_of_a_version_is_sent_back_only_as_it_came(client_row: Client, far: str) -> None:
    Far.body, Far.headers_sent = atom("a"), {"ETag": '"été"', "Last-Modified": "x" * 500}
    feed = subscribed(client_row, far)
    Feed.objects.using("owner").filter(pk=feed.pk).update(etag='"déjà"')
    assert [read(feed), read(again(feed)), again(feed).problem] == [1, 0, ""]
    assert not any("if-none-match" in asked or "if-modified-since" in asked for asked in Far.asked)


@needs_database
def test_nothing_is_kept_of_a_feed_that_goes_or_moves_while_it_is_read(client_row: Client, far: str) -> None:
    going, moving = subscribed(client_row, far), subscribed(client_row, f"{far}/2")

    class Meanwhile(bytes):
        """A body that takes so long that somebody acts before it is there."""

        def __len__(self) -> int:
            Feed.objects.using("owner").filter(pk=going.pk).delete()
            Feed.objects.using("owner").filter(pk=moving.pk).update(url="https://new.example/feed")
            connections.close_all()
            return super().__len__()

    Far.body = Meanwhile(atom("a"))
    assert [read(going), read(moving), titles()] == [None, None, []]


@needs_database
def test_nothing_inside_the_house_is_asked(client_row: Client, far: str, settings: Any) -> None:
    settings.OUTBOUND_ALLOWED = []
    for url in (far, "https://localhost/feed", "https://169.254.169.254/latest"):
        feed = subscribed(client_row, url)
        assert read(feed) is None
        assert Feed.objects.using("owner").get(pk=feed.pk).problem
    assert Far.asked == []


@needs_database
def test_a_feed_cut_off_in_the_middle_gives_what_can_be_read(client_row: Client, owner: Browser, far: str) -> None:
    Far.body, Far.headers_sent = atom("a", "b")[:-30], {"ETag": '"7"'}
    feed = subscribed(client_row, far)
    read(feed)
    stands = Feed.objects.using("owner").get(pk=feed.pk)
    assert "a" in titles()
    assert "cut off" in stands.problem
    assert stands.etag == ""  # the whole of it is asked for the next time
    assert "Read in part" in owner.get(FEEDS).content.decode()


@needs_database
def test_script_in_a_feed_is_only_words(client_row: Client, owner: Browser, far: str) -> None:
    Far.body = (
        b"<rss version='2.0'><channel><title>V</title><item><guid>1</guid><title>&lt;script&gt;alert(1)&lt;/script&gt;New law</title>"
        b"<link>javascript:alert(2)</link><description>&lt;img src=x onerror=alert(3)&gt;&lt;b&gt;Bold&lt;/b&gt; &amp;lt;i&amp;gt;"
        b"</description></item></channel></rss>"
    )
    read(subscribed(client_row, far))
    [entry] = FeedEntry.objects.using("owner").all()
    assert (entry.title, entry.link, entry.summary) == ("New law", "", "Bold <i>")
    page = owner.get(NEWS).content.decode()
    assert "Bold &lt;i&gt;" in page
    for hurt in ("onerror", "javascript:alert", "alert(1)"):
        assert hurt not in page


@needs_database
def test_the_scheduler_hands_on_what_is_due_and_nothing_else(client_row: Client, far: str) -> None:
    Far.body = atom("a")
    feed = subscribed(client_row, far)
    assert read_feeds() == 1
    assert read_feeds() == 0
    assert titles() == ["a"]
    assert again(feed).read_at == NOW


@needs_database
def test_one_subscribes_renames_and_leaves(client_row: Client, owner: Browser, far: str) -> None:
    for url, words in (
        (far, "begins with https"),
        ("https://me:secret@vendor.example/feed", "name and password"),
        ("nothing", "Enter a valid URL"),
    ):
        refused = owner.post(FEEDS, {"name": "kept name", "url": url})
        assert refused.status_code == 422
        assert words in refused.content.decode()
        assert "kept name" in refused.content.decode()
    assert owner.post(FEEDS, {"name": "Law", "url": "https://127.0.0.1/feed"}).status_code == 302
    [feed] = Feed.objects.using("owner").all()
    assert feed.failures == 1  # it was tried at once, and led inside
    assert "already" in owner.post(FEEDS, {"name": "Twice", "url": "https://127.0.0.1/feed"}).content.decode()
    typed = {"name": "Privacy law", "url": "https://127.0.0.2/feed", "edition": "0"}
    assert owner.post(f"{FEEDS}{feed.public_id}/", typed).status_code == 302
    stopped = Feed.objects.using("owner").get()
    assert (stopped.name, stopped.active) == ("Privacy law", False)
    told = owner.post(f"{FEEDS}{feed.public_id}/act/", {"do": "read"}, follow=True).content.decode()
    assert "is stopped" in told
    assert owner.post(f"{FEEDS}{feed.public_id}/act/", {"do": "unsubscribe"}).status_code == 302
    assert not Feed.objects.using("owner").exists()


@needs_database
def test_an_entry_becomes_an_item_once_or_is_dismissed_with_undo(client_row: Client, owner: Browser, far: str) -> None:
    Far.body = atom("New law", "Advert")
    feed = subscribed(client_row, far)
    read(feed)
    assert "2 entries to triage" in owner.get("/p/northlight/risks/").content.decode()
    law, advert = (FeedEntry.objects.using("owner").get(title=title) for title in ("New law", "Advert"))
    make = f"/p/northlight/risks/new/?entry={law.public_id}"
    assert 'value="New law"' in owner.get(make).content.decode()
    typed = {"title": "New law", "kind": "privacy_law", "severity": "2", "status": "open"}
    assert owner.post(make, typed).status_code == 302
    assert owner.post(make, typed).status_code == 404
    assert RiskItem.objects.using("owner").count() == 1
    act = f"{NEWS}{advert.public_id}/"
    gone = owner.post(act + "dismiss/", {"next": NEWS}, follow=True).content.decode()
    assert f'action="{act}back/"' in gone
    assert "Everything the feeds brought is triaged." in gone
    assert "Somebody else decided" in owner.post(act + "dismiss/", follow=True).content.decode()
    assert "Advert" in owner.get(NEWS, {"state": "dismissed"}).content.decode()
    owner.post(act + "back/")
    assert titles(state=EntryState.NEW) == ["Advert"]
    assert owner.post(act + "explode/").status_code == 404
    away = owner.post(act + "dismiss/", {"next": "https://evil.example/"})
    assert away.headers["Location"] == NEWS
    owner.post(f"{FEEDS}{feed.public_id}/act/", {"do": "unsubscribe"})
    assert RiskItem.objects.using("owner").count() == 1


@needs_database
def test_another_practices_news_is_not_there(client_row: Client, owner: Browser, far: str) -> None:
    Far.body = atom("Theirs")
    elsewhere = factories.client(factories.practice("southgate"), "rival")
    feed = subscribed(elsewhere, far)
    read(feed)
    [entry] = FeedEntry.objects.using("owner").all()
    assert "Theirs" not in owner.get(NEWS, {"state": "all"}).content.decode()
    assert owner.post(f"{NEWS}{entry.public_id}/dismiss/").status_code == 404
    assert owner.get(f"{FEEDS}{feed.public_id}/").status_code == 404


@needs_database
def test_the_news_asks_as_much_of_many_entries_as_of_few(client_row: Client, owner: Browser, far: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert owner.get(NEWS, {"state": "all"}).status_code == 200
        return len(asked)

    feed = subscribed(client_row, far)
    Far.body = atom("a")
    read(feed)
    queries()
    few = queries()
    Far.body = atom(*(f"n{number}" for number in range(60)))
    read(again(feed))
    assert queries() <= few <= 21
    for asked in ({"state": "x"}, {"feed": "x"}, {"page": "0"}, {"words": "%"}):
        assert owner.get(NEWS, asked).status_code == 200


def test_a_feed_of_thousands_gives_its_newest() -> None:
    found = parse(atom(*(str(number) for number in range(300))))
    assert len(found.entries) == MOST
    moments = [entry.published_at for entry in found.entries if entry.published_at]
    assert moments == sorted(moments, reverse=True)


def test_entities_that_grow_without_end_are_refused_or_stay_small() -> None:
    bomb = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
        f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
    )
    body = bomb.encode() + b"]>" + atom("&j;")
    with suppress(NotAFeedError):
        assert all(len(entry.title) <= 200 for entry in parse(body).entries)


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"<rss version='2.0'><channel>", b"<feed xmlns='http://www.w3.org/2005/Atom'><entry>"]),
)
def test_whatever_comes_is_a_feed_or_refused(body: bytes, start: bytes) -> None:
    try:
        found = parse(start + body)
    except NotAFeedError:
        return
    for entry in found.entries:
        assert len(entry.key) == 64
        assert len(entry.title) <= 200
        assert "\x00" not in entry.title + entry.summary + entry.link
        assert not entry.link or entry.link.startswith(("http://", "https://", "HTTP", "Http"))
