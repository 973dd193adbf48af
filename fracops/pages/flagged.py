"""What is flagged in the charts of a client's pages: the same on all of them, read once a page."""

from django.http import HttpRequest

from clients.models import Client
from clients.permissions import allowed
from monitoring.flags import Flag, flags
from monitoring.happenings import happenings
from monitoring.readings import Period


def flagged_days(request: HttpRequest, client: Client, period: Period) -> tuple[Flag, ...]:
    """The flags of a period, of what the person may see of it. Three queries at most."""
    told = happenings(client, *period.instants, staff=allowed(request, client, "edit_events"))
    return flags(told, period.start, period.last, client.zone)
