"""The ROI report's section on team support: what people asked, learned and said in the month, and what was done about it.

It is there only where something came or was done. Counts come from the client's support log, which people keep, so each stands with
the number of entries behind it.
"""

from dataclasses import dataclass
from datetime import date

from monitoring.readings import Period

from .composed import Section, Table
from .facts import Fact, Facts, Name, Sentence, sentence

MOST = 8
"""Answers and changes that the report quotes; the page of the log has all."""
LONGEST = 160
"""Characters of a quoted text."""
QUESTION, TRAINING, FEEDBACK = "question", "training", "feedback"
_KINDS = (
    (QUESTION, "Questions", "question", "answered"),
    (TRAINING, "Trainings", "training", "held"),
    (FEEDBACK, "Feedback", "piece of feedback", "dealt with"),
)
"""Key, name in the table, one of them, and what is done about it."""


@dataclass(frozen=True)
class Supported:
    """One entry of the log that came before the month's end. `done_on` is None where nothing was done by then."""

    kind: str
    came_on: date
    text: str
    done: str = ""
    done_on: date | None = None
    people: int = 0


def support_section(facts: Facts, rows: tuple[Supported, ...], period: Period) -> Section | None:
    """The section, or None where nothing came or was done within the period."""
    came = [row for row in rows if period.start <= row.came_on]
    done = [row for row in rows if row.done_on and period.start <= row.done_on]
    if not came and not done:
        return None
    lines, told = [], []
    for kind, name, one, verb in _KINDS:
        mine = [row for row in rows if row.kind == kind]
        if not mine:
            continue
        new, settled = (sum(row.kind == kind for row in part) for part in (came, done))
        left = sum(row.done_on is None for row in mine)
        numbers = [
            _count(facts, f"{kind}.came", f"{name} that came", new, "that came in the month", period),
            _count(facts, f"{kind}.done", f"{name} {verb}", settled, f"{verb} in the month", period),
            _count(facts, f"{kind}.open", f"{name} still open", left, "open at the month’s end", period),
        ]
        lines.append((sentence(name), *map(sentence, numbers)))
        if settled:
            told.append(_told(facts, kind, one, verb, numbers[1], settled, done, period))
    lead = (
        sentence(*_joined(told), " in the month.")
        if told
        else sentence("Nothing was answered, held or dealt with yet.")
    )
    tables = [Table(("What", "Came", "Done", "Still open"), tuple(lines))]
    quoted = sorted((row for row in done if row.done), key=lambda row: row.done_on or row.came_on, reverse=True)[:MOST]
    if quoted:
        cells = tuple((sentence(Name(_short(row.text))), sentence(Name(_short(row.done)))) for row in quoted)
        tables.append(Table(("Asked or said", "What was done"), cells, title="What was done about it", prose=True))
    return Section("support", "Team support", lead, tuple(tables))


def _count(facts: Facts, key: str, label: str, value: int, which: str, period: Period) -> Fact:
    return facts.count(
        f"support.{key}",
        label,
        value,
        n=value,
        of="entries",
        formula=f"entries of the support log {which}",
        period=period,
    )


def _told(
    facts: Facts, kind: str, one: str, verb: str, count: Fact, n: int, done: list[Supported], period: Period
) -> Sentence:
    """``4 questions answered``, ``1 training held for 12 people``."""
    many = {"piece of feedback": "pieces of feedback"}.get(one, f"{one}s")
    words: list[str | Fact] = [count, f" {one if n == 1 else many} {verb}"]
    people = sum(row.people for row in done if row.kind == kind)
    if people:
        trained = facts.count(
            "support.people",
            "People trained",
            people,
            n=n,
            of="trainings",
            formula="people who took part in the trainings held in the month, each time counted",
            period=period,
        )
        words += [" for ", trained, " people" if people > 1 else " person"]
    return sentence(*words)


def _joined(parts: list[Sentence]) -> list[Sentence | str]:
    """The parts with commas between them, and “and” before the last."""
    joined: list[Sentence | str] = [parts[0]]
    for place, part in enumerate(parts[1:], 2):
        joined += [" and " if place == len(parts) else ", ", part]
    return joined


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
