"""The charter's forms: what may be typed, and what is said where it may not."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.formsets import BaseFormSet

from clients.models import Charter, System, Target
from monitoring.catalogue import Area, Better, Metric, Unit
from monitoring.wording import day_text, text_of

TYPED = {
    Unit.FRACTION: ("percent", Decimal(100)),
    Unit.MILLISECONDS: ("seconds", Decimal("0.001")),
    Unit.MONEY: ("US dollars", Decimal(1)),
    Unit.TOKENS: ("tokens", Decimal(1)),
    Unit.CHARACTERS: ("characters", Decimal(1)),
    Unit.CALLS: ("calls", Decimal(1)),
    Unit.TRACES: ("requests", Decimal(1)),
    Unit.PEOPLE: ("people", Decimal(1)),
    Unit.SESSIONS: ("conversations", Decimal(1)),
    Unit.CASES: ("cases", Decimal(1)),
    Unit.HOURS: ("hours", Decimal(1)),
    Unit.NUMBER: ("a number", Decimal(1)),
}
"""How each unit is typed, and what a stored value is multiplied by to be shown in the form."""
_BETTER = {Better.HIGHER: "higher is better", Better.LOWER: "lower is better", Better.NEITHER: "neither way is better"}
_AREAS = {Area.QUALITY: "Quality", Area.LATENCY: "Speed", Area.COST: "Cost", Area.VOLUME: "Volume"}


class TypedNumber(forms.CharField):
    """A number as a person writes it: ``72``, ``72%``, ``2.4 s``, ``$1,680``. Cleans to a Decimal in the unit typed, or None."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        bare = text.strip("$€£% \u00a0").removesuffix("s").strip().replace("−", "-")
        if "," in bare and not re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", bare):
            raise forms.ValidationError(
                f"Write decimals with a point: “{bare}” could mean two numbers. Commas are for thousands, as in 1,680."
            )
        bare = bare.replace(",", "")
        try:
            number = Decimal(bare)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise forms.ValidationError(f"“{text}” is no number. Write digits, such as 72 or 2.4.")
        if abs(number) >= Decimal(10) ** 9:
            raise forms.ValidationError("That is too large a number: check the unit.")
        return number


class ScopeForm(forms.Form):
    """The charter's own words."""

    scope = forms.CharField(
        label="Scope",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What is looked after this quarter, and what is not.",
    )
    edition = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    quarter = forms.DateField(required=False, widget=forms.HiddenInput)
    """The charter's edition, and the quarter's first day, when the form was opened."""


