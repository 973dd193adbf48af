"""What happened to clients' AI systems, the reviews that follow, and when models are announced to retire."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import clients.models.fields
from clients.rls import Isolate, SameTenant
from clients.trail import Trail


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0009_risk"),
    ]

    operations = [
        migrations.CreateModel(
            name="Event",
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
                    "type",
                    models.CharField(
                        choices=[
                            ("release", "Release"),
                            ("rollback", "Roll-back"),
                            ("configuration", "Configuration"),
                            ("prompt", "Prompt changed"),
                            ("model", "Model or its settings changed"),
                            ("refresh", "Data refreshed"),
                            ("reindex", "Index built anew"),
                            ("chunking", "Chunking changed"),
                            ("embedding", "Embedding model changed"),
                            ("reranker", "Reranker changed"),
                            ("api_version", "API version"),
                            ("limits", "Limits"),
                            ("formats", "Formats"),
                            ("product_line", "New product line"),
                            ("pricing", "New pricing"),
                            ("people", "New people"),
                            ("incident", "Incident"),
                        ],
                        max_length=20,
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("note", models.TextField(blank=True, max_length=4000)),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("link", models.URLField(blank=True, max_length=500)),
                (
                    "count",
                    models.PositiveIntegerField(
                        blank=True, null=True, validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
                ("counted", models.CharField(blank=True, max_length=60)),
                ("visible", models.BooleanField(default=False)),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                    "system",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="clients.system",
                    ),
                ),
            ],
            options={
                "ordering": ("-began_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="RetirementFeed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "url",
                    models.URLField(max_length=500),
                ),
                ("next_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
                ("etag", models.CharField(blank=True, max_length=200)),
                ("modified", models.CharField(blank=True, max_length=80)),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.practice"
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="Retirement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("model", models.CharField(max_length=120)),
                ("retires_on", models.DateField()),
                ("replacement", models.CharField(blank=True, max_length=120)),
                ("link", models.URLField(blank=True, max_length=500)),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.practice"
                    ),
                ),
                (
                    "feed",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="retirements",
                        to="clients.retirementfeed",
                    ),
                ),
            ],
            options={
                "ordering": ("retires_on", "model"),
            },
        ),
        migrations.CreateModel(
            name="RetirementNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("model", models.CharField(max_length=120)),
                ("retires_on", models.DateField()),
                ("replacement", models.CharField(blank=True, max_length=120)),
                ("link", models.URLField(blank=True, max_length=500)),
                ("noticed_at", models.DateTimeField()),
                ("over_at", models.DateTimeField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="retirement_notices",
                        to="clients.client",
                    ),
                ),
                (
                    "opportunity",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="clients.opportunity",
                    ),
                ),
            ],
            options={
                "ordering": ("retires_on", "model"),
            },
        ),
        migrations.CreateModel(
            name="SystemReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("reviewer", models.CharField(max_length=120)),
                ("due", models.DateField()),
                ("done_on", models.DateField(blank=True, null=True)),
                ("found", models.CharField(blank=True, max_length=1000)),
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
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to="clients.event",
                    ),
                ),
                (
                    "system",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clients.system"
                    ),
                ),
            ],
            options={
                "ordering": ("due", "id"),
            },
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["client", "-began_at"], name="event_of_client"),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(("ended_at", None), ("ended_at__gt", models.F("began_at")), _connector="OR"),
                name="event_ends_after",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("count", None), ("counted", "")),
                    models.Q(("count__gt", 0), models.Q(("counted", ""), _negated=True)),
                    _connector="OR",
                ),
                name="event_counts_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="retirementfeed",
            constraint=models.UniqueConstraint(fields=("practice", "url"), name="retirement_feed_once"),
        ),
        migrations.AddConstraint(
            model_name="retirement",
            constraint=models.UniqueConstraint(
                fields=("practice", "feed", "model"), name="retirement_once_a_feed", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="retirementnotice",
            constraint=models.UniqueConstraint(fields=("client", "model"), name="retirement_notice_once"),
        ),
        migrations.AddConstraint(
            model_name="systemreview",
            constraint=models.UniqueConstraint(fields=("client", "event", "system"), name="review_once"),
        ),
        migrations.AddConstraint(
            model_name="systemreview",
            constraint=models.CheckConstraint(
                condition=models.Q(("done_on", None), models.Q(("found", ""), _negated=True), _connector="OR"),
                name="review_done_says_what_was_found",
            ),
        ),
        Isolate("clients_event"),
        Isolate("clients_systemreview"),
        SameTenant("clients_event", "system_id", "clients_system"),
        SameTenant("clients_systemreview", "event_id", "clients_event", cascade=True),
        SameTenant("clients_systemreview", "system_id", "clients_system"),
        Trail("clients_event", without=("edition",)),
        Trail("clients_systemreview", without=("edition",)),
        Isolate("clients_retirementfeed", by="practice_id", practice=True, due=("id", "practice_id", "next_at")),
        Isolate("clients_retirement", by="practice_id", practice=True),
        Isolate("clients_retirementnotice"),
        SameTenant("clients_retirement", "feed_id", "clients_retirementfeed", tenant="practice_id", cascade=True),
        SameTenant("clients_retirementnotice", "opportunity_id", "clients_opportunity"),
        Trail(
            "clients_retirementfeed",
            client="",
            practice="practice_id",
            without=("edition", "next_at", "read_at", "error", "etag", "modified"),
        ),
        Trail("clients_retirement", client="", practice="practice_id", without=("edition",)),
    ]
