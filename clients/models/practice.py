"""The firm."""

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from clients.editing import Edited

from .fields import PublicIdField, currency_code, hex_colour


def monday_to_friday() -> list[int]:
    return [1, 2, 3, 4, 5]


class Practice(Edited):
    """The firm: owns the brand, its people and its clients."""

    tenancy = "practice"

    public_id = PublicIdField()
    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    sender_name = models.CharField(max_length=120)
    sender_email = models.EmailField()
    footer = models.CharField(max_length=300, blank=True)
    """What stands under every mail and report: an address, a register number."""
    colour = models.CharField(max_length=7, default="#0F5C78", validators=[hex_colour])
    logo = models.BinaryField(default=b"", editable=False)
    """A PNG or JPEG, drawn where the practice's name stands in mails and reports; empty for none."""
    currency = models.CharField(max_length=3, default="USD", validators=[currency_code])
    """What its own money (rates, margins) is in."""
    working_days: ArrayField[Any, Any] = ArrayField(models.PositiveSmallIntegerField(), default=monday_to_friday)
    """ISO weekdays, Monday is 1."""
    hours_a_day = models.DecimalField(
        max_digits=4,
        decimal_places=2,
        default=Decimal(8),
        validators=[MinValueValidator(Decimal(1)), MaxValueValidator(Decimal(24))],
    )
    """How many hours a day of a plan is, where plans are sold by the day."""
    hourly_rate = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    """What an hour of its people costs it, unless their own rate says otherwise."""
    sold_rate = models.DecimalField(
        max_digits=10, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    """What an hour is sold at where no engagement with a fee and a plan says so: opportunities are priced with it."""
    manager_word = models.CharField(max_length=40, default="program manager")
    """What it calls those who look after clients."""
    pilot_quiet_days = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(7), MaxValueValidator(365)]
    )
    """Days without any change after which a pilot counts as stalled."""
    executives_export = models.BooleanField("executives may export", default=False)
    """Whether a client's executives may take an export of what they see, without asking."""
    first_steps_hidden = models.BooleanField(default=False, editable=False)
    """Whether an owner put the list of first steps away; which of them are done is read from what is there."""

    def __str__(self) -> str:
        return self.name
