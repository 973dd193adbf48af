"""Stores a page of records: spans and scores priced and ingested, the rest into the ledger, and remembers what it saw of a window."""

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from monitoring import ingest, ledger, pricing, ticket_counts
from monitoring.connecting.kind import Page
from monitoring.doors import SourceRef
from monitoring.records import Record, ScoreRecord, SpanRecord

REASONS = 5
"""How many different reasons for rejected rows a sync keeps."""


@dataclass
class Tally:
    """What a sync has brought so far."""

    pages: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    removed: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def refused(self, reasons: Iterable[str]) -> None:
        for reason in (reason[:200] for reason in reasons):
            self.rejected += 1
            if reason in self.reasons or len(self.reasons) < REASONS:
                self.reasons[reason] += 1

    @property
    def records(self) -> int:
        return self.new + self.changed + self.same


def store(source: SourceRef, page: Page, tally: Tally) -> None:
    """Store a page's records inside the open scope and count what became of them."""
    spans = [pricing.estimated(r) for r in page.records if isinstance(r, SpanRecord)]
    scores = [r for r in page.records if isinstance(r, ScoreRecord)]
    others = [r for r in page.records if not isinstance(r, SpanRecord | ScoreRecord)]
    stored = ingest.store(source, spans, scores) if spans or scores else ingest.Stored()
    with ticket_counts.noted(source, others):
        new, changed = ledger.store(source, others)
    new += stored.new_spans + stored.new_scores
    changed += stored.changed_spans + stored.changed_scores
    refused = [*page.rejected, *stored.rejected, *stored.rejected_scores]
    tally.pages += 1
    tally.new += new
    tally.changed += changed
    tally.same += len(page.records) - new - changed - len(stored.rejected) - len(stored.rejected_scores)
    tally.refused(rejection.reason for rejection in refused)


def digest(key: Sequence[object]) -> int:
    """Eight bytes that stand for a row's key."""
    written = "\x1f".join(map(str, key)).encode()
    return int.from_bytes(hashlib.blake2b(written, digest_size=8).digest(), "big")


@dataclass
class Sighted:
    """The keys of what a window was seen to hold, eight bytes each, so that a day of a million spans fits in eight megabytes."""

    keys: dict[type[Record], array[int]] = field(default_factory=dict)
    whole: bool = True
    """Whether this is all of it. What is missing in a window that was not seen whole is not known to be gone."""

    def note(self, records: Iterable[Record], key_of: "dict[type[Record], tuple[str, ...]]") -> None:
        if not self.whole:
            return
        for record in records:
            if key := key_of.get(type(record)):
                seen = self.keys.setdefault(type(record), array("Q"))
                seen.append(digest([getattr(record, name) for name in key]))
