"""What an hour of work is priced at for a client: by the engagement's fee and plan, else by the practice's own rate."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .earning import money
from .exchange import converted
from .models import Client, Engagement, PlanUnit, Practice, Terms
from .months import month_start
from .retainer import terms_in
from .writing import number_text

WEEKS_A_MONTH = Decimal(52) / 12


@dataclass(frozen=True)
class Rate:
    """An hour's price in the client's currency, not rounded, and how it is worked out, in words."""

    amount: Decimal
    formula: str


def rate_of(client: Client, today: date) -> Rate | None:
    """The rate that holds today; None where neither an engagement nor the practice says one. At most three queries.

    A fee that comes with a plan is divided by the plan's hours in an average month; what the practice's people cost it is no price
    and never enters here. Needs the client with its practice at hand.
    """
    running = Engagement.objects.filter(client=client).on(today).prefetch_related("terms").first()
    terms = terms_in(list(running.terms.all()), month_start(today)) if running else None
    hours = monthly_hours(terms, client.practice) if terms else Decimal(0)
    if terms and terms.monthly_fee is not None and hours:
        fee = f"{money(terms.monthly_fee, client.currency)} a month"
        return Rate(
            terms.monthly_fee / hours, f"{fee} ÷ {number_text(hours, 1)} hours of the plan ({terms.plan_words})"
        )
    return _sold(client, today)


def monthly_hours(terms: Terms, practice: Practice) -> Decimal:
    """What a plan grants in an average month, in hours: a week's × 52 ÷ 12, a day's as many as the practice counts."""
    hours = terms.amount
    if terms.unit in (PlanUnit.DAYS_WEEK, PlanUnit.DAYS_MONTH):
        hours *= practice.hours_a_day
    return hours * WEEKS_A_MONTH if terms.unit in (PlanUnit.HOURS_WEEK, PlanUnit.DAYS_WEEK) else hours


def _sold(client: Client, today: date) -> Rate | None:
    firm = client.practice
    if firm.sold_rate is None:
        return None
    turned = converted(firm, firm.sold_rate, firm.currency, client.currency, today)
    if turned is None:
        return None
    own = f"{number_text(firm.sold_rate, 2)} {firm.currency}, what {firm.name} sells an hour at"
    if firm.currency == client.currency:
        return Rate(turned.amount, own)
    return Rate(turned.amount, f"{own}, × {number_text(turned.rate.normalize(), grouped=False)} ({turned.source})")
