"""A form that was sent twice: what the same person says again in the same words within minutes is said once."""

from collections.abc import Callable
from datetime import timedelta

from django.db import models, transaction

from .models import Client

REPEATED = timedelta(minutes=5)
"""Within so long the same content by the same person is a second press of the button."""


def once[Row: models.Model](client_id: int, same: "models.QuerySet[Row]", add: Callable[[], Row]) -> Row:
    """The newest of the rows that say the `same`, or the one that `add` makes. Two who come at once come one after the other.

    Needs the client's scope.
    """
    with transaction.atomic():
        Client.objects.select_for_update(no_key=True).get(pk=client_id)
        return same.first() or add()
