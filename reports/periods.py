"""The periods reports are about: a pulse's seven days, a month, and the moment each is sent. Pure functions of zone and date."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clients.local import day_in
from clients.months import next_month
from clients.writing import NEUTRAL
from monitoring.readings import Period

FRIDAY = 5
WEEK = 7
_YEARS = range(2000, 2101)
"""The years a label may name: those a call may have been made in."""
PULSE, ROI = "pulse", "roi"
KINDS = (PULSE, ROI)


class PeriodError(ValueError):
    """A period that cannot be reported on; its message says what is expected."""


class UnreadablePeriodError(PeriodError):
    """The label names no week or month."""


class UnfinishedPeriodError(PeriodError):
    """The period is not over yet."""


def pulse_period(label: str, zone: str) -> Period:
    """The seven local days before the Friday of an ISO week: ``2026-W45`` is 30 October to 5 November 2026.

    Raises UnreadablePeriodError for anything else.
    """
    match = re.fullmatch(r"([0-9]{4})-W([0-9]{2})", label)
    if not match:
        raise UnreadablePeriodError(
            f"“{label}” is not a week: write it as 2026-W45, the ISO week of the Friday on which the pulse is sent."
        )
    _near(label, int(match[1]))
    try:
        friday = date.fromisocalendar(int(match[1]), int(match[2]), FRIDAY)
        return Period(friday - timedelta(days=WEEK), friday, zone)
    except (ValueError, OverflowError):
        raise UnreadablePeriodError(f"“{label}” is not a week: {match[1]} has no week {int(match[2])}.") from None


def month_period(label: str, zone: str) -> Period:
    """A calendar month: ``2026-10``. Raises UnreadablePeriodError for anything else."""
    match = re.fullmatch(r"([0-9]{4})-([0-9]{2})", label)
    if not match:
        raise UnreadablePeriodError(f"“{label}” is not a month: write it as 2026-10.")
    _near(label, int(match[1]))
    try:
        start = date(int(match[1]), int(match[2]), 1)
        return Period(start, next_month(start), zone)
    except (ValueError, OverflowError):
        raise UnreadablePeriodError(
            f"“{label}” is not a month: months run from {match[1]}-01 to {match[1]}-12."
        ) from None


def _near(label: str, year: int) -> None:
    if year not in _YEARS:
        raise UnreadablePeriodError(
            f"“{label}” is too far away: there are reports of the years {_YEARS[0]} to {_YEARS[-1]}."
        )


def parse(kind: str, label: str, zone: str) -> Period:
    """The period of a kind of report. Raises UnreadablePeriodError, also for a kind that does not exist."""
    match kind:
        case "pulse":
            return pulse_period(label, zone)
        case "roi":
            return month_period(label, zone)
        case _:
            raise UnreadablePeriodError(f"“{kind}” is not a report: choose {' or '.join(KINDS)}.")


def pulse_label(period: Period) -> str:
    """``2026-W45`` of the seven days that end before that week's Friday. Raises UnreadablePeriodError for any other period."""
    year, week, weekday = period.end.isocalendar()
    if weekday != FRIDAY or period.days != WEEK:
        raise UnreadablePeriodError(
            f"{period.start} to {period.last} is not a pulse week: it runs from a Friday to the Thursday after."
        )
    return f"{year:04}-W{week:02}"


def month_label(period: Period) -> str:
    """``2026-10`` of that month. Raises UnreadablePeriodError for any other period."""
    if period.start.day != 1 or period.end != next_month(period.start):
        raise UnreadablePeriodError(f"{period.start} to {period.last} is not a calendar month.")
    return f"{period.start:%Y-%m}"


def label(kind: str, period: Period) -> str:
    """The label that `parse` reads back as this period."""
    return pulse_label(period) if kind == PULSE else month_label(period)


def require_complete(kind: str, period: Period, now: datetime) -> None:
    """Raises UnfinishedPeriodError, naming the period, while its last local day is not over at `now`."""
    over = period.instants[1]
    if now < over:
        last = f"{period.last:%A} {NEUTRAL.day(period.last, year=True)}"
        raise UnfinishedPeriodError(f"{label(kind, period)} is not over: its last day is {last} in {period.zone}.")


def send_at(period: Period, zone: str, hour: int) -> datetime:
    """When the report of a period is sent: the day after it ends, at the local `hour`, as an aware UTC moment."""
    return moment_of(period.end, zone, hour)


def moment_of(day: date, zone: str, hour: int) -> datetime:
    """A local hour of a day as an aware UTC moment.

    A local time a clock change skips moves forward; of one it repeats, the first counts.
    """
    return datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)


def told(period: Period, day: date) -> Period:
    """The days that a pulse of this week tells when it goes out on `day`: its own, or where they are not over the seven before.

    Seven either way, so that the same weekdays face each other.
    """
    return period if day >= period.end else Period(day - timedelta(days=WEEK), day, period.zone)


def coming_pulse(now: datetime, zone: str) -> Period:
    """The pulse week that is sent next: on a Friday the one sent that day."""
    today = day_in(now, zone)
    friday = today + timedelta(days=(FRIDAY - today.isoweekday()) % WEEK)
    return Period(friday - timedelta(days=WEEK), friday, zone)


def latest_pulse(now: datetime, zone: str) -> Period:
    """The last pulse week that is over at `now` (on a Friday: the one that ended at midnight)."""
    today = day_in(now, zone)
    friday = today - timedelta(days=(today.isoweekday() - FRIDAY) % WEEK)
    return Period(friday - timedelta(days=WEEK), friday, zone)


def latest_month(now: datetime, zone: str) -> Period:
    """The last calendar month that is over at `now`."""
    end = day_in(now, zone).replace(day=1)
    return Period((end - timedelta(days=1)).replace(day=1), end, zone)


def month_so_far(period: Period) -> Period:
    """From the first of the month of the period's last day to the period's end."""
    return Period(period.last.replace(day=1), period.end, period.zone)
