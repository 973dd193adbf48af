"""What is flagged in the charts of a client's pages: the same on all of them, read once a page."""

from collections.abc import Sequence

from django.http import HttpRequest

from clients.models import Client
from clients.permissions import allowed
from monitoring.flags import Flag, flags
from monitoring.happenings import happenings
from monitoring.readings import Period


def flagged_days(request: HttpRequest, client: Client, period: Period) -> tuple[Flag, ...]:
    """The flags of a period, of what the person may see of it. Three queries at most."""
    return flagged_in(request, client, [period])[0]


def flagged_in(request: HttpRequest, client: Client, periods: Sequence[Period]) -> list[tuple[Flag, ...]]:
    """The flags of each of several periods, read together: what happened in the longest stretch they span. Three queries at most."""
    start, end = min(p.instants[0] for p in periods), max(p.instants[1] for p in periods)
    told = happenings(client, start, end, staff=allowed(request, client, "edit_events"))
    return [flags(told, period.start, period.last, client.zone) for period in periods]
