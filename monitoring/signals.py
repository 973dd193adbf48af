"""Opens and closes signals: of one cause one is open at a time, however often it is noticed."""

from datetime import datetime

from clients.inbox import tell

from .models import Signal, Source


def raise_signal(
    client_id: int,
    cause: str,
    title: str,
    *,
    now: datetime,
    detail: str = "",
    severity: str = Signal.Severity.ACT,
    source: Source | None = None,
) -> Signal:
    """Open a signal, or bring the words of the one that is open for the same cause up to date. Needs the client's scope."""
    words = {"title": title[:200], "detail": detail[:500], "severity": severity}
    signal, new = Signal.objects.update_or_create(
        client_id=client_id,
        cause=cause,
        closed_at=None,
        defaults=words,
        create_defaults={**words, "opened_at": now, "source": source},
    )
    if new and severity == Signal.Severity.ACT:
        tell(client_id, f"signal:{signal.pk}", signal.title, "signals", now=now)
    return signal


def close(client_id: int, cause: str, now: datetime) -> bool:
    """Close what is open for a cause; says whether anything was."""
    return bool(Signal.objects.filter(client_id=client_id, cause=cause, closed_at=None).update(closed_at=now))