class TargetForm(forms.Form):
    """One target. A form left without a name, metric and goal is no target."""

    public_id = forms.CharField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(
        label="Name",
        required=False,
        max_length=120,
        help_text="As the client says it: “Chats settled without a person”.",
    )
    metric = forms.ChoiceField(label="Metric", required=False, help_text="The unit to type is in brackets.")
    system = forms.ChoiceField(label="System", required=False, help_text="Leave it for all systems.")
    model = forms.CharField(
        label="Model", required=False, max_length=120, help_text="As the traces name it; leave it empty for all."
    )
    baseline = TypedNumber(
        label="Baseline", required=False, help_text="Where it stood. Leave it empty if nothing is agreed."
    )
    baseline_source = forms.CharField(
        label="Where the baseline comes from",
        required=False,
        max_length=200,
        help_text="“1,262 chats, 2 August–30 September”.",
    )
    goal = TypedNumber(
        label="Goal", required=False, help_text="In the metric’s unit: 72 means 72% where it is a percent."
    )
    due = forms.DateField(
        label="Due",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Leave it empty for the quarter’s last day.",
    )
    owner = forms.CharField(label="Owner", required=False, max_length=120, help_text="Who answers for it.")

    def __init__(
        self, *args: Any, quarter: Charter, metrics: Sequence[Metric], systems: Sequence[System], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.quarter = quarter
        self.metrics = {m.key: m for m in metrics}
        self.fields["metric"].choices = _metric_choices(metrics)  # type: ignore[attr-defined]
        self.fields["system"].choices = [("", "All systems"), *((s.public_id, s.name) for s in systems)]  # type: ignore[attr-defined]
        self.systems = {s.public_id: s for s in systems}

    @property
    def given(self) -> bool:
        """Whether anything that makes a target was filled in."""
        return any(self.cleaned_data.get(name) not in (None, "") for name in ("name", "metric", "goal", "baseline"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("DELETE") or not (self.given or self.errors):
            return data
        for name, missing in (
            ("name", "Give the target a name."),
            ("metric", "Choose the metric it is measured by."),
            ("goal", "Write the goal as a number."),
        ):
            if data.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, missing)
        if "due" not in self.errors:
            data["due"] = data.get("due") or self.quarter.quarter_end
        if data.get("due"):
            self._check_due(data["due"])
        if which := self.metrics.get(data.get("metric") or ""):
            if which.is_outcome and (data.get("system") or data.get("model")):
                self.add_error(
                    "system" if data.get("system") else "model",
                    f"{which.name} is known for the whole company, not for a part of its AI. Leave system and model empty.",
                )
            if not {"goal", "baseline"} & self.errors.keys():
                self._check_numbers(which)
        return data

    def _check_due(self, due: date) -> None:
        """Refuse a day outside the quarter: measured against a later one, a target that is missed would look young."""
        start, end = self.quarter.quarter_start, self.quarter.quarter_end
        if due < start:
            start_text = day_text(start, year=True)
            self.add_error("due", f"That is before the quarter starts, on {start_text}. Write a day from then on.")
        elif due > end:
            self.add_error(
                "due",
                f"That is after the quarter’s last day, {day_text(end, year=True)}. Write a day up to then; a longer promise is "
                "written in next quarter’s charter.",
            )

    def _check_numbers(self, which: Metric) -> None:
        """Turn what was typed into the metric's unit, and refuse a goal that would be no progress."""
        data = self.cleaned_data
        word, factor = TYPED[which.unit]
        for name in ("goal", "baseline"):
            typed = data.get(name)
            if typed is None:
                continue
            if which.unit is Unit.FRACTION and not 0 <= typed <= 100:
                self.add_error(name, f"A percentage lies between 0 and 100; you wrote {typed}.")
            elif typed < 0 and which.unit is not Unit.NUMBER:
                self.add_error(name, f"{which.name} is typed in {word} and cannot be below zero; you wrote {typed}.")
            data[name] = typed / factor
        if {"goal", "baseline"} & self.errors.keys() or data.get("baseline") is None:
            return
        goal, baseline = text_of(data["goal"], which.unit), text_of(data["baseline"], which.unit)
        worse = data["goal"] < data["baseline"] if which.better is Better.HIGHER else data["goal"] > data["baseline"]
        if which.better is not Better.NEITHER and worse:
            self.add_error(
                "goal",
                f"For {which.noun}, {_BETTER[which.better]}: a goal of {goal} is worse than the baseline of {baseline}. "
                "Swap them, or choose another goal.",
            )
        elif data["goal"] == data["baseline"]:
            self.add_error("goal", f"The goal equals the baseline of {baseline}: there would be nothing to reach.")


# Generic for the type checker only: at run time Django's class takes no parameter.
if TYPE_CHECKING:
    _TargetForms = BaseFormSet[TargetForm]
else:
    _TargetForms = BaseFormSet


class TargetFormSet(_TargetForms):
    """The quarter's targets, each by its own name only once."""

    def add_fields(self, form: TargetForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = "Take this target away when the charter is saved"

    def clean(self) -> None:
        kept = [f for f in self.forms if hasattr(f, "cleaned_data") and not f.cleaned_data.get("DELETE") and f.given]
        names = [f.cleaned_data.get("name") for f in kept]
        for form in kept:
            name = form.cleaned_data.get("name")
            if name and names.count(name) > 1:
                form.add_error("name", f"Two targets are called “{name}”. Give each a name of its own.")

    def holds(self, targets: Sequence[Target]) -> bool:
        """Whether each of the charter's targets was sent once, and none that is not in it."""
        sent = [form.cleaned_data.get("public_id") for form in self.forms]
        return sorted(filter(None, sent)) == sorted(t.public_id for t in targets)


def _metric_choices(metrics: Sequence[Metric]) -> list[Any]:
    """Grouped by area, each with the unit it is typed in and its better direction."""
    groups: list[Any] = [("", "Choose a metric")]
    of_area = {title: [m for m in metrics if m.area is area and not m.is_outcome] for area, title in _AREAS.items()}
    for title, listed in (("Outcomes", [m for m in metrics if m.is_outcome]), *of_area.items()):
        if listed:
            groups.append((title, [(m.key, f"{m.name} ({TYPED[m.unit][0]}; {_BETTER[m.better]})") for m in listed]))
    return groups
