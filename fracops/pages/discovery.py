"""A client's discovery: its access checklist, the plan of phases with what their attempts say, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients.local import today_at
from clients.models import (
    CHECKLIST,
    Access,
    Attempt,
    Client,
    Discovery,
    DiscoveryOutcome,
    FitCheck,
    FitOutcome,
    Phase,
    PhaseState,
)
from clients.permissions import allowed, client_or_404
from clients.writing import day_text, number_text
from monitoring.outcomes import metrics_by_key
from monitoring.phases import evaluate, rule_text
from monitoring.wording import text_of

from .discovery_form import AttemptForm, BeginForm, DecisionForm, DiscoveryForm, PhaseForm
from .lifting import money_text
from .marks import Mark

MOST = 40
"""Entries of an access checklist, phases of a plan, and attempts of a phase."""
_MARKS = {
    PhaseState.OPEN: Mark("nodata", "none", "Not evaluated"),
    PhaseState.MET: Mark("good", "good", "Met"),
    PhaseState.NOT_MET: Mark("watch", "watch", "Not met"),
    PhaseState.KILLED: Mark("off", "off", "Killed"),
    PhaseState.UNKNOWN: Mark("early", "none", "Too early"),
}


@dataclass(frozen=True)
class PhaseLine:
    """A phase in words; each attempt with what its target's and its kill criterion's metric read."""

    row: Phase
    mark: Mark
    goal: str
    kill: str
    cost: str
    attempts: Sequence[tuple[Attempt, str, str]]


@require_safe
def discovery(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """The page. Its queries do not grow with phases and attempts."""
    client, one = _found(request, slug, public_id, "see_discovery")
    return _page(request, client, one)


def _page(
    request: HttpRequest, client: Client, one: Discovery, wrong: Any = None, at: Phase | None = None
) -> HttpResponse:
    phases = list(one.phases.select_related("system").prefetch_related(Prefetch("attempts")))
    lines = phase_lines(client, phases)
    accesses = list(one.accesses.all())
    editing = allowed(request, client, "edit_discovery")
    context = {
        "client": client,
        "discovery": one,
        "said": sentence(one, phases),
        "ends": one.began_on + timedelta(weeks=one.weeks, days=-1),
        "fee": money_text(one.fee, client),
        "accesses": accesses,
        "missing": sum(access.given_on is None for access in accesses),
        "lines": [
            (line, wrong if at and line.row.pk == at.pk else AttemptForm(prefix=line.row.public_id)) for line in lines
        ],
        "draft": draft_words(client, one),
        "begin": f"{reverse('engagement-begin', args=[client.slug])}?discovery={one.public_id}",
        "may_edit": editing,
        "may_decide": allowed(request, client, "edit_engagement"),
    }
    return render(request, "pages/discovery.html", context, status=422 if wrong else 200)


def phase_lines(client: Client, phases: Sequence[Phase]) -> list[PhaseLine]:
    """Phases in words. At most one query, for the client's own metrics."""
    known = metrics_by_key(client, {key for p in phases for key in (p.goal_metric, p.kill_metric)})
    made = []
    for phase in phases:
        goal, kill = known[phase.goal_metric], known[phase.kill_metric]
        times = f"{phase.kill_attempts} attempts in a row" if phase.kill_attempts > 1 else "one attempt"
        attempts = [
            (
                attempt,
                "–" if attempt.goal_read is None else text_of(attempt.goal_read, goal.unit),
                "–" if attempt.kill_read is None else text_of(attempt.kill_read, kill.unit),
            )
            for attempt in phase.attempts.all()
        ]
        made.append(
            PhaseLine(
                phase,
                _MARKS[PhaseState(phase.state)],
                rule_text(goal, phase.goal_is, phase.goal_value),
                f"{rule_text(kill, phase.kill_is, phase.kill_value)} in {times}",
                money_text(phase.cost, client) if phase.cost is not None else "",
                attempts,
            )
        )
    return made


