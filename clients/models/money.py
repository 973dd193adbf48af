"""Money that is taken as known: what an hour or a ticket is worth to a client, and what its tools cost, each with who said so."""

from datetime import date
from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models

from clients.editing import Edited

from ..writing import number_text
from .client import Client
from .fields import PublicIdField, currency_code

TICKET_VALUE = "ticket_value"
LABOUR_RATE = "labour_rate"
HOURLY_LOSS = "hourly_loss"


class Known(models.TextChoices):
    """How an assumption is known; the values are those of the upper floors' provenance."""

    REPORTED = "reported", "The client told us"
    ASSUMED = "assumed", "We assume it"


class AssumptionQuerySet(models.QuerySet["Assumption"]):
    def holding(self, client: Client, day: date) -> "dict[str, Assumption]":
        """What holds on a day, by key: of each the one valid from the latest day, and of two of one day the one said last."""
        rows = self.filter(client=client, valid_from__lte=day).order_by("key", "-valid_from", "-id").distinct("key")
        return {row.key: row for row in rows}


class Assumption(models.Model):
    """A number that value is worked out with, and who stands behind it. A correction is a new row; none is ever changed."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    key = models.CharField(max_length=60)
    """One of this module's names, or what a person calls it."""
    value = models.DecimalField(max_digits=14, decimal_places=4, validators=[MinValueValidator(Decimal(0))])
    unit = models.CharField(max_length=40)
    """In words: “USD an hour”, “minutes a ticket”."""
    known = models.CharField("how it is known", max_length=10, choices=Known)
    said_by = models.CharField(max_length=120)
    said_on = models.DateField()
    note = models.CharField("source", max_length=300, blank=True)
    """Where it stands: a mail, a meeting, a contract."""
    valid_from = models.DateField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = AssumptionQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["client", "key", "-valid_from", "-id"], name="assumption_holding"),)

    def __str__(self) -> str:
        return f"{self.key}: {self.worth}"

    @property
    def worth(self) -> str:
        """Value and unit as they are told: “40 USD a ticket”, “31.50 USD an hour”."""
        plain = self.value.normalize()
        places = -int(plain.as_tuple().exponent)
        return f"{number_text(plain, max(2, places) if places > 0 else 0)} {self.unit}"


class ToolCost(Edited):
    """What a tool costs a client each month, from a month on and, where it ended, to a month; both included."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    amount = models.DecimalField(max_digits=12, decimal_places=2, validators=[MinValueValidator(Decimal(0))])
    """A month."""
    currency = models.CharField(max_length=3, validators=[currency_code])
    from_month = models.DateField()
    """The first day of the first month it is paid for."""
    to_month = models.DateField(null=True, blank=True)
    """The first day of the last month it is paid for; none while it goes on."""
    said_by = models.CharField(max_length=120)

    class Meta:
        ordering = ("name", "from_month", "id")

    def __str__(self) -> str:
        return self.name
