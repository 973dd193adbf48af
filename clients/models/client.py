"""The companies looked after, and their live AI systems."""

from django.core.validators import MaxValueValidator
from django.db import models

from .fields import PublicIdField, currency_code, hex_colour, known_zone, monogram
from .practice import Practice
from .users import User


class ClientQuerySet(models.QuerySet["Client"]):
    def listed(self) -> "ClientQuerySet":
        """With what a list shows, in the order a person looks for them."""
        return self.select_related("lead").order_by("name")


class Client(models.Model):
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
    lead = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    pulse_hour = models.PositiveSmallIntegerField(default=15, validators=[MaxValueValidator(23)])
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ClientQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def monogram(self) -> str:
        return monogram(self.name)


class System(models.Model):
    """One live AI system of a client."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="systems")
    name = models.CharField(max_length=120)
    environment = models.CharField(max_length=40, default="production")

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["client", "name"], name="system_once"),)

    def __str__(self) -> str:
        return self.name
