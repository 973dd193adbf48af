"""Form fields that several of the ground floor's forms have: lists that are typed, months, hours."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from clients.conflicts import plain_name, plain_tag

MOST = 30
"""Entries of a typed list."""
HOURS = [(hour, f"{hour:02}:00") for hour in range(24)]


class TagsField(forms.CharField):
    """Tags, typed in a line with commas between them; a tag typed twice counts once."""

    apart = r"[,;\n]"
    between = ", "
    longest = 60

    def prepare_value(self, value: Any) -> Any:
        """A list as a person types it; what was typed already stays as it is."""
        return self.between.join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """The entries in the order they were typed. Raises ValidationError for too many, or one that is too long."""
        typed = [" ".join(part.split()) for part in re.split(self.apart, str(value or ""))]
        entries = list({self.plain(entry): entry for entry in reversed(typed) if entry}.values())[::-1]
        if len(entries) > MOST:
            raise ValidationError(f"There are {len(entries)} of them; {MOST} are the most.")
        long = next((entry for entry in entries if len(entry) > self.longest), "")
        if long:
            raise ValidationError(f"“{long[:40]}…” has {len(long)} characters; {self.longest} are the most.")
        return entries

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other entries are given than there were."""
        return self.to_python(data) != (initial or [])

    @staticmethod
    def plain(entry: str) -> str:
        """What makes two entries one."""
        return plain_tag(entry)


class NamesField(TagsField):
    """Companies' names, one a line, because a name may hold a comma."""

    apart = r"\n"
    between = "\n"
    longest = 120
    widget = forms.Textarea(attrs={"rows": 4})

    @staticmethod
    def plain(entry: str) -> str:
        """What makes two names one."""
        return plain_name(entry)


def day_input() -> forms.DateInput:
    """A day, picked from a calendar where the browser has one."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
