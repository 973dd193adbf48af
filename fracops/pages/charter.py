"""The charter page: the quarter's scope and up to five targets, shown to all members and written by the practice's managers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clients.models import Charter, Client, System, Target, quarter_start
from clients.permissions import allowed, client_or_404
from monitoring.catalogue import CATALOGUE, Area, Metric
from monitoring.outcomes import metrics_by_key, outcome_metrics
from monitoring.readings import complete_days
from monitoring.series import scored_metrics
from monitoring.wording import day_text, text_of

from .charter_form import TYPED, ScopeForm, TargetForm, TargetFormSet
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
UNFIT = (
    "What was sent does not hold each target of this charter once, so nothing is saved. Open the charter again, and write your "
    "changes there."
)


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
    named = metrics_by_key(client, (t.metric for t in targets))
    scope, formset = _forms(request, client, quarter, targets, named)
    if request.method == "POST" and scope.is_valid() and formset.is_valid():
        opened = scope.cleaned_data["quarter"]
        if opened and opened != quarter.quarter_start:
            scope.add_error(None, NEW_QUARTER.format(quarter.label))
        elif (scope.cleaned_data["edition"] or 0) == quarter.edition and not formset.holds(targets):
            scope.add_error(None, UNFIT)
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
            "rows": [
                _row(client, t, named[t.metric]) for t in targets if money or named[t.metric].area is not Area.COST
            ],
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
    request: HttpRequest, client: Client, quarter: Charter, targets: Sequence[Target], named: Mapping[str, Metric]
) -> tuple[ScopeForm, TargetFormSet]:
    metrics = _choosable(client, named)
    make: Any = forms.formset_factory(
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
        "initial": [_initial(t, named[t.metric]) for t in targets],
        "form_kwargs": {"quarter": quarter, "metrics": metrics, "systems": list(System.objects.filter(client=client))},
    }
    if request.method == "POST":
        return ScopeForm(request.POST), make(request.POST, **options)
    return ScopeForm(
        initial={"scope": quarter.scope, "edition": quarter.edition, "quarter": quarter.quarter_start}
    ), make(**options)


def _choosable(client: Client, named: Mapping[str, Metric]) -> list[Metric]:
    """The catalogue, the client's outcomes, its own scores of the last 90 days, and what its targets name already."""
    period = complete_days(90, client.zone, timezone.now())
    own = (*outcome_metrics(client), *scored_metrics(client, period), *named.values())
    return list({m.key: m for m in (*CATALOGUE.values(), *own)}.values())


def _initial(target: Target, which: Metric) -> dict[str, Any]:
    factor = TYPED[which.unit][1]
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


def _row(client: Client, target: Target, which: Metric) -> TargetRow:
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
