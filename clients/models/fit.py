"""Whether a client fits: what was asked before a discovery, what was answered, and what it came to."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ..writing import day_text
from .client import Client
from .fields import PublicIdField


class FitOutcome(models.TextChoices):
    """What the answers come to."""

    FITS = "fits", "Fits"
    RESERVED = "reserved", "Fits with reservations"
    NOT = "not", "Does not fit"


class FitCheck(models.Model):
    """A fit check as it was answered. It is never changed: to think again is to check again."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="fit_checks")
    answered_on = models.DateField()
    """The day it was where the client is."""
    answered_by = models.CharField(max_length=254)
    """Who answered, as they were called."""
    answers = models.JSONField[Any](default=list)
    """In the order asked, each ``{"key", "question", "answer": "yes" | "no" | "unknown", "note"}``, worded as it was asked."""
    outcome = models.CharField(max_length=8, choices=FitOutcome)
    reasons: ArrayField[Any, Any] = ArrayField(models.CharField(max_length=300), default=list)
    """Why, a sentence each, the weightiest first."""
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-made_at", "-id")
        verbose_name = "fit check"
        indexes: ClassVar = (models.Index(fields=["client", "-made_at"], name="fit_of_client"),)

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}, {day_text(self.answered_on, year=True)}"
