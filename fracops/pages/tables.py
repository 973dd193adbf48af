"""Breakdowns as tables: a row per model, system or tool, worst first, each number with what its change means."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from monitoring.catalogue import Better, Metric
from monitoring.readings import Breakdown, Change, ChangeState, Period, Reading, Verdict, compare
from monitoring.summary import Summary
from monitoring.wording import change_text, reading_text

from .marks import Mark, of_change
from .sentences import case_text, short_name

CellLink = Callable[[Metric, str], str]
"""The evidence page of a metric for the row of that name; "" where there is none."""


@dataclass(frozen=True)
class Cell:
    label: str
    text: str
    url: str
    mark: Mark | None
    note: str = ""
    provenance: str = ""
    """What its underline is called: how the number is known."""


@dataclass(frozen=True)
class Row:
    name: str
    cells: Sequence[Cell]
    note: str = ""


@dataclass(frozen=True)
class Table:
    """What components/table.html draws."""

    caption: str
    head: str
    columns: Sequence[str]
    rows: Sequence[Row]


def table(
    caption: str, head: str, breakdowns: Sequence[Breakdown], metrics: Sequence[Metric], period: Period, link: CellLink
) -> Table:
    """The rows, worst first, with a column for each metric that any row can answer."""
    shown = [m for m in metrics if any(_reading(b, m, period).value is not None for b in breakdowns)]
    changes = {b.name: [compare(_reading(b, m, period), _before(b, m, period)) for m in shown] for b in breakdowns}
    ordered = sorted(breakdowns, key=lambda b: _badness(changes[b.name]))
    lone = len(shown) == 1  # a table of one number has room for what it rests on
    rows = [
        Row(
            b.name,
            [_cell(c, link(c.now.metric, b.name)) for c in changes[b.name]],
            _note(changes[b.name], lone=lone),
        )
        for b in ordered
    ]
    return Table(caption, head, [short_name(m) for m in shown], rows)


def _note(changes: Sequence[Change], *, lone: bool) -> str:
    """What stands under a row's name: that nothing happened, or the cases of a lone number."""
    if not any(c.now.n for c in changes):
        return "not called in this period"
    return case_text(changes[0].now) if lone else ""


def _cell(change: Change, url: str) -> Cell:
    moved = change.state is ChangeState.COMPARED and change.verdict is not Verdict.STEADY
    return Cell(
        label=short_name(change.now.metric),
        text=reading_text(change.now),
        url=url if change.now.value is not None else "",
        mark=of_change(change),
        note=change_text(change) if moved else "",
        provenance=change.now.provenance.mark,
    )


def _reading(breakdown: Breakdown, metric: Metric, period: Period) -> Reading:
    return breakdown.readings.get(metric.key) or Reading.of(metric, Summary(), period)


def _before(breakdown: Breakdown, metric: Metric, period: Period) -> Reading:
    return breakdown.before.get(metric.key) or Reading.of(metric, Summary(), period.before)


def _badness(changes: Sequence[Change]) -> tuple[int, float, int]:
    """Sort key: most cells that got worse first, then the first column's worst value, then the most cases."""
    worse = sum(1 for c in changes if c.verdict is Verdict.WORSE)
    first = changes[0].now if changes else None
    value = float(first.value) if first and first.value is not None else 0.0
    bad = -value if first and first.metric.better is not Better.HIGHER else value
    return (-worse, bad, -max((c.now.n for c in changes), default=0))
