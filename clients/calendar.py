"""When a client works: public holidays of its country, days of its own on which it is closed, and spans without reports."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

import holidays
from holidays.registry import COUNTRIES

from .models import Client, Closure, ClosureKind

WEEKEND = "the weekend"
_SATURDAY_SUNDAY = frozenset({5, 6})
_SPELT = {"CD": "Congo, Democratic Republic", "US": "United States"}
"""Names that the library's own do not fall into words."""


@dataclass(frozen=True)
class Calendar:
    """A client's days, read once: any number of them can then be asked for."""

    country: str
    region: str
    closures: tuple[Closure, ...]

    @classmethod
    def of(cls, client: Client, first: date, last: date) -> "Calendar":
        """The calendar of the days from `first` to `last`. Needs the client's scope."""
        rows = Closure.objects.filter(client=client, first__lte=last, last__gte=first)
        return cls(client.country, client.region, tuple(rows))

    @classmethod
    def of_many(cls, clients: Sequence[Client], first: date, last: date) -> "Mapping[int, Calendar]":
        """The calendars of many clients by id, in one query. Needs a scope that has them."""
        rows: dict[int, list[Closure]] = {}
        for closure in Closure.objects.filter(client__in=[c.pk for c in clients], first__lte=last, last__gte=first):
            rows.setdefault(closure.client_id, []).append(closure)
        return {c.pk: cls(c.country, c.region, tuple(rows.get(c.pk, ()))) for c in clients}

    def closed(self, day: date) -> str:
        """Why nobody works there on a day, in a few words; "" on a working day."""
        own = next((c.why for c in self.closures if c.kind == ClosureKind.CLOSED and c.covers(day)), "")
        kept = _holidays(self.country, self.region, day.year)
        if own or kept is None:
            return own or (WEEKEND if day.weekday() in _SATURDAY_SUNDAY else "")
        worked = day in getattr(kept, "weekend_workdays", ())  # a Saturday that makes up for a holiday, as in China
        return kept.get(day, "") or (WEEKEND if day.weekday() in kept.weekend and not worked else "")

    def blackout(self, day: date) -> Closure | None:
        """The span without reports that a day is in."""
        return next((c for c in self.closures if c.kind == ClosureKind.BLACKOUT and c.covers(day)), None)


def closed(client: Client, day: date) -> str:
    """Why nobody works at the client on a local day, in a few words; "" on a working day. Needs the client's scope."""
    return Calendar.of(client, day, day).closed(day)


def working(client: Client, day: date) -> bool:
    """Whether a local day is a working day at the client. Needs the client's scope."""
    return not closed(client, day)


@cache
def countries() -> Mapping[str, str]:
    """The names of countries whose holidays are known, by their two letters, in the order of the names."""
    named = {
        code: _SPELT.get(code) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name) for name, code, *_ in COUNTRIES.values()
    }
    return dict(sorted(named.items(), key=lambda pair: pair[1]))


@cache
def regions(country: str) -> Mapping[str, str]:
    """The names of a country's parts that have holidays of their own, by their code; none of a country that is not known."""
    if country not in countries():
        return {}
    kept = holidays.country_holidays(country)
    spelt = {code: name for name, code in getattr(kept, "subdivisions_aliases", {}).items()}
    return dict(sorted(((code, spelt.get(code, code)) for code in kept.subdivisions), key=lambda pair: pair[1]))


def public_holidays(country: str, region: str, year: int) -> list[tuple[date, str]]:
    """A year's public holidays with their names, in order; none without a country."""
    kept = _holidays(country, region, year)
    return [] if kept is None else sorted(kept.items())


@lru_cache(maxsize=512)
def _holidays(country: str, region: str, year: int) -> "holidays.HolidayBase | None":
    """A year's holidays in English where the library has them so. A code it no longer knows counts as not given."""
    if country not in countries():
        return None
    part = region if region in regions(country) else None
    tongue = "en_US" if "en_US" in holidays.country_holidays(country).supported_languages else None
    return holidays.country_holidays(country, subdiv=part, years=[year], language=tongue, expand=False)
