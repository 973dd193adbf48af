"""What happened to a client's AI systems, as people write it down, and the reviews that a change of the business asks for."""

from datetime import date
from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models

from clients.editing import Edited

from .client import Client, System
from .fields import PublicIdField
from .users import User


class EventKind(models.TextChoices):
    """The kinds of things on a client's timeline. Those from RETIREMENT on are never typed: they are read from where they are kept."""

    DEPLOY = "deploy", "Deploy"
    PROMPT = "prompt", "Prompt change"
    MODEL = "model", "Model change"
    KNOWLEDGE = "knowledge", "Data or retrieval change"
    OUTSIDE = "outside", "Third-party change"
    BUSINESS = "business", "Business change"
    INCIDENT = "incident", "Incident"
    RETIREMENT = "retirement", "Model retirement"
    DECISION = "decision", "Decision"
    CHARTER = "charter", "Charter"
    REPORT = "report", "Report"


class EventType(models.TextChoices):
    """What exactly happened; each belongs to one kind."""

    RELEASE = "release", "Release"
    ROLLBACK = "rollback", "Roll-back"
    CONFIGURATION = "configuration", "Configuration"
    PROMPT = "prompt", "Prompt changed"
    MODEL = "model", "Model or its settings changed"
    REFRESH = "refresh", "Data refreshed"
    REINDEX = "reindex", "Index built anew"
    CHUNKING = "chunking", "Chunking changed"
    EMBEDDING = "embedding", "Embedding model changed"
    RERANKER = "reranker", "Reranker changed"
    API_VERSION = "api_version", "API version"
    LIMITS = "limits", "Limits"
    FORMATS = "formats", "Formats"
    PRODUCT_LINE = "product_line", "New product line"
    PRICING = "pricing", "New pricing"
    PEOPLE = "people", "New people"
    INCIDENT = "incident", "Incident"


TYPES: dict[EventKind, tuple[EventType, ...]] = {
    EventKind.DEPLOY: (EventType.RELEASE, EventType.ROLLBACK, EventType.CONFIGURATION),
    EventKind.PROMPT: (EventType.PROMPT,),
    EventKind.MODEL: (EventType.MODEL,),
    EventKind.KNOWLEDGE: (
        EventType.REFRESH,
        EventType.REINDEX,
        EventType.CHUNKING,
        EventType.EMBEDDING,
        EventType.RERANKER,
    ),
    EventKind.OUTSIDE: (EventType.API_VERSION, EventType.LIMITS, EventType.FORMATS),
    EventKind.BUSINESS: (EventType.PRODUCT_LINE, EventType.PRICING, EventType.PEOPLE),
    EventKind.INCIDENT: (EventType.INCIDENT,),
}
"""The kinds that people write down, and what each can be."""
_KIND_OF = {each.value: kind for kind, types in TYPES.items() for each in types}


class EventQuerySet(models.QuerySet["Event"]):
    def of(self, client: Client, *, staff: bool) -> "EventQuerySet":
        """A client's, with what a timeline shows, newest first; for the client's own people those that they are shown."""
        shown = self.filter(client=client).select_related("system", "author").order_by("-began_at", "-id")
        return shown if staff else shown.filter(visible=True)


class Event(Edited):
    """Something that happened to a client's AI, from `began_at` on and before `ended_at`; an incident without an end is still open."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="+")
    type = models.CharField(max_length=20, choices=EventType)
    title = models.CharField(max_length=120)
    note = models.TextField(max_length=4000, blank=True)
    system = models.ForeignKey(System, models.SET_NULL, null=True, blank=True, related_name="+")
    """Which system it was about; none where it was about all of them."""
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    link = models.URLField(max_length=500, blank=True)
    count = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    """How many things it touched, where somebody counted them."""
    counted = models.CharField(max_length=60, blank=True)
    """What was counted, such as “documents”."""
    visible = models.BooleanField(default=False)
    """Whether the client's own people, and their reports, are shown it."""
    author = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    """Who wrote it down; none where FracOps did."""

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ("-began_at", "-id")
        indexes: ClassVar = [models.Index(fields=["client", "-began_at"], name="event_of_client")]
        constraints = (
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(ended_at__gt=models.F("began_at")),
                name="event_ends_after",
            ),
            models.CheckConstraint(
                condition=models.Q(count=None, counted="") | models.Q(count__gt=0) & ~models.Q(counted=""),
                name="event_counts_something",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def kind(self) -> EventKind:
        return _KIND_OF[self.type]

    @property
    def is_open(self) -> bool:
        """Whether it is an incident that is not over."""
        return self.type == EventType.INCIDENT and self.ended_at is None


class SystemReview(Edited):
    """One system to be looked at after a change of the business: who does, by when, and what they found."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="+")
    event = models.ForeignKey(Event, models.CASCADE, db_index=False, related_name="reviews")
    system = models.ForeignKey(System, models.PROTECT, related_name="+")
    reviewer = models.CharField(max_length=120)
    due = models.DateField()
    done_on = models.DateField(null=True, blank=True)
    found = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("due", "id")
        constraints = (
            models.UniqueConstraint(fields=["client", "event", "system"], name="review_once"),
            models.CheckConstraint(
                condition=models.Q(done_on=None) | ~models.Q(found=""), name="review_done_says_what_was_found"
            ),
        )

    def __str__(self) -> str:
        return f"{self.system}: {self.event}"

    def is_late(self, today: date) -> bool:
        """Whether its day passed before anybody looked."""
        return self.done_on is None and self.due < today
