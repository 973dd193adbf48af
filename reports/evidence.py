"""What was read for one report, handed from the database's side to the composing side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from monitoring.happenings import Happening
from monitoring.readings import Breakdown, Change, Period, Reading, Series
from monitoring.reconciliation.spend import Spend
from monitoring.seams import Seam

from .composed import ClientCard, PracticeCard


@dataclass(frozen=True)
class Standing:
    """A target and where it stands. `status` is one of met, on_track, watch, off_track, too_early, no_baseline, no_data."""

    name: str
    reading: Reading
    goal: Decimal
    baseline: Decimal | None
    status: str
    word: str
    glyph: str
    why: str = ""
    share: Decimal | None = None
    due: date | None = None
    owner: str = ""
    baseline_n: int | None = None
    baseline_source: str = ""
    series: Series | None = None
    goal_text: str = ""
    """The goal in words where it is more than a number: a level to be held."""
    kept: str = ""
    """Of a level to be held, on how many days it was: ``40 of 45 days``."""


@dataclass(frozen=True)
class Arrival:
    """A source and when it last delivered, or what went wrong."""

    name: str
    kind: str
    last_at: datetime | None
    error: str = ""
    error_at: datetime | None = None
    stuck_at: datetime | None = None
    """Up to when FracOps has read it, if that is behind what could be."""
    final_to: datetime | None = None
    """Up to when its provider no longer corrects what it said."""

    @property
    def failing(self) -> bool:
        return bool(self.error) and (self.last_at is None or self.error_at is None or self.error_at > self.last_at)


@dataclass(frozen=True)
class Evidence:
    """Everything a report of one client and period is composed from.

    `models` and `systems` hold the period and the one before it per model and system; `month` reads the month up to the
    period's end.
    """

    client: ClientCard
    practice: PracticeCard
    period: Period
    revision: int
    now: datetime
    series: Mapping[str, Series]
    models: Sequence[Breakdown] = ()
    systems: Sequence[Breakdown] = ()
    standings: Sequence[Standing] = ()
    arrivals: Sequence[Arrival] = ()
    seams: Sequence[Seam] = ()
    """Where in the period, or the one before, a source goes on with what another had measured."""
    month: Mapping[str, Reading] | None = None
    charter: str = ""
    focus: Series | None = None
    """The days of the model or system whose move is told first, where it is not the whole client's."""
    open_from: date | None = None
    """The first local day that a source of calls may still correct; None where none may."""
    price_tables: tuple[str, ...] = ()
    """The price tables behind what was estimated in the period."""
    spend: Spend | None = None
    """What AI cost, where vendors' bills of the period count; else only what traces say is known."""
    spend_before: Spend | None = None
    """The same of the period before."""
    happened: Sequence[Happening] = ()
    """What the client is shown of what happened in the period and the one before."""
    label: str = ""
    """Of a pulse that tells other days than its week's: the week's label."""

    def change(self, key: str) -> Change | None:
        found = self.series.get(key)
        return found.change if found else None

    def reading(self, key: str) -> Reading | None:
        found = self.series.get(key)
        return found.now if found else None

    @property
    def days_with_calls(self) -> int:
        calls = self.series.get("calls")
        return calls.days_with_data if calls else 0
