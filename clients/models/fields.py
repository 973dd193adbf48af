"""What fields of several models share: random ids for the outside world, and checks of what people type."""

import secrets
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from babel.core import get_global
from babel.numbers import get_territory_currencies
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models


def public_id() -> str:
    """A random id for the outside world; row numbers are never shown. It begins with no dash, which a shell would take for an option."""
    while (made := secrets.token_urlsafe(9)).startswith("-"):
        pass
    return made


def known_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(f"“{value}” is no time zone. Use a name like Europe/Berlin or America/Chicago.")


@cache
def currencies() -> frozenset[str]:
    """The ISO 4217 codes of money that is legal tender somewhere today, as the Unicode CLDR has them."""
    return frozenset(code for land in get_global("territory_currencies") for code in get_territory_currencies(land))


def currency_code(value: str) -> None:
    """Raises ValidationError for what is no currency in use."""
    if value not in currencies():
        raise ValidationError(
            f"“{value}” is no currency in use: write the three capital letters of its ISO 4217 code, like EUR, GBP or USD."
        )


hex_colour = RegexValidator(r"^#[0-9A-Fa-f]{6}\Z", "Write a colour as # and six hex digits, like #6E3FA8.")


class PublicIdField(models.CharField[str, str]):
    """The random id by which the outside world names a row."""

    def __init__(self, **options: Any) -> None:
        usual: dict[str, Any] = {"max_length": 16, "default": public_id, "unique": True, "editable": False}
        super().__init__(**usual | options)


def monogram(name: str) -> str:
    """Two letters that stand for a name: initials, or the first two letters of a single word."""
    words = [w for w in name.replace("@", " ").split() if w[0].isalnum()]
    return ("".join(w[0] for w in words[:2]) if len(words) > 1 else name[:2]).upper()
