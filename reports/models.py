"""The top floor's nouns: who receives reports, which are due, what they said for good, and how each delivery went."""

import secrets
from datetime import date, datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from clients.local import day_in
from clients.models import Client, PublicIdField
from clients.tenancy import token_digest
from monitoring.readings import Period


class Kind(models.TextChoices):
    PULSE = "pulse", "Pulse"
    ROI = "roi", "ROI report"


class RecipientQuerySet(models.QuerySet["Recipient"]):
    def on_the_list(self) -> "RecipientQuerySet":
        """Those who are sent reports: neither taken off nor gone by their own wish."""
        return self.filter(unsubscribed_at=None, removed_at=None)


class Recipient(models.Model):
    """Someone at a client who gets reports by mail. Their wish not to outlives being taken off the list and put on it again."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="recipients")
    email = models.EmailField()
    name = models.CharField(max_length=120, blank=True)
    unsubscribe_token = models.CharField(max_length=64, default=secrets.token_urlsafe, editable=False)
    """The secret in this recipient's unsubscribe link, kept whole: every mail carries it, and all it can do is unsubscribe."""
    unsubscribe_digest = models.CharField(max_length=64, unique=True, editable=False)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    """When they asked for no more; only they take it back."""
    removed_at = models.DateTimeField(null=True, blank=True)
    """When somebody at the practice took them off."""

    objects = RecipientQuerySet.as_manager()

    class Meta:
        ordering = ("email",)
        constraints = (models.UniqueConstraint(fields=["client", "email"], name="recipient_once"),)

    def __str__(self) -> str:
        return self.email

    def save(self, **options: Any) -> None:
        self.email = self.email.strip().lower()
        self.unsubscribe_digest = token_digest(self.unsubscribe_token)
        super().save(**options)

    @property
    def unsubscribe_url(self) -> str:
        return f"{settings.SITE_URL}/unsubscribe/{self.unsubscribe_token}/"


class State(models.TextChoices):
    """How far a report is."""

    PLANNED = "planned", "Planned"
    COMPOSED = "composed", "Composed"
    MISSED = "missed", "Missed its day"
    SKIPPED = "skipped", "Not sent"
    FAILED = "failed", "Could not be composed"


class Report(models.Model):
    """One report that is due: a client, a kind, whole local days, a revision. Never two of the same."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=10, choices=Kind)
    period_start = models.DateField()
    period_end = models.DateField()
    """The day after the last."""
    revision = models.PositiveSmallIntegerField(default=1)
    due_at = models.DateTimeField()
    mailed = models.BooleanField(default=False)
    """Whether its recipients get it by mail when it is composed."""
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-period_start", "-revision")
        constraints = (
            models.UniqueConstraint(
                fields=["client", "kind", "period_start", "period_end", "revision"], name="report_once"
            ),
        )
        indexes: ClassVar = [models.Index(fields=["state", "due_at"], name="report_due")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.period_start}"

    @property
    def period(self) -> Period:
        """Its days, in the client's zone."""
        return Period(self.period_start, self.period_end, self.client.zone)

    @property
    def early(self) -> date | None:
        """The day on which it is due before its own days are over, where it is."""
        day = day_in(self.due_at, self.client.zone)
        return day if day < self.period_end else None


class Edition(models.Model):
    """What a report said, frozen when composed: facts, words and PDF. The database refuses to change or delete it."""

    tenancy = "client"

    report = models.OneToOneField(Report, models.PROTECT, primary_key=True, related_name="edition")
    client = models.ForeignKey(Client, models.PROTECT, related_name="+")
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    pdf = models.BinaryField()
    composed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.content_hash[:12]


class DeliveryState(models.TextChoices):
    PLANNED = "planned", "Waiting"
    CLAIMED = "claimed", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    UNCERTAIN = "uncertain", "Uncertain"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def claim(self, delivery_id: int, now: datetime) -> bool:
        """Take a delivery for sending; exactly one caller is told True."""
        waiting = self.filter(pk=delivery_id, state=DeliveryState.PLANNED, not_before__lte=now)
        return waiting.update(state=DeliveryState.CLAIMED, claimed_at=now, attempts=models.F("attempts") + 1) == 1

    def settle(self, delivery_id: int, was: str, becomes: str, **fields: object) -> bool:
        """Move a delivery from one state to another, once."""
        return self.filter(pk=delivery_id, state=was).update(state=becomes, **fields) == 1


class Delivery(models.Model):
    """One report to one recipient. A crash between claim and answer leaves it uncertain: never sent again by itself, always shown."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    report = models.ForeignKey(Report, models.CASCADE, related_name="deliveries")
    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PLANNED)
    not_before = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    settled_by = models.CharField(max_length=254, blank=True)
    """Who said what became of an uncertain one."""

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = (models.UniqueConstraint(fields=["report", "recipient"], name="delivery_once"),)
        indexes: ClassVar = [models.Index(fields=["state", "not_before"], name="delivery_due")]

    def __str__(self) -> str:
        return f"{self.report} to {self.recipient}"

    @property
    def message_id(self) -> str:
        """The name by which a mail server's log can say whether this one arrived."""
        return f"<{self.public_id}.delivery@{settings.SITE_URL.split('//')[-1].split(':')[0]}>"
