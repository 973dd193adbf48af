"""What happened at a client, newest first: what people wrote down, what came with the calls, and what was decided, agreed and sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clients.local import day_in, today_at
from clients.models import (
    TYPES,
    Charter,
    Client,
    Event,
    EventKind,
    EventType,
    HandbookPage,
    PageKind,
    RetirementNotice,
    System,
    SystemReview,
)
from clients.paging import AskedForm, stretch, turns
from clients.permissions import allowed, client_or_404
from clients.writing import NBSP, clock_text, day_text, number_text
from monitoring.catalogue import CATALOGUE
from monitoring.happenings import Happening, measured, newest_first, typed
from monitoring.wording import span_text
from reports.delivery import label_of
from reports.models import DeliveryState, Kind, Report

from .evidence import evidence_url
from .frames import moment_text
from .periods import USUAL

DAYS = 90
"""Days before the last one that is shown, which comes on top, where nobody asked for others."""
LONGEST = 366
"""Days before the last one at most; of a longer stretch its end is shown."""
AHEAD = timedelta(days=366)
A_PAGE = 50
MOST_PAGES = 40
MOST = A_PAGE * MOST_PAGES
"""Rows of one kind that are read at most; whoever looks for more names a shorter stretch."""
OPEN = 10
"""Open incidents, reviews and retirements that stand above the list, of each."""
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
_OURS = (
    MinValueValidator(date(2015, 1, 1), "Write a day after 2014."),
    MaxValueValidator(date(2100, 1, 1), "Write a day before 2100."),
)


class FilterForm(AskedForm):
    """Which of it; all in the address. What cannot be understood counts as not asked."""

    kind = forms.ChoiceField(required=False, label="Kind")
    system = forms.ChoiceField(required=False, label="System")
    since = forms.DateField(required=False, label="From", widget=_DAY, validators=_OURS)
    until = forms.DateField(required=False, label="Until", widget=_DAY, validators=_OURS)

    def __init__(self, kinds: Sequence[EventKind], systems: Sequence[System], data: Any) -> None:
        super().__init__(data)
        self.fields["kind"].choices = [("", "All"), *((kind.value, kind.label) for kind in kinds)]  # type: ignore[attr-defined]
        own = [("", "All"), *((system.public_id, system.name) for system in systems)]
        self.fields["system"].choices = own  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Span:
    """The local days that are shown, `last` included (None for all that is to come), and what to say where they are not as asked."""

    first: date
    last: date | None
    wrong: str = ""

    def instants(self, zone: str, now: datetime) -> tuple[datetime, datetime]:
        """From the first day's midnight to the one after the last."""
        local = ZoneInfo(zone)
        end = now + AHEAD if self.last is None else datetime.combine(self.last + timedelta(days=1), time(), local)
        return datetime.combine(self.first, time(), local), end


@dataclass(frozen=True)
class Line:
    """One row of the timeline, in words."""

    when: str
    until: str
    kind: str
    title: str
    link: str
    system: str
    count: str
    happening: Happening
    reviews: Sequence[SystemReview] = ()
    edit: str = ""


@require_safe
def happened(request: HttpRequest, slug: str) -> HttpResponse:
    """The page: what is open first, then the timeline, fifty rows at a time."""
    client = client_or_404(request, slug, "see_events")
    staff = allowed(request, client, "edit_events")
    now, today = timezone.now(), today_at(client)
    systems = list(System.objects.filter(client=client))
    form = FilterForm(_kinds(request, client), systems, request.GET)
    kept = form.asked()
    span = span_of(kept.get("since"), kept.get("until"), today)
    system = next((s for s in systems if s.public_id == kept.get("system")), None)
    rows = _rows(request, client, span.instants(client.zone, now), kept.get("kind") or "", system, staff=staff)
    page = form.cleaned_data.get("page") or 1
    shown = rows[stretch(page, A_PAGE)]
    events = Event.objects.of(client, staff=staff)
    incidents = list(events.filter(type=EventType.INCIDENT, ended_at=None)[:OPEN])
    reviews = list(_waiting(client, staff=staff)[:OPEN])
    retirements = list(RetirementNotice.objects.filter(client=client, over_at=None)[:OPEN])
    context = {
        "client": client,
        "form": form,
        "span": span,
        "days": span_text(span.first, span.last or today),
        "said": sentence(client, incidents, reviews, retirements, rows, span, today),
        "incidents": incidents,
        "reviews": [(review, review.is_late(today)) for review in reviews],
        "retirements": [(notice, (notice.retires_on - today).days) for notice in retirements],
        "lines": _lines(request, client, shown[:A_PAGE]),
        **turns(shown, page, A_PAGE, kept),
        "before": _before(kept, span) if len(shown) <= A_PAGE else "",
        "staff": staff,
        "may_log": allowed(request, client, "log_events"),
    }
    return render(request, "pages/happened.html", context)


