"""The forms of the roadmap: an opportunity, its judgement, its promotion into a charter, and its result."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from clients.editing import EditForm
from clients.local import today_at
from clients.models import Direction, Opportunity, System, Verdict
from clients.writing import day_text
from monitoring.catalogue import Better, Metric

from .charter_form import TypedNumber
from .lifting import AGAINST, choosable, factor, level_in, metric_choices, one_of, typed, typed_in

_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
_LIFTS = ("lift_low", "lift_high")


class OpportunityForm(EditForm[Opportunity]):
    """One opportunity. Lifts are typed in the metric's usual unit and kept in its own; a worth is of one unit as typed."""

    also = ("touched_on",)
    metric = forms.ChoiceField(required=False, label="Metric it lifts", help_text="The unit to type is in brackets.")
    lift_low = TypedNumber(required=False, label="At least", help_text="The low end of what is expected.")
    lift_high = TypedNumber(required=False, label="At most", help_text="The high end; left empty, the same.")
    unit_worth = TypedNumber(required=False, label="What one of it is worth a month")

    class Meta:
        model = Opportunity
        fields: ClassVar = [
            "title",
            "owner",
            "problem",
            "evidence",
            "evidence_link",
            "system",
            "metric",
            "way",
            "lift_low",
            "lift_high",
            "unit_worth",
            "worth_source",
            "confidence",
            "hours",
            "money",
            "risk",
            "risk_note",
            "review_on",
            "visible",
            "visible_note",
        ]
        labels: ClassVar = {
            "title": "What could be done",
            "evidence": "What it is known from",
            "evidence_link": "Link to it",
            "way": "Which way",
            "worth_source": "Who said so, or how it is worked out",
            "confidence": "Confidence, per cent",
            "hours": "Hours it takes",
            "risk_note": "What can go wrong",
            "review_on": "To be looked at again on",
            "visible": "The client sees it",
            "visible_note": "The problem in words for the client",
        }
        help_texts: ClassVar = {
            "owner": "Who answers for it. Without one it stays an idea.",
            "evidence": "“41 of 60 escalated chats ask for an order’s status.”",
            "confidence": "How likely the lift is: 80 after a pilot, 30 for a hunch.",
            "visible_note": "Left empty, the client reads the problem as you wrote it.",
        }
        widgets: ClassVar = {
            "problem": forms.Textarea(attrs={"rows": 4}),
            "review_on": _DAY,
            "evidence_link": forms.URLInput(attrs={"placeholder": "https://"}),
        }

    def __init__(self, data: Any, *, instance: Opportunity, **options: Any) -> None:
        super().__init__(data, instance=instance, **options)
        client = instance.client
        self.today = today_at(client)
        self.metrics = {m.key: m for m in choosable(client, instance.metric)}
        self.fields["metric"].choices = metric_choices(self.metrics.values(), "None yet")  # type: ignore[attr-defined]
        self.fields["system"].queryset = System.objects.filter(client=client)  # type: ignore[attr-defined]
        self.fields["system"].empty_label = "All systems"  # type: ignore[attr-defined]
        self.fields["money"].help_text = f"Besides hours, in the first twelve months, in {client.currency}."
        self.fields["unit_worth"].help_text = f"Of one point, second, dollar or case; in {client.currency}."
        self.opened_review = instance.review_on
        if which := self.metrics.get(instance.metric):
            by = factor(which)
            for name in _LIFTS:
                self.initial[name] = typed(getattr(instance, name), by)
            self.initial["unit_worth"] = typed(instance.unit_worth, 1 / by)

    def clean_review_on(self) -> date | None:
        """A day to come; one that stood there before may have passed."""
        day: date | None = self.cleaned_data["review_on"]
        if day and day < self.today and day != self.opened_review:
            raise ValidationError(f"{day_text(day, year=True)} has passed: write a day to come.")
        return day

    def clean_owner(self) -> str:
        """Somebody, for what is under way."""
        owner: str = self.cleaned_data["owner"]
        if not owner and self.instance.stage in ("pilot", "production"):
            raise ValidationError("It is under way: somebody has to answer for it.")
        return owner

    def clean(self) -> dict[str, Any]:
        """The form with its lift in the metric's own unit."""
        cleaned = super().clean() or {}
        self.instance.touched_on = self.today
        low, high, worth = (cleaned.get(name) for name in (*_LIFTS, "unit_worth"))
        given = [name for name in (*_LIFTS, "unit_worth") if cleaned.get(name) is not None]
        which = self.metrics.get(cleaned.get("metric") or "")
        for name in given:
            if cleaned[name] < 0:
                self.add_error(name, "Write how far as a number without a sign; the way is said beside it.")
        if which is None:
            if given and "metric" not in self.errors:
                self.add_error("metric", "Choose the metric that the lift is of.")
            return cleaned
        if low is None and not {"lift_low"} & self.errors.keys():
            self.add_error("lift_low", f"Write at least how many {typed_in(which)} it moves.")
        elif low is not None and high is not None and high < low:
            self.add_error("lift_high", "The high end lies below the low end: write them the other way round.")
        self._check_way(which, cleaned)
        if worth is not None and not cleaned.get("worth_source") and "worth_source" not in self.errors:
            self.add_error("worth_source", f"Say who said what a {one_of(which)} is worth, or how it is worked out.")
        if not self.errors and low is not None:
            by = factor(which)
            cleaned["lift_low"], cleaned["lift_high"] = low / by, (low if high is None else high) / by
            cleaned["unit_worth"] = None if worth is None else worth * by
        return cleaned

    def _check_way(self, which: Metric, cleaned: dict[str, Any]) -> None:
        if cleaned.get("way") and (told := AGAINST.get((which.better, Direction(cleaned["way"])))):
            self.add_error("way", told.format(which.name))
        if which.is_outcome and cleaned.get("system"):
            self.add_error("system", f"{which.name} is known for the whole company: choose all systems.")


