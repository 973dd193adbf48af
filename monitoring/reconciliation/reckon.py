"""The reconciliation of one client's books: a cell for each vendor, UTC day and model, and sums of cells."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, localcontext

from . import series
from .choice import Choice, Sorted, sort
from .classes import DIGITS, Class, exact, split
from .keys import untracked
from .names import WHOLE, Line, line_of, model_key
from .rows import Billed, Books, Traced, Used

NO_BILL, NOT_YET = "no bill for this day", "not billed yet"
_ZERO = Decimal(0)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Cell:
    """One model of one vendor on one UTC day. Money in US dollars.

    `billed` is None where nothing can be compared, and `why_not` says why; then there is no gap and no class. Else
    ``billed − traced = sum of classes + rest``, exactly.
    """

    vendor: str
    day: date
    model: str
    traced: Decimal = _ZERO
    estimated: Decimal = _ZERO
    """The part of `traced` that was priced from list prices."""
    calls: int = 0
    unpriced: int = 0
    billed: Decimal | None = None
    listed: Decimal | None = None
    """The list price of all that the provider counted, None where that is not known."""
    classes: Mapping[Class, Decimal] = field(default_factory=dict)
    rest: Decimal = _ZERO
    final: bool = True
    counted: bool = False
    """Whether the provider's count of usage is known for this vendor and day."""
    why_not: str = ""
    keys: frozenset[str] = frozenset()
    """Keys that send no traces, behind Class.KEY."""
    tiers: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    """What is billed besides tokens, in the bill's words."""
    unlisted: frozenset[str] = frozenset()
    """Models on no price list."""

    @property
    def gap(self) -> Decimal | None:
        return None if self.billed is None else self.billed - self.traced


@dataclass(frozen=True)
class Sum:
    """Cells added up. What was not compared is in `traced` and `estimated`, but in nothing else."""

    traced: Decimal = _ZERO
    estimated: Decimal = _ZERO
    calls: int = 0
    unpriced: int = 0
    compared: Decimal = _ZERO
    """The part of `traced` that is set against a bill."""
    billed: Decimal | None = None
    classes: Mapping[Class, Decimal] = field(default_factory=dict)
    rest: Decimal = _ZERO
    final: bool = True
    counted: bool = True
    why_not: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    unlisted: frozenset[str] = frozenset()

    @property
    def gap(self) -> Decimal | None:
        return None if self.billed is None else self.billed - self.compared

    @property
    def explained(self) -> Decimal:
        return sum(self.classes.values(), _ZERO)

    @property
    def rest_share(self) -> Decimal | None:
        """The unexplained part of the bill, as a fraction of it; None without a bill."""
        return abs(self.rest) / abs(self.billed) if self.billed else None


@dataclass(frozen=True)
class Reconciliation:
    """All cells of a client over some UTC days, with what was chosen and found on the way."""

    cells: Sequence[Cell] = ()
    bills: Mapping[tuple[str, date], Choice] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    """The price tables behind traced cost that was estimated."""

    @property
    def vendors(self) -> list[str]:
        """The vendors, those with the most money first."""
        sizes: dict[str, Decimal] = defaultdict(Decimal)
        for cell in self.cells:
            sizes[cell.vendor] += max(cell.traced, cell.billed or _ZERO)
        return sorted(sizes, key=lambda vendor: (-sizes[vendor], vendor))


def total(cells: Iterable[Cell]) -> Sum:
    """Cells added up, without rounding."""
    listed = list(cells)
    compared = [c for c in listed if c.billed is not None]
    with localcontext(prec=DIGITS):
        classes = {w: sum((c.classes.get(w, _ZERO) for c in compared), _ZERO) for w in Class}
        return Sum(
            traced=sum((c.traced for c in listed), _ZERO),
            estimated=sum((c.estimated for c in listed), _ZERO),
            calls=sum(c.calls for c in listed),
            unpriced=sum(c.unpriced for c in listed),
            compared=sum((c.traced for c in compared), _ZERO),
            billed=sum((c.billed for c in compared if c.billed is not None), _ZERO) if compared else None,
            classes={which: amount for which, amount in classes.items() if amount},
            rest=sum((c.rest for c in compared), _ZERO) or _ZERO,
            final=all(c.final for c in listed),
            counted=all(c.counted for c in compared),
            why_not=frozenset(c.why_not for c in listed if c.why_not),
            keys=_union(compared, lambda c: c.keys),
            tiers=_union(compared, lambda c: c.tiers),
            others=_union(compared, lambda c: c.others),
            unlisted=_union(compared, lambda c: c.unlisted),
        )


