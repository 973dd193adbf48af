"""A composed report: its words, tables and charts, with every fact behind them, before it is rendered as anything."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo

from clients.contrast import readable
from clients.writing import NEUTRAL
from monitoring.catalogue import Unit
from monitoring.flags import Flag
from monitoring.readings import Period
from monitoring.wording import noun_of

from . import frozen
from .facts import AGREED, Fact, Name, Quote, Sentence, sentence
from .periods import PULSE

INK, GROUND = "#14191A", "#F6F7F7"
"""The ink of mails and paper, and the darkest ground a mail has in the light: what can be read on it can be read on white."""
SILENT = Sentence(())
"""Nothing to say."""
HASH_DIGITS = 12
"""How many digits of the content hash a footer shows."""


@dataclass(frozen=True)
class ClientCard:
    """The client as a report shows it. `colour` is hex, `currency` an ISO code."""

    name: str
    slug: str
    colour: str
    zone: str
    currency: str


@dataclass(frozen=True)
class PracticeCard:
    """Who sends the report, and the person a reply reaches; the lead is empty where the client has none."""

    name: str
    sender_name: str
    sender_email: str
    lead_name: str = ""
    lead_email: str = ""
    footer: str = field(default="", metadata=frozen.LATER)
    """What stands under every mail and report: an address, a register number."""
    colour: str = field(default="", metadata=frozen.LATER)
    """Its own colour in hex; "" in reports from before."""

    @property
    def written(self) -> str:
        """The colour in which its name is written, as light or dark as can be read on the mail's ground and on paper."""
        return readable(self.colour, GROUND) if self.colour else INK


@dataclass(frozen=True)
class Bullet:
    """One of the pulse's five rows."""

    slot: str
    sentence: Sentence


@dataclass(frozen=True)
class Figure:
    """A large number of page one, with the line under it."""

    label: str
    quote: Quote
    note: Sentence


TONES = {"met": "good", "on_track": "good", "watch": "watch", "off_track": "off"}

COLOURS = {"good": "#0A6650", "watch": "#855000", "off": "#AD271B", "none": "#566063"}
"""The status colours on paper and in mail."""


@dataclass(frozen=True)
class TargetRow:
    """A target of the charter. `share` runs from 0 at the baseline to 1 at the goal and is negative when worse than baseline."""

    name: str
    now: Quote
    goal: Quote
    baseline: Quote | None
    status: str
    word: str
    glyph: str
    why: str = ""
    share: Decimal | None = None
    due: date | None = None
    owner: str = ""
    kept: str = field(default="", metadata=frozen.LATER)
    """Of a level to be held, on how many days it was: ``40 of 45 days``."""

    @property
    def tone(self) -> str:
        return TONES.get(self.status, "none")

    @property
    def colour(self) -> str:
        return COLOURS[self.tone]

    @property
    def worse(self) -> bool:
        return self.share is not None and self.share < 0

    @property
    def track_x(self) -> Decimal | None:
        """Where the dot stands on a 128 wide track that has the baseline at 16 and the goal at 112."""
        return (
            None
            if self.share is None
            else Decimal(16 + 96 * min(max(self.share, Decimal("-0.12")), Decimal("1.12"))).quantize(Decimal("0.1"))
        )

    @property
    def percent(self) -> int | None:
        """How far from baseline to goal, 0 to 100, for drawing; None where it cannot be said or is worse than the baseline."""
        return None if self.share is None or self.share < 0 else int(min(self.share, Decimal(1)) * 100)


@dataclass(frozen=True)
class Dot:
    """One day of a chart; `value` is None where nothing happened."""

    day: date
    value: Decimal | None
    n: int


@dataclass(frozen=True)
class Line:
    """A level drawn across a chart: a goal or a baseline."""

    value: Decimal
    text: str


@dataclass(frozen=True)
class Chart:
    """A metric day by day, with the days before it. `finding` is its title, `caption` says the measure and unit."""

    key: str
    finding: Sentence
    caption: str
    unit: Unit
    days: tuple[Dot, ...]
    before: tuple[Dot, ...] = ()
    goal: Line | None = None
    baseline: Line | None = None
    bars: bool = False
    flags: tuple[Flag, ...] = field(default=(), metadata=frozen.LATER)
    """What happened in its days, frozen with it: what is mended or taken back afterwards stays in a report as it was."""


@dataclass(frozen=True)
class Cell:
    """A cell as a page shows it, with what stands under it."""

    said: Sentence
    under: Sentence = SILENT

    @property
    def text(self) -> str:
        return f"{self.said}, {self.under}" if self.under else str(self.said)


@dataclass(frozen=True)
class LabelledRow:
    """A table's row: the first fact it quotes, and (column head, cell) pairs."""

    key: str
    cells: tuple[tuple[str, Cell], ...]


CHANGE = "Change"
"""The head of a column that says how the number left of it changed."""


