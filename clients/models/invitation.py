"""Invitations: how people get in."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from .client import Client
from .fields import PublicIdField
from .membership import Role
from .practice import Practice
from .users import User


class Sending(models.TextChoices):
    """What became of an invitation's mail."""

    WAITING = "waiting", "Waiting to be sent"
    CLAIMED = "claimed", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Not sent"
    UNCERTAIN = "uncertain", "Uncertain"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> "InvitationQuerySet":
        """Neither accepted nor withdrawn; its link may have run out."""
        return self.filter(accepted_at=None, withdrawn_at=None)

    def claim(self, invitation_id: int, digest: str, now: datetime, until: datetime) -> bool:
        """Take an invitation for sending, with the digest of the token its mail will hold; exactly one caller is told True."""
        waiting = self.open().filter(pk=invitation_id, sending=Sending.WAITING, not_before__lte=now)
        return bool(
            waiting.update(
                sending=Sending.CLAIMED,
                claimed_at=now,
                token_digest=digest,
                expires_at=until,
                attempts=models.F("attempts") + 1,
            )
        )

    def settle(self, invitation_id: int, becomes: Sending, **fields: object) -> bool:
        """Say what became of a claimed one, once."""
        return bool(self.filter(pk=invitation_id, sending=Sending.CLAIMED).update(sending=becomes, **fields))


class Invitation(models.Model):
    """Somebody asked, by mail, to take a role. The token is made when the mail is sent; only its digest is kept."""

    tenancy = "practice"

    public_id = PublicIdField()
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role)
    clients = models.ManyToManyField(Client, through="InvitedTo", related_name="+")
    """An executive's and a contributor's, or those a manager shall look after."""
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    token_digest = models.CharField(max_length=64, null=True, unique=True)
    expires_at = models.DateTimeField(null=True)
    """Until when the link works; none before its mail was sent for the first time."""
    sending = models.CharField(max_length=10, choices=Sending, default=Sending.WAITING)
    not_before = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes: ClassVar = [
            models.Index(fields=["sending", "not_before"], name="invitation_due"),
            models.Index("practice", Lower("email"), name="invitation_of_address"),
        ]

    def __str__(self) -> str:
        return f"{self.email} as {self.get_role_display()}"

    @property
    def message_id(self) -> str:
        """The name by which a mail server's log can say whether this sending arrived."""
        host = settings.SITE_URL.split("//")[-1].split(":")[0]
        return f"<{self.public_id}.{self.attempts}.invitation@{host}>"


class InvitedTo(models.Model):
    """A client that an invitation is about."""

    tenancy = "practice"

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="+")
    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")

    class Meta:
        verbose_name = "invitation’s client"
        constraints = (models.UniqueConstraint(fields=["invitation", "client"], name="invited_once"),)

    def __str__(self) -> str:
        return f"{self.invitation} at {self.client}"
