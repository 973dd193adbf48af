"""A client's roadmap: opportunities by stage, the most valuable per cost first, and the same as a list with filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clients.local import today_at
from clients.models import Client, Opportunity, Stage, Verdict
from clients.paging import MOST_PAGES, stretch, turns
from clients.permissions import allowed, client_or_404
from clients.roadmap import NEXT, went_quiet_by

from .lifting import money_text
from .opportunities import FORMULA, MOST, Line, read

A_COLUMN = 20
"""Opportunities that a column of the board holds; the list has the others."""
DECLINED = 10
A_PAGE = 50
NEVER = "none"
"""In the address: what nobody judged yet."""


@dataclass(frozen=True)
class Column:
    """A stage of the board: its first opportunities, each with the stages it can go to, and how many there are."""

    stage: Stage
    lines: Sequence[tuple[Line, Sequence[Stage]]]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.lines)


class FilterForm(forms.Form):
    """Which opportunities; all of it in the address. What cannot be understood counts as not asked."""

    words = forms.CharField(required=False, max_length=120, label="Words")
    stage = forms.ChoiceField(required=False, label="Stage", choices=[("", "All"), *Stage.choices])
    verdict = forms.ChoiceField(
        required=False,
        label="Verdict",
        choices=[("", "All"), *((v or NEVER, label) for v, label in Verdict.choices)],
    )
    owner = forms.CharField(required=False, max_length=120, label="Owner")
    due = forms.ChoiceField(
        required=False,
        label="Attention",
        choices=[("", "All"), ("stalled", "Stalled pilots"), ("late", "Review is due")],
    )
    page = forms.IntegerField(required=False, min_value=1, max_value=MOST_PAGES, widget=forms.HiddenInput)


@require_safe
def board(request: HttpRequest, slug: str) -> HttpResponse:
    """Four columns by stage; declined ones below, each with the reason."""
    client = client_or_404(request, slug, "see_roadmap")
    staff, money = allowed(request, client, "edit_roadmap"), allowed(request, client, "see_money")
    today = today_at(client)
    rows = Opportunity.objects.of(client, staff=staff)[:MOST]
    lines, rate = read(client, rows, today, money=money)
    declined = [one for one in lines if one.row.declined]
    open_lines = [one for one in lines if not one.row.declined]
    context = {
        "client": client,
        "said": sentence(client, open_lines),
        "columns": [_column(stage, open_lines) for stage in Stage],
        "stalled": [one for one in open_lines if one.stalls],
        "declined": sorted(declined, key=lambda one: str(one.row.verdict_on), reverse=True)[:DECLINED],
        "spared": spared(client, declined) if money else "",
        "any": bool(lines),
        "money": money,
        "rate": rate,
        "formula": FORMULA,
        "may_edit": staff,
    }
    return render(request, "pages/roadmap.html", context)


def sentence(client: Client, lines: Sequence[Line]) -> str:
    """What a person should know first: a pilot that stalls, else what is worth most."""
    stalls = [one for one in lines if one.stalls]
    if len(stalls) > 1:
        return f"{len(stalls)} pilots of {client.name} have stalled."
    if stalls:
        return f"The pilot “{stalls[0].row.title}” has stalled. {stalls[0].stalls}"
    waiting = [one for one in lines if one.row.stage in (Stage.IDEA, Stage.PILOT)]
    best = next((one for one in waiting if one.ratio), None)
    if best:
        return f"“{best.row.title}” is worth most for its cost: {best.value} a year for {best.cost}."
    if lines:
        return f"{len(lines)} opportunit{'y is' if len(lines) == 1 else 'ies are'} on the roadmap of {client.name}."
    return f"Nothing is on the roadmap of {client.name} yet."


def spared(client: Client, declined: Sequence[Line]) -> str:
    """What all declined ones would have cost; "" where nobody knew."""
    known = [one.row.declined_cost for one in declined if one.row.declined_cost is not None]
    return money_text(sum(known), client) if known else ""  # type: ignore[arg-type]


def _column(stage: Stage, lines: Sequence[Line]) -> Column:
    own = [one for one in lines if one.row.stage == stage]
    return Column(stage, [(one, NEXT[stage]) for one in own[:A_COLUMN]], len(own))


@require_safe
def listed(request: HttpRequest, slug: str) -> HttpResponse:
    """The list, fifty a page, filtered by the address."""
    client = client_or_404(request, slug, "see_roadmap")
    staff, money = allowed(request, client, "edit_roadmap"), allowed(request, client, "see_money")
    form = FilterForm(request.GET)
    form.full_clean()
    asked = form.cleaned_data
    page = asked.get("page") or 1
    lines, rate = read(client, _found(client, asked, staff=staff)[:MOST], today_at(client), money=money)
    shown = lines[stretch(page, A_PAGE)]
    context = {
        "client": client,
        "form": form,
        "lines": shown[:A_PAGE],
        "count": len(lines),
        **turns(shown, page, A_PAGE, {name: value for name, value in asked.items() if value and name != "page"}),
        "money": money,
        "rate": rate,
        "formula": FORMULA,
        "may_edit": staff,
    }
    return render(request, "pages/roadmap_list.html", context)


def _found(client: Client, asked: dict[str, Any], *, staff: bool) -> "QuerySet[Opportunity]":
    today = today_at(client)
    conditions = Q()
    if asked.get("stage"):
        conditions &= Q(stage=asked["stage"])
    if asked.get("verdict"):
        conditions &= Q(verdict="" if asked["verdict"] == NEVER else asked["verdict"])
    if asked.get("owner"):
        conditions &= Q(owner__icontains=asked["owner"])
    if words := asked.get("words"):
        # The client's people search only what they can read.
        told = Q(title__icontains=words) | Q(visible_note__icontains=words)
        conditions &= told | (Q(problem__icontains=words) if staff else Q(visible_note="", problem__icontains=words))
    if asked.get("due") == "late":
        conditions &= Q(review_on__lt=today)
    if asked.get("due") == "stalled":
        quiet = Q(review_on__lt=today) | Q(touched_on__lte=went_quiet_by(today, client.practice.pilot_quiet_days))
        conditions &= Q(stage=Stage.PILOT) & ~Q(verdict=Verdict.RED) & quiet
    return Opportunity.objects.of(client, staff=staff).filter(conditions)
