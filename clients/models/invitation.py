"""Invitations: how people get in."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from .client import Client
from .fields import PublicIdField
from .mailed import Mailed, MailedQuerySet
from .membership import Role
from .practice import Practice
from .users import User


class InvitationQuerySet(MailedQuerySet["Invitation"]):
    def open(self) -> Self:
        """Neither accepted nor withdrawn; its link may have run out."""
        return self.filter(accepted_at=None, withdrawn_at=None)


class Invitation(Mailed):
    """Somebody asked, by mail, to take a role."""

    tenancy = "practice"

    public_id = PublicIdField()
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role)
    clients = models.ManyToManyField(Client, through="InvitedTo", related_name="+")
    """An executive's and a contributor's, or those a manager shall look after."""
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
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
