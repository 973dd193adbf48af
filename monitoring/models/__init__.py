"""The first floor's nouns: sources and their syncs, what arrived, what was counted, billed and said, and signals."""

from .ledger import Bill, PromptVersion, Ticket, Usage
from .outcomes import NO_SOURCE, WHOLE, OutcomeDefinition, OutcomeKind, OutcomeValue, TicketDay
from .points import DimensionValue, Grain, PastPoint, Point, PointColumns, Seen, Touched
from .sources import PushKind, Signal, Source, State, Sync, Texts
from .spans import Score, Span
from .texts import TextReading

__all__ = [
    "NO_SOURCE",
    "WHOLE",
    "Bill",
    "DimensionValue",
    "Grain",
    "OutcomeDefinition",
    "OutcomeKind",
    "OutcomeValue",
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
    "State",
    "Sync",
    "TextReading",
    "Texts",
    "Ticket",
    "TicketDay",
    "Touched",
    "Usage",
]
