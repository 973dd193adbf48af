"""A client's page: what moved, the charter's targets, and quality, speed, cost and volume over a period beside the one before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clients.local import day_in, today_at
from clients.models import Charter, Client
from clients.permissions import allowed, client_or_404
from clients.retainer import ending_words, notices
from monitoring.catalogue import CATALOGUE, Area, Metric
from monitoring.flags import Flag
from monitoring.freshness import Origin, freshness, origin
from monitoring.judging import FOLLOWS_TRAFFIC, WATCHED
from monitoring.outcomes import outcome_metrics
from monitoring.readings import Breakdown, Period, Series, settled_part
from monitoring.seams import Seam, seams
from monitoring.series import WHOLE, Slice, all_series, breakdowns, scored_metrics
from monitoring.settling import left_out, unsettled
from monitoring.targets import Progress, Status, progress, slice_of
from monitoring.wording import level_text, reading_text, span_text, text_of

from . import figures as drawing
from .arrivals import SourceView, source_view
from .evidence import evidence_url
from .flagged import flagged_days, flagged_in
from .frames import Frame, chart_id, frame, moment_text
from .marks import Mark, of_status
from .periods import PROGRESS_PERIOD, Choice, Option, chosen, options
from .portal import Portal, portal
from .sends import Send, next_send
from .sentences import Part, case_text, headline
from .since import looking
from .strips import Strip, narrowed, reaches, strip
from .tables import Table, table

MOST_SCORES = 6
"""Charts of scores on a client's page; the rest are in their tables and evidence pages."""
_ALWAYS = ("error_rate", "latency_p95", "latency_p50", "cost", "cost_per_call", "calls")
"""Drawn even when empty: a page that leaves them out would hide that nothing is known."""
_WHERE_KNOWN = (
    "refusal_rate",
    "format_valid",
    "other_language_rate",
    "answer_tokens",
    "retries_per_trace",
    "tool_error_rate",
    "sessions",
    "users",
)
_SECTIONS = ((Area.QUALITY, "Quality"), (Area.LATENCY, "Speed"), (Area.COST, "Cost"), (Area.VOLUME, "Volume"))
_COLUMNS = ("latency_p95", "error_rate", "cost_per_call", "calls", "cost")


@dataclass(frozen=True)
class TargetView:
    """What components/target.html draws."""

    name: str
    value: str
    url: str
    provenance: str
    mark: Mark
    why: str
    meta: str
    chart: Strip | None


@dataclass(frozen=True)
class Section:
    """One area's charts, and in a line each what stayed at zero; `empty` says what is missing and how to get it."""

    id: str
    title: str
    frames: Sequence[Frame]
    calm: Sequence[Frame] = ()
    empty: str = ""
    later: str = ""
    """The address of a part that takes longer than the page and is asked for once it is there."""


@dataclass(frozen=True)
class Page:
    """Everything the client page shows, in words."""

    client: Client
    choice: Choice
    picker: Sequence[Option]
    span: str
    sentence: Sequence[Part]
    left_out: str
    """Which of the newest days no number covers, and why; "" where all do."""
    read: str
    """The days that numbers and comparisons cover."""
    newest: str
    has_data: bool
    charter: Charter | None
    quarter: str
    targets: Sequence[TargetView]
    happened: Sequence[Flag]
    """What is flagged in the targets' charts."""
    sections: Sequence[Section]
    tables: Sequence[tuple[str, str, Table]]
    sources: Sequence[SourceView]
    may_edit: bool
    may_connect: bool
    may_see_reports: bool
    sends: Send | None
    """The next pulse, for those who read reports."""
    portal: Portal | None


@require_safe
def overview(request: HttpRequest, slug: str) -> HttpResponse:
    """The page. Its charts come afterwards, from `figures`, so that the words never wait for them."""
    client = client_or_404(request, slug)
    now = timezone.now()
    page, look = page_of(request, client, now), looking(request, client, now)
    context = {
        "page": page,
        "client": client,
        "ending": ending(request, client),
        "since": look.told if look else None,
    }
    answer = render(request, "pages/overview.html", context)
    if look:
        look.shown(request)
    return answer


def ending(request: HttpRequest, client: Client) -> str:
    """When the engagement ends, where notice was given and the person may know."""
    if not allowed(request, client, "see_hours"):
        return ""
    given = notices([client], today_at(client)).get(client.pk)
    return ending_words(given) if given else ""


