"""Opportunities, the playbook, and discoveries with their phases."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import clients.models.fields
from clients.rls import Isolate, SameTenant
from clients.trail import Trail


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0007_charter_life"),
    ]

    operations = [
        migrations.AddField(
            model_name="practice",
            name="sold_rate",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=10,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
            ),
        ),
        migrations.AddField(
            model_name="system",
            name="kind",
            field=models.CharField(
                blank=True,
                choices=[
                    ("assistant", "Assistant or chatbot"),
                    ("agent", "Agent with tools"),
                    ("retrieval", "Search and retrieval"),
                    ("summaries", "Summaries"),
                    ("extraction", "Extraction"),
                    ("classifier", "Classification"),
                    ("code", "Code"),
                ],
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="Discovery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("question", models.CharField(max_length=300, verbose_name="what it shall find out")),
                ("began_on", models.DateField(verbose_name="begins on")),
                (
                    "weeks",
                    models.PositiveSmallIntegerField(
                        default=2,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(26),
                        ],
                    ),
                ),
                (
                    "hours",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=6,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="bounded by hours",
                    ),
                ),
                (
                    "fee",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="fixed fee",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not decided yet"),
                            ("go", "Go"),
                            ("small", "Too small: better done by themselves"),
                            ("large", "Too large: needs a team of its own"),
                        ],
                        default="",
                        max_length=6,
                    ),
                ),
                ("outcome_why", models.CharField(blank=True, max_length=500, verbose_name="why")),
                ("decided_on", models.DateField(blank=True, null=True)),
                ("draft_start", models.DateField(blank=True, null=True, verbose_name="the retainer begins on")),
                (
                    "draft_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=6,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("744")),
                        ],
                        verbose_name="its plan",
                    ),
                ),
                (
                    "draft_unit",
                    models.CharField(
                        choices=[
                            ("hours_week", "hours a week"),
                            ("hours_month", "hours a month"),
                            ("days_week", "days a week"),
                            ("days_month", "days a month"),
                        ],
                        default="hours_week",
                        max_length=12,
                        verbose_name="of",
                    ),
                ),
                (
                    "draft_fee",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="its monthly fee",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="discoveries", to="clients.client"
                    ),
                ),
                (
                    "retainer",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="discovery",
                        to="clients.engagement",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "discoveries",
                "ordering": ("-began_on", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Access",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("what", models.CharField(max_length=160)),
                ("given_on", models.DateField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.client"
                    ),
                ),
                (
                    "discovery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="accesses", to="clients.discovery"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "accesses",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Opportunity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("problem", models.TextField(max_length=4000)),
                ("evidence", models.CharField(blank=True, max_length=300)),
                ("evidence_link", models.URLField(blank=True, max_length=500)),
                (
                    "hours",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=7,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("9999")),
                        ],
                    ),
                ),
                (
                    "money",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=12,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                ("metric", models.CharField(blank=True, max_length=120)),
                (
                    "way",
                    models.CharField(choices=[("up", "rises by"), ("down", "falls by")], default="up", max_length=4),
                ),
                (
                    "lift_low",
                    models.DecimalField(
                        blank=True,
                        decimal_places=8,
                        max_digits=20,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "lift_high",
                    models.DecimalField(
                        blank=True,
                        decimal_places=8,
                        max_digits=20,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "unit_worth",
                    models.DecimalField(
                        blank=True,
                        decimal_places=8,
                        max_digits=24,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                ("worth_source", models.CharField(blank=True, max_length=200)),
                (
                    "confidence",
                    models.PositiveSmallIntegerField(
                        default=50,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                (
                    "risk",
                    models.CharField(
                        choices=[("low", "Low"), ("medium", "Medium"), ("high", "High")], default="medium", max_length=6
                    ),
                ),
                ("risk_note", models.CharField(blank=True, max_length=500)),
                ("owner", models.CharField(blank=True, max_length=120)),
                ("review_on", models.DateField(blank=True, null=True)),
                ("visible", models.BooleanField(default=False)),
                ("visible_note", models.CharField(blank=True, max_length=500)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("idea", "Idea"),
                            ("pilot", "Pilot"),
                            ("production", "Production"),
                            ("retired", "Retired"),
                        ],
                        default="idea",
                        max_length=10,
                    ),
                ),
                ("stage_since", models.DateField()),
                ("touched_on", models.DateField()),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not judged"),
                            ("green", "Green: into the next charter"),
                            ("yellow", "Yellow: waits"),
                            ("red", "Red: declined"),
                        ],
                        default="",
                        max_length=6,
                    ),
                ),
                ("verdict_why", models.CharField(blank=True, max_length=500)),
                ("verdict_on", models.DateField(blank=True, null=True)),
                ("declined_cost", models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ("shipped_on", models.DateField(blank=True, null=True)),
                ("actual", models.DecimalField(blank=True, decimal_places=8, max_digits=20, null=True)),
                ("actual_source", models.CharField(blank=True, max_length=300)),
                ("actual_measured", models.BooleanField(default=False)),
                ("result_note", models.CharField(blank=True, max_length=500)),
                ("result_on", models.DateField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="opportunities", to="clients.client"
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.practice"
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
                (
                    "target",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="opportunity",
                        to="clients.target",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "opportunities",
                "ordering": ("-id",),
            },
        ),
        migrations.AddField(
            model_name="workentry",
            name="opportunity",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="work",
                to="clients.opportunity",
            ),
        ),
        migrations.CreateModel(
            name="Pattern",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("symptom", models.TextField(max_length=2000)),
                ("action", models.TextField(max_length=4000)),
                ("metric", models.CharField(max_length=120)),
                (
                    "way",
                    models.CharField(choices=[("up", "rises by"), ("down", "falls by")], default="up", max_length=4),
                ),
                (
                    "lift_low",
                    models.DecimalField(
                        decimal_places=8,
                        max_digits=20,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "lift_high",
                    models.DecimalField(
                        decimal_places=8,
                        max_digits=20,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "hours",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal("0"),
                        max_digits=7,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="typical hours",
                    ),
                ),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("assistant", "Assistant or chatbot"),
                                ("agent", "Agent with tools"),
                                ("retrieval", "Search and retrieval"),
                                ("summaries", "Summaries"),
                                ("extraction", "Extraction"),
                                ("classifier", "Classification"),
                                ("code", "Code"),
                            ],
                            max_length=16,
                        ),
                        blank=True,
                        default=list,
                    ),
                ),
                ("retired", models.BooleanField(default=False)),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="patterns", to="clients.practice"
                    ),
                ),
            ],
            options={
                "ordering": ("title", "id"),
            },
        ),
        migrations.AddField(
            model_name="opportunity",
            name="pattern",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="opportunities",
                to="clients.pattern",
            ),
        ),
        migrations.CreateModel(
            name="Phase",
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
                ("work", models.TextField(max_length=2000, verbose_name="what is done, with which tools")),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                (
                    "cost",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="estimated cost",
                    ),
                ),
                ("goal_metric", models.CharField(max_length=120)),
                (
                    "goal_is",
                    models.CharField(
                        choices=[("ge", "at least"), ("le", "at most"), ("gt", "above"), ("lt", "below")],
                        default="ge",
                        max_length=2,
                    ),
                ),
                ("goal_value", models.DecimalField(decimal_places=8, max_digits=20)),
                ("kill_metric", models.CharField(max_length=120)),
                (
                    "kill_is",
                    models.CharField(
                        choices=[("ge", "at least"), ("le", "at most"), ("gt", "above"), ("lt", "below")],
                        default="lt",
                        max_length=2,
                    ),
                ),
                ("kill_value", models.DecimalField(decimal_places=8, max_digits=20)),
                (
                    "kill_attempts",
                    models.PositiveSmallIntegerField(
                        default=3,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(20),
                        ],
                    ),
                ),
                ("fallback", models.CharField(max_length=300)),
                (
                    "state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not evaluated"),
                            ("met", "Met"),
                            ("not_met", "Not met"),
                            ("killed", "Killed"),
                            ("unknown", "Too early"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                ("state_why", models.CharField(blank=True, max_length=500)),
                ("evaluated_at", models.DateTimeField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.client"
                    ),
                ),
                (
                    "discovery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="phases", to="clients.discovery"
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
                "ordering": ("starts_on", "id"),
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("note", models.CharField(blank=True, max_length=200)),
                ("goal_read", models.DecimalField(blank=True, decimal_places=8, max_digits=20, null=True)),
                ("goal_n", models.PositiveIntegerField(default=0)),
                ("kill_read", models.DecimalField(blank=True, decimal_places=8, max_digits=20, null=True)),
                ("kill_n", models.PositiveIntegerField(default=0)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.client"
                    ),
                ),
                (
                    "phase",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="attempts", to="clients.phase"
                    ),
                ),
            ],
            options={
                "ordering": ("first", "id"),
            },
        ),
        migrations.AddConstraint(
            model_name="discovery",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome", ""), models.Q(("outcome_why", ""), _negated=True), _connector="OR"),
                name="discovery_outcome_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="pattern",
            constraint=models.UniqueConstraint(fields=("practice", "title"), name="pattern_once"),
        ),
        migrations.AddConstraint(
            model_name="pattern",
            constraint=models.CheckConstraint(
                condition=models.Q(("lift_high__gte", models.F("lift_low"))), name="pattern_lift_is_a_range"
            ),
        ),
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(fields=["client", "stage", "-id"], name="opportunity_of_client"),
        ),
        migrations.AddConstraint(
            model_name="opportunity",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lift_high__isnull", True), ("lift_low__isnull", True)),
                    models.Q(("lift_high__gte", models.F("lift_low")), ("lift_low__isnull", False)),
                    _connector="OR",
                ),
                name="opportunity_lift_is_a_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="opportunity",
            constraint=models.CheckConstraint(
                condition=models.Q(("verdict", ""), models.Q(("verdict_why", ""), _negated=True), _connector="OR"),
                name="opportunity_verdict_has_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="opportunity",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("stage__in", ["pilot", "production"]), _negated=True),
                    models.Q(("owner", ""), _negated=True),
                    _connector="OR",
                ),
                name="opportunity_under_way_has_an_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="phase",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="phase_ends_after"
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.CheckConstraint(
                condition=models.Q(("last__gte", models.F("first"))), name="attempt_ends_after"
            ),
        ),
        Isolate("clients_pattern", by="practice_id", practice=True),
        Isolate("clients_opportunity"),
        SameTenant("clients_opportunity", "client_id", "clients_client", tenant="practice_id"),
        SameTenant("clients_opportunity", "pattern_id", "clients_pattern", tenant="practice_id"),
        SameTenant("clients_opportunity", "system_id", "clients_system"),
        SameTenant("clients_opportunity", "target_id", "clients_target"),
        SameTenant("clients_workentry", "opportunity_id", "clients_opportunity"),
        Trail("clients_pattern", client="", practice="practice_id", without=("edition",)),
        Trail("clients_opportunity", without=("edition",)),
        Isolate("clients_discovery"),
        Isolate("clients_access"),
        Isolate("clients_phase"),
        Isolate("clients_attempt"),
        SameTenant("clients_discovery", "retainer_id", "clients_engagement"),
        SameTenant("clients_access", "discovery_id", "clients_discovery", cascade=True),
        SameTenant("clients_phase", "discovery_id", "clients_discovery", cascade=True),
        SameTenant("clients_phase", "system_id", "clients_system"),
        SameTenant("clients_attempt", "phase_id", "clients_phase", cascade=True),
        Trail("clients_discovery", without=("edition",)),
        Trail("clients_access"),
        Trail("clients_phase", without=("edition",)),
        Trail("clients_attempt"),
    ]
