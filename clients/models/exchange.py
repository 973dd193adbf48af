"""What one currency was worth in another, month by month, and who says so."""

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least

from clients.editing import Edited

from ..writing import number_text
from .fields import PublicIdField, currency_code
from .practice import Practice
from .users import User

SMALLEST = Decimal("0.0000000001")


class ExchangeRate(Edited):
    """In `month`, one `base` was worth `rate` of `quote`, according to `source`.

    Of a pair there is one row a month, in either direction.
    """

    tenancy = "practice"

    public_id = PublicIdField()
    practice = models.ForeignKey(Practice, models.CASCADE, related_name="exchange_rates")
    month = models.DateField()
    """Its first day."""
    base = models.CharField(max_length=3, validators=[currency_code])
    quote = models.CharField(max_length=3, validators=[currency_code])
    rate = models.DecimalField(max_digits=20, decimal_places=10, validators=[MinValueValidator(SMALLEST)])
    source = models.CharField(max_length=200)
    """Who publishes it and what it is: “ECB, mean of the month”."""
    entered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(auto_now=True)
    """When it was written or last corrected."""

    class Meta:
        verbose_name = "exchange rate"
        ordering = ("-month", "base", "quote")
        constraints: ClassVar = [
            models.UniqueConstraint(
                "practice", "month", Least("base", "quote"), Greatest("base", "quote"), name="exchange_rate_once"
            ),
            models.CheckConstraint(condition=~Q(base=F("quote")), name="exchange_rate_of_two"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="exchange_rate_above_zero"),
            models.CheckConstraint(condition=Q(month__day=1), name="exchange_rate_of_month"),
        ]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} {self.month:%B %Y}"

    @property
    def plain(self) -> str:
        """The rate without the zeros that say nothing."""
        return f"{self.rate.normalize():f}"

    @property
    def told(self) -> str:
        """The rate as a page writes it for its reader."""
        return number_text(self.rate.normalize(), grouped=False)

    def turn(self, amount: Decimal, base: str) -> tuple[Decimal, Decimal]:
        """`amount` of `base`, one of its two currencies, in the other; and what one unit of `base` was worth. Not rounded."""
        return (amount * self.rate, self.rate) if base == self.base else (amount / self.rate, 1 / self.rate)
