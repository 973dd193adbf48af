"""Which reports are due: rows planned ahead from the client's calendar, never from elapsed time."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from clients.calendar import Calendar
from clients.local import day_in
from clients.models import Client
from clients.writing import NEUTRAL
from monitoring.models import Grain, Point, Touched
from monitoring.readings import Period

from . import periods
from .models import Kind, Report, State

SETTLED = timedelta(hours=24)
"""How long after its last day a month is counted."""


@dataclass(frozen=True)
class Coming:
    """The pulse of a week: the local day and the moment it goes out.

    `closed` says why its Friday is no working day, "" where it is one. `silent` says why it is not sent at all, as a sentence.
    """

    period: Period
    day: date
    due_at: datetime
    closed: str = ""
    silent: str = ""

    @property
    def moved(self) -> bool:
        """Whether it goes out before its Friday."""
        return self.day < self.period.end


def pulse_of(client: Client, week: Period, calendar: Calendar | None = None) -> Coming:
    """When a week's pulse goes out: on its Friday, or where that is closed on the last working day before it in the same week.

    Never before Monday, where the week before has its own pulse: of a week that is closed throughout none is sent. The calendar
    is read where none is given, which needs the client's scope.
    """
    friday = week.end
    days = [friday - timedelta(days=back) for back in range(periods.FRIDAY)]
    calendar = calendar or Calendar.of(client, days[-1], friday)
    day = next((d for d in days if not calendar.closed(d)), None)
    closed, silent = calendar.closed(friday), ""
    if day is None:
        silent = f"Not sent: closed from Monday to Friday, on Friday for {closed}."
    elif blackout := calendar.blackout(day):
        silent = f"Not sent: no reports go out until {NEUTRAL.day(blackout.last)} ({blackout.why})."
    goes = day or friday
    return Coming(week, goes, periods.moment_of(goes, client.zone, client.pulse_hour), closed, silent)


def next_pulse(client: Client, now: datetime, calendar: Calendar | None = None) -> Coming:
    """The pulse that goes out next: this week's until its hour, then the one after.

    The calendar is read where none of the days from last Friday to a fortnight after it is given, which needs the client's scope.
    """
    week = periods.coming_pulse(now, client.zone)
    after = Period(week.end, week.end + timedelta(days=periods.WEEK), week.zone)
    calendar = calendar or Calendar.of(client, week.start, after.end)
    this = pulse_of(client, week, calendar)
    return this if now < this.due_at else pulse_of(client, after, calendar)


def plan(client: Client, now: datetime) -> list[Report]:
    """Make the rows that are missing: the next pulse (today's, on a Friday), and last month's ROI report. Needs the client's scope.

    A pulse that is planned but not composed follows the calendar to another day, but never to one that is over: what is closed
    too late to be moved still goes out on its Friday. A month is planned once it has data and nothing of it waits to be counted,
    and is due SETTLED after its end, when what arrives late has arrived.
    """
    week = periods.coming_pulse(now, client.zone)
    coming = pulse_of(client, week)
    possible = coming.day >= day_in(now, client.zone)
    due_at = coming.due_at if possible else periods.send_at(week, client.zone, client.pulse_hour)
    wanted = [
        Report(
            client=client,
            kind=Kind.PULSE,
            period_start=week.start,
            period_end=week.end,
            mailed=True,
            due_at=due_at,
        )
    ]
    month = periods.latest_month(now, client.zone)
    if _has_data(client, month) and not Touched.objects.filter(client=client).exists():
        wanted.append(
            Report(
                client=client,
                kind=Kind.ROI,
                period_start=month.start,
                period_end=month.end,
                due_at=month.instants[1] + SETTLED,
            )
        )
    made = Report.objects.bulk_create(wanted, ignore_conflicts=True)
    if possible:
        _follow(client, coming)
    return made


def _follow(client: Client, coming: Coming) -> None:
    """Move a planned pulse that is due on another day."""
    of_week = Report.objects.filter(
        client=client, kind=Kind.PULSE, period_start=coming.period.start, period_end=coming.period.end
    )
    start, end = Period(coming.day, coming.day + timedelta(days=1), client.zone).instants
    waiting = of_week.filter(state=State.PLANNED, mailed=True)
    waiting.exclude(due_at__gte=start, due_at__lt=end).update(due_at=coming.due_at)


def _has_data(client: Client, period: Period) -> bool:
    start, end = period.instants
    return Point.objects.filter(client=client, grain=Grain.DAY, at__gte=start, at__lt=end).exists()


def missed(report: Report, now: datetime) -> bool:
    """Whether a mailed report's local day is over: a pulse goes out late on its day, but never on the one after."""
    zone = report.client.zone
    return report.mailed and day_in(now, zone) > day_in(report.due_at, zone)


def silence(report: Report) -> str:
    """Why a mailed report is not sent on the day it is due: a blackout, or a week without a working day. "" where it is sent.

    Asked when it is composed and again before each mail, since a blackout can begin after planning.
    """
    if not report.mailed:
        return ""
    day = day_in(report.due_at, report.client.zone)
    if blackout := Calendar.of(report.client, day, day).blackout(day):
        return f"Not sent: no reports go out until {NEUTRAL.day(blackout.last)} ({blackout.why})."
    coming = pulse_of(report.client, report.period)
    return coming.silent if coming.day == report.period_end else ""
