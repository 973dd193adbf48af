"""The Friday board: this week's pulse of every client with its checks, what fails first."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clients.calendar import Calendar
from clients.local import day_at
from clients.models import Client
from clients.paging import AskedForm, stretch, turns
from clients.permissions import allowed, listed, works
from clients.writing import NBSP, clock_text, day_text, weekday_text
from monitoring.freshness import ASKED, Freshness, fresh_of
from monitoring.models import Source
from monitoring.readings import Period
from monitoring.settling import unsettled
from reports.models import Delivery, DeliveryState, Kind, Report, State
from reports.periods import FRIDAY, WEEK, pulse_label
from reports.schedule import Coming, next_pulse, pulse_of

from .health import SILENT
from .many import at_client, people_of
from .marks import Mark
from .ready import NO_RECIPIENT, NO_SOURCE, NOTHING_YET, lacking, not_ready
from .sends import send_of

A_PAGE = 30
"""Pulses, each with its checks."""
_GOOD, _WATCH, _OFF, _NONE = (
    Mark("good", "good", "Passes"),
    Mark("watch", "watch", "Look"),
    Mark("off", "off", "Fails"),
    Mark("nodata", "none", "Not sent"),
)
_IDLE = Mark("nodata", "none", "Not planned")


@dataclass(frozen=True)
class Check:
    """One thing that has to be right before a pulse goes out; `act` and `page` are what to do and where, "" where it passes."""

    name: str
    mark: Mark
    words: str
    act: str = ""
    page: str = ""

    @property
    def fails(self) -> bool:
        return self.mark is _OFF


@dataclass(frozen=True)
class Pulse:
    """A client's pulse of the week: how far it is, in words, and its checks."""

    client: Client
    label: str
    """Of the week, where the pulse has a page of its own already."""
    due_at: datetime
    when: str
    mark: Mark
    words: str
    checks: Sequence[Check]
    over: bool
    """Whether it went out or will not: its checks no longer matter."""
    after: Coming
    """The client's pulse that goes out next."""
    lacks: list[str]
    """What the client's next pulse lacks to be read."""

    @property
    def url(self) -> str:
        """Its page, or that of all pulses while it has none."""
        return (
            reverse("pulse", args=[self.client.slug, self.label])
            if self.label
            else reverse("pulses", args=[self.client.slug])
        )

    @property
    def failing(self) -> Sequence[Check]:
        return [check for check in self.checks if check.mark is not _GOOD and not self.over]

    @property
    def next_words(self) -> str:
        """When the next one goes out, of one that is over; "" before."""
        return f"Next: {send_of(self.after).when}. {not_ready(self.lacks)}".strip() if self.over else ""

    @property
    def order(self) -> tuple[bool, bool, datetime, str]:
        bad = self.mark is _OFF or any(check.fails for check in self.failing)
        return (not bad, self.over, self.due_at, self.client.name)


@require_safe
def friday(request: HttpRequest) -> HttpResponse:
    """The board of everybody who works for a practice; for others there is no such page."""
    if not works(request):
        raise Http404
    mine = [client for client in listed(request) if allowed(request, client, "settle_delivery")]
    pulses = sorted(pulses_of(mine, timezone.now()), key=lambda pulse: pulse.order)
    form = AskedForm(request.GET)
    form.full_clean()
    page = form.cleaned_data.get("page") or 1
    shown = pulses[stretch(page, A_PAGE)]
    context = {"pulses": shown[:A_PAGE], **turns(shown, page, A_PAGE, {}), "sentence": sentence(pulses)}
    return render(request, "pages/friday.html", context)


def sentence(pulses: Sequence[Pulse]) -> str:
    """How many went out, are ready, and need a look."""
    if not pulses:
        return "No client of yours is sent a pulse yet."
    bad = sum(pulse.order[0] is False for pulse in pulses)
    sent = sum(pulse.mark is _GOOD and pulse.over for pulse in pulses)
    none, idle = (sum(pulse.mark is mark for pulse in pulses) for mark in (_NONE, _IDLE))
    ready = len(pulses) - bad - sent - none - idle
    counts = ((sent, "went out"), (ready, "ready"), (none, "not sent"), (idle, "not planned"))
    parts = [f"{n} {word}" for n, word in counts if n]
    whole = f"{len(pulses)} pulse{'' if len(pulses) == 1 else 's'} this week"
    look = [f"{bad} need{'s' if bad == 1 else ''} a look, {pulses[0].client.name} first"] if bad else []
    told = "No pulse was planned this week." if idle == len(pulses) else f"{whole}: {', '.join([*look, *parts])}."
    coming = {pulse.after.day for pulse in pulses if not pulse.after.silent}
    if not coming or not all(pulse.over for pulse in pulses):
        return told
    when = f"{'on' if len(coming) == 1 else 'from'} {weekday_text(min(coming))}"
    return f"{told} The next {'goes' if len(pulses) == 1 else 'go'} out {when}."


def pulses_of(clients: Sequence[Client], now: datetime) -> list[Pulse]:
    """The week's pulse of each client, in five queries. Needs a scope that has them all."""
    ids = [client.pk for client in clients]
    weeks = {client.pk: week_at(day_at(client, now), client.zone) for client in clients}
    if not ids:
        return []
    ends = {week.end for week in weeks.values()}
    reports: dict[int, Report] = {}
    found = Report.objects.filter(client__in=ids, kind=Kind.PULSE, period_end__in=ends, mailed=True)
    for report in found.order_by("revision"):
        if report.period_end == weeks[report.client_id].end:
            reports[report.client_id] = report
    mails = _mails([report.pk for report in reports.values()])
    people = people_of(ids)
    fresh: dict[int, list[Freshness]] = defaultdict(list)
    for source in Source.objects.filter(client__in=ids, removed_at=None).only(*ASKED):
        fresh[source.client_id].append(fresh_of(source, now))
    calendars = Calendar.of_many(clients, min(ends) - timedelta(days=WEEK), max(ends) + timedelta(days=2 * WEEK))
    return [
        _pulse(
            client,
            pulse_of(client, weeks[client.pk], calendars[client.pk]),
            reports.get(client.pk),
            mails,
            _checks(client, weeks[client.pk], fresh[client.pk], people.get(client.pk, 0), now),
            now,
            lacking(len(fresh[client.pk]), _newest(fresh[client.pk]), people.get(client.pk, 0)),
            next_pulse(client, now, calendars[client.pk]),
        )
        for client in clients
    ]


