"""A person's own views of the portfolio: named filters, kept and taken away."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from clients.models import Practice, SavedView
from clients.permissions import acting_person, allowed, listed, roles_in, works

from .many import leads
from .portfolio import FilterForm, SaveForm, portfolio

MOST = 30
"""Views that one person keeps."""


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep what is asked under a name; the same name again takes the place of what it stood for."""
    firm = _firm(request)
    person, form = acting_person(request), SaveForm(request.POST)
    mine = [client for client in listed(request) if allowed(request, client, "edit_record")]
    query = urlencode(FilterForm(request.POST, leads(mine)).asked())
    if form.is_valid():
        kept = SavedView.objects.filter(person=person)
        name = form.cleaned_data["name"]
        if kept.exclude(name=name).count() >= MOST:
            form.add_error("name", f"You keep {MOST} views already: remove one first.")
        else:
            SavedView.objects.update_or_create(practice=firm, person=person, name=name, defaults={"query": query})
            messages.success(request, f"Kept as “{name}”.")
            return redirect(f"{reverse('clients')}?{query}" if query else "clients")
    return portfolio(request, form)


@require_POST
def remove(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take one of the person's own views away."""
    view = get_object_or_404(SavedView, person=acting_person(request), public_id=public_id)
    view.delete()
    messages.success(request, f"The view “{view.name}” is removed. The clients it showed are all still here.")
    return redirect("clients")


def _firm(request: HttpRequest) -> Practice:
    """The practice that the person works for, the first by name where there are several; for anybody else there is no such page."""
    if not works(request):
        raise Http404
    firms = (firm for firm in Practice.objects.order_by("name") if roles_in(request, firm))
    firm = next(firms, None)
    if firm is None:
        raise Http404
    return firm
