"""What workers do on the top floor: plan what is due, compose it, send it, and own up to what is uncertain."""

import structlog
from celery import shared_task
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from clients import posting
from clients.models import Client
from clients.tenancy import SteppedTenantTask, SystemTask, TenantTask, scope, system

from . import delivery, schedule
from .models import Delivery, DeliveryState, Report, State

log = structlog.get_logger(__name__)


@shared_task(
    base=SystemTask,
    name="reports.plan_due",
    reason="lists the clients, whose calendars are each read in a scope of their own",
)
def plan_due() -> int:
    """Have every client's coming reports planned; returns how many clients there are."""
    with system():
        clients = list(Client.objects.values_list("id", flat=True))
    for client_id in clients:
        plan_client.delay(client_id=client_id)
    return len(clients)


@shared_task(base=TenantTask, name="reports.plan_client")
def plan_client(*, client_id: int) -> None:
    """Plan one client's next reports; those already planned stay as they are."""
    schedule.plan(Client.objects.get(pk=client_id), timezone.now())


@shared_task(base=SystemTask, name="reports.send_due", reason="asks which reports and deliveries are due")
def send_due() -> int:
    """Hand on what is due now: reports to compose, deliveries to send, claims nobody settled. Returns how many."""
    now = timezone.now()
    with system():
        to_compose = list(
            Report.objects.filter(state=State.PLANNED, due_at__lte=now)
            .order_by("due_at")
            .values_list("client_id", "id")
        )
        to_send = list(
            Delivery.objects.filter(state=DeliveryState.PLANNED, not_before__lte=now).values_list("client_id", "id")
        )
        stale = set(
            Delivery.objects.filter(state=DeliveryState.CLAIMED, claimed_at__lt=now - posting.REAP_AFTER).values_list(
                "client_id", flat=True
            )
        )
    for client_id, report_id in to_compose:
        compose.delay(client_id=client_id, report_id=report_id)
    for client_id, delivery_id in to_send:
        deliver.delay(client_id=client_id, delivery_id=delivery_id)
    for client_id in stale:
        reap.delay(client_id=client_id)
    return len(to_compose) + len(to_send) + len(stale)


@shared_task(base=SteppedTenantTask, name="reports.compose")
def compose(*, client_id: int, report_id: int) -> None:
    """Compose and freeze one report and queue its mails; a failure is noted on the report, where people see it."""
    try:
        with scope(client_id):
            report = delivery.compose(Client.objects.get(pk=client_id), report_id, timezone.now())
            if report is not None:
                for delivery_id in report.deliveries.values_list("id", flat=True):
                    transaction.on_commit(lambda d=delivery_id: deliver.delay(client_id=client_id, delivery_id=d))  # type: ignore[misc]
    except (OperationalError, InterfaceError):
        # The database was away for a moment: the report stays planned, and the next round takes it up.
        raise
    except Exception as fault:
        log.exception("report could not be composed", client_id=client_id, report_id=report_id)
        with scope(client_id):
            Report.objects.filter(pk=report_id, state=State.PLANNED).update(
                state=State.FAILED,
                error=f"It could not be composed ({type(fault).__name__}); the worker's log says why.",
            )


@shared_task(base=SteppedTenantTask, name="reports.deliver")
def deliver(*, client_id: int, delivery_id: int) -> str:
    """Send one mail, at most once."""
    state = delivery.deliver(client_id, delivery_id)
    if state:
        log.info("delivery", client_id=client_id, delivery_id=delivery_id, state=state)
    return state


@shared_task(base=TenantTask, name="reports.reap")
def reap(*, client_id: int) -> int:
    """Mark one client's abandoned claims as uncertain."""
    return delivery.reap(timezone.now())
