"""Rows that were pushed, stored: through the same code as files' rows, wherever they mean the same. Opens the client's scope itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from clients.models import Client
from clients.tenancy import scope
from monitoring import call_store, ingest, outcome_store, values
from monitoring.connecting.reading import why
from monitoring.doors import SourceRef
from monitoring.importing import DEFAULTS, Calls, Mapping, Row, RowRefused, outcome_of
from monitoring.importing.expressions import column
from monitoring.importing.mapping import SCORE
from monitoring.records import OutcomeRecord

from .scored import Judged, records_of
from .shapes import PushedCall, PushedScore


@dataclass(frozen=True)
class Refusal:
    """A row that was not taken: its place, counted from 1, its sender's id and the reason."""

    row: int
    id: str
    reason: str


@dataclass(frozen=True)
class Taken:
    """What became of a request's rows; `unchanged` were here already."""

    rows: int
    stored: int
    unchanged: int
    refused: Sequence[Refusal]


type Rows = Sequence[Row | RowRefused]


class _Sorting:
    """Rows read one by one, those that cannot be read kept with the reason."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.ids: dict[int, str] = {}
        self.refused: dict[int, str] = {}

    def read[T](self, read: Callable[[Row], T]) -> list[T]:
        found = []
        for row in self.rows:
            try:
                if isinstance(row, RowRefused):
                    raise row
                self.ids[row.line] = _shown_id(row)
                found.append(read(row))
            except RowRefused as refused:
                self.refused[refused.line] = refused.reason
            except (ValidationError, values.BadValue) as error:
                self.refused[row.line] = why(error)
        return found

    def taken(self, stored: int, unchanged: int) -> Taken:
        refused = [Refusal(line, self.ids.get(line, ""), reason) for line, reason in sorted(self.refused.items())]
        return Taken(len(self.rows), stored, unchanged, refused)


def _shown_id(row: Row) -> str:
    given = row.fields.get("id")
    return values.short(given)[:60] if isinstance(given, str | int) else ""


def take_calls(source: SourceRef, rows: Rows) -> Taken:
    """Model calls with their scores, keyed by their ids within the source."""
    sorting, zone = _Sorting(rows), _zone(source)
    pushed = sorting.read(lambda row: Row(row.line, _fields(PushedCall.model_validate(dict(row.fields)))))
    names = {field.removeprefix(SCORE) for row in pushed for field in row.fields if field.startswith(SCORE)}
    mapping = Mapping({target: column(target) for target in DEFAULTS}, {n: column(SCORE + n) for n in sorted(names)})
    calls = Calls(mapping, source.public_id, "", zone)
    read = _Sorting(pushed)
    stored = call_store.store(source, read.read(calls.call))
    sorting.refused |= read.refused | dict(stored.refused)
    return sorting.taken(stored.changed, stored.unchanged)


def _fields(call: PushedCall) -> dict[str, Any]:
    said = {name: getattr(call, name) for name in DEFAULTS}
    return said | {SCORE + name: value for name, value in call.score.items()}


def take_scores(source: SourceRef, rows: Rows) -> Taken:
    """Judgements, keyed by their ids within the source."""
    sorting, zone = _Sorting(rows), _zone(source)
    judged = sorting.read(lambda row: Judged(row.line, PushedScore.model_validate(dict(row.fields))))
    records, refused = records_of(source, judged, zone)
    sorting.refused |= refused
    stored = ingest.store(source, [], [record for _, record in records])
    waiting = iter(records)
    for rejection in stored.rejected_scores:  # in the order they were given
        line = next(ln for ln, r in waiting if (r.trace_id, r.span_id) == (rejection.trace_id, rejection.span_id))
        sorting.refused[line] = rejection.reason
    changed = stored.new_scores + stored.changed_scores
    return sorting.taken(changed, len(records) - changed - len(stored.rejected_scores))


def take_outcomes(source: SourceRef, rows: Rows) -> Taken:
    """Figures of outcomes, keyed by their ids or days within the source."""
    with scope(source.client_id):
        client = Client.objects.get(pk=source.client_id)
        sorting, zone = _Sorting(rows), ZoneInfo(client.zone)
        figures: list[tuple[int, OutcomeRecord]] = sorting.read(lambda row: (row.line, outcome_of(row, zone)))
        stored = outcome_store.from_source(client, source, [figure for _, figure in figures])
    sorting.refused |= {figures[position][0]: reason for position, reason in stored.reasons.items()}
    return sorting.taken(stored.new + stored.corrected, stored.same)


def _zone(source: SourceRef) -> ZoneInfo:
    with scope(source.client_id):
        return ZoneInfo(Client.objects.values_list("zone", flat=True).get(pk=source.client_id))
