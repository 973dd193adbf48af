"""Feeds that a practice reads for news of models, vendors and laws, and what they brought."""

from datetime import datetime
from typing import ClassVar

from django.db import models

from clients.editing import Edited

from .fields import PublicIdField
from .practice import Practice
from .risk import RiskItem


class FeedQuerySet(models.QuerySet["Feed"]):
    def due(self, now: datetime) -> "FeedQuerySet":
        """Those to be read now, the longest due first."""
        return self.filter(active=True, due_at__lte=now).order_by("due_at")

    def claim(self, feed_id: int, now: datetime, until: datetime) -> bool:
        """Take a due feed for reading; exactly one caller is told True. Whoever dies over it leaves it due again at `until`."""
        return bool(self.due(now).order_by().filter(pk=feed_id).update(due_at=until))


class Feed(Edited):
    """An Atom or RSS feed that a practice subscribed to."""

    tenancy = "practice"

    public_id = PublicIdField()
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="feeds")
    name = models.CharField(max_length=120)
    url = models.URLField("address", max_length=500)
    active = models.BooleanField("it is read", default=True)
    due_at = models.DateTimeField()
    """When it is read next."""
    etag = models.CharField(max_length=300, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)
    """What its server said of the state we have; sent back, so that an unchanged feed is not sent again."""
    read_at = models.DateTimeField(null=True, editable=False)
    """When it could be read last, changed or not."""
    problem = models.CharField(max_length=500, blank=True, editable=False)
    """Why it could not be read the last time, and what to do; "" where it could."""
    failures = models.PositiveIntegerField(default=0, editable=False)
    """How often in a row it could not be read."""

    objects = FeedQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint(fields=["practice", "url"], name="feed_once"),)
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=models.Q(active=True), name="feed_due"),
        ]

    def __str__(self) -> str:
        return self.name


class EntryState(models.TextChoices):
    """What became of an entry."""

    NEW = "new", "To triage"
    KEPT = "kept", "Made an item"
    DISMISSED = "dismissed", "Dismissed"
    OLDER = "older", "Older than the subscription"


class FeedEntry(models.Model):
    """One entry of a feed, as plain text: nothing that a feed sends is ever shown as HTML."""

    tenancy = "practice"

    public_id = PublicIdField()
    practice = models.ForeignKey(Practice, models.CASCADE, db_index=False, related_name="+")
    feed = models.ForeignKey(Feed, models.CASCADE, db_index=False, related_name="entries")
    key = models.CharField(max_length=64)
    """SHA-256 of the id it has in its feed; an entry that comes again is the same one."""
    title = models.CharField(max_length=200)
    link = models.CharField(max_length=500, blank=True)
    """An http or https address, or none."""
    summary = models.CharField(max_length=1000, blank=True)
    published_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=EntryState, default=EntryState.NEW)
    item = models.ForeignKey(RiskItem, models.SET_NULL, null=True, related_name="+")
    """What it was made."""
    handled_by = models.CharField(max_length=254, blank=True)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "entry of a feed"
        verbose_name_plural = "entries of feeds"
        ordering = ("-arrived_at", "-id")
        constraints = (models.UniqueConstraint(fields=["feed", "key"], name="feed_entry_once"),)
        indexes: ClassVar = [
            models.Index(fields=["practice", "state", "-arrived_at", "-id"], name="feed_entry_to_triage")
        ]

    def __str__(self) -> str:
        return self.title
