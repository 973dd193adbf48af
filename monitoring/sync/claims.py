"""Who may read a source: one worker at a time, by compare-and-swap, until it lets go or its time is up."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from clients.tenancy import scope
from monitoring.models import Source

HELD = timedelta(minutes=5)
"""How long a claim holds without a page stored or a request sent: longer than any request is tried."""
RENEWED = HELD / 5
"""How often it is renewed while a page takes many requests."""


class ClaimLostError(RuntimeError):
    """Another worker reads the source now: nothing of this one's may be stored any more."""


@dataclass(frozen=True)
class Claim:
    """A worker's hold on a source."""

    client_id: int
    source_id: int
    token: str

    def keep(self, **progress: Any) -> None:
        """Note progress and hold on, in the transaction that stores what it is about. Raises ClaimLostError."""
        held = Source.objects.filter(pk=self.source_id, claim=self.token)
        if not held.update(claimed_until=timezone.now() + HELD, **progress):
            raise ClaimLostError

    def release(self, **outcome: Any) -> None:
        """Let go with what came of it, in the transaction that stores the rest of that. Raises ClaimLostError."""
        held = Source.objects.filter(pk=self.source_id, claim=self.token)
        if not held.update(claim="", claimed_until=None, **outcome):
            raise ClaimLostError


def take(client_id: int, source_id: int, *, asked: bool = False) -> Claim | None:
    """A claim on a source that is due (or, when somebody asked, on one that is not), or None when it is held or gone."""
    now = timezone.now()
    token = secrets.token_hex(16)
    with scope(client_id):
        free = Source.objects.filter(Q(claimed_until=None) | Q(claimed_until__lt=now), pk=source_id)
        due = free if asked else free.filter(next_run_at__lte=now)
        return Claim(client_id, source_id, token) if due.update(claim=token, claimed_until=now + HELD) else None
