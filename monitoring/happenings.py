"""What happened to a client's AI, typed and measured on one list: events that people wrote down, models and prompts' versions that came.

That a model or a version was called for the first time is nowhere stored: it is read from the days' points, each time.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from django.db.models import Max, Min, Sum
from django.db.models.functions import Lower

from clients.models import Client, Event, EventKind, System

from .catalogue import OF_PROMPT
from .models import Grain, Point

QUIET_DAYS = 56
"""After how many days without a call a model, or a version of a prompt, counts as new again when it is called."""
SWAP_DAYS = 3
"""How far apart, in days, one model's last call and another's first may lie for the one to have taken the other's place."""
BEGINNING_DAYS = 7
"""What comes so soon after a system's own first call is its beginning and no change."""
MOST_EVENTS = 200
"""Typed events that are read for one list of charts."""
NOT_LIVE = ("dev", "development", "local", "test", "testing", "ci", "qa", "sandbox", "preview", "stage", "staging")
"""Environments whose calls are no production, as traces name them in upper or lower case."""
_EVERYTHING = "*"


@dataclass(frozen=True)
class Happening:
    """One thing on a client's timeline, from `at` on (a day's beginning, where only the day is known)."""

    at: datetime
    kind: EventKind
    title: str
    system: str = ""
    """The system it was about; "" where it was about all, or nobody said."""
    count: int | None = None
    counted: str = ""
    event: Event | None = None
    """The row, of what somebody typed."""
    subject: str = ""
    """Of a measured one: the model, or the prompt's version."""
    by_day: bool = False
    """Whether only its day is known."""
    about: str = ""
    """Where to read on: an address within FracOps, of what has one of its own."""
    detail: str = ""


@dataclass(frozen=True)
class _Stretch:
    """The days on which something was called in one system, and how often."""

    first: datetime
    last: datetime
    calls: int


def happenings(client: Client, start: datetime, end: datetime, *, staff: bool) -> list[Happening]:
    """What may explain a chart's moves from `start` on and before `end`, oldest first; for `staff`, what the client is not shown too.

    Three queries, in the client's scope.
    """
    written = typed(Event.objects.of(client, staff=staff).filter(began_at__gte=start, began_at__lt=end)[:MOST_EVENTS])
    return sorted([*written, *measured(client, start, end)], key=lambda h: (h.at, h.title))


def typed(events: Iterable[Event]) -> list[Happening]:
    """Events as people wrote them down."""
    return [
        Happening(
            event.began_at,
            event.kind,
            event.title,
            event.system.name if event.system else "",
            event.count,
            event.counted,
            event,
        )
        for event in events
    ]


def measured(client: Client, start: datetime, end: datetime) -> list[Happening]:
    """The models and versions of prompts that production called for the first time in QUIET_DAYS. Two queries."""
    models: dict[int, dict[str, _Stretch]] = defaultdict(dict)
    prompts: dict[int, dict[str, _Stretch]] = defaultdict(dict)
    for system_id, model, version, first, last, calls in _called(client, start - timedelta(days=QUIET_DAYS), end):
        found = _Stretch(first, last, calls)
        if model:
            models[system_id][model] = _joined(models[system_id].get(model), found)
        if version:
            prompts[system_id][version] = _joined(prompts[system_id].get(version), found)
    if not models and not prompts:
        return []
    names = dict(System.objects.filter(client=client).values_list("pk", "name"))
    came = [_of_model(names.get(pk, ""), *one) for pk, of in models.items() for one in _new(of, start)]
    came += [_of_prompt(names.get(pk, ""), *one) for pk, of in prompts.items() for one in _new(of, start)]
    return came


def _called(client: Client, start: datetime, end: datetime) -> Iterable[tuple[int, str, str, datetime, datetime, int]]:
    """System, model, prompt's version, first and last day and calls, of what was called in production."""
    return (
        # A star is all of them together, of the slices that days keep besides.
        Point.objects.filter(client=client, grain=Grain.DAY, at__gte=start, at__lt=end, measure="error", item="")
        .alias(place=Lower("environment"))
        .exclude(place__in=(_EVERYTHING, *NOT_LIVE))
        .exclude(model=_EVERYTHING)
        .values("system_id", "model", "prompt_version")
        .annotate(first=Min("at"), last=Max("at"), calls=Sum("n"))
        .order_by()
        .values_list("system_id", "model", "prompt_version", "first", "last", "calls")
    )


def _joined(one: _Stretch | None, other: _Stretch) -> _Stretch:
    if one is None:
        return other
    return _Stretch(min(one.first, other.first), max(one.last, other.last), one.calls + other.calls)


def _new(of: dict[str, _Stretch], start: datetime) -> list[tuple[str, _Stretch, str]]:
    """What of one system came since `start`, with what it took the place of; the system's own beginnings are no news."""
    began = min(each.first for each in of.values())
    news = {name: s for name, s in of.items() if s.first >= start and s.first - began > timedelta(days=BEGINNING_DAYS)}
    return [(name, stretch, _gone(of, name, stretch)) for name, stretch in news.items()]


def _gone(of: dict[str, _Stretch], name: str, came: _Stretch) -> str:
    """What stopped being called as something came: the busiest that did."""
    near = timedelta(days=SWAP_DAYS)
    gone = [
        (other.calls, each)
        for each, other in of.items()
        if each != name and other.first < came.first and abs(other.last - came.first) <= near
    ]
    return max(gone)[1] if gone else ""


def _of_model(system: str, model: str, stretch: _Stretch, before: str) -> Happening:
    title = f"{model} took the place of {before}" if before else f"{model} was first called"
    return Happening(
        stretch.first, EventKind.MODEL, title, system, stretch.calls, "calls since", subject=model, by_day=True
    )


def _of_prompt(system: str, version: str, stretch: _Stretch, before: str) -> Happening:
    prompt, _, number = version.rpartition(OF_PROMPT)
    named = f"{prompt} {number}".strip()
    earlier = before.rpartition(OF_PROMPT)
    # Versions of one prompt follow each other; of another prompt, the one that stopped is no predecessor.
    title = f"{named} replaced {earlier[2]}" if before and earlier[0] == prompt else f"{named} was first called"
    return Happening(
        stretch.first, EventKind.PROMPT, title, system, stretch.calls, "calls since", subject=version, by_day=True
    )


def newest_first(*lists: Sequence[Happening]) -> list[Happening]:
    """Several lists as one timeline."""
    return sorted(chain(*lists), key=lambda h: (h.at, h.title), reverse=True)
