"""Exports of all that a client owns: who asked for one, how far it is, and until when its file is kept."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q

from ..writing import day_text
from .client import Client
from .fields import PublicIdField
from .users import User

ABANDONED_AFTER = timedelta(minutes=55)
"""A claim this old is nobody's any more: it is longer than a worker may be at it."""


class ExportState(models.TextChoices):
    """How far an export is."""

    WAITING = "waiting", "Waiting"
    WORKING = "working", "Being written"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    GONE = "gone", "Deleted"


class ExportQuerySet(models.QuerySet["Export"]):
    def under_way(self) -> "ExportQuerySet":
        """Those that somebody waits for."""
        return self.filter(state__in=[ExportState.WAITING, ExportState.WORKING])

    def due(self, now: datetime) -> "ExportQuerySet":
        """Those to be written now: what waits, and what a worker left."""
        left = Q(state=ExportState.WORKING, claimed_at__lt=now - ABANDONED_AFTER)
        return self.filter(Q(state=ExportState.WAITING) | left)

    def expired(self, now: datetime) -> "ExportQuerySet":
        """Those whose file is to be deleted."""
        return self.filter(state=ExportState.READY, expires_at__lte=now)


class Export(models.Model):
    """One zip of a client. The file itself lies under the home directory, as `clients.exports` names it."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="exports")
    for_client = models.BooleanField(default=False)
    """Whether it holds only what the client's own executives see, without the practice's notes to itself."""
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=ExportState, default=ExportState.WAITING)
    claim = models.CharField(max_length=64, blank=True)
    """The task that writes it; one that is delivered again after its worker died goes on under the same name."""
    claimed_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)
    steps = models.PositiveIntegerField(default=0)
    """Of so many steps so many are done."""
    doing = models.CharField(max_length=120, blank=True)
    files = models.PositiveIntegerField(null=True)
    size = models.PositiveBigIntegerField(null=True)
    """In bytes, as the next is of the whole zip."""
    sha256 = models.CharField(max_length=64, blank=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)
    fetched_by = models.CharField(max_length=254, blank=True)
    """Who downloaded it last; the audit trail has all of them."""
    fetched_at = models.DateTimeField(null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = "export"
        ordering: ClassVar = ("-asked_at", "-id")
        indexes: ClassVar = [models.Index(fields=["client", "-asked_at"], name="export_of_client")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["client", "for_client"],
                condition=Q(state__in=["waiting", "working"]),
                name="export_under_way_once",
            )
        ]

    def __str__(self) -> str:
        return f"export of {day_text(self.asked_at, year=True)}"
