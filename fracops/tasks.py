"""What workers do at the roof: keep a glance of every client for the pages that show all of them, and write and delete exports."""

from typing import Any

import structlog
from celery import shared_task
from django.utils import timezone

from clients import exports
from clients.models import Client, Export, ExportState
from clients.tenancy import SteppedTenantTask, SystemTask, TenantTask, scope, system

from . import glances
from .archive import exporting

log = structlog.get_logger(__name__)
EXPIRES = 600
"""Seconds after which a glance that no worker took is let go: the next round asks again."""
LONGEST = 3_000
"""Seconds that one export may take, less than ABANDONED_AFTER."""
FAILED = "Something went wrong while it was written; the log says what. Ask for it again."


@shared_task(
    base=SystemTask, name="fracops.write_exports", reason="asks which clients' exports are to be written or deleted"
)
def write_exports() -> int:
    """Hand on the exports that wait or were left by their worker, and the clients whose files are over. Returns how many."""
    now = timezone.now()
    with system():
        due = list(Export.objects.due(now).order_by("pk").values_list("client_id", "id"))
        over = set(Export.objects.expired(now).order_by().values_list("client_id", flat=True))
    for client_id, export_id in due:
        write_export.delay(client_id=client_id, export_id=export_id)
    for client_id in over:
        tidy_exports.delay(client_id=client_id)
    return len(due) + len(over)


@shared_task(
    base=SteppedTenantTask, bind=True, name="fracops.write_export", time_limit=LONGEST + 60, soft_time_limit=LONGEST
)
def write_export(self: Any, *, client_id: int, export_id: int) -> bool:
    """Write one export, if nobody else is at it. The file is there whole, or not at all."""
    token, now = str(self.request.id), timezone.now()
    with scope(client_id):
        if not exports.claim(client_id, export_id, token, now):
            return False
        export = Export.objects.select_related("client", "asked_by").get(pk=export_id)
    target = exports.file_of(export)

    def progress(done: int, steps: int, words: str) -> None:
        with scope(client_id):
            held = Export.objects.filter(pk=export_id, claim=token)
            held.update(done=done, steps=steps, doing=words)

    try:
        made = exporting.export(
            client_id,
            target,
            by=export.asked_by.label,
            now=export.asked_at,
            for_client=export.for_client,
            progress=progress,
        )
    except Exception:
        log.exception("export", client_id=client_id, export_id=export_id)
        with scope(client_id):
            exports.settle(export_id, token, ExportState.FAILED, error=FAILED, finished_at=timezone.now())
        return False
    finished = timezone.now()
    with scope(client_id):
        return exports.settle(
            export_id,
            token,
            ExportState.READY,
            files=made.files,
            size=made.size,
            sha256=made.sha256,
            finished_at=finished,
            expires_at=finished + exports.KEPT,
            doing="",
        )


@shared_task(base=TenantTask, name="fracops.tidy_exports")
def tidy_exports(*, client_id: int) -> int:
    """Delete one client's files that are over."""
    return exports.tidy(Client.objects.get(pk=client_id), timezone.now())


@shared_task(
    base=SystemTask,
    name="fracops.glance_at_all",
    reason="lists the clients, each of which is read in a scope of its own",
)
def glance_at_all() -> int:
    """Have every client read; returns how many there are."""
    with system():
        clients = list(Client.objects.values_list("id", flat=True))
    for client_id in clients:
        glance.apply_async(kwargs={"client_id": client_id}, expires=EXPIRES)
    return len(clients)


@shared_task(base=TenantTask, name="fracops.glance")
def glance(*, client_id: int) -> None:
    """Read one client anew; twice is once."""
    glances.read(Client.objects.select_related("practice").get(pk=client_id), timezone.now())
