"""How far a charter's targets are: from points, never typed."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from clients.models import Charter, Client, Target

from .catalogue import Better, Metric
from .outcomes import metrics_by_key
from .readings import Reading, Series, complete_days, needed
from .series import Origin, Slice, all_series
from .settling import Unsettled, last_settled
from .wording import noun_of, text_of

WINDOW_DAYS = 7
EARLY_SHARE = Decimal("0.2")
"""In the first fifth of a quarter a target that is not met is "too early" to judge."""
SLACK = Decimal("0.1")
"""How far behind the straight line from baseline to goal still counts as on track."""


class Status(StrEnum):
    """Where a target stands: a shape and a word, never a colour alone."""

    MET = "met"
    ON_TRACK = "on_track"
    WATCH = "watch"
    OFF_TRACK = "off_track"
    TOO_EARLY = "too_early"
    NO_BASELINE = "no_baseline"
    NO_DATA = "no_data"

    @property
    def word(self) -> str:
        return {
            "met": "Met",
            "on_track": "On track",
            "watch": "Watch",
            "off_track": "Off track",
            "too_early": "Too early",
            "no_baseline": "No baseline",
            "no_data": "No data",
        }[self.value]

    @property
    def glyph(self) -> str:
        return {
            "met": "●",
            "on_track": "●",
            "watch": "▲",
            "off_track": "■",
            "too_early": "◐",
            "no_baseline": "○",
            "no_data": "–",
        }[self.value]


@dataclass(frozen=True)
class Progress:
    """A target now: its reading over the last WINDOW_DAYS complete days, and what that means."""

    target: Target
    metric: Metric
    reading: Reading
    status: Status
    why: str
    share: Decimal | None
    """The way from the baseline (0) to the goal (1); negative is worse than the baseline, None cannot be said."""
    series: Series


def progress(
    client: Client,
    charter: Charter,
    now: datetime,
    *,
    seen: Origin | None = None,
    open_days: Unsettled | None = None,
) -> list[Progress]:
    """Each target of a charter as it stands, in the charter's order. One read of points per distinct system and model.

    With `open_days` it stands where it stood over the last WINDOW_DAYS days that are settled; outcomes have no such days.
    """
    today = now.astimezone(ZoneInfo(client.zone)).date()
    targets = list(charter.targets.all())
    read: dict[Slice, dict[str, Series]] = {}
    metrics = metrics_by_key(client, (t.metric for t in targets))
    recent = complete_days(WINDOW_DAYS, client.zone, now)
    final = last_settled(open_days, recent)
    for within in {slice_of(t) for t in targets}:
        wanted = [metrics[t.metric] for t in targets if slice_of(t) == within]
        outcomes, counted = ([m for m in wanted if m.is_outcome is told] for told in (True, False))
        read[within] = all_series(client, outcomes, recent, within, seen=seen) if outcomes else {}
        read[within] |= all_series(client, counted, final, within, seen=seen) if counted else {}
    return [judge(t, charter, read[slice_of(t)][metrics[t.metric].key], today) for t in targets]


def slice_of(target: Target) -> Slice:
    """The part of the client's traffic a target speaks of."""
    return Slice(target.system_id, target.model or None)


def judge(target: Target, charter: Charter, series: Series, today: date) -> Progress:
    """Where a target stands on a day, by where the straight line from its baseline to its goal would be by then."""
    m, reading = series.metric, series.now

    def verdict(status: Status, why: str, share: Decimal | None = None) -> Progress:
        return Progress(target, m, reading, status, why, share, series)

    if reading.value is None:
        return verdict(Status.NO_DATA, f"There were {reading.reason}.")
    share = None if target.baseline is None else _share(target.baseline, target.goal, reading.value)
    if reading.n < needed(m):
        return verdict(
            Status.TOO_EARLY,
            f"Only {reading.n} {noun_of(reading.n, m.of)} in {reading.period.days} days; {needed(m)} are needed to judge.",
            share,
        )
    elapsed = _elapsed(charter, target, today)
    goal = text_of(target.goal, m.unit)
    if target.baseline is None or share is None:
        if _reached(m, reading.value, target):
            return verdict(Status.MET, f"At the goal of {goal}.")
        return verdict(Status.NO_BASELINE, f"The goal is {goal}; nothing is agreed yet to measure the way from.")
    if _reached(m, reading.value, target):
        return verdict(Status.MET, f"At the goal of {goal}.", share)
    if elapsed < EARLY_SHARE:
        return verdict(
            Status.TOO_EARLY,
            f"The quarter is young: {round(elapsed * 100)}% of the time to the goal of {goal} has passed.",
            share,
        )
    ahead = share - elapsed
    way = f"{round(share * 100)}% of the way to {goal} with {round(elapsed * 100)}% of the time gone"
    if share < 0:
        return verdict(
            Status.OFF_TRACK,
            f"Worse than the baseline of {text_of(target.baseline, m.unit)}; the goal is {goal}.",
            share,
        )
    if ahead >= -SLACK:
        return verdict(Status.ON_TRACK, f"It has come {way}.", share)
    if share * 2 >= elapsed:
        return verdict(Status.WATCH, f"It has come {way}.", share)
    return verdict(Status.OFF_TRACK, f"It has come only {way}.", share)


def _share(baseline: Decimal, goal: Decimal, value: Decimal) -> Decimal:
    if goal == baseline:
        return Decimal(1)
    return (value - baseline) / (goal - baseline)


def _reached(m: Metric, value: Decimal, target: Target) -> bool:
    """Whether the goal is met, in the metric's good direction; where neither way is good, in the direction agreed."""
    if m.better is Better.NEITHER:
        return target.baseline is not None and _share(target.baseline, target.goal, value) >= 1
    return value >= target.goal if m.better is Better.HIGHER else value <= target.goal


def _elapsed(charter: Charter, target: Target, today: date) -> Decimal:
    """The share of the time between the quarter's start and the target's due day that has passed."""
    length = max(1, (target.due - charter.quarter_start).days)
    return min(Decimal(1), max(Decimal(0), Decimal((today - charter.quarter_start).days) / length))
