"""The settings functions that policies read, and the ground floor's tables under them."""

from django.db import migrations

from clients.rls import PRACTICE, SETTINGS_REVERSE_SQL, SETTINGS_SQL, Isolate, SameTenant
from clients.trail import NOTE_CHANGE, Trail

OWN = "user_id = (select fracops_setting('fracops.user_id'))::bigint"
WHOLE = "practice_id = (select fracops_setting('fracops.whole_practice_id'))::bigint"
OF_CLIENT = "client_id = any ((select fracops_client_ids())::bigint[])"
OF_PRACTICE = PRACTICE.format(column="practice_id")


class Migration(migrations.Migration):
    dependencies = [("clients", "0001_initial")]

    operations = [
        migrations.RunSQL(SETTINGS_SQL, SETTINGS_REVERSE_SQL),
        # A practice is made by a management command; its people change its brand, its clients' people read it.
        Isolate(
            "clients_practice",
            by="id",
            practice=True,
            privileges="SELECT, UPDATE",
            reading=PRACTICE.format(column="id") + " OR id IN (SELECT practice_id FROM clients_client)",
            writing=PRACTICE.format(column="id"),
        ),
        Isolate(
            "clients_client",
            by="id",
            due=("id",),
            reading=f"id = any ((select fracops_client_ids())::bigint[]) OR {WHOLE}",
        ),
        # Read before any scope too, but then only one's own. Written in a whole practice's scope, which no request opens.
        Isolate(
            "clients_membership",
            by="practice_id",
            practice=True,
            reading=f"{OF_CLIENT} OR client_id IS NULL AND {OF_PRACTICE} OR {OWN} OR {WHOLE}",
            writing=WHOLE,
        ),
        Isolate("clients_system"),
        Isolate("clients_charter"),
        Isolate("clients_target"),
        # Written where a row of either is; nobody who runs FracOps can change or take away what it says.
        Isolate(
            "clients_change",
            privileges="SELECT, INSERT",
            reading=f"{OF_CLIENT} OR {OF_PRACTICE}",
            writing=f"{OF_CLIENT} OR {OF_PRACTICE} OR {WHOLE}",
        ),
        SameTenant("clients_membership", "client_id", "clients_client", tenant="practice_id"),
        SameTenant("clients_target", "charter_id", "clients_charter"),
        SameTenant("clients_target", "system_id", "clients_system"),
        migrations.RunSQL(NOTE_CHANGE, "DROP FUNCTION fracops_note_change"),
        Trail("clients_practice", client="", practice="id", without=("logo", "edition")),
        Trail("clients_client", client="id", practice="practice_id"),
        Trail("clients_membership", practice="practice_id"),
        Trail("clients_system"),
        Trail("clients_charter", without=("edition",)),
        Trail("clients_target"),
    ]
