"""Opportunities as pages show them: each with its numbers in words, its verdict's mark and whether it stalls."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from clients import ranking
from clients.models import Client, Opportunity, Verdict
from clients.pricing import Rate, rate_of
from clients.roadmap import stalled
from clients.writing import number_text
from monitoring.catalogue import Area, Metric
from monitoring.outcomes import metrics_by_key

from .lifting import against, money_text, moved_text, range_text
from .marks import Mark

MOST = 500
"""Opportunities of a client that are ranked; the newest, where there are more."""
FORMULA = (
    "value per cost = confidence × middle of the lift × what a unit is worth a month × 12 ÷ (hours × rate + money)"
)
_MARKS = {
    Verdict.OPEN: Mark("baseline", "none", "Not judged"),
    Verdict.GREEN: Mark("good", "good", "Green"),
    Verdict.YELLOW: Mark("watch", "watch", "Yellow"),
    Verdict.RED: Mark("off", "off", "Declined"),
}


@dataclass(frozen=True)
class Line:
    """One opportunity. Texts are "" where the reader may not see them or nothing is known."""

    row: Opportunity
    metric: Metric | None
    standing: ranking.Standing
    mark: Mark
    stalls: str
    lift: str
    """The expected lift, with the metric's name before it."""
    expected: str
    """The same without the name."""
    came: str
    """What really moved, and how that compares with what was expected."""
    cost: str
    value: str
    ratio: str
    would_have: str
    """What a declined one would have cost."""
    unestimated: bool
    """Whether the reader is to learn that nobody has said yet what it takes."""


def lines(client: Client, rows: Sequence[Opportunity], today: date, rate: Rate | None, *, money: bool) -> list[Line]:
    """Opportunities in words, the most valuable per cost first. At most one query, for the client's own metrics.

    Without `money` neither amounts nor lifts of costs are told.
    """
    known = metrics_by_key(client, {row.metric for row in rows if row.metric})
    made = [line(client, row, known.get(row.metric), today, rate, money=money) for row in rows]
    return sorted(made, key=lambda one: (*one.standing.order, -one.row.pk) if money else (False, 0, -one.row.pk))


def line(
    client: Client, row: Opportunity, metric: Metric | None, today: date, rate: Rate | None, *, money: bool
) -> Line:
    """One opportunity in words."""
    standing = standing_of(row, rate)
    tells = metric is not None and (money or metric.area is not Area.COST)
    return Line(
        row,
        metric if tells else None,
        standing,
        _MARKS[Verdict(row.verdict)],
        stalled(row, today, client.practice.pilot_quiet_days),
        f"{metric.name} {range_text(metric, row.way, row.lift_low, row.lift_high)}".strip() if metric and tells else "",
        range_text(metric, row.way, row.lift_low, row.lift_high) if metric and tells else "",
        _came(row, metric) if metric and tells else "",
        money_text(standing.cost, client) if money and standing.cost is not None else "",
        money_text(standing.value, client) if money and standing.value is not None else "",
        ratio_text(standing) if money else "",
        money_text(row.declined_cost, client) if money and row.declined_cost is not None else "",
        money and not row.hours and not row.money,
    )


def standing_of(row: Opportunity, rate: Rate | None) -> ranking.Standing:
    """Cost and value of an opportunity; of a declined one the cost is what was kept."""
    cost = ranking.cost(row.hours, rate.amount if rate else None, row.money)
    worth = ranking.value(row.lift_low, row.lift_high, row.unit_worth, row.confidence)
    return ranking.Standing(row.declined_cost if row.declined and row.declined_cost is not None else cost, worth)


def ratio_text(standing: ranking.Standing) -> str:
    """``4.2 ×``; "" where it is not known."""
    ratio = standing.per_cost
    if ratio is None:
        return ""
    return f"{number_text(ratio, 1, grouped=False)}\u00a0×"


def read(client: Client, rows: Iterable[Opportunity], today: date, *, money: bool) -> tuple[list[Line], Rate | None]:
    """Lines of rows with the rate that they are priced at. Three queries besides the rows' own."""
    rate = rate_of(client, today) if money else None
    return lines(client, list(rows), today, rate, money=money), rate


def _came(row: Opportunity, metric: Metric) -> str:
    if row.actual is None:
        return ""
    beside = against(row.way, row.lift_low, row.lift_high, row.actual)
    words = {"the other way": "the other way than expected", "": ""}.get(beside, f"{beside} what was expected")
    return ", ".join(filter(None, (moved_text(metric, row.actual), words)))
