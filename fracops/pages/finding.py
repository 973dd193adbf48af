"""What a person finds by words: clients, pages, acts, and what is written at the clients they see. Never what a role does not show.

Every word has to stand in a thing's name or in that of its client, so that “halden charter” leads to one page. Pages of the handbook are
found by what they say, too. Row-level security
bounds every query to the person's clients; the permission of each kind of thing bounds it further.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from clients.models import Client, HandbookPage, Membership, Opportunity, Practice
from clients.permissions import allowed, listed, works
from clients.searching import Piece, in_texts, pieces
from monitoring.models import Source
from monitoring.readings import Period
from reports import periods
from reports.models import Kind, Report, State

from .context import places

MOST = 8
"""Of a kind; more words find the rest."""
MOST_WORDS = 8
LATEST_REPORTS = 400
"""Reports that are looked through, the newest first: years of one client's, and the last weeks of many."""


@dataclass(frozen=True)
class Hit:
    """One thing that was found: its name, what it is or whose, and where."""

    name: str
    under: str
    url: str
    client: Client | None = None
    excerpt: Sequence[Piece] = ()
    """Where the words stand in its text, in pieces of which some are marked."""


@dataclass(frozen=True)
class Found:
    """What was found of one kind."""

    title: str
    hits: Sequence[Hit]


def find(request: HttpRequest, asked: str) -> list[Found]:
    """What fits all words, by kind; of each kind the newest or first by name. Nothing for no words. Eight queries at most."""
    words = asked.casefold().split()[:MOST_WORDS]
    if not words:
        return []
    mine = listed(request)
    kinds = (
        ("Clients", _clients(mine, words)),
        ("Pages", _pages(request, mine, words)),
        ("Do", _acts(request, words)),
        ("Opportunities", _opportunities(request, mine, words)),
        ("Handbook", _handbook(request, mine, asked, words)),
        ("Sources", _sources(request, mine, words)),
        ("Reports", _reports(request, mine, words)),
        ("People", _people(request, words)),
    )
    return [Found(title, hits) for title, found in kinds if (hits := _first(found))]


def _first(found: Iterator[Hit]) -> list[Hit]:
    return [hit for hit, _ in zip(found, range(MOST), strict=False)]


def _clients(mine: Sequence[Client], words: Sequence[str]) -> Iterator[Hit]:
    for client in mine:
        held = f"{client.name} {client.sector}".casefold()
        if all(word in held for word in words):
            yield Hit(client.name, client.sector, reverse("client", args=[client.slug]), client)


def _pages(request: HttpRequest, mine: Sequence[Client], words: Sequence[str]) -> Iterator[Hit]:
    """Pages that a word names; a client's name alone finds the client, not all its pages."""
    for name, label, permission in places():
        named = label.casefold()
        rest = [word for word in words if word not in named]
        if len(rest) == len(words):
            continue
        for client in mine:
            if all(word in client.name.casefold() for word in rest) and allowed(request, client, permission):
                yield Hit(label, client.name, reverse(name, args=[client.slug]), client)


def _acts(request: HttpRequest, words: Sequence[str]) -> Iterator[Hit]:
    if not works(request):
        return
    acts = [
        ("Log work", "one line, from anywhere", reverse("hours-add")),
        ("Start timer", "one line, and its time runs", reverse("hours-add")),
        ("My week", "hours, day by day", reverse("hours")),
        ("Friday board", "this week’s pulses", reverse("friday")),
    ]
    for firm in Practice.objects.order_by("name"):
        if allowed(request, firm, "add_client"):
            acts.append(("Add a client", firm.name, reverse("client-new", args=[firm.slug])))
        if allowed(request, firm, "invite"):
            acts.append(("Invite somebody", firm.name, reverse("invite", args=[firm.slug])))
    for name, under, url in acts:
        if all(word in name.casefold() for word in words):
            yield Hit(name, under, url)


def _of[Row: Model](
    request: HttpRequest,
    rows: QuerySet[Row],
    column: str,
    mine: Sequence[Client],
    words: Sequence[str],
    permission: str,
) -> Iterator[tuple[Any, Client]]:
    """The newest rows whose `column`, or whose client's name, has all the words, at clients where the person has `permission`."""
    may = {client.pk: client for client in mine if allowed(request, client, permission)}
    fits = Q(client__in=list(may))
    for word in words:
        named = [pk for pk, client in may.items() if word in client.name.casefold()]
        fits &= Q(**{f"{column}__icontains": word}) | Q(client__in=named)
    # A client's name alone finds the client.
    own = Q()
    for word in words:
        own |= Q(**{f"{column}__icontains": word})
    for row in rows.filter(fits & own).order_by("-pk")[:MOST]:
        found: Any = row
        yield found, may[found.client_id]


