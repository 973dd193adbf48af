"""The charter's forms: what may be typed, and what is said where it may not."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.formsets import BaseFormSet

from clients.charters import LONGEST_SCOPE, MOST_LINES, fits
from clients.models import Charter, System, Target, TargetKind
from clients.writing import day_text, in_force
from monitoring.catalogue import Area, Better, Metric, Unit
from monitoring.measurable import EXAMPLE, can_be_measured
from monitoring.wording import text_of

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
KINDS = {
    TargetKind.REACH: "Reach a level",
    TargetKind.ABOVE: "Stay at or above a level",
    TargetKind.BELOW: "Stay at or below a level",
    TargetKind.CHANGE: "Get better by an amount",
    TargetKind.CHANGE_SHARE: "Get better by a percentage",
}
_TOO_LARGE = Decimal(10) ** 12
"""In the metric's own unit: as many digits as are kept."""
_CHANGES = {TargetKind.CHANGE, TargetKind.CHANGE_SHARE}
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
        if "," in bare and "." not in bare and in_force().decimal == ",":
            raise forms.ValidationError(
                f"“{bare}” could mean two numbers: your pages write decimals with a comma, and here they are typed with a point. Write "
                f"{bare.replace(',', '.', 1)} or {bare.replace(',', '')}."
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
        max_length=LONGEST_SCOPE,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="What is looked after this quarter, what is not, and how one would measure it. It fits on the page with the targets: "
        f"at most {LONGEST_SCOPE:,} characters on {MOST_LINES} lines.",
    )
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    edition = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    """The charter's version, and how often that was saved, when the form was opened."""

    def __init__(self, *args: Any, metrics: Sequence[Metric] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.metrics = metrics

    def clean_scope(self) -> str:
        """A scope that fits the page and names something to measure."""
        scope = "\n".join(str(self.cleaned_data["scope"]).splitlines())
        if not fits(scope):
            raise forms.ValidationError(
                f"That is {scope.count(chr(10)) + 1} lines; the charter’s page holds {MOST_LINES}. Join or drop some."
            )
        if not can_be_measured(scope, self.metrics):
            raise forms.ValidationError(EXAMPLE)
        return scope


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
    kind = forms.ChoiceField(
        label="Promise", required=False, choices=list(KINDS.items()), help_text="What the metric shall do."
    )
    baseline = TypedNumber(
        label="Baseline", required=False, help_text="Where it stood. Leave it empty if nothing is agreed."
    )
    baseline_source = forms.CharField(
        label="Where the baseline comes from",
        required=False,
        max_length=200,
        help_text="Who said so, or which cases: “1,262 chats, 2 August–30 September”.",
    )
    goal = TypedNumber(
        label="Goal",
        required=False,
        help_text="In the metric’s unit: 72 means 72% where it is a percent. To get better by something, write by how much.",
    )
    taken = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    """Of a baseline that was taken over, its cases and how it was typed: ``1262:62``. Typed over, it has no cases any more."""
    rule = forms.CharField(required=False, max_length=400, widget=forms.HiddenInput)
    """Of a proposed target, the rule behind its goal: shown while it is written, and not part of what is agreed."""
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
        data["kind"], data["change"] = data.get("kind") or TargetKind.REACH, None
        cases, _, typed = str(data.get("taken") or "").partition(":")
        same = typed == str(self["baseline"].value() or "").strip() and cases.isdecimal() and len(cases) < 10
        data["baseline_n"] = int(cases) if same else None
        if data.get("baseline") is not None and not data.get("baseline_source"):
            self.add_error(
                "baseline_source", "Say where the baseline comes from: who said so, or which cases, and of which days."
            )
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
        data, kind = self.cleaned_data, TargetKind(self.cleaned_data["kind"])
        word, factor = TYPED[which.unit]
        levels = ("baseline",) if kind in _CHANGES else ("goal", "baseline")
        for name in levels:
            typed = data.get(name)
            if typed is None:
                continue
            if which.unit is Unit.FRACTION and not 0 <= typed <= 100:
                self.add_error(name, f"A percentage lies between 0 and 100; you wrote {typed}.")
            elif typed < 0 and which.unit is not Unit.NUMBER:
                self.add_error(name, f"{which.name} is typed in {word} and cannot be below zero; you wrote {typed}.")
            data[name] = typed / factor
        if {"goal", "baseline"} & self.errors.keys() or data.get("goal") is None:
            return
        if kind in _CHANGES:
            self._check_change(which, kind, factor)
        elif kind in {TargetKind.ABOVE, TargetKind.BELOW}:
            self._check_side(which, kind)
        elif data.get("baseline") is not None:
            self._check_progress(which, data["goal"], data["baseline"])

    def _check_change(self, which: Metric, kind: TargetKind, factor: Decimal) -> None:
        """Work out what a change comes to from the baseline, in the metric's good direction."""
        data = self.cleaned_data
        baseline, typed = data.get("baseline"), data["goal"]
        if baseline is None:
            self.add_error("baseline", "To get better by something there has to be a baseline to start from.")
            return
        change = typed / 100 if kind is TargetKind.CHANGE_SHARE else typed / factor
        if which.better is Better.LOWER:
            change = abs(change)  # “−300 ms” and “300 ms” both mean a cut
        step = baseline * change if kind is TargetKind.CHANGE_SHARE else change
        goal = baseline - step if which.better is Better.LOWER else baseline + step
        if (which.unit is Unit.FRACTION and not 0 <= goal <= 1) or (goal < 0 and which.unit is not Unit.NUMBER):
            start, end = text_of(baseline, which.unit), text_of(goal, which.unit)
            self.add_error("goal", f"From {start} that comes to {end}, which there is not. Write a smaller amount.")
            return
        if abs(goal) >= _TOO_LARGE:
            self.add_error(
                "goal", f"From {text_of(baseline, which.unit)} that comes to too large a number: check both."
            )
            return
        self._check_progress(which, goal, baseline)
        data["goal"], data["change"] = goal, change

    def _check_side(self, which: Metric, kind: TargetKind) -> None:
        """Refuse to hold a level on the side that is worse."""
        wrong = {Better.HIGHER: TargetKind.BELOW, Better.LOWER: TargetKind.ABOVE}.get(which.better)
        if kind is wrong:
            instead = KINDS[TargetKind.ABOVE if kind is TargetKind.BELOW else TargetKind.BELOW]
            self.add_error(
                "kind",
                f"For {which.noun}, {_BETTER[which.better]}: this would promise that it stays bad. Choose “{instead}”.",
            )

    def _check_progress(self, which: Metric, goal: Decimal, baseline: Decimal) -> None:
        goal_text, baseline_text = text_of(goal, which.unit), text_of(baseline, which.unit)
        worse = goal < baseline if which.better is Better.HIGHER else goal > baseline
        if which.better is not Better.NEITHER and worse:
            self.add_error(
                "goal",
                f"For {which.noun}, {_BETTER[which.better]}: a goal of {goal_text} is worse than the baseline of {baseline_text}. "
                "Swap them, or choose another goal.",
            )
        elif goal == baseline:
            self.add_error("goal", f"The goal equals the baseline of {baseline_text}: there would be nothing to reach.")


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
