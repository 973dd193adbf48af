"""What a client looked like when it was last read, a person's views of the portfolio, and their inbox."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import clients.models.fields
from clients.rls import Isolate


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0010_changelog"),
    ]

    operations = [
        migrations.CreateModel(
            name="Glance",
            fields=[
                (
                    "client",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="glance",
                        serialize=False,
                        to="clients.client",
                    ),
                ),
                ("read_at", models.DateTimeField()),
                ("moved", models.CharField(blank=True, max_length=300)),
                ("worse", models.BooleanField(default=False)),
                ("targets", models.JSONField(default=list)),
                ("spent", models.DecimalField(decimal_places=4, max_digits=20, null=True)),
                ("spent_known", models.CharField(blank=True, max_length=10)),
                ("heading", models.DecimalField(decimal_places=4, max_digits=20, null=True)),
                ("month", models.DateField()),
                ("available", models.IntegerField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="client",
            name="ai_budget",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=12,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
            ),
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("cause", models.CharField(max_length=160)),
                ("title", models.CharField(max_length=240)),
                ("page", models.CharField(max_length=40)),
                ("arguments", models.JSONField(default=list)),
                ("at", models.DateTimeField()),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["person", "-at"], name="notification_of_person"),
                    models.Index(condition=models.Q(("read_at", None)), fields=["person"], name="notification_unread"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "person", "cause"), name="notification_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(blank=True, max_length=400)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
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
                "ordering": ("name", "id"),
                "constraints": [models.UniqueConstraint(fields=("practice", "person", "name"), name="saved_view_once")],
            },
        ),
        Isolate("clients_glance"),
        Isolate("clients_savedview", by="practice_id", practice=True),
        Isolate("clients_notification"),
    ]
