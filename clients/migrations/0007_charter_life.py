"""A charter's life: versions, who agreed to them, links to agree by, figures that somebody said, and results."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import clients.models.fields
from clients.agreed import KEEP_AGREED, LET_GO
from clients.rls import Isolate, SameTenant
from clients.trail import Trail


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0006_handbook"),
    ]

    operations = [
        migrations.CreateModel(
            name="CharterLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token_digest", models.CharField(max_length=64, null=True, unique=True)),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "sending",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting to be sent"),
                            ("claimed", "Being sent"),
                            ("sent", "Sent"),
                            ("failed", "Not sent"),
                            ("uncertain", "Uncertain"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("not_before", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("email", models.EmailField(max_length=254)),
                ("created_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="TargetReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.DecimalField(decimal_places=8, max_digits=20)),
                ("day", models.DateField()),
                ("said_by", models.CharField(max_length=160)),
                ("entered_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("-day", "-id"),
            },
        ),
        migrations.CreateModel(
            name="TargetResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.DecimalField(decimal_places=8, max_digits=20, null=True)),
                ("n", models.PositiveBigIntegerField(default=0)),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("status", models.CharField(max_length=12)),
                ("why", models.CharField(max_length=500)),
                ("provenance", models.CharField(max_length=10)),
                ("recorded_at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="charter",
            name="charter_once",
        ),
        migrations.AddField(
            model_name="charter",
            name="agreed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="charter",
            name="agreed_by",
            field=models.CharField(blank=True, max_length=254),
        ),
        migrations.AddField(
            model_name="charter",
            name="agreed_hash",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="charter",
            name="agreed_text",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="charter",
            name="agreed_way",
            field=models.CharField(
                blank=True, choices=[("portal", "signed in"), ("link", "by a link sent to them")], max_length=10
            ),
        ),
        migrations.AddField(
            model_name="charter",
            name="closed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="charter",
            name="closed_by",
            field=models.CharField(blank=True, max_length=254),
        ),
        migrations.AddField(
            model_name="charter",
            name="closing_note",
            field=models.CharField(blank=True, max_length=1000),
        ),
        migrations.AddField(
            model_name="charter",
            name="version",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="system",
            name="live_on",
            field=models.DateField(blank=True, null=True, verbose_name="went live on"),
        ),
        migrations.AddField(
            model_name="target",
            name="change",
            field=models.DecimalField(blank=True, decimal_places=8, max_digits=20, null=True),
        ),
        migrations.AddField(
            model_name="target",
            name="kind",
            field=models.CharField(
                choices=[
                    ("reach", "reach"),
                    ("above", "stay at or above"),
                    ("below", "stay at or below"),
                    ("change", "get better by"),
                    ("change_share", "get better by, in percent of the baseline"),
                ],
                default="reach",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="target",
            name="line",
            field=models.CharField(
                default=clients.models.fields.public_id,
                editable=False,
                max_length=16,
            ),
        ),
        migrations.AddConstraint(
            model_name="charter",
            constraint=models.UniqueConstraint(
                fields=("client", "quarter_start", "version"), name="charter_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="charter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agreed_at__isnull", True), ("closed_at__isnull", True)),
                    models.Q(
                        ("agreed_at__isnull", False),
                        models.Q(("agreed_by", ""), _negated=True),
                        models.Q(("agreed_hash", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="charter_agreed_by_somebody",
            ),
        ),
        migrations.AddField(
            model_name="charterlink",
            name="charter",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="links", to="clients.charter"
            ),
        ),
        migrations.AddField(
            model_name="charterlink",
            name="client",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.client"),
        ),
        migrations.AddField(
            model_name="charterlink",
            name="sent_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="targetreading",
            name="client",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.client"
            ),
        ),
        migrations.AddField(
            model_name="targetreading",
            name="entered_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="targetreading",
            name="target",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="clients.target"
            ),
        ),
        migrations.AddField(
            model_name="targetresult",
            name="client",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.client"
            ),
        ),
        migrations.AddField(
            model_name="targetresult",
            name="target",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.DO_NOTHING, related_name="result", to="clients.target"
            ),
        ),
        migrations.AddIndex(
            model_name="charterlink",
            index=models.Index(fields=["sending", "not_before"], name="charter_link_due"),
        ),
        Isolate(
            "clients_charterlink",
            due=("id", "client_id", "sending", "not_before", "claimed_at", "used_at", "withdrawn_at"),
            token="token_digest",
        ),
        Isolate("clients_targetreading", privileges="SELECT, INSERT"),
        Isolate("clients_targetresult", privileges="SELECT, INSERT"),
        SameTenant("clients_charterlink", "charter_id", "clients_charter", cascade=True),
        SameTenant("clients_targetreading", "target_id", "clients_target", cascade=True),
        SameTenant("clients_targetresult", "target_id", "clients_target", cascade=True),
        Trail(
            "clients_charterlink",
            without=(
                "token_digest",
                "sending",
                "not_before",
                "attempts",
                "claimed_at",
                "sent_at",
                "expires_at",
                "error",
            ),
        ),
        # Of what was said and what came of it nothing can change: each row is its own trail, with who and when.
        # A default is one value for all rows that are there: each is the first of its own line.
        migrations.RunSQL("UPDATE clients_target SET line = public_id", migrations.RunSQL.noop),
        migrations.RunSQL(KEEP_AGREED, LET_GO),
    ]
