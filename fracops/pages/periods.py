"""The period a page shows, as its address names it: 7, 28 or 90 complete local days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from clients.local import day_in
from monitoring.readings import Period, complete_days

DAYS = {"7d": 7, "28d": 28, "90d": 90}
USUAL = "28d"
MONTH = "month"
"""This month's complete days; on its first day, the month before. Executives' figures are read over it."""
PROGRESS_PERIOD = "7d"
"""Targets are read over the last seven complete days, whatever a page's period."""


@dataclass(frozen=True)
class Choice:
    """A period someone chose, or the usual one with a sentence saying why the address was not followed."""

    key: str
    period: Period
    wrong: str = ""

    @property
    def days(self) -> int:
        return self.period.days


@dataclass(frozen=True)
class Option:
    """One link of the period picker."""

    label: str
    query: str
    current: bool


def chosen(asked: str | None, zone: str, now: datetime) -> Choice:
    """The period of ``?period=``; a value that is none of ours falls back to the usual one and says so."""
    if asked == MONTH:
        today = day_in(now, zone)
        return Choice(MONTH, Period((today - timedelta(days=1)).replace(day=1), today, zone))
    if asked is None or asked in DAYS:
        key = asked or USUAL
        return Choice(key, complete_days(DAYS[key], zone, now))
    wrong = f"“{asked[:40]}” is no period: write 7d, 28d or 90d. Shown are the last {DAYS[USUAL]} complete days."
    return Choice(USUAL, complete_days(DAYS[USUAL], zone, now), wrong)


def options(choice: Choice) -> Sequence[Option]:
    """The picker's links, in order of length."""
    return [Option(f"{days} days", f"?period={key}", key == choice.key) for key, days in DAYS.items()]
