"""Who has read stored texts: written with each reading, and never changed."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from clients.models import Client


class TextReading(models.Model):
    """One text of one span that a page showed to a person. Append-only: the runtime may add and read, nothing else."""

    tenancy = "client"

    class Page(models.TextChoices):
        LOG = "log", "the log"
        QUERY = "query", "the query"

    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+")
    at = models.DateTimeField()
    """The same for all that one page showed."""
    page = models.CharField(max_length=10, choices=Page)
    source = models.CharField(max_length=32)
    """Its source's public id: the reading stays when the source goes."""
    trace_id = models.TextField()
    span_id = models.TextField()

    class Meta:
        ordering = ("-at",)
        indexes: ClassVar = [models.Index(fields=["client", "-at"], name="text_reading_by_time")]