@require_safe
def figures(request: HttpRequest, slug: str) -> HttpResponse:
    """The page's charts as Plotly figures by chart id; ``?metric=`` asks for one, ``?model=`` narrows it to a model."""
    client = client_or_404(request, slug)
    now = timezone.now()
    choice = chosen(request.GET.get("period"), client.zone, now)
    if choice.wrong:
        return JsonResponse({"error": choice.wrong.partition(". ")[0] + "."}, status=400)
    metrics = page_metrics(scored_metrics(client, choice.period), money=allowed(request, client, "see_money"))
    if asked := request.GET.get("metric"):
        metrics = [m for m in (*metrics, *outcome_metrics(client)) if m.key == asked]
        if not metrics:
            return JsonResponse({"error": f"“{asked[:80]}” is no metric this client has."}, status=400)
    model, fresh = request.GET.get("model") or None, freshness(client)
    open_days = unsettled(fresh, client.zone)
    until = open_days.first if open_days else None
    known = all_series(client, metrics, choice.period, Slice(model=model), seen=origin(fresh), until=until)
    agreed = {} if model else _agreed(Charter.objects.current(client, choice.period.end), metrics)
    flagged = flagged_days(request, client, choice.period)
    drawn = {
        chart_id(m): drawing.figure(known[m.key], agreed.get(m.key, ()), flagged) for m in metrics if known[m.key].known
    }
    return HttpResponse(
        drawing.encoded(drawn), content_type="application/json", headers={"Cache-Control": "private, max-age=60"}
    )


def page_metrics(scores: Sequence[Metric], *, money: bool) -> list[Metric]:
    """The metrics of a client's page in its order: scores, then the catalogue's; cost only for those who may see money."""
    chosen_keys = [CATALOGUE[key] for key in (*_ALWAYS, *_WHERE_KNOWN)]
    metrics = [*scores[:MOST_SCORES], *chosen_keys]
    return [m for m in metrics if money or m.area is not Area.COST]


def _looked_at(scores: Sequence[Metric], drawn: Sequence[Metric]) -> list[Metric]:
    """What the page's sentence is chosen from: as much as reports look at, also where the page draws less."""
    watched = (*drawn, *scores, *(CATALOGUE[key] for key in WATCHED if key not in FOLLOWS_TRAFFIC))
    return list({m.key: m for m in watched}.values())


def page_of(request: HttpRequest, client: Client, now: datetime) -> Page:
    """Read everything, then put it into words."""
    choice = chosen(request.GET.get("period"), client.zone, now)
    period, money = choice.period, allowed(request, client, "see_money")
    scores = scored_metrics(client, period)
    metrics = page_metrics(scores, money=money)
    fresh = freshness(client, now)
    seen, open_days = origin(fresh), unsettled(fresh, client.zone)
    until = open_days.first if open_days else None
    known = all_series(client, _looked_at(scores, metrics), period, seen=seen, until=until)
    read = (settled_part(period, until) or (period,))[0]
    joined = seams(client)
    charter = Charter.objects.current(client, day_in(now, client.zone))
    quarter = Period(charter.quarter_start, charter.quarter_end + timedelta(days=1), client.zone) if charter else period
    flagged, happened = flagged_in(request, client, [period, quarter])
    kept = (
        [
            p
            for p in progress(client, charter, now, seen=seen, open_days=open_days)
            if money or p.metric.area is not Area.COST
        ]
        if charter
        else []
    )

    def link(metric: Metric) -> str:
        return evidence_url(client, metric, choice.key)

    return Page(
        client=client,
        choice=choice,
        picker=options(choice),
        span=span_text(period.start, period.last),
        sentence=headline({key: s.change for key, s in known.items()}, kept, read.days, link, money=money),
        left_out=left_out(open_days, period),
        read=span_text(read.start, read.last),
        newest=moment_text(seen.as_of, client.zone) if seen.as_of else "",
        has_data=seen.as_of is not None or any(series.known for series in known.values()),
        charter=charter,
        quarter=_quarter(charter, now, client.zone) if charter else "",
        targets=_targets(client, charter, kept, now, seen, known, until, happened) if charter else [],
        happened=happened,
        sections=[
            _section(area, title, metrics, known, client, choice, joined, flagged)
            for area, title in _SECTIONS
            if money or area is not Area.COST
        ],
        tables=_tables(client, choice, metrics, seen, read, until),
        sources=[source_view(f, client.zone) for f in fresh if not f.removed],
        may_edit=allowed(request, client, "edit_charter"),
        may_connect=allowed(request, client, "manage_sources"),
        may_see_reports=allowed(request, client, "see_reports"),
        sends=next_send(client, now) if allowed(request, client, "see_reports") else None,
        portal=portal(request, client, scores, now, seen, until),
    )


def _agreed(charter: Charter | None, metrics: Sequence[Metric]) -> dict[str, Sequence[drawing.Mark]]:
    """Goal and baseline of each metric that the charter names for the whole client, to be drawn in its chart."""
    units = {m.key: m.unit for m in metrics}
    marks: dict[str, Sequence[drawing.Mark]] = {}
    for target in charter.targets.all() if charter else ():
        if target.system_id or target.model or target.metric not in units:
            continue
        unit = units[target.metric]
        goal = drawing.Mark(target.goal, f"Goal {level_text(target.goal, unit)}", goal=True)
        base = (
            [drawing.Mark(target.baseline, f"Baseline {text_of(target.baseline, unit)}", goal=False)]
            if target.baseline is not None
            else []
        )
        marks[target.metric] = [goal, *base]
    return marks


