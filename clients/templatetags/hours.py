"""Times and fees as templates write them."""

from decimal import Decimal

from django import template

from clients.earning import money
from clients.models import Client
from clients.quickadd import words_of

register = template.Library()


@register.filter
def duration(minutes: int) -> str:
    """``1 h 30 min``; a dash for none."""
    return words_of(minutes) if minutes else "–"


@register.filter
def hours(amount: Decimal) -> str:
    """``12 h 30 min`` of hours."""
    return words_of(int(amount * 60))


@register.filter
def fee(amount: Decimal | None, client: Client) -> str:
    """A fee in the client's currency; a dash for none."""
    return money(amount, client.currency)