class JudgeForm(forms.Form):
    """Green, yellow or red, with the reason."""

    verdict = forms.ChoiceField(label="Verdict", choices=[v for v in Verdict.choices if v[0]], widget=forms.RadioSelect)
    why = forms.CharField(
        label="Why",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The reason stays, of what is declined with its cost. The client reads it where they see the opportunity.",
    )
    edition = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class PromoteForm(forms.Form):
    """The target that an opportunity becomes, proposed from its lift and what points say today."""

    name = forms.CharField(label="Name of the target", max_length=120)
    owner = forms.CharField(label="Owner", max_length=120, required=False)
    baseline = TypedNumber(
        label="Baseline", required=False, help_text="Where it stands. Left empty, none is agreed yet."
    )
    goal = TypedNumber(label="Goal")
    baseline_source = forms.CharField(label="Where the baseline comes from", max_length=200, required=False)

    def __init__(self, which: Metric, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.which = which
        self.fields["goal"].help_text = f"In {level_in(which)}."

    def clean(self) -> dict[str, Any]:
        """Both numbers in the metric's own unit, and a goal that is no step back."""
        cleaned = super().clean() or {}
        goal, baseline = cleaned.get("goal"), cleaned.get("baseline")
        if goal is None and "goal" not in self.errors:
            self.add_error("goal", "Write the goal as a number.")
        if self.errors or goal is None:
            return cleaned
        if baseline is not None and _steps_back(self.which, baseline, goal):
            self.add_error("goal", "That is worse than the baseline: look at both again.")
        by = factor(self.which)
        cleaned["goal"] = goal / by
        cleaned["baseline"] = None if baseline is None else baseline / by
        return cleaned


def _steps_back(which: Metric, baseline: Decimal, goal: Decimal) -> bool:
    return goal < baseline if which.better is Better.HIGHER else which.better is Better.LOWER and goal > baseline


class ResultForm(forms.Form):
    """What came of it. The number is asked for only where points do not say it."""

    actual = TypedNumber(label="How far it moved", required=False)
    source = forms.CharField(label="Who said so", max_length=200, required=False)
    note = forms.CharField(
        label="What came of it, in words", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    edition = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, which: Metric | None, *args: Any, measured: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        self.which, self.measured = which, measured
        if measured or which is None:
            del self.fields["actual"], self.fields["source"]
            self.fields["note"].required = which is None
        else:
            self.fields["actual"].help_text = f"In {typed_in(which)}; a minus where it fell."

    def clean(self) -> dict[str, Any]:
        """A typed number with who said it, in the metric's own unit."""
        cleaned = super().clean() or {}
        if "actual" not in self.fields:
            return cleaned
        if cleaned.get("actual") is None and "actual" not in self.errors:
            self.add_error("actual", "Write how far it moved, 0 where it did not.")
        if not cleaned.get("source"):
            self.add_error("source", "A number that was not measured needs the name of who said it.")
        if self.which and not self.errors:
            cleaned["actual"] = cleaned["actual"] / factor(self.which)
        return cleaned
