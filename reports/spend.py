"""What AI cost in a month as the ROI report says it: billed where bills count, traced elsewhere, and why the two differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from monitoring.catalogue import Aggregation, Area, Better, Metric, Unit
from monitoring.provenance import ESTIMATED, Provenance
from monitoring.readings import Change, ChangeState, Period, Reading, Verdict
from monitoring.reconciliation.classes import Class
from monitoring.reconciliation.sentences import (
    CAUSES,
    billed_words,
    class_sentence,
    largest,
    money,
    rest_sentence,
    signed,
    traced_words,
    vendor_name,
)
from monitoring.reconciliation.spend import Basis, Spend, VendorSpend, alike
from monitoring.sources import name_of
from monitoring.summary import Summary
from monitoring.wording import change_text

from .composed import Figure, Table
from .evidence import Evidence
from .facts import Fact, Facts, Name, Quote, Sentence, before, change, sentence
from .words import listed

NAMED = 2
"""How many reasons of a difference the sentence has room for; the table below it has all."""
_SPEND = Metric(
    "spend",
    "AI spend",
    "spend",
    Aggregation.SUM,
    Unit.MONEY,
    Better.NEITHER,
    Area.COST,
    "what vendors billed where a final bill covers a vendor’s UTC day, plus what traces say of all other days",
)
_FORMULAS = {
    "spend": _SPEND.formula,
    "spend.billed": "what vendors billed for the UTC days that a final bill covers",
    "spend.beside": "traced cost of the same vendors and UTC days",
    "spend.traced": "traced cost of the vendors and UTC days that no final bill covers",
    "spend.gap": "billed − traced cost of the same vendors and UTC days, by reason",
}
_ZERO = Decimal(0)


@dataclass(frozen=True)
class Costs:
    """What AI cost in a month of which some is billed. All that a report says of it comes from here, so that it is worked out once."""

    facts: Facts
    evidence: Evidence
    spend: Spend

    @classmethod
    def of(cls, facts: Facts, evidence: Evidence) -> Self | None:
        """None where no bill counts: then a report has traced cost alone."""
        if evidence.spend is None:
            return None
        made = cls(facts, evidence, evidence.spend)
        made._lines()
        return made

    def _lines(self) -> list[Fact]:
        """What has a line of its own in the method, to which the parts in tables and sentences lead."""
        traced = [self._traced] if self.spend.basis is Basis.BOTH else []
        return [self._billed, self._beside, self._gap, *traced]

    @property
    def total(self) -> Fact:
        """What AI cost, beside the days before where both are taken from the same."""
        moved = _change(self.spend, self.evidence.spend_before)
        past = moved.before.value if moved else None
        return self._fact(
            "spend",
            "AI spend",
            self.spend.total,
            inputs=("spend.billed", "spend.traced") if self.spend.basis is Basis.BOTH else ("spend.billed",),
            estimated=bool(self.spend.traced.estimated),
            before=past,
            before_text="" if past is None else money(past),
            change=change_text(moved) if moved else "",
        )

    @property
    def basis(self) -> str:
        """``billed``, or ``billed and traced``."""
        return "billed" if self.spend.basis is Basis.BILLED else "billed and traced"

    def figure(self, month: str) -> Figure:
        """The first number of page one."""
        if self.spend.basis is Basis.BILLED:
            told = sentence("As ", self._billers, " billed it; traces say ", self._beside)
        else:
            told = sentence(self._billed, " as billed, ", self._traced, " by traces")
        total, days = self.total, Name(f"the {self.evidence.period.days} days before")
        then = sentence(". ", before(total), " in ", days, ", ", change(total)) if total.before_text else Sentence(())
        return Figure(f"AI spend in {month}, {self.basis}", Quote(total), sentence(told, then))

    def told(self) -> Sentence:
        """What AI cost and who says so, what traces say of what was billed, and why the two differ."""
        if self.spend.basis is Basis.BILLED:
            first = sentence("AI spend was ", self.total, " as ", self._billers, " billed it.")
        else:
            whose = listed([sentence(Name(billed_words(v))) for v in self.spend.vendors if v.billed_days])
            lacking = listed([sentence(Name(traced_words(v))) for v in self.spend.vendors if v.traced_days])
            first = sentence("AI spend was ", self.total, ": ", self._billed, " as billed by ", whose, ", and ")
            first = sentence(first, self._traced, " by traces, where no final bill counts: ", lacking, ".")
        return sentence(first, " ", self._difference())

    def tables(self) -> list[Table]:
        """Spend by vendor where there are several, or one is billed in part; and every reason of the difference, with what has none."""
        rows = [
            (
                sentence(Name(vendor_name(v.vendor))),
                self._of_vendor("spend", v, v.spend),
                self._of_vendor("spend.billed", v, v.billed) if v.billed_days else sentence("–"),
                self._of_vendor("spend.beside", v, v.beside) if v.billed_days else sentence("–"),
                self._of_vendor("spend.traced", v, v.traced) if v.traced_days else sentence("–"),
            )
            for v in self.spend.vendors
        ]
        head = ("Vendor", "AI spend", "Billed", "Traces of the same days", "Traced, no bill")
        against = self.spend.billed
        reasons = [
            (
                sentence(Name(which.words)),
                sentence(self._class(which, amount)),
                sentence(Name(class_sentence(which, amount, against))),
            )
            for which, amount in largest(against.classes, len(Class))
        ]
        reasons.append((sentence("Unexplained"), sentence(self._rest), sentence(Name(rest_sentence(against)))))
        why = Table(("Reason", "Difference", "What it is"), tuple(reasons), "Why the bill and its traces differ", True)
        by_vendor = Table(head, tuple(rows), "Billed and traced, by vendor")
        return [by_vendor, why] if len(rows) > 1 or self.spend.basis is Basis.BOTH else [why]

    def _difference(self) -> Sentence:
        """``Traces put what was billed at $301; the bill is $111 higher, chiefly for cached tokens (−$12). +$1.20 has no reason.``"""
        gap = self._gap
        told = sentence("Traces put what was billed at ", self._beside)
        if not gap.value:
            return sentence(told, ", the same to the cent.")
        told = sentence(told, "; the bill is ", gap, " higher" if gap.value > 0 else " lower")
        causes = [
            sentence(CAUSES[which], " (", self._class(which, amount), ")")
            for which, amount in largest(self.spend.billed.classes, NAMED)
        ]
        told = sentence(told, ", chiefly for ", listed(causes), ".") if causes else sentence(told, ".")
        if signed(self.spend.billed.rest) == signed(_ZERO):
            return sentence(told, " Nothing of that is left unexplained.")
        return sentence(told, " ", self._rest, " of that is unexplained.")

    @property
    def _billers(self) -> Sentence:
        return listed([sentence(Name(vendor_name(v.vendor))) for v in self.spend.vendors if v.billed_days])

    @property
    def _billed(self) -> Fact:
        return self._fact("spend.billed", "Billed", self.spend.billed.billed or _ZERO)

    @property
    def _beside(self) -> Fact:
        amount = self.spend.billed.compared
        return self._fact("spend.beside", "Traced, of what was billed", amount, estimated=self._guessed)

    @property
    def _gap(self) -> Fact:
        gap = self.spend.billed.gap or _ZERO
        return self._fact("spend.gap", "Billed, less traced", gap, text=money(abs(gap)), estimated=self._guessed)

    @property
    def _traced(self) -> Fact:
        part = self.spend.traced
        return self._fact("spend.traced", "Traced, where no bill counts", part.traced, estimated=bool(part.estimated))

    @property
    def _guessed(self) -> bool:
        """Whether any of what traces say of the billed days was priced from list prices."""
        return bool(self.spend.billed.estimated)

    def _class(self, which: Class, amount: Decimal) -> Fact:
        key, label = f"spend.gap.{which.value}", f"Billed, less traced: {which.words.lower()}"
        return self._fact(key, label, amount, text=signed(amount), under="spend.gap", estimated=self._guessed)

    @property
    def _rest(self) -> Fact:
        rest = self.spend.billed.rest
        return self._fact(
            "spend.gap.rest", "Billed, less traced: unexplained", rest, text=signed(rest), under="spend.gap"
        )

    def _of_vendor(self, line: str, part: VendorSpend, amount: Decimal) -> Sentence:
        guessed = {"spend": self.spend.traced, "spend.traced": self.spend.traced, "spend.beside": self.spend.billed}
        estimated = line in guessed and bool(guessed[line].estimated)
        label = f"{vendor_name(part.vendor)}: {line.rpartition('.')[2]}"
        return sentence(self._fact(f"{line}@{part.vendor}", label, amount, under=line, estimated=estimated))

    def _fact(
        self,
        key: str,
        label: str,
        value: Decimal,
        *,
        text: str = "",
        under: str = "",
        inputs: Sequence[str] = (),
        estimated: bool = False,
        before: Decimal | None = None,
        before_text: str = "",
        change: str = "",
    ) -> Fact:
        line = under or key
        formula = _FORMULAS[line]
        if estimated:
            formula = self.facts.priced(formula, ESTIMATED, Provenance.ASSUMED)
        return self.facts.put(
            Fact(
                key,
                label,
                value,
                Unit.MONEY,
                text or money(value),
                formula=formula,
                inputs=tuple(inputs),
                provenance=Provenance.ASSUMED if estimated else Provenance.MEASURED,
                period=Period(self.spend.start, self.spend.end, "UTC"),
                before=before,
                before_text=before_text,
                change=change,
                sources=self._sources(line),
                under=under,
            )
        )

    def _sources(self, line: str) -> tuple[str, ...]:
        """Whose word an amount is: the bills’, the traces’, or both’s."""
        kinds = dict.fromkeys(kind for v in self.spend.vendors for kind in v.kinds)
        bills = tuple(f"{name_of(kind)}’s bill" for kind in kinds)
        cost = self.evidence.reading("cost")
        traces = cost.sources if cost else ()
        match line:
            case "spend.billed":
                return bills
            case "spend.beside" | "spend.traced":
                return traces
            case "spend" if self.spend.basis is Basis.BILLED:
                return bills
        return (*bills, *traces)


def _change(now: Spend, past: Spend | None) -> Change | None:
    """How spend changed; None where the days before are not taken from the same, so that a bill is never set against traces."""
    if past is None or not alike(now, past) or not past.total:
        return None
    a, b = (
        Reading(_SPEND, s.total, s.billed.calls + s.traced.calls, Period(s.start, s.end, "UTC"), Summary())
        for s in (now, past)
    )
    points = now.total - past.total
    return Change(a, b, ChangeState.COMPARED, Verdict.STEADY, points, points / past.total)
