"""Invitations, what people cost and work, exchange rates, random ids of people and since when they have their role."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import clients.models.fields
from clients.rls import PRACTICE, Isolate, SameTenant
from clients.trail import Trail

WHOLE = "practice_id = (select fracops_setting('fracops.whole_practice_id'))::bigint"
OF_PRACTICE = PRACTICE.format(column="practice_id")


def ids_for_people(apps, schema_editor):
    """Each person's own: a column's default would be one for all."""
    users = apps.get_model("clients", "User").objects.using(schema_editor.connection.alias)
    for pk in users.filter(public_id=None).values_list("pk", flat=True):
        users.filter(pk=pk).update(public_id=clients.models.fields.public_id())


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0002_isolation"),
    ]

    operations = [
        # Of those who have a role already nobody noted since when, so theirs stays empty.
        migrations.AddField("membership", "since", models.DateTimeField(null=True)),
        migrations.AlterField("membership", "since", models.DateTimeField(null=True, auto_now_add=True)),
        migrations.AddField("user", "public_id", clients.models.fields.PublicIdField(null=True, default=None)),
        migrations.RunPython(ids_for_people, migrations.RunPython.noop),
        migrations.AlterField("user", "public_id", clients.models.fields.PublicIdField()),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("owner", "Owner"),
                            ("program_manager", "Program manager"),
                            ("executive", "Executive"),
                            ("contributor", "Contributor"),
                        ],
                        max_length=20,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
                ("accepted_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="invitations", to="clients.practice"
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="InvitedTo",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.client"
                    ),
                ),
                (
                    "invitation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.invitation"
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
                "verbose_name": "invitation’s client",
            },
        ),
        migrations.AddField(
            model_name="invitation",
            name="clients",
            field=models.ManyToManyField(related_name="+", through="clients.InvitedTo", to="clients.client"),
        ),
        migrations.CreateModel(
            name="Staff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "hourly_rate",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=10,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "weekly_hours",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=5,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("168")),
                        ],
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="staff", to="clients.practice"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "rate and week",
            },
        ),
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("month", models.DateField()),
                (
                    "base",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator("^[A-Z]{3}\\Z", "Three capital letters, like USD.")
                        ],
                    ),
                ),
                (
                    "quote",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator("^[A-Z]{3}\\Z", "Three capital letters, like USD.")
                        ],
                    ),
                ),
                (
                    "rate",
                    models.DecimalField(
                        decimal_places=10,
                        max_digits=20,
                        validators=[django.core.validators.MinValueValidator(Decimal("1E-10"))],
                    ),
                ),
                ("source", models.CharField(max_length=200)),
                ("entered_at", models.DateTimeField(auto_now=True)),
                (
                    "entered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exchange_rates",
                        to="clients.practice",
                    ),
                ),
            ],
            options={
                "verbose_name": "exchange rate",
                "ordering": ("-month", "base", "quote"),
                "constraints": [
                    models.UniqueConstraint(
                        models.F("practice"),
                        models.F("month"),
                        django.db.models.functions.comparison.Least("base", "quote"),
                        django.db.models.functions.comparison.Greatest("base", "quote"),
                        name="exchange_rate_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("base", models.F("quote")), _negated=True), name="exchange_rate_of_two"
                    ),
                    models.CheckConstraint(condition=models.Q(("rate__gt", 0)), name="exchange_rate_above_zero"),
                    models.CheckConstraint(condition=models.Q(("month__day", 1)), name="exchange_rate_of_month"),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="invitedto",
            constraint=models.UniqueConstraint(fields=("invitation", "client"), name="invited_once"),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(fields=["sending", "not_before"], name="invitation_due"),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(
                models.F("practice"), django.db.models.functions.text.Lower("email"), name="invitation_of_address"
            ),
        ),
        migrations.AddConstraint(
            model_name="staff",
            constraint=models.UniqueConstraint(fields=("practice", "user"), name="staff_once"),
        ),
        # Read and written in a whole practice's scope alone: a manager's own request sees no colleague's invitation and nobody's rate.
        Isolate(
            "clients_invitation",
            by="practice_id",
            practice=True,
            due=("id", "practice_id", "sending", "not_before", "claimed_at", "withdrawn_at"),
            token="token_digest",
            reading=WHOLE,
        ),
        Isolate("clients_invitedto", by="practice_id", practice=True, reading=WHOLE),
        Isolate("clients_staff", by="practice_id", practice=True, reading=WHOLE),
        # What is converted is shown to a client's people with its rate, so they read their practice's.
        Isolate(
            "clients_exchangerate",
            by="practice_id",
            practice=True,
            reading=f"{OF_PRACTICE} OR practice_id IN (SELECT practice_id FROM clients_client)",
            writing=OF_PRACTICE,
        ),
        SameTenant("clients_invitedto", "invitation_id", "clients_invitation", tenant="practice_id", cascade=True),
        SameTenant("clients_invitedto", "client_id", "clients_client", tenant="practice_id"),
        Trail(
            "clients_invitation",
            client="",
            practice="practice_id",
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
        Trail("clients_invitedto", practice="practice_id"),
        Trail("clients_staff", client="", practice="practice_id", without=("edition",)),
        Trail("clients_exchangerate", client="", practice="practice_id", without=("edition", "entered_at")),
    ]
