"""When models are announced to retire: the practice's calendar, the feeds it is filled from, and whom it concerns."""

from django.db import models

from clients.editing import Edited

from .client import Client
from .fields import PublicIdField
from .practice import Practice
from .roadmap import Opportunity


class RetirementFeed(Edited):
    """A list of retirement dates that somebody publishes at an address, as JSON or CSV, and how its last reading went."""

    tenancy = "practice"

    public_id = PublicIdField()
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    url = models.URLField(max_length=500)
    next_at = models.DateTimeField()
    """When it is read again."""
    read_at = models.DateTimeField(null=True, blank=True)
    """When it was last read, or found unchanged."""
    error = models.CharField(max_length=500, blank=True)
    etag = models.CharField(max_length=200, blank=True)
    modified = models.CharField(max_length=80, blank=True)
    """What its server said of the version that was read, to ask for a newer one only."""

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["practice", "url"], name="retirement_feed_once"),)

    def __str__(self) -> str:
        return self.name


class Retirement(Edited):
    """A day after which a model is announced not to answer any more: typed by somebody, or read from a feed."""

    tenancy = "practice"

    public_id = PublicIdField()
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="+")
    feed = models.ForeignKey(RetirementFeed, models.CASCADE, null=True, blank=True, related_name="retirements")
    model = models.CharField(max_length=120)
    """As calls name it, or their name without a snapshot's date."""
    retires_on = models.DateField()
    replacement = models.CharField(max_length=120, blank=True)
    link = models.URLField(max_length=500, blank=True)
    """Where it was announced."""

    class Meta:
        ordering = ("retires_on", "model")
        constraints = (
            models.UniqueConstraint(
                fields=["practice", "feed", "model"], nulls_distinct=False, name="retirement_once_a_feed"
            ),
        )

    def __str__(self) -> str:
        return self.model


class RetirementNotice(models.Model):
    """That a model which a client calls is announced to retire: the client's own copy of the facts, and the opportunity it opened."""

    tenancy = "client"

    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="retirement_notices")
    model = models.CharField(max_length=120)
    """As the client's calls name it."""
    retires_on = models.DateField()
    replacement = models.CharField(max_length=120, blank=True)
    link = models.URLField(max_length=500, blank=True)
    noticed_at = models.DateTimeField()
    over_at = models.DateTimeField(null=True, blank=True)
    """When the client had stopped calling it, or the date was withdrawn."""
    opportunity = models.ForeignKey(Opportunity, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("retires_on", "model")
        constraints = (models.UniqueConstraint(fields=["client", "model"], name="retirement_notice_once"),)

    def __str__(self) -> str:
        return self.model
