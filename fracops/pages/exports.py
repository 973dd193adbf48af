"""A client's exports: ask for one, see how far it is, download it."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clients import exports as kept
from clients.models import Client, Export, ExportState
from clients.permissions import acting_person, allowed, client_or_404
from fracops.archive.tables import LEFT_OUT, LEFT_OUT_FOR_CLIENT
from fracops.tasks import write_export

from .frames import moment_text

SHOWN = 20
"""Of the newest exports so many are listed; each file is there for a week only."""


@dataclass(frozen=True)
class Row:
    """One export in words."""

    export: Export
    asked: str
    state: str
    until: str
    """Until when it can be downloaded; "" where it cannot."""
    share: int
    """How much of it is done, in percent; only while it is written."""


@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest, slug: str) -> HttpResponse:
    """The exports that the person may take, newest first; a POST asks for one."""
    client, whole = _may(request, slug)
    if request.method == "POST":
        for_client = not whole or request.POST.get("what") == "client"
        asked = kept.ask(client, acting_person(request), timezone.now(), for_client=for_client)
        # The beat hands it on too, should the broker be away now.
        transaction.on_commit(lambda: write_export.delay(client_id=client.pk, export_id=asked.pk), robust=True)
        messages.success(request, "The export is being written. It can be downloaded here once it is ready.")
        return redirect("exports", client.slug)
    rows = [_row(export, client) for export in _mine(client, whole=whole)[:SHOWN]]
    context = {
        "client": client,
        "rows": rows,
        "whole": whole,
        "sentence": _sentence(client, rows),
        "under_way": any(row.export.state in (ExportState.WAITING, ExportState.WORKING) for row in rows),
        "left_out": LEFT_OUT if whole else LEFT_OUT + LEFT_OUT_FOR_CLIENT,
    }
    return render(request, "pages/exports.html", context)


@require_safe
def download(request: HttpRequest, slug: str, public_id: str) -> HttpResponseBase:
    """The zip of one export, piece by piece."""
    client, whole = _may(request, slug)
    export = _mine(client, whole=whole).filter(public_id=public_id, state=ExportState.READY).first()
    now = timezone.now()
    if export is None or export.expires_at is None or export.expires_at <= now:
        raise Http404
    try:
        file = kept.file_of(export).open("rb")
    except FileNotFoundError as fault:
        raise Http404 from fault
    Export.objects.filter(pk=export.pk).update(fetched_by=acting_person(request).label, fetched_at=now)
    name = f"{client.slug}-{export.asked_at:%Y-%m-%d}.zip"
    return FileResponse(
        file, as_attachment=True, filename=name, content_type="application/zip", headers={"Cache-Control": "no-store"}
    )


def _may(request: HttpRequest, slug: str) -> tuple[Client, bool]:
    """The client, and whether the person may take all of it; else they may take what its executives see."""
    client = client_or_404(request, slug)
    if not kept.may_export(request, client):
        raise PermissionDenied(f"Exports of {client.name} are for those who look after it.")
    return client, allowed(request, client, "export_client")


def _mine(client: Client, *, whole: bool) -> "QuerySet[Export]":
    found = Export.objects.filter(client=client).select_related("client", "asked_by")
    return found if whole else found.filter(for_client=True)


def _row(export: Export, client: Client) -> Row:
    ready = export.state == ExportState.READY and export.expires_at
    return Row(
        export,
        asked=moment_text(export.asked_at, client.zone),
        state=export.get_state_display(),
        until=moment_text(export.expires_at, client.zone) if ready and export.expires_at else "",
        share=100 * export.done // export.steps if export.state == ExportState.WORKING and export.steps else 0,
    )


def _sentence(client: Client, rows: list[Row]) -> str:
    newest = rows[0] if rows else None
    if newest is None:
        return f"All that {client.name} owns can be taken along in one file."
    match newest.export.state:
        case ExportState.READY:
            return f"The export of {newest.asked} is ready until {newest.until}."
        case ExportState.WAITING | ExportState.WORKING:
            return f"An export of {client.name} is being written."
        case ExportState.FAILED:
            return f"The export of {newest.asked} could not be written."
    return f"The last export of {client.name} is deleted: a file is kept for a week."
