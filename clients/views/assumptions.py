"""Money that is assumed of a client, each with who said so and when, and what its tools cost a month."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients.days import PossibleDays
from clients.earning import money
from clients.editing import EditForm
from clients.local import today_at
from clients.models import HOURLY_LOSS, LABOUR_RATE, TICKET_VALUE, Assumption, Client, Known, ToolCost
from clients.months import MonthField
from clients.permissions import allowed, client_or_404

from .fields import day_input

A_PAGE = 50
NAMES = {TICKET_VALUE: "A ticket", LABOUR_RATE: "An hour of work", HOURLY_LOSS: "An hour of downtime"}
_UNITS = {TICKET_VALUE: "{} a ticket", LABOUR_RATE: "{} an hour", HOURLY_LOSS: "{} an hour"}
OTHER = "other"


@dataclass(frozen=True)
class Line:
    """An assumption with its name in words, and whether it holds today."""

    row: Assumption
    name: str
    holds: bool


class AssumptionForm(PossibleDays, forms.ModelForm[Assumption]):
    """A number, and who stands behind it."""

    key = forms.ChoiceField(label="What is it worth", choices=[*NAMES.items(), (OTHER, "Something else")])
    name = forms.CharField(
        required=False, max_length=60, label="Its name", help_text="Of something else: “A returned parcel”."
    )
    known = forms.ChoiceField(label="How it is known", choices=Known.choices, widget=forms.RadioSelect)

    class Meta:
        model = Assumption
        fields: ClassVar = ["key", "name", "value", "unit", "known", "said_by", "said_on", "valid_from", "note"]
        labels: ClassVar = {
            "said_by": "Who said so",
            "said_on": "When",
            "valid_from": "Holds from",
            "note": "Where it stands",
        }
        help_texts: ClassVar = {
            "unit": "Left empty, it is the client’s currency, a ticket or an hour.",
            "said_by": "A person: reports name them.",
            "valid_from": "Left empty, it holds from the day it was said.",
            "note": "A mail, a meeting, a contract.",
        }
        widgets: ClassVar = {"said_on": day_input(), "valid_from": day_input()}

    def __init__(self, *args: Any, client: Client, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client
        self.fields["unit"].required = self.fields["valid_from"].required = False

    def clean_said_on(self) -> date:
        """The day it was said, which is not to come."""
        said_on: date = self.cleaned_data["said_on"]
        if said_on > today_at(self.client):
            raise forms.ValidationError("That day is still to come: write when it was said.")
        return said_on

    def clean(self) -> dict[str, Any]:
        """The form, with its key, unit and first day made whole."""
        cleaned = super().clean() or {}
        key, name = cleaned.get("key", ""), " ".join(cleaned.get("name", "").split())
        if key == OTHER:
            if not name:
                self.add_error("name", "Say what it is, like “A returned parcel”.")
            if not cleaned.get("unit") and "unit" not in self.errors:
                self.add_error("unit", f"Say in what, like “{self.client.currency} a parcel”.")
            # A name of ours that is typed means ours.
            cleaned["key"] = next(
                (ours for ours, said in NAMES.items() if name.casefold() in (ours, said.casefold())), name
            )
        elif key:
            cleaned["unit"] = cleaned.get("unit") or _UNITS[key].format(self.client.currency)
        cleaned["valid_from"] = cleaned.get("valid_from") or cleaned.get("said_on")
        return cleaned


class ToolCostForm(EditForm[ToolCost]):
    """What a tool costs a month."""

    from_month = MonthField(label="From")
    to_month = MonthField(
        required=False, label="To", help_text="The last month it is paid for. Left empty, it goes on."
    )

    class Meta:
        model = ToolCost
        fields: ClassVar = ["name", "amount", "currency", "from_month", "to_month", "said_by"]
        labels: ClassVar = {"name": "Tool", "amount": "A month", "said_by": "Who said so"}
        help_texts: ClassVar = {"name": "Like “Zendesk Suite, 40 seats”.", "currency": "Three letters, like USD."}

    def clean(self) -> dict[str, Any]:
        """The form, with months in their order."""
        cleaned = super().clean() or {}
        first, last = cleaned.get("from_month"), cleaned.get("to_month")
        if first and last and last < first:
            self.add_error("to_month", "It ends before it begins: write the later month here.")
        return cleaned


@require_safe
def assumptions(request: HttpRequest, slug: str) -> HttpResponse:
    """What holds today, all that was ever said, newest first, and the tools."""
    client = client_or_404(request, slug, "see_money")
    today = today_at(client)
    holding = Assumption.objects.holding(client, today)
    pages = Paginator(Assumption.objects.filter(client=client), A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    tools = list(ToolCost.objects.filter(client=client)[:A_PAGE])
    paid = [t for t in tools if paid_in(t, today)]
    context = {
        "client": client,
        "holding": sorted(_lines(holding.values(), holding), key=lambda line: line.name),
        "history": _lines(page, holding),
        "page": page,
        "today": today,
        "tools": [(tool, tool in paid) for tool in tools],
        "monthly": monthly(paid),
        "may_edit": allowed(request, client, "edit_assumptions"),
    }
    return render(request, "clients/assumptions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def assume(request: HttpRequest, slug: str) -> HttpResponse:
    """Add an assumption, or with ``?key=`` correct one: either way a new row."""
    client = client_or_404(request, slug, "edit_assumptions")
    posted = request.method == "POST"
    asked = request.GET.get("key", "")[:60]
    was = Assumption.objects.holding(client, today_at(client)).get(asked)
    form = AssumptionForm(
        request.POST if posted else None,
        client=client,
        instance=Assumption(client=client),
        initial=_initial(client, was),
    )
    if posted and form.is_valid():
        row = form.save()
        messages.success(request, f"Noted: {named(row.key)} is {row.worth}, says {row.said_by}.")
        return redirect("assumptions", slug)
    context = {"client": client, "form": form, "corrects": named(was.key) if was else ""}
    return render(request, "clients/assume.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def tool_cost(request: HttpRequest, slug: str, public_id: str = "") -> HttpResponse:
    """Add a tool, or change one."""
    client = client_or_404(request, slug, "edit_assumptions")
    tool = get_object_or_404(ToolCost, client=client, public_id=public_id) if public_id else None
    title = tool.name if tool else ""
    first = {} if tool else {"currency": client.currency}
    form = ToolCostForm(
        request.POST if request.method == "POST" else None, instance=tool or ToolCost(client=client), initial=first
    )
    if request.method == "POST" and form.is_valid() and form.store():
        messages.success(request, f"Saved: {form.instance.name}.")
        return redirect("assumptions", slug)
    context = {"client": client, "form": form, "title": title}
    return render(request, "clients/tool_cost.html", context, status=422 if form.errors else 200)


@require_POST
def remove_tool(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Take out a tool that was never paid for; one that was is ended with its last month instead."""
    client = client_or_404(request, slug, "edit_assumptions")
    tool = get_object_or_404(ToolCost, client=client, public_id=public_id)
    tool.delete()
    cost = money(tool.amount, tool.currency)
    messages.success(request, f"{tool.name}, {cost} a month, is out of the costs. Adding it again undoes that.")
    return redirect("assumptions", slug)


