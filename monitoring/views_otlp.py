"""``POST /v1/traces``: takes OTLP/HTTP traces from a source that shows its token, and answers as the protocol says."""

from typing import Any, Protocol

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from monitoring import doors, ingest, otlp, pricing, ratelimit
from monitoring.otlp.decode import too_large

log = structlog.get_logger(__name__)

_RETRY_SECONDS = 5
_CHUNK = 256 * 1024


class _Stream(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


@csrf_exempt
@login_not_required
def traces(request: HttpRequest) -> HttpResponse:
    """200 (with partial success when spans were rejected), or 400, 401, 405, 413, 415, 429, 503 with a google.rpc.Status.

    429 and 503 carry Retry-After: exporters try again after them, and storing is idempotent, so nothing is lost or doubled.
    """
    if request.method != "POST":
        return _refusal(request, 405, "Send traces with POST.", Allow="POST")
    try:
        return _take(request)
    except otlp.OtlpError as error:
        return _refusal(request, error.status, error.message)
    except UnreadablePostError:
        return _refusal(request, 400, "The connection closed before the whole request had arrived.")
    except (OperationalError, InterfaceError) as error:
        log.warning("otlp_database_unavailable", error=type(error).__name__)
        return _refusal(
            request,
            503,
            "The database is not available; send the request again.",
            **{"Retry-After": str(_RETRY_SECONDS)},
        )


def _take(request: HttpRequest) -> HttpResponse:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    source = doors.authenticate(token.strip()) if scheme.lower() == "bearer" and token.strip() else None
    if source is None:
        message = "Send the source's token as “Authorization: Bearer <token>”; this one is missing, wrong or withdrawn."
        return _refusal(request, 401, message, **{"WWW-Authenticate": "Bearer"})
    if wait := ratelimit.seconds_to_wait("ingest", str(source.id), settings.INGEST_RATE):
        return _refusal(
            request, 429, f"Too many requests from this source; wait {wait} s.", **{"Retry-After": str(wait)}
        )
    content_type = request.headers.get("Content-Type", "")
    try:
        decoded = otlp.decode(_body(request, otlp.LIMIT), content_type, request.headers.get("Content-Encoding", ""))
        mapped = otlp.map_request(decoded)
        stored = _stored(source, mapped)
    except otlp.OtlpError as error:
        doors.note_failure(source, f"A request was refused and nothing of it stored: {error.summary}")
        raise
    rejected = [*mapped.rejected, *stored.rejected]
    if rejected and len(rejected) == len(mapped.spans) + len(mapped.rejected):
        # The sender reads 200 and goes on; only the page can say that nothing of it is here.
        doors.note_failure(source, f"No span of a request was taken: {otlp.reasons(rejected)}.")
    body, answer_type = otlp.partial_success(
        rejected, content_type, refused_scores=[*mapped.refused_scores, *stored.rejected_scores]
    )
    return HttpResponse(body, content_type=answer_type)


def _stored(source: doors.SourceRef, mapped: otlp.Mapped) -> ingest.Stored:
    """Store what was read. Raises OtlpMalformed for what slips through the checks of a single span: sending it again is no use."""
    try:
        return ingest.store(source, [pricing.estimated(span) for span in mapped.spans], mapped.scores)
    except DataError as error:
        log.warning("otlp_batch_refused_by_database")
        raise otlp.OtlpMalformed("A value in this request is out of the range the database holds.") from error


def _body(request: HttpRequest, limit: int) -> bytes:
    """The body, never more of it than the limit. Raises OtlpTooLarge, at once when the length is declared."""
    declared = request.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise too_large(limit)
    stream: _Stream = request
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        # Without a length Django reads nothing, but the server knows where a chunked body ends.
        stream = getattr(request, "environ", {}).get("wsgi.input", request)
    body = bytearray()
    while chunk := stream.read(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise too_large(limit)
    return bytes(body)


def _refusal(request: HttpRequest, status: int, message: str, **headers: Any) -> HttpResponse:
    body, content_type = otlp.error_body(status, message, request.headers.get("Content-Type", ""))
    return HttpResponse(body, content_type=content_type, status=status, headers=headers)
