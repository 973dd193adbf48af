"""Refuses addresses that hold control characters, before anything reads them: PostgreSQL holds no NUL, a header no line break."""

import re
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from django.views.defaults import bad_request

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class RefuseControlCharacters:
    """Answers 400 when the decoded path or query holds a control character. What a form posts is for its form to refuse."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if any(map(_CONTROL.search, _address(request))):
            return bad_request(request, BadRequest("a control character in the address"))
        return self.get_response(request)


def _address(request: HttpRequest) -> list[str]:
    """The parts of an address that a sender chooses, as the views would read them."""
    given = [part for name, values in request.GET.lists() for part in (name, *values)]
    return [request.path_info, *given]
