"""Who is on the lists that reports are sent to."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from clients.models import Client, User

from .models import Recipient


def take_off(*, person: User, clients: Sequence[Client], **_: Any) -> None:
    """Who lost their access to clients is sent none of their reports any more. Called by `clients.people.access_ended`."""
    on = Recipient.objects.filter(client__in=clients, email__iexact=person.email, removed_at=None)
    on.update(removed_at=timezone.now())
