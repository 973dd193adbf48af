"""Exchange rates: what was entered for each month, with its source; an owner adds and corrects them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clients.editing import EditForm
from clients.models import Client, ExchangeRate, Practice
from clients.months import MonthField, next_month
from clients.paging import MOST_PAGES, stretch, turns
from clients.permissions import allowed, practice_or_404

TRACED = "USD"
"""What traces and price lists state costs in."""
A_PAGE = 36


class RateForm(EditForm[ExchangeRate]):
    """One rate of one month. Its currencies are those that the practice and its clients have."""

    taken = ("month", "Somebody entered a rate of this month just now: correct that.")
    also = ("entered_by", "entered_at")
    month = MonthField(label="Month", error_messages={"invalid": "“%(value)s” is no month. Write it like 2026-10."})
    base = forms.ChoiceField(label="One unit of")
    quote = forms.ChoiceField(label="units of")

    class Meta:
        model = ExchangeRate
        fields: ClassVar = ["month", "base", "rate", "quote", "source"]
        labels: ClassVar = {"rate": "was worth"}
        help_texts: ClassVar = {"source": "Who publishes it and what it is, like “ECB, mean of the month”."}

    def __init__(self, currencies: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["rate"] = self.instance.plain
        known = sorted({*currencies, *filter(None, (self.instance.base, self.instance.quote))})
        for name in ("base", "quote"):
            self.fields[name].choices = [(one, one) for one in known]  # type: ignore[attr-defined]

    def clean_month(self) -> date:
        """A month that has begun."""
        month: date = self.cleaned_data["month"]
        if month > timezone.now().date():
            raise ValidationError(f"{month:%B %Y} has not begun: nobody knows its rate yet.")
        return month

    def clean(self) -> dict[str, Any]:
        """The form, unless its pair is no pair or has a rate of that month already."""
        cleaned = super().clean() or {}
        month, base, quote = (cleaned.get(name) for name in ("month", "base", "quote"))
        if base and base == quote:
            self.add_error("quote", "Choose two different currencies.")
        elif month and base and quote and (there := self._there(month, base, quote)):
            self.add_error(
                "month", f"{month:%B %Y} has a rate of {there.base} and {there.quote} already: correct that."
            )
        return cleaned

    def _there(self, month: date, base: str, quote: str) -> ExchangeRate | None:
        either = Q(base=base, quote=quote) | Q(base=quote, quote=base)
        rows = ExchangeRate.objects.filter(either, practice=self.instance.practice, month=month)
        return rows.exclude(pk=self.instance.pk).first()


class FilterForm(forms.Form):
    """Which rates; all of it in the address. What cannot be understood counts as not asked."""

    currency = forms.ChoiceField(required=False, label="Currency")
    page = forms.IntegerField(required=False, min_value=1, max_value=MOST_PAGES, widget=forms.HiddenInput)

    def __init__(self, currencies: Sequence[str], data: Any) -> None:
        super().__init__(data)
        self.fields["currency"].choices = [("", "All"), *((one, one) for one in currencies)]  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def rates(request: HttpRequest, practice: str) -> HttpResponse:
    """The rates, newest month first, and a form for one more."""
    firm = practice_or_404(request, practice, "see_rates")
    may_edit = allowed(request, firm, "edit_rates")
    if request.method == "POST" and not may_edit:
        raise PermissionDenied(f"Your role at {firm.name} does not include entering rates.")
    clients = list(Client.objects.filter(practice=firm).values_list("currency", flat=True))
    currencies = sorted({TRACED, firm.currency, *clients})
    row = ExchangeRate(practice=firm, entered_by=request.user)  # type: ignore[misc]
    last = _last_month()
    opened = {"month": last, "base": TRACED, "quote": next((c for c in currencies if c != TRACED), "")}
    form = RateForm(currencies, request.POST if request.method == "POST" else None, instance=row, initial=opened)
    if request.method == "POST" and form.is_valid() and form.store():
        messages.success(request, f"Entered: {said(row)}.")
        return redirect("practice-rates", firm.slug)
    filters = FilterForm(currencies, request.GET)
    filters.full_clean()
    asked = filters.cleaned_data
    page = asked.get("page") or 1
    found = ExchangeRate.objects.filter(practice=firm).select_related("entered_by")
    if currency := asked.get("currency"):
        found = found.filter(Q(base=currency) | Q(quote=currency))
    rows = list(found[stretch(page, A_PAGE)])
    kept = {"currency": currency} if currency else {}
    context = {
        "practice": firm,
        "form": form if may_edit and len(currencies) > 1 else None,
        "filters": filters,
        "rows": rows[:A_PAGE],
        "sentence": sentence(firm, {c for c in clients if c != TRACED}, last),
        "may_edit": may_edit,
        "several": len(currencies) > 1,
        **turns(rows, page, A_PAGE, kept),
    }
    return render(request, "clients/rates.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, practice: str, public_id: str) -> HttpResponse:
    """Correct one rate; the trail keeps what it was."""
    firm = practice_or_404(request, practice, "edit_rates")
    row = get_object_or_404(
        ExchangeRate.objects.select_related("entered_by", "practice"), practice=firm, public_id=public_id
    )
    was, by, at = said(row), row.entered_by.label, row.entered_at
    currencies = {TRACED, firm.currency, *Client.objects.filter(practice=firm).values_list("currency", flat=True)}
    form = RateForm(sorted(currencies), request.POST if request.method == "POST" else None, instance=row)
    if request.method == "POST" and form.is_valid():
        row.entered_by = request.user  # type: ignore[assignment]
        if form.store():
            messages.success(request, f"Corrected: {said(row)}.")
            return redirect("practice-rates", firm.slug)
    context = {"practice": firm, "row": row, "was": was, "by": by, "at": at, "form": form}
    return render(request, "clients/rate.html", context, status=422 if form.errors else 200)


def said(row: ExchangeRate) -> str:
    """A rate in words: “October 2026, 1 USD = 0.92 EUR”."""
    return f"{row.month:%B %Y}, 1 {row.base} = {row.told} {row.quote}"


def sentence(firm: Practice, needed: set[str], month: date) -> str:
    """Which rate of the last whole month is missing between traced cost and what clients pay in, else that none is."""
    if not needed:
        return (
            "Everything is in US dollars: no rate is needed." if firm.currency == TRACED else "No client needs a rate."
        )
    pairs = ExchangeRate.objects.filter(practice=firm, month=month).values_list("base", "quote")
    there = {one for pair in pairs if TRACED in pair for one in pair}
    if missing := sorted(needed - there):
        return f"{month:%B %Y} has no rate between {TRACED} and {' or '.join(missing)} yet."
    return f"Each currency that clients pay in has its rate of {month:%B %Y}."


def _last_month() -> date:
    """The first day of the last whole month, in UTC."""
    return next_month(timezone.now().date(), -1)
