"""``POST /v1/traces``: takes OTLP/HTTP traces from a source that shows its token, and answers as the protocol says."""

from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from clients import ratelimit
from clients.writing import neutrally
from monitoring import doors, ingest, otlp, pricing, receiving
from monitoring.models import Source
from monitoring.otlp.decode import too_large

log = structlog.get_logger(__name__)


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
            **{"Retry-After": str(receiving.RETRY_SECONDS)},
        )


@neutrally()
def _take(request: HttpRequest) -> HttpResponse:
    source = receiving.source_of(request)
    if source is None:
        return _refusal(request, 401, receiving.NO_TOKEN, **{"WWW-Authenticate": "Bearer"})
    if wait := ratelimit.seconds_to_wait("ingest", str(source.id), settings.INGEST_RATE):
        return _refusal(
            request, 429, f"Too many requests from this source; wait {wait} s.", **{"Retry-After": str(wait)}
        )
    content_type = request.headers.get("Content-Type", "")
    try:
        decoded = otlp.decode(_body(request), content_type, request.headers.get("Content-Encoding", ""))
        mapped = otlp.map_request(decoded)
        stored = _stored(source, mapped)
    except otlp.OtlpError as error:
        doors.note_failure(source, f"A request was refused and nothing of it stored: {error.summary}")
        raise
    except Source.DoesNotExist:  # removed while it was being stored, and its token with it
        return _refusal(request, 401, receiving.NO_TOKEN, **{"WWW-Authenticate": "Bearer"})
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


def _body(request: HttpRequest) -> bytes:
    try:
        return receiving.body_of(request, otlp.LIMIT)
    except receiving.TooLargeError:
        raise too_large(otlp.LIMIT) from None


def _refusal(request: HttpRequest, status: int, message: str, **headers: Any) -> HttpResponse:
    body, content_type = otlp.error_body(status, message, request.headers.get("Content-Type", ""))
    return HttpResponse(body, content_type=content_type, status=status, headers=headers)
