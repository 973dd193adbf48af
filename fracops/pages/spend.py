"""Billed beside traced cost: a part of a client's page that is asked for once the page is there, because it reads calls and not points."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clients.models import Client
from clients.permissions import client_or_404
from monitoring.catalogue import CATALOGUE
from monitoring.provenance import Provenance
from monitoring.reconciliation.gather import price_tables
from monitoring.reconciliation.sentences import (
    estimated_words,
    money,
    signed,
    spend_finding,
    traced_words,
    vendor_name,
)
from monitoring.reconciliation.spend import Spend, VendorSpend, spend
from monitoring.series import all_series
from monitoring.wording import span_text

from .cost_rows import Row, Table
from .periods import Choice, chosen
from .tables import Cell

COLUMNS = ("Billed", "Traces of the same days", "Difference", "Traced, no final bill")


@dataclass(frozen=True)
class Beside:
    """What the part shows, in words."""

    sentence: str
    table: Table | None
    source: Sequence[str]
    url: str
    """The page that explains the difference."""
    act: str


@require_safe
def spent(request: HttpRequest, slug: str) -> HttpResponse:
    """The part, as HTML without a page around it."""
    client = client_or_404(request, slug, "see_money")
    now = timezone.now()
    page = beside(client, chosen(request.GET.get("period"), client.zone, now), now)
    answer = render(request, "pages/spend.html", {"page": page})
    answer["Cache-Control"] = "private, max-age=60"
    return answer


def beside(client: Client, choice: Choice, now: datetime) -> Beside:
    """Spend by the one rule there is for it (`monitoring.reconciliation.spend`); where no bill counts, how traced cost is known."""
    url = f"{reverse('costs', args=[client.slug])}?period={choice.key}"
    period = choice.period
    found = spend(client, period.start, period.end, now)
    if found is None:
        return Beside(
            "What calls cost is known from their traces alone: no final bill covers these days",
            None,
            _estimated(client, choice),
            url,
            "Traced and billed cost",
        )
    estimated, traced = found.billed.estimated + found.traced.estimated, found.billed.compared + found.traced.traced
    words = [f"{span_text(found.start, period.last)}, UTC days"]
    words += [f"Traced: {traced_words(v)}" for v in found.vendors if v.traced_days]
    words += [f"Traced cost: {told}" for told in (estimated_words(estimated, traced, found.tables),) if told]
    return Beside(spend_finding(found), _table(found), words, url, "Why they differ")


def _estimated(client: Client, choice: Choice) -> list[str]:
    cost = CATALOGUE["cost"]
    reading = all_series(client, [cost], choice.period)[cost.key].now
    if reading.provenance is not Provenance.ASSUMED:
        return []
    tables = price_tables(client, *choice.period.instants)
    return [f"Traced cost: estimated in full or in part from {', '.join(tables) or 'list prices'}"]


def _table(found: Spend) -> Table:
    return Table("spend", "Billed and traced cost by vendor", "Vendor", [_row(v) for v in found.vendors], COLUMNS)


def _row(part: VendorSpend) -> Row:
    """A vendor; what is not there has a dash, never a zero."""
    billed = (money(part.billed), money(part.beside), signed(part.billed - part.beside))
    texts = (*(billed if part.billed_days else ("–", "–", "–")), money(part.traced) if part.traced_days else "–")
    cells = [Cell(label, text, "", None) for label, text in zip(COLUMNS, texts, strict=True)]
    return Row(vendor_name(part.vendor), "", "", cells)