def sentence(one: Discovery, phases: Sequence[Phase]) -> str:
    """What of it a person should know first: a phase that is killed, else how it ended."""
    killed = [phase for phase in phases if phase.state == PhaseState.KILLED]
    if killed:
        return f"The phase “{killed[0].name}” is killed. Instead: {killed[0].fallback.rstrip('.')}."
    if one.outcome == DiscoveryOutcome.GO:
        if not any(phase.evaluated_at for phase in phases):
            return f"The discovery ended with go and a plan of {len(phases)} phase{'' if len(phases) == 1 else 's'}."
        met = sum(phase.state == PhaseState.MET for phase in phases)
        return f"The discovery ended with go; {met} of {len(phases)} phase{'' if len(phases) == 1 else 's'} met their target."
    if one.outcome:
        return f"The discovery ended without a retainer. {one.get_outcome_display()}."
    return f"The discovery asks: {one.question}"


def draft_words(client: Client, one: Discovery) -> str:
    """The draft of the retainer in words; "" where there is none."""
    if one.outcome != DiscoveryOutcome.GO or one.draft_start is None or one.draft_amount is None:
        return ""
    fee = f" for {money_text(one.draft_fee, client)} a month" if one.draft_fee is not None else ""
    plan = f"{number_text(one.draft_amount.normalize(), grouped=False)} {one.get_draft_unit_display()}"
    return f"{plan}{fee}, from {day_text(one.draft_start, year=True)}"


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin a discovery, with the usual access checklist."""
    client = client_or_404(request, slug, "edit_engagement")
    new = Discovery(client=client, began_on=today_at(client))
    check = FitCheck.objects.filter(client=client).first()
    misfit = check is not None and check.outcome == FitOutcome.NOT
    form = BeginForm(client, request.POST if request.method == "POST" else None, instance=new, misfit=misfit)
    if form.is_bound and form.is_valid() and form.store():
        Access.objects.bulk_create(Access(client=client, discovery=new, what=what) for what in CHECKLIST)
        messages.success(request, "The discovery is written down. Its access checklist asks for the usual four.")
        return redirect("discovery", client.slug, new.public_id)
    about = (
        f"The fit check of {day_text(check.answered_on, year=True)} says: {check.get_outcome_display().lower()}."
        if check
        else ""
    )
    return _form(
        request,
        client,
        form,
        title=f"A discovery with {client.name}.",
        name="New discovery",
        act="Begin it",
        about=about,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Change what was agreed for it."""
    client, one = _found(request, slug, public_id, "edit_engagement")
    form = DiscoveryForm(client, request.POST if request.method == "POST" else None, instance=one)
    if form.is_bound and form.is_valid() and form.store():
        messages.success(request, "Saved.")
        return redirect("discovery", client.slug, one.public_id)
    return _form(
        request, client, form, title="What was agreed for the discovery.", name="What was agreed", act="Save", one=one
    )


