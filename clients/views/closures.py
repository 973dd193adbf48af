"""A client's calendar: whose public holidays it keeps, its own closed days, and spans in which no report is sent."""

from copy import copy as duplicate
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from clients.calendar import countries, public_holidays, regions
from clients.days import PossibleDays
from clients.editing import EditForm
from clients.local import today_at
from clients.models import Client, Closure, ClosureKind
from clients.permissions import client_or_404

from .fields import day_input

AHEAD = timedelta(days=365)
LONGEST = timedelta(days=366)
MOST = 200
"""Spans of a client's own: ten years of a company that closes often."""


class HolidaysForm(EditForm[Client]):
    """Whose public holidays a client keeps."""

    country = forms.ChoiceField(required=False, label="Public holidays of")
    region = forms.CharField(required=False, label="Part of the country")

    class Meta:
        model = Client
        fields: ClassVar = ["country", "region"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)  # noqa: S101 - tells the type checker what stands above
        country.choices = [("", "No country"), *countries().items()]
        parts = regions(self.data.get("country", self.instance.country))
        widget = forms.Select(choices=[("", "The whole country"), *parts.items()]) if parts else forms.HiddenInput()
        self.fields["region"].widget = widget

    def clean(self) -> dict[str, Any]:
        """The form; a part that belongs to another country is let go with it."""
        cleaned = super().clean() or {}
        if cleaned.get("region", "") not in {"", *regions(cleaned.get("country", ""))}:
            if "country" not in self.changed_data:
                self.add_error("region", f"“{cleaned['region'][:40]}” is no part that has holidays of its own.")
            cleaned["region"] = ""
        return cleaned


class ClosureForm(PossibleDays, forms.ModelForm[Closure]):
    """A span of whole days."""

    kind = forms.ChoiceField(choices=ClosureKind.choices, widget=forms.RadioSelect, label="What it means")

    class Meta:
        model = Closure
        fields: ClassVar = ["first", "last", "why", "kind"]
        labels: ClassVar = {"first": "From", "last": "To", "why": "Why"}
        help_texts: ClassVar = {
            "last": "The last day, included. Left empty, it is the first.",
            "why": "In a few words, like “Company retreat”. It stands beside a pulse that is not sent.",
        }
        widgets: ClassVar = {"first": day_input(), "last": day_input()}

    def __init__(self, *args: Any, client: Client, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client
        self.fields["last"].required = False

    def clean(self) -> dict[str, Any]:
        """The form, with days in their order and of a length that is meant."""
        cleaned = super().clean() or {}
        first = cleaned.get("first")
        if first is None:
            return cleaned
        last = cleaned["last"] = cleaned.get("last") or first
        if last < first:
            self.add_error("last", "It ends before it begins: write the later day here.")
        elif last - first > LONGEST:
            self.add_error("last", "It is longer than a year. Pause the client’s recipients instead.")
        elif Closure.objects.filter(client=self.client).count() >= MOST:
            raise ValidationError(f"The calendar holds {MOST} spans: remove some that are over.")
        return cleaned


@dataclass(frozen=True)
class Line:
    """One line of the calendar: its days, why, what it means; `closure` where it is the client's own and can be removed."""

    first: date
    last: date
    why: str
    means: str
    closure: Closure | None = None


@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """The days of the coming year on which something is otherwise, and the two forms that say so."""
    client = client_or_404(request, slug, "edit_record")
    typed = request.POST if request.method == "POST" else None
    of_span = typed is not None and "why" in typed
    kept = HolidaysForm(None if of_span else typed, instance=duplicate(client))
    span = ClosureForm(typed if of_span else None, client=client, instance=Closure(client=client))
    if of_span and span.is_valid():
        added = span.save()
        messages.success(request, f"“{added.why}” is in the calendar.")
        return redirect("calendar", slug)
    if typed is not None and not of_span and kept.is_valid() and kept.store():
        messages.success(request, "Saved. A pulse that is planned already follows.")
        return redirect("calendar", slug)
    today = today_at(client)
    lines = _lines(client, today)
    context = {
        "client": client,
        "kept": kept,
        "span": span,
        "lines": lines,
        "next": next((line for line in lines if line.last >= today), None),
    }
    return render(request, "clients/calendar.html", context, status=422 if kept.errors or span.errors else 200)


@require_POST
def remove_closure(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Take one of the client's own spans out of its calendar."""
    client = client_or_404(request, slug, "edit_record")
    closure = get_object_or_404(Closure, client=client, public_id=public_id)
    closure.delete()
    messages.success(
        request,
        f"“{closure.why}” ({closure.first:%-d %B %Y} to {closure.last:%-d %B %Y}) is out of the calendar. Adding it undoes that.",
    )
    return redirect("calendar", slug)


def _lines(client: Client, today: date) -> list[Line]:
    """All that is not over, by its first day: the client's own spans, and a year of public holidays."""
    means = {ClosureKind.CLOSED.value: "Closed", ClosureKind.BLACKOUT.value: "No reports"}
    own = [
        Line(c.first, c.last, c.why, means[c.kind], c) for c in Closure.objects.filter(client=client, last__gte=today)
    ]
    public = [
        Line(day, day, name, "Public holiday")
        for year in (today.year, today.year + 1)
        for day, name in public_holidays(client.country, client.region, year)
        if today <= day <= today + AHEAD
    ]
    return sorted([*own, *public], key=lambda line: (line.first, line.last))
