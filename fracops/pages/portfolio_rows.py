"""One client as a row of the portfolio, in words and bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.urls import reverse

from clients.burning import BurnBar, burn_bar
from clients.models import Client
from clients.quickadd import words_of
from clients.writing import NBSP, clock_text, retold, weekday_text
from monitoring.catalogue import Unit
from monitoring.provenance import Provenance
from monitoring.targets import Status
from monitoring.wording import text_of

from .health import Condition
from .many import Facts, at_client
from .marks import Mark, of_status
from .ready import lacking, not_ready

_TOLD = (Status.OFF_TRACK, Status.WATCH, Status.ON_TRACK)
MOST_REASONS = 3


@dataclass(frozen=True)
class SpendBar:
    """The month's AI spend: the number, what of which it is a part, and a bar where there is a budget."""

    so_far: str
    provenance: str
    rest: str
    """``→ $6,450 of $5,000``; "" where neither is known."""
    spent: str = ""
    ahead: str = ""
    tick: str = ""
    crosses: bool = False


@dataclass(frozen=True)
class Row:
    """What the table shows of a client; "" or None where there is nothing to show."""

    client: Client
    url: str
    under: str
    """Lead and plan."""
    condition: Condition
    targets: Sequence[tuple[Mark, int]]
    """How many stand how, worst first."""
    unclear: str
    """What to say of targets where none has a status to count."""
    moved: str
    worse: bool
    signals: int
    hours: str
    unplanned: bool
    """Whether no plan has hours for them."""
    burn: BurnBar | None
    spend: SpendBar | None
    sends: str
    why: str
    """Why the next pulse is not on its Friday, or not sent."""
    read: str
    """When it was read last, in the client's time."""

    @property
    def reasons(self) -> str:
        """The first reasons, and how many more there are."""
        told = [reason.words for reason in self.condition.reasons]
        more = len(told) - MOST_REASONS
        return ". ".join([*told[:MOST_REASONS], *([f"{more} more"] if more > 0 else [])])


def row_of(one: Facts, condition: Condition, zone: str) -> Row:
    """The row of a client, for a reader in a time zone."""
    client, glance = one.client, one.glance
    burn = burn_bar(one.burn) if one.burn else None
    told = [Status(target["status"]) for target in glance.targets] if glance else []
    told = [Status.ON_TRACK if status is Status.MET else status for status in told]
    counted = [(of_status(status), told.count(status)) for status in _TOLD if status in told]
    return Row(
        client=client,
        url=reverse("client", args=[client.slug]),
        under=", ".join(part for part in (client.lead.label if client.lead else "No lead", one.plan) if part),
        condition=condition,
        targets=counted,
        unclear="" if counted else of_status(told[0]).word if told else "No charter agreed",
        moved=retold(glance.moved) if glance else "Not read yet",
        worse=glance.worse if glance else False,
        signals=len(one.signals),
        hours=hours_text(one),
        unplanned=bool(one.unplanned),
        burn=burn,
        spend=spend_bar(one),
        sends=_sends(one, zone),
        why=_why(one),
        read=_moment(glance.read_at, client) if glance else "",
    )


def hours_text(one: Facts) -> str:
    """``12 h of 35 h``; without a plan what was worked, "" where that is nothing."""
    if one.burn is None:
        return words_of(one.unplanned) if one.unplanned else ""
    worked = words_of(one.burn.worked)
    return f"{worked} of {words_of(one.burn.available)}" if one.burn.available else worked


def spend_bar(one: Facts) -> SpendBar | None:
    """The month's spend; the bar is as long as the largest of spent, budget and where it is heading."""
    glance, budget = one.glance, one.client.ai_budget
    if glance is None or glance.spent is None:
        return None
    heading = glance.heading if glance.heading is not None else glance.spent
    ahead = f"→{NBSP}{_money(heading)}" if glance.heading is not None else ""
    rest = " ".join(part for part in (ahead, f"of{NBSP}{_money(budget)}" if budget is not None else "") if part)
    so_far, provenance = _money(glance.spent), Provenance(glance.spent_known).mark
    if not budget:
        return SpendBar(so_far, provenance, rest)
    length, furthest = max(glance.spent, heading, budget), max(glance.spent, heading)
    crosses = furthest > budget
    return SpendBar(
        so_far,
        provenance,
        rest,
        _part(glance.spent, length),
        _part(furthest, length),
        _part(budget, length) if crosses else "",
        crosses,
    )


def _money(amount: Decimal) -> str:
    return text_of(amount, Unit.MONEY)


def _part(amount: Decimal, length: Decimal) -> str:
    return f"{100 * amount / length:.1f}"


def _sends(one: Facts, zone: str) -> str:
    """The client's day and hour, with the name of its time zone where the reader's clock shows another hour then."""
    if one.coming is None or one.coming.silent:
        return "None this week"
    due = at_client(one.coming.due_at, one.client)
    elsewhere = due.utcoffset() != due.astimezone(ZoneInfo(zone)).utcoffset()
    return f"{weekday_text(due, short=True)}, {clock_text(due)}{f' {due:%Z}' if elsewhere else ''}".replace(" ", NBSP)


def _why(one: Facts) -> str:
    if one.coming is None or one.coming.silent:
        return one.coming.silent if one.coming else ""
    moved = f"Its Friday is closed: {one.coming.closed}." if one.coming.moved else ""
    return " ".join(filter(None, (moved, not_ready(lacking(one.watched, one.newest, one.people)))))


def _moment(moment: datetime, client: Client) -> str:
    local = at_client(moment, client)
    return clock_text(local)
