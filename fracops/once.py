"""A form that is sent twice counts once: a double click, or a browser that tries again, gets the answer of the first.

That is so for forms without files whose answer leads to another page, as that of everything that writes does.
"""

import hashlib
import time
from collections.abc import Callable

import structlog
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

WITHIN = 15
"""Seconds after which the same form may be sent again, and for which a second sending waits for the first."""
_STEP = 0.05
_FORM = "application/x-www-form-urlencoded"


class FormsOnce:
    """Answers the second of two equal forms with what the first was answered with, where that was to go to another page.

    Every page gives its forms a CSRF token of another wording, so equal bodies come from one page, sent twice. A form that was shown
    again, because something in it was wrong, can be sent again at once. Belongs outside of the scope: the first has then committed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not (request.method == "POST" and request.content_type == _FORM and "csrfmiddlewaretoken" in request.POST):
            return self.get_response(request)
        if not request.user.is_authenticated:
            return self.get_response(request)
        key = f"once:{request.user.pk}:{hashlib.sha256(request.get_full_path().encode() + request.body).hexdigest()}"
        try:
            # Where the first led nowhere, one of those who waited is the next first.
            while not cache.add(key, "", WITHIN):
                if there := _answer_of(key):
                    return HttpResponseRedirect(there)
        except RedisError as error:
            log.warning("forms_not_kept_once", error=type(error).__name__)
            return self.get_response(request)
        return self._first(key, request)

    def _first(self, key: str, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        try:
            if isinstance(response, HttpResponseRedirect):
                cache.set(key, response.url, WITHIN)
            else:
                cache.delete(key)
        except RedisError as error:
            log.warning("forms_not_kept_once", error=type(error).__name__)
        return response


def _answer_of(key: str) -> str:
    """Where the first led, waited for; "" where it led nowhere, or takes too long to wait for."""
    for _ in range(int(WITHIN / _STEP)):
        found: str | None = cache.get(key)
        if found != "":
            return found or ""
        time.sleep(_STEP)
    return ""
