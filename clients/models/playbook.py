"""The practice's playbook: patterns that were seen to work, written so that they say nothing of any client."""

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models

from clients.editing import Edited

from .client import SystemKind
from .fields import PublicIdField
from .practice import Practice

_NOT_NEGATIVE = MinValueValidator(Decimal(0))


class Direction(models.TextChoices):
    """Which way a metric is expected to move."""

    UP = "up", "rises by"
    DOWN = "down", "falls by"


class Pattern(Edited):
    """Symptom, action, typical lift. Architecture, never a client's data."""

    tenancy = "practice"

    public_id = PublicIdField()
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="patterns")
    title = models.CharField(max_length=120)
    symptom = models.TextField(max_length=2000)
    action = models.TextField(max_length=4000)
    metric = models.CharField(max_length=120)
    """A key of the catalogue one floor up; no client's own outcome or score, which would tell of that client."""
    way = models.CharField(max_length=4, choices=Direction, default=Direction.UP)
    lift_low = models.DecimalField(max_digits=20, decimal_places=8, validators=[_NOT_NEGATIVE])
    lift_high = models.DecimalField(max_digits=20, decimal_places=8, validators=[_NOT_NEGATIVE])
    """How far the metric typically moves, in its own unit."""
    hours = models.DecimalField(
        "typical hours", max_digits=7, decimal_places=2, default=Decimal(0), validators=[_NOT_NEGATIVE]
    )
    kinds: ArrayField[Any, Any] = ArrayField(
        models.CharField(max_length=16, choices=SystemKind), default=list, blank=True
    )
    """Kinds of systems that it fits; none means every kind."""
    retired = models.BooleanField(default=False)

    class Meta:
        ordering = ("title", "id")
        indexes: ClassVar = []
        constraints = (
            models.UniqueConstraint(fields=["practice", "title"], name="pattern_once"),
            models.CheckConstraint(
                condition=models.Q(lift_high__gte=models.F("lift_low")), name="pattern_lift_is_a_range"
            ),
        )

    def __str__(self) -> str:
        return self.title
