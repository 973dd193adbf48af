"""Time spent and what was done: areas of work, entries of the work log, and the one running timer of a person."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from clients.editing import Edited

from ..writing import clock_text
from . import fields
from .client import Client
from .fields import PublicIdField
from .practice import Practice
from .roadmap import Opportunity
from .users import User

SEVEN = (
    "performance monitoring",
    "prompt optimization",
    "integration maintenance",
    "system updates",
    "workflow expansion",
    "team support",
    "reporting",
)
"""The areas that a practice begins with."""
DAY_MINUTES = 24 * 60


class AreaManager(models.Manager["Area"]):
    def of(self, practice: Practice) -> "list[Area]":
        """All areas of a practice in their order, retired ones too. A practice that never had any gets the seven."""
        found = list(self.filter(practice=practice))
        if not found:
            made = (Area(practice=practice, name=name, position=place) for place, name in enumerate(SEVEN))
            self.bulk_create(made, ignore_conflicts=True)
            found = list(self.filter(practice=practice))
        return found


class Area(Edited):
    """One of a practice's areas of work. It is retired, never deleted, for entries speak of it."""

    tenancy = "practice"

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="areas")
    public_id = PublicIdField()
    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)
    retired = models.BooleanField(default=False)

    objects = AreaManager()

    class Meta:
        ordering = ("position", "id")
        verbose_name = "area of work"
        verbose_name_plural = "areas of work"
        constraints = (models.UniqueConstraint(fields=["practice", "name"], name="area_once"),)

    def __str__(self) -> str:
        return self.name


class WorkEntry(Edited):
    """Minutes that a person spent for a client on a day of the person's own zone, and what was done."""

    tenancy = "client"

    public_id = PublicIdField()
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, models.CASCADE, related_name="work")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    day = models.DateField()
    minutes = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(DAY_MINUTES)])
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    note = models.TextField("what was done", blank=True, max_length=2000)
    attendees = models.CharField(max_length=300, blank=True)
    """Who was there, where it was a touchpoint with the client."""
    system = models.CharField(max_length=120, blank=True)
    prompt = models.CharField("prompt or version", max_length=120, blank=True)
    opportunity = models.ForeignKey(Opportunity, models.SET_NULL, null=True, blank=True, related_name="work")
    visible = models.BooleanField("the client sees it", default=False)
    visible_note = models.CharField("in words for the client", max_length=500, blank=True)
    act = models.CharField(max_length=16, default=fields.public_id, editable=False)
    """Shared by entries that were logged in one act, so that all of them can be undone at once."""
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-day", "-id")
        verbose_name = "work entry"
        verbose_name_plural = "work entries"
        indexes: ClassVar = (
            models.Index(fields=["client", "-day", "-id"], name="work_of_client"),
            models.Index(fields=["person", "-day"], name="work_of_person"),
            models.Index(fields=["act"], name="work_of_act"),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, minutes__lte=DAY_MINUTES), name="work_within_a_day"
            ),
        )

    def __str__(self) -> str:
        return f"{self.minutes} minutes on {self.day}"

    @property
    def said(self) -> str:
        """What the client reads of it."""
        return self.visible_note or self.note


class Timer(models.Model):
    """A person's running timer. What it is for is a line of the quick add without its duration, read when it is stopped."""

    tenancy = "practice"

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="+")
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    started_at = models.DateTimeField()
    line = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["practice", "person"], name="timer_once"),)

    def __str__(self) -> str:
        return f"since {clock_text(self.started_at)}"
