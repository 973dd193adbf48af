"""The first floor's nouns: sources and their syncs, what arrived, what was counted, what was billed, and signals."""

from .ledger import Bill, PromptVersion, Ticket, Usage
from .points import DimensionValue, Grain, PastPoint, Point, PointColumns, Seen, Touched
from .sources import PushKind, Signal, Source, Sync
from .spans import Score, Span
from .texts import TextReading

__all__ = [
    "Bill",
    "DimensionValue",
    "Grain",
    "PastPoint",
    "Point",
    "PointColumns",
    "PromptVersion",
    "PushKind",
    "Score",
    "Seen",
    "Signal",
    "Source",
    "Span",
    "Sync",
    "TextReading",
    "Ticket",
    "Touched",
    "Usage",
]
