"""What people are to a practice and to its clients."""

from django.db import models

from .client import Client
from .practice import Practice
from .users import User


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    PROGRAM_MANAGER = "program_manager", "Program manager"
    EXECUTIVE = "executive", "Executive"
    CONTRIBUTOR = "contributor", "Contributor"


class Membership(models.Model):
    """What a person is to a practice (no client) or to one client. A manager has a row for each client assigned to them."""

    tenancy = "practice"

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="memberships")
    client = models.ForeignKey(Client, models.CASCADE, null=True, blank=True, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    since = models.DateTimeField(null=True, auto_now_add=True)
    """When they got it; none of those who had one before this was noted."""

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["practice", "client", "user"], nulls_distinct=False, name="membership_once"
            ),
            models.CheckConstraint(
                condition=models.Q(client__isnull=True, role__in=["owner", "program_manager"])
                | models.Q(client__isnull=False, role__in=["program_manager", "executive", "contributor"]),
                name="membership_role_fits",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} as {self.get_role_display()}"
