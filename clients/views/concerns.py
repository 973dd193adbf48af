"""What of the register concerns one client: the list and one item of it, for its managers and in the client's own words."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from clients import risks
from clients.editing import EditForm
from clients.local import today_at
from clients.models import PENDING, Client, Concern, ConcernStatus, RiskStatus
from clients.paging import AskedForm, stretch, turns
from clients.permissions import allowed, client_or_404

from .risks import marks

A_PAGE = 50


class ConcernForm(EditForm[Concern]):
    """How a client stands to an item."""

    class Meta:
        model = Concern
        fields: ClassVar = ["status", "note", "evidence"]
        labels: ClassVar = {"status": "How the client stands", "note": "What it means here and what is done about it"}
        help_texts: ClassVar = {
            "note": "The client’s executives read it, once the item has words for clients.",
            "evidence": "What shows it: an address, a ticket, a test run. They read it too.",
        }
        widgets: ClassVar = {"note": forms.Textarea(attrs={"rows": 5}), "status": forms.RadioSelect}


class FilterForm(AskedForm):
    """Which items; all of it in the address. What cannot be understood counts as not asked."""

    what = forms.ChoiceField(required=False, label="What", choices=[("", "All"), *risks.WHAT])
    status = forms.ChoiceField(
        required=False,
        label="How it stands",
        choices=[("", "Not closed"), ("pending", "Something left to do"), *ConcernStatus.choices, ("all", "All")],
    )


@require_safe
def concerns(request: HttpRequest, slug: str) -> HttpResponse:
    """What concerns the client, the gravest first."""
    client = client_or_404(request, slug, "see_risks")
    staff = allowed(request, client, "edit_risks")
    form = FilterForm(request.GET)
    asked = form.asked()
    page = form.cleaned_data.get("page") or 1
    everything = risks.concerns_of(client, staff=staff)
    rows = list(everything.filter(_condition(asked))[stretch(page, A_PAGE)])
    today = today_at(client)
    context = {
        "client": client,
        "staff": staff,
        "form": form,
        "asked": asked,
        "sentence": risks.client_sentence(client, _open(everything)),
        "lines": [(row, marks(row.item, today)[0], risks.stands(row)) for row in rows[:A_PAGE]],
        "today": today,
        **turns(rows, page, A_PAGE, asked),
    }
    return render(request, "clients/concerns.html", context)


def _open(rows: QuerySet[Concern]) -> QuerySet[Concern]:
    return rows.exclude(item__status=RiskStatus.CLOSED)


def _condition(asked: dict[str, Any]) -> Q:
    what = risks.of_what(asked.get("what", ""), "item__")
    match asked.get("status", ""):
        case "":
            return what & ~Q(item__status=RiskStatus.CLOSED)
        case "all":
            return what
        case "pending":
            return what & ~Q(item__status=RiskStatus.CLOSED) & Q(status__in=PENDING)
        case status:
            return what & Q(status=status)


@require_safe
def concern(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """One item, as it stands at the client."""
    client = client_or_404(request, slug, "see_risks")
    staff = allowed(request, client, "edit_risks")
    row = _found(client, public_id, staff=staff)
    severity, mark = marks(row.item, today_at(client))
    context = {
        "client": client,
        "row": row,
        "severity": severity,
        "mark": mark,
        "stands": risks.stands(row),
        "staff": staff,
    }
    return render(request, "clients/concern.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Say how the client stands to an item, or that it never concerned them."""
    client = client_or_404(request, slug, "edit_risks")
    row = _found(client, public_id, staff=True)
    if request.method == "POST" and request.POST.get("do") == "remove":
        row.delete()
        messages.success(
            request, f"“{row.item.title}” does not concern {client.name} any more. Its item stays in the register."
        )
        return redirect("client-risks", client.slug)
    form = ConcernForm(request.POST if request.method == "POST" else None, instance=row)
    if request.method == "POST" and form.is_valid() and form.store():
        messages.success(request, f"“{row.item.title}” is saved for {client.name}.")
        return redirect("client-risk", client.slug, row.public_id)
    context = {"client": client, "row": row, "form": form}
    return render(request, "clients/concern_form.html", context, status=422 if form.errors else 200)


def _found(client: Client, public_id: str, *, staff: bool) -> Concern:
    found = risks.concerns_of(client, staff=staff).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found
