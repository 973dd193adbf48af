"""Refuses requests whose address holds control characters, before anything reads them: PostgreSQL holds no NUL, a header no line break.

And says what was wrong with a request that cannot be read, and keeps it to a line in the log.
"""

import logging
import re
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views import defaults

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class RefuseControlCharacters:
    """Answers 400 when the decoded path, query or session cookie holds a control character; a form refuses those in its fields itself.

    Belongs before the session's middleware, which looks the cookie up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if any(map(_CONTROL.search, _looked_up(request))):
            return bad_request(request, BadRequest("a control character in the address"))
        return self.get_response(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: too much at once is told apart from an address that cannot be read."""
    if isinstance(exception, RequestDataTooBig):
        megabytes = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2
        return render(request, "413.html", {"megabytes": megabytes}, status=413)
    return defaults.bad_request(request, exception)


def _looked_up(request: HttpRequest) -> list[str]:
    """What a sender chooses and the database is asked for, as the views read it."""
    given = [part for name, values in request.GET.lists() for part in (name, *values)]
    return [request.path_info, *given, request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")]


class WithoutTrace(logging.Filter):
    """Takes the stack trace off what was answered with a status below 500: the fault is the sender's, and there is nothing to mend."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = None
        return True
