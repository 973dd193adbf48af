"""A client's handbook: its pages, and their versions, which nobody can change."""

import django.db.models.deletion
from django.db import migrations, models

import clients.models.fields
from clients.rls import Isolate, SameTenant
from clients.trail import Trail


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0005_engagement"),
    ]

    operations = [
        migrations.CreateModel(
            name="HandbookPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.PositiveIntegerField(default=0, editable=False)),
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
                            ("context", "Context"),
                            ("runbook", "Runbook"),
                            ("decision", "Decision"),
                            ("rights", "Decision rights"),
                            ("policy", "Policy"),
                        ],
                        max_length=10,
                    ),
                ),
                ("title", models.CharField(max_length=160)),
                ("decided_on", models.DateField(blank=True, null=True)),
                ("accountable", models.CharField(blank=True, max_length=120)),
                ("review_on", models.DateField(blank=True, null=True)),
                ("approved_version", models.PositiveIntegerField(blank=True, null=True)),
                ("approved_by", models.CharField(blank=True, max_length=254)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="handbook", to="clients.client"
                    ),
                ),
                (
                    "superseded_by",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="supersedes",
                        to="clients.handbookpage",
                    ),
                ),
                (
                    "system",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clients.system",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PageVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("note", models.CharField(blank=True, max_length=200)),
                ("written_by", models.CharField(max_length=254)),
                ("written_at", models.DateTimeField()),
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
                    "page",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="clients.handbookpage",
                    ),
                ),
            ],
            options={
                "ordering": ("-number",),
            },
        ),
        migrations.AddConstraint(
            model_name="handbookpage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind__in", ["context", "rights"])),
                fields=("client", "kind"),
                name="handbook_one_of_its_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="handbookpage",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "runbook")), fields=("client", "system"), name="handbook_runbook_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="pageversion",
            constraint=models.UniqueConstraint(fields=("client", "page", "number"), name="page_version_once"),
        ),
        Isolate("clients_handbookpage"),
        Isolate("clients_pageversion", privileges="SELECT, INSERT"),
        SameTenant("clients_handbookpage", "system_id", "clients_system"),
        SameTenant("clients_handbookpage", "superseded_by_id", "clients_handbookpage"),
        SameTenant("clients_pageversion", "page_id", "clients_handbookpage", cascade=True),
        Trail("clients_handbookpage", without=("edition",)),
    ]