def span_of(since: date | None, until: date | None, today: date) -> Span:
    """The days that an address asks for: the last DAYS where it asks for none, never more than LONGEST."""
    if since and until and since > until:
        return Span(today - timedelta(days=DAYS), None, "It ends before it begins: write the earlier day first.")
    if since is None:
        return Span((until or today) - timedelta(days=DAYS), until)
    end = until or today
    if (end - since).days > LONGEST:
        return Span(
            end - timedelta(days=LONGEST),
            until,
            f"That is longer than a year: shown is the year up to {day_text(end, year=True)}.",
        )
    return Span(since, until)


def sentence(
    client: Client,
    incidents: Sequence[Event],
    reviews: Sequence[SystemReview],
    retirements: Sequence[RetirementNotice],
    rows: Sequence[Happening],
    span: Span,
    today: date,
) -> str:
    """What a person should know first: what is open, else what is late, else what happened last."""
    if len(incidents) > 1:
        return f"{len(incidents)} incidents at {client.name} are open."
    if incidents:
        return f"An incident at {client.name} is open: {incidents[0].title}."
    if late := [review for review in reviews if review.is_late(today)]:
        return f"{late[0].system.name} was to be looked at by {day_text(late[0].due)}: {late[0].event.title}."
    if soon := [notice for notice in retirements if (notice.retires_on - today).days <= 30]:
        days = (soon[0].retires_on - today).days
        return f"{soon[0].model} retires in {days} days." if days > 0 else f"{soon[0].model} has retired."
    if not rows:
        return f"Nothing is on the timeline of {client.name} that fits what you ask for."
    things = "One thing" if len(rows) == 1 else f"{len(rows)} things"
    stretch_of = "" if span.last else f" since {day_text(span.first)}"
    return f"{things} happened at {client.name}{stretch_of}; the newest: {rows[0].title}."


def _kinds(request: HttpRequest, client: Client) -> list[EventKind]:
    """The kinds that the person is shown at all."""
    hidden = set()
    if not allowed(request, client, "read_handbook"):
        hidden.add(EventKind.DECISION)
    if not allowed(request, client, "see_reports"):
        hidden.add(EventKind.REPORT)
    return [kind for kind in EventKind if kind not in hidden]


def _rows(
    request: HttpRequest,
    client: Client,
    instants: tuple[datetime, datetime],
    kind: str,
    system: System | None,
    *,
    staff: bool,
) -> list[Happening]:
    """Everything in the stretch that fits, newest first. The number of queries does not depend on how much there is."""
    start, end = instants
    reads: dict[EventKind, Callable[[], list[Happening]]] = {
        EventKind.DECISION: lambda: _decisions(client, start, end),
        EventKind.CHARTER: lambda: _charters(client, start, end),
        EventKind.REPORT: lambda: _reports(client, start, end),
        EventKind.RETIREMENT: lambda: _retirements(client, start, end),
    }
    seen = [EventKind(kind)] if kind else _kinds(request, client)
    lists = []
    if types := [each.value for one in seen for each in TYPES.get(one, ())]:
        events = Event.objects.of(client, staff=staff).prefetch_related("reviews__system")
        events = events.filter(began_at__gte=start, began_at__lt=end, type__in=types)
        lists.append(typed((events.filter(system=system) if system else events)[:MOST]))
    if {EventKind.MODEL, EventKind.PROMPT} & set(seen):
        came = measured(client, start, min(end, timezone.now()))
        lists.append([h for h in came if h.kind in seen and (system is None or h.system == system.name)])
    if system is None:
        # These are the whole client's.
        lists += [reads[one]() for one in seen if one in reads]
    return newest_first(*lists)


def _decisions(client: Client, start: datetime, end: datetime) -> list[Happening]:
    zone = ZoneInfo(client.zone)
    pages = HandbookPage.objects.of(client).filter(
        kind=PageKind.DECISION,
        decided_on__gte=start.astimezone(zone).date(),
        decided_on__lt=end.astimezone(zone).date(),
    )
    return [
        Happening(
            datetime.combine(page.decided_on, time(), zone),
            EventKind.DECISION,
            page.title,
            by_day=True,
            about=reverse("handbook-page", args=[client.slug, page.public_id]),
        )
        for page in pages[:MOST]
        if page.decided_on
    ]


