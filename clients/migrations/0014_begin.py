"""Fit checks, why a discovery was begun in spite of one, and whether a practice put its first steps away."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import clients.models.fields
from clients.rls import Isolate
from clients.trail import Trail


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0013_reload"),
    ]

    operations = [
        migrations.AddField(
            model_name="practice",
            name="first_steps_hidden",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="discovery",
            name="despite",
            field=models.CharField(
                blank=True, editable=False, max_length=500, verbose_name="why in spite of the fit check"
            ),
        ),
        migrations.CreateModel(
            name="FitCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("answered_on", models.DateField()),
                ("answered_by", models.CharField(max_length=254)),
                ("answers", models.JSONField(default=list)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("fits", "Fits"),
                            ("reserved", "Fits with reservations"),
                            ("not", "Does not fit"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=300), default=list, size=None
                    ),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="fit_checks", to="clients.client"
                    ),
                ),
            ],
            options={
                "verbose_name": "fit check",
                "ordering": ("-made_at", "-id"),
                "indexes": [models.Index(fields=["client", "-made_at"], name="fit_of_client")],
            },
        ),
        # What was answered stands: to think again is to check again.
        Isolate("clients_fitcheck", privileges="SELECT, INSERT"),
        Trail("clients_fitcheck"),
    ]
