"""How far a metric moved since something shipped: the days from then on against as many before, read from points. Needs an open scope."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from clients.models import Client
from clients.writing import neutrally, number_text

from .catalogue import Metric
from .freshness import freshness, origin
from .readings import Change, ChangeState, Period, complete_days
from .series import Slice, all_series
from .settling import unsettled
from .wording import noun_of, reading_text, span_text

MOST_DAYS = 28
"""Days after it shipped that are read: later ones tell of what else changed."""
FEWEST_DAYS = 7
BASELINE_DAYS = 28


@dataclass(frozen=True)
class Lift:
    """A metric before and after a day. `change` is None where it cannot be said, and `why` says so in a sentence."""

    change: Change | None
    why: str = ""

    @property
    @neutrally()
    def source(self) -> str:
        """The two readings behind it, with their cases and days: what is kept beside the number."""
        if self.change is None:
            return ""
        return " → ".join(
            f"{reading_text(r)} ({number_text(r.n)} {noun_of(r.n, r.metric.of)}, {span_text(r.period.start, r.period.last)})"
            for r in (self.change.before, self.change.now)
        )


def lift_since(client: Client, metric: Metric, system_id: int | None, shipped_on: date, now: datetime) -> Lift:
    """The change of a metric from before `shipped_on` to the days since, at most MOST_DAYS of them, all settled.

    An outcome is the whole company's: of one system there is none, so it is read of all.
    """
    fresh = freshness(client, now)
    open_days = None if metric.is_outcome else unsettled(fresh, client.zone)
    today = complete_days(1, client.zone, now).end
    end = min(today, shipped_on + timedelta(days=MOST_DAYS), open_days.first if open_days else today)
    days = (end - shipped_on).days
    if days < FEWEST_DAYS:
        return Lift(
            None,
            f"{FEWEST_DAYS} complete days since it shipped are needed to say what it did; there are {max(days, 0)}.",
        )
    within = Slice() if metric.is_outcome else Slice(system_id)
    period = Period(shipped_on, end, client.zone)
    change = all_series(client, [metric], period, within, seen=origin(fresh))[metric.key].change
    if change.state is ChangeState.COMPARED:
        return Lift(change)
    told = {
        ChangeState.NO_DATA: f"there were no {metric.of} in the {days} days since",
        ChangeState.NO_BASELINE: f"there were no {metric.of} in the {days} days before",
    }
    few = f"there are too few {metric.of} on one side: {number_text(change.before.n)} before, {number_text(change.now.n)} since"
    return Lift(None, f"Points do not say what it did: {told.get(change.state, few)}.")
