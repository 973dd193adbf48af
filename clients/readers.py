"""Who reads a page, and so how its dates and numbers are written."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from .writing import territory_asked, written_for


class WrittenForTheReader:
    """Puts the reader's way of writing in force for a request: what the person chose, else what their browser asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = _chosen(request)
        with written_for(chosen or territory_asked(request.headers.get("Accept-Language", ""))):
            response = self.get_response(request)
        if not chosen:
            patch_vary_headers(response, ("Accept-Language",))
        return response


def _chosen(request: HttpRequest) -> str:
    """The country whose way the person chose; "" where they chose none, or nobody is signed in."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        # Machines bring no cookie: nothing is asked about who they are.
        return ""
    return request.user.writes_like if request.user.is_authenticated else ""
