"""The audit trail: the database itself notes who changed what, when, from where, before and after; nobody can change a note.

A trigger writes it, in the transaction of the change: what is changed past the ORM is noted too, and what is rolled back is not.
"""

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

NOTE_CHANGE = """
CREATE FUNCTION fracops_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  actor jsonb := coalesce(nullif(current_setting('fracops.actor', true), ''), '{"name": "the shell"}')::jsonb;
  left_out text[] := string_to_array(TG_ARGV[2], ',');
  was jsonb; becomes jsonb; whole jsonb;
BEGIN
  IF TG_OP <> 'INSERT' THEN was := to_jsonb(OLD); END IF;
  IF TG_OP <> 'DELETE' THEN becomes := to_jsonb(NEW); END IF;
  whole := coalesce(becomes, was);
  IF TG_OP = 'UPDATE' THEN
    SELECT jsonb_object_agg(key, was -> key), jsonb_object_agg(key, becomes -> key) INTO was, becomes
    FROM jsonb_object_keys(whole) key WHERE was -> key IS DISTINCT FROM becomes -> key AND NOT key = ANY (left_out);
    IF was IS NULL THEN RETURN NULL; END IF;
  END IF;
  INSERT INTO clients_change (client_id, practice_id, at, actor_id, actor, origin, subject, row_id, action, before, after)
  VALUES ((whole ->> nullif(TG_ARGV[0], ''))::bigint, (whole ->> nullif(TG_ARGV[1], ''))::bigint, clock_timestamp(),
    (actor ->> 'user_id')::bigint, actor ->> 'name', coalesce(actor ->> 'origin', ''), TG_TABLE_NAME, (whole ->> 'id')::bigint,
    lower(TG_OP), coalesce(was - left_out, '{}'), coalesce(becomes - left_out, '{}'));
  RETURN NULL;
END $$
"""


class Trail(Operation):
    """Have every change of a table's rows noted.

    `client` and `practice` name the columns that say whose row it is; one may be "". What `without` names is never written down:
    secrets, and what is kept elsewhere.
    """

    reversible = True

    def __init__(
        self, table: str, *, client: str = "client_id", practice: str = "", without: Sequence[str] = ()
    ) -> None:
        self.table, self.client, self.practice, self.without = table, client, practice, without

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing of the models changes."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        schema_editor.execute(
            f"CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON {self.table} FOR EACH ROW"
            f" EXECUTE FUNCTION fracops_note_change('{self.client}', '{self.practice}', '{','.join(self.without)}')"
        )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        schema_editor.execute(f"DROP TRIGGER noted ON {self.table}")

    def describe(self) -> str:
        return f"Note changes of {self.table}"
