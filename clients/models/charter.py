"""The quarter's one page and its targets."""

from datetime import date, timedelta

from django.db import models

from .client import Client, System
from .fields import PublicIdField


def quarter_start(day: date) -> date:
    """The first day of the calendar quarter that `day` is in."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


class CharterManager(models.Manager["Charter"]):
    def current(self, client: Client, today: date) -> "Charter | None":
        """The charter of the quarter `today` is in, with its targets at hand."""
        of_quarter = self.filter(client=client, quarter_start=quarter_start(today))
        return of_quarter.prefetch_related(models.Prefetch("targets", Target.objects.select_related("system"))).first()


class Charter(models.Model):
    """The quarter's one page: its scope and its targets."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="charters")
    quarter_start = models.DateField()
    scope = models.TextField(blank=True)
    edition = models.PositiveIntegerField(default=0)
    """How often it was saved: of two people who write at once, the second learns of the first."""

    objects = CharterManager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["client", "quarter_start"], name="charter_once"),)

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return f"Q{(self.quarter_start.month + 2) // 3} {self.quarter_start.year}"

    @property
    def quarter_end(self) -> date:
        """The last day of the quarter."""
        return quarter_start(self.quarter_start + timedelta(days=93)) - timedelta(days=1)


class Target(models.Model):
    """One numeric promise of a charter: a metric that shall go from its baseline to a goal by a day.

    `metric` is a key of the catalogue one floor up; numbers are in that metric's unit (a rate of 62% is 0.62).
    """

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    charter = models.ForeignKey(Charter, models.CASCADE, related_name="targets")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=120)
    metric = models.CharField(max_length=120)
    system = models.ForeignKey(System, models.SET_NULL, null=True, blank=True, related_name="+")
    model = models.CharField(max_length=120, blank=True)
    baseline = models.DecimalField(max_digits=20, decimal_places=8, null=True, blank=True)
    baseline_n = models.PositiveIntegerField(null=True, blank=True)
    baseline_source = models.CharField(max_length=200, blank=True)
    goal = models.DecimalField(max_digits=20, decimal_places=8)
    due = models.DateField()
    owner = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.name
