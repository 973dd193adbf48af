"""The first page: every client the person may see; someone with one client goes straight to it."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from clients.models import Client
from monitoring.series import freshness

from .frames import moment_text


@dataclass(frozen=True)
class Row:
    """A client in the list; `newest` in the client's own time, "" where nothing arrived yet."""

    client: Client
    newest: str
    broken: str
    """What stopped a source, if one is stopped."""


@require_safe
def clients(request: HttpRequest) -> HttpResponse:
    """The list. ``?all`` shows it also to someone with a single client, who came here by a link."""
    mine = list(Client.objects.listed())
    if len(mine) == 1 and "all" not in request.GET:
        return redirect("client", mine[0].slug)
    rows = [_row(client) for client in mine]
    return render(request, "pages/clients.html", {"rows": rows})


def _row(client: Client) -> Row:
    sources = freshness(client)
    arrived: datetime | None = max((s.last_arrival_at for s in sources if s.last_arrival_at), default=None)
    broken = next((f"{s.name}: {s.error}" for s in sources if s.error), "")
    return Row(client, moment_text(arrived, client.zone) if arrived else "", broken)
