"""The monthly ROI report: page one (headline, three numbers, charter, what got worse, one decision), then its evidence."""

from collections.abc import Sequence

from monitoring.catalogue import Area, Unit
from monitoring.readings import ChangeState, Verdict

from .appendix import coverage_section, method_section
from .composed import Chart, Composed, Figure, Section
from .evidence import Evidence
from .facts import Fact, Facts, Name, Quote, Sentence, before, change, sentence
from .moves import Move, comparable, real_moves, whole_moved
from .outcomes import OutcomeMonth, outcome_sentence
from .periods import ROI, month_label
from .pulse import target_rows, targets_title
from .sections import chart_of, money_section, quality_section, speed_section, volume_section
from .spend import Costs
from .support import Supported, support_section
from .words import (
    capital,
    change_fact,
    decision_sentence,
    move_headline,
    move_telling,
    source_troubles,
    swap_tail,
    target_facts,
)

ON_PAGE_ONE = 3
"""Flags in the chart of page one, whose words stand beside what got worse."""
MOST_WORSE = 5
"""Page one has room for this many things that got worse; page two and on have all."""


def compose_roi(
    evidence: Evidence, outcomes: Sequence[OutcomeMonth] = (), supported: tuple[Supported, ...] = ()
) -> Composed:
    """The ROI report of a calendar month. Raises UnreadablePeriodError when the period is not one."""
    facts = Facts(evidence.price_tables)
    moves = real_moves(evidence)
    headline = _headline(facts, moves, evidence, outcomes)
    figures = _figures(facts, moves, evidence)
    targets = target_rows(facts, evidence)
    worse = _worse(facts, moves, evidence)
    decision = decision_sentence(facts, moves, evidence) or sentence("Nothing needs a decision from you this month.")
    sections = [
        *_outcomes(facts, evidence, outcomes),
        money_section(facts, evidence),
        quality_section(facts, evidence),
        speed_section(facts, evidence),
        volume_section(facts, evidence),
        *filter(None, [support_section(facts, supported, evidence.period)]),
        coverage_section(facts, evidence),
    ]
    sections.append(method_section(facts))  # last, when every fact is known
    return Composed(
        kind=ROI,
        label=month_label(evidence.period),
        period=evidence.period,
        revision=evidence.revision,
        composed_at=evidence.now,
        client=evidence.client,
        practice=evidence.practice,
        headline=headline,
        subject=sentence(Name(f"{evidence.client.name} ROI report, {evidence.period.start:%B %Y}")),
        preheader=headline,
        targets=targets,
        targets_title=evidence.charter or targets_title(evidence),
        figures=figures,
        chart=_chart(facts, moves, evidence),
        worse=worse,
        decision=decision,
        sections=tuple(sections),
        facts=facts,
    )


def _outcomes(facts: Facts, evidence: Evidence, outcomes: Sequence[OutcomeMonth]) -> list[Section]:
    """Every outcome against its baseline, in the charter's order; the headline has room for the first."""
    if not outcomes:
        return []
    told = [outcome_sentence(facts, outcome, evidence.client.currency) for outcome in outcomes]
    lead = sentence(told[0], *(part for more in told[1:] for part in (" ", more)))
    return [Section("outcomes", "Outcomes", lead)]


def _headline(facts: Facts, moves: Sequence[Move], evidence: Evidence, outcomes: Sequence[OutcomeMonth]) -> Sentence:
    if outcomes:
        return outcome_sentence(facts, outcomes[0], evidence.client.currency)
    calls = evidence.reading("calls")
    month = f"{evidence.period.start:%B}"
    if calls is None or not calls.n:
        return sentence(f"No model calls reached us in {month}.")
    if moves and moves[0].verdict is Verdict.WORSE:
        return move_headline(facts, moves[0])
    saving = saving_fact(facts, evidence)
    if saving:
        per_call = facts["cost_per_call"]
        return sentence(
            "A call cost ",
            per_call,
            ", down from ",
            before(per_call),
            "; that saved ",
            saving,
            f" on traced AI spend in {month}.",
        )
    if moves:
        return move_headline(facts, moves[0])
    costs = Costs.of(facts, evidence)
    cost = costs.total if costs else _cost(facts, evidence)
    if cost is None:
        return sentence(
            "We read ",
            facts.of_reading(calls, "calls.read"),
            f" model calls in {month}; none carried a cost we could trace.",
        )
    spent = (
        sentence("AI spend was ", cost, f" in {month}, {costs.basis}")
        if costs
        else sentence("Traced AI spend was ", cost, f" in {month}")
    )
    if not comparable(evidence):
        return sentence(spent, ", with no month before to compare with.")
    return sentence(spent, "; nothing moved beyond chance.")


def _cost(facts: Facts, evidence: Evidence) -> Fact | None:
    cost = evidence.change("cost")
    return change_fact(facts, cost) if cost and cost.now.value is not None else None


