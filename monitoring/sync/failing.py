"""What a failed sync means for its source: when to try again, whether it pauses itself, and the signal a person sees."""

import random
from dataclasses import dataclass
from datetime import datetime

from monitoring import signals
from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import HOUR, MINUTE
from monitoring.models import Signal, Source

FIRST_WAIT, LONGEST_WAIT = MINUTE, 6 * HOUR
PATIENT = 5
"""Failures in a row that pass without a word, when trying again may help."""
GIVES_UP = 8
"""Failures in a row after which a source pauses itself."""


@dataclass(frozen=True)
class Setback:
    """What becomes of a source after a failure."""

    failures: int
    next_run_at: datetime
    paused_itself: bool
    tells: bool
    """Whether a person should know."""


def setback(error: SourceError, failures: int, now: datetime, *, luck: float | None = None) -> Setback:
    """Exponential backoff with jitter, never before the provider said. A client's fault pauses at once, the others when they go on.

    A paused source looks again every LONGEST_WAIT, so that it goes on by itself once the key works, the bill is paid, the outage over.
    `luck`, from 0 to 1, is the jitter's; random unless given.
    """
    failures += 1
    paused = error.fault is Fault.CLIENT or failures >= GIVES_UP
    wait = LONGEST_WAIT if paused else min(FIRST_WAIT * 2 ** (failures - 1), LONGEST_WAIT)
    if error.fault is Fault.OURS:
        wait = max(wait, HOUR)
    spread = random.random() if luck is None else luck  # noqa: S311 - only so that sources do not come back together
    earliest = now + wait * (0.8 + 0.4 * spread)
    return Setback(
        failures,
        max(earliest, error.retry_at) if error.retry_at else earliest,
        paused,
        tells=paused or failures >= PATIENT or error.fault is Fault.OURS,
    )


def cause_of(source: Source) -> str:
    """What a failing source's signal is about."""
    return f"source:{source.public_id}:failing"


def tell(source: Source, error: SourceError, now: datetime, after: Setback) -> None:
    """Open the signal of a failing source, or bring its words up to date."""
    if not after.tells:
        return
    title = f"{source.name} {'paused itself' if after.paused_itself else 'cannot be read'}"
    act = error.fault is Fault.CLIENT
    signals.raise_signal(
        source.client_id,
        cause_of(source),
        title,
        detail=str(error),
        severity=Signal.Severity.ACT if act else Signal.Severity.WATCH,
        source=source,
        now=now,
    )


def recovered(source: Source, now: datetime) -> None:
    """Close the signal of a source that can be read again."""
    signals.close(source.client_id, cause_of(source), now)
