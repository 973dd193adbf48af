"""A composed report: its words, tables and charts, with every fact behind them, before it is rendered as anything."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from monitoring.catalogue import Unit
from monitoring.readings import Period

from . import frozen
from .facts import Fact, Quote, Sentence
from .periods import PULSE

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
        return None if self.share is None else Decimal(16 + 96 * min(max(self.share, Decimal("-0.12")), Decimal("1.12"))).quantize(Decimal("0.1"))

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
    currency: str
    days: tuple[Dot, ...]
    before: tuple[Dot, ...] = ()
    goal: Line | None = None
    baseline: Line | None = None
    bars: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of sentences; the first cell of a row names it, the others are numbers unless `prose`."""

    head: tuple[str, ...]
    rows: tuple[tuple[Sentence, ...], ...]
    title: str = ""
    prose: bool = False


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
    """A whole report: a pulse has `bullets`, an ROI report `figures`, `worse`, `decision` and `sections`."""

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
        return f"week to {last.day} {last:%B}" if self.is_pulse else f"{last:%B %Y}"

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
        return frozen.encode(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """A frozen report as it was. Raises KeyError or ValueError on JSON that `to_json` did not write."""
        return frozen.decode(cls, stored)
