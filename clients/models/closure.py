"""Days on which a client is closed or wants no report."""

from datetime import date

from django.db import models

from .client import Client
from .fields import PublicIdField


class ClosureKind(models.TextChoices):
    """What a span of days means for reports."""

    CLOSED = "closed", "Closed: a pulse goes out on the last working day before"
    BLACKOUT = "blackout", "Blackout: no report is sent"


class Closure(models.Model):
    """Whole local days from `first` to `last`, both included."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=ClosureKind)
    first = models.DateField()
    last = models.DateField()
    why = models.CharField(max_length=120)

    class Meta:
        ordering = ("first", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(last__gte=models.F("first")), name="closure_ends_after_it_begins"
            ),
        )

    def __str__(self) -> str:
        return self.why

    def covers(self, day: date) -> bool:
        """Whether a day is within it."""
        return self.first <= day <= self.last
