"""What calls cost by their traces beside what vendors billed, by UTC day and model, with the difference explained; also as CSV."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clients.models import Client
from clients.permissions import allowed, client_or_404
from clients.writing import NBSP, day_text, number_text
from monitoring import pricing
from monitoring.catalogue import CATALOGUE, Unit
from monitoring.reconciliation.classes import Class
from monitoring.reconciliation.gather import books
from monitoring.reconciliation.reckon import Cell, Reconciliation, Sum, reconcile, total
from monitoring.reconciliation.sentences import (
    CONNECT,
    class_sentence,
    days_words,
    estimated_words,
    finding,
    rest_sentence,
    settled,
    signed,
    source_words,
    vendor_name,
)
from monitoring.sources import name_of
from monitoring.wording import span_text, text_of

from .cost_rows import Row, Table, as_csv, model_name, note, row
from .evidence import evidence_url
from .periods import Choice, Option, chosen, options

BY_MONTH = 60
"""From so many days on the days are summed up by month."""


@dataclass(frozen=True)
class Reason:
    """One class of the gap."""

    name: str
    amount: str
    share: str
    sentence: str


@dataclass(frozen=True)
class Bill:
    """Whose bill counts for a vendor, and what was left out beside it."""

    vendor: str
    source: str
    left_out: Sequence[str]


@dataclass(frozen=True)
class Missing:
    """A vendor without a bill, and what to connect."""

    vendor: str
    advice: str
    url: str


@dataclass(frozen=True)
class Narrowed:
    """What the page is narrowed to; empty for all of it. `wrong` says why the address was not followed."""

    vendor: str = ""
    model: str | None = None
    day: date | None = None
    wrong: str = ""

    def holds(self, cell: Cell) -> bool:
        return (
            (not self.vendor or cell.vendor == self.vendor)
            and (self.model is None or cell.model == self.model)
            and (self.day is None or cell.day == self.day)
        )


@dataclass(frozen=True)
class Page:
    """Everything the page shows, in words."""

    choice: Choice
    picker: Sequence[Option]
    span: str
    sentence: str
    narrowed: Narrowed
    trail: Sequence[tuple[str, str]]
    """The way back, each with its address; the last is the page itself."""
    known: bool
    total: Row
    reasons: Sequence[Reason]
    rest: str
    rest_share: str
    tables: Sequence[Table]
    bills: Sequence[Bill]
    missing: Sequence[Missing]
    price_table: str
    estimated: str
    unpriced: str
    traced_url: str
    csv: str
    may_connect: bool


@require_safe
def costs(request: HttpRequest, slug: str) -> HttpResponse:
    """The page, or with ``?format=csv`` its cells. ``?vendor=``, ``?model=`` and ``?day=`` narrow both."""
    client = client_or_404(request, slug, "see_money")
    if (form := request.GET.get("format")) not in (None, "csv"):
        return _refused(f"“{form[:40]}” is no format: write csv, or leave it out for the page.")
    now = timezone.now()
    choice = chosen(request.GET.get("period"), client.zone, now)
    found = reconcile(books(client, choice.period.start, choice.period.end, now))
    narrowed = _narrowed(request, found)
    if form == "csv":
        if wrong := choice.wrong or narrowed.wrong:
            return _refused(wrong.partition(". ")[0] + ".")
        return as_csv(client, choice, [c for c in found.cells if narrowed.holds(c)], found)
    page = page_of(client, choice, found, narrowed, may_connect=allowed(request, client, "manage_sources"))
    return render(request, "pages/costs.html", {"page": page, "client": client})


def _refused(why: str) -> HttpResponse:
    return HttpResponseBadRequest(why, content_type="text/plain; charset=utf-8")


def _narrowed(request: HttpRequest, found: Reconciliation) -> Narrowed:
    """What the address asks for, as far as there is anything of it."""
    vendor, model, typed = request.GET.get("vendor", ""), request.GET.get("model"), request.GET.get("day", "")
    try:
        day = date.fromisoformat(typed) if typed else None
    except ValueError:
        return Narrowed(wrong=f"“{typed[:40]}” is no day: write it as 2026-11-05. Shown are all days.")
    asked = Narrowed(vendor, model, day)
    if asked != Narrowed() and not any(asked.holds(c) for c in found.cells):
        named = ", ".join(filter(None, (vendor[:40], (model or "")[:80], typed)))
        return Narrowed(wrong=f"There is no cost of {named} in this period. Shown is everything.")
    return asked


def page_of(client: Client, choice: Choice, found: Reconciliation, narrowed: Narrowed, *, may_connect: bool) -> Page:
    """The reconciliation in words, narrowed to what was asked for."""
    cells = [c for c in found.cells if narrowed.holds(c)]
    whole = total(cells)
    by_vendor = {
        v: total(c for c in cells if c.vendor == v) for v in found.vendors if any(c.vendor == v for c in cells)
    }

    def address(**asked: str) -> str:
        return f"{reverse('costs', args=[client.slug])}?{urlencode({'period': choice.key} | asked)}"

    here = _asked(narrowed)
    table = pricing.price_table(choice.period.last)
    newest = f", newest price {day_text(table.newest, year=True)}" if table.newest else ""
    return Page(
        choice=choice,
        picker=[Option(o.label, address(period=o.query.partition("=")[2], **here), o.current) for o in options(choice)],
        span=span_text(choice.period.start, choice.period.last) if narrowed.day is None else day_text(narrowed.day),
        sentence=finding(by_vendor, whole),
        narrowed=narrowed,
        trail=_trail(narrowed, address),
        known=bool(cells),
        total=row("All", "", "", whole),
        reasons=[_reason(which, amount, whole) for which, amount in whole.classes.items()],
        rest=rest_sentence(whole) if whole.billed is not None else "",
        rest_share=_share(whole),
        tables=_tables(choice, found, cells, narrowed, address),
        bills=_bills(found, by_vendor),
        missing=[_missing(client, v, may_connect=may_connect) for v, s in by_vendor.items() if s.billed is None],
        price_table=f"{table.version}{newest}",
        estimated=estimated_words(whole.estimated, whole.traced, found.tables),
        unpriced=_unpriced(whole),
        traced_url="" if here else evidence_url(client, CATALOGUE["cost"], choice.key),
        csv=address(format="csv", **here),
        may_connect=may_connect,
    )


def _share(whole: Sum) -> str:
    """The unexplained part of the bill."""
    if not whole.billed:
        return "–"
    return text_of(Decimal(0) if settled(whole.rest) else whole.rest / whole.billed, Unit.FRACTION)


def _asked(narrowed: Narrowed) -> dict[str, str]:
    asked = {"vendor": narrowed.vendor, "day": narrowed.day.isoformat() if narrowed.day else ""}
    return {k: v for k, v in asked.items() if v} | ({} if narrowed.model is None else {"model": narrowed.model})


def _trail(narrowed: Narrowed, address: Callable[..., str]) -> list[tuple[str, str]]:
    steps = [("Cost", address())]
    if narrowed.vendor:
        steps.append((vendor_name(narrowed.vendor), address(vendor=narrowed.vendor)))
    if narrowed.model is not None:
        steps.append((narrowed.model or "Not by model", address(vendor=narrowed.vendor, model=narrowed.model)))
    if narrowed.day:
        steps.append((day_text(narrowed.day), ""))
    return steps


def _unpriced(whole: Sum) -> str:
    """How many calls are in no traced cost, because nobody stated one and no price list has their model."""
    return (
        f"{number_text(whole.unpriced)} call{'' if whole.unpriced == 1 else 's'} without a price"
        if whole.unpriced
        else ""
    )


def _tables(
    choice: Choice, found: Reconciliation, cells: Sequence[Cell], narrowed: Narrowed, address: Callable[..., str]
) -> list[Table]:
    """By vendor or by model, then by day or month: whatever the page is not narrowed to yet."""
    here = _asked(narrowed)
    made = []
    if not narrowed.vendor:
        rows = [
            row(vendor_name(v), address(**here, vendor=v), note(part), part)
            for v, part in ((v, total(c for c in cells if c.vendor == v)) for v in found.vendors)
            if part.calls or part.billed is not None
        ]
        made.append(Table("vendors", "By vendor", "Vendor", rows))
    elif narrowed.model is None:
        models = sorted({c.model for c in cells}, key=lambda m: -_size(c for c in cells if c.model == m))
        rows = []
        for model in models:
            mine = [c for c in cells if c.model == model]
            rows.append(row(model_name(model, mine), address(**here, model=model), note(total(mine)), total(mine)))
        made.append(Table("models", "By model", "Model", rows))
    if narrowed.day is None:
        made.append(_by_time(choice, cells, here, address))
    return made


def _by_time(choice: Choice, cells: Sequence[Cell], here: dict[str, str], address: Callable[..., str]) -> Table:
    """Newest first; over a long period by month."""
    if choice.days >= BY_MONTH:
        months = sorted({c.day.replace(day=1) for c in cells}, reverse=True)
        rows = []
        for month in months:
            mine = [c for c in cells if c.day.replace(day=1) == month]
            days = {c.day for c in mine}
            part = total(mine)
            rows.append(row(f"{month:%B %Y}", "", note(part) or days_words(days), part))
        return Table("days", "By month", "UTC days", rows)
    rows = []
    for day in sorted({c.day for c in cells}, reverse=True):
        part = total(c for c in cells if c.day == day)
        rows.append(row(f"{day:%a}{NBSP}{day_text(day)}", address(**here, day=day.isoformat()), note(part), part))
    return Table("days", "By day", "UTC day", rows)


def _size(cells: Iterable[Cell]) -> Decimal:
    return sum((max(c.traced, c.billed or Decimal(0)) for c in cells), Decimal(0))


def _reason(which: Class, amount: Decimal, whole: Sum) -> Reason:
    share = text_of(amount / whole.billed, Unit.FRACTION) if whole.billed else "–"
    return Reason(which.words, signed(amount), share, class_sentence(which, amount, whole))


def _bills(found: Reconciliation, by_vendor: dict[str, Sum]) -> list[Bill]:
    """For each vendor the kinds of source whose bills count, and what others reckon of the same calls."""
    made = []
    for vendor in by_vendor:
        mine = [choice for (v, _), choice in found.bills.items() if v == vendor]
        kinds = sorted({choice.kind for choice in mine})
        sums: dict[tuple[str, str], Decimal] = {}
        for choice in mine:
            for kind, currency, amount in choice.others:
                sums[kind, currency] = sums.get((kind, currency), Decimal(0)) + amount
            for currency, amount in choice.foreign:
                sums["", currency] = sums.get(("", currency), Decimal(0)) + amount
        left_out = [
            f"{name_of(kind)} says {text_of(amount, Unit.MONEY, currency)}: not added"
            if kind
            else f"{text_of(amount, Unit.MONEY, currency)}: not compared"
            for (kind, currency), amount in sorted(sums.items())
        ]
        if kinds:
            said = ", ".join(source_words(kind, name_of(kind)) for kind in kinds)
            made.append(Bill(vendor_name(vendor), said, left_out))
    return made


def _missing(client: Client, vendor: str, *, may_connect: bool) -> Missing:
    kind, advice = CONNECT.get(vendor, ("", "No kind of source brings its bill yet."))
    url = f"{reverse('source-connect', args=[client.slug])}?kind={kind}" if kind and may_connect else ""
    return Missing(vendor_name(vendor), advice, url)
