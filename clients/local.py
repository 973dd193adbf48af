"""Which day it is, for whom."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from .models import Client, User


def day_in(moment: datetime, zone: str) -> date:
    """The day that an aware moment falls on in a time zone, named like ``Europe/Vienna``."""
    return moment.astimezone(ZoneInfo(zone)).date()


def day_at(whose: Client | User, moment: datetime) -> date:
    """The day that an aware moment falls on where a client, or a person, is."""
    return day_in(moment, whose.zone)


def today_at(whose: Client | User) -> date:
    """The day it is where a client, or a person, is."""
    return day_at(whose, timezone.now())
