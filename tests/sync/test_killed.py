"""A worker killed at any place, a database that restarts, a Valkey that forgets: the next run finishes, and the totals are the truth."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.utils import timezone

from clients.models import Client
from clients.tenancy import scope
from monitoring import connections as sources
from monitoring import rollups
from monitoring.models import Source
from monitoring.sources import kinds
from monitoring.sync import run
from tests.conftest import rows
from tests.sources.fakes.phoenix import Fake, span
from tests.sources.fakes.served import served

pytestmark = pytest.mark.usefixtures("runtime_role")
ROOT = Path(__file__).resolve().parents[2]
CALLS = 60


@pytest.fixture
def clock() -> None:
    """Real time here: another process reads it, too."""


@pytest.fixture
def far(client_row: Client, settings: Any) -> Iterator[tuple[Fake, int]]:
    """A fake Phoenix on a real port, with rows of the last two days."""
    fake = Fake()
    fake.page = 7
    now = timezone.now().replace(microsecond=0)
    for number in range(CALLS):
        fake.rows.append(span(number, now - timedelta(minutes=5 + 40 * number)))
        fake.annotate("span", f"{number:016x}", "accuracy", score=number % 2)
    with served(fake) as port:
        settings.OUTBOUND_ALLOWED = [f"127.0.0.1:{port}"]
        yield fake, port


@pytest.fixture
def source(client_row: Client, far: tuple[Fake, int]) -> Source:
    fake, port = far
    given = kinds()["phoenix"].Settings(base_url=f"http://127.0.0.1:{port}", api_key=fake.key)
    with scope(client_row):
        return sources.connect(
            client_row, "phoenix", given, name="Traces", system_name="Bot", backfill=timedelta(days=3)
        )


def read_elsewhere(source: Source, place: str, number: int) -> int:
    """Read a source in another process, which dies at a place; its exit code."""
    [allowed] = settings.OUTBOUND_ALLOWED
    database = connections["default"].settings_dict["NAME"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "fracops.settings"}
    arguments = [str(source.client_id), str(source.pk), place, str(number), database, allowed]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.sync.reader", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
    return ended.returncode


def time_is_up(source: Source) -> None:
    """The dead worker's claim has run out."""
    Source.objects.using("owner").filter(pk=source.pk).update(
        claimed_until=timezone.now() - timedelta(seconds=1), next_run_at=timezone.now()
    )


def assert_truth(client: Client) -> None:
    assert rows("SELECT count(*), count(DISTINCT span_id), sum(input_tokens) FROM monitoring_span") == [
        (CALLS, CALLS, sum(100 + n for n in range(CALLS)))
    ]
    assert rows("SELECT count(*), sum(value) FROM monitoring_score") == [(CALLS, CALLS // 2)]
    rollups.roll_up(client)
    total = "SELECT sum(n) FROM monitoring_point WHERE measure = %s AND grain = 1440 AND model = '*' AND system_id = 0"
    assert rows(total, ["error"]) == [(CALLS,)]
    assert rows(total, ["score.accuracy"]) == [(CALLS,)]


@pytest.mark.parametrize(
    ("place", "number"),
    [("claimed", 1), ("asked", 4), ("storing", 2), ("progress", 3), ("finishing", 1)],
)
def test_killed_at_any_place_the_next_worker_finishes(
    client_row: Client, source: Source, place: str, number: int
) -> None:
    assert read_elsewhere(source, place, number) == -signal.SIGKILL
    assert run.run(client_row.pk, source.pk) is None  # it is still held
    time_is_up(source)
    assert read_elsewhere(source, "nowhere", 0) == 0
    assert_truth(client_row)
    messages = [m for (m,) in rows("SELECT message FROM monitoring_sync ORDER BY started_at")]
    assert messages[0].startswith("The worker stopped") or place == "claimed"


@pytest.mark.parametrize("place", ["deleting", "dropping"])
def test_killed_while_what_is_gone_is_removed(
    client_row: Client, source: Source, far: tuple[Fake, int], place: str
) -> None:
    fake, _ = far
    assert read_elsewhere(source, "nowhere", 0) == 0
    gone = fake.rows.pop(5)
    fake.annotations["span"] = [a for a in fake.annotations["span"] if a["span_id"] != gone["context"]["span_id"]]
    Source.objects.using("owner").filter(pk=source.pk).update(reread_at=None)
    time_is_up(source)
    assert read_elsewhere(source, place, 1) == -signal.SIGKILL
    assert rows("SELECT count(*) FROM monitoring_span") == [(CALLS,)]
    time_is_up(source)
    assert read_elsewhere(source, "nowhere", 0) == 0
    assert rows("SELECT count(*) FROM monitoring_span") == [(CALLS - 1,)]
    assert rows("SELECT count(*) FROM monitoring_score") == [(CALLS - 1,)]


def test_killed_while_points_are_counted(client_row: Client, source: Source) -> None:
    assert read_elsewhere(source, "counting", 1) == -signal.SIGKILL
    assert rows("SELECT count(*) FROM monitoring_point") == [(0,)]
    assert_truth(client_row)


def test_killed_while_a_source_is_forgotten(client_row: Client, source: Source) -> None:
    assert read_elsewhere(source, "forgetting", 1) == -signal.SIGKILL
    assert rows("SELECT count(*) FROM monitoring_source") == [(1,)]
    sources.forget(client_row.pk, source.pk)
    for table in ("source", "span", "score"):
        assert rows(f"SELECT count(*) FROM monitoring_{table}") == [(0,)]
    rollups.roll_up(client_row)
    assert rows("SELECT count(*) FROM monitoring_point") == [(0,)]


def test_the_database_drops_every_connection_in_the_middle(
    client_row: Client, source: Source, far: tuple[Fake, int]
) -> None:
    fake, _ = far
    count = 0

    def drop(request: httpx.Request) -> None:
        nonlocal count
        count += 1
        if count == 5:
            with psycopg.connect(**connections["default"].get_connection_params(), autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
                )

    fake.interrupt = drop
    with pytest.raises(Exception, match=r"terminat|closed"):
        run.run(client_row.pk, source.pk)
    connections["default"].close()
    fake.interrupt = None
    time_is_up(source)
    assert read_elsewhere(source, "nowhere", 0) == 0
    assert_truth(client_row)


def test_valkey_forgets_everything_in_the_middle(client_row: Client, source: Source, far: tuple[Fake, int]) -> None:
    fake, _ = far

    def forget(request: httpx.Request) -> None:
        cache.clear()

    fake.interrupt = forget
    outcome = run.run(client_row.pk, source.pk)
    assert outcome is not None
    assert outcome.error is None
    assert_truth(client_row)


def test_two_workers_at_once_read_it_once(client_row: Client, source: Source) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "fracops.settings"}
    [allowed] = settings.OUTBOUND_ALLOWED
    database = connections["default"].settings_dict["NAME"]
    arguments = [str(source.client_id), str(source.pk), "nowhere", "0", database, allowed]
    workers = [
        subprocess.Popen([sys.executable, "-m", "tests.sync.reader", *arguments], cwd=ROOT, env=environment)
        for _ in range(3)
    ]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    assert_truth(client_row)
    assert rows("SELECT count(*) FROM monitoring_sync WHERE new > 0") == [(1,)]
