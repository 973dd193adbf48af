"""The portfolio: what needs a person now, then every client with its health, worst first, filtered by what stands in the address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clients.models import Practice, SavedView
from clients.paging import AskedForm, stretch, turns
from clients.permissions import acting_person, allowed, listed
from clients.quickadd import words_of
from monitoring.catalogue import Unit
from monitoring.provenance import Provenance, weakest
from monitoring.targets import Status
from monitoring.wording import text_of

from . import first_steps
from .health import Condition, Health, condition_of
from .many import Facts, facts_of, leads
from .needs import MOST, needs_of, said
from .portfolio_rows import row_of

ME = "me"
A_PAGE = 75
"""Clients, which is everybody in all but the largest practices."""
SORTS = (("", "Worst first"), ("name", "Name"), ("lead", "Lead"), ("hours", "Hours used"), ("spend", "AI spend"))
WELL = (Status.ON_TRACK, Status.MET)


class FilterForm(AskedForm):
    """Which clients, in which order; all of it in the address. What cannot be understood counts as not asked."""

    words = forms.CharField(required=False, max_length=80, label="Words")
    lead = forms.ChoiceField(required=False, label="Lead")
    health = forms.ChoiceField(
        required=False, label="Health", choices=[("", "All"), *((h.value, h.mark.word) for h in Health)]
    )
    sort = forms.ChoiceField(required=False, label="Order", choices=SORTS)

    def __init__(self, asked: Mapping[str, Any], known: Sequence[tuple[str, str]]) -> None:
        super().__init__(asked)
        field = self.fields["lead"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - tells the type checker what stands above
        field.choices = [("", "Everyone"), (ME, "Me"), *known]


class SaveForm(forms.Form):
    """A name for what is asked."""

    name = forms.CharField(max_length=60, label="Name of this view")


@dataclass(frozen=True)
class Figure:
    """One of the numbers across the top: what it counts, the number with its underline, and a line under it."""

    name: str
    value: str
    under: str
    provenance: str | None = None


def portfolio(request: HttpRequest, save: SaveForm | None = None) -> HttpResponse:
    """The page. `save` is what was posted to keep a view and could not be kept: it is shown again with why."""
    now, person = timezone.now(), acting_person(request)
    mine = [client for client in listed(request) if allowed(request, client, "edit_record")]
    facts = facts_of(mine, now)
    conditions = {one.client.pk: condition_of(one, now) for one in facts}
    form = FilterForm(request.POST if save else request.GET, leads(mine))
    asked = form.asked()
    page = form.cleaned_data.get("page") or 1
    fitting = [one for one in facts if _fits(one, conditions[one.client.pk], asked, person.public_id)]
    ordered = sorted(fitting, key=lambda one: _order(one, conditions[one.client.pk], asked.get("sort", "")))
    shown = ordered[stretch(page, A_PAGE)]
    needs = needs_of(facts, person)
    firms = list(Practice.objects.order_by("name"))
    context = {
        "sentence": said(needs, len(mine)),
        "needs": needs[:MOST],
        "waiting": len(needs),
        "figures": figures(facts, conditions) if facts else [],
        "rows": [row_of(one, conditions[one.client.pk], person.zone) for one in shown[:A_PAGE]],
        **turns(shown, page, A_PAGE, asked),
        "shapes": [health.mark.shape for health in Health],
        "count": len(mine),
        "form": form,
        "asked": asked,
        "views": views_of(request, asked),
        "save": save or SaveForm(),
        "others": [client for client in listed(request) if client.pk not in conditions],
        "adds_to": [firm for firm in firms if allowed(request, firm, "add_client")],
        "begun": first_steps.mine(request, firms),
        "read": max((one.glance.read_at for one in facts if one.glance), default=None),
        "zone": person.zone,
    }
    return render(request, "pages/portfolio.html", context, status=422 if save else 200)


def views_of(request: HttpRequest, asked: Mapping[str, str]) -> list[tuple[SavedView, bool]]:
    """The person's own views, each with whether it is what the page shows."""
    rows = SavedView.objects.filter(person=acting_person(request))
    return [(view, view.query == urlencode(asked)) for view in rows]


def figures(facts: Sequence[Facts], conditions: Mapping[int, Condition]) -> list[Figure]:
    """Clients, targets, hours and spend over all of them; a number stands only where something is behind it."""
    told = [Status(target["status"]) for one in facts if one.glance for target in one.glance.targets]
    off = sum(conditions[one.client.pk].health is Health.OFF for one in facts)
    found = [Figure("Clients", str(len(facts)), f"{off} off track")]
    if told:
        well = sum(status in WELL for status in told)
        parts = (f"{told.count(Status.WATCH)} to watch", f"{told.count(Status.OFF_TRACK)} off track")
        found.append(Figure("Targets on track", f"{well} of {len(told)}", ", ".join(parts)))
    if hours := hours_of(facts):
        found.append(hours)
    spent = [one.glance for one in facts if one.glance and one.glance.spent is not None]
    if spent:
        total = sum((glance.spent or Decimal(0) for glance in spent), Decimal(0))
        known = weakest(Provenance(glance.spent_known) for glance in spent)
        under = f"at {len(spent)} client{'' if len(spent) == 1 else 's'}, complete days"
        found.append(Figure("AI spend this month", text_of(total, Unit.MONEY), under, known.mark))
    return found


def hours_of(facts: Sequence[Facts]) -> Figure | None:
    """The month's hours of every plan, and what was worked outside of any."""
    burns = [one.burn for one in facts if one.burn and one.burn.available]
    outside = sum(one.unplanned for one in facts)
    if not burns:
        return Figure("Hours this month", words_of(outside), "outside any plan") if outside else None
    worked, available = sum(b.worked for b in burns), sum(b.available for b in burns)
    left = available - worked
    under = f"{words_of(left)} left to use" if left >= 0 else f"{words_of(-left)} over"
    more = f"; +{words_of(outside)} outside any plan" if outside else ""
    return Figure("Hours this month", words_of(worked), f"of {words_of(available)}, {under}{more}")


def _fits(one: Facts, condition: Condition, asked: Mapping[str, str], me: str) -> bool:
    client, lead = one.client, asked.get("lead")
    if lead and (client.lead is None or client.lead.public_id != (me if lead == ME else lead)):
        return False
    if asked.get("health", condition.health) != condition.health:
        return False
    held = " ".join([client.name, client.sector, *client.niche]).casefold()
    return all(word in held for word in asked.get("words", "").casefold().split())


def _order(one: Facts, condition: Condition, sort: str) -> tuple[Any, ...]:
    name = one.client.name.casefold()
    match sort:
        case "name":
            return (name,)
        case "lead":
            return (one.client.lead.label.casefold() if one.client.lead else "\uffff", name)
        case "hours":
            return (-(one.burn.share if one.burn else -1), name)
        case "spend":
            return (-(one.glance.spent if one.glance and one.glance.spent is not None else -1), name)
    return (condition.order, name)
