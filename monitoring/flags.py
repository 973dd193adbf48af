"""The flags of a chart: lettered marks where something happened, as many as fit, each explained below the chart."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from clients.models import EventKind
from clients.writing import day_text

from .happenings import Happening

MOST = 5
"""Flags in one chart; LOOK's smallest is 206 pixels wide between its labels."""
SMALLEST_PIXELS, FLAG_PIXELS = 206, 18
SAID = 2
"""Things of one flag that are told by name; of more, how many."""
_WEIGHT = {EventKind.INCIDENT: 0, EventKind.MODEL: 1, EventKind.PROMPT: 2, EventKind.DEPLOY: 3, EventKind.BUSINESS: 4}


@dataclass(frozen=True)
class Flag:
    """One letter in a chart, on the first local day of what it stands for, and the words below."""

    letter: str
    day: date
    text: str


def flags(happened: Iterable[Happening], first: date, last: date, zone: str, most: int = MOST) -> tuple[Flag, ...]:
    """The flags of a chart from `first` to `last`, in order. What lies too near to be told apart shares one.

    Where there are more than fit, incidents and changes of models and prompts go before the rest, and those left out are counted
    in the last flag's words.
    """
    local = ZoneInfo(zone)
    dated = [(h.at.astimezone(local).date(), h) for h in happened]
    near = near_days((last - first).days + 1)
    clusters: list[list[tuple[date, Happening]]] = []
    for day, happening in sorted((d for d in dated if first <= d[0] <= last), key=lambda d: (d[0], d[1].title)):
        if clusters and (day - clusters[-1][0][0]).days < near:
            clusters[-1].append((day, happening))
        else:
            clusters.append([(day, happening)])
    shown = sorted(sorted(clusters, key=_weight)[:most], key=lambda cluster: cluster[0][0])
    left = sum(map(len, clusters)) - sum(map(len, shown))
    told = [Flag(chr(ord("A") + i), c[0][0], _text(c)) for i, c in enumerate(shown)]
    if left:
        told[-1] = Flag(told[-1].letter, told[-1].day, f"{told[-1].text}. {left} more did not fit in the chart")
    return tuple(told)


def near_days(days: int) -> int:
    """How many days of a chart a flag takes where it is drawn smallest, and never fewer than one."""
    return max(1, -(-days * FLAG_PIXELS // SMALLEST_PIXELS))


def _weight(cluster: list[tuple[date, Happening]]) -> tuple[int, date]:
    return min(_WEIGHT.get(h.kind, 9) for _, h in cluster), cluster[0][0]


def _text(cluster: list[tuple[date, Happening]]) -> str:
    """``18 October: gpt-4o took the place of gpt-4``, and what followed within days; never without its system's name."""
    heaviest = sorted(cluster, key=lambda each: _WEIGHT.get(each[1].kind, 9))[:SAID]
    told = sorted(heaviest, key=lambda each: each[0])
    parts, before = [], None
    for day, happening in told:
        dated = "" if day == before else f"{day_text(day)}: "
        system = f" ({happening.system})" if happening.system else ""
        parts.append(f"{dated}{happening.title}{system}")
        before = day
    more = len(cluster) - len(told)
    return "; ".join(parts) + (f"; and {more} more" if more else "")
