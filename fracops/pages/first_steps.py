"""From an empty practice to a first pulse: five steps, each one's state read from what is there, none of it kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clients.local import today_at
from clients.models import Client, Practice, Target, quarter_key, quarter_start
from clients.permissions import allowed, practice_or_404
from monitoring.models import Source
from reports import periods
from reports.models import Kind, Recipient

from .context import WALKING


@dataclass(frozen=True)
class Step:
    """One step: what it is, how it stands, and the page where it is done ("" while an earlier one has to come first)."""

    title: str
    said: str
    done: bool
    url: str
    act: str
    also: tuple[str, str] = ("", "")
    """A second page that belongs to it: address and label."""


@dataclass(frozen=True)
class Steps:
    """A practice's first steps, in order."""

    practice: Practice
    steps: tuple[Step, ...]

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)

    @property
    def left(self) -> int:
        return len(self.steps) - self.done

    @property
    def next(self) -> Step | None:
        """The first that is not done."""
        return next((step for step in self.steps if not step.done), None)


def unfinished(firms: Iterable[Practice]) -> Steps | None:
    """The steps of the first practice that has some left and did not put them away. One query for a practice that is through."""
    for firm in firms:
        if firm.first_steps_hidden or _marked(firm).filter(arrived=True, promised=True, told=True).exists():
            continue
        return steps_of(firm)
    return None


def steps_of(firm: Practice) -> Steps:
    """How far a practice is, by the client that is furthest: of equals the one that was added first. One query."""
    clients = list(_marked(firm).order_by("pk"))
    client = max(clients, key=_far, default=None)
    mails = Step(
        "Your practice",
        f"{firm.name}. Mails and reports come from {firm.sender_email}.",
        True,
        reverse("practice-settings", args=[firm.slug]),
        "Look it over",
    )
    if client is None:
        first = Step(
            "The first client",
            "A company whose AI you look after. Its name and time zone are enough to begin with.",
            False,
            reverse("client-new", args=[firm.slug]),
            "Add a client",
        )
        return Steps(firm, (mails, first, *_to_come()))
    added = Step("The first client", f"{client.name}.", True, reverse("client", args=[client.slug]), "Open its page")
    return Steps(firm, (mails, added, _source(client), _charter(client), _pulse(client)))


def _marked(firm: Practice) -> QuerySet[Any]:
    """The practice's clients, each with what of the steps it has."""
    of_client = {"client": OuterRef("pk")}
    sources = Source.objects.kept().filter(**of_client)
    return Client.objects.filter(practice=firm).annotate(
        connected=Exists(sources),
        arrived=Exists(sources.filter(last_arrival_at__isnull=False)),
        promised=Exists(Target.objects.filter(**of_client)),
        told=Exists(Recipient.objects.on_the_list().filter(**of_client)),
    )


def _far(client: Client) -> tuple[int, int]:
    has = (client.connected, client.arrived, client.promised, client.told)  # type: ignore[attr-defined]
    return sum(has), -client.pk


def _to_come() -> tuple[Step, ...]:
    return (
        Step("A source of its data", "What its AI runs on, so that calls and scores come in.", False, "", ""),
        Step("A charter", "Three targets, proposed from what is measured.", False, "", ""),
        Step("The first pulse", "Friday’s five lines, as they would read now.", False, "", ""),
    )


def _source(client: Client) -> Step:
    if client.arrived:  # type: ignore[attr-defined]
        return Step(
            "A source of its data", "Data is arriving.", True, reverse("sources", args=[client.slug]), "Open sources"
        )
    if client.connected:  # type: ignore[attr-defined]
        said = "A source is there, and nothing has arrived by it yet. The first reading takes a few minutes."
        return Step("A source of its data", said, False, reverse("sources", args=[client.slug]), "Look at it")
    said = "Connect what its AI runs on: paste a key and try it. Or name a source and have traces sent with its token."
    return Step("A source of its data", said, False, reverse("sources", args=[client.slug]), "Connect a source")


def _charter(client: Client) -> Step:
    key = quarter_key(quarter_start(today_at(client)))
    if client.promised:  # type: ignore[attr-defined]
        said = "It is written. An executive agrees to it, in the portal or by a link that you send."
        return Step("A charter", said, True, reverse("charter", args=[client.slug]), "Read the charter")
    proposing = f"{reverse('charter-write', args=[client.slug, key])}?propose=1"
    if client.arrived:  # type: ignore[attr-defined]
        return Step("A charter", "Three targets, proposed from what is measured.", False, proposing, "Propose a draft")
    said = "Three targets. Once data has arrived they can be proposed from it."
    return Step("A charter", said, False, proposing, "Open the workshop")


def _pulse(client: Client) -> Step:
    label = periods.label(Kind.PULSE, periods.latest_pulse(timezone.now(), client.zone))
    read, kept = reverse("pulse", args=[client.slug, label]), reverse("recipients", args=[client.slug])
    if client.told:  # type: ignore[attr-defined]
        said = "It goes out on Friday, to those on the list."
        return Step("The first pulse", said, True, read, "Read it as it stands", (kept, "Who gets it"))
    said = "Friday’s five lines, as they would read now. It is done once somebody is on the list of those who get it."
    return Step("The first pulse", said, False, kept, "Say who gets it", (read, "Read it as it stands"))


@require_http_methods(["GET", "HEAD", "POST"])
def first_steps(request: HttpRequest, practice: str) -> HttpResponse:
    """The list. A POST puts it away (``do=hide``) or brings it back. Until it is through, pages of the practice lead back to it."""
    firm = practice_or_404(request, practice, "edit_practice")
    if request.method == "POST":
        hide = request.POST.get("do") == "hide"
        Practice.objects.filter(pk=firm.pk).update(first_steps_hidden=hide)
        if not hide:
            return redirect("first-steps", firm.slug)
        request.session.pop(WALKING, None)
        messages.success(request, "Put away. The practice’s settings bring the first steps back.")
        return redirect("clients")
    found = steps_of(firm)
    if found.left and not firm.first_steps_hidden:
        if request.session.get(WALKING) != firm.slug:
            request.session[WALKING] = firm.slug
    else:
        request.session.pop(WALKING, None)
    context = {"practice": firm, "found": found, "may_hide": found.left and not firm.first_steps_hidden}
    return render(request, "pages/first_steps.html", context)


def mine(request: HttpRequest, firms: Iterable[Practice]) -> Steps | None:
    """What is left to the person of the practices that they own."""
    return unfinished(firm for firm in firms if allowed(request, firm, "edit_practice"))
