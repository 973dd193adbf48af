"""Days that people type into forms: only those that anybody means."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)


def possible(day: date) -> None:
    """Raises ValidationError for a day that nobody means. Far enough from both ends of the calendar to reckon with."""
    if not EARLIEST <= day <= LATEST:
        far = "too long ago" if day < EARLIEST else "too far away"
        raise ValidationError(f"{day.day} {day:%B} {day.year} is {far}: look at the year.")


class DayField(forms.DateField):
    """A possible day, picked from a calendar where the browser has one."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, validators=[possible])


class PossibleDays(forms.BaseForm):
    """A form of a model of which every day has to be a possible one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.DateField) and possible not in field.validators:
                field.validators = [*field.validators, possible]
