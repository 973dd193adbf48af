"""Calls, scores and outcomes that systems push as JSON: read row by row, each taken or refused with a reason."""

from .bodies import LIMIT, MOST_ROWS, PushError, document
from .take import Refusal, Taken, take_calls, take_outcomes, take_scores

__all__ = [
    "LIMIT",
    "MOST_ROWS",
    "PushError",
    "Refusal",
    "Taken",
    "document",
    "take_calls",
    "take_outcomes",
    "take_scores",
]
