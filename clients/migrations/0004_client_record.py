"""The client's record: its profile and calendar, what collides with it, and the money that is assumed of it."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import clients.models.fields
from clients.rls import PRACTICE, Isolate, SameTenant
from clients.trail import Trail

BOTH = " AND ".join(
    [
        PRACTICE.format(column="practice_id"),
        *(f"{column} = any ((select fracops_client_ids())::bigint[])" for column in ("client_id", "other_id")),
    ]
)
WHOLE = "practice_id = (select fracops_setting('fracops.whole_practice_id'))::bigint"


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0003_people"),
    ]

    operations = [
        migrations.AddField(
            model_name="client",
            name="backup",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="client",
            name="competitors",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=120), blank=True, default=list
            ),
        ),
        migrations.AddField(
            model_name="client",
            name="contacts",
            field=models.TextField(blank=True, max_length=4000),
        ),
        migrations.AddField(
            model_name="client",
            name="country",
            field=models.CharField(blank=True, max_length=2),
        ),
        migrations.AddField(
            model_name="client",
            name="data_notes",
            field=models.TextField(blank=True, max_length=20000),
        ),
        migrations.AddField(
            model_name="client",
            name="edition",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="client",
            name="headcount",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="client",
            name="niche",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60), blank=True, default=list
            ),
        ),
        migrations.AddField(
            model_name="client",
            name="region",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.CreateModel(
            name="ConflictException",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("collisions", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200))),
                ("reason", models.TextField()),
                ("recorded_by", models.CharField(max_length=254)),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.client"
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.client"
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.practice"
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="ToolCost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator("^[A-Z]{3}\\Z", "Three capital letters, like USD.")
                        ],
                    ),
                ),
                ("from_month", models.DateField()),
                ("to_month", models.DateField(blank=True, null=True)),
                ("said_by", models.CharField(max_length=120)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.client"
                    ),
                ),
            ],
            options={
                "ordering": ("name", "from_month", "id"),
            },
        ),
        migrations.CreateModel(
            name="Assumption",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("key", models.CharField(max_length=60)),
                (
                    "value",
                    models.DecimalField(
                        decimal_places=4,
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                ("unit", models.CharField(max_length=40)),
                (
                    "known",
                    models.CharField(
                        choices=[("reported", "The client told us"), ("assumed", "We assume it")],
                        max_length=10,
                        verbose_name="how it is known",
                    ),
                ),
                ("said_by", models.CharField(max_length=120)),
                ("said_on", models.DateField()),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="source")),
                ("valid_from", models.DateField()),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.client"
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["client", "key", "-valid_from", "-id"], name="assumption_holding")],
            },
        ),
        migrations.CreateModel(
            name="Closure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("closed", "Closed: a pulse goes out on the last working day before"),
                            ("blackout", "Blackout: no report is sent"),
                        ],
                        max_length=10,
                    ),
                ),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("why", models.CharField(max_length=120)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.client"
                    ),
                ),
            ],
            options={
                "ordering": ("first", "id"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last__gte", models.F("first"))), name="closure_ends_after_it_begins"
                    )
                ],
            },
        ),
        Isolate("clients_closure"),
        # What is said of money is never unsaid: a correction is a new row.
        Isolate("clients_assumption", privileges="SELECT, INSERT"),
        Isolate("clients_toolcost"),
        # Of two clients at once: neither's own people have such a scope, nor has a manager of one of them.
        Isolate("clients_conflictexception", practice=True, privileges="SELECT, INSERT", reading=BOTH, writing=WHOLE),
        SameTenant("clients_conflictexception", "client_id", "clients_client", tenant="practice_id"),
        SameTenant("clients_conflictexception", "other_id", "clients_client", tenant="practice_id"),
        Trail("clients_closure"),
        Trail("clients_assumption"),
        Trail("clients_toolcost", without=("edition",)),
        Trail("clients_conflictexception", client="", practice="practice_id"),
        # A client's edition counts up with each save; the trail of it has nothing to say of that.
        migrations.RunSQL(
            "DROP TRIGGER noted ON clients_client",
            "CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON clients_client FOR EACH ROW"
            " EXECUTE FUNCTION fracops_note_change('id', 'practice_id', '')",
        ),
        Trail("clients_client", client="id", practice="practice_id", without=("edition",)),
    ]
