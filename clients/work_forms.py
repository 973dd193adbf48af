"""The forms of the work log: one entry, and which entries a page shows."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from .editing import EditForm
from .models import Area, Opportunity, User, WorkEntry
from .paging import AskedForm
from .quickadd import minutes_of, no_time, typed_of
from .worklog import NotLogged, check_day

MOST_PAGES = 10_000
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class DurationField(forms.Field):
    """Minutes, typed as 1h30, 1.5h, 45m or 90."""

    widget = forms.TextInput(attrs={"autocomplete": "off", "size": 6})

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        if (minutes := minutes_of(str(value))) is None:
            raise ValidationError(no_time(str(value)))
        return minutes

    def prepare_value(self, value: Any) -> Any:
        return typed_of(value) if isinstance(value, int) and value else value


class EntryForm(EditForm[WorkEntry]):
    """One entry of the work log. Its system is free text; `systems` are those the client has, offered while typing."""

    minutes = DurationField(label="Time", help_text="1h30, 1.5h, 45m, or 90 for minutes.")

    class Meta:
        model = WorkEntry
        fields: ClassVar = [
            "day",
            "minutes",
            "area",
            "note",
            "attendees",
            "system",
            "prompt",
            "opportunity",
            "visible",
            "visible_note",
        ]
        labels: ClassVar = {"attendees": "Who was there", "system": "System", "prompt": "Prompt or version"}
        help_texts: ClassVar = {
            "attendees": "Where it was a call or a meeting with the client.",
            "opportunity": "Of the roadmap, where the work was for one.",
            "visible_note": "Left empty, the client reads what was done as you wrote it.",
        }
        widgets: ClassVar = {"day": _DAY, "note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, areas: Sequence[Area], today: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        offered = [area.pk for area in areas if not area.retired or area.pk == self.instance.area_id]
        field = self.fields["area"]
        field.queryset = Area.objects.filter(pk__in=offered)  # type: ignore[attr-defined]
        field.empty_label = None  # type: ignore[attr-defined]
        self.fields["system"].widget.attrs["list"] = "systems"
        self.systems = list(self.instance.client.systems.order_by("name").values_list("name", flat=True))
        of_client = Opportunity.objects.filter(client_id=self.instance.client_id).order_by("title")
        self.fields["opportunity"].queryset = of_client  # type: ignore[attr-defined]

    def clean_day(self) -> date:
        """A day that has come, and not long ago."""
        day: date = self.cleaned_data["day"]
        try:
            check_day({day} - {self.instance.day}, self.today)
        except NotLogged as told:
            raise ValidationError(str(told)) from told
        return day


class FilterForm(AskedForm):
    """Which entries; all of it in the address. What cannot be understood counts as not asked."""

    person = forms.ChoiceField(required=False, label="Who")
    area = forms.ChoiceField(required=False, label="Area")
    since = forms.DateField(required=False, label="From", widget=_DAY)
    until = forms.DateField(required=False, label="Until", widget=_DAY)
    words = forms.CharField(required=False, max_length=120, label="Words", strip=True)
    page = forms.IntegerField(required=False, min_value=1, max_value=MOST_PAGES, widget=forms.HiddenInput)

    def __init__(self, people: Sequence[User], areas: Sequence[Area], data: Any) -> None:
        super().__init__(data)
        who = [("", "All"), *((str(one.pk), one.label) for one in people)]
        self.fields["person"].choices = who  # type: ignore[attr-defined]
        self.fields["area"].choices = [("", "All"), *((a.public_id, a.name) for a in areas)]  # type: ignore[attr-defined]
