"""Chart frames: a series' finding, measure and origin in words; the drawing itself comes later, from figures."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo

from clients.writing import NBSP, clock_text, day_text
from monitoring.catalogue import CATALOGUE, Metric, Unit
from monitoring.flags import Flag
from monitoring.readings import ChangeState, Reading, Series
from monitoring.rolling import rolls
from monitoring.seams import Seam, sentence, within
from monitoring.wording import span_text

from .sentences import case_text, finding

_UNITS = {
    Unit.FRACTION: "Percent of {of}",
    Unit.MONEY: "US dollars",
    Unit.MILLISECONDS: "Time per call",
    Unit.TOKENS: "Tokens",
    Unit.CHARACTERS: "Characters",
    Unit.CALLS: "Calls",
    Unit.TRACES: "Requests",
    Unit.PEOPLE: "People",
    Unit.SESSIONS: "Conversations",
    Unit.CASES: "Cases",
    Unit.HOURS: "Hours",
    Unit.NUMBER: "Average number",
}


@dataclass(frozen=True)
class Frame:
    """What components/chart.html draws around a chart."""

    id: str
    finding: str
    measure: str
    label: str
    source: Sequence[str]
    evidence: str
    drawn: bool
    why: str
    flags: Sequence[Flag] = ()
    """What the letters in the chart stand for."""


def frame(series: Series, zone: str, evidence: str, seams: Sequence[Seam] = (), flagged: Sequence[Flag] = ()) -> Frame:
    """The frame of one metric's chart on a client's page; `seams` are the client's, of which it names those it shows.

    `flagged` is what is flagged in the chart, as `figures.figure` draws it.
    """
    metric, reading = series.metric, series.now
    title = finding(series.change)
    return Frame(
        id=chart_id(metric),
        finding=title,
        measure=measure_text(
            metric,
            series.period.days,
            before=series.change.state is not ChangeState.NO_BASELINE,
            rolled=rolls(series),
            open_days=series.until is not None,
        ),
        label=f"{title}. {metric.name}, daily, {span_text(series.period.start, series.period.last)}.",
        source=[*source_words(reading, zone, days=series.days_with_data), *seam_words(series, seams)],
        evidence=evidence,
        drawn=series.known,
        why=""
        if series.known
        else f"Nothing to draw: {reading.reason or 'no data in the period'}, nor in the one before.",
        flags=flagged if series.known else (),
    )


def chart_id(metric: Metric) -> str:
    """A metric's key as an id in a page and a part of a file's name: a to z, digits and hyphens only.

    A score may be called anything, so that of one nobody listed also gets a few digits that tell “tone a” from “tone-a”.
    """
    plain = re.sub("[^a-z0-9]+", "-", metric.key.lower()).strip("-")
    if metric.key in CATALOGUE:
        return plain
    return f"{plain[:60].strip('-')}-{blake2b(metric.key.encode(), digest_size=4).hexdigest()}"


def measure_text(
    metric: Metric, days: int, *, before: bool = True, rolled: bool = False, open_days: bool = False
) -> str:
    """What a chart measures, in which unit, over which stretch, what is grey in it, and what hollow at its end."""
    unit = _UNITS[metric.unit].format(of=metric.of)
    if metric.is_outcome and metric.unit in (Unit.CASES, Unit.NUMBER):
        unit = metric.formula[:1].upper() + metric.formula[1:]
    if metric.is_score and metric.unit is Unit.NUMBER:
        unit = "Score"
    if metric.quantile is not None and metric.unit is Unit.MILLISECONDS:
        unit = (
            "Median time per call"
            if metric.quantile == 0.5
            else f"Time that {100 * metric.quantile:g}% of calls stay below"
        )
    grey = f" Grey: the {days} days before." if before else ""
    stretch = "each day with the six before it" if rolled else "daily"
    hollow = " Hollow at the end: still coming in." if open_days else ""
    return f"{unit}, {stretch}.{grey}{hollow}"


def source_words(reading: Reading, zone: str, *, days: int | None = None) -> list[str]:
    """Cases, completeness and freshness."""
    words = [case_text(reading)] if reading.n else [reading.reason or "no data"]
    if days is not None:
        words.append(f"{days} of {reading.period.days} days with data")
    if reading.as_of:
        words.append(as_of_text(reading.as_of, zone, reading.sources))
    return words


def seam_words(series: Series, seams: Sequence[Seam]) -> list[str]:
    """Where in a series one source goes on with what another had measured. What a business counts outside its AI has no such seam."""
    return [] if series.metric.is_outcome else [sentence(seam) for seam in within(seams, series.period)]


def as_of_text(moment: datetime, zone: str, sources: Sequence[str] = ()) -> str:
    """``As of 5 November, 06:10, Langfuse``, in the client's time."""
    named = f", {', '.join(sources)}" if sources else ""
    return f"As of {moment_text(moment, zone)}{named}"


def moment_text(moment: datetime, zone: str, *, named: bool = False) -> str:
    """A moment in the client's time: ``5 November, 06:10``, with the zone's short name where zones stand side by side."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{day_text(local.date())}, {clock_text(local)}{f' {local:%Z}' if named else ''}".replace(" ", NBSP)