def _happened(series: Series) -> bool:
    """Whether there is more to draw than a line at zero. A score that swings around it has a mean of zero, and squares."""
    return any(r.value or r.summary.sum_squares for r in (series.now, series.change.before))


def _section(
    area: Area,
    title: str,
    metrics: Sequence[Metric],
    known: Mapping[str, Series],
    client: Client,
    choice: Choice,
    joined: Sequence[Seam],
    flagged: Sequence[Flag],
) -> Section:
    frames: list[Frame] = []
    calm: list[Frame] = []
    for m in metrics:
        series = known[m.key]
        if m.area is area and (m.key in _ALWAYS or m.is_score or _happened(series)):
            # A line at zero is said, not drawn.
            told = calm if series.known and not _happened(series) else frames
            told.append(frame(series, client.zone, evidence_url(client, m, choice.key), joined, flagged))
    scored = any(m.is_score for m in metrics)
    empty = (
        "No answers were judged yet. Import scores, or send them with the traces, and they are drawn here."
        if area is Area.QUALITY and not scored
        else ""
    )
    later = f"{reverse('client-spend', args=[client.slug])}?period={choice.key}" if area is Area.COST else ""
    return Section(area.value, title, frames, calm, empty, later)


def _tables(
    client: Client, choice: Choice, metrics: Sequence[Metric], seen: Origin, read: Period, until: date | None
) -> list[tuple[str, str, Table]]:
    """By model, by system and by tool: (id, title, table), leaving out those with nothing to show."""
    shown = {m.key: m for m in metrics}
    columns = [*[m for m in metrics if m.is_score][:2], *[shown[key] for key in _COLUMNS if key in shown]]
    cells = {"model": columns, "system": columns, "tool": [CATALOGUE["tool_error_rate"]]}
    heads = {"model": ("By model", "Model"), "system": ("By system", "System"), "tool": ("Tools", "Tool")}
    return [
        (
            dimension,
            heads[dimension][0],
            _table(client, choice, read, dimension, *heads[dimension], rows, cells[dimension]),
        )
        for dimension, rows in breakdowns(client, cells, choice.period, seen=seen, until=until).items()
        if rows
    ]


def _table(
    client: Client,
    choice: Choice,
    read: Period,
    dimension: str,
    title: str,
    head: str,
    rows: Sequence[Breakdown],
    cells: Sequence[Metric],
) -> Table:
    def link(metric: Metric, name: str) -> str:
        if not name or dimension == "tool":
            return ""
        return evidence_url(client, metric, choice.key, **{dimension: name})

    return table(
        f"{title}, {span_text(read.start, read.last)}, worst first",
        head,
        rows,
        cells,
        read,
        link,
    )


def _targets(
    client: Client,
    charter: Charter,
    kept: Sequence[Progress],
    now: datetime,
    seen: Origin,
    known: Mapping[str, Series],
    until: date | None,
    flagged: Sequence[Flag],
) -> list[TargetView]:
    """The targets with the quarter so far behind each: from the page's own series where they reach, else one read for each slice."""
    today = day_in(now, client.zone)
    end = min(today, charter.quarter_end + timedelta(days=1))
    read: dict[Slice, dict[str, Series]] = {}
    if end > charter.quarter_start:
        so_far = Period(charter.quarter_start, end, client.zone)
        for within in {slice_of(p.target) for p in kept}:
            metrics = [p.metric for p in kept if slice_of(p.target) == within]
            reaching = [known.get(m.key) for m in metrics] if within == WHOLE else [None]
            if all(series and reaches(series, so_far) for series in reaching):
                read[within] = {s.metric.key: narrowed(s, so_far) for s in reaching if s}
            else:
                read[within] = all_series(client, metrics, so_far, within, seen=seen)
    views = []
    for p in kept:
        series = read.get(slice_of(p.target), {}).get(p.metric.key)
        system = p.target.system.name if p.target.system else ""
        url = evidence_url(client, p.metric, PROGRESS_PERIOD, model=p.target.model, system=system)
        first_open = None if p.metric.is_outcome else until
        drawn = strip(p, series, charter.quarter_start, charter.quarter_end, first_open, flagged) if series else None
        views.append(_target(p, url, drawn))
    return views


def _target(kept: Progress, url: str, chart: Strip | None) -> TargetView:
    reading = kept.reading
    known = kept.status is not Status.NO_DATA and reading.value is not None
    period = span_text(reading.period.start, reading.period.last)
    return TargetView(
        name=kept.target.name,
        value=reading_text(reading),
        url=url if known else "",
        provenance=reading.provenance.mark,
        mark=of_status(kept.status),
        why=kept.why,
        meta=f"{case_text(reading)}, {period}."
        if reading.n
        else f"{(reading.reason or 'No data').capitalize()}, {period}.",
        chart=chart,
    )


def _quarter(charter: Charter, now: datetime, zone: str) -> str:
    """``36 of 92 days done``."""
    today = day_in(now, zone)
    total = (charter.quarter_end - charter.quarter_start).days + 1
    return f"{min(total, max(0, (today - charter.quarter_start).days))} of {total} days done"
