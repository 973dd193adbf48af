"""Facts: numbers as they stand in a report, each able to say who says so, and the sentences that quote them.

A sentence is made of plain words, names and quotes of facts. Plain words never hold a digit, and a quote's text comes from
its fact, so a number in a report cannot differ from the fact behind it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from clients.writing import NEUTRAL
from monitoring.catalogue import Metric, Unit
from monitoring.provenance import COST, ESTIMATED, Provenance, weakest
from monitoring.readings import Change, Period, Reading, Verdict
from monitoring.wording import SPEND_CURRENCY, change_text, reading_text, text_of


@dataclass(frozen=True)
class Fact:
    """A number in a report. `value` is None when it cannot be said, and `reason` says why.

    `unit` is a value of Unit, `inputs` holds keys of other facts or plain words, `before_text` and `change` compare it with
    the period before and are empty where nothing can be compared.
    """

    key: str
    label: str
    value: Decimal | None
    unit: Unit
    text: str
    n: int | None = None
    of: str = ""
    formula: str = ""
    inputs: tuple[str, ...] = ()
    provenance: Provenance = Provenance.MEASURED
    period: Period | None = None
    before: Decimal | None = None
    before_text: str = ""
    change: str = ""
    verdict: Verdict = Verdict.UNKNOWN
    as_of: datetime | None = None
    sources: tuple[str, ...] = ()
    reason: str = ""
    under: str = ""
    """The fact whose line in the method covers this one too; empty for a line of its own."""

    @property
    def line(self) -> str:
        """The key of its line in the method."""
        return self.under or self.key


def _label(scope: str, metric: Metric) -> str:
    return f"{scope}, {metric.noun}" if scope and scope.lower() != metric.name.lower() else scope or metric.name


class Facts(dict[str, Fact]):
    """The facts of one report by key. Two facts under one key must be the same.

    `tables` are the price tables behind whatever was estimated in it: the formula of such a number names them.
    """

    def __init__(self, tables: Iterable[str] = ()) -> None:
        super().__init__()
        self.tables = tuple(tables)

    def priced(self, formula: str, measure: str, known: Provenance) -> str:
        """A formula of what calls cost, with the price tables where some of it is estimated from list prices."""
        if not self.tables or known is not Provenance.ASSUMED or measure not in {COST, ESTIMATED}:
            return formula
        return f"{formula} (list prices of {', '.join(self.tables)})"

    def put(self, fact: Fact) -> Fact:
        """Keep a fact. Raises ValueError when its key already means another one."""
        held = self.setdefault(fact.key, fact)
        if held != fact:
            raise ValueError(f"two facts are called {fact.key}")
        return held

    def of_reading(
        self,
        reading: Reading,
        key: str,
        *,
        scope: str = "",
        provenance: Provenance | None = None,
    ) -> Fact:
        """A metric's reading as a fact, known as the reading is unless told; `scope` names the model or system it is limited to."""
        metric = reading.metric
        return self.put(
            Fact(
                key=key,
                label=_label(scope, metric),
                value=reading.value,
                unit=metric.unit,
                text=reading_text(reading),
                n=reading.n,
                of=metric.of,
                formula=self.priced(metric.formula, metric.measure, reading.provenance),
                provenance=provenance or reading.provenance,
                period=reading.period,
                as_of=reading.as_of,
                sources=reading.sources,
                reason=reading.reason,
            )
        )

    def of_change(
        self,
        change: Change,
        key: str,
        *,
        scope: str = "",
        provenance: Provenance | None = None,
    ) -> Fact:
        """A reading and how it differs from the period before, as a fact."""
        bare = Facts(self.tables).of_reading(change.now, key, scope=scope, provenance=provenance)
        return self.put(
            replace(
                bare,
                before=change.before.value,
                before_text=reading_text(change.before),
                change=change_text(change),
                verdict=change.verdict,
            )
        )

    def count(
        self,
        key: str,
        label: str,
        value: int,
        *,
        text: str = "",
        n: int | None = None,
        of: str = "",
        formula: str = "",
        period: Period | None = None,
        under: str = "",
        counted: Reading | None = None,
    ) -> Fact:
        """A plain count, in figures unless `text` says it in words; `counted` is the reading whose data it counts."""
        number = Decimal(value)
        bare = Fact(
            key, label, number, Unit.NUMBER, text or NEUTRAL.number(value), n, of, formula, period=period, under=under
        )
        return self.put(replace(bare, as_of=counted.as_of, sources=counted.sources) if counted else bare)

    def computed(
        self,
        key: str,
        label: str,
        value: Decimal,
        unit: Unit,
        inputs: tuple[str, ...],
        formula: str,
        *,
        text: str = "",
        currency: str = SPEND_CURRENCY,
        provenances: Iterable[Provenance] = (),
        period: Period | None = None,
    ) -> Fact:
        """A number worked out from others; it takes the weakest provenance of its inputs (and of `provenances`)."""
        behind = [self[i] for i in inputs if i in self]
        return self.put(
            Fact(
                key,
                label,
                value,
                unit,
                text or text_of(value, unit, currency),
                formula=formula,
                inputs=inputs,
                provenance=weakest([*(f.provenance for f in behind), *provenances]),
                period=period,
                as_of=max((f.as_of for f in behind if f.as_of), default=None),
                sources=tuple(dict.fromkeys(s for f in behind for s in f.sources)),
            )
        )


