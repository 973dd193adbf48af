"""Whom a client buys AI from: the contract, its dates, what the vendor may do with data, and what was talked about."""

from datetime import date, timedelta
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower

from clients.editing import Edited

from .client import Client
from .fields import PublicIdField, currency_code


class Training(models.TextChoices):
    """Whether a vendor may train models on what the client sends."""

    UNKNOWN = "unknown", "Not known yet"
    NO = "no", "No, the contract rules it out"
    OPTED_OUT = "opted_out", "No, we opted out"
    YES = "yes", "Yes"


class CommitmentPer(models.TextChoices):
    """What a commitment is for."""

    MONTH = "month", "a month"
    YEAR = "year", "a year"
    TERM = "term", "for the whole term"


class VendorQuerySet(models.QuerySet["Vendor"]):
    def current(self) -> "VendorQuerySet":
        """Those whose contract was not ended, the next renewal first."""
        return self.filter(ended_on=None).order_by(F("renews_on").asc(nulls_last=True), "name")


class Vendor(Edited):
    """One vendor of a client. Days are those of the client's own calendar."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="vendors")
    name = models.CharField(max_length=120)
    buys = models.CharField("what is bought", max_length=300, blank=True)
    contract = models.CharField(max_length=300, blank=True)
    """Its number, or where it lies."""
    contact = models.CharField(max_length=300, blank=True)
    renews_on = models.DateField(null=True, blank=True)
    """The day on which the contract begins anew, or ends."""
    renews_itself = models.BooleanField("it renews by itself", default=True)
    notice_days = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(730)])
    """How many days before the renewal notice has to be there."""
    ended_on = models.DateField(null=True, blank=True)
    commitment = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    """What the client pays at least."""
    currency = models.CharField(max_length=3, validators=[currency_code])
    commitment_per = models.CharField(max_length=10, choices=CommitmentPer, default=CommitmentPer.YEAR)
    retention = models.CharField("how long it keeps data", max_length=200, blank=True)
    training = models.CharField(
        "whether it trains on the data", max_length=10, choices=Training, default=Training.UNKNOWN
    )
    region = models.CharField("where the data is", max_length=120, blank=True)
    dpa_link = models.URLField("data processing agreement", max_length=500, blank=True)
    billed_as = models.CharField("name in bills", max_length=80, blank=True)
    """What its bills call it, where that is not its name."""

    objects = VendorQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint("client", Lower("name"), name="vendor_once"),)

    def __str__(self) -> str:
        return self.name

    @property
    def notice_by(self) -> date | None:
        """The last day on which notice is in time: the renewal less the notice period. None where either is not known."""
        if self.renews_on is None or self.notice_days is None:
            return None
        return self.renews_on - timedelta(days=self.notice_days)


class VendorTalk(models.Model):
    """A conversation with a vendor. The database refuses to change or delete it; what was wrong is put right by another."""

    tenancy = "client"

    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="+")
    vendor = models.ForeignKey(Vendor, models.CASCADE, related_name="talks")
    day = models.DateField()
    people = models.CharField("with whom", max_length=200, blank=True)
    text = models.TextField("what was said", max_length=4000)
    written_by = models.CharField(max_length=254)
    written_at = models.DateTimeField()

    class Meta:
        verbose_name = "conversation with a vendor"
        verbose_name_plural = "conversations with vendors"
        ordering: ClassVar = ("-day", "-id")

    def __str__(self) -> str:
        return self.text[:60]
