"""What an hour of a practice's people costs, month by month: a new rate leaves what months before it cost as it was."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .models import HourRate, Practice, Staff, User
from .tenancy import practice as whole_practice


def change(firm: Practice, person: User | None, was: Decimal | None, becomes: Decimal | None, month: date) -> None:
    """Note that an hour of a person, or of everybody without a rate of their own, costs something else from a month on.

    Belongs into the transaction that changes Staff or Practice.
    """
    if was == becomes:
        return
    with whole_practice(firm):
        rows = HourRate.objects.filter(practice=firm, user=person)
        if not rows.exists():
            rows.create(practice=firm, user=person, month=None, amount=was)
        rows.create(practice=firm, user=person, month=month, amount=becomes)


@dataclass(frozen=True)
class HourCosts:
    """What hours of a practice's people cost in any month; the practice's own rate is nobody's, None."""

    now: Mapping[int | None, Decimal | None]
    """What was said last, by the person's id."""
    said: Mapping[int | None, Sequence[HourRate]]
    """Every change, in the order in which they were said."""

    @classmethod
    def of(cls, firm: Practice) -> "HourCosts":
        """As it stands. Two queries."""
        now: dict[int | None, Decimal | None] = {None: firm.hourly_rate}
        said: dict[int | None, list[HourRate]] = defaultdict(list)
        with whole_practice(firm):
            now |= dict(Staff.objects.filter(practice=firm).values_list("user_id", "hourly_rate"))
            for row in HourRate.objects.filter(practice=firm).order_by("pk"):
                said[row.user_id].append(row)
        return cls(now, said)

    def at(self, person_id: int, month: date) -> Decimal | None:
        """What an hour of a person cost in a month, by their own rate or else the practice's; None where nobody said."""
        own = self._at(person_id, month)
        return own if own is not None else self._at(None, month)

    def _at(self, whose: int | None, month: date) -> Decimal | None:
        held = [row.amount for row in self.said.get(whose, ()) if row.month is None or row.month <= month]
        # What was said last holds from its month on, over what an earlier word planned for then.
        return held[-1] if held else self.now.get(whose)
