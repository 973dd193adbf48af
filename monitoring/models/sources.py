"""Ways in: sources, how far each has been read, the syncs that did it, and the signals raised about them."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q, Value, Window
from django.db.models.functions import Greatest, RowNumber

from clients.models import Client, PublicIdField, System
from monitoring.connecting.kind import Brings
from monitoring.sources import kinds, name_of

from .intervals import WindowsField


class PushKind(models.TextChoices):
    """The kinds of source that are sent to; those that are pulled from are in the registry."""

    OTLP = "otlp", "Pushed (OpenTelemetry or JSON)"
    FILE = "file", "Imported files"


class Texts(models.TextChoices):
    """What becomes of what was asked and answered, the same word in forms, the shell and JSON."""

    UNREAD = "unread", "Do not read texts"
    MEASURED = "measured", "Read texts, measure them and keep none"
    KEPT = "kept", "Keep texts"


class State(models.TextChoices):
    """How a source is doing, the same word in pages, lists and JSON."""

    PUSHED = "pushed", "Arriving"
    NO_DATA = "no_data", "No data"
    READING = "reading", "Reading"
    WAITING = "waiting", "Waits, then tries again"
    PAUSED_ITSELF = "paused_itself", "Paused itself"
    PAUSED = "paused", "Paused"
    TROUBLE = "trouble", "Needs a look"
    UP_TO_DATE = "up_to_date", "Up to date"
    REMOVED = "removed", "Removed"


class SourceQuerySet(models.QuerySet["Source"]):
    def worst_first(self) -> "SourceQuerySet":
        """Those in trouble, newest trouble first, then the others by name."""
        return self.order_by(F("error_at").desc(nulls_last=True), "name")

    def kept(self) -> "SourceQuerySet":
        """Those that were not taken away."""
        return self.filter(removed_at=None)

    def bounded(self, client_id: int) -> "SourceQuerySet":
        """A client's sources that do not always count."""
        return self.filter(~Q(counts_from=None) | ~Q(counts_until=None), client_id=client_id)

    def due(self, now: datetime) -> "SourceQuerySet":
        """Those to be pulled now, that no living worker holds: every client's first, then every client's second, longest due first."""
        return (
            self.filter(Q(claimed_until=None) | Q(claimed_until__lt=now), next_run_at__lte=now)
            .annotate(turn=Window(RowNumber(), partition_by="client_id", order_by="next_run_at"))
            .order_by("turn", "next_run_at")
        )

    def arrived(self, source_id: int, now: datetime, newest: datetime) -> None:
        """Note that data up to `newest` came in, which also ends whatever was wrong before. The same rows again are no newer data.

        Raises DoesNotExist for a source that was removed meanwhile: what came may not be kept then.
        """
        furthest = Greatest(F("newest_at"), Value(newest, models.DateTimeField()))
        kept = self.filter(pk=source_id, removed_at=None)
        if not kept.update(last_arrival_at=now, newest_at=furthest, error="", error_at=None):
            raise self.model.DoesNotExist(f"Source {source_id} was removed.")

    def failed(self, source_id: int, now: datetime, error: str) -> int:
        """Note what went wrong, in words for the program manager; the data stays as it was."""
        return self.filter(pk=source_id).update(error=error[:500], error_at=now)

    def gone(self, source_id: int, newest: datetime) -> int:
        """Note that spans or scores up to `newest` were deleted for their age."""
        return self.filter(pk=source_id).update(spans_from=Greatest(F("spans_from"), Value(newest)))

    def seen(self, source_id: int, error: str) -> int:
        """Clear what went wrong once a person has read it; what came up since stays."""
        return self.filter(pk=source_id, error=error).update(error="", error_at=None)


