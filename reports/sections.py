"""The pages after page one: money, quality, speed and volume, each with its sentence, tables and chart."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from monitoring.flags import flags
from monitoring.happenings import Happening
from monitoring.readings import Change, ChangeState, Series, Verdict
from monitoring.rolling import rolled, rolls
from monitoring.wording import level_text, reads_the_same, span_text, text_of

from .composed import CHANGE, SILENT, Chart, Dot, Line, Section, Table
from .evidence import Evidence, Standing
from .facts import Fact, Facts, Name, Sentence, before, change, sentence
from .moves import WHOLE, Group, Scope, families, systems
from .spend import Costs
from .words import capital, change_fact, verb

MOST_FLAGS = 4
"""Flags in a chart of a report."""
CHANGE_HEAD = ("This month", "Before", CHANGE, "Cases")


def chart_of(
    facts: Facts,
    series: Series,
    *,
    scope: Scope = WHOLE,
    standing: Standing | None = None,
    bars: bool = False,
    happened: Sequence[Happening] = (),
    most: int = MOST_FLAGS,
) -> Chart:
    """A metric day by day with the days before it; its title says how it changed, its flags what `happened` in them,
    `most` flags at most.
    """
    metric = series.metric
    fact = change_fact(facts, series.change, scope)
    name = f"{scope.name}: {metric.noun}" if scope.name else metric.name
    compared = any(d.n for d in series.before)
    days = span_text(series.period.before.start if compared else series.period.start, series.period.last)
    now, past = series.days, series.before
    if rolls(series):
        now, past = (rolled([*past, *now], [d.day for d in part]) for part in (now, past))
    measured = "each day with the six before it" if rolls(series) else "by day"
    return Chart(
        key=metric.key,
        finding=_finding(name, fact, series.change),
        caption=f"{name} {measured}, {days}" + (". Grey: the days before." if compared else "."),
        unit=metric.unit,
        days=tuple(Dot(d.day, d.value, d.n) for d in now),
        before=tuple(Dot(d.day, d.value, d.n) for d in past) if compared else (),
        goal=Line(standing.goal, level_text(standing.goal, metric.unit)) if standing else None,
        baseline=Line(standing.baseline, text_of(standing.baseline, metric.unit))
        if standing and standing.baseline is not None
        else None,
        bars=bars,
        flags=flags(
            happened,
            series.period.before.start if compared else series.period.start,
            series.period.last,
            series.period.zone,
            most,
        ),
    )


def _finding(what: str, fact: Fact, moved: Change) -> Sentence:
    name = Name(what)
    if moved.state is not ChangeState.COMPARED:
        return sentence(name, ": ", fact)
    if reads_the_same(moved):
        return sentence(name, " held at ", fact)
    if moved.verdict is Verdict.STEADY:
        return sentence(name, ": ", fact, ", no sure change from ", before(fact))
    return sentence(name, f" {verb(moved)} from ", before(fact), " to ", fact)


def change_table(facts: Facts, changes: Iterable[Change], *, scope: Scope = WHOLE, head: str = "Measure") -> Table:
    """One row per metric: now, before, how it changed, and how many cases."""
    rows = []
    for moved in changes:
        fact = change_fact(facts, moved, scope)
        rows.append(
            (
                sentence(Name(moved.now.metric.name)),
                sentence(fact),
                _before(moved, fact),
                _change(moved, fact),
                _cases(facts, moved, scope),
            )
        )
    return Table((head, *CHANGE_HEAD), tuple(rows))


def _before(moved: Change, fact: Fact) -> Sentence:
    return (
        sentence("–")
        if moved.state is ChangeState.NO_BASELINE or moved.before.value is None
        else sentence(before(fact))
    )


def _change(moved: Change, fact: Fact) -> Sentence:
    if moved.state is not ChangeState.COMPARED or fact.change == "no change":
        return sentence(Name(fact.change))
    tail = {Verdict.WORSE: ", worse", Verdict.STEADY: ", within chance"}.get(moved.verdict, "")
    return sentence(change(fact), tail)


def _cases(facts: Facts, moved: Change, scope: Scope) -> Sentence:
    metric = moved.now.metric
    n = facts.count(
        scope.key(f"{metric.key}.n"),
        f"Cases behind {metric.noun}" + (f", {scope.name}" if scope.name else ""),
        moved.now.n,
        of=metric.of,
        formula=f"{metric.of} in the period",
        period=moved.now.period,
        under=scope.key(metric.key),
    )
    return sentence(n)


def group_table(
    facts: Facts, groups: Sequence[Group], keys: Sequence[str], evidence: Evidence, *, head: str
) -> Table | None:
    """One row per model family or system, one column pair per metric (now and its change); None of a single one, which is the whole."""
    held = [k for k in keys if any(k in g.readings and g.readings[k].value is not None for g in groups)]
    if len(groups) < 2 or not held:
        return None
    rows, names = (
        [],
        [evidence.series[k].metric.name if k in evidence.series else groups[0].readings[k].metric.name for k in held],
    )
    for group in groups:
        changes, cells = group.changes(), [sentence(Name(group.scope.name))]
        for key in held:
            moved = changes.get(key)
            if moved is None or moved.now.value is None:
                cells += [sentence("–"), SILENT]
                continue
            fact = change_fact(facts, moved, group.scope)
            cells += [sentence(fact), _change(moved, fact)]
        rows.append(tuple(cells))
    return Table((head, *(h for name in names for h in (name, CHANGE))), tuple(rows))


def _section(
    facts: Facts,
    evidence: Evidence,
    *,
    key: str,
    title: str,
    lead: Sentence,
    metrics: Sequence[str],
    by: Sequence[str],
    chart: str | None,
    bars: bool = False,
    first: Sequence[Table] = (),
) -> Section:
    held = [evidence.series[k].change for k in metrics if k in evidence.series and evidence.series[k].now.n]
    measures = [change_table(facts, held)] if held else []
    if first:
        measures = [replace(table, title="As traced, by local days") for table in measures]
    tables = [*first, *measures]
    for groups, head in ((families(evidence.models), "Model"), (systems(evidence.systems), "System")):
        if table := group_table(facts, groups, by, evidence, head=head):
            tables.append(table)
    drawn = evidence.series.get(chart) if chart else None
    charts = (
        (chart_of(facts, drawn, bars=bars, happened=evidence.happened),)
        if drawn and drawn.now.value is not None
        else ()
    )
    return Section(key, title, lead, tuple(tables), charts)


def _lead(evidence: Evidence, facts: Facts, key: str | None, absent: str) -> Sentence:
    """The metric in a sentence, or that there is none."""
    moved = evidence.change(key) if key else None
    if moved is None or moved.now.value is None:
        return sentence(absent)
    fact = change_fact(facts, moved)
    name = Name(capital(moved.now.metric.name))
    if moved.state is not ChangeState.COMPARED:
        return sentence(name, ": ", fact, "; ", change(fact), ".")
    if moved.verdict is Verdict.STEADY:
        return sentence(name, ": ", fact, ", against ", before(fact), " before, within chance.")
    return sentence(name, ": ", fact, ", ", change(fact), " from ", before(fact), ".")


def money_section(facts: Facts, evidence: Evidence) -> Section:
    """Spend as billed where bills count, with what explains the difference; traced spend and cost per call, by model and system."""
    costs = Costs.of(facts, evidence)
    return _section(
        facts,
        evidence,
        key="money",
        title="Money",
        lead=costs.told()
        if costs
        else _lead(evidence, facts, "cost", "No call of this month carried a cost we could trace."),
        first=costs.tables() if costs else (),
        metrics=("cost", "cost_per_call", "cost_estimated"),
        by=("cost", "cost_per_call"),
        chart="cost",
        bars=True,
    )


def quality_section(facts: Facts, evidence: Evidence) -> Section:
    """Scores, failures and retries; the score most answers were judged on comes first."""
    scores = sorted((s for s in evidence.series.values() if s.metric.is_score and s.now.n), key=lambda s: -s.now.n)
    keys = [s.metric.key for s in scores]
    return _section(
        facts,
        evidence,
        key="quality",
        title="Quality",
        lead=_lead(
            evidence, facts, keys[0] if keys else None, "No answers were judged this month, so quality cannot be said."
        ),
        metrics=(
            *keys,
            "refusal_rate",
            "format_valid",
            "other_language_rate",
            "error_rate",
            "tool_error_rate",
            "retries_per_trace",
            "answer_tokens",
        ),
        by=(*keys[:2], "error_rate"),
        chart=keys[0] if keys else "error_rate",
    )


def speed_section(facts: Facts, evidence: Evidence) -> Section:
    """Reply times."""
    return _section(
        facts,
        evidence,
        key="speed",
        title="Speed",
        lead=_lead(evidence, facts, "latency_p95", "No reply times were recorded this month."),
        metrics=("latency_p50", "latency_p95", "latency_p99"),
        by=("latency_p50", "latency_p95"),
        chart="latency_p95",
    )


def volume_section(facts: Facts, evidence: Evidence) -> Section:
    """Calls, requests, people and tokens."""
    return _section(
        facts,
        evidence,
        key="volume",
        title="Volume and adoption",
        lead=_lead(evidence, facts, "calls", "No model calls reached us this month."),
        metrics=("calls", "traces", "users", "sessions", "tool_calls_per_trace", "input_tokens", "output_tokens"),
        by=("calls",),
        chart="calls",
        bars=True,
    )