@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Say how it ended, and on go draft the retainer."""
    client, one = _found(request, slug, public_id, "edit_engagement")
    form = DecisionForm(client, today_at(client), request.POST if request.method == "POST" else None, instance=one)
    if form.is_bound and form.is_valid() and form.store():
        messages.success(request, f"The discovery ended: {one.get_outcome_display()}.")
        return redirect("discovery", client.slug, one.public_id)
    about = "About three in ten discoveries end without a retainer; saying so early is worth its fee."
    return _form(
        request,
        client,
        form,
        title="How the discovery ended.",
        name="Outcome",
        act="Keep the outcome",
        one=one,
        about=about,
    )


@require_POST
def access(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Add to the checklist, or tick off what was given."""
    client, one = _found(request, slug, public_id, "edit_discovery")
    what = " ".join(request.POST.get("what", "").split())
    if what and one.accesses.count() >= MOST:
        messages.error(request, f"The list holds {MOST} entries: take none more.")
    elif len(what) > 160:
        messages.error(request, f"“{what[:40]}…” has {len(what)} characters; 160 are the most.")
    elif what:
        Access.objects.create(client=client, discovery=one, what=what)
    elif row := one.accesses.filter(public_id=request.POST.get("access", "")).first():
        given: date | None = today_at(client) if request.POST.get("do") == "given" else None
        row.given_on = row.given_on or given if given else None
        row.save(update_fields=["given_on"])
    return redirect("discovery", client.slug, one.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def new_phase(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Add a phase to the plan, to begin where the last one ends."""
    client, one = _found(request, slug, public_id, "edit_discovery")
    last = one.phases.last()
    starts = last.ends_on + timedelta(days=1) if last else one.began_on + timedelta(weeks=one.weeks)
    phase = Phase(client=client, discovery=one, starts_on=starts, ends_on=starts + timedelta(days=20))
    form = PhaseForm(client, request.POST if request.method == "POST" else None, instance=phase)
    if form.is_bound and one.phases.count() >= MOST:
        form.add_error(None, f"The plan has {MOST} phases: change one of them instead.")
    if form.is_bound and form.is_valid() and form.store():
        messages.success(request, f"“{phase.name}” is a phase of the plan.")
        return redirect("discovery", client.slug, one.public_id)
    return _form(request, client, form, title="A phase of the plan.", name="New phase", act="Add it", one=one)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_phase(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Change a phase; what its attempts say is read anew against the changed bounds."""
    client, phase = _phase(request, slug, public_id)
    name = phase.name
    form = PhaseForm(client, request.POST if request.method == "POST" else None, instance=phase)
    if form.is_bound and form.is_valid() and form.store():
        if phase.attempts.exists():
            evaluate(client, phase, timezone.now())
        messages.success(request, "Saved.")
        return redirect("discovery", client.slug, phase.discovery.public_id)
    return _form(request, client, form, title=f"Change the phase “{name}”.", name=name, act="Save", one=phase.discovery)


@require_POST
def act(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Add an attempt to a phase, take one out, or read what they say now."""
    client, phase = _phase(request, slug, public_id)
    do = request.POST.get("do")
    if do == "remove":
        phase.attempts.filter(public_id=request.POST.get("attempt", "")).delete()
    elif do == "add":
        form = AttemptForm(request.POST, prefix=phase.public_id)
        if form.is_valid() and phase.attempts.count() >= MOST:
            form.add_error(None, f"The phase has {MOST} attempts: change the plan instead.")
        if not form.is_valid():
            return _page(request, client, phase.discovery, form, phase)
        Attempt.objects.create(client=client, phase=phase, **form.cleaned_data)
    evaluate(client, phase, timezone.now())
    messages.success(request, f"“{phase.name}”: {phase.get_state_display()}. {phase.state_why}")
    return redirect("discovery", client.slug, phase.discovery.public_id)


def _found(request: HttpRequest, slug: str, public_id: str, permission: str) -> tuple[Client, Discovery]:
    client = client_or_404(request, slug, permission)
    return client, get_object_or_404(Discovery.objects.select_related("retainer"), client=client, public_id=public_id)


def _phase(request: HttpRequest, slug: str, public_id: str) -> tuple[Client, Phase]:
    client = client_or_404(request, slug, "edit_discovery")
    return client, get_object_or_404(Phase.objects.select_related("discovery"), client=client, public_id=public_id)


def _form(
    request: HttpRequest,
    client: Client,
    form: Any,
    *,
    title: str,
    name: str,
    act: str,
    one: Discovery | None = None,
    about: str = "",
) -> HttpResponse:
    context = {
        "client": client,
        "form": form,
        "title": title,
        "name": name,
        "act": act,
        "discovery": one,
        "about": about,
    }
    return render(request, "pages/discovery_form.html", context, status=422 if form.is_bound else 200)
