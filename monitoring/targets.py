"""How far a charter's targets are: from points; only where nothing measures a metric, as somebody said.

The one place where progress is computed: the client's page, the charter's, pulse and ROI report all read it here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from clients.local import day_in
from clients.models import Charter, Client, Target, TargetKind, TargetReading, latest_readings

from .catalogue import Better, Metric
from .freshness import Origin
from .holding import KEPT_ENOUGH, Kept, holds, kept
from .outcomes import metrics_by_key
from .provenance import Provenance
from .readings import Period, Reading, Series, complete_days, needed
from .series import Slice, all_series
from .settling import Unsettled, last_settled
from .wording import level_text, noun_of, text_of

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
    """The way from the baseline (0) to the goal (1); negative is worse than the baseline, None cannot be said or has no way to go."""
    series: Series
    kept: Kept | None = None
    """Of a level to be held: the days of the quarter so far on which it was."""
    said: TargetReading | None = None
    """What somebody said, where nothing measures the metric and this is what stands here."""


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
    today = day_in(now, client.zone)
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
    now_of = [read[slice_of(t)][metrics[t.metric].key] for t in targets]
    so_far = _so_far(client, charter, [t for t in targets if t.holds], metrics, final.end, seen)
    unmeasured = [t for t, series in zip(targets, now_of, strict=True) if not series.now.n]
    said = latest_readings(unmeasured, today) if unmeasured else {}
    return [
        judge(t, charter, series, today, so_far=so_far.get(t.line), said=None if series.now.n else said.get(t.line))
        for t, series in zip(targets, now_of, strict=True)
    ]


def _so_far(
    client: Client,
    charter: Charter,
    held: Sequence[Target],
    metrics: dict[str, Metric],
    end: date,
    seen: Origin | None,
) -> dict[str, Series]:
    """The quarter day by day up to `end`, for targets that hold a level, by their line."""
    end = min(end, charter.quarter_end + timedelta(days=1))
    if not held or end <= charter.quarter_start:
        return {}
    period = Period(charter.quarter_start, end, client.zone)
    found: dict[str, Series] = {}
    for within in {slice_of(t) for t in held}:
        of_slice = [t for t in held if slice_of(t) == within]
        read = all_series(client, [metrics[t.metric] for t in of_slice], period, within, seen=seen)
        found |= {t.line: read[metrics[t.metric].key] for t in of_slice}
    return found


def slice_of(target: Target) -> Slice:
    """The part of the client's traffic a target speaks of."""
    return Slice(target.system_id, target.model or None)


def judge(
    target: Target,
    charter: Charter,
    series: Series,
    today: date,
    *,
    so_far: Series | None = None,
    said: TargetReading | None = None,
) -> Progress:
    """Where a target stands on a day, by where the straight line from its baseline to its goal would be by then.

    A level to be held is judged by whether it stands now and on how many days of the quarter it did, from the series `so_far`.
    Without any data, `said` stands in its place.
    """
    m, reading = series.metric, series.now
    if said:
        reading = _as_said(reading, said)
    days = (
        kept(target, so_far, charter.quarter_start, min(target.due, reading.period.last))
        if target.holds and so_far
        else None
    )

    def verdict(status: Status, why: str, share: Decimal | None = None) -> Progress:
        return Progress(target, m, reading, status, why, share, series, days, said)

    if reading.value is None:
        return verdict(Status.NO_DATA, f"There were {reading.reason}.")
    share = None if target.holds or target.baseline is None else _share(target.baseline, target.goal, reading.value)
    if reading.n < needed(m) and not said:
        return verdict(
            Status.TOO_EARLY,
            f"Only {reading.n} {noun_of(reading.n, m.of)} in {reading.period.days} days; {needed(m)} are needed to judge.",
            share,
        )
    if target.holds:
        return verdict(*_holding(target, m, reading.value, days, today))
    elapsed = _elapsed(charter, target, today)
    goal = level_text(target.goal, m.unit)
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


def goal_text(target: Target, metric: Metric) -> str:
    """A target's goal with its unit: ``80.0%``, ``at least 80.0%``, ``at most 2.0%``."""
    level = level_text(target.goal, metric.unit)
    return {TargetKind.ABOVE: f"at least {level}", TargetKind.BELOW: f"at most {level}"}.get(
        TargetKind(target.kind), level
    )


def _as_said(reading: Reading, said: TargetReading) -> Reading:
    """A reading of nothing with what somebody said in its place."""
    day = Period(said.day, said.day + timedelta(days=1), reading.period.zone)
    return replace(
        reading,
        value=said.value,
        n=0,
        period=day,
        as_of=said.entered_at,
        sources=(said.said_by,),
        reason="",
        provenance=Provenance.REPORTED,
    )


def _holding(target: Target, m: Metric, value: Decimal, days: Kept | None, today: date) -> tuple[Status, str]:
    """Where a level to be held stands, and why."""
    side = "above" if target.kind == TargetKind.ABOVE else "below"
    level = f"It shall stay at or {side} {level_text(target.goal, m.unit)}"
    on_days = f"on {days.words} so far" if days else ""
    if not holds(target, value):
        held = f"; it held {on_days}" if days else ""
        return Status.OFF_TRACK, f"{level} and does not hold now{held}."
    also = f", and held {on_days}" if days else ""
    enough = days is None or days.share >= KEPT_ENOUGH
    if today > target.due:
        return (Status.MET if enough else Status.OFF_TRACK), f"{level} and holds{also}."
    return (Status.ON_TRACK if enough else Status.WATCH), f"{level} and holds now{also}."


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
