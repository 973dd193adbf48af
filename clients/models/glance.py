"""What a client looked like when a worker last read all of it: the facts that are too dear to work out for every client of a page."""

from django.db import models

from .client import Client


class Glance(models.Model):
    """One client as it was read last. It is worked out from points and promises alone and can be written anew at any time."""

    tenancy = "client"

    client = models.OneToOneField(Client, models.CASCADE, primary_key=True, related_name="glance")
    read_at = models.DateTimeField()
    moved = models.CharField(max_length=300, blank=True)
    """What moved over the last seven days, in one or two sentences; "" where nothing is watched."""
    worse = models.BooleanField(default=False)
    """Whether the first of them tells of something that got worse."""
    targets = models.JSONField(default=list)
    """Those of the charter in force, in its order: ``{"name", "status", "why"}``, the status in the first floor's words."""
    spent = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    """What its AI cost in `month` so far, in US dollars; None where nothing says."""
    spent_known = models.CharField(max_length=10, blank=True)
    """How that is known: the first floor's provenance."""
    heading = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    """What the month comes to at the pace of its days so far, in US dollars; None in its first fifth."""
    month = models.DateField()
    """The month that hours and spend are of: its first day, as it was at the client when it was read."""
    available = models.IntegerField(null=True)
    """The minutes that may be worked in it, with what was carried over; None where no engagement runs."""

    def __str__(self) -> str:
        return f"{self.client} at {self.read_at}"