@dataclass(frozen=True)
class Name:
    """Words that are allowed digits, because they name something: a model, a metric, a target, a date."""

    text: str


AGREED = "agreed in the charter"
"""The formula of numbers that people agreed on instead of working them out."""


class Form(StrEnum):
    """Which of a fact's texts a quote shows."""

    TEXT = "text"
    BEFORE = "before_text"
    CHANGE = "change"


@dataclass(frozen=True)
class Quote:
    """A number in a sentence: what its fact says, nothing else."""

    fact: Fact
    form: Form = Form.TEXT

    @property
    def text(self) -> str:
        return str(getattr(self.fact, self.form))

    @property
    def css(self) -> str:
        """The classes that draw its underline."""
        return f"f {self.fact.provenance.mark}".rstrip()


class MisquotedError(ValueError):
    """Plain words hold a digit that belongs to no fact."""


type Part = str | Name | Quote


@dataclass(frozen=True)
class Fragment:
    """A piece of a sentence ready for a template: `css` is the underline's class, empty where there is no fact."""

    text: str
    css: str = ""
    key: str = ""
    title: str = ""


@dataclass(frozen=True)
class Sentence:
    """Words, names and quotes in order. Raises MisquotedError when plain words hold a digit."""

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        for part in self.parts:
            if isinstance(part, str) and any(c.isdigit() for c in part):
                raise MisquotedError(f"“{part}” states a number that is no fact")

    @property
    def text(self) -> str:
        return "".join(p if isinstance(p, str) else p.text for p in self.parts)

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        return bool(self.parts)

    @property
    def quotes(self) -> tuple[Quote, ...]:
        return tuple(p for p in self.parts if isinstance(p, Quote))

    @property
    def fragments(self) -> list[Fragment]:
        return [
            Fragment(p.text, p.css, p.fact.line, f"Says who? {p.fact.provenance.words}")
            if isinstance(p, Quote)
            else Fragment(p if isinstance(p, str) else p.text)
            for p in self.parts
        ]

    @property
    def fact_key(self) -> str:
        """The key of the first fact it quotes, empty without one."""
        return next((q.fact.key for q in self.quotes), "")

    @property
    def words(self) -> int:
        """How many words a reader counts; a number and its unit are one."""
        return len(self.text.replace("\u00a0", "_").split())


def sentence(*parts: "Part | Fact | Sentence") -> Sentence:
    """A sentence from words, names, facts (quoted by their text) and other sentences."""
    flat: list[Part] = []
    for part in parts:
        match part:
            case Fact():
                flat.append(Quote(part))
            case Sentence():
                flat.extend(part.parts)
            case "":
                pass
            case _:
                flat.append(part)
    return Sentence(tuple(flat))


def before(fact: Fact) -> Quote:
    """What the fact was in the period before."""
    return Quote(fact, Form.BEFORE)


def change(fact: Fact) -> Quote:
    """How the fact changed, in its unit's way."""
    return Quote(fact, Form.CHANGE)
