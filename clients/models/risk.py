"""What a practice watches for its clients: risks and things worth a try, and which client each concerns."""

from datetime import date
from typing import ClassVar

from django.db import models

from clients.editing import Edited

from .client import Client
from .fields import PublicIdField
from .practice import Practice
from .users import User


class RiskKind(models.TextChoices):
    """What an item is about. Those of SCOUTING are worth a try, all others a threat."""

    PRIVACY_LAW = "privacy_law", "Privacy law"
    VENDOR_POLICY = "vendor_policy", "Vendor policy"
    DEPRECATION = "deprecation", "Deprecation"
    SECURITY = "security", "Security finding"
    INJECTION = "injection", "Prompt injection or jailbreak"
    LEAK = "leak", "Data leaving by the model"
    BIAS = "bias", "Bias"
    LOCK_IN = "lock_in", "Dependence on one vendor"
    MODEL = "model", "New model"
    FEATURE = "feature", "New feature"
    TOOL = "tool", "New tool or method"


SCOUTING = (RiskKind.MODEL, RiskKind.FEATURE, RiskKind.TOOL)
"""The kinds that somebody looked for, because they may help."""


class Severity(models.IntegerChoices):
    """How much depends on an item: of a risk the harm, of something scouted the promise."""

    LOW = 1, "Low"
    MEDIUM = 2, "Medium"
    HIGH = 3, "High"
    CRITICAL = 4, "Critical"


class RiskStatus(models.TextChoices):
    """Where the practice is with an item. A closed one stays in the register."""

    OPEN = "open", "Open"
    WATCHED = "watched", "Watched"
    CLOSED = "closed", "Closed"


class RiskItem(Edited):
    """One item of the practice's register.

    All of this row can be read by the clients it concerns, once it has words for them; the practice's own notes are RiskNotes.
    """

    tenancy = "practice"

    public_id = PublicIdField()
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="risks")
    kind = models.CharField(max_length=20, choices=RiskKind)
    title = models.CharField(max_length=160)
    severity = models.PositiveSmallIntegerField(choices=Severity, default=Severity.MEDIUM)
    status = models.CharField(max_length=10, choices=RiskStatus, default=RiskStatus.OPEN)
    link = models.URLField("source", max_length=500, blank=True)
    due = models.DateField(null=True, blank=True)
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    words = models.TextField("what clients read", max_length=2000, blank=True)
    """Plain words for every client it concerns. While there are none, no client sees the item."""
    raised_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "risk or scouting item"
        ordering = ("-severity", models.F("due").asc(nulls_last=True), "-id")
        indexes: ClassVar = [models.Index(fields=["practice", "status", "-severity"], name="risk_of_practice")]

    def __str__(self) -> str:
        return self.title

    @property
    def is_scouting(self) -> bool:
        """Whether it is worth a try rather than a threat."""
        return self.kind in SCOUTING

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done or watched."""
        return self.status != RiskStatus.CLOSED

    def is_overdue(self, today: date) -> bool:
        """Whether its day has passed with it open."""
        return self.is_open and self.due is not None and self.due < today


class RiskNote(models.Model):
    """What the practice found out about an item, for itself alone. The database refuses to change or delete it."""

    tenancy = "practice"

    practice = models.ForeignKey(Practice, models.CASCADE, db_index=False, related_name="+")
    item = models.ForeignKey(RiskItem, models.CASCADE, related_name="notes")
    text = models.TextField(max_length=4000)
    link = models.URLField("evidence", max_length=500, blank=True)
    written_by = models.CharField(max_length=254)
    written_at = models.DateTimeField()

    class Meta:
        verbose_name = "note on a risk"
        verbose_name_plural = "notes on risks"
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.text[:60]


class ConcernStatus(models.TextChoices):
    """How one client stands to an item. The first two still ask something of somebody."""

    UNCHECKED = "unchecked", "To be checked"
    AFFECTED = "affected", "Affected"
    HANDLED = "handled", "Handled"
    ACCEPTED = "accepted", "Accepted as it is"
    CLEAR = "clear", "Not affected"


PENDING = (ConcernStatus.UNCHECKED, ConcernStatus.AFFECTED)
"""The standings with something left to do."""


class Concern(Edited):
    """That an item concerns a client: the client's own standing, note and evidence. No other client's people can read it."""

    tenancy = "client"

    public_id = PublicIdField()
    practice = models.ForeignKey(Practice, models.CASCADE, db_index=False, related_name="+")
    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="concerns")
    item = models.ForeignKey(RiskItem, models.CASCADE, related_name="concerns")
    status = models.CharField(max_length=10, choices=ConcernStatus, default=ConcernStatus.UNCHECKED)
    note = models.TextField(max_length=2000, blank=True)
    """What it means for this client and what is done about it. The client reads it."""
    evidence = models.CharField(max_length=500, blank=True)
    """What shows it: an address, a ticket, a test run. The client reads it."""

    class Meta:
        verbose_name = "concern of a client"
        verbose_name_plural = "concerns of clients"
        constraints = (models.UniqueConstraint(fields=["client", "item"], name="concern_once"),)

    def __str__(self) -> str:
        return self.get_status_display()

    @property
    def is_pending(self) -> bool:
        """Whether something is left to do for this client."""
        return self.status in PENDING
