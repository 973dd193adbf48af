"""Links by which an executive agrees to a charter without logging in."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from .charter import Charter
from .client import Client
from .fields import PublicIdField
from .mailed import Mailed, MailedQuerySet, Sending
from .users import User


class CharterLinkQuerySet(MailedQuerySet["CharterLink"]):
    def open(self) -> Self:
        """Neither used nor withdrawn; it may have run out."""
        return self.filter(used_at=None, withdrawn_at=None)


class CharterLink(Mailed):
    """A version of a charter sent to somebody by name, who agrees to it with the link in the mail, once."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    charter = models.ForeignKey(Charter, models.CASCADE, related_name="links")
    name = models.CharField(max_length=120)
    email = models.EmailField()
    sent_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = CharterLinkQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes: ClassVar = [models.Index(fields=["sending", "not_before"], name="charter_link_due")]

    def __str__(self) -> str:
        return f"{self.charter} to {self.email}"

    def fault(self, now: datetime) -> str:
        """Why nobody can be expected to agree with one that was neither used nor withdrawn: “ran out”; "" where they may."""
        if self.expires_at and self.expires_at <= now:
            return "ran out"
        if self.sending == Sending.FAILED:
            return "was not sent"
        return "may not have arrived" if self.sending == Sending.UNCERTAIN else ""

    @property
    def message_id(self) -> str:
        """The name by which a mail server's log can say whether this sending arrived."""
        host = settings.SITE_URL.split("//")[-1].split(":")[0]
        return f"<{self.public_id}.{self.attempts}.charter@{host}>"
