"""The register's acts and how its rows stand, in words: what a practice watches, and what of it concerns a client."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet

from .marks import Mark, calm, good, off, watch
from .models import SCOUTING, Client, Concern, ConcernStatus, Practice, RiskItem, RiskKind, RiskStatus, Severity

WHAT = (
    ("risk", "All risks"),
    ("scouting", "All scouting"),
    ("Risks", tuple((k.value, k.label) for k in RiskKind if k not in SCOUTING)),
    ("Scouting", tuple((k.value, k.label) for k in SCOUTING)),
)
"""What a list of items can be narrowed to: one side of the register, or one kind."""
_STANDS = {
    ConcernStatus.UNCHECKED: watch,
    ConcernStatus.AFFECTED: off,
    ConcernStatus.HANDLED: good,
    ConcernStatus.ACCEPTED: calm,
    ConcernStatus.CLEAR: good,
}


def of_what(asked: str, item: str = "") -> Q:
    """The condition of one of WHAT; `item` is how the item is reached from the rows asked for, such as ``item__``."""
    scouted = Q(**{f"{item}kind__in": SCOUTING})
    return {"": Q(), "risk": ~scouted, "scouting": scouted}.get(asked, Q(**{f"{item}kind": asked}))


def concern(item: RiskItem, clients: Iterable[Client]) -> int:
    """Say that an item concerns clients; those it concerned already stay as they were. Returns how many are new."""
    there = set(Concern.objects.filter(item=item).values_list("client_id", flat=True))
    new = [
        Concern(practice_id=item.practice_id, client=client, item=item) for client in clients if client.pk not in there
    ]
    Concern.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def concerns_of(client: Client, *, staff: bool) -> QuerySet[Concern]:
    """What concerns a client, the worst first; for its own people only what there are words for."""
    rows = Concern.objects.filter(client=client).select_related("item", "item__owner")
    rows = rows if staff else rows.exclude(item__words="")
    return rows.order_by("-item__severity", "item__due", "-id")


def stands(row: Concern) -> Mark:
    """How a client stands to an item."""
    return _STANDS[ConcernStatus(row.status)](row.get_status_display())


def item_mark(item: RiskItem, today: date) -> Mark:
    """Where the practice is with an item: late, open, watched or closed."""
    if item.is_overdue(today):
        return off("Overdue")
    if not item.is_open:
        return good("Closed")
    return watch("Open") if item.status == RiskStatus.OPEN else calm("Watched")


def severity_mark(item: RiskItem) -> Mark:
    """How much depends on an item. Only a grave risk is red: what was scouted threatens nobody."""
    word = Severity(item.severity).label
    if item.is_scouting or item.severity == Severity.LOW or not item.is_open:
        return calm(word)
    return off(word) if item.severity >= Severity.HIGH else watch(word)


def register_sentence(practice: Practice, today: date) -> str:
    """What of a practice's register needs somebody most."""
    kept = RiskItem.objects.filter(practice=practice).exclude(status=RiskStatus.CLOSED)
    rows = list(kept.values_list("due", "severity", "kind"))
    late = sum(due is not None and due < today for due, _, _ in rows)
    risks = [severity for _, severity, kind in rows if kind not in SCOUTING]
    grave = sum(severity >= Severity.HIGH for severity in risks)
    if late:
        return f"{_many(late, 'item')} of the register {'is' if late == 1 else 'are'} overdue."
    if grave:
        return f"{_many(grave, 'risk')} of {len(risks)} {'is' if grave == 1 else 'are'} high or critical; nothing is overdue."
    if rows:
        return (
            f"{_many(len(risks), 'risk')} and {_many(len(rows) - len(risks), 'thing')} worth a try, none of it overdue."
        )
    return "Nothing is in the register yet." if not practice.risks.exists() else "Nothing in the register is open."


def client_sentence(client: Client, rows: Iterable[Concern]) -> str:
    """What of the items that concern a client needs somebody, from all of them that are not closed."""
    open_rows = [row for row in rows if row.item.is_open]
    affected = [row for row in open_rows if row.status == ConcernStatus.AFFECTED and not row.item.is_scouting]
    unchecked = sum(row.status == ConcernStatus.UNCHECKED for row in open_rows)
    checks = f"{unchecked} {'is' if unchecked == 1 else 'are'} still to be checked" if unchecked else ""
    if affected:
        first = f"{_many(len(affected), 'risk')} {'affects' if len(affected) == 1 else 'affect'} {client.name}"
        return f"{first}, and {checks}." if checks else f"{first}, and everything else is checked."
    if checks:
        return f"Nothing is known to affect {client.name}; {checks}."
    return f"No open risk affects {client.name}."


def _many(count: int, noun: str) -> str:
    return f"{count or 'No'} {noun}{'' if count == 1 else 's'}"
