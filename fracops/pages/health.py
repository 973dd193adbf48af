"""How a client is, by a plain rule whose reasons are shown. Pure: facts in, words out. docs/portfolio.md states the rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from clients.quickadd import words_of
from clients.retainer import ending_words
from monitoring.catalogue import Unit
from monitoring.models import Signal
from monitoring.targets import Status
from monitoring.wording import text_of

from .frames import moment_text
from .many import Facts
from .marks import Mark

SILENT = timedelta(hours=48)
"""Longer than a weekend's quiet is usual; after it data counts as not arriving."""


class Health(StrEnum):
    """Worst first. What nothing is known of is neither well nor unwell."""

    OFF = "off"
    WATCH = "watch"
    WELL = "well"
    UNKNOWN = "unknown"

    @property
    def mark(self) -> Mark:
        return _MARKS[self]


_MARKS = {
    Health.OFF: Mark("off", "off", "Off track"),
    Health.WATCH: Mark("watch", "watch", "Watch"),
    Health.WELL: Mark("good", "good", "Well"),
    Health.UNKNOWN: Mark("early", "none", "Too early"),
}


@dataclass(frozen=True)
class Reason:
    """Why a client is not well, in a few words."""

    words: str
    off: bool


@dataclass(frozen=True)
class Condition:
    """A client's health with every reason, worst first."""

    health: Health
    reasons: Sequence[Reason]

    @property
    def order(self) -> tuple[int, int, int]:
        """Sorts the worst first: by health, then by how many reasons are bad, then by how many there are."""
        bad = sum(reason.off for reason in self.reasons)
        return (list(Health).index(self.health), -bad, -len(self.reasons))


def condition_of(one: Facts, now: datetime) -> Condition:
    """Off track with any bad reason, watch with any other, well where there is data or a charter and no reason, else too early."""
    reasons = sorted([*_signals(one), *_targets(one), *_arrival(one, now), *_hours(one), *_spend(one), *_end(one)],
                     key=lambda reason: not reason.off)  # fmt: skip
    if reasons:
        return Condition(Health.OFF if reasons[0].off else Health.WATCH, reasons)
    known = one.newest is not None or bool(one.glance and one.glance.targets)
    return Condition(Health.WELL if known else Health.UNKNOWN, ())


def _signals(one: Facts) -> list[Reason]:
    act = sum(signal.severity == Signal.Severity.ACT for signal in one.signals)
    watch = len(one.signals) - act
    return [Reason(_count(n, "open signal"), off) for n, off in ((act, True), (watch, False)) if n]


def _targets(one: Facts) -> list[Reason]:
    told = one.glance.targets if one.glance else []
    off = sum(target["status"] == Status.OFF_TRACK for target in told)
    watch = sum(target["status"] == Status.WATCH for target in told)
    return [
        Reason(words, bad)
        for n, words, bad in (
            (off, f"{_count(off, 'target')} off track", True),
            (watch, f"{_count(watch, 'target')} to watch", False),
        )
        if n
    ]


def _arrival(one: Facts, now: datetime) -> list[Reason]:
    if one.broken:
        return [Reason(f"{_count(len(one.broken), 'source')} to look at", True)]
    if one.newest and now - one.newest > SILENT:
        return [Reason(f"No data since {moment_text(one.newest, one.client.zone)}", True)]
    if one.watched and one.newest is None:
        return [Reason("Nothing has arrived yet", False)]
    return []


def _hours(one: Facts) -> list[Reason]:
    burn = one.burn
    if burn is None or not burn.available:
        return []
    if burn.worked > burn.available:
        return [Reason(f"{words_of(burn.worked - burn.available)} over the plan", True)]
    if burn.projected is not None and burn.projected > burn.available:
        return [Reason(f"Hours are heading for {words_of(burn.projected)}", False)]
    return []


def _spend(one: Facts) -> list[Reason]:
    budget, glance = one.client.ai_budget, one.glance
    if budget is None or glance is None or glance.spent is None:
        return []
    if glance.spent > budget:
        return [Reason("AI spend is over its budget", True)]
    if glance.heading is not None and glance.heading > budget:
        return [Reason(f"AI spend is heading for {text_of(glance.heading, Unit.MONEY)}", False)]
    return []


def _end(one: Facts) -> list[Reason]:
    ending = one.engagement and (one.engagement.ends_on is None or one.engagement.ends_on >= one.today)
    words = ending_words(one.engagement) if one.engagement and ending else ""
    return [Reason(words.partition(":")[0], False)] if words else []


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