def _union(cells: Iterable[Cell], of: Callable[[Cell], frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*(of(c) for c in cells))


def reconcile(books: Books) -> Reconciliation:
    """Compare a client's books. Pure: the same books give the same cells."""
    sorted_books = sort(books)
    silent = _silent(sorted_books)
    cells = [cell for place in sorted_books.places for cell in _place(books, sorted_books, *place, silent)]
    by_model: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        by_model[cell.vendor, cell.model].append(cell)
    done = [cell for group in by_model.values() for cell in _with_neighbours(group)]
    tables = sorted({row.table for row in books.traced if row.table})
    return Reconciliation(
        sorted(done, key=lambda c: (c.vendor, c.day, c.model)),
        sorted_books.bills,
        tuple(tables),
    )


def _silent(books: Sorted) -> dict[str, frozenset[str]]:
    used: dict[str, list[Used]] = defaultdict(list)
    traced: dict[str, list[Traced]] = defaultdict(list)
    for (vendor, _), uses in books.used.items():
        used[vendor] += uses
    for (vendor, _), spans in books.traced.items():
        traced[vendor] += spans
    return {vendor: untracked(rows, traced[vendor]) for vendor, rows in used.items()}


def _place(books: Books, known: Sorted, vendor: str, day: date, silent: Mapping[str, frozenset[str]]) -> Iterable[Cell]:
    """The cells of a vendor and day, before the days around are looked at."""
    place = vendor, day
    traced, bill = known.traced.get(place, ()), known.bills.get(place)
    used = known.used.get(place)
    lines = [(line_of(b.service, b.model, b.line), b) for b in bill.rows] if bill else []
    # A bill that names no model anywhere on a day is compared with all models together.
    whole = any(line.model == WHOLE and line.tokens for line, _ in lines)

    def key(model: str) -> str:
        return WHOLE if whole else model_key(model)

    final = _final(books, vendor, day, bill)
    why_not = _why_not(bill, day, final=final)
    models = {key(t.model) for t in traced} | {key(u.model) for u in used or ()}
    models |= {WHOLE if whole else line.model for line, _ in lines}
    for model in sorted(models):
        spans = [t for t in traced if key(t.model) == model]
        counts = None if used is None else [u for u in used if key(u.model) == model and _in_tokens(u)]
        mine = [(line, b) for line, b in lines if whole or line.model == model]
        if not (spans or counts or mine):
            continue
        yield _cell(vendor, day, model, spans, counts, mine, silent.get(vendor, frozenset()), final, why_not)


def _in_tokens(use: Used) -> bool:
    return bool(use.input or use.output)


def _final(books: Books, vendor: str, day: date, bill: Choice | None) -> bool:
    """Whether whoever bills a day no longer corrects it; a day that nobody has billed is as late as its vendor's usual bill."""
    kind = bill.kind if bill else vendor
    allowed = (books.final_after or {}).get(kind, _DAY)
    return books.now >= datetime.combine(day + _DAY, time(), UTC) + allowed


def _why_not(bill: Choice | None, day: date, *, final: bool) -> str:
    if bill is None:
        return NO_BILL if final else NOT_YET
    if bill.foreign:
        named = ", ".join(currency for currency, _ in bill.foreign)
        return f"billed in {named}, which is not compared with US dollars"
    return ""


def _cell(
    vendor: str,
    day: date,
    model: str,
    spans: Sequence[Traced],
    counts: Sequence[Used] | None,
    lines: Sequence[tuple[Line, Billed]],
    silent: frozenset[str],
    final: bool,
    why_not: str,
) -> Cell:
    with localcontext(prec=DIGITS):
        cell = Cell(
            vendor,
            day,
            model,
            traced=sum((s.cost for s in spans), _ZERO),
            estimated=sum((s.estimated for s in spans), _ZERO),
            calls=sum(s.calls for s in spans),
            unpriced=sum(s.unpriced for s in spans),
            final=final,
            counted=counts is not None,
            why_not=why_not,
        )
        if why_not:
            return cell
        other = sum((b.amount for line, b in lines if not line.tokens), _ZERO)
        found = split(vendor, day, spans, counts, silent, other)
        billed = sum((b.amount for _, b in lines), _ZERO)
        parts = dict(found.parts)
        if not final and parts.get(Class.MISSING, _ZERO) < 0:
            # More in the traces than was counted: the provider has not counted all of the day yet.
            parts[Class.LATE] = parts.pop(Class.MISSING)
        return replace(
            cell,
            billed=billed,
            listed=found.listed,
            classes=parts,
            rest=exact(billed - cell.traced - sum(parts.values(), _ZERO)),
            keys=frozenset(u.key for u in counts or () if u.key in silent),
            tiers=frozenset(u.tier for u in counts or () if u.tier),
            others=frozenset(line.words for line, _ in lines if not line.tokens),
            unlisted=frozenset(found.unlisted),
        )


def _with_neighbours(cells: Sequence[Cell]) -> Iterable[Cell]:
    """The cells of one vendor and model with what the days around them explain."""
    compared = sorted((c for c in cells if c.billed is not None), key=lambda c: c.day)
    days = [series.DayRest(c.day, c.listed, c.rest, c.final) for c in compared]
    series.explain(days)
    found = {d.day: d for d in days}
    with localcontext(prec=DIGITS):
        for cell in cells:
            day = found.get(cell.day)
            if day is None:
                yield cell
                continue
            parts = dict(cell.classes)
            for which, more in ((Class.PRICE, day.price), (Class.LATE, day.late)):
                parts[which] = exact(parts.get(which, _ZERO) + more)
            yield replace(cell, classes={w: parts[w] for w in Class if parts.get(w)}, rest=exact(day.rest))
