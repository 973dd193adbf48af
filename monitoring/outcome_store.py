"""Figures of outcomes in: checked against their definitions, each kept once, a correction beside what was said before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from clients.local import day_in
from clients.models import Client, User

from .doors import SourceRef
from .figures import EXACT, wrong
from .models import OutcomeDefinition, OutcomeValue, Source
from .records import OutcomeRecord

_SAME = ("first_day", "last_day", "numerator", "denominator", "success", "retried", "overridden", "buckets", "counts")


type Wanted = tuple[OutcomeDefinition, OutcomeRecord]
type Said = dict[tuple[int, str], OutcomeValue]


@dataclass(frozen=True)
class Giver:
    """Who says a figure: a source by itself, a person of their own, or a person who corrects what a source said."""

    source_id: int | None = None
    person: User | None = None


@dataclass(frozen=True)
class Stored:
    """What became of a batch: `rejected` has the position of each figure that was not taken, counted from 0, and why."""

    new: int = 0
    corrected: int = 0
    same: int = 0
    rejected: Mapping[int, str] | None = None

    @property
    def reasons(self) -> Mapping[int, str]:
        return self.rejected or {}


def from_source(
    client: Client, source: SourceRef, figures: Sequence[OutcomeRecord], *, counted: bool = False
) -> Stored:
    """Keep what a source says. Sent again, the same figures change nothing, also where a person has corrected one since.

    `counted` is for what FracOps counts itself, and nobody else may give. Needs the client's scope.
    """
    stored = _store(client, Giver(source_id=source.id), figures, counted=counted)
    taken = [figure.last_day for position, figure in enumerate(figures) if position not in stored.reasons]
    if taken:
        newest = datetime.combine(max(taken), time(), ZoneInfo(client.zone))
        Source.objects.arrived(source.id, timezone.now(), newest)
    return stored


def from_person(client: Client, person: User, figure: OutcomeRecord, *, of: SourceRef | None = None) -> str:
    """Keep what a person says; with `of` it corrects that source's figure. Returns why not, or ""."""
    stored = _store(client, Giver(of.id if of else None, person), [figure], counted=False)
    return stored.reasons.get(0, "")


def _store(client: Client, giver: Giver, figures: Sequence[OutcomeRecord], *, counted: bool) -> Stored:
    now = timezone.now()
    today = day_in(now, client.zone)
    with transaction.atomic():
        # One batch at a time for each definition: what is newest must not change between the look and the row.
        known = {
            d.key: d
            for d in OutcomeDefinition.objects.select_for_update()
            .filter(client=client, key__in={f.key for f in figures})
            .order_by("pk")
        }
        rejected: dict[int, str] = {}
        wanted: dict[int, tuple[OutcomeDefinition, OutcomeRecord]] = {}
        for position, raw in enumerate(figures):
            definition = known.get(raw.key)
            if definition is None:
                rejected[position] = f"there is no outcome “{raw.key[:60]}”: a manager defines it on the page Outcomes"
            elif definition.counted and not counted:
                rejected[position] = f"“{definition.name}” is counted from tickets: nobody else gives figures for it"
            elif reason := wrong(definition, raw, today):
                rejected[position] = reason
            else:
                wanted[position] = definition, _rounded(raw)
        newest, own = _said(client, giver, wanted.values())
        spans = _spans(client, giver, wanted.values())
        rows: dict[tuple[int, str], OutcomeValue] = {}
        new = corrected = same = 0
        for position, (definition, figure) in wanted.items():
            key = definition.pk, figure.ref
            if not figure.sent_id and (clash := _clash(spans.setdefault(definition.pk, set()), figure)):
                rejected[position] = f"it overlaps the figure for {clash[0]} to {clash[1]}: take that one back first"
                continue
            row = _row(client, definition, giver, figure, now)
            before = rows.get(key) or (newest if giver.person else own).get(key)
            if before is not None and all(getattr(before, f) == getattr(row, f) for f in _SAME):
                same += 1
                continue
            if before is None and figure.numerator is None and key not in newest:
                rejected[position] = "there is no such figure to take back"
                continue
            new, corrected = (new + 1, corrected) if key not in newest and key not in rows else (new, corrected + 1)
            rows[key] = row
            if not figure.sent_id and figure.numerator is not None:
                spans[definition.pk].add((figure.first_day, figure.last_day))
        OutcomeValue.objects.bulk_create(rows.values(), batch_size=2000)
    return Stored(new, corrected, same, rejected)


def _said(client: Client, giver: Giver, wanted: Collection[Wanted]) -> tuple[Said, Said]:
    """The newest row of each figure, and the newest that its source said by itself."""
    newest: Said = {}
    own: Said = {}
    rows = OutcomeValue.objects.given_by(giver.source_id).filter(
        client=client, definition__in={d.pk for d, _ in wanted}, ref__in={f.ref for _, f in wanted}
    )
    for row in rows.order_by("pk"):
        newest[row.definition_id, row.ref] = row
        if row.said_by_id is None:
            own[row.definition_id, row.ref] = row
    return newest, own


def _spans(client: Client, giver: Giver, wanted: Collection[Wanted]) -> dict[int, set[tuple[date, date]]]:
    """The days of the giver's standing figures that are known by their days, near those that are wanted."""
    listed = [w for w in wanted if not w[1].sent_id]
    found: dict[int, set[tuple[date, date]]] = {}
    if listed:
        rows = (
            OutcomeValue.objects.standing()
            .given_by(giver.source_id)
            .filter(
                client=client,
                definition__in={d.pk for d, _ in listed},
                ref__startswith="day:",
                numerator__isnull=False,
                first_day__lte=max(f.last_day for _, f in listed),
                last_day__gte=min(f.first_day for _, f in listed),
            )
        )
        for pk, first, last in rows.values_list("definition_id", "first_day", "last_day"):
            found.setdefault(pk, set()).add((first, last))
    return found


def _clash(spans: set[tuple[date, date]], figure: OutcomeRecord) -> tuple[date, date] | None:
    mine = figure.first_day, figure.last_day
    return min((s for s in spans if s != mine and s[0] <= mine[1] and s[1] >= mine[0]), default=None)


def _rounded(figure: OutcomeRecord) -> OutcomeRecord:
    def exact(number: Decimal | None) -> Decimal | None:
        return None if number is None else number.quantize(EXACT)

    return replace(figure, numerator=exact(figure.numerator), denominator=exact(figure.denominator))


def _row(
    client: Client, definition: OutcomeDefinition, giver: Giver, figure: OutcomeRecord, now: datetime
) -> OutcomeValue:
    return OutcomeValue(
        client_id=client.pk,
        definition_id=definition.pk,
        source_id=giver.source_id,
        ref=figure.ref,
        first_day=figure.first_day,
        last_day=figure.last_day,
        numerator=figure.numerator,
        denominator=figure.denominator,
        success=figure.success,
        retried=figure.retried,
        overridden=figure.overridden,
        buckets=[b for b, _ in figure.buckets] or None,
        counts=[n for _, n in figure.buckets] or None,
        said_by=giver.person,
        known_at=now,
    )
