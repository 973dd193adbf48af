"""What happens to opportunities: they move between stages, are judged, stall, and record what came of them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from .models import Opportunity, Stage, Verdict
from .writing import day_text

NEXT = {
    Stage.IDEA: (Stage.PILOT,),
    Stage.PILOT: (Stage.PRODUCTION, Stage.IDEA, Stage.RETIRED),
    Stage.PRODUCTION: (Stage.RETIRED, Stage.PILOT),
    Stage.RETIRED: (Stage.IDEA,),
}
"""Where an opportunity can go from each stage; the first is the usual way."""


class NotDone(ValueError):  # noqa: N818
    """An act that cannot be done; the message says why and what to do."""


def stalled(one: Opportunity, today: date, quiet_days: int) -> str:
    """Why a pilot counts as stalled, as a sentence; "" while it does not. `quiet_days` is the practice's own setting."""
    if one.stage != Stage.PILOT or one.declined:
        return ""
    if one.review_on is not None and one.is_late(today):
        return f"It was to be looked at on {day_text(one.review_on, year=True)}."
    quiet = (today - one.touched_on).days
    return f"Nothing changed for {quiet} days." if quiet >= quiet_days else ""


def went_quiet_by(today: date, quiet_days: int) -> date:
    """Pilots last changed on this day or before count as stalled."""
    return today - timedelta(days=quiet_days)


def move(one: Opportunity, stage: str, edition: int, today: date) -> None:
    """Put it in another stage. What is there already stays as it is.

    Raises NotDone where the way does not lead there, where nobody answers for it, or where somebody changed it since it was shown.
    """
    if one.stage == stage:
        return
    if stage not in NEXT[Stage(one.stage)]:
        raise NotDone(f"“{one.title}” is at the stage “{one.get_stage_display()}” now: look at it again, then move it.")
    if one.declined and stage != Stage.RETIRED:
        raise NotDone(f"“{one.title}” is declined: judge it anew first.")
    forward = stage in (Stage.PILOT, Stage.PRODUCTION)
    if forward and not one.owner:
        raise NotDone(f"Nobody answers for “{one.title}” yet: name an owner, then move it.")
    if forward and (one.review_on is None or one.is_late(today)):
        raise NotDone(f"“{one.title}” has no day to look at it again: name one that is to come, then move it.")
    shipped = {"shipped_on": today} if stage == Stage.PRODUCTION else {}
    _write(one, edition, today, stage=stage, stage_since=today, **shipped)


def judge(one: Opportunity, verdict: str, why: str, edition: int, today: date, *, would_cost: Decimal | None) -> None:
    """Say green, yellow or red, with the reason. Red keeps what it `would_cost` today; nothing that is under way turns red unseen.

    Raises NotDone where somebody changed it since it was shown, or where it runs in production.
    """
    if verdict == Verdict.RED and one.stage == Stage.PRODUCTION:
        raise NotDone(f"“{one.title}” runs in production: retire it instead of declining it.")
    kept = would_cost if verdict == Verdict.RED else None
    _write(one, edition, today, verdict=verdict, verdict_why=why, verdict_on=today, declined_cost=kept)


def record(
    one: Opportunity, edition: int, today: date, *, actual: Decimal | None, source: str, measured: bool, note: str
) -> None:
    """Keep what came of it; `actual` is None of what names no metric.

    Raises NotDone before it shipped, or where somebody changed it since it was shown.
    """
    if one.shipped_on is None:
        raise NotDone(f"“{one.title}” has not been in production: there is no result yet.")
    _write(
        one,
        edition,
        today,
        actual=actual,
        actual_source=source,
        actual_measured=measured,
        result_note=note,
        result_on=today,
    )


def _write(one: Opportunity, edition: int, today: date, **changes: Any) -> None:
    """Compare and swap: written only over the edition that the person saw."""
    rows = Opportunity.objects.filter(pk=one.pk, edition=edition)
    if not rows.update(edition=edition + 1, touched_on=today, **changes):
        raise NotDone(f"Somebody changed “{one.title}” since you opened this page: look at it again first.")
    one.refresh_from_db()
