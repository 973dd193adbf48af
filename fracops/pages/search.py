"""The search page, and the part of it that the command palette shows."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clients.permissions import acting_person

from .finding import find

LONGEST = 120
"""Characters that are read of what was asked."""


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Everything that fits ``?q=``; with ``part`` only the list, as the palette puts it in."""
    acting_person(request)
    asked = " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:LONGEST]
    found = find(request, asked)
    template = "components/found.html" if "part" in request.GET else "pages/search.html"
    count = sum(len(kind.hits) for kind in found)
    return render(request, template, {"asked": asked, "found": found, "count": count})
