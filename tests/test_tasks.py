"""Every task runs inside one client's scope, or is listed as the scheduler's with a reason."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connections

from clients.models import Client
from clients.tenancy import PracticeTask, ScopeError, SystemTask, TenantTask
from fracops.celery import app
from monitoring import ingest, rollups
from monitoring import tasks as monitoring
from monitoring.models import Touched
from reports import tasks as reports
from tests import factories
from tests.conftest import NOW, rows

app.loader.import_default_modules()
TASKS = [task for name, task in sorted(app.tasks.items()) if not name.startswith("celery.")]


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.name)
def test_a_task_is_one_clients_or_one_practices_or_the_schedulers(task: Any) -> None:
    assert isinstance(task, (TenantTask, PracticeTask)) or (isinstance(task, SystemTask) and len(task.reason) > 20)


@pytest.mark.parametrize("task", [t for t in TASKS if isinstance(t, TenantTask)], ids=lambda t: t.name)
def test_a_clients_task_refuses_to_run_without_one(db: None, task: Any) -> None:
    with pytest.raises(ScopeError, match="client_id"):
        task()


@pytest.mark.parametrize("task", [t for t in TASKS if isinstance(t, PracticeTask)], ids=lambda t: t.name)
def test_a_practices_task_refuses_to_run_without_one(db: None, task: Any) -> None:
    with pytest.raises(ScopeError, match="practice_id"):
        task()


def test_every_entry_of_the_calendar_is_a_task_of_the_schedulers() -> None:
    assert all(isinstance(app.tasks[entry["task"]], SystemTask) for entry in app.conf.beat_schedule.values())


def test_what_arrived_is_rolled_up_for_each_client_in_its_own_scope(client_row: Client, other_client: Client) -> None:
    for number, one in enumerate((client_row, other_client)):
        ingest.store(factories.source(one), [factories.span(number, NOW)], [])
    assert monitoring.roll_up_touched() == 2
    assert rows(
        "SELECT client_id, total FROM monitoring_point WHERE measure = 'error' AND grain = 1440 AND model = '*' AND system_id = 0"
        " ORDER BY 1"
    ) == [(client_row.pk, 0), (other_client.pk, 0)]
    assert rows(f"SELECT count(*) FROM {Touched._meta.db_table}") == [(0,)]
    assert monitoring.roll_up_touched() == 0


def test_planning_covers_every_client_and_twice_is_once(client_row: Client, other_client: Client) -> None:
    for _ in range(2):
        assert reports.plan_due() == 2
    assert rows("SELECT client_id, kind, count(*) FROM reports_report GROUP BY 1, 2 ORDER BY 1, 2") == [
        (client_row.pk, "pulse", 1),
        (other_client.pk, "pulse", 1),
    ]


def test_a_month_is_reported_once_it_has_data_and_all_of_it_is_counted(client_row: Client, time_machine: Any) -> None:
    time_machine.move_to(NOW)
    source = factories.source(client_row)
    october = factories.span(1, NOW.replace(month=10))
    planned = "SELECT period_start, due_at FROM reports_report WHERE kind = 'roi'"
    reports.plan_client(client_id=client_row.pk)
    ingest.store(source, [october], [])
    reports.plan_client(client_id=client_row.pk)
    assert rows(planned) == []
    rollups.roll_up(client_row)
    reports.plan_client(client_id=client_row.pk)
    # Midnight after 1 November in Chicago, a day of 25 hours.
    assert rows(planned) == [(date(2026, 10, 1), datetime(2026, 11, 2, 6, tzinfo=UTC))]


def test_a_roll_up_that_another_worker_is_at_is_left_to_it(client_row: Client) -> None:
    ingest.store(factories.source(client_row), [factories.span(1, NOW)], [])
    with connections["owner"].cursor() as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [rollups.LOCK, client_row.pk])
        try:
            assert monitoring.roll_up(client_id=client_row.pk) == 0
        finally:
            other.execute("SELECT pg_advisory_unlock(%s, %s)", [rollups.LOCK, client_row.pk])
    assert monitoring.roll_up(client_id=client_row.pk) == 1
