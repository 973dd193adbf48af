"""Months, as their first day; in forms and addresses written 2026-11."""

import re
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError


def month_start(day: date) -> date:
    """The first day of the month that `day` is in."""
    return day.replace(day=1)


def next_month(month: date, count: int = 1) -> date:
    """The first day of the month `count` months after the one that `month` is in (before it, for a negative count)."""
    months = month.year * 12 + month.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def month_of(text: str) -> date | None:
    """The first day of ``2026-11``; None for anything else."""
    if not re.fullmatch(r"[12]\d{3}-(0[1-9]|1[0-2])", text, re.ASCII):
        return None
    return date(int(text[:4]), int(text[5:]), 1)


class MonthField(forms.Field):
    """A month, picked where the browser can and typed as 2026-11 elsewhere."""

    default_error_messages: ClassVar = {
        "invalid": "“%(value)s” is no month: write the year and the month, like 2026-11."
    }
    widget = forms.TextInput(attrs={"type": "month", "placeholder": "2026-11", "autocomplete": "off"})

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        if (month := month_of(str(value).strip())) is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": str(value)[:20]})
        return month

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%Y-%m}" if isinstance(value, date) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != data)
