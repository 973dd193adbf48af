"""What an executive sees first of their company: what waits for them, this month's figures, reports to open, and the roadmap."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from clients.charters import digest
from clients.local import day_at
from clients.models import Charter, Client, Opportunity, Stage, Verdict, quarter_start, with_targets
from clients.permissions import allowed
from clients.writing import day_text
from monitoring.catalogue import CATALOGUE, Metric
from monitoring.charter_words import CharterWords, charter_words
from monitoring.freshness import Origin
from monitoring.readings import Period, settled_part
from monitoring.series import all_series
from monitoring.wording import change_text, reading_text, span_text
from reports.delivery import label_of
from reports.models import Kind, Report, State

from .evidence import evidence_url
from .periods import MONTH, chosen
from .sentences import case_text

MONTHS_METRICS = ("calls", "error_rate", "latency_p95", "cost")
SCORES = 2
"""Scores whose figures of the month are shown, beside those."""
REPORTS = 3
"""Of each kind so many reports, newest first."""
CHANCES = 8
QUARTER_DAYS = 93
"""No quarter is longer, by a day at least."""


@dataclass(frozen=True)
class Draft:
    """A charter that waits for the executive, with all that they agree to."""

    key: str
    version: int
    hash: str
    words: CharterWords


@dataclass(frozen=True)
class Figure:
    """One of the month's figures, with as many days before beside it."""

    name: str
    value: str
    change: str
    meta: str
    url: str
    provenance: str


@dataclass(frozen=True)
class Paper:
    """A report to open."""

    title: str
    url: str
    pdf: str


@dataclass(frozen=True)
class Chance:
    """An opportunity that the client is shown."""

    title: str
    said: str
    url: str


@dataclass(frozen=True)
class Portal:
    """All of it, in words."""

    drafts: Sequence[Draft]
    month: str
    figures: Sequence[Figure]
    papers: Sequence[Paper]
    chances: Sequence[Chance]


def portal(
    request: HttpRequest, client: Client, scores: Sequence[Metric], now: datetime, seen: Origin, until: date | None
) -> Portal | None:
    """The executive's first view; None for everybody else. `scores` are the client's, `until` the first day that may still change."""
    if not allowed(request, client, "approve"):
        return None
    money = allowed(request, client, "see_money")
    metrics = [*scores[:SCORES], *(CATALOGUE[key] for key in MONTHS_METRICS if money or key != "cost")]
    month = chosen(MONTH, client.zone, now).period
    read = (settled_part(month, until) or (month,))[0]
    today = day_at(client, now)
    return Portal(
        drafts=_drafts(client, today),
        month=span_text(read.start, read.last),
        figures=_figures(client, metrics, month, seen, until),
        papers=_papers(client),
        chances=_chances(client),
    )


def _drafts(client: Client, today: date) -> list[Draft]:
    """The newest versions, of this quarter and the next, that are written and not agreed."""
    this = quarter_start(today)
    found = Charter.objects.filter(
        client=client, quarter_start__in=[this, quarter_start(this + timedelta(days=QUARTER_DAYS))]
    ).order_by("quarter_start", "-version")
    newest = [c for c in found.distinct("quarter_start") if c.agreed_at is None and c.scope.strip()]
    with_targets(newest)
    drafts = []
    for one in newest:
        one.client = client
        words = charter_words(client, one)
        if words.targets:
            drafts.append(Draft(one.key, one.version, digest(words.text), words))
    return drafts


def _figures(
    client: Client, metrics: Sequence[Metric], month: Period, seen: Origin, until: date | None
) -> list[Figure]:
    known = all_series(client, metrics, month, seen=seen, until=until)
    return [
        Figure(
            name=m.name,
            value=reading_text(series.now),
            change=change_text(series.change),
            meta=case_text(series.now),
            url=evidence_url(client, m, MONTH),
            provenance=series.now.provenance.mark,
        )
        for m in metrics
        if (series := known[m.key]).now.n
    ]


def _papers(client: Client) -> list[Paper]:
    papers = []
    for kind, name in ((Kind.ROI, "ROI report"), (Kind.PULSE, "Pulse")):
        composed = Report.objects.filter(client=client, kind=kind, state=State.COMPOSED).select_related("client")
        newest = composed.order_by("-period_start", "-revision").distinct("period_start")[:REPORTS]
        for report in newest:
            where = [client.slug, label_of(report)]
            span = span_text(report.period_start, report.period.last)
            papers.append(Paper(f"{name}, {span}", reverse(kind, args=where), reverse(f"{kind}-pdf", args=where)))
    return papers


def _chances(client: Client) -> list[Chance]:
    """What they are shown of the roadmap, what runs first; declined and retired ones stay on its own page."""
    shown = Opportunity.objects.of(client, staff=False).filter(~Q(verdict=Verdict.RED), ~Q(stage=Stage.RETIRED))
    order = {Stage.PRODUCTION: 0, Stage.PILOT: 1, Stage.IDEA: 2}
    rows = sorted(shown[: CHANCES * 5], key=lambda one: (order[Stage(one.stage)], one.title))
    return [
        Chance(one.title, _said(one), reverse("opportunity", args=[client.slug, one.public_id]))
        for one in rows[:CHANCES]
    ]


def _said(one: Opportunity) -> str:
    verdict = "" if one.verdict == Verdict.OPEN else one.get_verdict_display().lower()
    review = f"looked at again on {day_text(one.review_on)}" if one.review_on else ""
    return ", ".join(filter(None, (one.get_stage_display(), verdict, review)))