@dataclass(frozen=True)
class Table:
    """Rows of sentences; the first cell of a row names it, the others are numbers unless `prose`.

    Where several numbers each have a column for their change, no page is wide enough: the change stands under its number.
    `columns` and `stacked` are the heads and rows as they are shown.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[Sentence, ...], ...]
    title: str = ""
    prose: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.head[0], *self.head[1::2]) if self._stacks else self.head

    @property
    def stacked(self) -> tuple[tuple[Cell, ...], ...]:
        if not self._stacks:
            return tuple(tuple(map(Cell, row)) for row in self.rows)
        return tuple((Cell(row[0]), *map(Cell, row[1::2], row[2::2])) for row in self.rows)

    @property
    def _stacks(self) -> bool:
        changes = self.head[2::2]  # by their places: a score may be called “Change” too
        return len(changes) > 1 and set(changes) == {CHANGE}

    @property
    def labelled(self) -> list[LabelledRow]:
        """The rows with each cell's column head, for pages that turn rows into blocks on a phone."""
        return [LabelledRow(row[1].said.fact_key, tuple(zip(self.columns, row, strict=True))) for row in self.stacked]


@dataclass(frozen=True)
class Section:
    """A part of the ROI report after page one."""

    key: str
    title: str
    lead: Sentence
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True)
class Composed:
    """A whole report: a pulse has `bullets`, an ROI report `figures`, `worse`, `decision` and `sections`.

    `revision` is the number it is frozen under, and 0 of one that is not frozen: nobody can hold it against an edition.
    """

    kind: str
    label: str
    period: Period
    revision: int
    composed_at: datetime
    client: ClientCard
    practice: PracticeCard
    headline: Sentence
    subject: Sentence
    preheader: Sentence
    facts: dict[str, Fact]
    bullets: tuple[Bullet, ...] = ()
    targets: tuple[TargetRow, ...] = ()
    targets_title: str = ""
    figures: tuple[Figure, ...] = ()
    chart: Chart | None = None
    worse: tuple[Sentence, ...] = ()
    decision: Sentence = SILENT
    sections: tuple[Section, ...] = ()

    @property
    def method(self) -> Table:
        """How every fact is worked out and known, in the order of their keys."""
        return method_table(self.facts[key] for key in sorted(self.facts))

    @property
    def has_bars(self) -> bool:
        """Whether a mail draws a bar for any target."""
        return any(t.percent is not None for t in self.targets)

    @property
    def edition(self) -> str:
        """``revision 2`` of a frozen report; any other belongs to no revision and says so."""
        return f"revision {self.revision}" if self.revision else "not frozen"

    @property
    def report_id(self) -> str:
        return f"{self.client.slug}-{self.label}"

    @property
    def is_pulse(self) -> bool:
        return self.kind == PULSE

    @property
    def title(self) -> str:
        return f"{'AI weekly' if self.is_pulse else 'ROI report'}, {self.period_text}"

    @property
    def period_text(self) -> str:
        """``week to 5 November`` or ``October 2026``."""
        last = self.period.last
        return f"week to {NEUTRAL.day(last)}" if self.is_pulse else f"{last:%B %Y}"

    @property
    def asks(self) -> bool:
        """Whether the decision is a question."""
        return self.decision.text.endswith("?")

    @property
    def period_title(self) -> str:
        """``Week to 5 November`` or ``October 2026``."""
        return self.period_text[:1].upper() + self.period_text[1:]

    @property
    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON of facts and words; a revision with the same content has the same hash."""
        content = {k: v for k, v in frozen.encode(self).items() if k not in {"revision", "composed_at"}}
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @property
    def short_hash(self) -> str:
        """The first digits of the content hash in groups of four, as a footer prints them."""
        digits = self.content_hash[:HASH_DIGITS]
        return " ".join(digits[i : i + 4] for i in range(0, HASH_DIGITS, 4))

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON values; `from_json` reads back an equal report."""
        return dict(frozen.encode(self))

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """A frozen report as it was. Raises KeyError or ValueError on JSON that `to_json` did not write."""
        read: Self = frozen.decode(cls, stored)
        return read


def method_table(facts: Iterable[Fact]) -> Table:
    """A row per fact that is read or worked out; plain counts of cases and days stand in their own tables."""
    rows = tuple(method_row(f) for f in facts if f.formula and not f.under)
    return Table(("Number", "Value", "How it is worked out", "How we know"), rows, prose=True)


def method_row(fact: Fact) -> tuple[Sentence, ...]:
    """Name, value, formula, and provenance with cases, sources and freshness."""
    known = ["agreed with you" if fact.formula == AGREED else fact.provenance.words]
    if fact.n is not None and fact.of:
        known.append(f"{NEUTRAL.number(fact.n)} {noun_of(fact.n, fact.of)}")
    if fact.sources:
        known.append(f"from {', '.join(fact.sources)}")
    if fact.as_of:
        zone = fact.period.zone if fact.period else "UTC"
        known.append(f"as of {moment_text(fact.as_of, zone)}")
    return sentence(Name(fact.label)), sentence(fact), sentence(Name(fact.formula)), sentence(Name("; ".join(known)))


def moment_text(moment: datetime, zone: str) -> str:
    """``5 November, 07:00`` on the zone's clock."""
    local = moment.astimezone(ZoneInfo(zone))
    return NEUTRAL.moment(local)
