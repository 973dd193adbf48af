"""The life of an export: asked for once at a time, claimed by one worker, ready whole or not at all, deleted after a week."""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest

from .models import Client, Export, ExportState, User
from .permissions import allowed

KEPT = timedelta(days=7)
"""How long a file is there to be downloaded."""
LEFT_BEHIND = timedelta(days=1)
"""A file that a killed worker left half-written goes after this."""


def may_export(request: HttpRequest, client: Client) -> bool:
    """Whether the person may take an export: who looks after the client, and its executives where the practice lets them."""
    return allowed(request, client, "export_client") or (
        client.practice.executives_export and allowed(request, client, "export_own")
    )


def ask(client: Client, by: User, now: datetime, *, for_client: bool) -> Export:
    """The export that is under way, or a new one. Needs the client's scope."""
    under_way = Export.objects.under_way().filter(client=client, for_client=for_client)
    for _ in range(3):
        if found := under_way.first():
            return found
        # Of two who ask in the same moment the database lets one through; the other's may have ended by the time we look.
        new = Export(client=client, asked_by=by, asked_at=now, for_client=for_client)
        Export.objects.bulk_create([new], ignore_conflicts=True)
    return under_way.get()


def claim(client_id: int, export_id: int, token: str, now: datetime) -> bool:
    """Take an export for writing; of two workers one is told True. Needs the client's scope."""
    mine = Q(pk__in=Export.objects.due(now).values("pk")) | Q(state=ExportState.WORKING, claim=token)
    rows = Export.objects.filter(mine, pk=export_id, client_id=client_id)
    return bool(rows.update(state=ExportState.WORKING, claim=token, claimed_at=now, done=0, doing="", error=""))


def settle(export_id: int, token: str, state: ExportState, **columns: object) -> bool:
    """End the export that is claimed under `token`, once. Needs the client's scope."""
    held = Export.objects.filter(pk=export_id, state=ExportState.WORKING, claim=token)
    return bool(held.update(state=state, **columns))


def folder(client: Client) -> Path:
    """Where a client's files lie: nobody else's are in it."""
    return settings.HOME / "exports" / client.public_id


def file_of(export: Export) -> Path:
    """Where the zip of an export is, or will be. Its client is at hand."""
    return folder(export.client) / f"{export.public_id}.zip"


def tidy(client: Client, now: datetime) -> int:
    """Delete what expired, and what a killed worker left half-written. Returns how many exports went. Needs the client's scope."""
    gone = 0
    for export in Export.objects.expired(now).filter(client=client).select_related("client"):
        file_of(export).unlink(missing_ok=True)
        gone += Export.objects.filter(pk=export.pk, state=ExportState.READY).update(state=ExportState.GONE)
    for half in folder(client).glob("*.part"):
        if datetime.fromtimestamp(half.stat().st_mtime, tz=now.tzinfo) < now - LEFT_BEHIND:
            half.unlink(missing_ok=True)
    return gone
