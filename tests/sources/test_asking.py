"""Whatever the far end does, a connector hears an answer or a SourceError that is right and holds nothing of a key."""

import base64
import gzip
import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
import stamina
from django.utils import timezone

from clients import outbound
from monitoring.connecting import http as asking
from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.http import Http, PoliteTransport
from monitoring.connecting.paginators import NextLink, PageNumber, Request, Token

HOME = "https://far.example"
SECRET = "s3cret-0123456789"

type Far = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=3, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds between tries, of the clock that tries go by; nobody sleeps."""
    slept: list[float] = []
    stamina.set_testing(False)
    monkeypatch.setattr("tenacity.nap.time.sleep", slept.append)
    return slept


@dataclass
class Budget:
    """A credential's shared allowance: how long to wait, and what was held."""

    wait: int = 0
    held: list[float] = field(default_factory=list)

    def seconds_to_wait(self) -> int:
        return self.wait

    def hold(self, seconds: float) -> None:
        self.held.append(seconds)


@dataclass
class Server:
    """Answers in turn, the last one for ever; an exception is raised in place of an answer."""

    answers: list[httpx.Response | Exception]
    asked: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        found = self.answers[min(self.asked, len(self.answers)) - 1]
        if isinstance(found, Exception):
            raise found
        return found


def http_to(far: Far | httpx.BaseTransport, budget: Budget | None = None, **options: Any) -> Http:
    inner = far if isinstance(far, httpx.BaseTransport) else httpx.MockTransport(far)
    polite = PoliteTransport("Far", inner, budget, secrets=[SECRET, ""])
    return Http("Far", outbound.client(transport=polite, **{"base_url": f"{HOME}/", **options}))


def refused(http: Http, path: str = "rows") -> SourceError:
    with pytest.raises(SourceError) as caught, http.client:
        http.get(path)
    return caught.value


GOOD = httpx.Response(200, json={"rows": [1]})


# Trying again


@pytest.mark.parametrize(
    "trouble",
    [httpx.Response(500), httpx.Response(429), httpx.ConnectError("no route"), httpx.ReadTimeout("slow"), httpx.ReadError("reset")],
)  # fmt: skip
def test_trouble_that_passes_is_tried_three_times_and_no_more(trouble: Any) -> None:
    twice = Server([trouble, trouble, GOOD])
    assert http_to(twice).get("rows").data == {"rows": [1]}
    for_ever = Server([trouble])
    assert refused(http_to(for_ever)).fault is Fault.LATER
    assert for_ever.asked == 3


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 422])
def test_what_a_person_must_mend_is_asked_once(status: int) -> None:
    server = Server([httpx.Response(status)])
    assert refused(http_to(server)).fault is not Fault.LATER
    assert server.asked == 1


def test_a_short_wait_is_waited_as_long_as_the_provider_says(waits: list[float]) -> None:
    server = Server([httpx.Response(429, headers={"Retry-After": "7"}), GOOD])
    assert http_to(server).get("rows").data == {"rows": [1]}
    assert len(waits) == 1
    assert 6.9 <= waits[0] <= 8.1


def test_a_long_wait_is_the_sources_not_a_workers(waits: list[float]) -> None:
    server = Server([httpx.Response(503, headers={"Retry-After": "31"}), GOOD])
    error = refused(http_to(server))
    assert error.retry_at is not None
    assert 30 < (error.retry_at - timezone.now()).total_seconds() < 32
    assert (server.asked, waits) == (1, [])


def test_other_exceptions_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        http_to(Server([ZeroDivisionError()])).get("rows")


# The budget


def test_nothing_is_asked_while_the_budget_is_used_up() -> None:
    server = Server([GOOD])
    error = refused(http_to(server, Budget(wait=90)))
    assert (error.fault, server.asked) == (Fault.LATER, 0)
    assert error.retry_at is not None
    assert 89 < (error.retry_at - timezone.now()).total_seconds() < 91


def test_a_budget_that_frees_up_soon_is_waited_for(waits: list[float]) -> None:
    budget = Budget(wait=5)
    server = Server([GOOD])
    calls = iter([5, 0])
    budget.seconds_to_wait = lambda: next(calls)  # type: ignore[method-assign]
    assert http_to(server, budget).get("rows").data == {"rows": [1]}
    assert len(waits) == 1
    assert 4.9 <= waits[0] <= 6.1


def test_a_limit_is_held_for_everyone_with_the_same_key() -> None:
    budget = Budget()
    refused(http_to(Server([httpx.Response(429, headers={"Retry-After": "90"})]), budget))
    assert [round(seconds) for seconds in budget.held] == [90]


@pytest.mark.parametrize("status", [429, 503])
def test_nothing_is_held_without_a_limit_or_without_its_end(status: int) -> None:
    budget = Budget()
    headers = {"Retry-After": "90"} if status == 503 else {}
    refused(http_to(Server([httpx.Response(status, headers=headers)]), budget))
    assert budget.held == []


# Secrets


