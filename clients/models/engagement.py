"""A client's retainer: when it began, what it grants and costs from which month on, how it ends, and what each month delivers."""

from datetime import date
from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.expressions import Func, Value

from clients.editing import Edited

from ..writing import day_text, number_text
from .client import Client
from .fields import PublicIdField

_NOT_NEGATIVE = MinValueValidator(Decimal(0))


class PlanUnit(models.TextChoices):
    HOURS_WEEK = "hours_week", "hours a week"
    HOURS_MONTH = "hours_month", "hours a month"
    DAYS_WEEK = "days_week", "days a week"
    DAYS_MONTH = "days_month", "days a month"


class CarryOver(models.TextChoices):
    NONE = "none", "are gone at the month’s end"
    ALL = "all", "are all carried over"
    UP_TO = "up_to", "are carried over up to a number of hours"
    EXPIRES = "expires", "are carried over for a number of months"


class EngagementQuerySet(models.QuerySet["Engagement"]):
    def on(self, day: date) -> "EngagementQuerySet":
        """Those that run on `day`, or began before it and have no end."""
        return self.filter(models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=day), started_on__lte=day)

    def not_over(self, day: date) -> "EngagementQuerySet":
        """Those that run on `day` or begin later."""
        return self.filter(models.Q(ends_on__isnull=True) | models.Q(ends_on__gte=day))


class Engagement(Edited):
    """A retainer. It goes on from month to month until somebody gives notice. No two of a client's overlap."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="engagements")
    started_on = models.DateField("begins on")
    minimum_months = models.PositiveSmallIntegerField(
        "minimum term, months", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    notice_days = models.PositiveSmallIntegerField("notice, days", default=30, validators=[MaxValueValidator(366)])
    on_call = models.BooleanField("on-call is in scope", default=False)
    on_call_words = models.CharField("on-call in words", max_length=300, blank=True)
    mandate = models.CharField("what the practice decides, and what it advises on", max_length=500, blank=True)
    notice_on = models.DateField(null=True, blank=True)
    notice_by = models.CharField(max_length=120, blank=True)
    """Who gave notice, in words: either side can."""
    ends_on = models.DateField(null=True, blank=True)
    """The last day, once notice was given."""

    objects = EngagementQuerySet.as_manager()

    class Meta:
        ordering = ("-started_on",)
        constraints = (
            # Ranges of one id each stand in for equality, which would need an extension of the database.
            ExclusionConstraint(
                name="engagement_alone",
                expressions=[
                    (Func("client_id", "client_id", Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (Func("started_on", "ends_on", Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=models.Q(notice_on__isnull=True, ends_on__isnull=True)
                | models.Q(notice_on__isnull=False, ends_on__gte=models.F("started_on")),
                name="engagement_ends_by_notice",
            ),
        )

    def __str__(self) -> str:
        return f"from {day_text(self.started_on, year=True)}"


class Terms(models.Model):
    """What an engagement grants and costs from a month on. A change is a new row; of two for one month the later one counts."""

    tenancy = "client"

    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="terms")
    month = models.DateField("from the month")
    """Its first day."""
    amount = models.DecimalField(
        max_digits=6, decimal_places=2, validators=[_NOT_NEGATIVE, MaxValueValidator(Decimal(744))]
    )
    """Of `unit`; 0 where no hours are agreed."""
    unit = models.CharField(max_length=12, choices=PlanUnit, default=PlanUnit.HOURS_WEEK)
    monthly_fee = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, validators=[_NOT_NEGATIVE]
    )
    """In the client's currency; none where it was not written down."""
    carry_over = models.CharField("unused hours", max_length=8, choices=CarryOver, default=CarryOver.NONE)
    carry_hours = models.DecimalField(
        "at most so many hours", max_digits=6, decimal_places=2, null=True, blank=True, validators=[_NOT_NEGATIVE]
    )
    carry_months = models.PositiveSmallIntegerField(
        "for so many months", null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(36)]
    )
    why = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("month", "id")
        verbose_name = "plan and fee"
        verbose_name_plural = "plans and fees"
        constraints = (
            models.CheckConstraint(condition=models.Q(month__day=1), name="terms_from_a_month"),
            models.CheckConstraint(
                condition=~models.Q(carry_over="up_to") | models.Q(carry_hours__isnull=False), name="terms_carry_hours"
            ),
            models.CheckConstraint(
                condition=~models.Q(carry_over="expires") | models.Q(carry_months__gte=1), name="terms_carry_months"
            ),
        )

    def __str__(self) -> str:
        return f"{self.plan_words}, from {self.month:%B %Y}"

    @property
    def plan_words(self) -> str:
        """``8 hours a week``."""
        return (
            f"{number_text(self.amount.normalize(), grouped=False)} {self.get_unit_display()}"
            if self.amount
            else "no hours agreed"
        )

    @property
    def carry_words(self) -> str:
        """What becomes of unused hours, as the end of a sentence that begins with them."""
        if self.carry_over == CarryOver.UP_TO:
            return f"are carried over up to {number_text((self.carry_hours or Decimal(0)).normalize(), grouped=False)} hours"
        if self.carry_over == CarryOver.EXPIRES:
            months = self.carry_months or 0
            return f"are carried over for {months} month{'' if months == 1 else 's'}"
        return self.get_carry_over_display()


class Deliverable(Edited):
    """What a month delivers: the contract, with hours as its bound."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="deliverables")
    month = models.DateField()
    """Its first day."""
    text = models.CharField("what is delivered", max_length=500)
    hours = models.DecimalField(
        "bounded by hours", max_digits=6, decimal_places=2, null=True, blank=True, validators=[_NOT_NEGATIVE]
    )
    done_on = models.DateField(null=True, blank=True)
    result = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-month",)
        constraints = (
            models.UniqueConstraint(fields=["client", "month"], name="deliverable_once"),
            models.CheckConstraint(condition=models.Q(month__day=1), name="deliverable_of_a_month"),
        )

    def __str__(self) -> str:
        return self.text
