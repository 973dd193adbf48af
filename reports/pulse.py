"""The weekly pulse: one headline, five bullets in fixed slots, and the targets under them, composed from evidence."""

from collections.abc import Sequence

from clients.writing import NEUTRAL
from monitoring.readings import Verdict

from .composed import Bullet, Composed, TargetRow
from .evidence import Evidence, Standing
from .facts import Facts, Name, Quote, Sentence, sentence
from .moves import Move, comparable, real_moves
from .periods import PULSE, pulse_label
from .words import (
    BY_OUTLOOK,
    decision_sentence,
    money_sentence,
    move_headline,
    moved_sentence,
    spelled,
    target_facts,
    targets_sentence,
    watched_sentence,
)

SLOTS = ("Targets", "Moved", "Done", "Money", "Decide")


def compose_pulse(evidence: Evidence) -> Composed:
    """The pulse of a week. Raises UnreadablePeriodError when the period is not a pulse week."""
    facts = Facts(evidence.price_tables)
    moves = real_moves(evidence)
    headline = _headline(facts, moves, evidence)
    targets = targets_sentence(facts, evidence.standings)
    told = (
        targets,
        _moved(facts, moves, evidence),
        watched_sentence(facts, evidence),
        money_sentence(facts, evidence),
        _decide(facts, moves, evidence),
    )
    return Composed(
        kind=PULSE,
        label=evidence.label or pulse_label(evidence.period),
        period=evidence.period,
        revision=evidence.revision,
        composed_at=evidence.now,
        client=evidence.client,
        practice=evidence.practice,
        headline=headline,
        subject=_subject(headline, evidence),
        preheader=targets,
        bullets=tuple(Bullet(slot, s) for slot, s in zip(SLOTS, told, strict=True)),
        targets=target_rows(facts, evidence),
        targets_title=targets_title(evidence),
        facts=facts,
    )


def target_rows(facts: Facts, evidence: Evidence) -> tuple[TargetRow, ...]:
    """The charter's targets as rows, in the charter's order."""
    rows = []
    for number, standing in enumerate(evidence.standings, 1):
        now, goal, baseline = target_facts(facts, number, standing)
        rows.append(
            TargetRow(
                standing.name,
                Quote(now),
                Quote(goal),
                Quote(baseline) if baseline else None,
                standing.status,
                standing.word,
                standing.glyph,
                standing.why,
                standing.share,
                standing.due,
                standing.owner,
                standing.kept,
            )
        )
    return tuple(rows)


def targets_title(evidence: Evidence) -> str:
    """``Target for 31 December`` when all targets are due on one day, else ``Target``."""
    due = {s.due for s in evidence.standings}
    day = due.pop() if len(due) == 1 else None
    return f"Target for {NEUTRAL.day(day)}" if day else "Target"


def _headline(facts: Facts, moves: list[Move], evidence: Evidence) -> Sentence:
    if not _arrived(evidence):
        return sentence("No model calls reached us this week.")
    worse = [m for m in moves if m.verdict is Verdict.WORSE]
    off = [s for s in evidence.standings if s.status == "off_track"]
    if worse or (moves and not off):
        return move_headline(facts, moves[0])
    if off:
        return _off_track(facts, off)
    if not comparable(evidence):
        return sentence("The first numbers are in; there is too little before them to compare with.")
    return sentence("A steady week: nothing moved beyond chance.")


def _off_track(facts: Facts, off: Sequence[Standing]) -> Sentence:
    """``“Slowest replies” is off track, and so are two more.``"""
    named = sentence("“", Name(off[0].name), "” is off track")
    if len(off) == 1:
        return sentence(named, ".")
    more = len(off) - 1
    count = facts.count(
        "targets.more", "More targets off track", more, text=spelled(more), of="targets", formula=BY_OUTLOOK
    )
    return sentence(named, ", and so is " if more == 1 else ", and so are ", count, " more.")


def _arrived(evidence: Evidence) -> bool:
    calls = evidence.reading("calls")
    return calls is not None and bool(calls.n)


def _moved(facts: Facts, moves: list[Move], evidence: Evidence) -> Sentence:
    if not _arrived(evidence):
        return sentence("Without calls there is nothing to compare.")
    if moves:
        return moved_sentence(facts, moves)
    if not comparable(evidence):
        return sentence("There is no week before this one with enough data to compare with yet.")
    return sentence("Nothing moved beyond chance this week.")


def _decide(facts: Facts, moves: list[Move], evidence: Evidence) -> Sentence:
    if not _arrived(evidence):
        return sentence("Will you check with us whether your AI was in use, and what still sends its calls?")
    return decision_sentence(facts, moves, evidence) or sentence("Nothing needs a decision from you this week.")


def _subject(headline: Sentence, evidence: Evidence) -> Sentence:
    """``Acme AI weekly: GPT-4's accuracy fell to 51.1% from 84.1%``: the stable prefix is for filters, the fact follows."""
    *parts, last = headline.parts
    end = last.removesuffix(".") if isinstance(last, str) else last
    return sentence(Name(f"{evidence.client.name} AI weekly: "), *parts, end)
