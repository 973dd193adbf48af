"""What workers do on the first floor: pull sources, roll up what arrived, and forget what retention drops."""

from datetime import timedelta

from celery import shared_task
from django.db import connection, transaction
from django.utils import timezone

from clients.models import Client
from clients.tenancy import PracticeTask, SteppedTenantTask, SystemTask, TenantTask, scope, system

from . import connections, doubles, partitions, retention, retirements, rollups
from .models import Grain, Point, Score, Source, Sync, Touched
from .sync import run

EXPIRES = 60
"""Seconds after which a task that no worker took is let go: the next round asks again."""


@shared_task(base=SystemTask, name="monitoring.pull_due", reason="asks which sources are due, of all clients in turn")
def pull_due() -> int:
    """Hand each due source to a worker, one of every client before the second of any; returns how many."""
    with system():
        due = list(Source.objects.due(timezone.now()).values_list("client_id", "id"))
    for client_id, source_id in due:
        pull.apply_async(kwargs={"client_id": client_id, "source_id": source_id}, expires=EXPIRES)
    return len(due)


@shared_task(base=SteppedTenantTask, name="monitoring.pull")
def pull(*, client_id: int, source_id: int, asked_by: str = Sync.AskedBy.SCHEDULE) -> None:
    """Read a source for one slice of time, roll up what it brought, and line up again behind the others if there is more."""
    outcome = run.run(client_id, source_id, asked_by=asked_by)
    if outcome is None:
        return
    if outcome.tally.records or outcome.tally.removed:
        roll_up.apply_async(kwargs={"client_id": client_id}, expires=EXPIRES)
    if outcome.more:
        pull.delay(client_id=client_id, source_id=source_id)


def pull_after_commit(client_id: int, source_id: int, *, asked_by: str = Sync.AskedBy.SCHEDULE) -> None:
    """Have a source read as soon as what the open transaction says of it can be seen by a worker."""
    asked = {"client_id": client_id, "source_id": source_id, "asked_by": asked_by}
    transaction.on_commit(lambda: pull.apply_async(kwargs=asked, expires=EXPIRES))


@shared_task(base=SteppedTenantTask, name="monitoring.forget_source")
def forget_source(*, client_id: int, source_id: int) -> None:
    """Delete a source that was taken away, with all it brought, and bring the points up to date."""
    connections.forget(client_id, source_id)
    roll_up.apply_async(kwargs={"client_id": client_id}, expires=EXPIRES)


def forget_after_commit(client_id: int, source_id: int) -> None:
    """Have a source that is taken away deleted by a worker."""
    transaction.on_commit(lambda: forget_source.delay(client_id=client_id, source_id=source_id))


@shared_task(base=SystemTask, name="monitoring.roll_up_touched", reason="asks which clients have out-of-date points")
def roll_up_touched() -> int:
    """Hand each client with touched quarters to a roll-up of its own; returns how many."""
    with system():
        waiting = sorted(set(Touched.objects.values_list("client_id", flat=True).distinct()))
    for client_id in waiting:
        roll_up.apply_async(kwargs={"client_id": client_id}, expires=EXPIRES)
    return len(waiting)


@shared_task(base=SteppedTenantTask, name="monitoring.roll_up")
def roll_up(*, client_id: int) -> int:
    """Bring one client's points up to date; while another worker is at it there is nothing to do."""
    with scope(client_id):
        client = Client.objects.get(pk=client_id)
    return rollups.roll_up(client, wait=False)


def roll_up_after_commit(client_id: int) -> None:
    """Have a client's points brought up to date as soon as what the open transaction changed can be seen by a worker."""
    transaction.on_commit(lambda: roll_up.apply_async(kwargs={"client_id": client_id}, expires=EXPIRES))


def watch_doubles_after_commit(client_id: int) -> None:
    """Have a client's sources compared as soon as what the open transaction changed can be seen by a worker."""
    transaction.on_commit(lambda: watch_doubles.apply_async(kwargs={"client_id": client_id}, expires=EXPIRES))


@shared_task(
    base=SystemTask,
    name="monitoring.find_doubles",
    reason="lists the clients, whose sources are each compared in a scope of their own",
)
def find_doubles() -> None:
    """Have every client's sources compared."""
    with system():
        clients = list(Client.objects.values_list("id", flat=True))
    for client_id in clients:
        watch_doubles.delay(client_id=client_id)


@shared_task(base=TenantTask, name="monitoring.watch_doubles")
def watch_doubles(*, client_id: int) -> int:
    """Say which of one client's sources bring the same calls; returns how many pairs do."""
    return len(doubles.watch(Client.objects.get(pk=client_id), timezone.now()))


@shared_task(
    base=SystemTask,
    name="monitoring.forget_expired",
    reason="lists the clients, whose expired points each go in a scope of their own",
)
def forget_expired() -> None:
    """Let every client's expired quarters and hours go."""
    with system():
        clients = list(Client.objects.values_list("id", flat=True))
    for client_id in clients:
        forget_spans.delay(client_id=client_id)
        forget_points.delay(client_id=client_id)


@shared_task(base=SteppedTenantTask, name="monitoring.forget_spans")
def forget_spans(*, client_id: int) -> int:
    """Blank and delete one client's texts and spans that are older than their sources' limits; returns how many rows it met."""
    with scope(client_id):
        client = Client.objects.get(pk=client_id)
    # What arrived just before is counted first: afterwards its days may be sealed.
    rollups.roll_up(client)
    done = retention.forget(client_id, timezone.now())
    return done.texts + done.rows


@shared_task(base=TenantTask, name="monitoring.forget_points")
def forget_points(*, client_id: int) -> int:
    """Drop one client's quarters, hours and judgements that are older than they are kept; days stay for good.

    Judgements, with their comments, go with the spans they judge; a day that has lost them is sealed and never recounted.
    """
    now = timezone.now()
    gone, _ = Score.objects.filter(client_id=client_id, at__lt=partitions.window()[0] - partitions.SEAL).delete()
    for grain, days in ((Grain.QUARTER, rollups.QUARTER_DAYS), (Grain.HOUR, rollups.HOUR_DAYS)):
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {Point._meta.db_table} WHERE client_id = %s AND grain = %s AND at < %s",
                [client_id, grain, now - timedelta(days=days)],
            )
            gone += cursor.rowcount
    return gone


@shared_task(
    base=SystemTask,
    name="monitoring.watch_retirements",
    reason="lists the clients, whose calls are each set against their practice's calendar in scopes of their own",
)
def watch_retirements() -> int:
    """Have every client's models looked up in its practice's calendar; returns how many clients there are."""
    with system():
        clients = list(Client.objects.values_list("id", flat=True))
    for client_id in clients:
        watch_clients_models.delay(client_id=client_id)
    return len(clients)


@shared_task(base=SteppedTenantTask, name="monitoring.watch_clients_models")
def watch_clients_models(*, client_id: int) -> int:
    """Tell one client's people of the models that retire; returns how many notices are open."""
    return retirements.bring_up_to_date(client_id, timezone.now())


@shared_task(base=PracticeTask, name="monitoring.watch_practices_models")
def watch_practices_models(*, practice_id: int) -> int:
    """Have all clients of one practice looked after; returns how many there are."""
    clients = retirements.clients_of(practice_id)
    for client_id in clients:
        watch_clients_models.delay(client_id=client_id)
    return len(clients)


def watch_retirements_after_commit(practice_id: int) -> None:
    """Have a practice's clients told of what the open transaction says of its calendar."""
    transaction.on_commit(lambda: watch_practices_models.delay(practice_id=practice_id))
