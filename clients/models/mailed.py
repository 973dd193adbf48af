"""Mails that carry a link only they hold: what such a row keeps, and how exactly one worker sends it."""

from datetime import datetime
from typing import Self

from django.db import models


class Sending(models.TextChoices):
    """What became of a mail."""

    WAITING = "waiting", "Waiting to be sent"
    CLAIMED = "claimed", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Not sent"
    UNCERTAIN = "uncertain", "Uncertain"


class MailedQuerySet[Row: models.Model](models.QuerySet[Row]):
    """Rows with a link. A model's own says which of them are still open."""

    def open(self) -> Self:
        """Those whose link may still be used, were it not for the day on which it runs out."""
        raise NotImplementedError

    def claim(self, row_id: int, digest: str, now: datetime, until: datetime) -> bool:
        """Take one for sending, with the digest of the token its mail will hold; exactly one caller is told True."""
        waiting = self.open().filter(pk=row_id, sending=Sending.WAITING, not_before__lte=now)
        return bool(
            waiting.update(
                sending=Sending.CLAIMED,
                claimed_at=now,
                token_digest=digest,
                expires_at=until,
                attempts=models.F("attempts") + 1,
            )
        )

    def settle(self, row_id: int, becomes: Sending, **fields: object) -> bool:
        """Say what became of a claimed one, once."""
        return bool(self.filter(pk=row_id, sending=Sending.CLAIMED).update(sending=becomes, **fields))


class Mailed(models.Model):
    """A row that is sent as a link. The token is made when the mail is sent; only its digest is kept."""

    token_digest = models.CharField(max_length=64, null=True, unique=True)
    expires_at = models.DateTimeField(null=True)
    """Until when the link works; none before its mail was sent for the first time."""
    sending = models.CharField(max_length=10, choices=Sending, default=Sending.WAITING)
    not_before = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True
