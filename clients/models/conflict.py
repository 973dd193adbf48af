"""What an owner decided about two clients that compete."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from .client import Client
from .practice import Practice


class ConflictException(models.Model):
    """Two clients that are looked after although they collide: which two, over what, why, who decided it and when.

    It is the practice's: the database shows it only to a scope of the practice that has both clients, so to neither client's
    people and to no manager of one of them. Nobody can change or take away a row.
    """

    tenancy = "practice"

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    other = models.ForeignKey(Client, models.CASCADE, related_name="+")
    collisions: ArrayField[Any, Any] = ArrayField(models.CharField(max_length=200))
    """The keys of what collided (clients.conflicts.Collision): something new between the two is not covered."""
    reason = models.TextField()
    recorded_by = models.CharField(max_length=254)
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.reason
