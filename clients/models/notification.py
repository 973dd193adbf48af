"""What a person is told of a client, once for each cause."""

from typing import ClassVar

from django.db import models

from .client import Client
from .fields import PublicIdField
from .users import User


class NotificationQuerySet(models.QuerySet["Notification"]):
    def of(self, person: User) -> "NotificationQuerySet":
        """A person's, newest first. Those of clients they no longer see are out of their scope."""
        return self.filter(person=person).order_by("-at", "-id")


class Notification(models.Model):
    """A line in a person's inbox that leads to the place where it happened."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="+")
    person = models.ForeignKey(User, models.CASCADE, db_index=False, related_name="+")
    cause = models.CharField(max_length=160)
    """What it tells of: nobody is told the same twice."""
    title = models.CharField(max_length=240)
    page = models.CharField(max_length=40)
    """The name of the address that it leads to."""
    arguments = models.JSONField(default=list)
    """What that address needs besides the client."""
    at = models.DateTimeField()
    doer = models.ForeignKey(User, models.SET_NULL, null=True, db_index=False, related_name="+")
    """Who did it; none where FracOps did, or nobody knows."""
    behalf = models.CharField(max_length=200, blank=True)
    """For whom it is read, where somebody is away: “for Mara, away until 3 December”."""
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["client", "person", "cause"], name="notification_once"),)
        indexes: ClassVar = [
            models.Index(fields=["person", "-at"], name="notification_of_person"),
            models.Index(fields=["person"], condition=models.Q(read_at=None), name="notification_unread"),
        ]

    def __str__(self) -> str:
        return self.title
