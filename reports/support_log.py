"""Reads a client's support log for the ROI report, as it stood at the end of the period. Asks the database."""

from django.db.models import Q

from clients.models import Client, SupportEntry
from monitoring.readings import Period

from .support import Supported


def support_log(client: Client, period: Period) -> tuple[Supported, ...]:
    """What came before the period's end and was not done before its start, the oldest first: one query."""
    rows = SupportEntry.objects.filter(
        Q(done_on=None) | Q(done_on__gte=period.start), client=client, came_on__lt=period.end
    ).order_by("came_on", "id")
    return tuple(_as_it_stood(row, period) for row in rows)


def _as_it_stood(row: SupportEntry, period: Period) -> Supported:
    if row.done_on is None or row.done_on >= period.end:
        return Supported(row.kind, row.came_on, row.text)
    return Supported(row.kind, row.came_on, row.text, row.done, row.done_on, row.people or 0)
