"""Calls read from rows, stored: the one way in for those of files and those that are pushed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import ingest, pricing
from .doors import SourceRef
from .importing import Call


@dataclass(frozen=True)
class StoredCalls:
    """What became of a batch of rows; `refused` is by line."""

    changed: int
    unchanged: int
    refused: Mapping[int, str]


def store(source: SourceRef, calls: Sequence[Call]) -> StoredCalls:
    """Price and store calls with their scores. A call and its scores are refused for the same reason; the row is one."""
    stored = ingest.store(
        source,
        [pricing.estimated(call.span) for call in calls],
        [score for call in calls for score in call.scores],
        # People write these, and give them again when a day and a month were swapped.
        corrected_within=None,
    )
    lines = {call.span.span_id: call.line for call in calls}
    refused = {lines[r.span_id]: r.reason for r in (*stored.rejected, *stored.rejected_scores)}
    changed = stored.new_spans + stored.changed_spans
    return StoredCalls(changed, len(calls) - len(refused) - changed, refused)