def said(error: SourceError) -> str:
    return f"{error!r} {error} {error.detail} {error.__cause__!r}"


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
def test_a_key_that_is_said_back_is_not_passed_on(status: int) -> None:
    error = refused(http_to(Server([httpx.Response(status, text=f"the key {SECRET} may not, {SECRET}!")])))
    assert error.detail == "the key ••• may not, •••!"
    assert SECRET not in said(error)


@pytest.mark.parametrize("at", range(295 - len(SECRET), 301))
def test_no_half_of_a_key_is_left_where_the_detail_is_cut(at: int) -> None:
    error = refused(http_to(Server([httpx.Response(403, text="x" * at + SECRET)])))
    assert "s3c" not in said(error)
    assert len(error.detail) <= 300


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "this key lacks the scope read"},
        {"error": {"message": "this key lacks\nthe scope read", "code": 7}},
        {"detail": "this key lacks the scope read", "error": None},
    ],
)
def test_a_refusal_has_the_reason_its_provider_gives(body: dict[str, Any]) -> None:
    error = refused(http_to(Server([httpx.Response(403, json=body)])))
    assert error.message.endswith(" says: “this key lacks the scope read”")


@pytest.mark.parametrize(
    "body", [b"<html>No</html>", b"[]", b'{"detail": [{"loc": ["from"]}]}', b'{"error": {}}', b"17"]
)
def test_a_refusal_without_a_reason_says_what_the_status_means(body: bytes) -> None:
    error = refused(http_to(Server([httpx.Response(403, content=body)])))
    assert " says: " not in error.message


@pytest.mark.parametrize("at", range(160 - len(SECRET), 161))
def test_no_half_of_a_key_is_left_in_a_reason(at: int) -> None:
    error = refused(http_to(Server([httpx.Response(403, json={"message": "x" * at + SECRET})])))
    assert "s3c" not in said(error)


def test_a_pair_of_user_and_password_is_a_secret_as_it_is_sent_too() -> None:
    sent = base64.b64encode(f"user:{SECRET}".encode()).decode()
    error = refused(http_to(Server([httpx.Response(403, text=f"Basic {sent} may not")]), auth=("user", SECRET)))
    assert error.detail == "Basic ••• may not"


def test_a_key_in_a_faults_text_is_not_passed_on() -> None:
    error = refused(http_to(Server([httpx.ConnectError(f"no way with {SECRET}")])))
    assert error.detail == "no way with •••"
    assert SECRET not in said(error)


