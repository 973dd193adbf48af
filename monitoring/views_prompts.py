"""The page of a client's prompts: each with its versions, how they are labelled, since when they are called, and how they do."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clients.permissions import allowed, client_or_404

from . import prompts as known


@require_safe
def prompts(request: HttpRequest, slug: str) -> HttpResponse:
    """All prompts of a client with their versions over the last weeks; costs only for those who may see money."""
    client = client_or_404(request, slug)
    found = known.prompts(client, timezone.now(), money=allowed(request, client, "see_money"))
    tables = [
        (
            name,
            [
                (version, [(m.name, version.text(m), version.cases(m), m.of) for m in found.metrics])
                for version in versions
            ],
        )
        for name, versions in found.by_name
    ]
    context = {"client": client, "found": found, "days": known.DAYS, "tables": tables}
    return render(request, "monitoring/prompts.html", context)
