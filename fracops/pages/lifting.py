"""Lifts as they are typed and read: metrics to choose from, and ranges in words."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.utils import timezone

from clients.models import Client, Direction
from clients.writing import number_text
from monitoring.catalogue import CATALOGUE, Area, Better, Metric, Unit
from monitoring.outcomes import metrics_by_key, outcome_metrics
from monitoring.readings import complete_days
from monitoring.series import scored_metrics
from monitoring.wording import MINUS, rounded, text_of

from .charter_form import TYPED

_ONE = {Unit.FRACTION: "point", Unit.MILLISECONDS: "second", Unit.MONEY: "US dollar"}
_GROUPS = {Area.QUALITY: "Quality", Area.LATENCY: "Speed", Area.COST: "Cost", Area.VOLUME: "Volume"}
AGAINST = {
    (Better.HIGHER, Direction.DOWN): "{} is better when it is higher: a lift makes it rise.",
    (Better.LOWER, Direction.UP): "{} is better when it is lower: a lift makes it fall.",
}
"""What is said of a lift that would make things worse."""


def choosable(client: Client, *kept: str) -> list[Metric]:
    """The catalogue, the client's outcomes, its own scores of the last 90 days, and the metrics that are `kept` already, by key."""
    period = complete_days(90, client.zone, timezone.now())
    named = metrics_by_key(client, filter(None, kept)).values() if any(kept) else ()
    own = (*outcome_metrics(client), *scored_metrics(client, period), *named)
    return list({m.key: m for m in (*CATALOGUE.values(), *own)}.values())


def metric_choices(metrics: Iterable[Metric], empty: str, *, bounds: bool = False) -> list[Any]:
    """Grouped by area, each with the unit that its lift is typed in, or its value where `bounds` are asked for."""
    known, unit = list(metrics), level_in if bounds else typed_in
    of_area = {title: [m for m in known if m.area is area and not m.is_outcome] for area, title in _GROUPS.items()}
    groups = (("Outcomes", [m for m in known if m.is_outcome]), *of_area.items())
    made = [(title, [(m.key, f"{m.name} (in {unit(m)})") for m in listed]) for title, listed in groups if listed]
    return [("", empty), *made]


def typed_in(metric: Metric) -> str:
    """What a lift of the metric is typed in: ``points``, ``seconds``, ``US dollars``."""
    return "points" if metric.unit is Unit.FRACTION else level_in(metric)


def level_in(metric: Metric) -> str:
    """What a value of the metric is typed in: ``percent``, ``seconds``, ``US dollars``."""
    return TYPED[metric.unit][0].removeprefix("a ")


def one_of(metric: Metric) -> str:
    """What one typed unit is called: ``point``, ``second``, ``US dollar``, else ``one``."""
    return _ONE.get(metric.unit, "one")


def factor(metric: Metric) -> Decimal:
    """What a stored value is multiplied by to be typed or read: 100 for rates, 0.001 for times."""
    return TYPED[metric.unit][1]


def typed(value: Decimal | None, by: Decimal) -> str:
    """A stored number the way it is typed, without trailing zeros."""
    return "" if value is None else f"{(value * by).normalize():f}"


def size_text(metric: Metric, size: Decimal) -> str:
    """How far a metric moves: ``4.5 points``, ``0.3 s``, ``$1,200``. Without a sign."""
    if metric.unit is Unit.FRACTION:
        points = rounded(abs(size) * 100, 1).normalize()
        return f"{number_text(points, grouped=False)} point{'' if points == 1 else 's'}"
    return text_of(abs(size), metric.unit)


def range_text(metric: Metric, way: str, low: Decimal | None, high: Decimal | None) -> str:
    """An expected lift: ``falls by 2 to 4 points``; "" where none is written down."""
    if low is None or high is None:
        return ""
    if low == high:
        return f"{Direction(way).label} {size_text(metric, high)}"
    if metric.unit is Unit.FRACTION:
        return f"{Direction(way).label} {number_text(rounded(low * 100, 1).normalize(), grouped=False)} to {size_text(metric, high)}"
    return f"{Direction(way).label} {size_text(metric, low)} to {size_text(metric, high)}"


def moved_text(metric: Metric, actual: Decimal) -> str:
    """How far it really moved: ``rose by 4.1 points``, ``did not move``."""
    size = size_text(metric, actual)
    if not actual:
        return "did not move"
    return f"{'rose' if actual > 0 else 'fell'} by {size}"


def against(way: str, low: Decimal | None, high: Decimal | None, actual: Decimal) -> str:
    """What came, set against what was expected: ``above``, ``within``, ``below`` the range, or ``the other way``."""
    if low is None or high is None:
        return ""
    moved = actual if way == Direction.UP else -actual
    if moved < 0:
        return "the other way"
    return "below" if moved < low else "above" if moved > high else "within"


def money_text(amount: Decimal | None, client: Client) -> str:
    """An amount in the client's currency, ``−`` before what is negative; a dash for none."""
    return "–" if amount is None else text_of(amount, Unit.MONEY, client.currency).replace("-", MINUS)
