"""The charter's workshop: scope and targets side by side, each beside its metric's last twelve weeks, saved without leaving."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from clients.charters import MOST_TARGETS
from clients.local import today_at
from clients.models import Charter, CharterStatus, System, TargetKind
from clients.permissions import client_or_404
from monitoring.catalogue import CATALOGUE, Metric
from monitoring.wording import day_text, span_text

from .charter_form import TYPED, ScopeForm, TargetForm, TargetFormSet, TypedNumber
from .charter_looks import Look, Wanted, last_weeks, looks
from .charter_parts import Quarter, quarter_of, typed_values
from .charter_proposing import propose
from .charter_saving import save
from .flagged import flagged_days
from .lifting import choosable

EXPECTED = 3
OUTDATED = (
    "Somebody else saved this charter while you were writing, or it was agreed, so yours is not saved. Open the charter in a second "
    "window to see theirs, and write your changes there."
)
UNFIT = (
    "What was sent does not hold each target of this charter once, so nothing is saved. Open the charter again, and write your "
    "changes there."
)


@require_http_methods(["GET", "HEAD", "POST"])
def workshop(request: HttpRequest, slug: str, quarter: str) -> HttpResponse:
    """The page, with ``?propose`` opened with a draft from the data. A POST saves the charter whole or not at all; with ``do`` it only
    looks at the data, takes a baseline over, or proposes what is still empty."""
    client = client_or_404(request, slug, "edit_charter")
    asked = quarter_of(client, quarter)
    if asked.newest and asked.newest.status is CharterStatus.CLOSED:
        messages.error(request, f"{asked.newest.label} is closed: what came of it stands, and nothing is added.")
        return redirect("charter-quarter", client.slug, asked.key)
    named = [target.metric for target in asked.newest.targets.all()] if asked.newest else []
    metrics, systems = choosable(client, *named), list(System.objects.filter(client=client))
    do = request.POST.get("do", "save") if request.method == "POST" else "open"
    if do == "save":
        scope, formset = _bound(request, asked, metrics, systems)
        if scope.is_valid() & formset.is_valid():
            saved = _saved(request, asked, scope, formset)
            if saved:
                return redirect("charter-write", client.slug, asked.key)
        return _page(request, asked, scope, formset, metrics, systems, wrong=True)
    if do == "open":
        take = "propose" if "propose" in request.GET else ""
        return _page(request, asked, *_opened(asked, metrics, systems), metrics, systems, take=take)
    scope, formset = _looked(request, asked, metrics, systems)
    return _page(request, asked, scope, formset, metrics, systems, take=do)


def _saved(request: HttpRequest, asked: Quarter, scope: ScopeForm, formset: TargetFormSet) -> bool:
    typed = scope.cleaned_data
    newest = asked.newest
    now = (newest.version, newest.edition) if newest else (0, 0)
    there = list(newest.targets.all()) if newest else []
    if ((typed["version"] or 0), (typed["edition"] or 0)) == now and not formset.holds(there):
        scope.add_error(None, UNFIT)
        return False
    saved = save(asked, typed, [f for f in formset.forms if f.cleaned_data])
    if saved is None:
        scope.add_error(None, OUTDATED)
        return False
    messages.success(request, f"The charter for {saved.label} is saved{_as_draft(saved)}.")
    return True


def _as_draft(saved: Charter) -> str:
    return f" as a draft of version {saved.version}" if saved.version > 1 else ""


def _page(
    request: HttpRequest,
    asked: Quarter,
    scope: ScopeForm,
    formset: TargetFormSet,
    metrics: Sequence[Metric],
    systems: Sequence[System],
    *,
    wrong: bool = False,
    take: str = "",
) -> HttpResponse:
    client, charter = asked.client, asked.newest or asked.blank
    proposed = propose(client, scope, formset, metrics, systems) if take == "propose" else ""
    weeks = last_weeks(client, today_at(client))
    wanted = _wanted(formset, metrics, systems)
    flagged = flagged_days(request, client, weeks) if wanted else ()
    beside = looks(client, wanted, weeks, flagged)
    if take.startswith("take-"):
        _take_over(formset, beside, take.removeprefix("take-"))
    context = {
        "client": client,
        "quarter": charter,
        "key": asked.key,
        "span": span_text(charter.quarter_start, charter.quarter_end),
        "ends": day_text(charter.quarter_end, year=True),
        "scope": scope,
        "formset": formset,
        "targets": [(form, beside.get(place)) for place, form in enumerate(formset.forms)],
        "flags": flagged,
        "wrong": wrong,
        "marked": wrong and any(form.errors.keys() - {"__all__"} for form in (scope, *formset.forms)),
        "looked": bool(take) and not proposed,
        "proposed": proposed,
        "expected": EXPECTED,
        "systems": systems,
    }
    return render(request, "pages/charter_workshop.html", context, status=422 if wrong else 200)


def _formset(asked: Quarter, metrics: Sequence[Metric], systems: Sequence[System], initial: Any, extra: int) -> Any:
    made: Any = forms.formset_factory(
        TargetForm,
        formset=TargetFormSet,
        extra=extra,
        max_num=MOST_TARGETS,
        absolute_max=MOST_TARGETS,
        validate_max=True,
        can_delete=True,
    )
    kwargs = {"quarter": asked.blank, "metrics": metrics, "systems": systems}
    return lambda data=None: made(data, prefix="t", initial=initial, form_kwargs=kwargs)


def _opened(asked: Quarter, metrics: Sequence[Metric], systems: Sequence[System]) -> tuple[ScopeForm, TargetFormSet]:
    """The forms as the newest version has them: three targets to begin with, and room for one more up to five."""
    charter = asked.newest
    targets = list(charter.targets.all()) if charter else []
    by_key = {m.key: m for m in metrics}
    extra = max(EXPECTED, min(MOST_TARGETS, len(targets) + 1)) - len(targets)
    scope = ScopeForm(
        initial={
            "scope": charter.scope if charter else "",
            "version": charter.version if charter else 0,
            "edition": charter.edition if charter else 0,
        }
    )
    return scope, _formset(asked, metrics, systems, [typed_values(t, by_key[t.metric]) for t in targets], extra)()


def _bound(
    request: HttpRequest, asked: Quarter, metrics: Sequence[Metric], systems: Sequence[System]
) -> tuple[ScopeForm, TargetFormSet]:
    own = [m for m in metrics if m.key not in CATALOGUE]
    return ScopeForm(request.POST, metrics=own), _formset(asked, metrics, systems, None, 0)(request.POST)


def _looked(
    request: HttpRequest, asked: Quarter, metrics: Sequence[Metric], systems: Sequence[System]
) -> tuple[ScopeForm, TargetFormSet]:
    """The forms with what was typed, neither judged nor saved."""
    _, sent = _bound(request, asked, metrics, systems)
    names = TargetForm.base_fields
    initial = [{name: form[name].value() for name in names} for form in sent.forms]
    typed = ScopeForm(request.POST)
    scope = ScopeForm(initial={name: typed[name].value() for name in ScopeForm.base_fields})
    return scope, _formset(asked, metrics, systems, initial, 0)()


def _take_over(formset: TargetFormSet, beside: Mapping[int, Look], place: str) -> None:
    """Put a proposed baseline into its form, with where it comes from."""
    look = beside.get(int(place)) if place.isdecimal() and len(place) < 3 else None
    if look and look.typed:
        formset.forms[int(place)].initial.update(
            {
                "baseline": look.typed,
                "baseline_source": look.proposal.source,
                "taken": look.taken,
            }
        )


def _wanted(formset: TargetFormSet, metrics: Sequence[Metric], systems: Sequence[System]) -> dict[int, Wanted]:
    """What the forms say so far of the metrics they are about."""
    by_key, by_id = {m.key: m for m in metrics}, {s.public_id: s for s in systems}
    found = {}
    for place, form in enumerate(formset.forms):
        which = by_key.get(str(_value(form, "metric") or ""))
        model = str(_value(form, "model") or "")
        if which is None or "\0" in model:
            continue
        system = None if which.is_outcome else by_id.get(str(_value(form, "system") or ""))
        level = _value(form, "kind") not in {TargetKind.CHANGE, TargetKind.CHANGE_SHARE}
        found[place] = Wanted(
            name=str(_value(form, "name") or ""),
            metric=which,
            system=system,
            model="" if which.is_outcome else model,
            goal=_number(_value(form, "goal"), which) if level else None,
            baseline=_number(_value(form, "baseline"), which),
        )
    return found


def _value(form: TargetForm, name: str) -> Any:
    """What a form holds. An unbound one is not asked by its field, which would keep the value whatever is taken over later."""
    return form[name].value() if form.is_bound else form.initial.get(name)


def _number(typed: Any, which: Metric) -> Any:
    """A number typed so far, in the metric's unit; None where it is none."""
    try:
        number = TypedNumber(required=False).clean(str(typed or ""))
    except ValidationError:
        return None
    return None if number is None else number / TYPED[which.unit][1]
