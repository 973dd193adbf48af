"""The arithmetic of a retainer: what a plan grants in a period, what is carried over, where the hours are heading, what they earn.

Pure: everything comes in as arguments. Time is whole minutes unless a name says otherwise, so that balances add up exactly;
periods are half-open, from a first day until the day after the last.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from .months import month_start, next_month

HOUR = 60
TOO_EARLY = Fraction(1, 5)
"""Of a period's working days, how many have to be over before a projection says anything."""
ALL = "all"
NONE = "none"
UP_TO = "up_to"
EXPIRES = "expires"


@dataclass(frozen=True)
class Week:
    """How a practice counts: the hours of a day of a plan, and its working days (ISO weekdays, Monday is 1)."""

    hours_a_day: Decimal = Decimal(8)
    working: frozenset[int] = frozenset({1, 2, 3, 4, 5})


@dataclass(frozen=True)
class Plan:
    """What is granted from `since` (the first of a month) on: `amount` hours or days, for each week or each month."""

    since: date
    amount: Decimal
    in_days: bool = False
    weekly: bool = True
    carry: str = NONE
    carry_minutes: int = 0
    """The most that `up_to` carries into the next month."""
    carry_months: int = 0
    """For how many months after its own `expires` keeps an unused minute."""
    fee: Decimal | None = None


@dataclass(frozen=True)
class Agreement:
    """A retainer's plans, oldest first, and its first and last day (None: nobody gave notice)."""

    begins: date
    ends: date | None
    plans: Sequence[Plan]
    week: Week = field(default_factory=Week)

    def plan_in(self, month: date) -> Plan | None:
        """The plan of a month: the newest that is valid by then. The first one also counts before its own month."""
        known = [plan for plan in self.plans if plan.since <= month]
        return known[-1] if known else next(iter(self.plans), None)


@dataclass(frozen=True)
class Month:
    """One month's minutes. ``granted + carried_in + over == worked + expired + carried_out``, and none of them is negative.

    Of a month that is not over, `expired` and `carried_out` are what they would be if nothing more were worked.
    """

    month: date
    granted: int
    carried_in: int
    worked: int
    expired: int
    carried_out: int
    over: int
    """Worked beyond all that was there. It is told, and never taken from the next month."""

    @property
    def available(self) -> int:
        return self.granted + self.carried_in

    @property
    def left(self) -> int:
        """What may still be worked; negative where more was worked than was there."""
        return self.available - self.worked


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month where it has no such day."""
    first = next_month(day, months)
    return min(first + timedelta(days=day.day - 1), next_month(first) - timedelta(days=1))


def last_day(began: date, notice_on: date, notice_days: int, minimum_months: int | None) -> date:
    """When an engagement ends: `notice_days` after notice was given, or with the minimum term, whichever is later."""
    after_notice = max(notice_on, began) + timedelta(days=notice_days)
    return (
        max(after_notice, months_after(began, minimum_months) - timedelta(days=1)) if minimum_months else after_notice
    )


def working_days(first: date, after: date, working: frozenset[int]) -> int:
    """How many working days lie from `first` until the day before `after`."""
    whole, rest = divmod(max((after - first).days, 0), 7)
    start = first + timedelta(days=whole * 7)
    return whole * len(working) + sum((start + timedelta(days=i)).isoweekday() in working for i in range(rest))


def granted(agreement: Agreement, first: date, after: date) -> Fraction:
    """The minutes that are agreed for a period, exactly.

    A month's plan is spread evenly over the month's working days, a week's over the week's; days outside the engagement grant
    nothing. So a month of a plan by the week grants more where the month has more working days.
    """
    first = max(first, agreement.begins)
    after = min(after, agreement.ends + timedelta(days=1)) if agreement.ends else after
    total, working = Fraction(0), agreement.week.working
    while first < after and working:
        month = month_start(first)
        until = min(after, next_month(month))
        if plan := agreement.plan_in(month):
            hours = Fraction(plan.amount) * (Fraction(agreement.week.hours_a_day) if plan.in_days else 1)
            shared = len(working) if plan.weekly else working_days(month, next_month(month), working)
            total += hours * HOUR * working_days(first, until, working) / shared
        first = until
    return total


def whole(minutes: Fraction) -> int:
    """To the nearest minute, halves up."""
    return int(minutes + Fraction(1, 2))


def ledger(agreement: Agreement, worked: Mapping[date, int], through: date) -> list[Month]:
    """Each month from the engagement's first to the one of `through`. `worked` gives minutes by first of month.

    What was carried over is used before the month's own hours, the oldest first, so that as little as possible expires.
    """
    return list(_months(agreement, worked, through))


def _months(agreement: Agreement, worked: Mapping[date, int], through: date) -> Iterator[Month]:
    month = month_start(agreement.begins)
    end = month_start(min(through, agreement.ends) if agreement.ends else through)
    lots: deque[tuple[date, int]] = deque()
    while month <= end:
        carried_in = sum(minutes for _, minutes in lots)
        own = whole(granted(agreement, month, next_month(month)))
        lots.append((month, own))
        spent = worked.get(month, 0)
        over = _use(lots, spent)
        expired = _expire(lots, agreement.plan_in(month), month)
        carried_out = sum(minutes for _, minutes in lots)
        yield Month(month, own, carried_in, spent, expired, carried_out, over)
        month = next_month(month)


def _use(lots: deque[tuple[date, int]], minutes: int) -> int:
    """Take minutes from the oldest lots; returns what none of them held."""
    while minutes and lots:
        of, held = lots.popleft()
        taken = min(held, minutes)
        minutes -= taken
        if held > taken:
            lots.appendleft((of, held - taken))
    return minutes


def _expire(lots: deque[tuple[date, int]], plan: Plan | None, month: date) -> int:
    """Let go at a month's end what its plan does not carry over; returns the minutes."""
    held = sum(minutes for _, minutes in lots)
    carry = plan.carry if plan else NONE
    if carry == ALL:
        return 0
    if carry == EXPIRES and plan:
        # A lot of March that is kept for two months can be used until the end of May.
        oldest = next_month(month, 1 - plan.carry_months)
        gone = 0
        while lots and lots[0][0] < oldest:
            gone += lots.popleft()[1]
        return gone
    keep = plan.carry_minutes if carry == UP_TO and plan else 0
    gone = max(held - keep, 0)
    return gone - _use(lots, gone)


