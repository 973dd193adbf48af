"""What an engagement's hours earn its practice, month by month: the effective rate and the margin, with how each is worked out."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum
from django.db.models.functions import TruncMonth

from . import plans
from .hour_costs import HourCosts
from .models import Client, ExchangeRate, WorkEntry
from .quickadd import words_of
from .retainer import Standing
from .writing import number_text


@dataclass(frozen=True)
class Earned:
    """A month in words: amounts in the client's currency, or why there is none."""

    month: date
    fee: str
    worked: str
    rate: str
    margin: str


@dataclass(frozen=True)
class _Costs:
    """The months' minutes by what an hour of them costs, None where nobody said, in the practice's currency; and their exchange rates."""

    minutes: Mapping[date, Mapping[Decimal | None, int]]
    rates: Mapping[date, ExchangeRate]


def earnings(found: Standing, months: Sequence[plans.Month]) -> list[Earned]:
    """What each of an engagement's months earned, for an owner's eyes only. Needs the client's scope. At most four queries.

    The effective rate is the month's fee by its hours. The margin is the fee less each person's hours at the rate of their own, or
    the practice's where they had none, that held in the month; where the fee is in another currency, by the month's exchange rate.
    """
    costs = _costs(found.client, months)
    return [_earned(found, month, costs) for month in months]


def _costs(client: Client, months: Sequence[plans.Month]) -> _Costs:
    firm, firsts = client.practice, [month.month for month in months]
    if not firsts:
        return _Costs({}, {})
    hours = HourCosts.of(firm)
    sums = (
        WorkEntry.objects.filter(client=client, day__gte=min(firsts))
        .annotate(month=TruncMonth("day"))
        .order_by()
        .values_list("month", "person_id")
        .annotate(minutes=Sum("minutes"))
    )
    minutes: dict[date, Counter[Decimal | None]] = defaultdict(Counter)
    for month, person_id, worked in sums:
        minutes[month][hours.at(person_id, month)] += worked
    either = Q(base=firm.currency, quote=client.currency) | Q(base=client.currency, quote=firm.currency)
    asked = ExchangeRate.objects.filter(either, practice=firm, month__in=firsts)
    rates = {rate.month: rate for rate in asked} if firm.currency != client.currency else {}
    return _Costs(minutes, rates)


def _earned(found: Standing, month: plans.Month, costs: _Costs) -> Earned:
    terms, client = found.terms_in(month.month), found.client
    fee = terms.monthly_fee if terms else None
    rate = plans.hourly(fee, month.worked)
    return Earned(
        month.month,
        money(fee, client.currency),
        words_of(month.worked),
        f"{money(rate, client.currency)} an hour" if rate is not None else "–",
        _margin(fee, month.month, costs, client),
    )


def _margin(fee: Decimal | None, month: date, costs: _Costs, client: Client) -> str:
    """The margin with its formula, or why there is none."""
    firm, minutes = client.practice, costs.minutes.get(month, {})
    exchange = costs.rates.get(month)
    if fee is None:
        return "no fee is written down"
    if None in minutes:
        return "what an hour costs is not written down"
    if not minutes:
        return f"{money(fee, client.currency)}, without an hour worked"
    if exchange is None and client.currency != firm.currency:
        return f"the fee is in {client.currency}, an hour’s cost in {firm.currency}, with no exchange rate of {month:%B %Y}"
    parts = sorted(((rate, worked) for rate, worked in minutes.items() if rate is not None), reverse=True)
    cost = plans.cost_of(parts)
    formula = " − ".join(
        [money(fee, client.currency), *(f"{words_of(worked)} × {money(rate, firm.currency)}" for rate, worked in parts)]
    )
    if exchange is not None:
        cost, _ = exchange.turn(cost, firm.currency)
        formula += f", 1 {exchange.base} = {exchange.told} {exchange.quote} ({exchange.source})"
    return f"{money(plans.cents(fee - cost), client.currency)} = {formula}"


def money(amount: Decimal | None, currency: str) -> str:
    """``6,500 USD``, or ``6,500.50 USD``: to the cent, so that sums add up; a dash for none."""
    if amount is None:
        return "–"
    places = 0 if amount == amount.to_integral_value() else 2
    return f"{number_text(amount, places)} {currency}".replace("-", "−")
