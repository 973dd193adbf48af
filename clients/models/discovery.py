"""A client's discovery: a bounded piece of work before any retainer, and the plan of phases that it results in."""

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from clients.editing import Edited

from .client import Client, System
from .engagement import Engagement, PlanUnit
from .fields import PublicIdField

_NOT_NEGATIVE = MinValueValidator(Decimal(0))
CHECKLIST = ("The code", "The data", "The prompts in use", "Prototypes that failed, and why")
"""The accesses that a discovery begins by asking for."""


class DiscoveryOutcome(models.TextChoices):
    """How a discovery ended."""

    OPEN = "", "Not decided yet"
    GO = "go", "Go"
    SMALL = "small", "Too small: better done by themselves"
    LARGE = "large", "Too large: needs a team of its own"


class Comparison(models.TextChoices):
    """How a figure stands to a bound."""

    AT_LEAST = "ge", "at least"
    AT_MOST = "le", "at most"
    ABOVE = "gt", "above"
    BELOW = "lt", "below"


class PhaseState(models.TextChoices):
    """What a phase's attempts say, as they were read last."""

    OPEN = "", "Not evaluated"
    MET = "met", "Met"
    NOT_MET = "not_met", "Not met"
    KILLED = "killed", "Killed"
    UNKNOWN = "unknown", "Too early"


class Discovery(Edited):
    """A fixed fee for a few weeks. On “go” it holds the draft of a retainer until that one is begun."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="discoveries")
    question = models.CharField("what it shall find out", max_length=300)
    despite = models.CharField("why in spite of the fit check", max_length=500, blank=True, editable=False)
    """The reason it was begun for, where the newest fit check said that the client does not fit."""
    began_on = models.DateField("begins on")
    weeks = models.PositiveSmallIntegerField(default=2, validators=[MinValueValidator(1), MaxValueValidator(26)])
    hours = models.DecimalField(
        "bounded by hours", max_digits=6, decimal_places=2, null=True, blank=True, validators=[_NOT_NEGATIVE]
    )
    fee = models.DecimalField(
        "fixed fee", max_digits=12, decimal_places=2, null=True, blank=True, validators=[_NOT_NEGATIVE]
    )
    """In the client's currency."""
    outcome = models.CharField(max_length=6, choices=DiscoveryOutcome, default=DiscoveryOutcome.OPEN, blank=True)
    outcome_why = models.CharField("why", max_length=500, blank=True)
    decided_on = models.DateField(null=True, blank=True)
    draft_start = models.DateField("the retainer begins on", null=True, blank=True)
    draft_amount = models.DecimalField(
        "its plan",
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[_NOT_NEGATIVE, MaxValueValidator(Decimal(744))],
    )
    draft_unit = models.CharField("of", max_length=12, choices=PlanUnit, default=PlanUnit.HOURS_WEEK)
    draft_fee = models.DecimalField(
        "its monthly fee", max_digits=12, decimal_places=2, null=True, blank=True, validators=[_NOT_NEGATIVE]
    )
    retainer = models.OneToOneField(Engagement, models.SET_NULL, null=True, blank=True, related_name="discovery")
    """The engagement that came of it."""

    class Meta:
        ordering = ("-began_on", "-id")
        verbose_name_plural = "discoveries"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(outcome="") | ~models.Q(outcome_why=""), name="discovery_outcome_has_a_reason"
            ),
        )

    def __str__(self) -> str:
        return self.question


class Access(models.Model):
    """Something that the client gives access to, for a discovery to begin."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    discovery = models.ForeignKey(Discovery, models.CASCADE, related_name="accesses")
    what = models.CharField(max_length=160)
    given_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "accesses"

    def __str__(self) -> str:
        return self.what


class Phase(Edited):
    """A phase of the plan: what is done, the target, and the criterion by which it is stopped. Values are in their metric's unit."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    discovery = models.ForeignKey(Discovery, models.CASCADE, related_name="phases")
    name = models.CharField(max_length=120)
    work = models.TextField("what is done, with which tools", max_length=2000)
    starts_on = models.DateField()
    ends_on = models.DateField()
    cost = models.DecimalField(
        "estimated cost", max_digits=12, decimal_places=2, null=True, blank=True, validators=[_NOT_NEGATIVE]
    )
    system = models.ForeignKey(System, models.SET_NULL, null=True, blank=True, related_name="+")
    goal_metric = models.CharField(max_length=120)
    goal_is = models.CharField(max_length=2, choices=Comparison, default=Comparison.AT_LEAST)
    goal_value = models.DecimalField(max_digits=20, decimal_places=8)
    kill_metric = models.CharField(max_length=120)
    kill_is = models.CharField(max_length=2, choices=Comparison, default=Comparison.BELOW)
    kill_value = models.DecimalField(max_digits=20, decimal_places=8)
    kill_attempts = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    """Attempts in a row for which the criterion has to hold."""
    fallback = models.CharField(max_length=300)
    """What is done instead once it is killed."""
    state = models.CharField(max_length=8, choices=PhaseState, default=PhaseState.OPEN, blank=True)
    state_why = models.CharField(max_length=500, blank=True)
    evaluated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("starts_on", "id")
        constraints = (
            models.CheckConstraint(condition=models.Q(ends_on__gte=models.F("starts_on")), name="phase_ends_after"),
        )

    def __str__(self) -> str:
        return self.name


class Attempt(models.Model):
    """One try at a phase's target, over some days, with what its metrics read when it was evaluated last."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    phase = models.ForeignKey(Phase, models.CASCADE, related_name="attempts")
    first = models.DateField()
    last = models.DateField()
    """The last of its days, by the client's calendar."""
    note = models.CharField(max_length=200, blank=True)
    goal_read = models.DecimalField(max_digits=20, decimal_places=8, null=True, blank=True)
    goal_n = models.PositiveIntegerField(default=0)
    kill_read = models.DecimalField(max_digits=20, decimal_places=8, null=True, blank=True)
    kill_n = models.PositiveIntegerField(default=0)
    """Cases behind the readings; there is a reading only where they are enough."""

    class Meta:
        ordering = ("first", "id")
        indexes: ClassVar = []
        constraints = (
            models.CheckConstraint(condition=models.Q(last__gte=models.F("first")), name="attempt_ends_after"),
        )

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"