def _opportunities(request: HttpRequest, mine: Sequence[Client], words: Sequence[str]) -> Iterator[Hit]:
    staff = [client.pk for client in mine if allowed(request, client, "edit_roadmap")]
    rows = Opportunity.objects.filter(Q(visible=True) | Q(client__in=staff)).only("public_id", "title", "client_id")
    for row, client in _of(request, rows, "title", mine, words, "see_roadmap"):
        yield Hit(row.title, client.name, reverse("opportunity", args=[client.slug, row.public_id]), client)


def _handbook(request: HttpRequest, mine: Sequence[Client], asked: str, words: Sequence[str]) -> Iterator[Hit]:
    """Pages by title, then by what their newest version says, which is shown where the words stand."""
    rows = HandbookPage.objects.only("public_id", "title", "client_id", "kind")
    titled = set()
    for row, client in _of(request, rows, "title", mine, words, "read_handbook"):
        titled.add(row.pk)
        yield _page_hit(row, client)
    may = {client.pk: client for client in mine if allowed(request, client, "read_handbook")}
    for found in in_texts(_asked_of(may.values(), asked), MOST + len(titled)):
        if found.page_id not in titled:
            excerpt = pieces(found.excerpt)  # type: ignore[attr-defined]
            yield _page_hit(found.page, may[found.client_id], excerpt)


def _asked_of(clients: Iterable[Client], asked: str) -> list[tuple[list[int], str]]:
    """What is looked for at which clients: at one that words of it name, the other words; nothing where no word is left."""
    groups: dict[str, list[int]] = {}
    for client in clients:
        name = client.name.casefold()
        rest = [word for word in asked.split()[:MOST_WORDS] if word.casefold() not in name]
        groups.setdefault(" ".join(rest), []).append(client.pk)
    # A word can be part of a name by chance: there the text is asked for all of them as well.
    every = [pk for pks in groups.values() for pk in pks]
    return [(pks, rest) for rest, pks in groups.items() if rest and rest != asked] + [(every, asked)]


def _page_hit(page: HandbookPage, client: Client, excerpt: Sequence[Piece] = ()) -> Hit:
    under = f"{client.name}, {'in the text of the ' * bool(excerpt)}{page.get_kind_display().lower()}"
    return Hit(page.title, under, reverse("handbook-page", args=[client.slug, page.public_id]), client, excerpt)


def _sources(request: HttpRequest, mine: Sequence[Client], words: Sequence[str]) -> Iterator[Hit]:
    rows = Source.objects.filter(removed_at=None).only("public_id", "name", "client_id", "kind")
    for row, client in _of(request, rows, "name", mine, words, "view"):
        yield Hit(
            row.name, f"{client.name}, {row.kind_name}", reverse("source", args=[client.slug, row.public_id]), client
        )


def _reports(request: HttpRequest, mine: Sequence[Client], words: Sequence[str]) -> Iterator[Hit]:
    """Reports that were written, by kind, month or week; a client's name alone finds the client."""
    may = {client.pk: client for client in mine if allowed(request, client, "see_reports")}
    rows = Report.objects.filter(client__in=list(may), state=State.COMPOSED)
    newest = rows.order_by("-period_start", "-revision", "pk").values_list(
        "client_id", "kind", "period_start", "period_end"
    )
    seen = set()
    for client_id, kind, start, end in newest[:LATEST_REPORTS]:
        client, period = may[client_id], Period(start, end, may[client_id].zone)
        label = periods.label(kind, period)
        name = f"{Kind(kind).label} {label}"
        own = f"{name} {period.last:%B %Y}".casefold()
        rest = [word for word in words if word not in own]
        key = (client_id, kind, label)
        if len(rest) < len(words) and all(word in client.name.casefold() for word in rest) and key not in seen:
            seen.add(key)
            yield Hit(name, client.name, reverse(kind, args=[client.slug, label]), client)


def _people(request: HttpRequest, words: Sequence[str]) -> Iterator[Hit]:
    """The people of the practices that the person manages."""
    firms = {firm.pk: firm for firm in Practice.objects.order_by("name") if allowed(request, firm, "manage_people")}
    if not firms:
        return
    fits = Q(practice__in=list(firms))
    for word in words:
        fits &= Q(user__name__icontains=word) | Q(user__email__icontains=word)
    rows = Membership.objects.filter(fits).order_by("practice_id", "user_id").distinct("practice_id", "user_id")
    for row in rows.select_related("user")[:MOST]:
        url = reverse("person", args=[firms[row.practice_id].slug, row.user.public_id])
        yield Hit(row.user.label, row.user.email, url)
