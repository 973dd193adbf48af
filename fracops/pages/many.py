"""The facts of many clients side by side, in a number of queries that does not grow with them. Needs a scope that has them all."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth

from clients import plans
from clients.absences import Away, away_at
from clients.burning import burn_in
from clients.calendar import Calendar
from clients.local import day_at
from clients.models import (
    PENDING,
    Charter,
    CharterLink,
    Client,
    Concern,
    Engagement,
    Glance,
    HandbookPage,
    Opportunity,
    PageKind,
    RiskStatus,
    Stage,
    Terms,
    Verdict,
    WorkEntry,
    quarter_start,
)
from clients.months import month_start
from clients.retainer import at_hand, terms_in, week_of
from clients.roadmap import went_quiet_by
from clients.vendors import Notice, notices
from monitoring.models import Signal, Source
from reports.models import Delivery, DeliveryState, Recipient, Report, State
from reports.schedule import Coming, next_pulse

RECENT = timedelta(days=7)
"""For so long after it was due a report that failed is still something to look at; an uncertain one until it is settled."""
BEFORE_QUARTER = timedelta(days=21)
"""So long before its quarter begins, a draft is something to send."""


@dataclass
class Facts:
    """What is known of one client today; lists hold what is open only."""

    client: Client
    today: date
    """The day it is there."""
    glance: Glance | None = None
    newest: datetime | None = None
    """When data arrived last."""
    watched: int = 0
    """How many sources bring its data."""
    people: int = 0
    """How many its pulse is sent to."""
    broken: list[str] = field(default_factory=list)
    """Of each source that cannot be read: its name and why."""
    signals: list[Signal] = field(default_factory=list)
    engagement: Engagement | None = None
    plan: str = ""
    burn: plans.Burn | None = None
    worked: int = 0
    """Minutes worked for it this month, under a plan or not."""
    deliveries: list[Delivery] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    drafts: list[Charter] = field(default_factory=list)
    sent: dict[int, CharterLink] = field(default_factory=dict)
    """The open link of a draft that was sent, by the draft's id."""
    lapsed: dict[int, str] = field(default_factory=dict)
    """Why nobody will agree by that link, where that is so: “ran out”."""
    policies: list[HandbookPage] = field(default_factory=list)
    chances: list[Opportunity] = field(default_factory=list)
    """Pilots that stall, and opportunities whose review is past."""
    concerns: list[Concern] = field(default_factory=list)
    """What of the register concerns it, is not settled, and was to be by now."""
    contracts: list[Notice] = field(default_factory=list)
    """Vendors' contracts that somebody has to decide on, the next renewal first."""
    coming: Coming | None = None
    away: Away | None = None
    """Where its lead is away now: until when, and who stands in."""

    @property
    def unplanned(self) -> int:
        """Minutes worked this month that no plan has hours for: without an engagement in it, or with one that agrees on none.

        While an engagement's month is not read yet, which a worker does within minutes, they may be of its plan: then none.
        """
        if self.burn:
            return 0 if self.burn.available else self.worked
        read = self.glance is not None and self.glance.month == month_start(self.today)
        return self.worked if read or self.engagement is None else 0


def facts_of(clients: Sequence[Client], now: datetime) -> list[Facts]:
    """The facts of each client, in the order given; its practice comes with it. Nineteen queries, and two where a lead is away."""
    found = {c.pk: Facts(c, day_at(c, now)) for c in clients}
    if not found:
        return []
    first_day = min(one.today for one in found.values())
    for glance in Glance.objects.filter(client__in=found):
        found[glance.client_id].glance = glance
    _sources(found)
    for signal in Signal.objects.filter(client__in=found, closed_at=None).order_by("opened_at"):
        found[signal.client_id].signals.append(signal)
    _engagements(found, first_day)
    _sends(found, now)
    _charters(found, first_day, now)
    _reviews(found, first_day + timedelta(days=1))
    _dealings(found, first_day + timedelta(days=1))
    away = away_at({c.practice for c in clients}, now)
    calendars = Calendar.of_many(clients, first_day - timedelta(days=8), first_day + timedelta(days=16))
    for one in found.values():
        one.away = away.get(one.client.pk)
        one.coming = next_pulse(one.client, now, calendars[one.client.pk])
    return list(found.values())


def _sources(found: dict[int, Facts]) -> None:
    rows = Source.objects.filter(client__in=found, removed_at=None).order_by("name")
    for client_id, name, arrived, error in rows.values_list("client_id", "name", "last_arrival_at", "error"):
        one = found[client_id]
        one.watched += 1
        if arrived and (one.newest is None or arrived > one.newest):
            one.newest = arrived
        if error:
            one.broken.append(f"{name}: {error}")


