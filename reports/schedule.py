"""Which reports are due: rows planned ahead from the client's calendar, never from elapsed time."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from clients.models import Client
from monitoring.models import Grain, Point, Touched
from monitoring.readings import Period

from . import periods
from .models import Kind, Report

SETTLED = timedelta(hours=24)
"""How long after its last day a month is counted."""


def plan(client: Client, now: datetime) -> list[Report]:
    """Make the rows that are missing: the next pulse (today's, on a Friday), and last month's ROI report. Needs the client's scope.

    A month is planned once it has data and nothing of it waits to be counted, and is due SETTLED after its end, when what
    arrives late has arrived.
    """
    pulse = periods.coming_pulse(now, client.zone)
    wanted = [
        Report(
            client=client,
            kind=Kind.PULSE,
            period_start=pulse.start,
            period_end=pulse.end,
            mailed=True,
            due_at=periods.send_at(pulse, client.zone, client.pulse_hour),
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
    return Report.objects.bulk_create(wanted, ignore_conflicts=True)


def _has_data(client: Client, period: Period) -> bool:
    start, end = period.instants
    return Point.objects.filter(client=client, grain=Grain.DAY, at__gte=start, at__lt=end).exists()


def missed(report: Report, now: datetime) -> bool:
    """Whether a mailed report's local day is over: a pulse goes out late on its Friday, but never on Saturday."""
    zone = ZoneInfo(report.client.zone)
    return report.mailed and now.astimezone(zone).date() > report.due_at.astimezone(zone).date()
