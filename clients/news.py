"""What feeds brought, and what becomes of it: an item of the register, or nothing."""

from datetime import datetime

from django.db.models import QuerySet

from .models import EntryState, FeedEntry, Practice, RiskItem


def waiting(firm: Practice) -> QuerySet[FeedEntry]:
    """The entries that nobody triaged yet, the newest first."""
    return FeedEntry.objects.filter(practice=firm, state=EntryState.NEW).select_related("feed")


def keep(entry: FeedEntry, item: RiskItem, *, by: str, now: datetime) -> bool:
    """Say that an entry became an item. False, with nothing written, where it was triaged meanwhile."""
    return _settle(entry, EntryState.NEW, EntryState.KEPT, item=item, handled_by=by, handled_at=now)


def dismiss(entry: FeedEntry, *, by: str, now: datetime) -> bool:
    """Say that nothing comes of an entry. False where it was triaged meanwhile."""
    return _settle(entry, EntryState.NEW, EntryState.DISMISSED, handled_by=by, handled_at=now)


def bring_back(entry: FeedEntry) -> bool:
    """Put an entry that was dismissed, or never shown, back to be triaged. False where it is not one of these now."""
    moved = (EntryState.DISMISSED, EntryState.OLDER)
    return any(_settle(entry, state, EntryState.NEW, handled_by="", handled_at=None) for state in moved)


def _settle(entry: FeedEntry, was: EntryState, becomes: EntryState, **fields: object) -> bool:
    return bool(FeedEntry.objects.filter(pk=entry.pk, state=was).update(state=becomes, **fields))
