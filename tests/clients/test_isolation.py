"""One client never sees or touches another, and a forgotten scope is an error: tried as the runtime role, past the ORM too."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import Error, IntegrityError, ProgrammingError, connection, transaction

from clients.models import Charter, Client, Membership, Practice, System, Target
from clients.tenancy import ScopeError, by_token, scope, system
from clients.tenancy import practice as whole_practice
from monitoring.models import Score, Source, Span, Touched
from reports.models import Recipient, Report
from tests import factories
from tests.conftest import NOW, assert_runtime_role

pytestmark = pytest.mark.usefixtures("runtime_role")


def test_a_read_without_a_scope_raises(client_row: Client) -> None:
    with pytest.raises(ScopeError, match="no scope is open"):
        list(Client.objects.all())


@pytest.mark.parametrize(
    "read",
    [
        lambda: Client.objects.filter(pk=-1).first(),  # a missing id reaches no row, so the policy alone stays silent
        lambda: Client.objects.filter(pk=-1).exists(),
        lambda: Client._base_manager.filter(pk=-1).count(),
        lambda: list(Target.objects.filter(charter__scope="nowhere", pk=-1)),
        lambda: list(Span.objects.filter(trace_id="none")),
        lambda: Report.objects.filter(deliveries__recipient__email="nobody").first(),  # a join with an empty side
        lambda: Touched.objects.filter(pk=-1).delete(),
        lambda: Source.objects.filter(pk=-1).update(name="x"),
        lambda: connection.cursor().execute("SELECT 1 FROM clients_client WHERE id = -1"),
    ],
)
def test_without_a_scope_even_a_look_up_that_finds_nothing_raises(db: None, read: Callable[[], object]) -> None:
    with pytest.raises(ScopeError):
        read()


def test_past_our_own_wrapper_the_database_refuses(client_row: Client) -> None:
    wrappers, connection.execute_wrappers[:] = list(connection.execute_wrappers), []
    try:
        with (
            pytest.raises(ProgrammingError, match="no tenant scope is open"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT * FROM clients_client")
    finally:
        connection.execute_wrappers[:] = wrappers


def test_a_scope_that_was_left_is_closed_in_the_database_too(client_row: Client) -> None:
    with transaction.atomic():
        with scope(client_row):
            assert Client.objects.count() == 1
        with pytest.raises(ScopeError):
            Client.objects.count()


def test_a_scope_sees_one_client_only(client_row: Client, other_client: Client) -> None:
    for one in (client_row, other_client):
        factories.calls(one, [factories.span(1, NOW)])
    with scope(client_row):
        assert [c.slug for c in Client.objects.all()] == ["acme"]
        assert set(Span.objects.values_list("client_id", flat=True)) == {client_row.pk}
        assert set(Source.objects.values_list("client_id", flat=True)) == {client_row.pk}


def test_nested_scopes_restore_the_outer_one(client_row: Client, other_client: Client) -> None:
    with scope(client_row):
        with scope(other_client):
            assert Client.objects.get().slug == "zenith"
        assert Client.objects.get().slug == "acme"
        with pytest.raises(ZeroDivisionError), scope(other_client):
            raise ZeroDivisionError
        assert Client.objects.get().slug == "acme"


WRITES = [
    ("INSERT INTO clients_system (public_id, client_id, name, environment) VALUES ('x', %(other)s, 'x', 'production')"),
    ("INSERT INTO monitoring_touched (client_id, quarter) VALUES (%(other)s, now())"),
    ("INSERT INTO monitoring_seen (client_id, day, kind, system_id, digests) VALUES (%(other)s, now(), 'user', 1, '')"),
    ("UPDATE clients_system SET client_id = %(other)s WHERE client_id = %(own)s"),
    (
        "INSERT INTO monitoring_point (client_id, grain, at, measure, system_id, environment, model, prompt_version, segment,"
        " item, n, total, sum_squares, known_at) VALUES (%(other)s, 15, now(), 'error', 0, '', '', '', '', '', 1, 1, 1, now())"
    ),
]


@pytest.mark.parametrize("statement", WRITES)
def test_a_write_to_another_client_fails_in_the_database(
    client_row: Client, other_client: Client, statement: str
) -> None:
    factories.source(client_row)
    with pytest.raises(ProgrammingError, match="row-level security"), scope(client_row), connection.cursor() as cursor:
        cursor.execute(statement, {"own": client_row.pk, "other": other_client.pk})


TARGET = (
    "INSERT INTO clients_target (public_id, line, kind, client_id, charter_id, system_id, position, name, metric, model,"
    " baseline_source, goal, due, owner) VALUES ('x', 'x', 'reach', %(own)s, {charter}, {system}, 0, 'x', 'calls', '', '', 1, now(), '')"
)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE monitoring_source SET system_id = %(system)s",
        TARGET.format(charter="%(charter)s", system="null"),
        TARGET.format(charter="(SELECT id FROM clients_charter)", system="%(system)s"),
    ],
)
def test_a_row_cannot_point_at_another_clients(client_row: Client, other_client: Client, statement: str) -> None:
    for one in (client_row, other_client):
        factories.source(one)
        with scope(one):
            Charter.objects.create(client=one, quarter_start=NOW.date())
    foreign = {
        "own": client_row.pk,
        "system": System.objects.using("owner").get(client=other_client).pk,
        "charter": Charter.objects.using("owner").get(client=other_client).pk,
    }
    with pytest.raises(IntegrityError, match="of_tenant"), scope(client_row), connection.cursor() as cursor:
        cursor.execute(statement, foreign)


def test_a_managers_request_cannot_make_memberships_or_read_those_of_clients_they_do_not_have(
    practice: Practice, client_row: Client, other_client: Client
) -> None:
    manager = factories.member(client_row, "program_manager")
    factories.member(practice, "program_manager", "at-large@people.example")
    factories.member(other_client, "executive")
    with scope(manager):
        assert {m.client_id for m in Membership.objects.all()} <= {client_row.pk, None}
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Membership.objects.create(practice_id=practice.pk, user=manager, role="owner")


def test_changing_and_deleting_another_clients_rows_reaches_none(client_row: Client, other_client: Client) -> None:
    factories.calls(other_client, [factories.span(1, NOW)])
    with scope(client_row), connection.cursor() as cursor:
        for statement in (
            "UPDATE monitoring_span SET cost = 0",
            "DELETE FROM monitoring_span",
            "DELETE FROM clients_client WHERE id <> %s",
        ):
            cursor.execute(statement, [client_row.pk] if "%s" in statement else [])
            assert cursor.rowcount == 0


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE fracops_owner",
        "ALTER TABLE clients_client DISABLE ROW LEVEL SECURITY",
        "DROP POLICY reading ON clients_client",
        "TRUNCATE monitoring_span",
        "UPDATE reports_edition SET content_hash = ''",
        "DELETE FROM reports_edition",
        "UPDATE monitoring_past_point SET n = 0",
        "DELETE FROM monitoring_past_point",
    ],
)
def test_the_runtime_cannot_lift_its_limits_or_rewrite_what_is_append_only(client_row: Client, statement: str) -> None:
    with (
        pytest.raises(Error, match=r"permission denied|must be owner"),
        scope(client_row),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_a_partition_cannot_be_read_directly(client_row: Client) -> None:
    with pytest.raises(Error, match="permission denied"), scope(client_row), connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM monitoring_span_{NOW:%Y_%m}")


def test_the_scheduler_sees_what_is_due_and_nothing_else(client_row: Client, other_client: Client) -> None:
    for one in (client_row, other_client):
        factories.source(one)
        with scope(one):
            Recipient.objects.create(client=one, email="a@b.example")
            Touched.objects.create(client=one, quarter=NOW)
    with system():
        assert set(Touched.objects.values_list("client_id", flat=True)) == {client_row.pk, other_client.pk}
        for forbidden in (
            "SELECT name FROM clients_client",
            "SELECT token_digest FROM monitoring_source",
            "SELECT 1 FROM monitoring_span",
            "SELECT email FROM reports_recipient",
            "DELETE FROM monitoring_touched",
        ):
            with pytest.raises(Error, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(forbidden)
    assert_runtime_role()


def test_a_scope_opened_by_the_scheduler_is_a_client_s_again(client_row: Client) -> None:
    with system(), scope(client_row):
        assert Client.objects.get().slug == "acme"


def test_a_token_finds_its_own_row_only(client_row: Client, other_client: Client) -> None:
    token = factories.token(client_row)
    factories.token(other_client)
    with by_token(token):
        assert [s.client_id for s in Source.objects.all()] == [client_row.pk]
        assert not Client.objects.exists()
        assert not Source.objects.filter(client_id=other_client.pk).exists()
    with by_token("fo_" + "x" * 43):
        assert not Source.objects.exists()


def test_people_see_the_clients_of_their_memberships(
    practice: Practice, client_row: Client, other_client: Client
) -> None:
    manager = factories.member(client_row, "program_manager")
    owner = factories.member(practice, "owner")
    executive = factories.member(other_client, "executive")
    stranger = factories.user("stranger@people.example")
    seen = {}
    for person in (manager, owner, executive, stranger):
        with scope(person):
            seen[person.email.split("-")[0]] = {c.slug for c in Client.objects.all()}
    assert seen == {
        "program_manager": {"acme"},
        "owner": {"acme", "zenith"},
        "executive": {"zenith"},
        "stranger@people.example": set(),
    }


def test_a_client_s_people_see_its_practice_and_none_of_its_other_members(
    practice: Practice, client_row: Client, other_client: Client
) -> None:
    executive = factories.member(client_row, "executive")
    factories.member(other_client, "executive")
    factories.member(practice, "owner")
    factories.practice("rival")
    with scope(executive):
        assert [p.slug for p in Practice.objects.all()] == ["northlight"]
        assert {m.user_id for m in Membership.objects.all()} == {executive.pk}


def test_another_practice_is_closed_even_to_an_owner(practice: Practice, client_row: Client) -> None:
    rival = factories.practice("rival")
    factories.client(rival, "theirs")
    owner = factories.member(practice, "owner")
    with scope(owner):
        assert {c.slug for c in Client.objects.all()} == {"acme"}
        assert {p.slug for p in Practice.objects.all()} == {"northlight"}
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Membership.objects.create(practice_id=rival.pk, user=owner, role="owner")


def test_a_practice_scope_lists_its_clients_and_no_others(practice: Practice, client_row: Client) -> None:
    factories.client(factories.practice("rival"), "theirs")
    with whole_practice(practice.pk):
        assert [c.slug for c in Client.objects.all()] == ["acme"]


def test_what_one_batch_left_in_the_temporary_table_is_gone_for_the_next(
    client_row: Client, other_client: Client
) -> None:
    factories.calls(client_row, [factories.span(1, NOW)])
    with scope(other_client), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM incoming_span")
        assert cursor.fetchone() == (0,)


def test_everything_of_a_charter_stays_inside_its_client(client_row: Client, other_client: Client) -> None:
    with scope(client_row):
        charter = Charter.objects.create(client=client_row, quarter_start=NOW.date())
        Target.objects.create(
            client=client_row, charter=charter, name="x", metric="calls", goal=1, due=NOW.date() + timedelta(days=1)
        )
        System.objects.create(client=client_row, name="Bot")
    with scope(other_client):
        assert not Charter.objects.exists()
        assert not Target.objects.exists()
        assert not System.objects.exists()
        assert not Score.objects.exists()
