"""The first page: every client the person may see; someone with one client goes straight to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from clients.models import Client, Practice
from clients.permissions import allowed
from monitoring.models import Source

from .frames import moment_text


@dataclass(frozen=True)
class Row:
    """A client in the list; `newest` in the client's own time, "" where nothing arrived yet."""

    client: Client
    newest: str
    broken: str
    """What a person shall look at, if a source has such a thing."""


@require_safe
def clients(request: HttpRequest) -> HttpResponse:
    """The list. ``?all`` shows it also to someone with a single client, who came here by a link."""
    mine = list(Client.objects.listed())
    if len(mine) == 1 and "all" not in request.GET:
        return redirect("client", mine[0].slug)
    sources: dict[int, list[Source]] = {}
    for source in Source.objects.filter(client__in=mine).order_by("name"):
        sources.setdefault(source.client_id, []).append(source)
    rows = sorted((row_of(client, sources.get(client.pk, [])) for client in mine), key=lambda row: not row.broken)
    adds_to = [firm for firm in Practice.objects.order_by("name") if allowed(request, firm, "add_client")]
    return render(request, "pages/clients.html", {"rows": rows, "sentence": sentence(rows), "adds_to": adds_to})


def row_of(client: Client, sources: Sequence[Source]) -> Row:
    """A client with its newest arrival and the first of its sources that has something to look at."""
    arrived = max((s.last_arrival_at for s in sources if s.last_arrival_at), default=None)
    broken = next((f"{s.name}: {s.error}" for s in sources if s.error), "")
    return Row(client, moment_text(arrived, client.zone, named=True) if arrived else "", broken)


def sentence(rows: Sequence[Row]) -> str:
    """What needs a person, else that nothing does."""
    if not rows:
        return "No client is yours to see yet."
    count = f"{len(rows)} clients" if len(rows) > 1 else "1 client"
    broken = [row.client.name for row in rows if row.broken]
    silent = [row.client.name for row in rows if not row.newest]
    if broken:
        has = "A source of {} has" if len(broken) == 1 else "Sources of {} have"
        return f"{has.format(_named(broken))} something to look at; {count} in your care."
    if silent:
        return f"Nothing has arrived yet for {_named(silent)}; {count} in your care."
    return f"{count} in your care, and data is arriving for {'all of them' if len(rows) > 1 else 'it'}."


def _named(names: Sequence[str]) -> str:
    """Up to two names, then how many more."""
    rest = len(names) - 2
    return f"{names[0]}, {names[1]} and {rest} more" if rest > 0 else " and ".join(names)
