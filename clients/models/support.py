"""Team support: what a client's people asked, were trained in and told us, and what was done about it."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from clients.editing import Edited

from .client import Client
from .fields import PublicIdField


class SupportKind(models.TextChoices):
    """What kind of support it is."""

    QUESTION = "question", "Question"
    TRAINING = "training", "Training"
    FEEDBACK = "feedback", "Feedback"


class SupportQuerySet(models.QuerySet["SupportEntry"]):
    def open(self) -> "SupportQuerySet":
        """Those with nothing done about them yet."""
        return self.filter(done_on=None)


class SupportEntry(Edited):
    """One question, training or piece of feedback. It is open until the day on which something was done about it."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="support")
    kind = models.CharField(max_length=10, choices=SupportKind)
    came_on = models.DateField()
    """The day it was asked, wished for or said, where the client is."""
    by = models.CharField("from whom", max_length=120)
    text = models.TextField(max_length=4000)
    people = models.PositiveSmallIntegerField(
        "people trained", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(10_000)]
    )
    """How many took part, of a training that was held."""
    done = models.TextField("what was done", max_length=4000, blank=True)
    done_on = models.DateField(null=True, blank=True)
    """The day it was answered, held or dealt with."""
    recorded_by = models.CharField(max_length=254)

    objects = SupportQuerySet.as_manager()

    class Meta:
        verbose_name = "team support"
        verbose_name_plural = "team support"
        ordering: ClassVar = ("-came_on", "-id")
        indexes: ClassVar = [
            models.Index(fields=["client", "-came_on", "-id"], name="support_of_client"),
            models.Index(fields=["client", "done_on"], name="support_by_done"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(done_on=None) | Q(done_on__gte=models.F("came_on")), name="support_done_after_it_came"
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]
