"""What workers do at the roof: keep a glance of every client for the pages that show all of them."""

from celery import shared_task
from django.utils import timezone

from clients.models import Client
from clients.tenancy import SystemTask, TenantTask, system

from . import glances

EXPIRES = 600
"""Seconds after which a glance that no worker took is let go: the next round asks again."""


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