def week_at(today: date, zone: str) -> Period:
    """The days of the pulse whose Friday is in the week, from Monday, of a local day."""
    end = today + timedelta(days=FRIDAY - today.isoweekday())
    return Period(end - timedelta(days=WEEK), end, zone)


def _mails(reports: Sequence[int]) -> Mapping[int, Counter[str]]:
    """How many deliveries of each report are in which state."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    rows = Delivery.objects.filter(report__in=reports).order_by().values_list("report_id", "state")
    for report_id, state, n in rows.annotate(n=Count("pk")):
        found[report_id][state] = n
    return found


def _pulse(
    client: Client,
    coming: Coming,
    report: Report | None,
    mails: Mapping[int, Counter[str]],
    checks: Sequence[Check],
    now: datetime,
    lacks: list[str],
    after: Coming,
) -> Pulse:
    today = day_at(client, now)
    due_at = report.due_at if report else coming.due_at
    due = at_client(due_at, client)
    when = f"{due:%A}, {clock_text(due)}".replace(" ", NBSP)
    mark, words, over = _standing(
        report, coming, mails[report.pk] if report and report.pk in mails else Counter(), when, today, lacks
    )
    if not over and any(check.fails for check in checks):
        mark = _OFF
    # Before its week is over there is a page of it only once it was written, where its Friday is closed.
    written = report is not None and report.state == State.COMPOSED
    label = pulse_label(coming.period) if written or today >= coming.period.end else ""
    return Pulse(client, label, due_at, when, mark, words, checks, over, after, lacks)


def _standing(
    report: Report | None, coming: Coming, sent: Counter[str], when: str, today: date, lacks: list[str]
) -> tuple[Mark, str, bool]:
    """How far a pulse is, in words, and whether that is the end of it."""
    if report is None or report.state == State.PLANNED:
        if coming.silent:
            return _NONE, coming.silent, True
        if report is None and coming.day < today:
            return _IDLE, f"None was planned for {day_text(coming.day)}.", True
        return (
            _GOOD,
            (f"Goes out on {when}." if not lacks else f"Due on {when}. {not_ready(lacks)}")
            + (f" Its Friday is closed: {coming.closed}." if coming.moved else ""),
            False,
        )
    if report.state == State.SKIPPED:
        return _NONE, report.error or "Not sent.", True
    if report.state in (State.MISSED, State.FAILED):
        return _OFF, report.error or "It was not sent.", True
    total = sum(sent.values())
    if uncertain := sent[DeliveryState.UNCERTAIN]:
        return _OFF, f"Nobody knows whether {uncertain} of {total} arrived: settle it on its page.", True
    if failed := sent[DeliveryState.FAILED]:
        return _OFF, f"{failed} of {total} did not arrive: its page says why.", True
    if not total:
        return _OFF, "Written, and sent to nobody: it has no recipients.", True
    done = sent[DeliveryState.SENT]
    return (_GOOD, f"Sent to {done} of {total}.", True) if done == total else (_GOOD, f"{done} of {total} sent.", False)


def _checks(client: Client, week: Period, fresh: Sequence[Freshness], people: int, now: datetime) -> list[Check]:
    return [_arrives(client, fresh, now), _settled(client, week, fresh), _read_by(client, people)]


def _arrives(client: Client, fresh: Sequence[Freshness], now: datetime) -> Check:
    name = "Data is fresh"
    if not fresh:
        return Check(name, _OFF, NO_SOURCE, "Connect one", "sources")
    broken = [f.name for f in fresh if f.error]
    if broken:
        return Check(name, _OFF, f"{', '.join(broken)} to be looked at", "See why", "sources")
    newest = _newest(fresh)
    if newest is None:
        return Check(name, _OFF, NOTHING_YET, "Look at its sources", "sources")
    local = at_client(newest, client)
    words = f"Newest {day_text(local.date())}, {clock_text(local)}"
    if now - newest > SILENT:
        return Check(name, _OFF, words, "Look at its sources", "sources")
    return Check(name, _GOOD, words)


def _newest(fresh: Sequence[Freshness]) -> datetime | None:
    return max((f.last_arrival_at for f in fresh if f.last_arrival_at), default=None)


def _settled(client: Client, week: Period, fresh: Sequence[Freshness]) -> Check:
    name, open_days = "Every number is settled", unsettled(fresh, client.zone)
    if open_days is None or open_days.first >= week.end:
        return Check(name, _GOOD, "No day of it can change")
    if open_days.stuck:
        source, day = open_days.stuck[0]
        return Check(name, _OFF, f"{source} was read only up to {day_text(day)}", "See why", "sources")
    words = f"From {day_text(open_days.first)} on still coming in; the pulse leaves those days out"
    return Check(name, _WATCH, words)


def _read_by(client: Client, people: int) -> Check:
    name = "Somebody reads it"
    if not people:
        return Check(name, _OFF, NO_RECIPIENT, "Add one", "recipients")
    return Check(name, _GOOD, f"{people} recipient{'' if people == 1 else 's'}")
