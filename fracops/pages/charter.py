"""The charter page: the quarter's scope and up to five targets, shown to all members and written by the practice's managers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.db import transaction
from django.forms.formsets import BaseFormSet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clients.models import Charter, Client, System, Target, quarter_start
from clients.permissions import allowed, client_or_404
from monitoring.catalogue import CATALOGUE, Area, Better, Metric, Unit, metric
from monitoring.readings import complete_days
from monitoring.series import scored_metrics
from monitoring.wording import day_text, text_of

from .evidence import evidence_url
from .periods import USUAL

MOST, EXPECTED = 5, 3
OUTDATED = (
    "Somebody else saved this charter while you were writing, so yours is not saved. Open the charter in a second window to see "
    "theirs, and write your changes there."
)
NEW_QUARTER = (
    "This form was opened in the quarter before; {} has begun, so nothing is saved. Open the charter in a second window, and write "
    "there what shall hold in the new quarter."
)
_TYPED = {
    Unit.FRACTION: ("percent", Decimal(100)),
    Unit.MILLISECONDS: ("seconds", Decimal("0.001")),
    Unit.MONEY: ("US dollars", Decimal(1)),
    Unit.TOKENS: ("tokens", Decimal(1)),
    Unit.CALLS: ("calls", Decimal(1)),
    Unit.TRACES: ("requests", Decimal(1)),
    Unit.PEOPLE: ("people", Decimal(1)),
    Unit.SESSIONS: ("conversations", Decimal(1)),
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
        if data.get("due") and data["due"] < self.quarter.quarter_start:
            start = day_text(self.quarter.quarter_start, year=True)
            self.add_error("due", f"That is before the quarter starts, on {start}. Write a day from then on.")
        if data.get("metric") and not {"goal", "baseline"} & self.errors.keys():
            self._check_numbers(metric(data["metric"]))
        return data

    def _check_numbers(self, which: Metric) -> None:
        """Turn what was typed into the metric's unit, and refuse a goal that would be no progress."""
        data = self.cleaned_data
        word, factor = _TYPED[which.unit]
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


@dataclass(frozen=True)
class TargetRow:
    """A target as the page shows it to those who only read."""

    name: str
    metric: str
    url: str
    of_what: str
    baseline: str
    source: str
    goal: str
    due: str
    owner: str


@require_http_methods(["GET", "HEAD", "POST"])
def charter(request: HttpRequest, slug: str) -> HttpResponse:
    """The page; a POST saves it whole or not at all."""
    client = client_or_404(request, slug, "edit_charter" if request.method == "POST" else "view")
    now = timezone.now()
    today = now.astimezone(ZoneInfo(client.zone)).date()
    kept = Charter.objects.current(client, today)
    quarter = kept or Charter(client=client, quarter_start=quarter_start(today))
    targets = list(kept.targets.all()) if kept else []
    money = allowed(request, client, "see_money")
    scope, formset = _forms(request, client, quarter, targets)
    if request.method == "POST" and scope.is_valid() and formset.is_valid():
        opened = scope.cleaned_data["quarter"]
        if opened and opened != quarter.quarter_start:
            scope.add_error(None, NEW_QUARTER.format(quarter.label))
        elif save(quarter, scope.cleaned_data, [f for f in formset.forms if f.cleaned_data], targets):
            messages.success(request, f"The charter for {quarter.label} is saved.")
            return redirect("charter", client.slug)
        else:
            scope.add_error(None, OUTDATED)
    wrong = request.method == "POST"
    return render(
        request,
        "pages/charter.html",
        {
            "client": client,
            "quarter": quarter,
            "ends": day_text(quarter.quarter_end, year=True),
            "rows": [_row(client, t) for t in targets if money or _metric_of(t).area is not Area.COST],
            "scope": scope,
            "formset": formset,
            "wrong": wrong,
            "expected": EXPECTED,
            "may_edit": allowed(request, client, "edit_charter"),
        },
        status=422 if wrong else 200,
    )


