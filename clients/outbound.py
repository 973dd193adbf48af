"""HTTP to addresses that people type: nowhere private, nothing endless. The one way out of the house.

The address is resolved once, judged, and connected to as judged, so neither a redirect nor a name that changes its mind between two
look-ups leads inside. Redirects are not followed: a key goes to the host it was given for.
"""

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from django.conf import settings

from .unpacking import PackedError, PackedTooLargeError, Unpacker

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_BYTES = 64 * 1024 * 1024
"""The largest answer taken, as sent and once decompressed."""
SECONDS = 120.0
"""How long an answer may take altogether; a server that drips a byte a minute ends here."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_OF_THE_WIRE = (b"content-encoding", b"content-length", b"transfer-encoding")
_PORTS = {"http": 80, "https": 443}


class OutboundRefusedError(httpx.TransportError):
    """A request that was not sent; the message says why and what to do."""


class AnswerTooLargeError(OutboundRefusedError):
    """An answer that was not taken whole, and never will be."""


class AnswerBrokenError(OutboundRefusedError):
    """An answer that did not come whole, or not in time; another may."""


@dataclass(frozen=True)
class Limits:
    """What an answer may cost."""

    bytes: int = MAX_BYTES
    seconds: float = SECONDS


ORDINARY = Limits()


def client(
    limits: Limits = ORDINARY,
    *,
    headers: Mapping[str, str] | None = None,
    transport: httpx.BaseTransport | None = None,
    **options: Any,
) -> httpx.Client:
    """An HTTP client for one source's address; `transport` wraps a guarded one, `options` are httpx's own, such as `base_url`.

    Keep it to one source: connections are reused by address, and two names may share one.
    """
    return httpx.Client(
        transport=transport or GuardedTransport(limits),
        headers={"User-Agent": "FracOps", **(headers or {}), "Accept-Encoding": "gzip"},
        trust_env=False,
        **{"timeout": httpx.Timeout(30, connect=10), **options},
    )


class GuardedTransport(httpx.BaseTransport):
    """Sends requests to public addresses, and to hosts the operator allowed, and reads answers whole within their limits."""

    def __init__(self, limits: Limits, inner: httpx.BaseTransport | None = None) -> None:
        self.limits = limits
        # One connection at a time, so that it is known which one a request goes over.
        self.inner = inner or httpx.HTTPTransport(limits=httpx.Limits(max_connections=1, max_keepalive_connections=1))
        self._connection: Any = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host, port = request.url.host, request.url.port or _PORTS.get(request.url.scheme, 0)
        allowed = bool({host, f"{host}:{port}"} & set(settings.OUTBOUND_ALLOWED))
        if request.url.scheme != "https" and not (allowed and request.url.scheme == "http"):
            raise OutboundRefusedError(
                f"{host} must be reached by https: what is sent there holds a key. If it is in a private network, the operator can "
                f"allow it: OUTBOUND_ALLOWED={host}",
                request=request,
            )
        address = self._judged(request, host, port, allowed=allowed)
        pinned = httpx.Request(
            request.method,
            request.url.copy_with(host=str(address)),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host, "trace": self._note_connection},
        )
        deadline = time.monotonic() + self.limits.seconds
        # Within the deadline in every read httpx counts by itself; a server that drips a header at a time is hung up on.
        hang_up = threading.Timer(self.limits.seconds, self._hang_up)
        hang_up.daemon = True
        hang_up.start()
        try:
            answer = self.inner.handle_request(pinned)
            try:
                body = self._body(answer, request, deadline)
            finally:
                answer.close()
        except httpx.TransportError as error:
            if time.monotonic() < deadline or isinstance(error, OutboundRefusedError):
                raise
            raise self._too_late(request) from error
        finally:
            hang_up.cancel()
        # As bytes: a server may send letters that httpx reads, and would not write.
        headers = [(name, value) for name, value in answer.headers.raw if name.lower() not in _OF_THE_WIRE]
        return httpx.Response(
            answer.status_code, headers=headers, content=body, extensions=answer.extensions, request=request
        )

    def close(self) -> None:
        self.inner.close()

    def _judged(self, request: httpx.Request, host: str, port: int, *, allowed: bool) -> Address:
        """Where a host is, looked up once. Every one of its addresses must be public, or the operator must have allowed the host."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"There is no host “{host}”: check the address.", request=request) from error
        addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        inside = [a for a in addresses if not is_public(a)]
        if inside and not allowed:
            raise OutboundRefusedError(
                f"{host} is at {inside[0]}, inside a private network. If it belongs there, the operator can allow it: "
                f"OUTBOUND_ALLOWED={host}",
                request=request,
            )
        return addresses[0]

    def _body(self, answer: httpx.Response, request: httpx.Request, deadline: float) -> bytes:
        encoding = answer.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip"):
            raise AnswerBrokenError(
                f"The answer is packed as “{encoding[:40]}”, which nobody asked for.", request=request
            )
        unpacker = Unpacker(self.limits.bytes) if encoding == "gzip" else None
        too_large = AnswerTooLargeError(f"The answer is larger than {self.limits.bytes // 2**20} MiB.", request=request)
        body = bytearray()
        try:
            for chunk in self._in_time(answer.iter_raw(), request, deadline):
                if unpacker:
                    unpacker.feed(chunk)
                else:
                    body += chunk
                    if len(body) > self.limits.bytes:
                        raise too_large
            return unpacker.close() if unpacker else bytes(body)
        except PackedTooLargeError as error:
            raise too_large from error
        except PackedError as error:
            raise AnswerBrokenError(f"The answer says it is gzip, but {error}.", request=request) from error

    def _in_time(self, chunks: Iterable[bytes], request: httpx.Request, deadline: float) -> Iterable[bytes]:
        for chunk in chunks:
            if time.monotonic() > deadline:
                raise self._too_late(request)
            yield chunk
        # An answer without a length ends where the connection does, also where we ended that.
        if time.monotonic() > deadline:
            raise self._too_late(request)

    def _too_late(self, request: httpx.Request) -> httpx.ReadTimeout:
        return httpx.ReadTimeout(f"The answer took longer than {self.limits.seconds:g} seconds.", request=request)

    def _note_connection(self, event: str, info: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._connection = info["return_value"]

    def _hang_up(self) -> None:
        """End the connection under a request that is waiting for it, in another thread."""
        with contextlib.suppress(OSError, AttributeError):
            self._connection.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


def is_public(address: Address) -> bool:
    """Whether an address is somebody's in the open internet; one that wraps an IPv4 address is judged by that."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast
