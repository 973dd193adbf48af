"""What changed at a client since a person looked last, as sentences with links: from the records themselves and the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, Case, Exists, F, Min, OuterRef, Q, Subquery, TextField, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Concat, NullIf
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clients.local import day_in
from clients.looks import compared_with, keep, last_look
from clients.models import (
    Change,
    Charter,
    Client,
    Concern,
    ConcernStatus,
    Event,
    EventType,
    HandbookPage,
    Look,
    Membership,
    PageKind,
    PageVersion,
    Role,
    User,
    quarter_key,
)
from clients.paging import AskedForm, stretch, turns
from clients.people import role_word
from clients.permissions import acting_person, allowed, client_or_404
from clients.writing import NBSP, clock_text, day_text
from monitoring.models import Signal
from monitoring.wording import span_text
from reports.delivery import label_of
from reports.models import DeliveryState, Kind, Report

MOST = 7
A_PAGE = 50
_STAFF = "edit_record"
_NOTHING = Value("", output_field=TextField())
type _Row = tuple[datetime, str, str | None, str | None, str | None]
"""When, what, and in text what that needs to be told: what it is called, more of it, and where it is."""


@dataclass(frozen=True)
class New:
    """One thing that changed: a sentence, where to read on, and when."""

    text: str
    url: str
    when: str


@dataclass(frozen=True)
class Since:
    """The block of a client's page: when the reader looked last, the newest changes, and whether there are more."""

    when: str
    news: Sequence[New]
    more: bool


@dataclass(frozen=True)
class Looking:
    """One look of a person at a client, noted once the page is shown."""

    client: Client
    person: User
    last: Look | None
    now: datetime
    told: Since | None
    """None where nobody is told: a client's own people, and whoever looks for the first time."""

    def shown(self, request: HttpRequest) -> None:
        """Note it. What a browser fetches ahead, or asks the headers of, nobody looked at."""
        ahead = "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
        if request.method == "GET" and not ahead:
            keep(self.last, self.client, self.person, self.now)


def looking(request: HttpRequest, client: Client, now: datetime) -> Looking | None:
    """What a client's page tells whoever works for the practice, in two queries; None for the client's own people."""
    if not allowed(request, client, _STAFF):
        return None
    person = acting_person(request)
    last = last_look(client, person)
    since = compared_with(last, now)
    if since is None:
        return Looking(client, person, last, now, None)
    rows = list(_rows(request, client, since)[: MOST + 1])
    news = [_told(client, row, person.zone) for row in rows[:MOST]]
    return Looking(client, person, last, now, Since(_moment(since, person.zone, now), news, len(rows) > MOST))


@require_safe
def since(request: HttpRequest, slug: str) -> HttpResponse:
    """All of it, fifty a page. It notes no look: the client's page does."""
    client, now = client_or_404(request, slug, _STAFF), timezone.now()
    person = acting_person(request)
    moment = compared_with(last_look(client, person), now)
    form = AskedForm(request.GET)
    form.full_clean()
    page = form.cleaned_data.get("page") or 1
    rows = list(_rows(request, client, moment)[stretch(page, A_PAGE)]) if moment else []
    context = {
        "client": client,
        "when": _moment(moment, person.zone, now) if moment else "",
        "news": [_told(client, row, person.zone) for row in rows[:A_PAGE]],
        "zone": person.zone,
        **turns(rows, page, A_PAGE, {}),
    }
    return render(request, "pages/since.html", context)


