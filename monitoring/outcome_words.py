"""Outcomes and their figures in words for their pages: values, who said so, what was said before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from clients.writing import NBSP, in_force

from .catalogue import Unit
from .judging import moves
from .models import OutcomeDefinition, OutcomeKind, OutcomeValue
from .outcomes import metric_of
from .readings import Reading, Series
from .summary import Histogram
from .wording import noun_of, reading_text, text_of


@dataclass(frozen=True)
class OutcomeRow:
    """An outcome in the list: what it reads over the page's days, and the newest figure."""

    key: str
    name: str
    value: str
    n: str
    provenance: str
    evidence: str
    who: str
    newest: str
    worth: str


@dataclass(frozen=True)
class SaidRow:
    """One thing that was said of one stretch of days; `standing` until something newer was, `state` what became of it."""

    days: str
    value: str
    n: str
    flags: str
    who: str
    said_at: str
    standing: bool
    counts: bool
    state: str
    source: str
    ref: str


def headline(series: Iterable[Series], days: int) -> str:
    """What truly moved, the worst first; else how many outcomes have figures."""
    known = list(series)
    told = moves(s.change for s in known)
    if told:
        now, before = told[0].now, told[0].before
        word = "rose" if (told[0].points or 0) > 0 else "fell"
        return f"{now.metric.name} {word} from {reading_text(before)} to {reading_text(now)} over the last {days} days."
    filled = sum(1 for s in known if s.now.n)
    if not known:
        return "No outcome is defined yet."
    if not filled:
        return f"No outcome has figures in the last {days} days."
    what = "The one outcome has" if len(known) == 1 else f"{filled} of {len(known)} outcomes have"
    return f"{what} figures in the last {days} days; none moved for sure."


def cases(reading: Reading) -> str:
    """``424 of 616 chats``, ``42 tickets``."""
    m = reading.metric
    n = text_of(Decimal(reading.n), Unit.CALLS)
    if m.unit is Unit.FRACTION:
        return f"{text_of(reading.summary.total, Unit.CALLS)} of {n}{NBSP}{m.of}"
    return f"{n}{NBSP}{noun_of(reading.n, m.of)}"


def figure_text(definition: OutcomeDefinition, value: OutcomeValue) -> tuple[str, str]:
    """A single figure and what it rests on: ``68.8%`` and ``424 of 616 chats``; a dash for what was taken back."""
    if value.numerator is None:
        return "–", ""
    m, top, bottom = metric_of(definition), value.numerator, value.denominator
    match OutcomeKind(definition.kind):
        case OutcomeKind.RATE:
            rate = top / bottom if bottom else None
            of = f"{text_of(top, Unit.CALLS)} of {text_of(bottom or Decimal(0), Unit.CALLS)}{NBSP}{m.of}"
            return (f"no {m.of}" if rate is None else text_of(rate, m.unit)), of
        case OutcomeKind.MEDIAN:
            buckets, counts = (np.array(listed or (), np.int64) for listed in (value.buckets, value.counts))
            middle = Histogram(buckets, counts).quantile(0.5)
            said = f"no {m.of}" if middle is None else text_of(Decimal(str(middle)), m.unit)
            return said, f"{text_of(bottom or Decimal(0), Unit.CALLS)}{NBSP}{m.of}"
        case _:
            return text_of(top, m.unit), f"{text_of(bottom, Unit.CALLS)}{NBSP}{m.of}" if bottom is not None else ""


def said_row(definition: OutcomeDefinition, value: OutcomeValue, at: str, *, standing: bool, counting: bool) -> SaidRow:
    """A row of what was said, as the outcome's page lists it; `counting` is off for cases that their day's figure counts already."""
    counts = standing and counting and value.numerator is not None
    text, of = figure_text(definition, value)
    flags = [
        f"{number} {word}"
        for number, word in (
            (value.success, "a success"),
            (value.retried, "tried again"),
            (value.overridden, "overridden"),
        )
        if number is not None
    ]
    return SaidRow(
        days_text(value),
        text,
        of,
        ", ".join(flags),
        who_said(value),
        at,
        standing,
        counts,
        _state(value, standing=standing, counts=counts),
        value.source.public_id if value.source else "",
        value.ref,
    )


def _state(value: OutcomeValue, *, standing: bool, counts: bool) -> str:
    if not standing:
        return "replaced"
    if value.numerator is None:
        return "taken back"
    return "counts" if counts else "in the day’s figure"


def outcome_headline(definition: OutcomeDefinition, rows: Sequence[SaidRow]) -> str:
    """What stands for the newest days, and who says so; what was taken back is no figure."""
    known = next((row for row in rows if row.counts), None)
    newest = rows[0] if rows else None
    if newest is None:
        return f"Nobody has said anything about {definition.name} yet."
    if newest.standing and not newest.counts and (known is None or known.days != newest.days):
        back = f"{newest.who} took back the figure for {newest.days}"
        if known is None:
            return f"{back}: nothing is known of {definition.name} now."
        return f"{definition.name}: {known.value} for {known.days}, says {known.who}. {back}."
    known = known or newest
    return f"{definition.name}: {known.value} for {known.days}, says {known.who}."


def days_text(value: OutcomeValue) -> str:
    """``3 November 2026``, ``1–30 November 2026``."""
    return in_force().days(value.first_day, value.last_day, year=True)


def who_said(value: OutcomeValue) -> str:
    """The source, or the person who typed it; both where a person corrected what a source said."""
    name = value.source.name if value.source else ""
    if value.said_by:
        return f"{value.said_by.label}, correcting {name}" if name else f"{value.said_by.label} (typed)"
    return name


def worth_text(definition: OutcomeDefinition, currency: str) -> str:
    """``$40 in labor each, says Theo Brandt``."""
    if definition.worth is None:
        return ""
    each = text_of(definition.worth, Unit.MONEY, currency)
    return f"{each}{f' in {definition.worth_of}' if definition.worth_of else ''} each, says {definition.worth_said_by}"
