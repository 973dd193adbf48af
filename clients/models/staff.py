"""What a practice knows of those who work for it beyond their role, and what an hour of theirs cost when."""

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
    """What an hour of theirs costs, in the practice's currency, as it was said last; none where the practice's own rate holds. From
    which month on it does is in HourRate."""
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


class HourRate(models.Model):
    """What an hour costs from a month on, whatever was said before. A change is a new row, and none is ever changed.

    Without any, what Staff or Practice says held from the beginning.
    """

    tenancy = "practice"

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    """Whose; none for everybody without a rate of their own."""
    month = models.DateField(null=True)
    """Its first day; none for the beginning."""
    amount = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    """In the practice's currency; none where nothing was written down, or for a person the practice's rate holds."""
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "cost of an hour"
        ordering = ("id",)
        constraints = (models.CheckConstraint(condition=models.Q(month__day=1), name="hour_rate_from_a_month"),)

    def __str__(self) -> str:
        return f"{self.user or self.practice} from {self.month or 'the beginning'}"