def _rows(request: HttpRequest, client: Client, since: datetime) -> Any:
    """Everything since a moment, the newest first, as one query.

    What the reader did themselves is no news to them. Who wrote a version is known by name only; who agreed, approved or closed, by the
    audit trail.
    """
    person = acting_person(request)
    versions = PageVersion.objects.filter(client=client, written_at__gt=since).exclude(written_by=person.label)
    approved = HandbookPage.objects.filter(client=client, approved_at__gt=since)
    approved = approved.exclude(_done_by(person, HandbookPage, "approved_at", since))
    signals = Signal.objects.filter(client=client)
    charters = Charter.objects.filter(client=client)
    sent = Min("deliveries__sent_at", filter=Q(deliveries__state=DeliveryState.SENT))
    reports = Report.objects.filter(client=client).annotate(sent=sent).filter(sent__gt=since)
    people = Membership.objects.filter(client=client, since__gt=since).exclude(user=person)
    if not allowed(request, client.practice, "manage_people"):
        people = people.exclude(role=Role.PROGRAM_MANAGER)
    who = Coalesce(NullIf(F("user__name"), Value("")), F("user__email"), output_field=TextField())
    decided = Coalesce(Cast("page__decided_on", TextField()), _NOTHING)
    number = Concat(
        F("page__kind"), Value(":"), Cast("number", TextField()), Value(":"), decided, output_field=TextField()
    )
    arms = (
        _arm(versions, "written_at", "page", F("page__title"), number, F("page__public_id")),
        _arm(approved, "approved_at", "approved", F("title"), F("approved_by"), F("public_id")),
        _arm(signals.filter(opened_at__gt=since), "opened_at", "opened", F("title")),
        _arm(signals.filter(closed_at__gt=since), "closed_at", "closed", F("title")),
        _arm(
            charters.filter(agreed_at__gt=since).exclude(_done_by(person, Charter, "agreed_at", since)),
            "agreed_at",
            "agreed",
            F("quarter_start"),
            F("version"),
        ),
        _arm(
            charters.filter(closed_at__gt=since).exclude(_done_by(person, Charter, "closed_at", since)),
            "closed_at",
            "ended",
            F("quarter_start"),
            F("version"),
        ),
        _arm(reports, "sent", "sent", F("kind"), F("period_start"), F("period_end")),
        _arm(people, "since", "joined", who, F("role")),
    )
    return _trail(client, since, person).union(*arms, all=True).order_by("-moment", "what", "name_")


def _done_by(person: User, model: type[Charter | HandbookPage], column: str, since: datetime) -> Exists:
    """That a person set a column of a row since a moment, as the audit trail has it; for a query of such rows."""
    noted = Change.objects.filter(client_id=OuterRef("client_id"), subject=model._meta.db_table, row_id=OuterRef("pk"))
    return Exists(noted.filter(at__gt=since, actor_id=person.pk, after__has_key=column))


def _arm(rows: Any, at: str, what: Any, name: Any, more: Any = _NOTHING, place: Any = _NOTHING) -> Any:
    """One kind of record in the columns that all have."""
    return (
        rows.order_by()
        .annotate(
            moment=F(at),
            what=Value(what, output_field=TextField()) if isinstance(what, str) else what,
            name_=Cast(name, TextField()),
            more=Cast(more, TextField()),
            place=Cast(place, TextField()),
        )
        .values_list("moment", "what", "name_", "more", "place")
    )


def _trail(client: Client, since: datetime, person: User) -> Any:
    """What only the audit trail knows the moment of: events noted, charters begun, concerns, who left, who looks after the client."""
    update, insert = Change.Action.UPDATE, Change.Action.INSERT
    looks_after = Q(after__has_key="lead_id") | Q(after__has_key="backup_id")
    told = (
        Q(subject__in=["clients_event", "clients_charter", "clients_concern"], action=insert)
        | Q(subject="clients_concern", action=update, after__has_key="status")
        | Q(subject="clients_membership", action=Change.Action.DELETE) & ~Q(before__role=Role.PROGRAM_MANAGER)
        | Q(subject="clients_client", action=update) & looks_after
    )
    whom = Case(
        When(subject="clients_membership", then=KT("before__user_id")),
        When(subject="clients_client", after__has_key="lead_id", then=KT("after__lead_id")),
        When(subject="clients_client", then=KT("after__backup_id")),
        output_field=TextField(),
    )
    rows = (
        Change.objects.filter(told, client_id=client.pk, at__gt=since)
        .exclude(actor_id=person.pk)
        .annotate(whom=Cast(whom, BigIntegerField()))
    )
    concern, event = Concern.objects.filter(pk=OuterRef("row_id")), Event.objects.filter(pk=OuterRef("row_id"))
    called = Coalesce(NullIf(F("name"), Value("")), F("email"), output_field=TextField())
    people = User.objects.filter(pk=OuterRef("whom")).annotate(called=called)
    name = Case(
        When(subject="clients_event", then=KT("after__title")),
        When(subject="clients_charter", then=KT("after__quarter_start")),
        When(subject="clients_concern", then=Subquery(concern.values("item__title")[:1])),
        default=Subquery(people.values("called")[:1]),
        output_field=TextField(),
    )
    began = Coalesce(Cast(Subquery(event.values("began_at")[:1]), TextField()), KT("after__began_at"))
    more = Case(
        When(subject="clients_event", then=Concat(KT("after__type"), Value(":"), began, output_field=TextField())),
        When(subject="clients_charter", then=KT("after__version")),
        When(subject="clients_concern", then=KT("after__status")),
        When(subject="clients_membership", then=KT("before__role")),
        When(after__has_key="lead_id", then=Value("lead")),
        default=Value("backup"),
        output_field=TextField(),
    )
    # What was taken away again has no page of its own any more.
    place = Case(
        When(subject="clients_event", then=Subquery(event.values("public_id")[:1])),
        When(subject="clients_concern", then=Subquery(concern.values("public_id")[:1])),
        output_field=TextField(),
    )
    return _arm(rows, "at", Concat("subject", Value(":"), "action", output_field=TextField()), name, more, place)