def test_tries_are_logged_without_the_key(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        refused(http_to(Server([httpx.Response(500, text=SECRET)]), headers={"Authorization": f"Bearer {SECRET}"}))
    assert caplog.text
    assert SECRET not in caplog.text


# The real guard, between the connector and a far end that means no good


@pytest.fixture
def found_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Says where every host is."""

    def at(address: str) -> None:
        entry = (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [entry])

    return at


def guarded(body: bytes, encoding: str = "identity", most: int = 1_000_000, seconds: float = 60) -> httpx.BaseTransport:
    """The guard in front of a server with this body."""

    def far(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": encoding}, stream=httpx.ByteStream(body))

    return outbound.GuardedTransport(outbound.Limits(most, seconds), httpx.MockTransport(far))


def test_what_is_packed_arrives_unpacked(found_at: Any) -> None:
    found_at("8.8.8.8")
    assert http_to(guarded(gzip.compress(b'{"rows": []}'), "gzip")).get("rows").data == {"rows": []}


@pytest.mark.parametrize(
    ("body", "encoding", "fault", "says"),
    [
        (gzip.compress(b"[" + b" " * 5_000_000 + b"]"), "gzip", Fault.OURS, "is larger than"),
        (b" " * 2_000_000, "identity", Fault.OURS, "is larger than"),
        (gzip.compress(b"[]" * 1000)[:-9], "gzip", Fault.LATER, "ends too early"),
        (b"[]", "gzip", Fault.LATER, "says it is gzip, but it is not"),
        (b"[]", "br", Fault.LATER, "packed as “br”"),
    ],
    ids=["a bomb", "too large", "cut short", "a lie", "unasked"],
)
def test_a_body_that_cannot_be_taken_is_the_right_fault(
    found_at: Any, body: bytes, encoding: str, fault: Fault, says: str
) -> None:
    found_at("8.8.8.8")
    error = refused(http_to(guarded(body, encoding)))
    assert error.fault is fault
    assert says in error.message


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254"])
def test_an_address_inside_is_for_a_person_to_mend_and_asked_once(found_at: Any, address: str) -> None:
    found_at(address)
    error = refused(http_to(guarded(b"[]")))
    assert error.fault is Fault.CLIENT
    assert f"is at {address}, inside a private network" in error.message


def test_a_key_does_not_travel_in_the_clear(found_at: Any) -> None:
    found_at("8.8.8.8")
    error = refused(http_to(guarded(b"[]"), base_url="http://far.example/"))
    assert error.fault is Fault.CLIENT
    assert "must be reached by https" in error.message


def test_a_host_that_is_none_may_be_one_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: Any, **__: Any) -> Any:
        raise socket.gaierror("nobody")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    error = refused(http_to(guarded(b"[]")))
    assert (error.fault, error.message) == (Fault.LATER, "Far cannot be reached at far.example.")
    assert "There is no host “far.example”" in error.detail


def test_an_answer_that_drips_is_for_later(found_at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found_at("8.8.8.8")
    clock = iter(range(0, 10_000, 200))
    monkeypatch.setattr("clients.outbound.time.monotonic", lambda: next(clock))
    error = refused(http_to(guarded(b"[]")))
    assert (error.fault, error.message) == (Fault.LATER, "Far did not answer in time.")


# Answers


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", Fault.LATER),
        (b'{"rows": [1,', Fault.LATER),
        (b"[NaN]", Fault.LATER),
        (b"\xff\xfe", Fault.LATER),
        (b"[" * 5000, Fault.LATER),
        (b"  <!doctype html>", Fault.CLIENT),
    ],
)
@pytest.mark.parametrize("charset", ["utf-8", "base64", "undefined"])
def test_what_is_no_json_is_no_answer(body: bytes, fault: Fault, charset: str) -> None:
    answer = httpx.Response(200, content=body, headers={"Content-Type": f"text/plain; charset={charset}"})
    assert refused(http_to(Server([answer]))).fault is fault


def test_a_file_comes_as_it_is() -> None:
    assert (
        http_to(Server([httpx.Response(200, content=b"a,b\r\n1,\xff")])).file(Request("bill.csv")) == b"a,b\r\n1,\xff"
    )


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (httpx.Response(200, text="<html>Sign in"), Fault.CLIENT),
        (httpx.Response(404), Fault.CLIENT),
        (httpx.Response(503), Fault.LATER),
    ],
)
def test_a_file_that_is_none_is_refused(answer: httpx.Response, fault: Fault) -> None:
    with pytest.raises(SourceError) as caught:
        http_to(Server([answer])).file(Request("bill.csv"))
    assert caught.value.fault is fault


def test_a_body_is_posted_and_parameters_are_asked() -> None:
    seen: list[httpx.Request] = []

    def far(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return GOOD

    http = http_to(far)
    http.ask(Request("search", {"a": ["1", "2"]}, {"query": 1}))
    http.get("rows", b=1)
    assert [(r.method, str(r.url), r.content) for r in seen] == [
        ("POST", f"{HOME}/search?a=1&a=2", b'{"query":1}'),
        ("GET", f"{HOME}/rows?b=1", b""),
    ]


@pytest.mark.parametrize("path", ["https://thief.example/rows", "http://far.example/rows", "https://far.example:8443/"])
def test_a_kept_cursor_does_not_lead_the_key_to_another_server(path: str) -> None:
    """The address in the settings may have changed since the cursor was kept."""
    server = Server([GOOD])
    http = http_to(server)
    with pytest.raises(SourceError, match="another server") as caught:
        list(http.pages(Request("rows"), NextLink("next"), path))
    assert (caught.value.fault, server.asked) == (Fault.OURS, 0)


def test_an_address_that_is_none_is_for_a_person_to_mend() -> None:
    with pytest.raises(SourceError, match="is no address") as caught:
        http_to(Server([GOOD])).get("https://[::")
    assert caught.value.fault is Fault.CLIENT


# Circles


def test_a_cursor_that_comes_again_is_a_circle() -> None:
    turns = iter(["a", "b", "a"])
    http = http_to(lambda request: httpx.Response(200, json={"next": next(turns)}))
    pages = http.pages(Request("rows"), Token("next", "cursor"))
    assert [next(pages)[1], next(pages)[1]] == ["a", "b"]
    with pytest.raises(SourceError, match="same page again") as caught:
        next(pages)
    assert caught.value.fault is Fault.OURS


def test_the_cursor_one_went_on_from_is_part_of_the_circle() -> None:
    http = http_to(lambda request: httpx.Response(200, json={"next": "a"}))
    with pytest.raises(SourceError, match="same page again"):
        list(http.pages(Request("rows"), Token("next", "cursor"), "a"))


def test_a_server_that_knows_no_page_numbers_is_a_circle() -> None:
    http = http_to(lambda request: httpx.Response(200, json={"rows": [1, 2]}))
    with pytest.raises(SourceError, match="same page again"):
        list(http.pages(Request("rows"), PageNumber("rows", 2)))


def test_new_tokens_without_end_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST_PAGES", 20)
    server = Server([])

    def far(request: httpx.Request) -> httpx.Response:
        server.asked += 1
        return httpx.Response(200, json={"next": str(server.asked)})

    with pytest.raises(SourceError, match="more than 20 pages") as caught:
        list(http_to(far).pages(Request("rows"), Token("next", "cursor")))
    assert (caught.value.fault, server.asked) == (Fault.OURS, 20)


def test_patience_is_shorter_than_a_task() -> None:
    assert timedelta(minutes=1) >= asking.PATIENCE
