"""The evidence page of a number: its formula, what went in, whether it truly moved, and its days, also as CSV."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clients.models import Client, System
from clients.permissions import allowed, client_or_404
from clients.writing import NBSP, day_text
from monitoring.catalogue import Aggregation, Area, Better, Metric, Unit
from monitoring.flags import Flag
from monitoring.freshness import freshness, origin
from monitoring.outcomes import known_metric
from monitoring.provenance import Provenance
from monitoring.readings import SURE, Change, ChangeState, Reading, Series, Verdict, needed
from monitoring.reconciliation.gather import price_tables
from monitoring.seams import Seam, seams
from monitoring.series import Slice, all_series
from monitoring.settling import left_out, unsettled
from monitoring.wording import change_text, noun_of, reading_text, span_text, text_of

from .flagged import flagged_days
from .frames import Frame, as_of_text, chart_id, frame, seam_words
from .marks import Mark, of_state
from .periods import Choice, Option, chosen
from .sentences import case_text, count_text, short_name

_DIRECTION = {
    Better.HIGHER: "Higher is better",
    Better.LOWER: "Lower is better",
    Better.NEITHER: "Neither way is better",
}


@dataclass(frozen=True)
class Term:
    """One operand of the sum: a sign before it, its value and what it counts."""

    sign: str
    value: str
    what: str


@dataclass(frozen=True)
class DayRow:
    day: str
    value: str
    n: str
    before: str
    note: str = ""


@dataclass(frozen=True)
class Page:
    """Everything the evidence page shows."""

    metric: Metric
    name: str
    choice: Choice
    picker: Sequence[Option]
    of_what: str
    span: str
    span_before: str
    value: str
    before: str
    change: str
    mark: Mark
    moved: str
    direction: str
    terms: Sequence[Term]
    cases: str
    as_of: str
    sources: str
    seams: Sequence[str]
    """Where in its days one source goes on with what another had measured."""
    provenance: Provenance
    tables: str
    """The price tables behind what was priced by us."""
    complete: str
    left_out: str
    """Which of the newest days are drawn, but not read, and why."""
    frame: Frame
    figures: str
    rows: Sequence[DayRow]
    csv: str


@require_safe
def says_who(request: HttpRequest, slug: str, metric: str) -> HttpResponse:
    """The page, or with ``?format=csv`` its days. ``?model=`` and ``?system=`` narrow it; an unknown metric is a 404."""
    client = client_or_404(request, slug)
    which = _metric_or_404(client, metric)
    if which.area is Area.COST and not allowed(request, client, "see_money"):
        raise PermissionDenied(f"Your role for {client.name} does not include money.")
    if (form := request.GET.get("format")) not in (None, "csv"):
        return HttpResponseBadRequest(
            f"“{form[:40]}” is no format: write csv, or leave it out for the page.",
            content_type="text/plain; charset=utf-8",
        )
    choice = chosen(request.GET.get("period"), client.zone, timezone.now())
    if form and choice.wrong:
        return HttpResponseBadRequest(choice.wrong.partition(". ")[0] + ".", content_type="text/plain; charset=utf-8")
    model, system = request.GET.get("model", ""), _system_or_404(client, request.GET.get("system", ""))
    within, fresh = Slice(system_id=system.pk if system else None, model=model or None), freshness(client)
    open_days = unsettled(fresh, client.zone)
    until = open_days.first if open_days else None
    series = all_series(client, [which], choice.period, within, seen=origin(fresh), until=until)[which.key]
    if form == "csv":
        return _csv(client, series, choice)
    flagged = flagged_days(request, client, choice.period)
    page = page_of(client, series, choice, model=model, system=system, joined=seams(client), flagged=flagged)
    if series.until:
        page = replace(page, left_out=left_out(open_days, choice.period))
    if page.provenance is Provenance.ASSUMED:
        page = replace(page, tables=", ".join(price_tables(client, *choice.period.instants)))
    return render(request, "pages/says_who.html", {"page": page, "client": client})


def page_of(
    client: Client,
    series: Series,
    choice: Choice,
    *,
    model: str = "",
    system: System | None = None,
    joined: Sequence[Seam] = (),
    flagged: Sequence[Flag] = (),
) -> Page:
    """The evidence of one series, in words."""
    which, reading, change = series.metric, series.now, series.change
    narrowed = {k: v for k, v in (("model", model), ("system", system.name if system else "")) if v}
    query = urlencode({"period": choice.key, **narrowed})
    picker = [
        Option(f"{days} days", "?" + urlencode({"period": f"{days}d", **narrowed}), f"{days}d" == choice.key)
        for days in (7, 28, 90)
    ]
    return Page(
        metric=which,
        name=short_name(which),
        choice=choice,
        picker=picker,
        of_what=" and ".join(
            filter(None, (f"model {model}" if model else "", f"system {system.name}" if system else ""))
        ),
        span=span_text(reading.period.start, reading.period.last),
        span_before=span_text(change.before.period.start, change.before.period.last),
        value=reading_text(reading),
        before=reading_text(change.before),
        change=change_text(change),
        mark=of_state(change),
        moved=certainty_text(change),
        direction=_DIRECTION[which.better],
        terms=terms(reading),
        cases=case_text(reading) if reading.n else reading.reason or "no data",
        as_of=as_of_text(reading.as_of, client.zone) if reading.as_of else "",
        sources=", ".join(reading.sources),
        seams=seam_words(series, joined),
        provenance=reading.provenance,
        tables="",
        complete=f"{series.days_with_data} of {reading.period.days}",
        left_out="",
        frame=frame(series, client.zone, "", joined, flagged),
        figures=urlencode({"period": choice.key, "metric": which.key, **narrowed}),
        rows=_rows(series),
        csv="?" + query + "&format=csv",
    )


def certainty_text(change: Change) -> str:
    """Whether a metric truly moved, in words a person can repeat."""
    few = f"fewer than the {count_text(needed(change.now.metric))} cases it takes to judge"
    match change.state:
        case ChangeState.NO_DATA:
            return "There is nothing to judge in this period."
        case ChangeState.NO_BASELINE:
            return "There is nothing in the period before to compare with."
        case ChangeState.TOO_EARLY:
            counts = f"{count_text(change.now.n)} now, {count_text(change.before.n)} before"
            return f"It is too early to say: one of the two periods has {few} ({counts})."
        case ChangeState.UNSETTLED:
            return "No day of this period is final yet, so it is compared with nothing."
    if not change.points:
        return "Both periods read exactly the same."
    errors = change.certainty or 0.0
    odds = _odds(errors)
    if errors < SURE:
        return f"No: chance alone would show a difference this large {odds}. We call a move real at about once in 20 times or rarer."
    meaning = {
        Verdict.BETTER: "Yes, and for the better",
        Verdict.WORSE: "Yes, and for the worse",
    }.get(change.verdict, "Yes, though neither way is better")
    return f"{meaning}: chance alone would show a difference this large {odds}."


def _odds(errors: float) -> str:
    """``about once in 280 times``, from a two-sided normal tail; beyond a million it says so."""
    tail = math.erfc(errors / math.sqrt(2))
    if tail < 1e-6:
        return "less than once in a million times"
    times = 1 / tail
    if times < 1.95:
        return "more often than not"
    step = 10 ** max(0, int(math.log10(times)) - 1)
    return f"about once in {count_text(round(times / step) * step)} times"


def terms(reading: Reading) -> list[Term]:
    """How the value is worked out from what is stored: ``511 ÷ 1,000``."""
    which = reading.metric
    if reading.value is None:
        return []
    n = Term("", count_text(reading.n), noun_of(reading.n, which.of))
    match which.aggregation:
        case Aggregation.RATE | Aggregation.MEAN:
            # The catalogue's formula names what stands over the line: “model calls that ended in an error ÷ model calls”.
            return [Term("", _sum_text(reading), which.formula.partition(" ÷ ")[0]), Term("÷", n.value, n.what)]
        case Aggregation.SUM:
            return [Term("", n.value, f"{n.what}, added up")]
        case Aggregation.QUANTILE:
            share = text_of(Decimal(str(which.quantile or 0.5)), which.unit.FRACTION)
            return [
                Term("", share, "lie below it" if which.is_outcome else "finish below it"),
                Term("of", n.value, n.what),
            ]
        case _:
            return [n]


def _sum_text(reading: Reading) -> str:
    """What was added up: money as money, whole numbers without decimals, for a sum of counts is a count."""
    total = reading.summary.total
    if reading.metric.unit is Unit.MONEY:
        return text_of(total, Unit.MONEY)
    return text_of(total, Unit.CALLS if total == total.to_integral_value() else Unit.NUMBER)


def _rows(series: Series) -> list[DayRow]:
    """Newest first, each beside the day as many days before as the period is long."""
    before = {d.day: d for d in series.before}
    unit = series.metric.unit
    rows = []
    for day in reversed(series.days):
        then = before.get(day.day - (series.period.start - series.period.before.start))
        rows.append(
            DayRow(
                day=f"{day.day:%a}{NBSP}{day_text(day.day)}",
                value="–" if day.value is None else text_of(day.value, unit),
                n=count_text(day.n),
                before="–" if then is None or then.value is None else text_of(then.value, unit),
                note="not final yet" if series.until and day.day >= series.until else "",
            )
        )
    return rows


def _csv(client: Client, series: Series, choice: Choice) -> HttpResponse:
    """The days of both periods as stored, unrounded, in the metric's own unit."""
    name = f"{client.slug}-{chart_id(series.metric)}-{choice.period.start}-{choice.period.last}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
    writer = csv.writer(response)
    writer.writerow(["day", "value", "unit", "n", "n_counts", "period", "final"])
    for label, days in (("before", series.before), ("now", series.days)):
        for d in days:
            writer.writerow(
                [
                    d.day.isoformat(),
                    "" if d.value is None else d.value,
                    series.metric.unit,
                    d.n,
                    series.metric.of,
                    label,
                    "no" if series.until and d.day >= series.until else "yes",
                ]
            )
    return response


def _metric_or_404(client: Client, key: str) -> Metric:
    try:
        return known_metric(client, key)
    except KeyError:
        raise Http404(f"There is no metric “{key[:80]}”.") from None


def _system_or_404(client: Client, name: str) -> System | None:
    if not name:
        return None
    system = System.objects.filter(client=client, name=name).first()
    if system is None:
        raise Http404(f"{client.name} has no system “{name[:80]}”.")
    return system
