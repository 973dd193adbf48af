"""The last pages of the ROI report: how complete the data is, and the method behind every fact."""

from clients.local import day_in
from clients.writing import NEUTRAL
from monitoring.readings import Period
from monitoring.seams import sentence as seam_sentence
from monitoring.wording import span_text

from .composed import Section, Table, method_table, moment_text
from .evidence import Arrival, Evidence
from .facts import Facts, Name, sentence
from .words import spelled


def coverage_section(facts: Facts, evidence: Evidence) -> Section:
    """Which days have calls, when each source last delivered, and where one took over from another."""
    period, seen, total = evidence.period, evidence.days_with_calls, evidence.period.days
    days = facts.count(
        "days",
        "Days with data",
        seen,
        n=total,
        of="days",
        formula="local days with at least one model call",
        period=period,
        text=f"all {spelled(total)} days" if seen == total else f"{seen} of {total} days",
        counted=evidence.reading("calls"),
    )
    joined = (Name(f" {seam_sentence(seam)}.") for seam in evidence.seams)
    lead = sentence("Calls arrived on ", days, ".", *joined)
    sources = Table(
        ("Source", "Kind", "Last delivery", "State"),
        tuple(
            (
                sentence(Name(s.name)),
                sentence(Name(s.kind)),
                sentence(Name(moment_text(s.last_at, period.zone)) if s.last_at else "never"),
                sentence(Name(_state(s, period))),
            )
            for s in evidence.arrivals
        ),
        title="Sources",
        prose=True,
    )
    calls = evidence.series.get("calls")
    weeks = [calls.days[i : i + 7] for i in range(0, len(calls.days), 7)] if calls and calls.now.n else []
    rows = []
    for week in weeks:
        cells = []
        for day in week:
            name = f"calls.{day.day.isoformat()}"
            cells.append(
                sentence(
                    facts.count(
                        name,
                        f"Model calls on {NEUTRAL.day(day.day)}",
                        day.n,
                        under="calls",
                        formula="model calls that started on that local day",
                    )
                )
            )
        cells += [sentence("")] * (7 - len(cells))
        rows.append((sentence(Name(span_text(week[0].day, week[-1].day))), *cells))
    head = ("Week", *(f"{d.day:%a}" for d in weeks[0])) if weeks else ()
    by_day = (Table(head, tuple(rows), title="Model calls by day"),) if rows else ()
    return Section("coverage", "Data coverage", lead, (*((sources,) if evidence.arrivals else ()), *by_day))


def _state(source: Arrival, period: Period) -> str:
    """How a source stood when the report was composed: failing, still correcting, or all right."""
    if source.failing:
        return f"failing: {source.error}"
    if source.final_to and source.final_to < period.instants[1]:
        since = day_in(source.final_to, period.zone)
        return f"ok; its provider may still correct the days from {NEUTRAL.day(since)}"
    return "ok"


def method_section(facts: Facts) -> Section:
    """Every fact of the report with its formula, cases, sources and freshness."""
    lead = sentence("How each underlined number is worked out, and how we know it.")
    return Section("method", "Method", lead, (method_table(facts.values()),))
