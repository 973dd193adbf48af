"""When a client's next pulse goes out, in the words of its page."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from clients.models import Client
from clients.writing import clock_text, weekday_text
from reports.schedule import next_pulse


@dataclass(frozen=True)
class Send:
    """The next pulse: its day and hour at the client, and why that is not its Friday; `note` is "" where there is nothing to say."""

    when: str
    note: str = ""


def next_send(client: Client, now: datetime) -> Send:
    """The pulse that comes next, or that none goes out and why. Needs the client's scope."""
    coming = next_pulse(client, now)
    if coming.silent:
        return Send(f"none on {_day(coming.day)}", coming.silent)
    when = f"{_day(coming.day)}, {clock_text(coming.due_at.astimezone(ZoneInfo(client.zone)))}"
    return Send(when, f"Before its Friday, which is closed: {coming.closed}." if coming.moved else "")


def _day(day: date) -> str:
    return weekday_text(day)
