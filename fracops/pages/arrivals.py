"""A client's sources beside its page: when each delivered last, and what stopped it."""

from dataclasses import dataclass

from monitoring.freshness import Freshness

from .frames import moment_text


@dataclass(frozen=True)
class SourceView:
    """One source beside the page: when it last delivered, and what stopped it."""

    name: str
    kind: str
    arrived: str
    error: str
    error_at: str


def source_view(fresh: Freshness, zone: str) -> SourceView:
    """A source as a page names it, its moments on the client's clock."""
    return SourceView(
        name=fresh.name,
        kind=fresh.kind,
        arrived=moment_text(fresh.last_arrival_at, zone) if fresh.last_arrival_at else "nothing yet",
        error=fresh.error,
        error_at=moment_text(fresh.error_at, zone) if fresh.error and fresh.error_at else "",
    )