@dataclass(frozen=True)
class Burn:
    """How far a period's hours are used, and where they are heading. Minutes."""

    worked: int
    available: int
    days_over: int
    """Working days that are over or under way."""
    days: int
    projected: int | None
    """By the period's end at the pace so far; None before a fifth of its working days is over."""

    @property
    def share(self) -> float:
        """Of what is available, how much is used; 0 where nothing is available."""
        return self.worked / self.available if self.available else 0.0


def burn(worked: int, available: int, first: date, after: date, today: date, week: Week) -> Burn:
    """The burn of a period of which `today` counts as over. The pace is minutes a working day, weekends count as nothing."""
    days = working_days(first, after, week.working)
    over = working_days(first, min(max(today + timedelta(days=1), first), after), week.working)
    if today >= after - timedelta(days=1):
        projected: int | None = worked
    elif not over or over < days * TOO_EARLY:
        projected = None
    else:
        projected = whole(Fraction(worked * days, over))
    return Burn(worked, available, over, days, projected)


def hourly(fee: Decimal | None, worked: int) -> Decimal | None:
    """The effective hourly rate: the month's fee by the hours worked, to the cent; None without either."""
    if fee is None or not worked:
        return None
    return cents(fee * HOUR / worked)


def cost_of(parts: Iterable[tuple[Decimal, int]]) -> Decimal:
    """What hours cost: pairs of what an hour costs and the minutes worked at that. Not rounded."""
    return sum((an_hour * worked / HOUR for an_hour, worked in parts), Decimal(0))


def cents(amount: Decimal) -> Decimal:
    """To the cent, halves up."""
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def shares(minutes: int, weights: Sequence[Fraction]) -> list[int]:
    """`minutes` divided in proportion to `weights` (equally where all are 0) into whole minutes that add up to it exactly.

    Minutes that no whole share holds go to the largest remainders; of equal ones to the first.
    """
    if not weights:
        return []
    if not any(weights):
        weights = [Fraction(1)] * len(weights)
    exact = [minutes * weight / sum(weights) for weight in weights]
    parts = [int(part) for part in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: minutes - sum(parts)]:
        parts[i] += 1
    return parts
