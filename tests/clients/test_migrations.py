"""Migrations run as the owner on a database full of rows, forwards and back: FORCE binds the owner too, and must not stop it."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.core.management import call_command
from django.db import Error, connections, migrations, models
from django.db.migrations.executor import MigrationExecutor

from clients.models import Client, HandbookPage, PageVersion
from clients.tenancy import scope
from reports.models import Recipient
from tests import factories
from tests.conftest import NOW, assert_runtime_role, rows


@pytest.fixture
def filled(client_row: Client, other_client: Client) -> Iterator[list[Client]]:
    """Two clients with rows on every floor."""
    assert_runtime_role()
    for one in (client_row, other_client):
        span = factories.span(1, NOW)
        factories.calls(one, [span], [factories.verdict(span, True)])
        with scope(one):
            Recipient.objects.create(client=one, email="ceo@there.example")
    yield [client_row, other_client]
    call_command("migrate", database="owner", verbosity=0)


def apply(*operations: migrations.operations.base.Operation) -> None:
    """What `migrate` does with a migration of these operations, as the owner."""
    owner = connections["owner"]
    state = MigrationExecutor(owner).loader.project_state()
    migration = migrations.Migration("trial", "clients")
    migration.operations = list(operations)  # type: ignore[misc]
    with owner.schema_editor() as editor:
        migration.apply(state, editor)


def test_a_data_migration_reaches_every_clients_rows(filled: list[Client]) -> None:
    def rename(apps: Any, editor: Any) -> None:
        apps.get_model("clients", "System").objects.using("owner").update(environment="changed")

    apply(migrations.RunPython(rename, migrations.RunPython.noop))
    assert rows("SELECT DISTINCT environment FROM clients_system") == [("changed",)]


def test_a_column_and_a_foreign_key_can_be_added_to_filled_tables(filled: list[Client]) -> None:
    apply(
        migrations.AddField("System", "note", models.TextField(default="new")),
        migrations.AddField(
            "System", "twin", models.ForeignKey("clients.System", models.SET_NULL, null=True, related_name="+")
        ),
        migrations.RunSQL("UPDATE clients_system SET twin_id = id"),
    )
    assert rows("SELECT count(*) FROM clients_system WHERE twin_id = id AND note = 'new'") == [(2,)]
    with scope(filled[0]):
        connections["default"].cursor().execute("UPDATE clients_system SET note = 'mine'")
    assert sorted(rows("SELECT note FROM clients_system")) == [("mine",), ("new",)]
    apply(migrations.RunSQL("ALTER TABLE clients_system DROP COLUMN note, DROP COLUMN twin_id"))


def test_the_top_floor_can_be_taken_off_and_put_back_with_the_others_rows_untouched(filled: list[Client]) -> None:
    spans = rows("SELECT * FROM monitoring_span ORDER BY client_id")
    call_command("migrate", "reports", "zero", database="owner", verbosity=0)
    assert rows("SELECT to_regclass('reports_recipient')") == [(None,)]
    call_command("migrate", database="owner", verbosity=0)
    assert rows("SELECT * FROM monitoring_span ORDER BY client_id") == spans
    assert rows("SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = 'reports_recipient'") == [
        (True,)
    ]


def test_isolation_itself_can_be_reversed_and_applied_again(filled: list[Client]) -> None:
    call_command("migrate", "reports", "0001", database="owner", verbosity=0)
    assert rows("SELECT relrowsecurity FROM pg_class WHERE relname = 'reports_recipient'") == [(False,)]
    with pytest.raises(Error, match="permission denied"), scope(filled[0]):
        Recipient.objects.count()
    call_command("migrate", database="owner", verbosity=0)
    with scope(filled[0]):
        assert Recipient.objects.count() == 1


def test_a_clients_fee_becomes_that_of_an_engagement_and_comes_back(filled: list[Client]) -> None:
    before = import_module("clients.migrations.0005_engagement").Migration.dependencies[0]
    call_command("migrate", *before, database="owner", verbosity=0)
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE clients_client SET monthly_fee = 6500 WHERE slug = 'acme'")
    call_command("migrate", "clients", "0005", database="owner", verbosity=0)
    said = "SELECT c.slug, t.monthly_fee::int, t.amount::int, e.started_on = c.created_at::date"
    tables = (
        "clients_terms t JOIN clients_engagement e ON e.id = engagement_id JOIN clients_client c ON c.id = e.client_id"
    )
    assert rows(f"{said} FROM {tables}") == [("acme", 6500, 0, True)]
    call_command("migrate", *before, database="owner", verbosity=0)
    assert rows("SELECT slug, monthly_fee::int FROM clients_client ORDER BY slug") == [("acme", 6500), ("zenith", None)]


def test_the_words_of_texts_that_are_there_are_kept_when_the_index_of_them_comes(filled: list[Client]) -> None:
    with scope(filled[0]):
        page = HandbookPage.objects.create(client=filled[0], kind="decision", title="Model of June")
        for number, text in enumerate(("We take the small model.", "We take the large model."), start=1):
            PageVersion.objects.create(
                client=filled[0], page=page, number=number, text=text, written_by="Mara", written_at=NOW
            )
    before = import_module("clients.migrations.0015_words").Migration.dependencies[0]
    for _ in range(2):
        call_command("migrate", *before, database="owner", verbosity=0)
        assert rows("SELECT number FROM clients_pageversion WHERE words @@ 'larg'") == [(2,)]
        call_command("migrate", database="owner", verbosity=0)
    assert rows("SELECT number, array_to_string(tsvector_to_array(words), ' ') FROM clients_pagewords") == [
        (2, "larg model take")
    ]


def test_the_models_and_the_migrations_agree(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_a_definer_function_of_the_owners_does_not_carry_the_runtime_past_the_policies(filled: list[Client]) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM monitoring_span'"
        )
        cursor.execute("GRANT EXECUTE ON FUNCTION peek() TO fracops_app")
    try:
        with scope(filled[0]), connections["default"].cursor() as cursor:
            cursor.execute("SELECT peek()")
            assert cursor.fetchone() == (0,)
    finally:
        connections["owner"].cursor().execute("DROP FUNCTION peek()")
