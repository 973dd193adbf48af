"""A green opportunity becomes a target of the next quarter's charter, once."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction

from .charters import MOST_TARGETS, fits
from .models import Charter, CharterStatus, Opportunity, Stage, Target, Verdict, quarter_start
from .roadmap import NotDone

WAITING = (Stage.IDEA, Stage.PILOT)
"""Stages from which an opportunity is promoted: what is in production already is measured instead."""


@dataclass(frozen=True)
class Promise:
    """What the target shall say; numbers in the metric's own unit."""

    name: str
    goal: Decimal
    baseline: Decimal | None
    baseline_n: int | None
    baseline_source: str
    owner: str


def next_quarter(today: date) -> date:
    """The first day of the quarter after the one that `today` is in."""
    return quarter_start(quarter_start(today) + timedelta(days=93))


def promote(one: Opportunity, promise: Promise, today: date) -> Target:
    """Carry an opportunity into the next quarter's draft; one that was carried already returns the target it has.

    Raises NotDone for what is not green, runs already or has no metric, and for a charter that has no place left.
    """
    with transaction.atomic():
        row = Opportunity.objects.select_for_update(of=("self",)).select_related("target__charter").get(pk=one.pk)
        if row.target is not None:
            return row.target
        if row.verdict != Verdict.GREEN:
            raise NotDone(f"Only what is green goes into a charter; “{row.title}” is not.")
        if row.stage not in WAITING:
            raise NotDone(
                f"“{row.title}” is at the stage “{row.get_stage_display()}”: there is nothing left to promise."
            )
        if not row.metric:
            raise NotDone(f"“{row.title}” names no metric, and a target without one cannot be reached: name it first.")
        row.target = add_target(row, promise, next_quarter(today))
        row.touched_on, row.edition = today, row.edition + 1
        row.save(update_fields=["target", "touched_on", "edition"])
        return row.target


def add_target(one: Opportunity, promise: Promise, quarter: date) -> Target:
    """Add a target to a quarter's draft charter, which is begun where there is none. Its problem joins the charter's scope.

    The edition counts up, so that whoever has the charter open learns of it. Raises NotDone where it holds MOST_TARGETS or its
    scope has no room for the problem, and where its newest version is agreed: that is changed by a next one only.
    """
    Charter.objects.get_or_create(client_id=one.client_id, quarter_start=quarter, version=1)
    versions = Charter.objects.select_for_update().filter(client_id=one.client_id, quarter_start=quarter)
    charter = versions.latest("version")
    if charter.status is not CharterStatus.DRAFT:
        raise NotDone(
            f"The charter of {charter.label} is {charter.status}: begin its next version in the workshop first."
        )
    places = list(charter.targets.values_list("position", flat=True))
    if len(places) >= MOST_TARGETS:
        raise NotDone(f"The charter of {charter.label} has {MOST_TARGETS} targets already: take one out of it first.")
    # A charter is the client's to read: words that were kept from them stay so.
    said = f"{one.title}: {one.said}" if one.visible else one.title
    charter.scope = f"{charter.scope}\n\n{said}".strip()
    if not fits(charter.scope):
        raise NotDone(f"The scope of {charter.label}’s charter has no room for “{one.title}”: shorten it first.")
    charter.edition += 1
    charter.save(update_fields=["scope", "edition"])
    return Target.objects.create(
        client_id=one.client_id,
        charter=charter,
        position=max(places, default=-1) + 1,
        name=promise.name,
        metric=one.metric,
        system_id=one.system_id,
        baseline=promise.baseline,
        baseline_n=promise.baseline_n,
        baseline_source=promise.baseline_source,
        goal=promise.goal,
        due=charter.quarter_end,
        owner=promise.owner,
    )
