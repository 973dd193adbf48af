"""What a fit check asks, and what its answers come to: a pure rule, so that anybody can check it by hand."""

from collections.abc import Mapping
from dataclasses import dataclass

from .models import FitOutcome

YES, NO, UNKNOWN = "yes", "no", "unknown"
ANSWERS = ((YES, "Yes"), (NO, "No"), (UNKNOWN, "Nobody knows yet"))
ENOUGH_TRIGGERS = 2
"""With so many reasons to begin true, waiting costs more than beginning."""


@dataclass(frozen=True)
class Question:
    """One question. `bad` is the answer that speaks against a retainer, and `said` what it says; `ends` whether that alone is enough."""

    key: str
    text: str
    hint: str
    bad: str = ""
    said: str = ""
    open: str = ""
    """What is said where nobody knows."""
    ends: bool = False

    @property
    def is_trigger(self) -> bool:
        """Whether it is a reason to begin now: such ones count together, not each by itself."""
        return not self.bad


QUESTIONS = (
    Question(
        "simple",
        "Is it a single, simple automation?",
        "One flow, no model that drifts, nobody who depends on its answers.",
        YES,
        "It is a single, simple automation: a retainer costs more than it saves.",
        "Nobody knows yet whether it is more than a single, simple automation.",
        ends=True,
    ),
    Question(
        "rebuild",
        "Should what is live be rebuilt rather than kept?",
        "So bad that looking after it costs more than building it anew.",
        YES,
        "What is live should be rebuilt: looking after it costs more. A discovery can plan the rebuild, no retainer should carry it.",
        "Nobody knows yet whether what is live is worth keeping.",
        ends=True,
    ),
    Question(
        "streams",
        "Are there more than three AI workstreams?",
        "One to three can be looked after in a few hours a week; ten need a team.",
        YES,
        "There are more than three AI workstreams: agree which three are looked after, or it needs a team.",
        "Nobody has counted the AI workstreams yet.",
    ),
    Question(
        "defined",
        "Is the problem defined?",
        "Somebody can say what shall be better, and how one would see it.",
        NO,
        "The problem is not defined: that is the discovery’s first task, and nothing is promised before it.",
        "Nobody can say yet whether the problem is defined: that is the discovery’s first task.",
    ),
    Question(
        "fee",
        "Is the fee they have in mind worth it to both?",
        "High enough that switching between clients pays, low enough that hiring somebody would not cost less.",
        NO,
        "The fee they have in mind is not worth it to both: settle the plan first.",
        "The fee was not talked about yet.",
    ),
    Question("stalled", "Do pilots stall before they reach production?", "A reason to begin now."),
    Question(
        "guessing",
        "Are decisions about AI made by guessing, while the stakes rise?",
        "A reason to begin now.",
    ),
    Question(
        "ungoverned",
        "Is more than 5,000 dollars a month spent on AI with nobody watching?",
        "A reason to begin now.",
    ),
    Question("sliding", "Has what is live become worse, and nobody can say since when?", "A reason to begin now."),
)


@dataclass(frozen=True)
class Judgement:
    """What answers come to, with the reasons, the weightiest first."""

    outcome: FitOutcome
    reasons: tuple[str, ...]


def judge(answers: Mapping[str, str]) -> Judgement:
    """What the answers (by question; one left out is unknown) come to.

    It does not fit where an answer ends it. It fits with reservations where one speaks against it, something that could is not
    known, or fewer than ENOUGH_TRIGGERS reasons to begin are true. Otherwise it fits.
    """
    given = {question.key: answers.get(question.key, UNKNOWN) for question in QUESTIONS}
    weighed = [question for question in QUESTIONS if not question.is_trigger]
    ends = [q.said for q in weighed if q.ends and given[q.key] == q.bad]
    against = [q.said for q in weighed if not q.ends and given[q.key] == q.bad]
    unknown = [q.open for q in weighed if given[q.key] == UNKNOWN]
    true = sum(given[q.key] == YES for q in QUESTIONS if q.is_trigger)
    weak = [] if true >= ENOUGH_TRIGGERS else [_few(true)]
    if ends:
        return Judgement(FitOutcome.NOT, (*ends, *against))
    if against or unknown or weak:
        return Judgement(FitOutcome.RESERVED, (*against, *unknown, *weak))
    return Judgement(FitOutcome.FITS, (f"{true} reasons to begin now are true: waiting costs more than beginning.",))


def _few(true: int) -> str:
    known = "No reason to begin now is known to be true" if not true else "Only one reason to begin now is true"
    return f"{known}; with {ENOUGH_TRIGGERS}, waiting costs more than beginning."
