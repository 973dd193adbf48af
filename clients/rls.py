"""Row-level security as migration operations: one line in a migration makes a table a tenant's, whatever the code above forgets."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

GLOBAL_TABLES: dict[str, tuple[str, str]] = {
    "clients_user": (
        "SELECT, INSERT, UPDATE",
        "a person logs in by email before anyone can say whose they are; roles are in memberships",
    ),
    "django_session": ("SELECT, INSERT, UPDATE, DELETE", "read by its random key before anyone is logged in"),
    "account_emailaddress": (
        "SELECT, INSERT, UPDATE, DELETE",
        "login and password reset look an address up before anyone is logged in",
    ),
    "account_emailconfirmation": (
        "SELECT, INSERT, UPDATE, DELETE",
        "confirmation links are followed by people who are not logged in",
    ),
    "django_content_type": ("SELECT", "names of models, the same for everyone"),
    "auth_permission": (
        "SELECT",
        "names of models' permissions, the same for everyone; FracOps keeps its own in clients.permissions",
    ),
    "auth_group": ("", "unused: roles are memberships"),
    "auth_group_permissions": ("", "unused: roles are memberships"),
    "django_migrations": ("SELECT", "which migrations ran: /healthz compares it with the code"),
}
"""Every table without a tenant: what the runtime may do with it, and why it needs no policy."""

SETTINGS_SQL = """
CREATE FUNCTION fracops_scope(setting text) RETURNS bigint[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE listed text := current_setting(setting, true);
BEGIN
  IF listed IS NULL OR listed = '' THEN
    RAISE EXCEPTION 'no tenant scope is open (% is not set)', setting USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF listed = 'none' THEN RETURN '{}'; END IF;
  RETURN string_to_array(listed, ',')::bigint[];
END $$;
CREATE FUNCTION fracops_client_ids() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT fracops_scope('fracops.client_ids') $$;
CREATE FUNCTION fracops_practice_ids() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT fracops_scope('fracops.practice_ids') $$;
CREATE FUNCTION fracops_setting(setting text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT nullif(current_setting(setting, true), '') $$;
"""
SETTINGS_REVERSE_SQL = """
DROP FUNCTION fracops_setting(text);
DROP FUNCTION fracops_practice_ids();
DROP FUNCTION fracops_client_ids();
DROP FUNCTION fracops_scope(text);
"""

CLIENT = "{column} = any ((select fracops_client_ids())::bigint[])"
PRACTICE = "{column} = any ((select fracops_practice_ids())::bigint[])"
IS_OWNER = "session_user = 'fracops_owner'"


class Isolate(Operation):
    """Enable and force row-level security on a table, with its policies and the runtime's grants.

    `by` names the column that holds the client's (or with `practice=True` the practice's) id. `privileges` is what the runtime
    may do: leave UPDATE and DELETE out of what must be append-only. `due` are the columns the scheduler may read.
    `token` names a digest column by which one row can be found before any scope. `reading` and `writing` replace the usual conditions.
    """

    reversible = True

    def __init__(
        self,
        table: str,
        *,
        by: str = "client_id",
        practice: bool = False,
        privileges: str = "SELECT, INSERT, UPDATE, DELETE",
        due: Sequence[str] = (),
        token: str = "",
        reading: str = "",
        writing: str = "",
    ) -> None:
        self.table, self.by, self.practice, self.privileges = table, by, practice, privileges
        self.due, self.token, self.reading, self.writing = due, token, reading, writing

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing of the models changes."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        for statement in self.statements():
            schema_editor.execute(statement)

    def statements(self) -> list[str]:
        """The SQL, in order."""
        usual = (PRACTICE if self.practice else CLIENT).format(column=self.by)
        reading, writing = self.reading or usual, self.writing or self.reading or usual
        made = [
            f"ALTER TABLE {self.table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {self.table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY reading ON {self.table} FOR SELECT TO fracops_app USING ({reading})",
            f"CREATE POLICY inserting ON {self.table} FOR INSERT TO fracops_app WITH CHECK ({writing})",
            f"CREATE POLICY updating ON {self.table} FOR UPDATE TO fracops_app USING ({writing}) WITH CHECK ({writing})",
            f"CREATE POLICY deleting ON {self.table} FOR DELETE TO fracops_app USING ({writing})",
            # Migrations change rows as the owner; a SECURITY DEFINER function of the owner's, called by the runtime, must not.
            f"CREATE POLICY migrating ON {self.table} TO fracops_owner USING ({IS_OWNER}) WITH CHECK ({IS_OWNER})",
            f"GRANT {self.privileges} ON {self.table} TO fracops_app",
        ]
        if self.due:
            made += [
                f"CREATE POLICY scheduling ON {self.table} FOR SELECT TO fracops_scheduler USING (true)",
                f"GRANT SELECT ({', '.join(self.due)}) ON {self.table} TO fracops_scheduler",
            ]
        if self.token:
            made.append(
                f"CREATE POLICY looking_up ON {self.table} FOR SELECT TO fracops_app"
                f" USING ({self.token} = (select fracops_setting('fracops.token_digest')))"
            )
        return made

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        for policy in ("reading", "inserting", "updating", "deleting", "migrating", "scheduling", "looking_up"):
            schema_editor.execute(f"DROP POLICY IF EXISTS {policy} ON {self.table}")
        schema_editor.execute(f"REVOKE ALL ON {self.table} FROM fracops_app, fracops_scheduler")
        schema_editor.execute(f"ALTER TABLE {self.table} NO FORCE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {self.table} DISABLE ROW LEVEL SECURITY")

    def describe(self) -> str:
        return f"Isolate {self.table} by {self.by}"


class SameTenant(Operation):
    """A second foreign key beside Django's own, over the tenant and the id: a row can only point at rows of its own tenant.

    Foreign keys look past row-level security, so without it a tenant could point at, and learn of, another's rows.
    With `cascade` the rows go with what they point at, which the runtime may do even where it may not delete them itself.
    """

    reversible = True

    def __init__(
        self, table: str, column: str, target: str, *, tenant: str = "client_id", cascade: bool = False
    ) -> None:
        self.table, self.column, self.target, self.tenant, self.cascade = table, column, target, tenant, cascade

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing of the models changes."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        schema_editor.execute(
            f"CREATE UNIQUE INDEX IF NOT EXISTS {self.target}_of_tenant ON {self.target} ({self.tenant}, id)"
        )
        schema_editor.execute(
            f"ALTER TABLE {self.table} ADD CONSTRAINT {self.table}_{self.column}_of_tenant"
            f" FOREIGN KEY ({self.tenant}, {self.column}) REFERENCES {self.target} ({self.tenant}, id)"
            f"{' ON DELETE CASCADE' if self.cascade else ''} DEFERRABLE INITIALLY DEFERRED"
        )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        schema_editor.execute(f"ALTER TABLE {self.table} DROP CONSTRAINT {self.table}_{self.column}_of_tenant")

    def describe(self) -> str:
        return f"{self.table}.{self.column} stays within its tenant"


def grant_global_tables(using: str, **_: Any) -> None:
    """After a migration, give the runtime what GLOBAL_TABLES says on the tables that other apps' migrations made."""
    from django.db import connections

    with connections[using].cursor() as cursor:
        existing = set(connections[using].introspection.table_names(cursor))
        cursor.execute("SELECT current_user")
        if cursor.fetchone()[0] != "fracops_owner":
            return
        cursor.execute("GRANT USAGE ON SCHEMA public TO fracops_app, fracops_scheduler")
        for table in existing & GLOBAL_TABLES.keys():
            privileges, _reason = GLOBAL_TABLES[table]
            if privileges:
                cursor.execute(f"GRANT {privileges} ON {table} TO fracops_app")
