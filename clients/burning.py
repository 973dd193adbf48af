"""A month's hours as a bar and a sentence: used, heading for, agreed."""

from dataclasses import dataclass
from datetime import date

from . import plans
from .models import Engagement
from .months import next_month
from .quickadd import words_of
from .retainer import Standing


@dataclass(frozen=True)
class BurnBar:
    """Parts of a bar in percent of its width, and what it says in words."""

    spent: str
    ahead: str
    tick: str
    """Where the agreed hours end; "" where the bar does."""
    crosses: bool
    """Whether more than agreed is worked, or will be at this pace."""
    words: str


def month_burn(standing: Standing) -> plans.Burn | None:
    """The burn of the month at hand; None where the engagement does not run in it."""
    if (month := standing.now) is None:
        return None
    return burn_in(
        standing.engagement, month.month, month.worked, month.available, standing.today, standing.agreement.week
    )


def burn_in(
    engagement: Engagement, month: date, worked: int, available: int, today: date, week: plans.Week
) -> plans.Burn:
    """The burn of a month that the engagement runs in, from minutes that are known already."""
    return plans.burn(worked, available, max(month, engagement.started_on), _after(engagement, month), today, week)


def _after(engagement: Engagement, month: date) -> date:
    """The day after the last that the engagement has in a month."""
    after, ends = next_month(month), engagement.ends_on
    return min(after, date.fromordinal(ends.toordinal() + 1)) if ends else after


def burn_bar(burn: plans.Burn) -> BurnBar:
    """A burn as a bar as long as the largest of used, agreed and projected."""
    projected = burn.projected if burn.projected is not None else burn.worked
    length = max(burn.worked, burn.available, projected, 1)

    def part(minutes: int) -> str:
        return f"{100 * minutes / length:.1f}"

    crosses = bool(burn.available) and max(burn.worked, projected) > burn.available
    return BurnBar(
        part(burn.worked), part(projected), part(burn.available) if crosses else "", crosses, burn_words(burn)
    )


def burn_words(burn: plans.Burn) -> str:
    """``12 h of 35 h; at this pace 31 h by the month’s end``."""
    used = f"{words_of(burn.worked)} of {words_of(burn.available)}" if burn.available else words_of(burn.worked)
    if burn.projected is None:
        return f"{used}; too early to say where it is heading"
    if burn.projected == burn.worked:
        return used
    return f"{used}; at this pace {words_of(burn.projected)} by the month’s end"
