"""A page's one sentence and its charts' findings: plain words around numbers that lead to their evidence.

What got worse comes first; a score that fell is never called improved; where nothing can be concluded, the words say so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from clients.writing import NBSP
from monitoring.catalogue import Aggregation, Area, Metric, Unit
from monitoring.judging import AREAS, moves
from monitoring.readings import Change, ChangeState, Reading, Verdict
from monitoring.targets import Progress, Status
from monitoring.wording import change_text, level_text, reading_text, reads_the_same, text_of

Link = Callable[[Metric], str]
"""The evidence page of a metric."""


_COUNTS = {3: "three", 4: "four", 5: "five"}


@dataclass(frozen=True)
class Part:
    """A piece of a sentence: plain words, or a number with the page that explains it."""

    text: str
    url: str = ""
    provenance: str = ""
    """What its underline is called: how the number is known."""


def plain(parts: Sequence[Part]) -> str:
    """The sentence without its links."""
    return "".join(part.text for part in parts)


def headline(
    changes: Mapping[str, Change], progress: Sequence[Progress], days: int, link: Link, *, money: bool = True
) -> list[Part]:
    """What moved, good or bad, in at most two sentences: the worst first, then the worst or best of the rest.

    What moved is `monitoring.judging`'s word, over all `changes`; without `money` costs are judged but not told.
    """
    missed = {p.metric.key for p in progress if p.status is Status.OFF_TRACK}
    told = [c for c in moves(changes.values(), missed) if money or c.now.metric.area is not Area.COST]
    worse = [c for c in told if c.verdict is Verdict.WORSE]
    better = [c for c in told if c.verdict is not Verdict.WORSE]
    off = [
        p
        for p in progress
        if p.metric.key in missed - {c.now.metric.key for c in worse[:2]} and p.status is Status.OFF_TRACK
    ]
    if worse:
        ends = [", and that target is off track" if c.now.metric.key in missed else "" for c in worse[:2]]
        if all(ends[:2]) and len(ends) > 1:
            ends = ["", f"; {_all_off(progress)} off track"]
        second = (
            _moved(worse[1], link, end=ends[1])
            if len(worse) > 1
            else _off_track(off[0], link)
            if off
            else _but(better, link)
        )
        return [*_moved(worse[0], link, end=ends[0]), *_next(second)]
    if off:
        return [*_off_track(off[0], link), *_next(_but(better, link))]
    if better:
        return [*_moved(better[0], link), *_next(_moved(better[1], link) if len(better) > 1 else [])]
    return _steady([c for c in changes.values() if money or c.now.metric.area is not Area.COST], days, link)


def finding(change: Change) -> str:
    """What a chart shows, as its title."""
    name = short_name(change.now.metric)
    now = reading_text(change.now)
    match change.state:
        case ChangeState.NO_DATA:
            return f"{name}: no data in this period"
        case ChangeState.NO_BASELINE:
            return f"{name}: {now}, no baseline to compare with"
        case ChangeState.TOO_EARLY:
            return f"{name}: {now}, too early to compare"
        case ChangeState.UNSETTLED:
            return f"{name}: {now}, not final yet"
    if change.verdict is Verdict.STEADY or reads_the_same(change):
        return (
            f"{name} held at {now}"
            if reads_the_same(change)
            else f"{name}: {now}, no sure change from {reading_text(change.before)}"
        )
    return plain(_moved(change, lambda _: ""))[:-1]


def short_name(metric: Metric) -> str:
    """A metric's name without what stands in brackets."""
    return metric.name.partition(" (")[0]


def case_text(reading: Reading) -> str:
    """How many cases a reading rests on: ``8 of 308 judged answers``, ``1,130 calls``."""
    n = count_text(reading.n)
    if reading.metric.aggregation is Aggregation.RATE and reading.n:
        return f"{count_text(int(reading.summary.total))} of {n}{NBSP}{reading.metric.of}"
    return f"{n}{NBSP}{reading.metric.of}"


def count_text(n: int) -> str:
    """A plain count."""
    return text_of(Decimal(n), Unit.CALLS)


def _number(reading: Reading, url: str) -> Part:
    return Part(reading_text(reading), url, reading.provenance.mark)


def _moved(change: Change, link: Link, *, end: str = "") -> list[Part]:
    """``Accuracy fell from 84.1% to 51.1%.``, or for a duration what it took, now and before."""
    stop = Part(end + ".")
    metric = change.now.metric
    url = link(metric)
    now, before = _number(change.now, url), _number(change.before, url)
    up = (change.points or 0) > 0
    if metric.aggregation is Aggregation.QUANTILE:
        typical = metric.quantile == 0.5
        subject = "A typical reply took " if typical else f"The {metric.noun} took "
        return [
            Part(subject),
            now,
            Part(f"{'' if typical else ' or more'}, {'up' if up else 'down'} from "),
            before,
            stop,
        ]
    return [Part(f"{short_name(metric)} {'rose' if up else 'fell'} from "), before, Part(" to "), now, stop]


def _off_track(progress: Progress, link: Link) -> list[Part]:
    target, url = progress.target, link(progress.metric)
    goal = level_text(target.goal, progress.metric.unit)
    return [
        Part(f"The target “{target.name}” is off track: "),
        _number(progress.reading, url),
        Part(f" against a goal of {goal}."),
    ]


def _all_off(progress: Sequence[Progress]) -> str:
    """``both targets are``, or how many where more are off track than the sentence has room to name."""
    off = sum(p.status is Status.OFF_TRACK for p in progress)
    if off <= 2:
        return "both targets are"
    return f"{'all ' if off == len(progress) else ''}{_COUNTS.get(off, off)} targets are"


def _but(better: Sequence[Change], link: Link) -> list[Part]:
    return _moved(better[0], link) if better else []


def _next(parts: Sequence[Part]) -> list[Part]:
    return [Part(" "), *parts] if parts else []


def _steady(changes: Sequence[Change], days: int, link: Link) -> list[Part]:
    """Where nothing moved for sure: the leading number and why no more is said."""
    known = sorted(
        (c for c in changes if c.now.value is not None and c.now.n),
        key=lambda c: (not c.now.metric.is_score, AREAS.index(c.now.metric.area), -(c.certainty or 0.0)),
    )
    if not known:
        return [Part(f"No data arrived in the last {days} complete days.")]
    lead = known[0]
    url = link(lead.now.metric)
    value = _number(lead.now, url)
    name = short_name(lead.now.metric)
    match lead.state:
        case ChangeState.NO_BASELINE:
            return [
                Part(f"{name}: "),
                value,
                Part(f" over the last {days} days. Nothing before them to compare with, so no baseline yet."),
            ]
        case ChangeState.TOO_EARLY:
            return [
                Part(f"{name}: "),
                value,
                Part(f" over the last {days} days. Too few cases to say whether it moved."),
            ]
        case ChangeState.UNSETTLED:
            return [Part(f"{name}: "), value, Part(f" over the last {days} days, none of which is final yet.")]
    before = _number(lead.before, url)
    return [
        Part(f"A steady {days} days, with {lead.now.metric.noun} at "),
        value,
        Part(", after "),
        before,
        Part(" in the days before."),
    ]


def compared_text(change: Change) -> str:
    """The change in one phrase with what it is compared to: ``down 33.0 points from 84.1%``."""
    if change.state is not ChangeState.COMPARED:
        return change_text(change)
    return f"{change_text(change)} from {reading_text(change.before)}"
