"""The one error of a source: whose turn it is, in words for the program manager."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Fault(StrEnum):
    """Who can end it."""

    CLIENT = "client"
    """A person must act: a key is wrong, a project is gone. Trying again changes nothing."""
    LATER = "later"
    """The provider cannot now: limits, outages, answers cut short. Trying again helps."""
    OURS = "ours"
    """FracOps does not understand: a broken promise of the provider's documentation, or a fault of our own."""


@dataclass
class SourceError(Exception):
    """Why something could not be pulled. `message` says what went wrong and what to do; `detail` is for whoever mends FracOps.

    `retry_at` is when the provider said to come back; `status` is the HTTP status, where there was an answer.
    """

    fault: Fault
    message: str
    # Part of an answer, which is nobody's to find in a log.
    detail: str = field(default="", repr=False)
    retry_at: datetime | None = None
    status: int | None = None
    rationed: bool = False
    """Whether FracOps itself held back, so as to leave a shared quota to others: nothing is wrong."""

    def __str__(self) -> str:
        return self.message


def shown(address: str) -> str:
    """As much of an address as a sentence has room for: somebody may have pasted a page into its field."""
    return f"“{address[:80]}…”" if len(address) > 80 else f"“{address}”"


def broken_promise(provider: str, what: str) -> SourceError:
    """An answer that its provider's documentation does not allow."""
    return SourceError(
        Fault.OURS, f"{provider} answered in a way FracOps does not understand: {what}. Nothing of it was stored."
    )
