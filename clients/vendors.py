"""How the dates of a vendor's contract stand, in words: when notice is due, and whether it still can be given."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from .local import today_at
from .marks import Mark, calm, good, off, watch
from .models import Client, Vendor
from .writing import day_text

SOON = timedelta(days=60)
"""How long before a day it is told: time for one talk with the vendor and one with the client."""


@dataclass(frozen=True)
class Notice:
    """A vendor, how its dates stand, and what to do about them."""

    vendor: Vendor
    mark: Mark
    words: str

    @property
    def told(self) -> str:
        """Vendor and words as one sentence."""
        return f"{self.vendor.name}: {self.words[:1].lower()}{self.words[1:]}"

    @property
    def decide_by(self) -> date | None:
        """The last day on which something can be decided: that of notice where the contract renews by itself, else its end."""
        return (self.vendor.notice_by or self.vendor.renews_on) if self.vendor.renews_itself else self.vendor.renews_on

    @property
    def pressing(self) -> bool:
        """Whether somebody has to look at it now."""
        return self.mark.tone in ("watch", "off")


def notice(vendor: Vendor, today: date) -> Notice:
    """How a vendor's contract stands on a day of the client's."""
    renews, by = vendor.renews_on, vendor.notice_by
    if vendor.ended_on is not None:
        return Notice(vendor, calm("Ended"), f"The contract ended on {_day(vendor.ended_on)}.")
    if renews is None:
        return Notice(vendor, calm("No date"), "Its renewal date is not known yet.")
    if renews < today:
        return Notice(vendor, watch("Date passed"), f"Its renewal of {_day(renews)} has passed: enter the next one.")
    if not vendor.renews_itself:
        words = f"It ends on {_day(renews)} unless it is renewed."
        return Notice(vendor, watch("Ends soon") if renews - today <= SOON else good("Runs"), words)
    if by is None:
        words = f"It renews on {_day(renews)}; how long before that notice is due is not known."
        return Notice(vendor, watch("Renews soon") if renews - today <= SOON else calm("Runs"), words)
    if by < today:
        words = f"Notice was due by {_day(by)}; it renews on {_day(renews)}."
        return Notice(vendor, off("Notice too late"), words)
    words = f"Notice by {_day(by)}, {_in_days((by - today).days)}; else it renews on {_day(renews)}."
    return Notice(vendor, watch("Decide now") if by - today <= SOON else good("Runs"), words)


def notices(clients: Sequence[Client]) -> list[Notice]:
    """The contracts of some clients that somebody has to decide on, the first date first."""
    known = {client.pk: client for client in clients}
    rows = Vendor.objects.current().filter(client__in=clients).exclude(renews_on=None)
    found = []
    for vendor in rows:
        vendor.client = known[vendor.client_id]
        found.append(notice(vendor, today_at(vendor.client)))
    return [one for one in found if one.pressing]


def sentence(client: Client, found: Iterable[Notice]) -> str:
    """Which of a client's contracts needs a decision first."""
    listed = list(found)
    for word in ("Notice too late", "Decide now", "Ends soon", "Renews soon", "Date passed"):
        if first := next((one for one in listed if one.mark.word == word), None):
            return first.told
    if listed:
        return f"No contract of {client.name} needs a decision in the next {SOON.days} days."
    return f"Whom {client.name} buys AI from is not written down yet."


def _day(day: date) -> str:
    return day_text(day, year=True)


def _in_days(days: int) -> str:
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
