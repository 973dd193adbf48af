"""When a person looked at a client last."""

from django.db import models

from .client import Client
from .practice import Practice
from .users import User


class Look(models.Model):
    """One person's looks at one client's page. Only the practice's own people have them, and only they can read them."""

    tenancy = "practice"

    practice = models.ForeignKey(Practice, models.CASCADE, db_index=False, related_name="+")
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    person = models.ForeignKey(User, models.CASCADE, db_index=False, related_name="+")
    at = models.DateTimeField()
    """The last one that was written: those that follow within an hour are not."""
    before = models.DateTimeField(null=True)
    """The last one of the sitting before this one; none in the first."""

    class Meta:
        constraints = (models.UniqueConstraint(fields=["person", "client"], name="look_once"),)

    def __str__(self) -> str:
        return f"{self.person} at {self.client}"
