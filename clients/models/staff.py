"""What a practice knows of those who work for it beyond their role."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from clients.editing import Edited

from .practice import Practice
from .users import User


class Staff(Edited):
    """A person's own rate and week, for margins. It stays when they leave: hours they worked keep what they cost."""

    tenancy = "practice"

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="staff")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    hourly_rate = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    """What an hour of theirs costs, in the practice's currency; none where the practice's own rate holds."""
    weekly_hours = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(168))],
    )
    """How many hours a week they work for the practice; none where nobody said."""

    class Meta:
        verbose_name = "rate and week"
        constraints = (models.UniqueConstraint(fields=["practice", "user"], name="staff_once"),)

    def __str__(self) -> str:
        return f"{self.user} at {self.practice}"