def named(key: str) -> str:
    """An assumption's name in words."""
    return NAMES.get(key, key)


def paid_in(tool: ToolCost, day: date) -> bool:
    """Whether a tool is paid for in the month of a day."""
    return tool.from_month <= day and (tool.to_month is None or day.replace(day=1) <= tool.to_month)


def monthly(tools: Iterable[ToolCost]) -> list[tuple[str, Decimal]]:
    """What tools cost a month together, by currency."""
    total: dict[str, Decimal] = {}
    for tool in tools:
        total[tool.currency] = total.get(tool.currency, Decimal(0)) + tool.amount
    return sorted(total.items())


def _lines(rows: Iterable[Assumption], holding: dict[str, Assumption]) -> list[Line]:
    held = {row.pk for row in holding.values()}
    return [Line(row, named(row.key), row.pk in held) for row in rows]


def _initial(client: Client, was: Assumption | None) -> dict[str, Any]:
    today = today_at(client)
    if was is None:
        return {"said_on": today, "known": Known.REPORTED}
    ours = was.key in NAMES
    return {
        "key": was.key if ours else OTHER,
        "name": "" if ours else was.key,
        "value": f"{was.value.normalize():f}",
        "unit": was.unit,
        "known": was.known,
        "said_by": was.said_by,
        "said_on": today,
        "note": "",
    }
