"""A client's engagement as it stands on a day: the rows of the database put into the arithmetic's terms, and notice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum
from django.db.models.functions import TruncMonth

from . import plans
from .models import Client, Engagement, PlanUnit, Practice, Terms, WorkEntry
from .months import month_start, next_month
from .writing import day_text


@dataclass(frozen=True)
class Standing:
    """The engagement at hand on a day: the one that runs, else the next to begin, else the last that ended."""

    client: Client
    engagement: Engagement
    terms: Sequence[Terms]
    agreement: plans.Agreement
    months: Sequence[plans.Month]
    """From its first month to that of the day, or its last."""
    today: date

    @property
    def now(self) -> plans.Month | None:
        """The month of the day, where the engagement runs in it."""
        month = month_start(self.today)
        return self.months[-1] if self.months and self.months[-1].month == month else None

    @property
    def over(self) -> bool:
        return self.engagement.ends_on is not None and self.engagement.ends_on < self.today

    @property
    def ahead(self) -> bool:
        return self.engagement.started_on > self.today

    def terms_in(self, month: date) -> Terms | None:
        """The plan and fee of a month."""
        return terms_in(self.terms, month)


def terms_in(terms: Sequence[Terms], month: date) -> Terms | None:
    """Of an engagement's terms those that count in a month; the first also before its own month."""
    known = [one for one in terms if one.month <= month]
    return known[-1] if known else next(iter(terms), None)


def week_of(practice: Practice) -> plans.Week:
    """How a practice counts days."""
    return plans.Week(practice.hours_a_day, frozenset(practice.working_days))


def plan_of(terms: Terms) -> plans.Plan:
    """A row of terms in the arithmetic's words."""
    return plans.Plan(
        since=terms.month,
        amount=terms.amount,
        in_days=terms.unit in (PlanUnit.DAYS_WEEK, PlanUnit.DAYS_MONTH),
        weekly=terms.unit in (PlanUnit.HOURS_WEEK, PlanUnit.DAYS_WEEK),
        carry=terms.carry_over,
        carry_minutes=int((terms.carry_hours or Decimal(0)) * plans.HOUR),
        carry_months=terms.carry_months or 0,
        fee=terms.monthly_fee,
    )


def agreement_of(engagement: Engagement, terms: Sequence[Terms], practice: Practice) -> plans.Agreement:
    """An engagement in the arithmetic's words. Of terms for one month the later ones count."""
    by_month = {one.month: plan_of(one) for one in terms}
    return plans.Agreement(engagement.started_on, engagement.ends_on, list(by_month.values()), week_of(practice))


def at_hand(engagements: Sequence[Engagement], today: date) -> Engagement | None:
    """Of a client's engagements the one a person asks about: running, else next, else last."""
    ordered = sorted(engagements, key=lambda one: one.started_on)
    current = [one for one in ordered if one.ends_on is None or one.ends_on >= today]
    return current[0] if current else ordered[-1] if ordered else None


def standing(client: Client, today: date) -> Standing | None:
    """How a client's engagement stands, with its practice at hand; None where there never was one. Three queries."""
    return standings([client], today).get(client.pk)


def standings(clients: Sequence[Client], today: date) -> Mapping[int, Standing]:
    """The same of many clients, by id, in three queries."""
    rows: dict[int, list[Engagement]] = {}
    for one in Engagement.objects.filter(client__in=clients).prefetch_related("terms"):
        rows.setdefault(one.client_id, []).append(one)
    worked = worked_by_month(clients) if rows else {}
    found = {}
    for client in clients:
        if engagement := at_hand(rows.get(client.pk, []), today):
            terms = list(engagement.terms.all())
            agreement = agreement_of(engagement, terms, client.practice)
            months = plans.ledger(agreement, worked.get(client.pk, {}), today)
            found[client.pk] = Standing(client, engagement, terms, agreement, months, today)
    return found


def worked_by_month(clients: Sequence[Client]) -> Mapping[int, Mapping[date, int]]:
    """Minutes worked for each client, by the first of the month."""
    sums = (
        WorkEntry.objects.filter(client__in=clients)
        .annotate(month=TruncMonth("day"))
        .order_by()
        .values_list("client_id", "month")
        .annotate(minutes=Sum("minutes"))
    )
    worked: dict[int, dict[date, int]] = {}
    for client_id, month, minutes in sums:
        worked.setdefault(client_id, {})[month] = minutes
    return worked


def fee_in(client: Client, month: date) -> Decimal | None:
    """The monthly fee of a client's engagement that is valid in a month, in the client's currency; None where none runs in it.

    The one place where a fee is read.
    """
    first, after = month_start(month), next_month(month)
    running = [
        one
        for one in Engagement.objects.filter(client=client).not_over(first).prefetch_related("terms")
        if one.started_on < after
    ]
    terms = terms_in(list(running[-1].terms.all()), first) if running else None
    return terms.monthly_fee if terms else None


def ending_words(engagement: Engagement) -> str:
    """When it ends and why; "" while nobody gave notice."""
    if engagement.ends_on is None or engagement.notice_on is None:
        return ""
    by = f" by {engagement.notice_by}" if engagement.notice_by else ""
    return (
        f"Ends {day_text(engagement.ends_on, year=True)}: notice given {day_text(engagement.notice_on, year=True)}{by}"
    )


def notices(clients: Sequence[Client], today: date) -> Mapping[int, Engagement]:
    """The engagements that notice was given of and that are not over, by their client's id."""
    found = Engagement.objects.filter(client__in=clients, notice_on__isnull=False).not_over(today)
    return {one.client_id: one for one in found}
