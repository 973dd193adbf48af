"""The roadmap's opportunities: what could be done, what it would cost and lift, what was decided, and what came of it."""

from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from clients.editing import Edited

from .charter import Target
from .client import Client, System
from .fields import PublicIdField
from .playbook import Direction, Pattern
from .practice import Practice

_NOT_NEGATIVE = MinValueValidator(Decimal(0))


class Stage(models.TextChoices):
    """How far an opportunity has come."""

    IDEA = "idea", "Idea"
    PILOT = "pilot", "Pilot"
    PRODUCTION = "production", "Production"
    RETIRED = "retired", "Retired"


class Verdict(models.TextChoices):
    """What was decided of it."""

    OPEN = "", "Not judged"
    GREEN = "green", "Green: into the next charter"
    YELLOW = "yellow", "Yellow: waits"
    RED = "red", "Red: declined"


class Risk(models.TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


class OpportunityQuerySet(models.QuerySet["Opportunity"]):
    def of(self, client: Client, *, staff: bool) -> "OpportunityQuerySet":
        """A client's, with what a list shows; for the client's own people those that they are shown."""
        shown = self.filter(client=client).select_related("system", "target__charter")
        return shown if staff else shown.filter(visible=True)


class Opportunity(Edited):
    """Something that could be done for a client. Its lift is what is expected of one metric, its cost is hours and money."""

    tenancy = "client"

    public_id = PublicIdField()
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, models.CASCADE, related_name="opportunities")
    title = models.CharField(max_length=120)
    problem = models.TextField(max_length=4000)
    evidence = models.CharField(max_length=300, blank=True)
    """What the problem is known from, in words."""
    evidence_link = models.URLField(max_length=500, blank=True)
    system = models.ForeignKey(System, models.SET_NULL, null=True, blank=True, related_name="+")
    pattern = models.ForeignKey(Pattern, models.SET_NULL, null=True, blank=True, related_name="opportunities")
    """The pattern of the playbook that it came from; read for the practice's people only."""
    hours = models.DecimalField(
        max_digits=7, decimal_places=2, default=Decimal(0), validators=[_NOT_NEGATIVE, MaxValueValidator(Decimal(9999))]
    )
    money = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal(0), validators=[_NOT_NEGATIVE])
    """What it costs besides hours in its first twelve months, in the client's currency."""
    metric = models.CharField(max_length=120, blank=True)
    """A key of the catalogue one floor up, as a target's."""
    way = models.CharField(max_length=4, choices=Direction, default=Direction.UP)
    lift_low = models.DecimalField(max_digits=20, decimal_places=8, null=True, blank=True, validators=[_NOT_NEGATIVE])
    lift_high = models.DecimalField(max_digits=20, decimal_places=8, null=True, blank=True, validators=[_NOT_NEGATIVE])
    """How far the metric is expected to move `way`, in its own unit (five points of a rate are 0.05)."""
    unit_worth = models.DecimalField(max_digits=24, decimal_places=8, null=True, blank=True, validators=[_NOT_NEGATIVE])
    """What one of the metric's own unit is worth a month, in the client's currency; none where money is not meant."""
    worth_source = models.CharField(max_length=200, blank=True)
    """Who said what a unit is worth, or how it is worked out."""
    confidence = models.PositiveSmallIntegerField(default=50, validators=[MinValueValidator(1), MaxValueValidator(100)])
    """How likely the lift is, in per cent."""
    risk = models.CharField(max_length=6, choices=Risk, default=Risk.MEDIUM)
    risk_note = models.CharField(max_length=500, blank=True)
    owner = models.CharField(max_length=120, blank=True)
    review_on = models.DateField(null=True, blank=True)
    visible = models.BooleanField(default=False)
    visible_note = models.CharField(max_length=500, blank=True)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.IDEA)
    stage_since = models.DateField()
    touched_on = models.DateField()
    """When anything of it was last changed by a person."""
    verdict = models.CharField(max_length=6, choices=Verdict, default=Verdict.OPEN, blank=True)
    verdict_why = models.CharField(max_length=500, blank=True)
    verdict_on = models.DateField(null=True, blank=True)
    declined_cost = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    """What it would have cost, at the rate of the day it was declined; none where no rate was known."""
    target = models.OneToOneField(Target, models.SET_NULL, null=True, blank=True, related_name="opportunity")
    """The target of a charter that it was promoted to."""
    shipped_on = models.DateField(null=True, blank=True)
    """When it went into production."""
    actual = models.DecimalField(max_digits=20, decimal_places=8, null=True, blank=True)
    """How far the metric really moved, in its own unit; negative is a fall."""
    actual_source = models.CharField(max_length=300, blank=True)
    actual_measured = models.BooleanField(default=False)
    """Whether it was read from points, rather than typed."""
    result_note = models.CharField(max_length=500, blank=True)
    result_on = models.DateField(null=True, blank=True)

    objects = OpportunityQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "opportunities"
        indexes: ClassVar = [models.Index(fields=["client", "stage", "-id"], name="opportunity_of_client")]
        constraints = (
            models.CheckConstraint(
                condition=models.Q(lift_low__isnull=True, lift_high__isnull=True)
                | models.Q(lift_low__isnull=False, lift_high__gte=models.F("lift_low")),
                name="opportunity_lift_is_a_range",
            ),
            models.CheckConstraint(
                condition=models.Q(verdict="") | ~models.Q(verdict_why=""), name="opportunity_verdict_has_a_reason"
            ),
            models.CheckConstraint(
                condition=~models.Q(stage__in=["pilot", "production"]) | ~models.Q(owner=""),
                name="opportunity_under_way_has_an_owner",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def said(self) -> str:
        """What the client reads of the problem."""
        return self.visible_note or self.problem

    @property
    def declined(self) -> bool:
        return self.verdict == Verdict.RED

    def is_late(self, today: date) -> bool:
        """Whether the day on which somebody wanted to look at it has passed."""
        return self.review_on is not None and self.review_on < today
