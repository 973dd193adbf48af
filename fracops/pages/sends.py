"""When a client's next pulse goes out, in words."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from clients.models import Client
from clients.writing import clock_text, weekday_text
from reports.schedule import Coming, next_pulse


@dataclass(frozen=True)
class Send:
    """The next pulse: its day and hour at the client, and why that is not its Friday; `note` is "" where there is nothing to say."""

    when: str
    note: str = ""


def next_send(client: Client, now: datetime) -> Send:
    """The pulse that comes next, or that none goes out and why. Needs the client's scope."""
    return send_of(next_pulse(client, now))


def send_of(coming: Coming) -> Send:
    """A pulse that is to come."""
    if coming.silent:
        return Send(f"none on {weekday_text(coming.day)}", coming.silent)
    when = f"{weekday_text(coming.day)}, {clock_text(coming.due_at.astimezone(ZoneInfo(coming.period.zone)))}"
    return Send(when, f"Before its Friday, which is closed: {coming.closed}." if coming.moved else "")
