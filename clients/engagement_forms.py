"""The forms of an engagement: beginning one, its plan and fee from a month, notice, and what a month delivers."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from . import plans
from .editing import EditForm
from .models import CarryOver, Client, Deliverable, Engagement, Terms
from .months import MonthField, month_start, next_month
from .retainer import ending_words

FARTHEST = 24
"""Months ahead for which a plan can be agreed."""
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
_OVERLAP = "overlaps the engagement"


class EngagementForm(EditForm[Engagement]):
    """What an engagement is, apart from its plan and fee. The day it begins on is settled once."""

    class Meta:
        model = Engagement
        fields: ClassVar = ["started_on", "minimum_months", "notice_days", "on_call", "on_call_words", "mandate"]
        help_texts: ClassVar = {
            "minimum_months": "Left empty, notice can be given any day.",
            "on_call_words": "What it covers, or that it does not: “production outages, 9 to 18 o’clock”.",
            "mandate": "“Decides on prompts and evals; advises on vendors and hiring.”",
        }
        widgets: ClassVar = {"started_on": _DAY}

    def __init__(self, client: Client, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client
        if self.instance.pk:
            del self.fields["started_on"]
        if self.instance.notice_on:
            for name in ("minimum_months", "notice_days"):
                self.fields[name].disabled = True
                self.fields[name].help_text = "Notice was given under it; it stays."

    def clean_started_on(self) -> date:
        """The day, where no other engagement of the client runs on or after it."""
        began: date = self.cleaned_data["started_on"]
        other = Engagement.objects.filter(client=self.client).not_over(began).exclude(pk=self.instance.pk).first()
        if other:
            until = f"until {other.ends_on:%-d %B %Y}" if other.ends_on else "without an end: give notice of it first"
            raise ValidationError(f"This {_OVERLAP} that runs from {other.started_on:%-d %B %Y} {until}.")
        return began


class TermsForm(forms.ModelForm[Terms]):
    """A plan and its fee, from a month on. What was agreed before stays as it was."""

    month = MonthField(label="From the month")

    class Meta:
        model = Terms
        fields: ClassVar = [
            "month",
            "amount",
            "unit",
            "monthly_fee",
            "carry_over",
            "carry_hours",
            "carry_months",
            "why",
        ]
        labels: ClassVar = {"amount": "Plan", "unit": "Of", "why": "Why it changes"}
        help_texts: ClassVar = {
            "amount": "0 where no hours are agreed.",
            "carry_over": "At the end of a month.",
            "carry_hours": "Where they are carried over up to a number of hours.",
            "carry_months": "Where they are carried over for a number of months.",
        }

    def __init__(self, engagement: Engagement, client: Client, *args: Any, **kwargs: Any) -> None:
        """With an engagement that is not saved yet, the month is the one it begins in and is not asked."""
        super().__init__(*args, **kwargs)
        self.engagement = engagement
        self.fields["monthly_fee"].help_text = f"In {client.currency}."
        if engagement._state.adding:
            del self.fields["month"]
            del self.fields["why"]

    def clean_month(self) -> date:
        """A month of the engagement."""
        month: date = self.cleaned_data["month"]
        first = month_start(self.engagement.started_on)
        last = self.engagement.ends_on
        if month < first:
            raise ValidationError(f"The engagement begins in {first:%B %Y}: choose that month or a later one.")
        if last and month > last:
            raise ValidationError(f"The engagement ends on {last:%-d %B %Y}: choose a month before that.")
        if month > next_month(max(first, timezone.now().date()), FARTHEST):
            raise ValidationError(f"{month:%B %Y} is more than {FARTHEST} months away: look at the year.")
        return month

    def clean(self) -> dict[str, Any]:
        """The rule for unused hours with the number it needs, and without one that it does not."""
        cleaned = super().clean() or {}
        rule = cleaned.get("carry_over")
        for name, of in (("carry_hours", CarryOver.UP_TO), ("carry_months", CarryOver.EXPIRES)):
            if rule != of:
                cleaned[name] = None
            elif cleaned.get(name) is None and name not in self.errors:
                self.add_error(name, f"Say how many {name.removeprefix('carry_')}.")
        return cleaned

    def put(self, engagement: Engagement) -> Terms:
        """Store it as a new row."""
        terms = self.instance
        terms.client_id, terms.engagement = engagement.client_id, engagement
        if "month" not in self.fields:
            terms.month = month_start(engagement.started_on)
        terms.save()
        return terms


class NoticeForm(EditForm[Engagement]):
    """Notice: the day it was given on and by whom. The end follows from the engagement."""

    also = ("ends_on",)
    notice_on = forms.DateField(label="Notice was given on", widget=_DAY)
    notice_by = forms.CharField(label="By", max_length=120, help_text="“Theo Brandt, Halden Outfitters”.")

    class Meta:
        model = Engagement
        fields: ClassVar = ["notice_on", "notice_by"]

    def __init__(self, today: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.before = self.instance.ends_on

    def clean_notice_on(self) -> date:
        """A day that has come."""
        day: date = self.cleaned_data["notice_on"]
        if day > self.today:
            raise ValidationError(f"{day:%-d %B %Y} has not come yet: note it once notice is given.")
        return day

    def clean(self) -> dict[str, Any]:
        """The end, worked out, and no notice on top of another."""
        cleaned = super().clean() or {}
        one = self.instance
        if self.before:
            raise ValidationError(f"{ending_words(one)}. Withdraw that first.")
        if day := cleaned.get("notice_on"):
            one.ends_on = plans.last_day(one.started_on, day, one.notice_days, one.minimum_months)
        return cleaned


class DeliverableForm(EditForm[Deliverable]):
    """What a month delivers, and what came of it."""

    taken = (None, "Somebody wrote this month’s deliverable meanwhile: open the page anew to see it.")

    class Meta:
        model = Deliverable
        fields: ClassVar = ["text", "hours", "done_on", "result"]
        labels: ClassVar = {"hours": "Within so many hours", "done_on": "Done on", "result": "What came of it"}
        help_texts: ClassVar = {
            "text": "Something that is done or not: a system deployed, a phase finished, a figure reached.",
            "hours": "A bound, not a promise to use them.",
        }
        widgets: ClassVar = {"done_on": _DAY}

    def __init__(self, today: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_done_on(self) -> date | None:
        """A day that has come, from the month before its own on."""
        done: date | None = self.cleaned_data["done_on"]
        if done and done > self.today:
            raise ValidationError(f"{done:%-d %B %Y} has not come yet: note it once it is done.")
        if done and done < next_month(self.instance.month, -1):
            raise ValidationError(f"{done:%-d %B %Y} lies long before {self.instance.month:%B %Y}: look at the year.")
        return done

    def clean_hours(self) -> Decimal | None:
        """At most the hours of a month."""
        hours: Decimal | None = self.cleaned_data["hours"]
        if hours is not None and hours > 744:
            raise ValidationError("A month has at most 744 hours.")
        return hours
