"""Models that are announced to retire, set against the models that clients really call: who is told, when, and what is opened."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b

from django.db.models import Sum

from clients.local import day_at
from clients.models import Client, Opportunity, Retirement, RetirementNotice, Risk
from clients.tenancy import practice, scope
from clients.writing import NBSP, day_text, neutrally, number_text

from .models import Grain, Point, Signal
from .signals import close, raise_signal

CALLED_DAYS = 14
"""A model that was not called for so many days is called no more."""
STAGES = (90, 60, 30)
"""Days before a retirement at which its notice begins, and becomes more pressing."""
MOST_MODELS = 500
MOST_NAME = 120
"""Characters of a model's name that notices keep."""
_SNAPSHOT = re.compile(r"[-@](?:20\d\d-?\d\d-?\d\d|\d{4})")
"""The date of a snapshot behind a model's name: ``-2024-08-06``, ``-20250929``, ``@20250929`` or ``-0613``."""


@dataclass(frozen=True)
class Due:
    """One announced retirement, as the practice's calendar has it."""

    model: str
    retires_on: date
    replacement: str = ""
    link: str = ""


@dataclass(frozen=True)
class Called:
    """A model that a client calls, as the calls name it, with how often in the last CALLED_DAYS."""

    model: str
    calls: int


def due_in(practice_id: int) -> list[Due]:
    """The practice's calendar; what was typed comes before what a feed says of the same model. Needs the practice's scope."""
    rows = Retirement.objects.filter(practice_id=practice_id).order_by("retires_on")
    kept: dict[str, tuple[bool, Due]] = {}
    for row in rows:
        one = Due(row.model, row.retires_on, row.replacement, row.link)
        name, read = row.model.lower(), row.feed_id is not None
        if name not in kept or (kept[name][0] and not read):
            kept[name] = (read, one)
    return [one for _, one in kept.values()]


def matches(announced: str, called: str) -> bool:
    """Whether an announcement is about a model that is called: by its exact name, or by its name without a snapshot's date.

    ``gpt-4o`` is about ``gpt-4o-2024-08-06`` and not about ``gpt-4o-mini``; upper and lower case are the same.
    """
    named, own = announced.lower(), called.lower()
    return own == named or (own.startswith(named) and _SNAPSHOT.fullmatch(own[len(named) :]) is not None)


def announced(called: str, calendar: Iterable[Due]) -> Due | None:
    """What the calendar says of a model: of its own name before that of its family."""
    found = [one for one in calendar if matches(one.model, called)]
    return max(found, key=lambda one: len(one.model), default=None)


def called_lately(client: Client, now: datetime) -> list[Called]:
    """The models that a client called in the last CALLED_DAYS, busiest first. One query, in the client's scope."""
    since = now - timedelta(days=CALLED_DAYS)
    rows = (
        Point.objects.filter(client=client, grain=Grain.DAY, at__gte=since, measure="error", item="", system_id=0)
        .filter(environment="*")
        .exclude(model__in=("", "*"))
        .values("model")
        .annotate(calls=Sum("n"))
        .order_by("-calls", "model")
        .values_list("model", "calls")
    )
    return [Called(model[:MOST_NAME], calls) for model, calls in rows[:MOST_MODELS]]


@neutrally()
def watch(client: Client, calendar: Sequence[Due], now: datetime) -> int:
    """Bring a client's notices, signals and opportunities up to date with a calendar; returns how many notices are open.

    However often it runs, of each model one signal is open and one opportunity was opened. Needs the client's scope.
    """
    today = day_at(client, now)
    affected = {
        one.model: (one, due)
        for one in called_lately(client, now)
        if (due := announced(one.model, calendar)) is not None and (due.retires_on - today).days <= STAGES[0]
    }
    for one, due in affected.values():
        _tell(client, one, due, today, now)
    over = RetirementNotice.objects.filter(client=client, over_at=None).exclude(model__in=affected)
    for model in over.values_list("model", flat=True):
        close(client.pk, cause_of(model), now)
    over.update(over_at=now)
    return len(affected)


def cause_of(model: str) -> str:
    """What names the signal of a model: short, and the same each time."""
    if len(model) <= 100:
        return f"retires:{model}"
    return f"retires:{model[:80]}-{blake2b(model.encode(), digest_size=8).hexdigest()}"


def stage_of(days: int) -> int:
    """Which of the STAGES a retirement in so many days has reached: the smallest that is not behind it."""
    return min(stage for stage in STAGES if days <= stage)


def _tell(client: Client, one: Called, due: Due, today: date, now: datetime) -> None:
    days = (due.retires_on - today).days
    facts = {"retires_on": due.retires_on, "replacement": due.replacement, "link": due.link}
    notice, new = RetirementNotice.objects.get_or_create(
        client=client, model=one.model, defaults={"noticed_at": now, **facts}
    )
    if new:
        notice.opportunity = _open(client, one, due, today)
        notice.save(update_fields=["opportunity"])
    else:
        RetirementNotice.objects.filter(pk=notice.pk).update(over_at=None, **facts)
    stage = stage_of(days)
    raise_signal(
        client.pk,
        cause_of(one.model),
        title_of(one.model, due.retires_on, days),
        now=now,
        detail=_detail(one, due, stage),
        severity=Signal.Severity.ACT if stage == STAGES[-1] else Signal.Severity.WATCH,
        told=f"{cause_of(one.model)}:{due.retires_on}:{stage}",
    )


def title_of(model: str, retires_on: date, days: int) -> str:
    """What a signal says: ``gpt-4o retires on 21 January 2027, in 58 days``."""
    on = day_text(retires_on, year=True)
    if days < 0:
        return f"{model} was to retire on {on} and is still called"
    left = "today" if days == 0 else f"in {days}{NBSP}day{'s' * (days != 1)}"
    return f"{model} retires on {on}, {left}"


def _detail(one: Called, due: Due, stage: int) -> str:
    instead = f" Its maker names {due.replacement} in its place." if due.replacement else ""
    link = f" Announced at {due.link}" if due.link else ""
    return f"{stage}-day notice: {number_text(one.calls)} calls in the last {CALLED_DAYS} days.{instead}{link}"


def _open(client: Client, one: Called, due: Due, today: date) -> Opportunity:
    """The idea that moves a client to another model, for its program manager to fill in. The client does not see it yet."""
    to = f" to {due.replacement}" if due.replacement else " to another model"
    return Opportunity.objects.create(
        practice_id=client.practice_id,
        client=client,
        title=f"Move from {one.model}{to}"[:120],
        problem=f"{one.model} is announced to retire on {day_text(due.retires_on, year=True)}. After that its calls fail.",
        evidence=f"{number_text(one.calls)} calls in the {CALLED_DAYS} days before {day_text(today, year=True)}",
        evidence_link=due.link,
        risk=Risk.HIGH,
        risk_note="Answers may change with the model: compare both before.",
        review_on=max(today, due.retires_on - timedelta(days=STAGES[-1])),
        stage_since=today,
        touched_on=today,
    )


def bring_up_to_date(client_id: int, now: datetime) -> int:
    """Set one client's calls against its practice's calendar; returns how many notices are open. Opens the scopes it needs."""
    with scope(client_id):
        client = Client.objects.get(pk=client_id)
    with practice(client.practice_id):
        calendar = due_in(client.practice_id)
    with scope(client_id):
        return watch(client, calendar, now)


def clients_of(practice_id: int) -> list[int]:
    """The ids of a practice's clients."""
    with practice(practice_id):
        return list(Client.objects.filter(practice_id=practice_id).values_list("pk", flat=True))