def _charters(client: Client, start: datetime, end: datetime) -> list[Happening]:
    agreed = Charter.objects.filter(client=client, agreed_at__gte=start, agreed_at__lt=end).defer("agreed_text")
    return [
        Happening(
            charter.agreed_at,
            EventKind.CHARTER,
            f"Charter of {charter.label} agreed" + (f", version {charter.version}" if charter.version > 1 else ""),
            about=reverse("charter-quarter", args=[client.slug, charter.key]),
        )
        for charter in agreed[:MOST]
        if charter.agreed_at
    ]


def _reports(client: Client, start: datetime, end: datetime) -> list[Happening]:
    sent = Q(deliveries__state=DeliveryState.SENT)
    reports = (
        Report.objects.filter(client=client)
        .annotate(sent_at=Min("deliveries__sent_at", filter=sent), readers=Count("deliveries", filter=sent))
        .filter(sent_at__gte=start, sent_at__lt=end)
        .order_by("-sent_at")
    )
    made = []
    for report in reports[:MOST]:
        report.client = client
        name = f"{Kind(report.kind).label} of {span_text(report.period_start, report.period.last)} sent"
        url = reverse(report.kind, args=[client.slug, label_of(report)])
        made.append(
            Happening(report.sent_at, EventKind.REPORT, name, count=report.readers, counted="recipients", about=url)
        )
    return made


def _retirements(client: Client, start: datetime, end: datetime) -> list[Happening]:
    notices = RetirementNotice.objects.filter(client=client, noticed_at__gte=start, noticed_at__lt=end)
    return [
        Happening(
            notice.noticed_at,
            EventKind.RETIREMENT,
            f"{notice.model} is to retire on {day_text(notice.retires_on, year=True)}",
            about=notice.link,
            subject=notice.model,
        )
        for notice in notices[:MOST]
    ]


def _waiting(client: Client, *, staff: bool) -> Any:
    waiting = SystemReview.objects.filter(client=client, done_on=None).select_related("system", "event")
    return waiting if staff else waiting.filter(event__visible=True)


def _lines(request: HttpRequest, client: Client, rows: Sequence[Happening]) -> list[Line]:
    every, own = allowed(request, client, "edit_events"), allowed(request, client, "log_events")
    made = []
    for row in rows:
        event = row.event
        mends = event is not None and (every or (own and event.author_id == request.user.pk))
        made.append(
            Line(
                when=_when(row, client.zone),
                until=_until(event, client.zone),
                kind=EventType(event.type).label if event else row.kind.label,
                title=row.title,
                link=event.link if event else _about(client, row),
                system=row.system,
                count=f"{number_text(row.count)}{NBSP}{_noun(row)}" if row.count is not None else "",
                happening=row,
                reviews=list(event.reviews.all()) if event else (),
                edit=reverse("event", args=[client.slug, event.public_id]) if event and mends else "",
            )
        )
    return made


def _noun(row: Happening) -> str:
    return row.counted.removesuffix("s") if row.count == 1 and row.counted == "recipients" else row.counted


def _about(client: Client, row: Happening) -> str:
    """Where to read on of what nobody typed."""
    if row.about:
        return row.about
    if row.kind is EventKind.MODEL:
        return evidence_url(client, CATALOGUE["error_rate"], USUAL, model=row.subject)
    return reverse("prompts", args=[client.slug])


def _when(row: Happening, zone: str) -> str:
    if row.by_day:
        return day_text(day_in(row.at, zone), year=True).replace(" ", NBSP)
    day = row.at.astimezone(ZoneInfo(zone))
    return f"{day_text(day.date(), year=True)}, {clock_text(day)}".replace(" ", NBSP)


def _until(event: Event | None, zone: str) -> str:
    if event is None or event.ended_at is None:
        return "still open" if event and event.is_open else ""
    return f"to {moment_text(event.ended_at, zone)}"


def _before(kept: Mapping[str, Any], span: Span) -> str:
    """The address of the DAYS before this stretch."""
    last = span.first - timedelta(days=1)
    asked = {**kept, "since": last - timedelta(days=DAYS), "until": last}
    return f"?{urlencode(asked)}"
