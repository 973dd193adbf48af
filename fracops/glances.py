"""Reads a client once for the pages that show all of them: targets, what moved, spend, and the hours it may still have."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from clients.local import day_at
from clients.models import Charter, Client, Glance
from clients.months import month_start, next_month
from clients.retainer import standing
from clients.writing import for_readers_to_come
from monitoring.catalogue import CATALOGUE
from monitoring.freshness import Origin, freshness, origin
from monitoring.judging import FOLLOWS_TRAFFIC, WATCHED, moves
from monitoring.provenance import Provenance
from monitoring.readings import Period, Verdict, complete_days, settled_part
from monitoring.reconciliation.spend import Basis, spend
from monitoring.series import all_series, scored_metrics
from monitoring.settling import unsettled
from monitoring.targets import Progress, Status, progress

from .pages.sentences import headline, plain

DAYS = 7
"""What moved is told of so many complete days, as in the pulse."""
TOO_EARLY = Decimal("0.2")
"""In the first fifth of a month its pace says nothing."""


@dataclass(frozen=True)
class Spent:
    """The month's spend so far in US dollars, how it is known, and what it comes to at this pace (None: too early)."""

    so_far: Decimal
    known: Provenance
    heading: Decimal | None


@for_readers_to_come()
def read(client: Client, now: datetime) -> Glance:
    """Read a client anew and keep what was found. Needs the client's scope."""
    today = day_at(client, now)
    fresh = freshness(client, now)
    seen, open_days = origin(fresh), unsettled(fresh, client.zone)
    until = open_days.first if open_days else None
    charter = Charter.objects.current(client, today)
    kept = progress(client, charter, now, seen=seen, open_days=open_days) if charter and charter.agreed_at else []
    moved, worse = _moved(client, kept, now, seen, until)
    money = _today(client, today) or spent(client, today, now, seen)
    stands = standing(client, today)
    glance, _ = Glance.objects.update_or_create(
        client=client,
        defaults={
            "read_at": now,
            "moved": moved[:300],
            "worse": worse,
            "targets": [{"name": p.target.name, "status": p.status.value} for p in kept],
            "spent": money.so_far if money else None,
            "spent_known": money.known.value if money else "",
            "heading": money.heading if money else None,
            "month": month_start(today),
            "available": stands.now.available if stands and stands.now else None,
        },
    )
    return glance


def _moved(
    client: Client, kept: Sequence[Progress], now: datetime, seen: Origin, until: date | None
) -> tuple[str, bool]:
    """What moved in words, and whether it got worse: the sentence of the client's own page over the pulse's seven days."""
    period = complete_days(DAYS, client.zone, now)
    scores = scored_metrics(client, period)
    watched = (*scores, *(CATALOGUE[key] for key in WATCHED if key not in FOLLOWS_TRAFFIC))
    known = all_series(client, list({m.key: m for m in watched}.values()), period, seen=seen, until=until)
    if not any(series.known for series in known.values()):
        return "", False
    changes = {key: series.change for key, series in known.items()}
    told = moves(changes.values(), {p.metric.key for p in kept if p.status is Status.OFF_TRACK})
    days = (settled_part(period, until) or (period,))[0].days
    words = plain(headline(changes, kept, days, lambda _: ""))
    return words, bool(told) and told[0].verdict is Verdict.WORSE


def _today(client: Client, today: date) -> Spent | None:
    """What was found earlier on the same day: complete days change once a day, and adding up a month's calls is not cheap."""
    last = Glance.objects.filter(client=client).first()
    if last is None or last.spent is None or day_at(client, last.read_at) != today:
        return None
    return Spent(last.spent, Provenance(last.spent_known), last.heading)


def spent(client: Client, today: date, now: datetime, seen: Origin | None = None) -> Spent | None:
    """The spend of the month's complete days: billed where a final bill counts, else traced; None where nothing says."""
    first = month_start(today)
    if today == first:
        return None
    days, length = (today - first).days, (next_month(first) - first).days
    if billed := spend(client, first, today, now):
        known, so_far = Provenance.MEASURED, billed.total
        if billed.basis is not Basis.BILLED and billed.tables:
            known = Provenance.ASSUMED
    else:
        cost = CATALOGUE["cost"]
        reading = all_series(client, [cost], Period(first, today, client.zone), seen=seen)[cost.key].now
        if not reading.n or reading.value is None:
            return None
        known, so_far = reading.provenance, reading.value
    early = days < length * TOO_EARLY
    return Spent(so_far, known, None if early else so_far * length / days)
