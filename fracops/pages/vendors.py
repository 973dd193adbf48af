"""A client's vendors next to what they bill: the list, and one vendor with its months and its conversations."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clients.local import today_at
from clients.models import Client, Vendor, VendorTalk
from clients.months import next_month
from clients.permissions import acting_person, allowed, client_or_404
from clients.vendors import Notice, notice, sentence
from clients.views.vendors import TalkForm
from monitoring.catalogue import Unit
from monitoring.reconciliation.gather import billed
from monitoring.reconciliation.invoices import Invoiced, by_month
from monitoring.reconciliation.names import vendor_of
from monitoring.reconciliation.sentences import vendor_name
from monitoring.wording import text_of

MONTHS = 6
"""Months of bills that one vendor's page lists, the one that runs included."""
_MONTHS_A_YEAR = 12


@dataclass(frozen=True)
class Line:
    """A vendor in the list. The amounts are in words, "–" where no bill is."""

    notice: Notice
    commitment: str
    data: str
    last_month: str
    so_far: str


@dataclass(frozen=True)
class Month:
    """What a vendor billed for a month, and how that stands to what is paid at least."""

    month: date
    amount: str
    beside: str
    so_far: bool


@require_safe
def vendors(request: HttpRequest, slug: str) -> HttpResponse:
    """All vendors, those to decide on first, and whoever bills without being written down."""
    client = client_or_404(request, slug, "see_vendors")
    today = today_at(client)
    rows = list(Vendor.objects.filter(client=client))
    found = sorted((notice(row, today) for row in rows), key=_first)
    now = timezone.now().date().replace(day=1)
    bills = _bills(client, next_month(now, -1), now)
    known = {_billed_as(row) for row in rows}
    context = {
        "client": client,
        "sentence": sentence(client, found),
        "lines": [_line(one, bills, now) for one in found],
        "unknown": [vendor_name(v) for v in dict.fromkeys(vendor for vendor, _ in bills) if v not in known],
        "last": next_month(now, -1),
        "may_edit": allowed(request, client, "edit_vendors"),
    }
    return render(request, "pages/vendors.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def vendor(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """One vendor; a post writes down a conversation with it."""
    posted = request.method == "POST"
    client = client_or_404(request, slug, "edit_vendors" if posted else "see_vendors")
    row = get_object_or_404(Vendor, client=client, public_id=public_id)
    today = today_at(client)
    talk = VendorTalk(client=client, vendor=row, written_by=acting_person(request).label, written_at=timezone.now())
    form = TalkForm(today, request.POST if posted else None, instance=talk, initial={"day": today})
    if posted and form.is_valid():
        form.save()
        messages.success(request, "Written down.")
        return redirect("vendor", client.slug, row.public_id)
    now = timezone.now().date().replace(day=1)
    bills = _bills(client, next_month(now, 1 - MONTHS), now)
    context = {
        "client": client,
        "row": row,
        "notice": notice(row, today),
        "commitment": _commitment(row),
        "months": _months(row, bills, now),
        "talks": list(row.talks.all()),
        "form": form,
        "may_edit": allowed(request, client, "edit_vendors"),
    }
    return render(request, "pages/vendor.html", context, status=422 if form.errors else 200)


def _bills(client: Client, first: date, last: date) -> Mapping[tuple[str, date], list[Invoiced]]:
    """What was billed for the months from `first` to `last`, both included, by vendor and month."""
    found: dict[tuple[str, date], list[Invoiced]] = defaultdict(list)
    for one in by_month(billed(client, first, next_month(last))):
        found[one.vendor, one.month].append(one)
    return found


def _billed_as(row: Vendor) -> str:
    """The word under which a vendor's bills are known."""
    return vendor_of(row.billed_as or row.name)


def _first(one: Notice) -> tuple[bool, bool, date, str]:
    row = one.vendor
    return row.ended_on is not None, not one.pressing, row.notice_by or row.renews_on or date.max, row.name


def _line(one: Notice, bills: Mapping[tuple[str, date], list[Invoiced]], now: date) -> Line:
    row, name = one.vendor, _billed_as(one.vendor)
    amounts = [_sum(bills.get((name, month), [])) for month in (next_month(now, -1), now)]
    return Line(one, _commitment(row), _data(row), *amounts)


def _sum(parts: Iterable[Invoiced]) -> str:
    """Amounts in words, each currency for itself."""
    return " + ".join(text_of(part.amount, Unit.MONEY, part.currency) for part in parts) or "–"


def _commitment(row: Vendor) -> str:
    if row.commitment is None:
        return "–"
    return f"{text_of(row.commitment, Unit.MONEY, row.currency)} {row.get_commitment_per_display()}"


def _data(row: Vendor) -> str:
    """What a vendor may do with data, what is not known left out."""
    trains = {"no": "does not train on it", "opted_out": "does not train on it", "yes": "trains on it"}
    said = (row.region, f"kept {row.retention}" if row.retention else "", trains.get(row.training, ""))
    return "; ".join(filter(None, said)) or "not written down"


def _months(row: Vendor, bills: Mapping[tuple[str, date], list[Invoiced]], now: date) -> Sequence[Month]:
    """The months with a bill, the newest first."""
    name, months = _billed_as(row), [next_month(now, -back) for back in range(MONTHS)]
    found = [(month, bills[name, month]) for month in months if (name, month) in bills]
    return [Month(month, _sum(parts), _beside(row, parts), month == now) for month, parts in found]


def _beside(row: Vendor, parts: Sequence[Invoiced]) -> str:
    """A month's bill against a month's part of the commitment; "" where there is none, or it is in another currency."""
    if row.commitment is None or row.commitment_per == "term" or {part.currency for part in parts} != {row.currency}:
        return ""
    due = row.commitment / (_MONTHS_A_YEAR if row.commitment_per == "year" else 1)
    rest = sum((part.amount for part in parts), Decimal(0)) - due
    text = text_of(abs(rest), Unit.MONEY, row.currency)
    return f"{text} {'more' if rest >= 0 else 'less'} than the {text_of(due, Unit.MONEY, row.currency)} committed"
