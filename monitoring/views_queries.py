"""The query log's pages: what people asked, who they are by pseudonym and role, and one query with its answer. Reading is noted."""

from datetime import date
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clients.days import DayField
from clients.models import Client, System
from clients.permissions import allowed, client_or_404

from . import query_log
from .models import TextReading
from .query_log import Filters

MOST_PAGES = 1_000
"""Pages that can be turned; whoever looks further back chooses a day."""


class FilterForm(forms.Form):
    """What of the log to show; all of it in the address."""

    user = forms.CharField(
        required=False, max_length=200, label="Who", help_text="A pseudonym, as it stands in the list."
    )
    day = DayField(
        required=False,
        label="Day",
        help_text="Without one, the last seven.",
    )
    system = forms.TypedChoiceField(required=False, label="AI system", coerce=int, empty_value=None)
    page = forms.IntegerField(required=False, min_value=1, max_value=MOST_PAGES, widget=forms.HiddenInput)

    def __init__(self, systems: list[tuple[int, str]], data: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["system"].choices = [("", "All"), *systems]  # type: ignore[attr-defined]

    def filters(self) -> Filters:
        """What was asked for; what cannot be understood counts as not asked."""
        self.full_clean()
        asked = self.cleaned_data
        day: date | None = asked.get("day")
        return Filters(str(asked.get("user") or "").strip(), asked.get("system"), day, asked.get("page") or 1)


@require_safe
def queries(request: HttpRequest, slug: str) -> HttpResponse:
    """The log, fifty queries a page; an owner also sees who has read."""
    client = client_or_404(request, slug, "read_texts")
    systems = list(System.objects.filter(client_id=client.pk).order_by("name").values_list("pk", "name"))
    form = FilterForm(systems, request.GET)
    filters, now = form.filters(), timezone.now()
    shown, more = query_log.queries(client, filters, now)
    _note(request, client, TextReading.Page.LOG, [q for q in shown if q.asked])
    return _private(
        render(
            request,
            "monitoring/queries.html",
            {
                "client": client,
                "form": form,
                "filters": filters,
                "days": query_log.DAYS,
                "queries": shown,
                "newer": _address(filters, filters.page - 1) if filters.page > 1 else "",
                "older": _address(filters, filters.page + 1) if more and filters.page < MOST_PAGES else "",
                "readings": query_log.readings(client) if allowed(request, client, "see_readings") else None,
            },
            status=422 if form.errors else 200,
        )
    )


@require_safe
def query(request: HttpRequest, slug: str, source: str, trace_id: str, span_id: str) -> HttpResponse:
    """One query: all that was asked and answered, as far as it is kept."""
    client = client_or_404(request, slug, "read_texts")
    found = query_log.exchange(client, source, trace_id, span_id)
    if found is None:
        raise Http404
    if not found.missing:
        _note(request, client, TextReading.Page.QUERY, [found.query])
    return _private(render(request, "monitoring/query.html", {"client": client, "found": found, "query": found.query}))


def _note(request: HttpRequest, client: Client, page: TextReading.Page, shown: list[query_log.Query]) -> None:
    if shown and request.method == "GET":
        query_log.note(client, request.user, page, shown, timezone.now())  # type: ignore[arg-type]


def _address(filters: Filters, page: int) -> str:
    asked = {
        "user": filters.user,
        "day": filters.day or "",
        "system": filters.system_id or "",
        "page": page if page > 1 else "",
    }
    return "?" + urlencode({name: value for name, value in asked.items() if value != ""})


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
