"""The companies looked after, and their live AI systems."""

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from clients.editing import Edited

from .fields import PublicIdField, currency_code, hex_colour, known_zone, monogram
from .practice import Practice
from .users import User


class ClientQuerySet(models.QuerySet["Client"]):
    def listed(self) -> "ClientQuerySet":
        """In the order a person looks for them; who asks one for its practice or lead reads those of all at once."""
        return self.order_by("name").fetch_mode(models.FETCH_PEERS)


class Client(Edited):
    """A company looked after: the tenant."""

    tenancy = "client"

    public_id = PublicIdField()
    practice = models.ForeignKey(Practice, models.PROTECT, related_name="clients")
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    sector = models.CharField(max_length=80, blank=True)
    zone = models.CharField("time zone", max_length=64, default="UTC", validators=[known_zone])
    currency = models.CharField(max_length=3, default="USD", validators=[currency_code])
    colour = models.CharField(max_length=7, default="#14191A", validators=[hex_colour])
    headcount = models.PositiveIntegerField(null=True, blank=True)
    """How many people work there."""
    lead = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    backup = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    """Who takes over when the lead is away."""
    contacts = models.TextField(blank=True, max_length=4_000)
    """Whom to call there, and for what, as a person would write it on a card."""
    niche: ArrayField[Any, Any] = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    """What it lives from, in a few tags: two clients of one practice in the same niche compete."""
    competitors: ArrayField[Any, Any] = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    """Companies it names as its competitors."""
    data_notes = models.TextField(blank=True, max_length=20_000)
    """How its data is to be handled, in Markdown."""
    country = models.CharField(max_length=2, blank=True)
    """Whose public holidays it keeps, as ISO 3166-1's two letters; "" where nobody said."""
    region = models.CharField(max_length=40, blank=True)
    """A part of the country with holidays of its own, by the `holidays` library's code."""
    ai_budget = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    """What its AI may cost a month, in US dollars as providers bill it; none where nobody said."""
    pulse_hour = models.PositiveSmallIntegerField(default=15, validators=[MaxValueValidator(23)])
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ClientQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def monogram(self) -> str:
        return monogram(self.name)


class SystemKind(models.TextChoices):
    """What an AI system does, so that patterns of the playbook can be matched to it."""

    ASSISTANT = "assistant", "Assistant or chatbot"
    AGENT = "agent", "Agent with tools"
    RETRIEVAL = "retrieval", "Search and retrieval"
    SUMMARIES = "summaries", "Summaries"
    EXTRACTION = "extraction", "Extraction"
    CLASSIFIER = "classifier", "Classification"
    CODE = "code", "Code"


class System(models.Model):
    """One live AI system of a client."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="systems")
    name = models.CharField(max_length=120)
    environment = models.CharField(max_length=40, default="production")
    live_on = models.DateField("went live on", null=True, blank=True)
    """Its first day in use; None where nobody said."""
    kind = models.CharField(max_length=16, choices=SystemKind, blank=True)
    """What it does; "" where nobody said."""

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["client", "name"], name="system_once"),)

    def __str__(self) -> str:
        return self.name
