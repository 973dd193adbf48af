"""Business outcomes of a month as a sentence: how much better than the baseline, what that saved, and what it was worth."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from clients.writing import NEUTRAL
from monitoring.catalogue import Aggregation, Area, Better, Metric, Unit
from monitoring.provenance import Provenance
from monitoring.readings import Period, Reading, Verdict, compare
from monitoring.summary import Summary
from monitoring.wording import rounded, text_of

from .facts import Fact, Facts, Name, Sentence, before, sentence
from .words import capital


@dataclass(frozen=True)
class OutcomeMonth:
    """A business outcome of a month: `done` of `cases`, against a baseline, each worth `each` as `worth_said_by` told us.

    The baseline is `baseline_done` of `baseline_cases`, where an agreed rate need not be whole cases. `saved_as` is what one more
    of them saves ("help-desk tickets"), `worth_of` what its worth is ("labor").
    """

    key: str
    name: str
    done: int
    cases: int
    baseline_done: Decimal | int
    baseline_cases: int
    each: Decimal
    saved_as: str
    worth_of: str
    period: Period
    provenance: Provenance = Provenance.MEASURED
    worth_provenance: Provenance = Provenance.REPORTED
    sources: tuple[str, ...] = ()
    as_of: datetime | None = None
    worth_said_by: str = ""
    better: Better = Better.HIGHER


def outcome_sentence(facts: Facts, outcome: OutcomeMonth, currency: str = "USD") -> Sentence:
    """``Self-serve chat resolution is up 11%; that saved 42 help-desk tickets, or roughly $1,680 in labor this month.``

    Saved cases are ``done − cases × baseline rate`` in whole cases, and their worth is that whole number × the worth of one,
    so a reader can work it out again. A move within chance saves nothing and says so.
    """
    metric = Metric(
        outcome.key,
        outcome.name,
        outcome.key,
        Aggregation.RATE,
        Unit.FRACTION,
        outcome.better,
        Area.QUALITY,
        "done ÷ cases",
        "cases",
    )
    moved = compare(
        _rate(metric, outcome.done, outcome.cases, outcome),
        _rate(metric, outcome.baseline_done, outcome.baseline_cases, outcome),
    )
    rate = facts.of_change(moved, outcome.key, provenance=outcome.provenance)
    if moved.verdict not in {Verdict.BETTER, Verdict.WORSE} or moved.relative is None:
        return sentence(
            Name(outcome.name),
            " was ",
            rate,
            ", against ",
            before(rate),
            " at the baseline: within chance, so we book no saving.",
        )
    better, up = moved.verdict is Verdict.BETTER, moved.relative > 0
    relative = facts.computed(
        f"{outcome.key}.relative",
        f"{outcome.name}, relative change",
        moved.relative,
        Unit.FRACTION,
        (rate.key,),
        "rate this month ÷ baseline rate − one",
        text=f"{rounded(abs(moved.relative) * 100, 0)}%",
        period=outcome.period,
    )
    more = abs(outcome.done - Decimal(outcome.cases) * Decimal(outcome.baseline_done) / outcome.baseline_cases)
    whole = rounded(more, 0)
    saved = facts.computed(
        f"{outcome.key}.saved",
        capital(f"{outcome.saved_as} {'saved' if better else 'lost'}"),
        whole,
        Unit.NUMBER,
        (rate.key,),
        "done − cases × baseline rate, in whole cases",
        text=NEUTRAL.number(whole),
        period=outcome.period,
    )
    each = facts.put(
        Fact(
            f"{outcome.key}.each",
            f"Worth of one ({outcome.saved_as})",
            outcome.each,
            Unit.MONEY,
            text_of(outcome.each, Unit.MONEY, currency),
            provenance=outcome.worth_provenance,
            sources=(outcome.worth_said_by,) if outcome.worth_said_by else (),
        )
    )
    worth = facts.computed(
        f"{outcome.key}.worth",
        f"Worth of {outcome.saved_as} {'saved' if better else 'lost'}",
        whole * outcome.each,
        Unit.MONEY,
        (saved.key, each.key),
        "cases × worth of one",
        currency=currency,
        period=outcome.period,
    )
    return sentence(
        Name(outcome.name),
        " is up " if up else " is down ",
        relative,
        "; that saved " if better else "; that cost ",
        saved,
        " ",
        Name(outcome.saved_as),
        ", or roughly ",
        worth,
        " in ",
        Name(outcome.worth_of),
        " this month.",
    )


def _rate(metric: Metric, done: Decimal | int, cases: int, outcome: OutcomeMonth) -> Reading:
    summary = Summary(cases, Decimal(done), float(done))
    return Reading.of(metric, summary, outcome.period, as_of=outcome.as_of, sources=outcome.sources)
