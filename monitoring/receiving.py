"""What every door that takes pushed data does first: whose token it is, and the body, never more of it than a limit."""

from typing import Protocol

from django.http import HttpRequest

from . import doors

NO_TOKEN = "Send the source's token as “Authorization: Bearer <token>”; this one is missing, wrong or withdrawn."  # noqa: S105 - what is said without one
RETRY_SECONDS = 5
"""How long a sender waits while the database is away."""
_CHUNK = 256 * 1024


class TooLargeError(Exception):
    """More bytes than the limit."""


class _Stream(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


def source_of(request: HttpRequest) -> doors.SourceRef | None:
    """The source whose token the request shows."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return doors.authenticate(token.strip()) if scheme.lower() == "bearer" and token.strip() else None


def body_of(request: HttpRequest, limit: int) -> bytes:
    """The body. Raises TooLargeError past the limit, at once when the length is declared."""
    declared = request.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise TooLargeError
    stream: _Stream = request
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        # Without a length Django reads nothing, but the server knows where a chunked body ends.
        stream = getattr(request, "environ", {}).get("wsgi.input", request)
    body = bytearray()
    while chunk := stream.read(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise TooLargeError
    return bytes(body)
