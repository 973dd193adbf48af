"""Nothing a person types leads inside the house, and no answer is endless. Against real servers on this machine."""

import gzip
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import httpx
import pytest

from clients import outbound
from clients.outbound import GuardedTransport, Limits, OutboundRefusedError, is_public


class Far(BaseHTTPRequestHandler):
    """A server with an answer for each path; it keeps what it was sent."""

    seen: ClassVar[list[dict[str, str]]] = []

    def do_GET(self) -> None:
        self.seen.append({"path": self.path, **{k.lower(): v for k, v in self.headers.items()}})
        body, headers, status = b"hello", {}, 200
        if self.path == "/gzip":
            body, headers = gzip.compress(b"hello" * 100), {"Content-Encoding": "gzip"}
        elif self.path == "/bomb":
            body, headers = gzip.compress(b"\0" * 10_000_000), {"Content-Encoding": "gzip"}
        elif self.path == "/large":
            body = b"x" * 2_000_000
        elif self.path == "/cut":
            body, headers = gzip.compress(b"hello" * 1000)[:-9], {"Content-Encoding": "gzip"}
        elif self.path == "/brotli":
            headers = {"Content-Encoding": "br"}
        elif self.path == "/lie":
            headers = {"Content-Encoding": "gzip"}
        elif self.path == "/away":
            status, headers = 302, {"Location": "http://127.0.0.1:1/key"}
        if self.path == "/drip-headers":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(60):
                self.wfile.write(f"X-{number}: more\r\n".encode())
                self.wfile.flush()
                time.sleep(0.05)
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.path == "/drip":
            self.end_headers()
            for _ in range(50):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.05)
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing on the console."""


@pytest.fixture(scope="module")
def far() -> Iterator[int]:
    """The port of a server on this machine: inside, as seen from outside."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Far)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def allowed(far: int, settings: Any) -> str:
    settings.OUTBOUND_ALLOWED = [f"127.0.0.1:{far}"]
    return f"http://127.0.0.1:{far}"


def get(url: str, limits: Limits = outbound.ORDINARY) -> httpx.Response:
    with outbound.client(limits) as client:
        return client.get(url)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0.0.0.0", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "[::1]", "[::ffff:10.0.0.1]",
     "[64:ff9b::a00:1]", "[2002:a00:1::]", "[fd00::1]", "[fe80::1]", "224.0.0.1", "2130706433"],
)  # fmt: skip
def test_an_address_inside_is_refused_before_anything_is_sent(host: str) -> None:
    with pytest.raises(OutboundRefusedError, match=r"inside a private network.*OUTBOUND_ALLOWED="):
        get(f"https://{host}/key")


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_what_is_public_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_a_host_with_one_address_inside_is_refused_also_when_the_first_is_public(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mixed = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 443)) for a in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: mixed)
    with pytest.raises(OutboundRefusedError, match=r"is at 10\.0\.0\.1"):
        get("https://api.example/")


def test_a_name_is_looked_up_once_and_connected_to_as_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers with a private address the second time finds nobody asking."""
    asked: list[str] = []
    sent: list[httpx.Request] = []

    def resolve(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8" if len(asked) == 1 else "127.0.0.1", 443))]

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b"ok"))

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    guarded = GuardedTransport(Limits(), httpx.MockTransport(answer))
    with httpx.Client(transport=guarded) as client:
        assert client.get("https://api.example/v1").text == "ok"
    assert asked == ["api.example"]
    assert (sent[0].url.host, sent[0].headers["Host"], sent[0].extensions["sni_hostname"]) == (
        "8.8.8.8",
        "api.example",
        "api.example",
    )


def test_a_key_is_not_sent_in_the_clear() -> None:
    with pytest.raises(OutboundRefusedError, match="must be reached by https"):
        get("http://api.example/")


def test_what_the_operator_allows_is_reached(allowed: str) -> None:
    answer = get(f"{allowed}/hello")
    assert (answer.status_code, answer.text) == (200, "hello")
    assert Far.seen[-1]["user-agent"] == "FracOps"
    assert Far.seen[-1]["host"] == allowed.removeprefix("http://")


def test_allowing_one_port_allows_no_other(allowed: str) -> None:
    with pytest.raises(OutboundRefusedError):
        get("http://127.0.0.1:1/")


def test_a_packed_answer_is_unpacked(allowed: str) -> None:
    answer = get(f"{allowed}/gzip")
    assert answer.text == "hello" * 100
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("path", "says"),
    [("/bomb", "larger than 1 MiB"), ("/large", "larger than 1 MiB"), ("/cut", "ends too early"), ("/brotli", "packed as “br”"),
     ("/lie", "says it is gzip, but it is not")],
)  # fmt: skip
def test_an_answer_beyond_its_limits_or_broken_is_not_taken(allowed: str, path: str, says: str) -> None:
    with pytest.raises(OutboundRefusedError, match=says):
        get(allowed + path, Limits(bytes=2**20))


def test_an_answer_that_drips_ends(allowed: str) -> None:
    with pytest.raises(httpx.ReadTimeout, match=r"longer than 0\.2 seconds"):
        get(f"{allowed}/drip", Limits(seconds=0.2))


def test_headers_that_drip_end_too_and_the_next_request_goes_on(allowed: str) -> None:
    with outbound.client(Limits(seconds=0.3)) as client:
        assert client.get(f"{allowed}/").text == "hello"
        began = time.monotonic()
        with pytest.raises(httpx.ReadTimeout, match=r"longer than 0\.3 seconds"):
            client.get(f"{allowed}/drip-headers")
        assert time.monotonic() - began < 2
        assert client.get(f"{allowed}/").text == "hello"


def test_a_redirect_is_not_followed(allowed: str) -> None:
    assert get(f"{allowed}/away").status_code == 302


def test_a_host_that_is_not_there_is_named() -> None:
    with pytest.raises(httpx.ConnectError, match=r"There is no host “nowhere\.invalid”"):
        get("https://nowhere.invalid/")
