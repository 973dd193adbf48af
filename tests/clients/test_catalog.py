"""The database's own catalog, audited: no table, partition, view or role that would let one client see another."""

import pytest

from clients.rls import GLOBAL_TABLES
from clients.tenancy import tenant_tables
from fracops.roles import APP, BACKUP, OWNER, SCHEDULER
from tests.conftest import rows

pytestmark = [pytest.mark.django_db(databases=["default", "owner"]), pytest.mark.usefixtures("runtime_role")]

TABLES = (
    "SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c"
    " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
)


def test_every_table_is_isolated_or_listed_with_a_reason() -> None:
    for _, table, enabled, forced in rows(TABLES):
        if table in GLOBAL_TABLES:
            assert GLOBAL_TABLES[table][1], f"{table} needs a reason to have no tenant"
        else:
            assert (enabled, forced) == (True, True), (
                f"{table} has no forced row-level security: add Isolate to its migration"
            )


def test_every_table_with_a_tenants_column_is_isolated() -> None:
    found = rows(
        "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND column_name IN ('client_id', 'practice_id') AND table_name NOT LIKE 'monitoring_span\\_%%'"
    )
    assert {name for (name,) in found} <= tenant_tables()


def test_models_and_policies_agree_on_what_is_a_tenants() -> None:
    isolated = {table for _, table, enabled, _ in rows(TABLES) if enabled}
    assert isolated == set(tenant_tables())


def test_every_isolated_table_has_the_five_policies_and_each_names_its_role() -> None:
    for oid, table, enabled, _ in rows(TABLES):
        if enabled:
            policies = dict(
                rows("SELECT polname, polroles::regrole[]::text[] FROM pg_policy WHERE polrelid = %s", [oid])
            )
            assert policies.keys() >= {"reading", "inserting", "updating", "deleting", "migrating"}, table
            assert all(roles != ["-"] for roles in policies.values()), f"a policy on {table} is for everybody"


def test_nothing_is_granted_on_partitions() -> None:
    granted = rows(
        "SELECT c.relname, grantee.rolname FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles grantee ON grantee.oid = a.grantee"
        " WHERE c.relispartition AND grantee.rolname <> %s",
        [OWNER],
    )
    assert granted == []


def test_the_owner_owns_everything_and_is_no_superuser() -> None:
    owners = rows(
        "SELECT DISTINCT r.rolname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.relnamespace = 'public'::regnamespace"
    )
    assert owners == [(OWNER,)]
    attributes = {
        name: rest
        for name, *rest in rows(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname LIKE 'fracops%%'"
        )
    }
    assert attributes == {OWNER: [False] * 3, APP: [False] * 3, SCHEDULER: [False] * 3, BACKUP: [False, True, False]}


def test_the_scheduler_is_put_on_by_hand_and_never_inherited() -> None:
    found = rows(
        "SELECT r.rolname, m.rolname, a.inherit_option, a.set_option, a.admin_option FROM pg_auth_members a"
        " JOIN pg_roles r ON r.oid = a.roleid JOIN pg_roles m ON m.oid = a.member WHERE m.rolname LIKE 'fracops%%'"
    )
    assert (SCHEDULER, APP, False, True, False) in found
    assert {(role, member) for role, member, *_ in found} == {(SCHEDULER, APP), ("pg_read_all_data", BACKUP)}


def test_no_view_and_no_definer_function_walks_past_the_policies() -> None:
    assert (
        rows("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')") == []
    )
    assert rows("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef") == []


def test_the_runtime_owns_nothing_and_default_privileges_are_empty() -> None:
    assert (
        rows(
            "SELECT relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname IN (%s, %s) AND relpersistence <> 't'",
            [APP, SCHEDULER],
        )
        == []
    )
    assert rows("SELECT * FROM pg_default_acl") == []


def test_the_scheduler_reads_due_columns_only() -> None:
    columns = rows(
        "SELECT table_name || '.' || column_name FROM information_schema.column_privileges WHERE grantee = %s",
        [SCHEDULER],
    )
    assert {name for (name,) in columns} == {
        "clients_client.id",
        "clients_absence.id",
        "clients_absence.practice_id",
        "clients_absence.first",
        "clients_absence.last",
        "clients_export.id",
        "clients_export.client_id",
        "clients_export.state",
        "clients_export.claimed_at",
        "clients_export.expires_at",
        "clients_feed.id",
        "clients_feed.practice_id",
        "clients_feed.active",
        "clients_feed.due_at",
        "clients_invitation.id",
        "clients_invitation.practice_id",
        "clients_invitation.sending",
        "clients_invitation.not_before",
        "clients_invitation.claimed_at",
        "clients_invitation.withdrawn_at",
        "clients_retirementfeed.id",
        "clients_retirementfeed.practice_id",
        "clients_retirementfeed.next_at",
        "clients_charterlink.id",
        "clients_charterlink.client_id",
        "clients_charterlink.sending",
        "clients_charterlink.not_before",
        "clients_charterlink.claimed_at",
        "clients_charterlink.used_at",
        "clients_charterlink.withdrawn_at",
        "monitoring_touched.client_id",
        "monitoring_source.id",
        "monitoring_source.client_id",
        "monitoring_source.last_arrival_at",
        "monitoring_source.next_run_at",
        "monitoring_source.claimed_until",
        "reports_report.id",
        "reports_report.client_id",
        "reports_report.state",
        "reports_report.due_at",
        "reports_delivery.id",
        "reports_delivery.client_id",
        "reports_delivery.state",
        "reports_delivery.not_before",
        "reports_delivery.claimed_at",
    }
