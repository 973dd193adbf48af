"""What an hour of a practice's people costs, month by month: a new rate leaves what months before it cost as it was."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .models import HourRate, Practice, Staff, User
from .tenancy import practice as whole_practice

_UNSAID = Decimal(-1)
"""No amount: nothing that is said can equal it."""


def change(firm: Practice, person: User | None, was: Decimal | None, becomes: Decimal | None, month: date) -> bool:
    """Note that an hour of a person, or of everybody without a rate of their own, costs something else from a month on.

    False, with nothing noted, where it costs that from that month on already, and for the first rate of a practice, which counts from
    the beginning. Belongs into the transaction that changes Staff or Practice.
    """
    whose = person.pk if person else None
    with whole_practice(firm):
        rows = HourRate.objects.filter(practice=firm, user=person)
        said = list(rows.order_by("pk"))
        if not said and (was == becomes or (person is None and was is None)):
            return False
        if said and HourCosts({}, {whose: said}).holds_from(whose, month) == becomes:
            return False
        if not said:
            rows.create(practice=firm, user=person, month=None, amount=was)
        rows.create(practice=firm, user=person, month=month, amount=becomes)
    return True


def kept(firm: Practice) -> bool:
    """Whether costs of months that are over are kept apart from those of today."""
    with whole_practice(firm):
        return HourRate.objects.filter(practice=firm).exists()


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

    def holds_from(self, whose: int | None, month: date) -> Decimal | None:
        """What an hour of somebody costs from a month on: what was said last, unless that counts from a later month only."""
        said = self.said.get(whose, ())
        return self._at(whose, month) if said and (said[-1].month is None or said[-1].month <= month) else _UNSAID

    def _at(self, whose: int | None, month: date) -> Decimal | None:
        held = [row.amount for row in self.said.get(whose, ()) if row.month is None or row.month <= month]
        # What was said last holds from its month on, over what an earlier word planned for then.
        return held[-1] if held else self.now.get(whose)
