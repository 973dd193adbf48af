"""The last pages of the ROI report: how complete the data is, and the method behind every fact."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from monitoring.wording import span_text

from .composed import Section, Table
from .evidence import Evidence
from .facts import Fact, Facts, Name, Sentence, sentence
from .words import AGREED, spelled


def coverage_section(facts: Facts, evidence: Evidence) -> Section:
    """Which days have calls, and when each source last delivered."""
    period, seen, total = evidence.period, evidence.days_with_calls, evidence.period.days
    days = facts.count("days", "Days with data", seen, n=total, of="days", formula="local days with at least one model call", period=period,
                       text=f"all {spelled(total)} days" if seen == total else f"{seen} of {total} days")
    lead = sentence("Calls arrived on ", days, ".")
    sources = Table(
        ("Source", "Kind", "Last delivery", "State"),
        tuple((sentence(Name(s.name)), sentence(Name(s.kind)),
               sentence(Name(_moment(s.last_at, period.zone)) if s.last_at else "never"),
               sentence(Name(f"failing: {s.error}") if s.failing else "ok")) for s in evidence.arrivals),
        title="Sources", prose=True)
    calls = evidence.series.get("calls")
    weeks = [calls.days[i : i + 7] for i in range(0, len(calls.days), 7)] if calls and calls.now.n else []
    rows = []
    for week in weeks:
        cells = []
        for day in week:
            name = f"calls.{day.day.isoformat()}"
            cells.append(sentence(facts.count(
                name, f"Model calls on {day.day.day} {day.day:%B}", day.n, under="calls", formula="model calls that started on that local day")))
        cells += [sentence("")] * (7 - len(cells))
        rows.append((sentence(Name(span_text(week[0].day, week[-1].day))), *cells))
    head = ("Week", *(f"{d.day:%a}" for d in weeks[0])) if weeks else ()
    by_day = (Table(head, tuple(rows), title="Model calls by day"),) if rows else ()
    return Section("coverage", "Data coverage", lead, (*((sources,) if evidence.arrivals else ()), *by_day))


def method_section(facts: Facts) -> Section:
    """Every fact of the report with its formula, cases, sources and freshness."""
    lead = sentence("Each underlined number, how it is worked out, and how we know it.")
    return Section("method", "Method", lead, (method_table(facts.values()),))


def method_table(facts: Iterable[Fact]) -> Table:
    """A row per fact that is read or worked out; plain counts of cases and days stand in their own tables."""
    rows = tuple(method_row(f) for f in facts if f.formula and not f.under)
    return Table(("Number", "Value", "How it is worked out", "How we know"), rows, prose=True)


def method_row(fact: Fact) -> tuple[Sentence, ...]:
    """Name, value, formula, and provenance with cases, sources and freshness."""
    known = ["agreed with you" if fact.formula == AGREED else fact.provenance.words]
    if fact.n is not None and fact.of:
        known.append(f"{fact.n:,} {fact.of}")
    if fact.sources:
        known.append(f"from {', '.join(fact.sources)}")
    if fact.as_of:
        zone = fact.period.zone if fact.period else "UTC"
        known.append(f"as of {_moment(fact.as_of, zone)}")
    return sentence(Name(fact.label)), sentence(fact), sentence(Name(fact.formula)), sentence(Name("; ".join(known)))


def _moment(moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B, %H:%M}"
