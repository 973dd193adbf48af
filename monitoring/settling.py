"""Which of a client's newest days may still change, because a source's provider still corrects them or they have not been read yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from clients.writing import day_text

from .freshness import Freshness
from .readings import Period, settled_part
from .wording import span_text


@dataclass(frozen=True)
class Unsettled:
    """From the local day `first` on numbers may still change, and by whose word. A source is in one of the two lists only."""

    first: date
    coming: tuple[str, ...] = ()
    """Sources whose provider may still correct these days."""
    stuck: tuple[tuple[str, date], ...] = ()
    """Sources that have been read only up to some day, which is why what is newer is lacking."""


def unsettled(fresh: Sequence[Freshness], zone: str) -> Unsettled | None:
    """What the sources that bring calls leave open; None where every one of them has said its last word, as what is pushed has."""
    local = ZoneInfo(zone)
    waiting = [(f.final_to.astimezone(local).date(), f) for f in fresh if f.brings_calls and f.final_to]
    if not waiting:
        return None
    first = min(day for day, _ in waiting)
    stuck = [(f.name, f.stuck_at.astimezone(local).date()) for _, f in waiting if f.stuck_at]
    coming = [f.name for _, f in waiting if not f.stuck_at]
    return Unsettled(first, tuple(sorted(coming)), tuple(sorted(stuck)))


def left_out(found: Unsettled | None, period: Period) -> str:
    """Which days of a period no number and no comparison covers, and why; "" where they cover all of it.

    ``The last 2 days, 19–20 November, are still coming in from Langfuse: numbers and comparisons leave them out.``
    """
    if found is None or found.first >= period.end:
        return ""
    stuck = [f"{name} has been read only up to {day_text(day)}" for name, day in found.stuck if day < period.end]
    part = settled_part(period, found.first)
    if part is None:
        why = f"{_listed(stuck)}" if stuck else f"All of these days are still coming in from {_listed(found.coming)}"
        return f"{why}: nothing of this period is final, so nothing is compared."
    days = (period.end - found.first).days
    span = span_text(found.first, period.last)
    which = f"The last day, {span}," if days == 1 else f"The last {days} days, {span},"
    is_are = "is" if days == 1 else "are"
    if stuck:
        return f"{_listed(stuck)}: numbers and comparisons leave out {which[0].lower()}{which[1:-1]}."
    them = "it" if days == 1 else "them"
    return f"{which} {is_are} still coming in from {_listed(found.coming)}: numbers and comparisons leave {them} out."


def last_settled(found: Unsettled | None, period: Period) -> Period:
    """As many days as the period has, up to the last one that is settled."""
    if found is None or found.first >= period.end:
        return period
    return Period(found.first - timedelta(days=period.days), found.first, period.zone)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
