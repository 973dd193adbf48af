"""Every task runs inside one client's scope, or is listed as the scheduler's with a reason."""

from typing import Any

import pytest

from clients.models import Client
from clients.tenancy import ScopeError, SystemTask, TenantTask
from fracops.celery import app
from monitoring import tasks as monitoring
from monitoring.models import Touched
from reports import tasks as reports
from tests import factories
from tests.conftest import NOW, rows

app.loader.import_default_modules()
TASKS = [task for name, task in sorted(app.tasks.items()) if not name.startswith("celery.")]


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.name)
def test_a_task_is_one_clients_or_the_schedulers(task: Any) -> None:
    assert isinstance(task, TenantTask) or (isinstance(task, SystemTask) and len(task.reason) > 20)


@pytest.mark.parametrize("task", [t for t in TASKS if isinstance(t, TenantTask)], ids=lambda t: t.name)
def test_a_clients_task_refuses_to_run_without_one(db: None, task: Any) -> None:
    with pytest.raises(ScopeError, match="client_id"):
        task()


def test_every_entry_of_the_calendar_is_a_task_of_the_schedulers() -> None:
    assert all(isinstance(app.tasks[entry["task"]], SystemTask) for entry in app.conf.beat_schedule.values())


def test_what_arrived_is_rolled_up_for_each_client_in_its_own_scope(client_row: Client, other_client: Client) -> None:
    from monitoring import ingest

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
        (client_row.pk, "roi", 1),
        (other_client.pk, "pulse", 1),
        (other_client.pk, "roi", 1),
    ]
