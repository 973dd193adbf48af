"""From when on a source is read: as far back as was asked, unless what it brings of then would not be kept."""

from dataclasses import dataclass
from datetime import datetime

from monitoring import partitions, retention
from monitoring.connecting.kind import HOUR
from monitoring.models import Source
from monitoring.sources import kinds

from .windows import floor


@dataclass(frozen=True)
class Beginning:
    """When what is read of a source begins, and why no earlier, in words; none where it begins as it was asked to."""

    at: datetime
    because: str = ""


def beginning_of(source: Source, now: datetime) -> Beginning:
    """From when on a source is read now. One query, in the client's scope."""
    return beginning(source, retention.gone_to(source.client_id), now)


def beginning(source: Source, gone_to: datetime | None, now: datetime) -> Beginning:
    """The same, given up to when spans of its client are gone.

    A little later than the first moment that is kept: that moment moves on while a window is read.
    """
    asked = source.wanted_from or source.created_at
    connector = kinds().get(source.kind)
    if connector is None or not connector.expires(source.settings):
        return Beginning(asked)
    own = retention.span_limit(source.span_days, now)
    if source.span_days is None:
        limits = [(own + partitions.SEAL, "thirteen months of calls are kept")]
    else:
        limits = [(own, f"{source.span_days} day{'s' * (source.span_days != 1)} of calls are kept")]
    if gone_to is not None:
        limits.append((gone_to + partitions.SEAL, "the days before are sealed, because calls of them are gone"))
    limit, because = max(limits)
    grain = max(connector.kind.grain, HOUR)
    first = floor(limit, grain) + 2 * grain
    return Beginning(first, because) if first > asked else Beginning(asked)
