"""A charter's targets as rows: what is promised, and where each stands now or ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from clients.local import today_at
from clients.models import Charter, Client, Opportunity, Target, TargetResult
from clients.permissions import allowed
from clients.writing import day_text, number_text
from monitoring.catalogue import Metric
from monitoring.charter_words import target_words
from monitoring.outcomes import metrics_by_key
from monitoring.provenance import Provenance
from monitoring.readings import Period
from monitoring.targets import Progress, Status, progress
from monitoring.wording import noun_of, reading_text, span_text, text_of

from .charter_parts import shown
from .evidence import evidence_url
from .marks import Mark, of_status
from .periods import PROGRESS_PERIOD
from .sentences import case_text


@dataclass(frozen=True)
class Row:
    """A target as the page shows it: what is promised, and where it stands or ended."""

    public_id: str
    name: str
    promise: str
    metric: str
    url: str
    of_what: str
    baseline: str
    source: str
    due: str
    owner: str
    now: str = ""
    now_url: str = ""
    provenance: str = ""
    mark: Mark | None = None
    why: str = ""
    meta: str = ""
    came_from: str = ""
    """The title of the opportunity it was promoted from, where there is one that the person may see."""
    came_url: str = ""
    may_say: bool = False
    """Nothing measures it, so that a person may say where it stands."""


def as_of(charter: Charter, client: Client, now: datetime) -> datetime:
    """The moment at which a charter's progress is read: now, or its last day's end where that is over."""
    after = charter.quarter_end + timedelta(days=1)
    return min(now, Period(charter.quarter_end, after, client.zone).instants[1])


def standing(client: Client, here: Charter, now: datetime) -> list[Progress]:
    """Each target of a charter as it stands, or stood when its quarter was over."""
    return progress(client, here, as_of(here, client, now))


def rows_of(request: HttpRequest, client: Client, here: Charter) -> list[Row]:
    """The targets that the person may see: of a closed charter with their results, else as they stand."""
    targets = list(here.targets.all())
    metrics = metrics_by_key(client, (t.metric for t in targets))
    visible = [t for t in targets if shown(request, client, metrics, t)]
    chances = _chances(request, client, visible)
    if here.closed_at:
        results = {r.target_id: r for r in TargetResult.objects.filter(target__in=targets)}
        return [_ended(_promised(client, t, metrics, chances), metrics[t.metric], results.get(t.pk)) for t in visible]
    begun = here.quarter_start <= today_at(client)
    stands = {p.target.pk: p for p in standing(client, here, timezone.now())} if begun and targets else {}
    may_say = allowed(request, client, "edit_charter")
    return [_standing(_promised(client, t, metrics, chances), stands.get(t.pk), may_say=may_say) for t in visible]


def _chances(request: HttpRequest, client: Client, targets: Sequence[Target]) -> dict[str, Opportunity]:
    """What targets were promoted from, by their line, which every version of a charter keeps. At most one query."""
    if not targets or not allowed(request, client, "see_roadmap"):
        return {}
    seen = Opportunity.objects.of(client, staff=allowed(request, client, "edit_roadmap"))
    found = seen.filter(target__line__in=[t.line for t in targets]).only("title", "public_id", "client", "target__line")
    return {one.target.line: one for one in found.select_related(None).select_related("target") if one.target}


def _promised(client: Client, target: Target, metrics: Mapping[str, Metric], chances: Mapping[str, Opportunity]) -> Row:
    chance = chances.get(target.line)
    which = metrics[target.metric]
    words = target_words(target, which)
    system = target.system.name if target.system else ""
    return Row(
        public_id=target.public_id,
        name=words.name,
        promise=words.promise,
        metric=words.measured,
        url=evidence_url(client, which, PROGRESS_PERIOD, model=target.model, system=system),
        of_what=words.of_what,
        baseline=words.baseline,
        source=words.source,
        due=words.due,
        owner=words.owner,
        came_from=chance.title if chance else "",
        came_url=reverse("opportunity", args=[client.slug, chance.public_id]) if chance else "",
    )


def _standing(row: Row, at: Progress | None, *, may_say: bool) -> Row:
    if at is None:
        return row
    reading = at.reading
    period = span_text(reading.period.start, reading.period.last)
    if at.said:
        day = day_text(at.said.day, year=True)
        meta = f"Said by {at.said.said_by}, for {day}; entered by {at.said.entered_by.label}."
    else:
        meta = f"{case_text(reading)}, {period}." if reading.n else f"No data, {period}."
    return replace(
        row,
        now="" if reading.value is None else reading_text(reading),
        now_url=row.url if reading.n else "",
        provenance=reading.provenance.mark,
        mark=of_status(at.status),
        why=at.why,
        meta=meta,
        may_say=may_say and not reading.n,
    )


def _ended(row: Row, which: Metric, result: TargetResult | None) -> Row:
    if result is None:
        return row
    cases = f"{number_text(result.n)} {noun_of(result.n, which.of)}, " if result.n else ""
    return replace(
        row,
        now="" if result.value is None else text_of(Decimal(result.value), which.unit),
        provenance=Provenance(result.provenance).mark,
        mark=of_status(Status(result.status)),
        why=result.why,
        meta=f"{cases}{span_text(result.first_day, result.last_day)}, as computed when the charter was closed.",
    )
