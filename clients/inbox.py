"""Tells people what concerns them, where it happens: once for each cause, however often it comes up, and never who did it themselves."""

from collections.abc import Iterable
from datetime import datetime

from . import acting
from .models import Client, Notification


def tell(
    client_id: int,
    cause: str,
    title: str,
    page: str,
    *arguments: str,
    now: datetime,
    people: Iterable[int] | None = None,
) -> None:
    """Put a line into the inbox of each of `people` (ids), or of the client's lead and backup. Needs a scope that has the client.

    `page` and `arguments` are the address it leads to, the client apart. What was told already for the same cause stays as it is.
    """
    if people is None:
        row = Client.objects.filter(pk=client_id).values_list("lead_id", "backup_id").first()
        people = [pk for pk in row or () if pk]
    doer = acting.current().user_id
    who = {pk for pk in people if pk != doer}
    Notification.objects.bulk_create(
        [
            Notification(
                client_id=client_id,
                person_id=pk,
                cause=cause[:160],
                title=title[:240],
                page=page,
                arguments=list(arguments),
                at=now,
                doer_id=doer,
            )
            for pk in sorted(who)
        ],
        ignore_conflicts=True,
    )