def _engagements(found: dict[int, Facts], first_day: date) -> None:
    by_client: dict[int, list[Engagement]] = defaultdict(list)
    for engagement in Engagement.objects.filter(client__in=found):
        by_client[engagement.client_id].append(engagement)
    # Read by themselves: a prefetch makes a query set for each engagement, and of a long list that is a tenth of the page's time.
    agreed: dict[int, list[Terms]] = defaultdict(list)
    for terms in Terms.objects.filter(client__in=found):
        agreed[terms.engagement_id].append(terms)
    worked = _worked(found, first_day)
    for one in found.values():
        one.worked = worked.get((one.client.pk, month_start(one.today)), 0)
    for client_id, engagements in by_client.items():
        one = found[client_id]
        one.engagement = at_hand(engagements, one.today)
        if one.engagement is None:
            continue
        month = month_start(one.today)
        plan = terms_in(agreed[one.engagement.pk], month)
        one.plan = plan.plan_words if plan else ""
        # What was read last month says nothing of this one's hours.
        if one.glance and one.glance.available is not None and one.glance.month == month:
            one.burn = burn_in(
                one.engagement,
                month,
                one.worked,
                one.glance.available,
                one.today,
                week_of(one.client.practice),
            )


def _worked(found: dict[int, Facts], first_day: date) -> dict[tuple[int, date], int]:
    """The minutes of this month's entries by client and month, for days that differ between zones."""
    sums = (
        WorkEntry.objects.filter(client__in=found, day__gte=month_start(first_day))
        .annotate(month=TruncMonth("day"))
        .order_by()
        .values_list("client_id", "month")
        .annotate(minutes=Sum("minutes"))
    )
    return {(client_id, month): minutes for client_id, month, minutes in sums}


def _sends(found: dict[int, Facts], now: datetime) -> None:
    recent = now - RECENT
    failed = Q(state=DeliveryState.FAILED, not_before__gte=recent)
    deliveries = Delivery.objects.filter(Q(state=DeliveryState.UNCERTAIN) | failed, client__in=found)
    for delivery in deliveries.select_related("report").order_by("not_before"):
        delivery.report.client = found[delivery.client_id].client
        found[delivery.client_id].deliveries.append(delivery)
    reports = Report.objects.filter(client__in=found, state__in=[State.FAILED, State.MISSED], due_at__gte=recent)
    for report in reports.order_by("due_at"):
        report.client = found[report.client_id].client
        found[report.client_id].reports.append(report)
    for client_id, people in people_of(found).items():
        found[client_id].people = people


def people_of(clients: Iterable[int]) -> dict[int, int]:
    """To how many each client's pulse is sent, by the client's id. One query."""
    counted = Recipient.objects.on_the_list().filter(client__in=clients).order_by().values_list("client_id")
    return dict(counted.annotate(n=Count("pk")))


def _charters(found: dict[int, Facts], first_day: date, now: datetime) -> None:
    until = first_day + BEFORE_QUARTER
    drafts = Charter.objects.filter(
        client__in=found, agreed_at=None, quarter_start__gte=quarter_start(first_day), quarter_start__lte=until
    ).defer("scope", "agreed_text")
    for draft in drafts.order_by("quarter_start", "version"):
        found[draft.client_id].drafts.append(draft)
    ids = [draft.pk for one in found.values() for draft in one.drafts]
    for link in CharterLink.objects.open().filter(charter__in=ids):
        found[link.client_id].sent[link.charter_id] = link
        if fault := link.fault(now):
            found[link.client_id].lapsed[link.charter_id] = fault


def _reviews(found: dict[int, Facts], last: date) -> None:
    """What is due on the day it is at each client; read up to the latest day it is anywhere."""
    policies = HandbookPage.objects.filter(client__in=found, kind=PageKind.POLICY, review_on__lte=last)
    for page in policies.order_by("review_on"):
        if page.is_due(found[page.client_id].today):
            found[page.client_id].policies.append(page)
    quiet_days = min(one.client.practice.pilot_quiet_days for one in found.values())
    quiet = Q(stage=Stage.PILOT, touched_on__lte=went_quiet_by(last, quiet_days))
    chances = Opportunity.objects.filter(Q(review_on__lt=last) | quiet, client__in=found)
    chances = chances.exclude(verdict=Verdict.RED).exclude(stage=Stage.RETIRED)
    asked = ("client_id", "public_id", "title", "stage", "verdict", "review_on", "touched_on")
    for chance in chances.only(*asked).order_by("review_on", "pk"):
        found[chance.client_id].chances.append(chance)


def _dealings(found: dict[int, Facts], last: date) -> None:
    """What of the register is overdue, and which contracts are to be decided on."""
    late = Concern.objects.filter(client__in=found, status__in=PENDING, item__due__lt=last)
    for concern in late.exclude(item__status=RiskStatus.CLOSED).select_related("item").order_by("item__due", "pk"):
        if concern.item.is_overdue(found[concern.client_id].today):
            found[concern.client_id].concerns.append(concern)
    for contract in notices([one.client for one in found.values()]):
        found[contract.vendor.client_id].contracts.append(contract)


def at_client(moment: datetime, client: Client) -> datetime:
    """A moment in the client's own time."""
    return moment.astimezone(ZoneInfo(client.zone))


def leads(clients: Iterable[Client]) -> list[tuple[str, str]]:
    """Who leads any of them: public id and name, by name."""
    known = {c.lead.public_id: c.lead.label for c in clients if c.lead}
    return sorted(known.items(), key=lambda pair: pair[1].casefold())
