"""What every test can ask for: people, clients and doors, made through the same code as real ones."""

import email
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import hypothesis
import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test import TransactionTestCase, override_settings
from xdist.scheduler import LoadScopeScheduling

from clients.models import Client, Practice, User
from fracops.celery import app
from tests import factories

ALL = {"default", "owner"}
# How long an example takes on a busy machine says nothing about the code.
hypothesis.settings.register_profile("fracops", deadline=None)
hypothesis.settings.load_profile("fracops")

SHARED = ("tests/e2e/", "tests/fracops/test_demo_story.py", "tests/sources/test_phoenix_real.py")
NOW = datetime(2026, 11, 6, 15, 30, tzinfo=UTC)
"""A Friday in the middle of a quarter."""

# Truncating makes new files for a table, its indexes, and all that refers to it: half a second by now. Deleting a few rows takes
# milliseconds, where triggers may be told to stand by: tests/servers.py sees to that.
EMPTY_TABLES = """
DO $$ DECLARE name text; filled boolean; all_filled text[] := '{}'; BEGIN
  FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
    IF filled THEN all_filled := all_filled || quote_ident(name); END IF;
  END LOOP;
  IF has_parameter_privilege('session_replication_role', 'SET') THEN
    PERFORM set_config('session_replication_role', 'replica', true);
    FOREACH name IN ARRAY all_filled LOOP
      EXECUTE 'DELETE FROM ' || name;
      PERFORM setval(pg_get_serial_sequence(name, attname), 1, false) FROM pg_attribute
        WHERE attrelid = name::regclass AND attidentity <> '';
    END LOOP;
  ELSIF all_filled <> '{}' THEN
    EXECUTE 'TRUNCATE ' || array_to_string(all_filled, ', ') || ' RESTART IDENTITY CASCADE';
  END IF;
END $$
"""


def empty_tables(case: TransactionTestCase) -> None:
    """After a test that committed: everything goes, as the owner, also what Django does not manage itself (spans, points)."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(EMPTY_TABLES)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that uses the database uses it under both roles."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "transactional_db" in fixtures or "db" in fixtures:
            item.add_marker(pytest.mark.django_db(transaction="transactional_db" in fixtures, databases=sorted(ALL)))


class OneWorkerEach(LoadScopeScheduling):  # type: ignore[misc]
    """Gives a folder or file that shares something costly (a demo, a story told) to one worker, and any other test to whoever is free.

    The marks `xdist_group` say the same, but pytest-xdist 3.8 hands them on through an attribute that pytest 9.2 no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((path for path in SHARED if nodeid.startswith(path)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneWorkerEach | None:
    return OneWorkerEach(config, log) if config.getvalue("dist") == "load" else None


TransactionTestCase._fixture_teardown = empty_tables  # type: ignore[attr-defined]


@pytest.fixture(scope="session", autouse=True)
def eager_tasks() -> None:
    """Tasks run where they are called: no worker stands by in the tests."""
    app.conf.task_always_eager = True
    app.conf.task_eager_propagates = True


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The runtime's connection is let go before the owner drops the database that both share."""
    yield
    connections.close_all()


@pytest.fixture(scope="session", autouse=True)
def quick_settings() -> Iterator[None]:
    """Passwords hashed fast, since there is nothing to guard, and static files by their own names, since nothing collected them."""
    plain = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"], STORAGES=plain):
        yield


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """No rate limit or cached answer of another test."""
    cache.clear()


@pytest.fixture
def practice(transactional_db: None) -> Practice:
    return factories.practice("northlight")


@pytest.fixture
def client_row(practice: Practice) -> Client:
    return factories.client(practice, "acme", zone="America/Chicago")


@pytest.fixture
def other_client(practice: Practice) -> Client:
    return factories.client(practice, "zenith", zone="Europe/Berlin")


@pytest.fixture
def manager(client_row: Client) -> User:
    return factories.member(client_row, "program_manager")


@pytest.fixture
def runtime_role(transactional_db: None) -> str:
    """Says who the database thinks we are, first: as owner or superuser an isolation test proves nothing."""
    return assert_runtime_role()


def assert_runtime_role() -> str:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        role, superuser, bypasses = cursor.fetchone()
    assert (role, superuser, bypasses) == ("fracops_app", False, False)
    return str(role)


def rows(statement: str, parameters: Any = (), *, using: str = "owner") -> list[tuple[Any, ...]]:
    """What the database holds, as its owner sees it."""
    with connections[using].cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


class Mailbox:
    """A mail server's far end: takes, refuses, or hangs up, as a test wants."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, email.message.Message]] = []
        self.answer = "250 taken"
        self.recipient_answer = "250 ok"
        self.hang_up = False
        self.on_data: Any = None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.on_data:
            self.on_data()
        if self.answer.startswith("250"):
            self.taken.append((envelope.rcpt_tos[0], email.message_from_bytes(envelope.content)))
        if self.hang_up:
            server.transport.close()
        return self.answer


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    backend = "django.core.mail.backends.smtp.EmailBackend"
    with override_settings(
        MAILERS={"default": {"BACKEND": backend, "OPTIONS": {"host": "127.0.0.1", "port": port, "timeout": 10}}}
    ):
        yield box
    server.stop()
