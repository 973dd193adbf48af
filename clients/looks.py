"""When a person looked at a client last, and with which look a page compares what it tells as new."""

from datetime import datetime, timedelta

from .models import Client, Look, User

SITTING = timedelta(hours=4)
"""Looks that follow each other within so long are one sitting: reloading a page takes nothing from it."""
WRITTEN_EVERY = timedelta(hours=1)


def last_look(client: Client, person: User) -> Look | None:
    """The person's, if they ever looked. One query."""
    return Look.objects.filter(client=client, person=person).first()


def compared_with(look: Look | None, now: datetime) -> datetime | None:
    """The last look of the sitting before the present one; None for whoever looks for the first time."""
    if look is None:
        return None
    return look.at if now - look.at >= SITTING else look.before


def keep(look: Look | None, client: Client, person: User, now: datetime) -> None:
    """Note that the person looked, given what `last_look` found. It writes at most once an hour, and twice is once."""
    if look is None:
        first = Look(practice_id=client.practice_id, client=client, person=person, at=now)
        Look.objects.bulk_create([first], ignore_conflicts=True)
        return
    since = now - look.at
    if since >= WRITTEN_EVERY:
        before = look.at if since >= SITTING else look.before
        Look.objects.filter(pk=look.pk, at=look.at).update(at=now, before=before)
