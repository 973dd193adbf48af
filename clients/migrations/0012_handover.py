"""Exports of what a client owns, isolated and in the audit trail, and whether executives may take one."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import clients.models.fields
from clients.rls import Isolate
from clients.trail import Trail


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0011_desk"),
    ]

    operations = [
        migrations.AddField(
            model_name="practice",
            name="executives_export",
            field=models.BooleanField(default=False, verbose_name="executives may export"),
        ),
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("for_client", models.BooleanField(default=False)),
                ("asked_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("working", "Being written"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                            ("gone", "Deleted"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("claim", models.CharField(blank=True, max_length=64)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("done", models.PositiveIntegerField(default=0)),
                ("steps", models.PositiveIntegerField(default=0)),
                ("doing", models.CharField(blank=True, max_length=120)),
                ("files", models.PositiveIntegerField(null=True)),
                ("size", models.PositiveBigIntegerField(null=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("finished_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
                ("fetched_by", models.CharField(blank=True, max_length=254)),
                ("fetched_at", models.DateTimeField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exports",
                        to="clients.client",
                    ),
                ),
            ],
            options={
                "verbose_name": "export",
                "ordering": ("-asked_at", "-id"),
                "indexes": [models.Index(fields=["client", "-asked_at"], name="export_of_client")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["waiting", "working"])),
                        fields=("client", "for_client"),
                        name="export_under_way_once",
                    )
                ],
            },
        ),
        Isolate("clients_export", due=("id", "client_id", "state", "claimed_at", "expires_at")),
        # How far a worker is, is no act of anybody.
        Trail("clients_export", without=("claim", "claimed_at", "done", "steps", "doing")),
    ]
