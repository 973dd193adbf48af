"""What a practice's patterns brought, over all its clients, told so that no client can be known from it.

The aggregate is computed in the practice's scope and leaves it as a handful of numbers, rounded, and only where FEWEST clients are
behind it and the reader's own clients leave none of the others alone: whoever knows two numbers of a mean of three knows the third.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from .models import Direction, Opportunity, Pattern, Practice, SystemKind
from .tenancy import practice as whole_practice

FEWEST = 3
"""Clients with a result, below which nothing is told."""


@dataclass(frozen=True)
class Results:
    """Results of a pattern over several clients."""

    clients: int
    mean: Decimal
    """Of the clients' own means, in the metric's unit, to two significant digits; positive is the way that was expected."""
    share: int
    """Results that reached at least the low end of what was expected of them, in per cent, to the nearest ten."""


@dataclass(frozen=True)
class Result:
    """One opportunity's result: whose, how far the metric moved the way that was expected, and whether that was enough."""

    client_id: int
    moved: Decimal
    reached: bool


def results(firm: Practice, patterns: Collection[Pattern], readable: Collection[int]) -> Mapping[int, Results]:
    """By pattern id, the results that may be told to somebody who can read the clients with the `readable` ids. One query."""
    found: dict[int, list[Result]] = defaultdict(list)
    metrics = {pattern.pk: pattern.metric for pattern in patterns}
    with whole_practice(firm):
        rows = Opportunity.objects.filter(pattern__in=patterns, actual__isnull=False)
        for pattern_id, client_id, metric, way, actual, low in rows.values_list(
            "pattern_id", "client_id", "metric", "way", "actual", "lift_low"
        ):
            if pattern_id is not None and actual is not None and metric == metrics[pattern_id]:
                moved = actual if way == Direction.UP else -actual
                found[pattern_id].append(Result(client_id, moved, moved >= (low or Decimal(0))))
    told = {pattern_id: told_of(own, readable) for pattern_id, own in found.items()}
    return {pattern_id: one for pattern_id, one in told.items() if one is not None}


def told_of(found: Iterable[Result], readable: Collection[int]) -> Results | None:
    """What of the results may be told; None below FEWEST clients, or where all but one of them can be read by the reader."""
    by_client: dict[int, list[Result]] = defaultdict(list)
    for one in found:
        by_client[one.client_id].append(one)
    if len(by_client) < FEWEST or len(by_client.keys() - set(readable)) == 1:
        return None
    # Each client counts once, however often it did the same, so that one of them is not most of the number.
    means = [sum((one.moved for one in own), Decimal(0)) / len(own) for own in by_client.values()]
    mean = sum(means, Decimal(0)) / len(means)
    shares = [Decimal(sum(one.reached for one in own)) / len(own) for own in by_client.values()]
    return Results(
        len(by_client), rough(mean), int((sum(shares, Decimal(0)) / len(shares) * 10).to_integral_value()) * 10
    )


def rough(value: Decimal) -> Decimal:
    """To two significant digits."""
    return round(value, 1 - value.adjusted()) if value else value


def fits(pattern: Pattern, kinds: Collection[str], metrics: Collection[str]) -> bool:
    """Whether a pattern is one for a client: its metric is among those that matter there, and a system of its kind runs there.

    A pattern without kinds is one for any system; a client of whose systems nobody said the kind fits those only.
    """
    return pattern.metric in metrics and (not pattern.kinds or bool(set(pattern.kinds) & set(kinds)))


def kinds_text(pattern: Pattern) -> str:
    """``Assistant or chatbot, Summaries``; ``any system`` where it names none."""
    return ", ".join(SystemKind(kind).label for kind in pattern.kinds) or "any system"
