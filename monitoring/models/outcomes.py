"""Business figures from outside the LLM stack: what each one means, and what was said of it, a row for every time it was said."""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from clients.models import Client, User
from monitoring.catalogue import Better

from .sources import Source

NO_SOURCE = 0
"""What stands for the source of a figure that a person typed, where figures are told apart by who gives them."""


class OutcomeKind(models.TextChoices):
    """What a figure is, and so how figures add up."""

    COUNT = "count", "A count: how many there were"
    RATE = "rate", "A rate: so many out of so many"
    SUM = "sum", "A sum: an amount that adds up"
    HOURS = "hours", "Hours that add up"
    MEDIAN = "median", "A median time, worked out from help desks' tickets"

    @property
    def is_amount(self) -> bool:
        """Whether it is an amount, not a number of cases."""
        return self in {OutcomeKind.SUM, OutcomeKind.HOURS}


class OutcomeDefinition(models.Model):
    """What a client's figure means. Metrics and charters call it ``outcome.<key>``."""

    tenancy = "client"

    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    key = models.CharField(
        max_length=60,
        validators=[
            RegexValidator(
                r"^[a-z][a-z0-9_]*\Z", "Begin with a small letter; then small letters, digits and _ are allowed."
            )
        ],
    )
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=OutcomeKind)
    unit = models.CharField(max_length=60)
    """What is counted or added up, in words: “chats settled”, “tickets”, “hours saved”."""
    of = models.CharField(max_length=60, blank=True)
    """What a rate is of, in words: “chats”."""
    better = models.CharField(
        max_length=10,
        choices=[
            (Better.HIGHER.value, "Higher is better"),
            (Better.LOWER.value, "Lower is better"),
            (Better.NEITHER.value, "Neither way is better"),
        ],
        default=Better.NEITHER.value,
    )
    worth = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    """What one more is worth, in the client's currency."""
    worth_said_by = models.CharField(max_length=120, blank=True)
    saves = models.CharField(max_length=60, blank=True)
    """What one more saves, in words: “help-desk tickets”."""
    worth_of = models.CharField(max_length=60, blank=True)
    """What its worth is, in words: “labor”."""
    counted = models.BooleanField(default=False)
    """Whether FracOps counts it from help desks' tickets, so that nobody else gives figures for it."""

    class Meta:
        ordering = ("name", "key")
        constraints = (models.UniqueConstraint(fields=["client", "key"], name="outcome_once"),)

    def __str__(self) -> str:
        return self.name

    @property
    def pays(self) -> bool:
        """Whether all is known that a saving is told with."""
        return self.worth is not None and bool(self.saves and self.worth_of)


class OutcomeValueQuerySet(models.QuerySet["OutcomeValue"]):
    def standing(self, known_at: datetime | None = None) -> "OutcomeValueQuerySet":
        """The newest row of every figure, now or as it was known at a moment; those that were withdrawn are among them."""
        newer = OutcomeValue.objects.alias(giver=_GIVER).filter(
            client_id=OuterRef("client_id"),
            definition_id=OuterRef("definition_id"),
            ref=OuterRef("ref"),
            giver=OuterRef("giver"),
            pk__gt=OuterRef("pk"),
        )
        of_time = Q() if known_at is None else Q(known_at__lte=known_at)
        return self.alias(giver=_GIVER).filter(of_time).filter(~Exists(newer.filter(of_time)))

    def counting(self) -> "OutcomeValueQuerySet":
        """The standing figures but for single cases that a standing figure of the same giver, for the same day, counts already."""
        day = (
            OutcomeValue.objects.standing()
            .alias(of=_GIVER)
            .filter(
                WHOLE,
                client_id=OuterRef("client_id"),
                definition_id=OuterRef("definition_id"),
                of=OuterRef("giver"),
                first_day=OuterRef("first_day"),
                last_day=OuterRef("last_day"),
            )
        )
        return self.standing().filter(Q(ref__startswith="day:") | ~Exists(day))

    def given_by(self, source_id: int | None) -> "OutcomeValueQuerySet":
        """Those of one source, or with None those that people typed on their own."""
        return self.filter(source_id=source_id) if source_id else self.filter(source=None)

    def within(self, start: date, end: date) -> "OutcomeValueQuerySet":
        """Those whose days all lie in ``[start, end)``."""
        return self.filter(first_day__gte=start, last_day__lt=end)


_GIVER = Coalesce("source_id", NO_SOURCE)
WHOLE = Q(ref__startswith="day:", numerator__isnull=False)
"""Of figures that are known by their days: each counts all of them."""


class OutcomeValue(models.Model):
    """What somebody said of a definition for one local day, or for the days from a first to a last. Never changed: a correction is a row.

    A figure is known by who gives it (a source, or the people who type) and its `ref`; its newest row counts. A row without a
    numerator takes the figure back. What a kind's numerator and denominator are stands in `docs/outcomes.md`.
    """

    tenancy = "client"

    # The database drops its rows with the definition or the source they belong to: nobody may delete one by one.
    client = models.ForeignKey(Client, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    definition = models.ForeignKey(
        OutcomeDefinition, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="values"
    )
    source = models.ForeignKey(Source, models.DO_NOTHING, null=True, db_constraint=False, related_name="+")
    ref = models.CharField(max_length=210)
    """``id:`` and what its sender calls it, or ``day:`` and its days."""
    first_day = models.DateField()
    last_day = models.DateField()
    numerator = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    denominator = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    success = models.PositiveIntegerField(null=True)
    """Of its cases, how many were a success; None where nobody said, as with the next two."""
    retried = models.PositiveIntegerField(null=True)
    overridden = models.PositiveIntegerField(null=True)
    buckets = ArrayField(models.IntegerField(), null=True)
    counts = ArrayField(models.BigIntegerField(), null=True)
    """The histogram behind a median, as points have it."""
    said_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    known_at = models.DateTimeField()

    objects = OutcomeValueQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["client", "definition", "first_day"], name="outcome_by_day"),
            models.Index(fields=["client", "definition", "ref", "id"], name="outcome_by_ref"),
        ]
        constraints = (
            models.CheckConstraint(
                condition=Q(source__isnull=False) | Q(said_by__isnull=False), name="outcome_said_by_somebody"
            ),
            models.CheckConstraint(condition=Q(last_day__gte=models.F("first_day")), name="outcome_days_in_order"),
        )


class TicketDay(models.Model):
    """A local day on which a help desk's tickets changed what is counted, until it is counted again."""

    tenancy = "client"

    pk = models.CompositePrimaryKey("client_id", "source_id", "day")
    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="+")
    source = models.ForeignKey(Source, models.CASCADE, db_index=False, related_name="+")
    day = models.DateField()
