"""What providers say they served and billed, the cases help desks count, and prompts' versions. Written through `ledger`."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from clients.models import Client

from .sources import Source


class Kept(models.Model):
    """A row of one source of one client."""

    tenancy = "client"

    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="+")
    source = models.ForeignKey(Source, models.CASCADE, db_index=False, related_name="+")

    class Meta:
        abstract = True


class Usage(Kept):
    """What a provider counted over one bucket of time; the columns are those of `records.UsageRecord`."""

    pk = models.CompositePrimaryKey(
        "client_id", "source_id", "start", "end", "vendor", "model", "what", "project", "api_key", "tier"
    )
    start = models.DateTimeField()
    end = models.DateTimeField()
    vendor = models.TextField()
    model = models.TextField()
    what = models.TextField()
    project = models.TextField()
    api_key = models.TextField()
    tier = models.TextField()
    requests = models.BigIntegerField()
    input_tokens = models.BigIntegerField()
    cache_read_tokens = models.BigIntegerField()
    cache_write_tokens = models.BigIntegerField()
    output_tokens = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "start"], name="usage_by_time")]


class Bill(Kept):
    """What a provider bills for one of its UTC days, in its currency; the columns are those of `records.BillRecord`."""

    pk = models.CompositePrimaryKey(
        "client_id", "source_id", "day", "vendor", "service", "model", "line", "project", "currency"
    )
    day = models.DateField()
    vendor = models.TextField()
    service = models.TextField()
    model = models.TextField()
    line = models.TextField()
    project = models.TextField()
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=20, decimal_places=10)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "day"], name="bill_by_day")]


class Ticket(Kept):
    """A support case, without a word of what was said; the columns are those of `records.TicketRecord`."""

    pk = models.CompositePrimaryKey("client_id", "source_id", "ticket_id")
    ticket_id = models.TextField()
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    solved_at = models.DateTimeField(null=True)
    reopened = models.PositiveIntegerField(null=True)
    by_ai = models.BooleanField(null=True)
    deleted = models.BooleanField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["client", "created_at"], name="ticket_by_time"),
            models.Index(fields=["client", "solved_at"], name="ticket_by_solution"),
        ]


class PromptVersion(Kept):
    """A version of a prompt, and the labels it carries now."""

    pk = models.CompositePrimaryKey("client_id", "source_id", "name", "version")
    name = models.TextField()
    version = models.TextField()
    created_at = models.DateTimeField()
    labels = ArrayField(models.TextField())