def saving_fact(facts: Facts, evidence: Evidence) -> Fact | None:
    """What the month would have cost more at the cost per call of the days before; None unless a call truly got cheaper."""
    per_call = evidence.change("cost_per_call")
    if per_call is None or per_call.verdict is not Verdict.BETTER or per_call.points is None:
        return None
    if not whole_moved(evidence, "cost_per_call"):
        return None
    fact = change_fact(facts, per_call)
    priced = facts.count(
        "calls.priced", "Priced calls", per_call.now.n, formula="model calls with a cost", period=evidence.period
    )
    return facts.computed(
        "saving",
        "Saved at this month’s volume",
        -per_call.points * per_call.now.n,
        Unit.MONEY,
        (fact.key, priced.key),
        "(cost per call before − cost per call now) × priced calls now",
        provenances=(per_call.before.provenance,),
        period=evidence.period,
    )


def _figures(facts: Facts, moves: Sequence[Move], evidence: Evidence) -> tuple[Figure, ...]:
    """AI spend, cost per call, and the saving; where no call truly got cheaper, the score most answers were judged on.

    Spend is billed where bills count. What a call cost, and so the saving, is always traced: bills do not count calls.
    """
    month = f"{evidence.period.start:%B}"
    costs = Costs.of(facts, evidence)
    traced = ", traced" if costs else ""
    shown = [] if costs else [(f"AI spend in {month}, traced", "cost")]
    shown.append((f"Cost per call{traced}", "cost_per_call"))
    saving = saving_fact(facts, evidence)
    if not saving:
        score = max(
            (s for s in evidence.series.values() if s.metric.is_score),
            key=lambda s: s.now.n,
            default=evidence.series.get("calls"),
        )
        shown += [(score.metric.name, score.metric.key)] if score else []
    worse = next((m for m in moves if m.verdict is Verdict.WORSE and m.metric.area is Area.QUALITY), None)
    figures = [costs.figure(month)] if costs else []
    for label, key in shown:
        if found := evidence.change(key):
            fact = change_fact(facts, found)
            figures.append(Figure(label, Quote(fact), _against(fact, found.state, evidence)))
    if saving:
        figures.append(
            Figure(
                f"Saved at this month’s volume{traced}",
                Quote(saving),
                sentence(
                    "Fall in cost per call × ",
                    facts["calls.priced"],
                    " priced calls",
                    *((", while ", Name(worse.metric.noun), " got worse") if worse else ()),
                ),
            )
        )
    return tuple(figures)


def _against(fact: Fact, state: ChangeState, evidence: Evidence) -> Sentence:
    days = Name(f"the {evidence.period.days} days before")
    match state:
        case ChangeState.COMPARED:
            return sentence(before(fact), " in ", days, ", ", change(fact))
        case ChangeState.TOO_EARLY:
            return sentence("Too early to compare with ", days)
        case ChangeState.NO_BASELINE:
            return sentence("No baseline: nothing in ", days)
        case _:
            return sentence(Name(capital(fact.reason) or "No data"))


def _worse(facts: Facts, moves: Sequence[Move], evidence: Evidence) -> tuple[Sentence, ...]:
    """Moves for the worse, targets below their baseline, and sources that failed or fell silent."""
    told = [sentence(move_telling(facts, m), swap_tail(m.scope), ".") for m in moves if m.verdict is Verdict.WORSE]
    for number, standing in enumerate(evidence.standings, 1):
        told_already = any(m.verdict is Verdict.WORSE and m.metric == standing.reading.metric for m in moves)
        if standing.share is not None and standing.share < 0 and not told_already:
            now, _, baseline = target_facts(facts, number, standing)
            told.append(
                sentence(
                    "“",
                    Name(standing.name),
                    "” stands at ",
                    now,
                    ", worse than its baseline",
                    *((" of ", baseline) if baseline else ()),
                    ".",
                )
            )
    told += [sentence(trouble, ".") for trouble in source_troubles(evidence.arrivals, evidence.period)]
    if told:
        return tuple(told[:MOST_WORSE])
    if not comparable(evidence):
        return (sentence("Nothing can be compared yet: too little is known of the time before."),)
    return (sentence("Nothing got worse beyond chance."),)


def _chart(facts: Facts, moves: Sequence[Move], evidence: Evidence) -> Chart | None:
    """The metric of the headline's move, else of the first target, else the spend."""
    if moves and evidence.focus:
        return chart_of(facts, evidence.focus, scope=moves[0].scope, happened=evidence.happened, most=ON_PAGE_ONE)
    keys = [m.metric.key for m in moves] + [s.reading.metric.key for s in evidence.standings] + ["cost", "calls"]
    found = next((evidence.series[k] for k in keys if k in evidence.series and evidence.series[k].now.n), None)
    if found is None:
        return None
    standing = next((s for s in evidence.standings if s.reading.metric == found.metric), None)
    return chart_of(facts, found, standing=standing, happened=evidence.happened, most=ON_PAGE_ONE)
