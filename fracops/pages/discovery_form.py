"""The forms of a discovery: what was agreed, how it ended, and the phases of its plan."""

from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms

from clients.days import DayField
from clients.editing import EditForm
from clients.models import Client, Discovery, DiscoveryOutcome, Phase, System
from monitoring.catalogue import Metric

from .charter_form import TypedNumber
from .lifting import choosable, factor, metric_choices, typed

_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
_BOUNDS = (("goal_metric", "goal_value"), ("kill_metric", "kill_value"))


class DiscoveryForm(EditForm[Discovery]):
    """What was agreed for a discovery."""

    class Meta:
        model = Discovery
        fields: ClassVar = ["question", "began_on", "weeks", "fee", "hours"]
        help_texts: ClassVar = {
            "question": "“Can order questions be answered without a person, at under a dollar each?”",
            "hours": "A bound, not a promise to use them; 20 to 30 are usual.",
        }
        widgets: ClassVar = {"began_on": _DAY}

    def __init__(self, client: Client, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fee"].help_text = f"In {client.currency}, for all of it."


class BeginForm(DiscoveryForm):
    """A discovery to be begun; where the newest fit check speaks against it, with the reason to begin it all the same."""

    despite = forms.CharField(
        label="Why begin it all the same",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The newest fit check says that the client does not fit. The reason is kept; the client does not see it.",
    )

    def __init__(self, client: Client, *args: Any, misfit: bool, **kwargs: Any) -> None:
        super().__init__(client, *args, **kwargs)
        if not misfit:
            del self.fields["despite"]

    def clean_despite(self) -> str:
        """The reason, put on the row."""
        self.instance.despite = str(self.cleaned_data["despite"])
        return self.instance.despite


class DecisionForm(EditForm[Discovery]):
    """How it ended; on “go”, the draft of the retainer that follows."""

    also = ("decided_on",)
    outcome = forms.ChoiceField(
        label="Outcome", choices=[o for o in DiscoveryOutcome.choices if o[0]], widget=forms.RadioSelect
    )

    class Meta:
        model = Discovery
        fields: ClassVar = ["outcome", "outcome_why", "draft_start", "draft_amount", "draft_unit", "draft_fee"]
        help_texts: ClassVar = {"draft_start": "On “go”: the retainer’s form opens with what stands here."}
        widgets: ClassVar = {"draft_start": _DAY, "outcome_why": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, client: Client, today: date, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["outcome_why"].required = True
        self.fields["draft_fee"].help_text = f"In {client.currency}."

    def clean(self) -> dict[str, Any]:
        """The decision with its day; a draft only of what goes on."""
        cleaned = super().clean() or {}
        self.instance.decided_on = self.today
        if cleaned.get("outcome") == DiscoveryOutcome.GO:
            for name, missing in (("draft_start", "Say when the retainer begins."), ("draft_amount", "Say its plan.")):
                if cleaned.get(name) is None and name not in self.errors:
                    self.add_error(name, missing)
        else:
            cleaned |= {"draft_start": None, "draft_amount": None, "draft_fee": None}
        return cleaned


class PhaseForm(EditForm[Phase]):
    """A phase with its target and its kill criterion; bounds are typed in the metric's usual unit."""

    goal_metric = forms.ChoiceField(label="Target: metric")
    goal_value = TypedNumber(label="Target: value", help_text="72 for 72%, 2.4 for seconds.")
    kill_metric = forms.ChoiceField(label="Stopped when: metric")
    kill_value = TypedNumber(label="Stopped when: value")

    class Meta:
        model = Phase
        fields: ClassVar = [
            "name",
            "system",
            "work",
            "starts_on",
            "ends_on",
            "cost",
            "goal_metric",
            "goal_is",
            "goal_value",
            "kill_metric",
            "kill_is",
            "kill_value",
            "kill_attempts",
            "fallback",
        ]
        labels: ClassVar = {
            "starts_on": "From",
            "ends_on": "Until",
            "goal_is": "Target: it is",
            "kill_is": "Stopped when: it is",
            "kill_attempts": "In so many attempts in a row",
            "fallback": "What is done instead",
        }
        help_texts: ClassVar = {
            "kill_attempts": "Each with enough cases to judge by.",
            "fallback": "“Managed retrieval”, “the smaller model with a reranker”.",
        }
        widgets: ClassVar = {"starts_on": _DAY, "ends_on": _DAY, "work": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, client: Client, data: Any, *, instance: Phase) -> None:
        super().__init__(data, instance=instance)
        kept = {m.key: m for key in (instance.goal_metric, instance.kill_metric) for m in choosable(client, key)}
        self.metrics: dict[str, Metric] = kept
        for metric_name, value_name in _BOUNDS:
            self.fields[metric_name].choices = metric_choices(kept.values(), "Choose a metric", bounds=True)  # type: ignore[attr-defined]
            if which := kept.get(getattr(instance, metric_name)):
                self.initial[value_name] = typed(getattr(instance, value_name), factor(which))
        self.fields["system"].queryset = System.objects.filter(client=client)  # type: ignore[attr-defined]
        self.fields["system"].empty_label = "All systems"  # type: ignore[attr-defined]
        self.fields["cost"].help_text = f"In {client.currency}."

    def clean(self) -> dict[str, Any]:
        """The form with its bounds in the metrics' own units."""
        cleaned = super().clean() or {}
        starts, ends = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", "It ends before it begins: write the days the other way round.")
        for name in ("goal_value", "kill_value"):
            if cleaned.get(name) is None and name not in self.errors:
                self.add_error(name, "Write it as a number.")
        if not self.errors:
            for metric_name, value_name in _BOUNDS:
                cleaned[value_name] = cleaned[value_name] / factor(self.metrics[cleaned[metric_name]])
        return cleaned


class AttemptForm(forms.Form):
    """The days of one attempt."""

    first = DayField(label="First day")
    last = DayField(label="Last day")
    note = forms.CharField(label="What was tried", max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        """Days in order, at most a year of them."""
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", "It ends before it begins: write the days the other way round.")
        elif first and last and last - first > timedelta(days=366):
            self.add_error("last", "An attempt is at most a year long: look at the years.")
        return cleaned
