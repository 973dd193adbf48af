"""The demo's business figures, invented like the rest: what the insurer's claims desk would send every night."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

WEEKDAY, WEEKEND = (46, 70), (9, 22)
"""Claims a day, least and most."""
CLEARED_DAYS_AGO = 45
"""When the agent began to pay small claims by itself."""


@dataclass(frozen=True)
class OutcomeStory:
    """One outcome as the practice defined it; the fields are those of `OutcomeDefinition`."""

    key: str
    name: str
    kind: str
    unit: str
    of: str
    better: str
    worth: Decimal | None = None
    worth_said_by: str = ""
    saves: str = ""
    worth_of: str = ""


INSURERS = (
    OutcomeStory(
        "claims_same_day",
        "Claims paid within a day",
        "rate",
        "claims paid within a day",
        "claims",
        "higher",
        Decimal(14),
        "J. Weber, head of claims",
        "calls about a claim",
        "service time",
    ),
    OutcomeStory("hours_saved", "Hours the claims desk saved", "hours", "hours saved", "", "higher"),
)


def figures(today: date, days: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """What ``POST /v1/outcomes`` is sent for the `days` complete days before `today`, oldest first."""
    chance = random.Random(f"figures {seed}")
    for ago in range(days, 0, -1):
        day = today - timedelta(days=ago)
        claims = chance.randint(*(WEEKDAY if day.weekday() < 5 else WEEKEND))
        share = 0.42 if ago > CLEARED_DAYS_AGO else 0.51
        paid = sum(chance.random() < share for _ in range(claims))
        yield {"outcome": "claims_same_day", "day": day.isoformat(), "numerator": paid, "denominator": claims}
        if day.weekday() < 5:
            hours = round((paid / 6) + chance.uniform(-0.6, 0.6), 2)
            yield {"outcome": "hours_saved", "day": day.isoformat(), "numerator": str(hours)}
