"""From when until when a source counts: what SQL asks of each row that is counted, and with which parameters."""

from typing import Any

from .models import Source


def counts(at: str, source: str = "source_id") -> str:
    """SQL for whether a row counts, by the columns of its time and its source. Its parameters are those of `of`.

    Of a client whose sources always count, every row is let through by its first comparison, with an empty list.
    """
    place = f"array_position(%(bounded)s::bigint[], {source})"
    return (
        f"({source} <> ALL(%(bounded)s::bigint[]) OR {at} >= (%(bounded_from)s::timestamptz[])[{place}]"
        f" AND {at} < (%(bounded_until)s::timestamptz[])[{place}])"
    )


def of(client_id: int) -> dict[str, Any]:
    """The parameters of `counts`: the sources that do not always count, and when they do. One query; needs the client's scope."""
    rows = list(Source.objects.bounded(client_id).values_list("pk", "counts_from", "counts_until"))
    return {
        "bounded": [pk for pk, _, _ in rows],
        "bounded_from": [start.isoformat() if start else "-infinity" for _, start, _ in rows],
        "bounded_until": [end.isoformat() if end else "infinity" for _, _, end in rows],
    }
