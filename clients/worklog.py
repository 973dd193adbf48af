"""Logging work: entries of one act are stored together, at most a day's worth a day, and twice the same only when told so."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.db.models import Sum

from . import plans
from .models import DAY_MINUTES, Area, Client, Opportunity, Timer, User, WorkEntry, public_id
from .months import month_start, next_month
from .quickadd import words_of
from .retainer import standings
from .writing import day_text, weekday_text

STEP = 5
"""Minutes to which a timer is rounded, up; the page says so."""
LONGEST_TIMER = 12 * 60
"""Minutes after which a timer is taken for a forgotten one: its person says how long it really was."""
OLDEST = 400
"""Days back that can be logged."""


class NotLogged(ValueError):  # noqa: N818
    """Work that cannot be stored; the message says why and what to do."""


class AlreadyThere(NotLogged):
    """The same person, day, client, minutes and words are stored already: to be asked about before it is stored again."""


@dataclass(frozen=True)
class Work:
    """What shall be logged for one client."""

    client: Client
    area: Area
    day: date
    minutes: int
    note: str = ""
    system: str = ""
    attendees: str = ""
    prompt: str = ""
    visible: bool = False
    visible_note: str = ""
    opportunity: Opportunity | None = None


def log(person: User, works: Sequence[Work], today: date, *, sure: bool = False) -> str:
    """Store what a person did, as one act; returns the act's id, by which it is undone.

    Raises NotLogged for a day that cannot be or holds more than 24 hours, AlreadyThere for what is stored already, unless `sure`.
    """
    check_day({work.day for work in works}, today)
    locked(person)
    if not sure:
        _ask_about_twice(person, works)
    added = Counter[date]()
    for work in works:
        added[work.day] += work.minutes
    for day, minutes in added.items():
        check_full(person, day, minutes)
    act = public_id()
    WorkEntry.objects.bulk_create(
        WorkEntry(practice_id=work.client.practice_id, person=person, act=act, **vars(work)) for work in works
    )
    return act


def locked(person: User) -> None:
    """Have whatever else the same person is just logging wait: what was asked about twice cannot slip in between."""
    User.objects.select_for_update().get(pk=person.pk)


def check_day(days: set[date], today: date) -> None:
    """Raises NotLogged for a day that has not begun or is too long ago."""
    for day in days:
        if day > today:
            raise NotLogged(f"{weekday_text(day, year=True, comma=True)} has not come yet: log work once it is done.")
        if day < today - timedelta(days=OLDEST):
            raise NotLogged(f"{day_text(day, year=True)} is more than {OLDEST} days ago: look at the year.")


def check_full(person: User, day: date, minutes: int, *, instead_of: WorkEntry | None = None) -> None:
    """Raises NotLogged where a day would hold more than 24 hours of a person with `minutes` added (or put in an entry's place)."""
    others = WorkEntry.objects.filter(person=person, day=day)
    if instead_of:
        others = others.exclude(pk=instead_of.pk)
    already = others.aggregate(sum=Sum("minutes"))["sum"] or 0
    if already + minutes > DAY_MINUTES:
        raise NotLogged(
            f"{weekday_text(day, comma=True)} would hold {words_of(already + minutes)}; {words_of(already)} are logged already. "
            "Log less, or mend those."
        )


def _ask_about_twice(person: User, works: Sequence[Work]) -> None:
    for work in works:
        same = WorkEntry.objects.filter(
            person=person, client=work.client, day=work.day, minutes=work.minutes, note=work.note
        )
        if same.exists():
            what = f" “{work.note}”" if work.note else ""
            raise AlreadyThere(
                f"{words_of(work.minutes)}{what} for {work.client.name} on {weekday_text(work.day, comma=True)} is logged already."
            )


def undo(person: User, act: str) -> int:
    """Take back what a person logged in one act; returns how many entries that were."""
    taken, _ = WorkEntry.objects.filter(person=person, act=act).delete()
    return taken


def split(clients: Sequence[Client], minutes: int, day: date) -> list[tuple[Client, int]]:
    """An “all clients” entry divided: in proportion to what each client's plan grants in the month of `day`, equally where none grants
    anything. Whole minutes that add up exactly; odd ones go to the largest remainders, of equal ones to the first by name.
    """
    ordered = sorted(clients, key=lambda client: client.name.casefold())
    found = standings(ordered, day)
    month, after = month_start(day), next_month(day)
    weights = [
        plans.granted(found[client.pk].agreement, month, after) if client.pk in found else Fraction(0)
        for client in ordered
    ]
    return [(client, part) for client, part in zip(ordered, plans.shares(minutes, weights), strict=True) if part]


def timer_minutes(timer: Timer, now: datetime) -> int:
    """How long a timer ran, in minutes: rounded up to the next five, at least five."""
    ran = max(int((now - timer.started_at).total_seconds()), 1)
    return -(-ran // (60 * STEP)) * STEP
