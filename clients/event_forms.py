"""The forms of what happened: one event, and one review that a change of the business asked for."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from .days import DayField
from .editing import EditForm
from .models import TYPES, Event, EventKind, System, SystemReview

AHEAD = timedelta(days=366)
"""How far ahead something that is known to come can be written down."""
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
_BUSINESS = frozenset(TYPES[EventKind.BUSINESS])


class MomentField(forms.DateTimeField):
    """A day and a time on the clock of the time zone that is active; picked where the browser can."""

    def __init__(self, **options: Any) -> None:
        usual: dict[str, Any] = {
            "widget": forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
            "error_messages": {"invalid": "Write a day and a time, like 2026-11-05 14:30."},
        }
        super().__init__(**usual | options)


class EventForm(EditForm[Event]):
    """One event. A change of the business also says which systems are to be looked at, by whom and until when."""

    type = forms.ChoiceField(
        label="What happened",
        choices=[(kind.label, [(each.value, each.label) for each in types]) for kind, types in TYPES.items()],
    )
    began_at = MomentField(label="Began")
    ended_at = MomentField(label="Ended", required=False)
    touches: forms.ModelMultipleChoiceField[System] = forms.ModelMultipleChoiceField(
        System.objects.none(),
        required=False,
        label="Systems to look at again",
        widget=forms.CheckboxSelectMultiple,
        help_text="Of a new product line, new prices or new people: each system they touch gets a review.",
    )
    reviewer = forms.CharField(required=False, max_length=120, label="Who looks at them")
    due = DayField(required=False, label="By")

    class Meta:
        model = Event
        fields: ClassVar = [
            "type",
            "system",
            "title",
            "began_at",
            "ended_at",
            "note",
            "link",
            "count",
            "counted",
            "visible",
        ]
        labels: ClassVar = {
            "title": "In a few words",
            "note": "What there is to know",
            "link": "Link",
            "count": "How many",
            "counted": "Of what",
            "visible": "The client sees it",
        }
        help_texts: ClassVar = {
            "title": "It stands beside its flag on every chart.",
            "link": "A release note, a ticket, an announcement.",
            "count": "Where something was counted, like 1,200.",
            "counted": "“documents”, “failed requests”.",
            "visible": "On their page, in their charts and in their reports.",
        }
        widgets: ClassVar = {"note": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, systems: Iterable[System], now: datetime, *args: Any, staff: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        known = [system.pk for system in systems]
        own = System.objects.filter(pk__in=known).order_by("name")
        self.fields["system"].queryset = own  # type: ignore[attr-defined]
        self.fields["system"].empty_label = "All of them"  # type: ignore[attr-defined]
        self.fields["ended_at"].help_text = "Of an incident that is still open, leave it empty."
        if not staff:
            # What the client's own people write down is theirs to see; reviews are the practice's to hand out.
            for name in ("visible", "touches", "reviewer", "due"):
                del self.fields[name]
            return
        self.fields["touches"].queryset = own  # type: ignore[attr-defined]
        if self.instance.pk:
            asked = list(self.instance.reviews.all())
            self.initial["touches"] = [review.system_id for review in asked]
            waiting = next((review for review in asked if review.done_on is None), None)
            if waiting:
                self.initial.update(reviewer=waiting.reviewer, due=waiting.due)

    def clean_began_at(self) -> datetime:
        """When it began: since there are such systems, and at most a year ahead."""
        moment: datetime = self.cleaned_data["began_at"]
        if moment > self.now + AHEAD:
            raise ValidationError("That is more than a year ahead: check the year.")
        if moment < EARLIEST:
            raise ValidationError("That is before 2015: check the year.")
        return moment

    def clean(self) -> dict[str, Any]:
        """The form, with an end after the beginning, counts that count something, and reviews of a business change."""
        cleaned = super().clean() or {}
        began, ended = cleaned.get("began_at"), cleaned.get("ended_at")
        if began and ended and ended <= began:
            self.add_error("ended_at", "It ends before it begins: write a later moment here.")
        if ended and ended > self.now + AHEAD:
            self.add_error("ended_at", "That is more than a year ahead: check the year.")
        if cleaned.get("count") and not cleaned.get("counted"):
            self.add_error("counted", "Say what was counted, like “documents”.")
        if cleaned.get("counted") and not cleaned.get("count") and "count" not in self.errors:
            self.add_error("count", f"Say how many {cleaned['counted']}, or leave both empty.")
        if began and cleaned.get("title") and self._is_there(cleaned):
            self.add_error("title", "That is on the timeline already, with the same moment and the same words.")
        if "touches" in self.fields:
            self._check_reviews(cleaned)
        return cleaned

    def _is_there(self, cleaned: dict[str, Any]) -> bool:
        same = Event.objects.filter(
            client_id=self.instance.client_id,
            type=cleaned.get("type"),
            title=cleaned["title"],
            began_at=cleaned["began_at"],
        )
        return same.exclude(pk=self.instance.pk).exists()

    def _check_reviews(self, cleaned: dict[str, Any]) -> None:
        business = cleaned.get("type") in _BUSINESS
        touched = list(cleaned.get("touches") or ())
        if not business:
            if touched:
                self.add_error(
                    "touches", "Only a change of the business asks for reviews: take these away, or its kind."
                )
            return
        if not touched and self.fields["touches"].queryset.exists():  # type: ignore[attr-defined]
            self.add_error("touches", "Say which systems it touches: each is looked at again.")
        if touched and not cleaned.get("reviewer"):
            self.add_error("reviewer", "Say who looks at them.")
        if touched and not cleaned.get("due") and "due" not in self.errors:
            self.add_error("due", "Say by when they are looked at.")

    def store(self) -> bool:
        """Write the event and its reviews. False, with nothing written, where somebody else saved it since the form was opened."""
        with transaction.atomic():
            if not super().store():
                return False
            if "touches" in self.fields:
                self._write_reviews()
        return True

    def _write_reviews(self) -> None:
        """One review for each system that is touched; those that are done stay as they are, whatever the form says."""
        event = self.instance
        touched = {system.pk for system in self.cleaned_data["touches"]}
        asked = {review.system_id: review for review in event.reviews.all()}
        waiting = {pk: review for pk, review in asked.items() if review.done_on is None}
        event.reviews.filter(pk__in=[r.pk for pk, r in waiting.items() if pk not in touched]).delete()
        said = {"reviewer": self.cleaned_data["reviewer"], "due": self.cleaned_data["due"]}
        event.reviews.filter(pk__in=[r.pk for pk, r in waiting.items() if pk in touched]).update(**said)
        SystemReview.objects.bulk_create(
            SystemReview(client_id=event.client_id, event=event, system_id=pk, **said) for pk in touched - asked.keys()
        )


class ReviewForm(EditForm[SystemReview]):
    """What somebody found who looked at a system."""

    class Meta:
        model = SystemReview
        fields: ClassVar = ["reviewer", "due", "done_on", "found"]
        labels: ClassVar = {
            "reviewer": "Who looks at it",
            "due": "By",
            "done_on": "Looked at on",
            "found": "What was found",
        }
        help_texts: ClassVar = {
            "done_on": "Left empty, it is still to be done.",
            "found": "“Nothing to change” is an answer too.",
        }
        widgets: ClassVar = {
            "due": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "done_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "found": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, today: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        """The form; what is done says what was found, and is not done tomorrow."""
        cleaned = super().clean() or {}
        done = cleaned.get("done_on")
        if done and done > self.today:
            self.add_error("done_on", "That day is still to come.")
        if done and not cleaned.get("found"):
            self.add_error("found", "Say what was found, even where it is nothing.")
        if cleaned.get("found") and not done and "done_on" not in self.errors:
            self.add_error("done_on", "Say on which day it was looked at.")
        return cleaned
