"""The rows of the cost page and of its CSV: five numbers each, traced, billed, the gap, what explains it and what does not."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.http import HttpResponse

from clients.models import Client
from monitoring.catalogue import Unit
from monitoring.reconciliation.classes import Class
from monitoring.reconciliation.names import WHOLE
from monitoring.reconciliation.reckon import NO_BILL, NOT_YET, Cell, Reconciliation, Sum
from monitoring.reconciliation.sentences import money, settled, signed
from monitoring.wording import text_of

from .marks import Mark
from .periods import Choice
from .tables import Cell as Number

COLUMNS = ("Traced", "Billed", "Gap", "Explained", "Unexplained")
_NAMED = 2
"""Classes named under a row's explained amount."""
TOO_MUCH = Decimal("0.005")
"""The unexplained share of a bill from which a row is marked."""


@dataclass(frozen=True)
class Row:
    """A vendor, model or stretch of days: its name, the page that opens it, and its five numbers."""

    name: str
    url: str
    note: str
    cells: Sequence[Number]


@dataclass(frozen=True)
class Table:
    """What components/costs.html draws: rows under a head for their names and one for each number."""

    id: str
    title: str
    head: str
    rows: Sequence[Row]
    columns: Sequence[str] = COLUMNS


def row(name: str, url: str, note: str, part: Sum) -> Row:
    """One row. Without a bill only the traced cost has a number; the others show a dash, never a zero."""
    nothing = "–"
    compared = part.billed is not None
    share = "all" if part.estimated == part.traced else money(part.estimated)
    estimated = f"{share} estimated" if part.estimated else ""
    largest = sorted(part.classes.items(), key=lambda item: -abs(item[1]))
    named = "; ".join(f"{which.words} {signed(amount)}" for which, amount in largest[:_NAMED])
    more = len(largest) - _NAMED
    named += f"; {more} more" if more > 0 else ""
    numbers = (
        (money(part.traced), estimated),
        (money(part.billed) if part.billed is not None else nothing, ""),
        (signed(part.gap) if part.gap is not None else nothing, ""),
        (signed(part.explained) if compared else nothing, named),
        (signed(part.rest) if compared else nothing, "" if settled(part.rest) else _percent(part.rest_share)),
    )
    cells = [Number(label, text, "", None, said) for label, (text, said) in zip(COLUMNS, numbers, strict=True)]
    if part.rest_share is not None and part.rest_share > TOO_MUCH:
        cells[-1] = replace(cells[-1], mark=Mark("watch", "watch", "Look into it"))
    return Row(name, url, note, cells)


def _percent(share: Decimal | None) -> str:
    return f"{text_of(share, Unit.FRACTION)} of the bill" if share is not None else ""


def note(part: Sum) -> str:
    """What stands under a row's name: why something of it is not compared, or that it is not final."""
    if part.why_not:
        whys = "no bill" if part.why_not == {NO_BILL, NOT_YET} else "; ".join(sorted(part.why_not))
        return whys if part.billed is None else f"in part: {whys}"
    return "" if part.final else "not final yet"


def model_name(model: str, cells: Sequence[Cell]) -> str:
    if model != WHOLE:
        return model
    return "Not tokens" if all(set(c.classes) <= {Class.OTHER} and not c.traced for c in cells) else "All models"


def as_csv(client: Client, choice: Choice, cells: Sequence[Cell], found: Reconciliation) -> HttpResponse:
    """A row for each vendor, UTC day and model, unrounded, in US dollars."""
    name = f"{client.slug}-costs-{choice.period.start}-{choice.period.last}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
    writer = csv.writer(response)
    head = [
        "utc_day",
        "vendor",
        "model",
        "calls",
        "unpriced_calls",
        "traced",
        "estimated",
        "price_table",
        "billed",
        "bill_of",
        "gap",
    ]
    writer.writerow([*head, *(which.value for which in Class), "unexplained", "final", "not_compared"])
    table = " ".join(found.tables)
    for c in cells:
        bill = found.bills.get((c.vendor, c.day))
        compared = c.billed is not None
        numbers = [c.day.isoformat(), c.vendor, c.model, c.calls, c.unpriced, _plain(c.traced), _plain(c.estimated)]
        numbers += [table if c.estimated else "", _plain(c.billed), bill.kind if bill else "", _plain(c.gap)]
        numbers += [_plain(c.classes.get(which, Decimal(0))) if compared else "" for which in Class]
        writer.writerow([*numbers, _plain(c.rest) if compared else "", "yes" if c.final else "no", c.why_not])
    return response


def _plain(amount: Decimal | None) -> str:
    """Every digit, without an exponent or zeros at the end."""
    return "" if amount is None else f"{amount.normalize():f}" if amount else "0"