def save(
    quarter: Charter, typed: Mapping[str, Any], forms_given: Sequence[TargetForm], before: Sequence[Target]
) -> bool:
    """Write the charter: kept targets keep their id and so their history, others are added or taken away.

    False, with nothing written, when somebody else saved it since the form was opened.
    """
    known = {t.public_id: t for t in before}
    edition = typed["edition"] or 0
    with transaction.atomic():
        if not edition:
            quarter, _ = Charter.objects.get_or_create(client=quarter.client, quarter_start=quarter.quarter_start)
        of_form = Charter.objects.filter(pk=quarter.pk, edition=edition)
        if not of_form.update(scope=typed["scope"], edition=edition + 1):
            return False
        for position, form in enumerate(forms_given):
            data = form.cleaned_data
            target = known.get(data["public_id"])
            if data.get("DELETE") or not form.given:
                if target:
                    target.delete()
                continue
            target = target or Target(client=quarter.client, charter=quarter)
            target.position = position
            for field in ("name", "metric", "model", "baseline", "baseline_source", "goal", "due", "owner"):
                setattr(target, field, data[field])
            target.system = form.systems.get(data["system"])
            target.save()
    return True


def _forms(
    request: HttpRequest, client: Client, quarter: Charter, targets: Sequence[Target]
) -> tuple[ScopeForm, _TargetForms]:
    metrics = _choosable(client, targets)
    make = forms.formset_factory(
        TargetForm,
        formset=TargetFormSet,
        extra=max(0, max(EXPECTED, len(targets) + 1) - len(targets)) if len(targets) < MOST else 0,
        max_num=MOST,
        absolute_max=MOST,
        validate_max=True,
        can_delete=True,
    )
    options: dict[str, Any] = {
        "prefix": "t",
        "initial": [_initial(t) for t in targets],
        "form_kwargs": {"quarter": quarter, "metrics": metrics, "systems": list(System.objects.filter(client=client))},
    }
    if request.method == "POST":
        return ScopeForm(request.POST), make(request.POST, **options)
    return ScopeForm(
        initial={"scope": quarter.scope, "edition": quarter.edition, "quarter": quarter.quarter_start}
    ), make(**options)


def _choosable(client: Client, targets: Sequence[Target]) -> list[Metric]:
    """The catalogue, the client's own scores of the last 90 days, and what its targets name already."""
    period = complete_days(90, client.zone, timezone.now())
    found = {
        m.key: m for m in (*CATALOGUE.values(), *scored_metrics(client, period), *(_metric_of(t) for t in targets))
    }
    return list(found.values())


def _metric_choices(metrics: Sequence[Metric]) -> list[Any]:
    """Grouped by area, each with the unit it is typed in and its better direction."""
    groups: list[Any] = [("", "Choose a metric")]
    for area, title in _AREAS.items():
        choices = [(m.key, f"{m.name} ({_TYPED[m.unit][0]}; {_BETTER[m.better]})") for m in metrics if m.area is area]
        groups.append((title, choices))
    return groups


def _initial(target: Target) -> dict[str, Any]:
    factor = _TYPED[_metric_of(target).unit][1]
    return {
        "public_id": target.public_id,
        "name": target.name,
        "metric": target.metric,
        "model": target.model,
        "system": target.system.public_id if target.system else "",
        "baseline": _typed(target.baseline, factor),
        "baseline_source": target.baseline_source,
        "goal": _typed(target.goal, factor),
        "due": target.due,
        "owner": target.owner,
    }


def _typed(value: Decimal | None, factor: Decimal) -> str:
    """A stored number the way it is typed, without trailing zeros."""
    return "" if value is None else f"{(value * factor).normalize():f}"


def _metric_of(target: Target) -> Metric:
    return metric(target.metric)


def _row(client: Client, target: Target) -> TargetRow:
    which = _metric_of(target)
    due: date = target.due
    return TargetRow(
        name=target.name,
        metric=which.name,
        url=evidence_url(client, which, USUAL, model=target.model, system=target.system.name if target.system else ""),
        of_what=", ".join(filter(None, (target.system.name if target.system else "", target.model))),
        baseline="no baseline" if target.baseline is None else text_of(target.baseline, which.unit),
        source=target.baseline_source,
        goal=text_of(target.goal, which.unit),
        due=day_text(due, year=True),
        owner=target.owner,
    )
