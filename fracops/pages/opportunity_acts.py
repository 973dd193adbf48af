"""Judging an opportunity, promoting it into the next charter, and recording what came of it."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clients import promotion, roadmap
from clients.local import today_at
from clients.models import Client, Direction, Opportunity
from clients.permissions import client_or_404
from clients.pricing import rate_of
from clients.writing import neutrally, number_text
from monitoring.catalogue import Metric
from monitoring.lifts import BASELINE_DAYS, Lift, lift_since
from monitoring.outcomes import known_metric
from monitoring.readings import Reading, complete_days, needed
from monitoring.series import Slice, all_series
from monitoring.wording import noun_of, span_text

from .lifting import factor, moved_text, range_text, typed
from .opportunities import standing_of
from .opportunity import opportunity_or_404, written
from .opportunity_form import JudgeForm, PromoteForm, ResultForm


@require_http_methods(["GET", "HEAD", "POST"])
def judge(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Say green, yellow or red, and why."""
    client = client_or_404(request, slug, "edit_roadmap")
    row = opportunity_or_404(client, public_id)
    today = today_at(client)
    given = {"verdict": row.verdict, "why": row.verdict_why, "edition": row.edition}
    form = JudgeForm(request.POST if request.method == "POST" else None, initial=given)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        cost = standing_of(row, rate_of(client, today)).cost
        try:
            roadmap.judge(row, said["verdict"], said["why"], said["edition"], today, would_cost=cost)
        except roadmap.NotDone as told:
            form.add_error(None, str(told))
        else:
            messages.success(request, f"“{row.title}”: {row.get_verdict_display()}.")
            return redirect("opportunity", client.slug, row.public_id)
    about = "Green goes into the next charter, yellow waits, red is declined and kept with its reason."
    return written(
        request,
        client,
        form,
        title=f"Judge “{row.title}”.",
        name="Verdict",
        act="Keep the verdict",
        row=row,
        about=about,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def promote(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Carry it into the next quarter's draft; what was carried already is only shown."""
    client = client_or_404(request, slug, "edit_roadmap")
    row = opportunity_or_404(client, public_id)
    today = today_at(client)
    if row.target is not None or not row.metric:
        words = f"is a target of {row.target.charter.label} already" if row.target else "names no metric: name it first"
        messages.error(request, f"“{row.title}” {words}.")
        return redirect("opportunity", client.slug, row.public_id)
    which = known_metric(client, row.metric)
    now = reading_of(client, which, row)
    few = now.n < needed(which)
    base = None if few else now.value
    given = proposed(row, which, base, now)
    form = PromoteForm(which, request.POST if request.method == "POST" else None, initial=given)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        # What was proposed and left as it was is kept to its last digit, with its cases.
        kept = bool(given["baseline"]) and form["baseline"].value() == given["baseline"]
        promise = promotion.Promise(
            name=said["name"],
            goal=said["goal"],
            baseline=base if kept else said["baseline"],
            baseline_n=now.n if kept else None,
            baseline_source=said["baseline_source"],
            owner=said["owner"],
        )
        try:
            target = promotion.promote(row, promise, today)
        except roadmap.NotDone as told:
            form.add_error(None, str(told))
        else:
            messages.success(request, f"“{target.name}” is a target of {target.charter.label} now.")
            return redirect("opportunity", client.slug, row.public_id)
    quarter = promotion.next_quarter(today)
    label = f"Q{(quarter.month + 2) // 3} {quarter.year}"
    lift = range_text(which, row.way, row.lift_low, row.lift_high)
    about = f"{which.name}{f' {lift}' if lift else ''}. The problem joins the charter’s scope."
    return written(
        request,
        client,
        form,
        title=f"“{row.title}” as a target of {label}.",
        name="Into the charter",
        act="Put it into the charter",
        row=row,
        about=about,
    )


def reading_of(client: Client, which: Metric, row: Opportunity) -> Reading:
    """Where the metric stands over the last BASELINE_DAYS complete days."""
    within = Slice() if which.is_outcome else Slice(row.system_id)
    period = complete_days(BASELINE_DAYS, client.zone, timezone.now())
    return all_series(client, [which], period, within)[which.key].now


def proposed(row: Opportunity, which: Metric, base: Decimal | None, now: Reading) -> dict[str, Any]:
    """The target as its form opens: the baseline that points say, and the goal that the middle of the lift leads to."""
    goal = None
    if base is not None and row.lift_low is not None and row.lift_high is not None:
        middle = (row.lift_low + row.lift_high) / 2
        goal = base + middle if row.way == Direction.UP else max(base - middle, Decimal(0))
    by = factor(which)
    with neutrally():  # it is kept beside the number
        source = f"{number_text(now.n)} {noun_of(now.n, which.of)}, {span_text(now.period.start, now.period.last)}"
    return {
        "name": row.title,
        "owner": row.owner,
        "baseline": "" if base is None else _shown(base * by),
        "goal": "" if goal is None else _shown(goal * by),
        "baseline_source": "" if base is None else source,
    }


def _shown(value: Decimal) -> str:
    """Two places, for a person reads it; more where there would be no digit left."""
    short = value.quantize(Decimal("0.01"))
    return f"{(short or value).normalize():f}"


@require_http_methods(["GET", "HEAD", "POST"])
def result(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Record what came of it: read from points where they say it, else typed with who said so."""
    client = client_or_404(request, slug, "edit_roadmap")
    row = opportunity_or_404(client, public_id)
    if row.shipped_on is None:
        messages.error(request, f"“{row.title}” has not been in production: there is no result yet.")
        return redirect("opportunity", client.slug, row.public_id)
    which = known_metric(client, row.metric) if row.metric else None
    lift = lift_since(client, which, row.system_id, row.shipped_on, timezone.now()) if which else Lift(None)
    measured = lift.change is not None
    given = {"note": row.result_note, "edition": row.edition}
    if which and row.actual is not None and not row.actual_measured:
        given |= {"actual": typed(row.actual, factor(which)), "source": row.actual_source}
    form = ResultForm(which, request.POST if request.method == "POST" else None, measured=measured, initial=given)
    if form.is_bound and form.is_valid() and _record(row, form, lift, today_at(client)):
        messages.success(request, f"What came of “{row.title}” is kept.")
        return redirect("opportunity", client.slug, row.public_id)
    about = lift.why
    if which and lift.change is not None and lift.change.points is not None:
        about = f"Points say: {which.noun} {moved_text(which, lift.change.points)}: {lift.source}."
    return written(
        request,
        client,
        form,
        title=f"What came of “{row.title}”.",
        name="Result",
        act="Keep the result",
        row=row,
        about=about,
    )


def _record(row: Opportunity, form: ResultForm, lift: Lift, today: date) -> bool:
    said = form.cleaned_data
    measured = lift.change is not None
    actual = lift.change.points if lift.change is not None else said.get("actual")
    source = lift.source if measured else said.get("source", "")
    try:
        roadmap.record(row, said["edition"], today, actual=actual, source=source, measured=measured, note=said["note"])
    except roadmap.NotDone as told:
        form.add_error(None, str(told))
        return False
    return True
