"""Row-level security on the top floor; what a report said can be added and read, never changed."""

from django.db import migrations

from clients.rls import Isolate, SameTenant
from clients.trail import Trail


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial"), ("clients", "0002_isolation")]

    operations = [
        Isolate("reports_recipient", token="unsubscribe_digest"),
        Isolate("reports_report", due=("id", "client_id", "state", "due_at")),
        Isolate("reports_edition", privileges="SELECT, INSERT"),
        SameTenant("reports_edition", "report_id", "reports_report"),
        SameTenant("reports_delivery", "report_id", "reports_report"),
        SameTenant("reports_delivery", "recipient_id", "reports_recipient"),
        Isolate("reports_delivery", due=("id", "client_id", "state", "not_before", "claimed_at")),
        Trail("reports_report"),
        Trail("reports_recipient", without=("unsubscribe_token", "unsubscribe_digest")),
    ]
