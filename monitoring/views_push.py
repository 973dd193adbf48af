"""``POST /v1/calls``, ``/v1/scores``, ``/v1/outcomes``: take JSON rows from a source that shows its token, and tell each one's fate."""

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from clients import ratelimit
from clients.writing import neutrally

from . import doors, pushing, receiving
from .importing import Row, RowRefused
from .models import Source
from .pushing.bodies import too_large

log = structlog.get_logger(__name__)

MOST_TOLD = 100
"""Refused rows that an answer names; it counts all."""

type Take = Callable[[doors.SourceRef, Sequence[Row | RowRefused]], pushing.Taken]


@csrf_exempt
@login_not_required
def calls(request: HttpRequest) -> JsonResponse:
    """Model calls with their scores."""
    return _door(request, pushing.take_calls)


@csrf_exempt
@login_not_required
def scores(request: HttpRequest) -> JsonResponse:
    """Judgements of calls, spans or traces."""
    return _door(request, pushing.take_scores)


@csrf_exempt
@login_not_required
def outcomes(request: HttpRequest) -> JsonResponse:
    """Figures of outcomes."""
    return _door(request, pushing.take_outcomes)


@neutrally()
def _door(request: HttpRequest, take: Take) -> JsonResponse:
    """200 when a row was taken (with the reason of each that was not), 422 when none was, or 400, 401, 405, 413, 415, 429, 503.

    429 and 503 carry Retry-After; sending the same again is always safe.
    """
    if request.method != "POST":
        return _refused(405, "Send rows with POST.", Allow="POST")
    try:
        return _take(request, take)
    except pushing.PushError as error:
        return _refused(error.status, error.message)
    except UnreadablePostError:
        return _refused(400, "The connection closed before the whole request had arrived.")
    except (OperationalError, InterfaceError) as error:
        log.warning("push_database_unavailable", error=type(error).__name__)
        again = {"Retry-After": str(receiving.RETRY_SECONDS)}
        return _refused(503, "The database is not available; send the request again.", **again)


def _take(request: HttpRequest, take: Take) -> JsonResponse:
    source = receiving.source_of(request)
    if source is None:
        return _refused(401, receiving.NO_TOKEN, **{"WWW-Authenticate": "Bearer"})
    if wait := ratelimit.seconds_to_wait("ingest", str(source.id), settings.INGEST_RATE):
        return _refused(429, f"Too many requests from this source; wait {wait} s.", **{"Retry-After": str(wait)})
    try:
        taken = take(source, _rows(request))
    except pushing.PushError as error:
        doors.note_failure(source, f"A request was refused and nothing of it stored: {error.message}")
        raise
    except DataError:
        log.warning("push_refused_by_database")
        refusal = "A value in this request is out of the range the database holds; nothing was stored."
        doors.note_failure(source, refusal)
        return _refused(422, refusal)
    except Source.DoesNotExist:  # removed while it was being stored, and its token with it
        return _refused(401, receiving.NO_TOKEN, **{"WWW-Authenticate": "Bearer"})
    all_refused = len(taken.refused) == taken.rows
    if all_refused:
        # Who sends from a cron job reads no answer; the page can say that nothing of it is here.
        doors.note_failure(
            source, f"No row of a request was taken: {taken.rows:,} were refused; the answer named each."
        )
    return JsonResponse(_told(taken), status=422 if all_refused else 200)


def _rows(request: HttpRequest) -> Sequence[Row | RowRefused]:
    try:
        body = receiving.body_of(request, pushing.LIMIT)
    except receiving.TooLargeError:
        raise too_large() from None
    return pushing.document(body, request.headers.get("Content-Type", ""), request.headers.get("Content-Encoding", ""))


def _told(taken: pushing.Taken) -> dict[str, Any]:
    return {
        "rows": taken.rows,
        "stored": taken.stored,
        "unchanged": taken.unchanged,
        "refused": len(taken.refused),
        "errors": [
            {"row": r.row, **({"id": r.id} if r.id else {}), "reason": r.reason} for r in taken.refused[:MOST_TOLD]
        ],
    }


def _refused(status: int, message: str, **headers: str) -> JsonResponse:
    return JsonResponse({"error": message}, status=status, headers=headers)
