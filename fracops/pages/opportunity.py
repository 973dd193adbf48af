"""One opportunity: what it is, what it costs and is worth, what came of it; written, changed and moved by its practice."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients import promotion, roadmap
from clients.local import today_at
from clients.models import Client, Opportunity, Stage, Verdict
from clients.permissions import allowed, client_or_404
from clients.pricing import Rate
from clients.quickadd import words_of
from clients.writing import number_text

from .evidence import evidence_url
from .lifting import factor, money_text, one_of, size_text
from .opportunities import FORMULA, Line, read
from .opportunity_form import OpportunityForm
from .periods import USUAL


@dataclass(frozen=True)
class Worked:
    """A number with the way it is worked out, in words."""

    result: str
    formula: str


@require_safe
def opportunity(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """The page. The client's people see it without risk, evidence and hours worked."""
    client = client_or_404(request, slug, "see_roadmap")
    staff, money = allowed(request, client, "edit_roadmap"), allowed(request, client, "see_money")
    row = opportunity_or_404(client, public_id, staff=staff)
    (one,), rate = read(client, [row], today_at(client), money=money)
    worked = row.work.aggregate(sum=Sum("minutes"))["sum"] if staff else None
    context = {
        "client": client,
        "one": one,
        "row": row,
        "said": sentence(client, one),
        "cost": cost_worked(client, one, rate) if money else None,
        "value": value_worked(client, one) if money else None,
        "formula": FORMULA,
        "evidence": evidence_url(client, one.metric, USUAL, system=row.system.name if row.system else "")
        if one.metric
        else "",
        "worked": words_of(worked) if worked else "",
        "pattern": row.pattern if staff and row.pattern_id else None,
        "moves": roadmap.NEXT[Stage(row.stage)],
        "may_edit": staff,
        "may_promote": staff and row.verdict == Verdict.GREEN and row.target is None and row.stage in promotion.WAITING,
        "may_record": staff and row.shipped_on is not None,
    }
    return render(request, "pages/opportunity.html", context)


def opportunity_or_404(client: Client, public_id: str, *, staff: bool = True) -> Opportunity:
    """A client's opportunity, with the client at hand. Raises Http404 also for one that the client's people are not shown."""
    row = Opportunity.objects.of(client, staff=staff).filter(public_id=public_id).first()
    if row is None:
        raise Http404
    row.client = client
    return row


def sentence(client: Client, one: Line) -> str:
    """How it stands, the finding first."""
    row = one.row
    if row.declined:
        cost = f" It would have cost {one.would_have}." if one.would_have else ""
        return f"“{row.title}” is declined.{cost}"
    if one.came:
        return f"“{row.title}”: {one.metric.noun if one.metric else ''} {one.came}."
    if one.stalls:
        return f"“{row.title}” has stalled. {one.stalls}"
    if one.ratio and one.value:
        return f"“{row.title}” is expected to bring {one.value} in a year and costs {one.cost}."
    return f"“{row.title}” is {'an idea' if row.stage == Stage.IDEA else f'at the stage “{row.get_stage_display()}”'}."


def cost_worked(client: Client, one: Line, rate: Rate | None) -> Worked:
    """The cost with its formula."""
    row = one.row
    if one.unestimated:
        return Worked("not estimated yet", "nobody has said how many hours or how much money it takes")
    if one.standing.cost is None:
        return Worked(
            "not known", f"{_hours(row)}, and neither the engagement nor the practice says what an hour is priced at"
        )
    if row.declined and row.declined_cost is not None:
        return Worked(money_text(row.declined_cost, client), f"as of the day it was declined, for {_hours(row)}")
    hours = f"{_hours(row)} × {money_text(rate.amount, client)} ({rate.formula})" if row.hours and rate else ""
    money = money_text(row.money, client) if row.money else ""
    return Worked(one.cost, " + ".join(filter(None, (hours, money))))


def value_worked(client: Client, one: Line) -> Worked:
    """The value of a year with its formula; says what is missing where it is not known."""
    row, metric = one.row, one.metric
    if metric is None or row.lift_low is None or row.lift_high is None:
        return Worked("not known", "no metric and lift are written down")
    if row.unit_worth is None:
        return Worked("not meant in money", f"nobody said what a {one_of(metric)} of it is worth")
    middle = (row.lift_low + row.lift_high) / 2
    worth = money_text(row.unit_worth / factor(metric), client)
    return Worked(
        one.value,
        f"{row.confidence}% × {size_text(metric, middle)} × {worth} a {one_of(metric)} a month × 12 months",
    )


def _hours(row: Opportunity) -> str:
    hours: Decimal = row.hours.normalize()
    return f"{number_text(hours, grouped=False)} hour{'' if hours == 1 else 's'}"


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Write an opportunity down; with ``?pattern=`` it opens with what that pattern of the playbook says."""
    client = client_or_404(request, slug, "edit_roadmap")
    today = today_at(client)
    started = Opportunity(client=client, practice=client.practice, stage_since=today, touched_on=today)
    if pattern := client.practice.patterns.filter(public_id=request.GET.get("pattern", "")).first():
        started.pattern = pattern
        for name in ("title", "metric", "way", "lift_low", "lift_high", "hours"):
            setattr(started, name, getattr(pattern, name))
        started.problem = f"{pattern.symptom}\n\n{pattern.action}"[:4000]
    form = OpportunityForm(request.POST if request.method == "POST" else None, instance=started)
    if form.is_bound and form.is_valid() and form.store():
        messages.success(request, f"“{form.instance.title}” is on the roadmap.")
        return redirect("opportunity", client.slug, form.instance.public_id)
    return written(
        request,
        client,
        form,
        title=f"What could be done for {client.name}.",
        name="New opportunity",
        act="Put it on the roadmap",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Change what is written of it."""
    client = client_or_404(request, slug, "edit_roadmap")
    row = opportunity_or_404(client, public_id)
    title = row.title
    form = OpportunityForm(request.POST if request.method == "POST" else None, instance=row)
    if form.is_bound and form.is_valid() and form.store():
        messages.success(request, "Saved.")
        return redirect("opportunity", client.slug, row.public_id)
    return written(request, client, form, title=f"Change “{title}”.", name="Edit", act="Save", row=row)


@require_POST
def move(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Put it in another stage."""
    client = client_or_404(request, slug, "edit_roadmap")
    row = opportunity_or_404(client, public_id)
    edition = request.POST.get("edition", "")
    try:
        roadmap.move(
            row, request.POST.get("stage", ""), int(edition[:9]) if edition.isdecimal() else -1, today_at(client)
        )
    except roadmap.NotDone as told:
        messages.error(request, str(told))
    else:
        messages.success(request, f"“{row.title}” is at the stage “{row.get_stage_display()}” now.")
    if request.POST.get("back") == "board":
        return redirect("roadmap", client.slug)
    return redirect("opportunity", client.slug, row.public_id)


def written(
    request: HttpRequest,
    client: Client,
    form: Any,
    *,
    title: str,
    name: str,
    act: str,
    row: Opportunity | None = None,
    about: str = "",
) -> HttpResponse:
    """A page with one form of the roadmap; 422 where it was sent and is not right."""
    context = {"client": client, "form": form, "title": title, "name": name, "act": act, "row": row, "about": about}
    return render(request, "pages/opportunity_form.html", context, status=422 if form.is_bound else 200)
