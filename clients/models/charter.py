"""The quarter's one page and its targets, in versions: a draft is written, an agreed one is kept as it is."""

from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db import models

from .client import Client, System
from .fields import PublicIdField
from .fields import public_id as random_id
from .users import User


def quarter_start(day: date) -> date:
    """The first day of the calendar quarter that `day` is in."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


class CharterStatus(StrEnum):
    """How far a version of a charter is."""

    DRAFT = "draft"
    AGREED = "agreed"
    CLOSED = "closed"


class AgreedWay(models.TextChoices):
    """How somebody agreed."""

    PORTAL = "portal", "signed in"
    LINK = "link", "by a link sent to them"


class CharterManager(models.Manager["Charter"]):
    def versions(self, client: Client, quarter: date) -> "list[Charter]":
        """A quarter's versions, newest first, without the text that was agreed. One query."""
        return list(self.filter(client=client, quarter_start=quarter).defer("agreed_text").order_by("-version"))

    def current(self, client: Client, today: date) -> "Charter | None":
        """The version in force on `today` in its quarter, with its targets at hand. Two queries."""
        found = in_force(self.versions(client, quarter_start(today)), today, client.zone)
        if found:
            with_targets([found])
        return found


class Charter(models.Model):
    """A version of a quarter's page: its scope and its targets. Once it is agreed the database refuses to change it.

    What is agreed is changed by agreeing on the next version. Only how it ended is added later, once.
    """

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="charters")
    quarter_start = models.DateField()
    version = models.PositiveSmallIntegerField(default=1)
    scope = models.TextField(blank=True)
    edition = models.PositiveIntegerField(default=0)
    """How often it was saved: of two people who write at once, the second learns of the first."""
    agreed_at = models.DateTimeField(null=True, blank=True)
    agreed_by = models.CharField(max_length=254, blank=True)
    """The name of who agreed, with their address."""
    agreed_way = models.CharField(max_length=10, choices=AgreedWay, blank=True)
    agreed_text = models.TextField(blank=True)
    """Word for word what they saw."""
    agreed_hash = models.CharField(max_length=64, blank=True)
    """The SHA-256 of that text in UTF-8, in hex."""
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=254, blank=True)
    closing_note = models.CharField(max_length=1000, blank=True)

    objects = CharterManager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["client", "quarter_start", "version"], name="charter_version_once"),
            models.CheckConstraint(
                condition=models.Q(agreed_at__isnull=True, closed_at__isnull=True)
                | models.Q(agreed_at__isnull=False) & ~models.Q(agreed_by="") & ~models.Q(agreed_hash=""),
                name="charter_agreed_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return f"Q{(self.quarter_start.month + 2) // 3} {self.quarter_start.year}"

    @property
    def key(self) -> str:
        """The quarter as addresses have it: ``2026-q4``."""
        return quarter_key(self.quarter_start)

    @property
    def quarter_end(self) -> date:
        """The last day of the quarter."""
        return quarter_start(self.quarter_start + timedelta(days=93)) - timedelta(days=1)

    @property
    def status(self) -> CharterStatus:
        if self.closed_at:
            return CharterStatus.CLOSED
        return CharterStatus.AGREED if self.agreed_at else CharterStatus.DRAFT


def quarter_key(quarter: date) -> str:
    """A quarter as addresses have it: ``2026-q4``."""
    return f"{quarter.year}-q{(quarter.month + 2) // 3}"


def in_force(versions: "list[Charter]", day: date, zone: str) -> "Charter | None":
    """Of a quarter's versions, newest first, the one that held on a day: the last agreed by its end.

    Before anything was agreed it is the first that was agreed later, and where nothing is agreed the newest draft.
    """
    agreed = [v for v in versions if v.agreed_at]
    by_then = [v for v in agreed if v.agreed_at and v.agreed_at.astimezone(ZoneInfo(zone)).date() <= day]
    return next(iter(by_then or agreed[-1:] or versions), None)


def with_targets(charters: "list[Charter]") -> None:
    """Read the targets of charters, with their systems. One query."""
    models.prefetch_related_objects(charters, models.Prefetch("targets", Target.objects.select_related("system")))


class TargetKind(models.TextChoices):
    """What a target asks of its metric."""

    REACH = "reach", "reach"
    ABOVE = "above", "stay at or above"
    BELOW = "below", "stay at or below"
    CHANGE = "change", "get better by"
    CHANGE_SHARE = "change_share", "get better by, in percent of the baseline"


class Target(models.Model):
    """One numeric promise of a charter.

    `metric` is a key of the catalogue one floor up; numbers are in that metric's unit (a rate of 62% is 0.62).
    """

    tenancy = "client"

    public_id = PublicIdField()
    line = models.CharField(max_length=16, default=random_id, editable=False)
    """The same in every version of a charter that has this target."""
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    charter = models.ForeignKey(Charter, models.CASCADE, related_name="targets")
    position = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=120)
    metric = models.CharField(max_length=120)
    system = models.ForeignKey(System, models.SET_NULL, null=True, blank=True, related_name="+")
    model = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=12, choices=TargetKind, default=TargetKind.REACH)
    baseline = models.DecimalField(max_digits=20, decimal_places=8, null=True, blank=True)
    baseline_n = models.PositiveIntegerField(null=True, blank=True)
    """Cases behind a baseline that was taken over from points; none of one that was typed."""
    baseline_source = models.CharField(max_length=200, blank=True)
    change = models.DecimalField(max_digits=20, decimal_places=8, null=True, blank=True)
    """By how much it shall get better: in the metric's unit, or as a share of the baseline (20% is 0.2)."""
    goal = models.DecimalField(max_digits=20, decimal_places=8)
    """The level to reach or to hold; where a change is agreed, what it comes to from the baseline."""
    due = models.DateField()
    owner = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.name

    @property
    def holds(self) -> bool:
        """Whether a level is to be held, every day, rather than reached."""
        return self.kind in {TargetKind.ABOVE, TargetKind.BELOW}


class TargetReading(models.Model):
    """Where a target stands as somebody said, for a metric that nothing measures. It is never changed; a later one counts."""

    tenancy = "client"

    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="+")
    # The database takes it away with a target that a draft drops; nobody else can.
    target = models.ForeignKey(Target, models.DO_NOTHING, related_name="+")
    value = models.DecimalField(max_digits=20, decimal_places=8)
    """In the metric's unit."""
    day = models.DateField()
    """The day it is the figure of."""
    said_by = models.CharField(max_length=160)
    """Who said so, and where from."""
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ("-day", "-id")

    def __str__(self) -> str:
        return f"{self.target} on {self.day}"


class TargetResult(models.Model):
    """Where a target stood when its charter was closed, as it was computed then. It is never changed."""

    tenancy = "client"

    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="+")
    target = models.OneToOneField(Target, models.DO_NOTHING, related_name="result")
    value = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    n = models.PositiveBigIntegerField(default=0)
    first_day = models.DateField()
    last_day = models.DateField()
    """The days it was read over."""
    status = models.CharField(max_length=12)
    why = models.CharField(max_length=500)
    provenance = models.CharField(max_length=10)
    recorded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.target}: {self.status}"


def latest_readings(targets: "list[Target]", day: date) -> dict[str, TargetReading]:
    """Of each target, by its `line`, the newest figure that somebody said, up to a day, in any version. One query."""
    found: dict[str, TargetReading] = {}
    said = TargetReading.objects.filter(
        client_id__in={t.client_id for t in targets}, target__line__in={t.line for t in targets}, day__lte=day
    )
    for reading in said.select_related("target", "entered_by"):
        found.setdefault(reading.target.line, reading)
    return found
