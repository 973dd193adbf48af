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
    told: str = "",
) -> Signal:
    """Open a signal, or bring the words of the one that is open for the same cause up to date. Needs the client's scope.

    The client's people are told once that it asks for a person, from when it does; or, where `told` names an occasion, once of
    each such occasion, however severe it is.
    """
    words = {"title": title[:200], "detail": detail[:500], "severity": severity}
    open_ones = Signal.objects.select_for_update()
    signal, new = open_ones.get_or_create(
        client_id=client_id, cause=cause, closed_at=None, defaults={**words, "opened_at": now, "source": source}
    )
    asks = severity == Signal.Severity.ACT and (new or signal.severity != severity)
    if not new:
        for name, value in words.items():
            setattr(signal, name, value)
        signal.save(update_fields=list(words))
    if told or asks:
        tell(client_id, told or f"signal:{signal.pk}:{severity}", signal.title, "signals", now=now)
    return signal


def close(client_id: int, cause: str, now: datetime) -> bool:
    """Close what is open for a cause; says whether anything was."""
    return bool(Signal.objects.filter(client_id=client_id, cause=cause, closed_at=None).update(closed_at=now))