class Source(models.Model):
    """A configured way in for one client's data. Its token is kept as a digest only, its credentials sealed."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="sources")
    system = models.ForeignKey(System, models.PROTECT, related_name="+")
    """The system its data belongs to when the data does not say."""
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=160)
    texts = models.CharField(max_length=10, choices=Texts, default=Texts.KEPT)
    """Whether what was asked and answered is read at all, and whether it is stored or only what it tells."""
    redacts = models.BooleanField(default=True)
    """Whether addresses, numbers and keys are taken out of it before."""
    pseudonymises = models.BooleanField(default=True)
    """Whether people are kept under a stable name that does not say who they are."""
    text_days = models.PositiveSmallIntegerField(null=True, blank=True)
    """How many days texts are kept; none for as long as the spans."""
    span_days = models.PositiveSmallIntegerField(null=True, blank=True)
    """How many days spans and scores are kept; none for the house's thirteen months."""
    texts_from = models.DateTimeField(null=True, blank=True)
    """Texts of what began before are blank."""
    spans_from = models.DateTimeField(null=True, blank=True)
    """Of what began up to then some is deleted, so that nothing can be counted from what is left."""
    token_digest = models.CharField(max_length=64, null=True, blank=True, unique=True)
    token_hint = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_arrival_at = models.DateTimeField(null=True, blank=True)
    first_span_at = models.DateTimeField(null=True, blank=True)
    last_span_at = models.DateTimeField(null=True, blank=True)
    """No span that it brought began before the one or after the other."""
    newest_at = models.DateTimeField(null=True, blank=True)
    """The time of the newest record it ever brought, by the record itself: a bill's is the beginning of its UTC day."""
    error = models.CharField(max_length=500, blank=True)
    error_at = models.DateTimeField(null=True, blank=True)

    removed_at = models.DateTimeField(null=True, blank=True)
    """When it was taken away with its data kept; nothing comes in by it any more."""

    counts_from = models.DateTimeField(null=True, blank=True)
    counts_until = models.DateTimeField(null=True, blank=True)
    """Its spans and scores count into points from the one (if any) and before the other (if any). Set by `seams`."""
    handed_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    """The source that counts in its place from `counts_until` on."""

    # From here on, of sources that are pulled from.
    settings = models.JSONField(default=dict, blank=True)
    credentials = models.TextField(blank=True)
    """The secrets among its settings, sealed for its public id (`clients.secrets`)."""
    next_run_at = models.DateTimeField(null=True, blank=True)
    """When it may be pulled next; none for what is pushed or paused by a person."""
    paused_itself = models.BooleanField(default=False)
    """Whether it gave up and only looks now and then whether that was right."""
    failures = models.PositiveSmallIntegerField(default=0)
    """Failed syncs since the last good one."""
    last_sync_at = models.DateTimeField(null=True, blank=True)
    """When it was last read up to the moment, or as near as its provider allows."""
    turned_at = models.DateTimeField(null=True, blank=True)
    """When its settings were last pointed at other data; what it brought before came from elsewhere."""
    claim = models.CharField(max_length=32, blank=True)
    """The token of the worker that holds it."""
    claimed_until = models.DateTimeField(null=True, blank=True)
    wanted_from = models.DateTimeField(null=True, blank=True)
    done = WindowsField(default=tuple)
    """What has been read, merged; the rest since `wanted_from` has still to be."""
    window_start = models.DateTimeField(null=True, blank=True)
    window_end = models.DateTimeField(null=True, blank=True)
    cursor = models.TextField(blank=True)
    """Where the window that is being read goes on."""
    refreshed_at = models.DateTimeField(null=True, blank=True)
    """When its newest stretch was last set to be read again."""
    reread_at = models.DateTimeField(null=True, blank=True)
    """When its whole trailing stretch was."""

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=["client", "kind", "name"], name="source_once"),
            models.CheckConstraint(
                condition=Q(counts_from=None) | Q(counts_until=None) | Q(counts_until__gt=F("counts_from")),
                name="source_counts_a_while",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def kind_name(self) -> str:
        """The kind in words."""
        return PushKind(self.kind).label if self.is_pushed else name_of(self.kind)

    @property
    def is_pushed(self) -> bool:
        return self.kind in PushKind.values

    @property
    def brings_calls(self) -> bool:
        """Whether calls and scores come from it, or only bills, usage or tickets."""
        connector = kinds().get(self.kind)
        return connector is None or connector.kind.brings is Brings.TRACES

    @property
    def brings_bills(self) -> bool:
        """Whether its newest data is told by UTC days."""
        connector = kinds().get(self.kind)
        return connector is not None and connector.kind.brings is Brings.BILLS

    @property
    def state(self) -> State:
        """How it is doing."""
        if self.removed_at:
            return State.REMOVED
        if self.is_pushed:
            if self.error:
                return State.TROUBLE
            return State.PUSHED if self.last_arrival_at else State.NO_DATA
        if self.next_run_at is None:
            return State.PAUSED
        if self.paused_itself:
            return State.PAUSED_ITSELF
        if self.claim:
            return State.READING
        if self.error:
            return State.WAITING
        return State.UP_TO_DATE if self.last_sync_at else State.READING


class SyncQuerySet(models.QuerySet["Sync"]):
    def abandoned(self, source_id: int, now: datetime) -> int:
        """Close what a worker that is gone left open; its pages are stored, and the next sync goes on after them."""
        return self.filter(source_id=source_id, ended_at=None).update(
            ended_at=now, message="The worker stopped in the middle; the next sync goes on where it was."
        )


class Sync(models.Model):
    """One run of a source: what was asked for, what came, and what went wrong."""

    tenancy = "client"

    class AskedBy(models.TextChoices):
        SCHEDULE = "schedule", "the schedule"
        PERSON = "person", "a person"
        SHELL = "shell", "the shell"

    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="+")
    source = models.ForeignKey(Source, models.CASCADE, db_index=False, related_name="syncs")
    asked_by = models.CharField(max_length=10, choices=AskedBy)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    read_from = models.DateTimeField(null=True, blank=True)
    read_to = models.DateTimeField(null=True, blank=True)
    pages = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    reasons: Any = models.JSONField(default=dict, blank=True)
    """Why rows were rejected, and how many for each reason; the first few reasons."""
    fault = models.CharField(max_length=10, blank=True)
    message = models.CharField(max_length=500, blank=True)

    objects = SyncQuerySet.as_manager()

    class Meta:
        ordering = ("-started_at",)
        indexes: ClassVar = [models.Index(fields=["client", "source", "-started_at"], name="sync_by_source")]


class Signal(models.Model):
    """Something the system noticed and a person should know. Of one cause at most one is open at a time."""

    tenancy = "client"

    class Severity(models.TextChoices):
        ACT = "act", "Needs a person"
        WATCH = "watch", "Worth watching"

    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="+")
    source = models.ForeignKey(Source, models.CASCADE, null=True, blank=True, db_index=False, related_name="+")
    cause = models.CharField(max_length=120)
    """What it is about, the same each time that comes up again."""
    severity = models.CharField(max_length=10, choices=Severity)
    title = models.CharField(max_length=200)
    detail = models.CharField(max_length=500, blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-opened_at",)
        indexes: ClassVar = [models.Index(fields=["client", "-opened_at"], name="signal_by_time")]
        constraints = (
            models.UniqueConstraint(fields=["client", "cause"], condition=Q(closed_at=None), name="signal_open_once"),
        )

    def __str__(self) -> str:
        return self.title
