"""A composed report as plain text: the same words as its mail and PDF, in columns a terminal or an old mail reader can show."""

import textwrap
from collections.abc import Sequence

from .composed import Composed, TargetRow
from .facts import Sentence

WIDTH = 76
"""Columns of the plain text."""
GAP = 2
"""Spaces between two columns."""


def text(composed: Composed, unsubscribe_url: str = "", portal_url: str = "") -> str:
    """Plain text with the same words as the other forms, at most WIDTH columns where words allow."""
    kind = composed.period_title if composed.is_pulse else composed.title
    lines = [
        *textwrap.wrap(f"{composed.client.name}: {kind}", WIDTH),
        "",
        *textwrap.wrap(composed.headline.text, WIDTH),
        "",
    ]
    for bullet in composed.bullets:
        lines += _hung(bullet.slot, bullet.sentence)
    for figure in composed.figures:
        lines += [f"{figure.label}: {figure.quote.text}", *_indented(figure.note)]
    if composed.targets:
        lines += ["", *_targets(composed.targets_title, composed.targets)]
    if not composed.is_pulse:
        lines += _month(composed)
    lines += ["", *_signature(composed, unsubscribe_url, portal_url)]
    return "\n".join(lines) + "\n"


def _month(composed: Composed) -> list[str]:
    lines = ["", "What got worse"]
    for told in composed.worse:
        lines += textwrap.wrap(told.text, WIDTH, initial_indent="- ", subsequent_indent="  ")
    lines += ["", "The decision we ask from you", *_indented(composed.decision)]
    for section in composed.sections:
        lines += ["", section.title, "-" * len(section.title), *textwrap.wrap(section.lead.text, WIDTH)]
        for table in section.tables:
            rows = [table.columns, *([cell.text for cell in row] for row in table.stacked)]
            lines += ["", *([table.title] if table.title else []), *_columns(rows)]
    return lines


def _signature(composed: Composed, unsubscribe_url: str, portal_url: str) -> list[str]:
    practice = composed.practice
    sender = f"{practice.lead_name} at {practice.name}" if practice.lead_name else practice.name
    reply = f" Reply to this mail to reach {practice.lead_name or 'us'}." if composed.is_pulse else ""
    lines = textwrap.wrap(f"From {sender}.{reply}", WIDTH)
    lines += textwrap.wrap(practice.footer, WIDTH)
    lines += [f"Portal: {portal_url}"] if portal_url else []
    lines += [f"Unsubscribe: {unsubscribe_url}"] if unsubscribe_url else []
    return [*lines, *textwrap.wrap(f"{composed.report_id}, {composed.edition}, {composed.short_hash}", WIDTH)]


def _hung(slot: str, told: Sentence) -> list[str]:
    return textwrap.wrap(told.text, WIDTH, initial_indent=f"{slot:<9}", subsequent_indent=" " * 9)


def _indented(told: Sentence) -> list[str]:
    return textwrap.wrap(told.text, WIDTH, initial_indent="  ", subsequent_indent="  ")


def _targets(title: str, rows: tuple[TargetRow, ...]) -> list[str]:
    def standing(row: TargetRow) -> str:
        return f"{row.glyph} {row.word}" + (
            ", worse than baseline" if row.worse else f", held on {row.kept}" if row.kept else ""
        )

    return _columns(
        [(title, "Last 7 days", "Goal", "Outlook"), *((r.name, r.now.text, r.goal.text, standing(r)) for r in rows)]
    )


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as aligned columns, the first row being their heads; where WIDTH is too narrow, each row as lines under its name."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    if sum(widths) + GAP * (len(widths) - 1) > WIDTH:
        return [f"{rows[0][0]}:", *(line for row in rows[1:] for line in _lines(rows[0], row))]
    return [
        (" " * GAP).join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _lines(head: Sequence[str], row: Sequence[str]) -> list[str]:
    lines = textwrap.wrap(row[0], WIDTH)
    for label, cell in zip(head[1:], row[1:], strict=True):
        if cell:
            lines += textwrap.wrap(f"{label}: {cell}", WIDTH, initial_indent="  ", subsequent_indent="    ")
    return lines
