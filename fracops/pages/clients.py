"""The first page: the portfolio for who works at a practice, a plain list for others; someone with one client goes straight to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clients.burning import BurnBar, burn_bar, month_burn
from clients.models import Client
from clients.permissions import allowed, listed, works
from clients.retainer import Standing, ending_words, standings
from monitoring.models import Source

from . import first_steps
from .frames import moment_text
from .portfolio import portfolio


@dataclass(frozen=True)
class Row:
    """A client in the list; `newest` in the client's own time, "" where nothing arrived yet."""

    client: Client
    newest: str
    broken: str
    """What a person shall look at, if a source has such a thing."""
    hours: BurnBar | None = None
    """The month's hours against the plan; None where none runs or the person does not see them."""
    ending: str = ""
    """When the engagement ends, where notice was given."""


@require_safe
def clients(request: HttpRequest) -> HttpResponse:
    """The list. ``?all`` shows it also to someone with a single client, who came here by a link."""
    mine = listed(request)
    if len(mine) == 1 and "all" not in request.GET and not first_steps.mine(request, [mine[0].practice]):
        return redirect("client", mine[0].slug)
    if works(request):
        return portfolio(request)
    sources: dict[int, list[Source]] = {}
    for source in Source.objects.filter(client__in=mine).order_by("name"):
        sources.setdefault(source.client_id, []).append(source)
    counted = [client for client in mine if allowed(request, client, "see_hours")]
    stands = standings(counted, timezone.now().date()) if counted else {}
    rows = sorted(
        (row_of(client, sources.get(client.pk, []), stands.get(client.pk)) for client in mine),
        key=lambda row: (not row.broken, not row.ending),
    )
    context = {
        "rows": rows,
        "sentence": sentence(rows),
        "counted": bool(counted),
    }
    return render(request, "pages/clients.html", context)


def row_of(client: Client, sources: Sequence[Source], standing: Standing | None = None) -> Row:
    """A client with its newest arrival, the first of its sources that has something to look at, and how its engagement stands."""
    arrived = max((s.last_arrival_at for s in sources if s.last_arrival_at), default=None)
    broken = next((f"{s.name}: {s.error}" for s in sources if s.error), "")
    burn = month_burn(standing) if standing else None
    return Row(
        client,
        moment_text(arrived, client.zone, named=True) if arrived else "",
        broken,
        burn_bar(burn) if burn else None,
        ending_words(standing.engagement) if standing and not standing.over else "",
    )


def sentence(rows: Sequence[Row]) -> str:
    """What needs a person, else that nothing does."""
    if not rows:
        return "There are no clients yet that you look after."
    count = f"{len(rows)} clients" if len(rows) > 1 else "1 client"
    broken = [row.client.name for row in rows if row.broken]
    leaving = [row.client.name for row in rows if row.ending]
    silent = [row.client.name for row in rows if not row.newest]
    if broken:
        has = "A source of {} has" if len(broken) == 1 else "Sources of {} have"
        return f"{has.format(_named(broken))} something to look at; {count} in your care."
    if leaving:
        engagement = "The engagement with {} ends" if len(leaving) == 1 else "The engagements with {} end"
        return f"{engagement.format(_named(leaving))} after notice; {count} in your care."
    if silent:
        return f"Nothing has arrived yet for {_named(silent)}; {count} in your care."
    return f"{count} in your care, and data is arriving for {'all of them' if len(rows) > 1 else 'it'}."


def _named(names: Sequence[str]) -> str:
    """Up to two names, then how many more."""
    rest = len(names) - 2
    return f"{names[0]}, {names[1]} and {rest} more" if rest > 0 else " and ".join(names)
