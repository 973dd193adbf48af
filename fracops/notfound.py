"""The answer to an address with nothing behind it: the sentence a view of ours gave as the reason, else the general one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

_OURS = frozenset({"clients", "monitoring", "reports", "fracops"})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return render(request, "404.html", {"said": reason(exception)}, status=404)


def reason(exception: Exception) -> str:
    """What to tell a person, "" where nobody wrote it for one.

    Django raises the same class with words for programmers ("No Source matches the given query"), so what counts is where the
    exception was raised.
    """
    raised = exception.__traceback__
    while raised and raised.tb_next:
        raised = raised.tb_next
    module = str(raised.tb_frame.f_globals.get("__name__", "")) if raised else ""
    if module.partition(".")[0] not in _OURS or not exception.args:
        return ""
    return str(exception.args[0])