def _told(client: Client, row: _Row, zone: str) -> New:
    """A row as a sentence with its link."""
    moment, what, name, more, place = row
    text, url = _words(client, what, name or "", more or "", place or "")
    known = f"{day_text(day_in(moment, zone))}, {clock_text(moment.astimezone(ZoneInfo(zone)))}".replace(" ", NBSP)
    if happened := _happened_on(client, row, zone):
        known = f"{day_text(happened).replace(' ', NBSP)}; written down on {known}"
    return New(text, url, known)


def _happened_on(client: Client, row: _Row, zone: str) -> date | None:
    """The day of an event or a decision that was written down on another one."""
    moment, what, _, more, _ = row
    kind, _, last = (more or "").partition(":")
    if what.startswith("clients_event:"):
        day, written = day_in(datetime.fromisoformat(last), zone), day_in(moment, zone)
    elif what == "page" and kind == PageKind.DECISION and (decided := last.partition(":")[2]):
        day, written = date.fromisoformat(decided), day_in(moment, client.zone)
    else:
        return None
    return None if day == written else day


def _words(client: Client, what: str, name: str, more: str, place: str) -> tuple[str, str]:
    """The sentence, and where to read on."""

    def at(page: str, *arguments: str) -> str:
        return reverse(page, args=[client.slug, *arguments])

    match what.partition(":")[0]:
        case "page":
            kind, number, _ = more.split(":")
            label = PageKind(kind).label
            text = f"{label} “{name}” was {'written' if number == '1' else f'changed: version {number}'}."
            return text, at("handbook-page", place)
        case "approved":
            return f"The policy “{name}” was approved by {more}.", at("handbook-page", place)
        case "opened":
            return f"Signal opened: {name}.", at("signals")
        case "closed":
            return f"Signal closed: {name}.", at("signals")
        case "sent":
            return _sent(client, name, more, place)
        case "joined":
            return f"{name} is {_role(client, more)} of {client.name} now.", at("client-settings")
        case "clients_membership":
            return f"{name or 'Somebody'} no longer belongs to {client.name}.", at("client-settings")
        case "clients_client":
            text = f"{name} is the {more} of {client.name} now." if name else f"{client.name} has no {more} now."
            return text, at("client-settings")
        case "clients_event":
            return f"{EventType(more.partition(':')[0]).label}: {name}.", at("event", place) if place else at("events")
        case "clients_concern":
            stands = ConcernStatus(more).label.lower()
            text = f"“{name or 'An item of the register'}” stands at “{stands}” for {client.name}."
            return text, at("client-risk", place) if place else at("client-risks")
    return _charter(client, what, name, more)


def _charter(client: Client, what: str, quarter: str, version: str) -> tuple[str, str]:
    first = date.fromisoformat(quarter)
    label = Charter(quarter_start=first).label
    named = f"The charter of {label}" if version == "1" else f"Version {version} of {label}’s charter"
    deed = {"agreed": "was agreed", "ended": "was closed with results"}.get(what, "was begun")
    url = reverse("charter-quarter", args=[client.slug, quarter_key(first)])
    return f"{named} {deed}.", f"{url}?version={version}"


def _sent(client: Client, kind: str, first: str, end: str) -> tuple[str, str]:
    report = Report(
        client=client, kind=kind, period_start=date.fromisoformat(first), period_end=date.fromisoformat(end)
    )
    text = f"{Kind(kind).label} of {span_text(report.period_start, report.period.last)} was sent."
    return text, reverse(kind, args=[client.slug, label_of(report)])


def _role(client: Client, role: str) -> str:
    word = role_word(client.practice, role).lower()
    return f"{'an' if word[:1] in 'aeiou' else 'a'} {word}"


def _moment(moment: datetime, zone: str, now: datetime) -> str:
    """``Tuesday 14:05`` within a week, else ``3 November, 14:05``."""
    local, today = moment.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    days = (today - local.date()).days
    day = "today" if days == 0 else f"{local:%A}" if days < 7 else f"{day_text(local.date(), year=days > 300)},"
    return f"{day} {clock_text(local)}".replace(" ", NBSP)
