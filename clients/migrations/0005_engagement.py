"""Engagements with their plans and fees, deliverables, areas of work, the work log and timers."""

from decimal import Decimal

import django.contrib.postgres.constraints
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import clients.models.fields
from clients.rls import PRACTICE, Isolate, SameTenant
from clients.trail import Trail


def fees_to_engagements(apps, schema_editor):
    """A client's fee becomes that of an engagement, from the day the client was added. Its plan was never written down: 0 hours."""
    client, engagement, terms = (apps.get_model("clients", name) for name in ("Client", "Engagement", "Terms"))
    using = schema_editor.connection.alias
    for one in client.objects.using(using).filter(monthly_fee__isnull=False):
        began = one.created_at.date()
        made = engagement.objects.using(using).create(client=one, started_on=began)
        terms.objects.using(using).create(
            client=one,
            engagement=made,
            month=began.replace(day=1),
            amount=0,
            unit="hours_month",
            monthly_fee=one.monthly_fee,
        )


def fees_to_clients(apps, schema_editor):
    """Each client takes back the fee of its newest terms."""
    using = schema_editor.connection.alias
    for terms in apps.get_model("clients", "Terms").objects.using(using).order_by("month", "id"):
        apps.get_model("clients", "Client").objects.using(using).filter(pk=terms.client_id).update(
            monthly_fee=terms.monthly_fee
        )


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0004_client_record"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="zone",
            field=models.CharField(
                default="UTC", max_length=64, validators=[clients.models.fields.known_zone], verbose_name="time zone"
            ),
        ),
        migrations.CreateModel(
            name="Area",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("retired", models.BooleanField(default=False)),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="areas", to="clients.practice"
                    ),
                ),
            ],
            options={
                "verbose_name": "area of work",
                "verbose_name_plural": "areas of work",
                "ordering": ("position", "id"),
            },
        ),
        migrations.CreateModel(
            name="Deliverable",
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
                ("text", models.CharField(max_length=500, verbose_name="what is delivered")),
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
                ("done_on", models.DateField(blank=True, null=True)),
                ("result", models.CharField(blank=True, max_length=500)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliverables", to="clients.client"
                    ),
                ),
            ],
            options={
                "ordering": ("-month",),
            },
        ),
        migrations.CreateModel(
            name="Engagement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("started_on", models.DateField(verbose_name="begins on")),
                (
                    "minimum_months",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(60),
                        ],
                        verbose_name="minimum term, months",
                    ),
                ),
                (
                    "notice_days",
                    models.PositiveSmallIntegerField(
                        default=30,
                        validators=[django.core.validators.MaxValueValidator(366)],
                        verbose_name="notice, days",
                    ),
                ),
                ("on_call", models.BooleanField(default=False, verbose_name="on-call is in scope")),
                ("on_call_words", models.CharField(blank=True, max_length=300, verbose_name="on-call in words")),
                (
                    "mandate",
                    models.CharField(
                        blank=True, max_length=500, verbose_name="what the practice decides, and what it advises on"
                    ),
                ),
                ("notice_on", models.DateField(blank=True, null=True)),
                ("notice_by", models.CharField(blank=True, max_length=120)),
                ("ends_on", models.DateField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="engagements", to="clients.client"
                    ),
                ),
            ],
            options={
                "ordering": ("-started_on",),
            },
        ),
        migrations.CreateModel(
            name="Terms",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(verbose_name="from the month")),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=6,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("744")),
                        ],
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        choices=[
                            ("hours_week", "hours a week"),
                            ("hours_month", "hours a month"),
                            ("days_week", "days a week"),
                            ("days_month", "days a month"),
                        ],
                        default="hours_week",
                        max_length=12,
                    ),
                ),
                (
                    "monthly_fee",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=12,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "carry_over",
                    models.CharField(
                        choices=[
                            ("none", "are gone at the month’s end"),
                            ("all", "are all carried over"),
                            ("up_to", "are carried over up to a number of hours"),
                            ("expires", "are carried over for a number of months"),
                        ],
                        default="none",
                        max_length=8,
                        verbose_name="unused hours",
                    ),
                ),
                (
                    "carry_hours",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=6,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="at most so many hours",
                    ),
                ),
                (
                    "carry_months",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(36),
                        ],
                        verbose_name="for so many months",
                    ),
                ),
                ("why", models.CharField(blank=True, max_length=300)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.client"
                    ),
                ),
                (
                    "engagement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="terms", to="clients.engagement"
                    ),
                ),
            ],
            options={
                "verbose_name": "plan and fee",
                "verbose_name_plural": "plans and fees",
                "ordering": ("month", "id"),
            },
        ),
        migrations.CreateModel(
            name="Timer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField()),
                ("line", models.CharField(blank=True, max_length=500)),
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
        ),
        migrations.CreateModel(
            name="WorkEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("day", models.DateField()),
                (
                    "minutes",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1440),
                        ]
                    ),
                ),
                ("note", models.TextField(blank=True, max_length=2000, verbose_name="what was done")),
                ("attendees", models.CharField(blank=True, max_length=300)),
                ("system", models.CharField(blank=True, max_length=120)),
                ("prompt", models.CharField(blank=True, max_length=120, verbose_name="prompt or version")),
                ("visible", models.BooleanField(default=False, verbose_name="the client sees it")),
                ("visible_note", models.CharField(blank=True, max_length=500, verbose_name="in words for the client")),
                (
                    "act",
                    models.CharField(
                        default=clients.models.fields.public_id,
                        editable=False,
                        max_length=16,
                    ),
                ),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "area",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clients.area"),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="work", to="clients.client"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
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
                "verbose_name": "work entry",
                "verbose_name_plural": "work entries",
                "ordering": ("-day", "-id"),
            },
        ),
        migrations.AddConstraint(
            model_name="area",
            constraint=models.UniqueConstraint(fields=("practice", "name"), name="area_once"),
        ),
        migrations.AddConstraint(
            model_name="deliverable",
            constraint=models.UniqueConstraint(fields=("client", "month"), name="deliverable_once"),
        ),
        migrations.AddConstraint(
            model_name="deliverable",
            constraint=models.CheckConstraint(condition=models.Q(("month__day", 1)), name="deliverable_of_a_month"),
        ),
        migrations.AddConstraint(
            model_name="engagement",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[
                    (models.Func("client_id", "client_id", models.Value("[]"), function="int8range"), "&&"),
                    (models.Func("started_on", "ends_on", models.Value("[]"), function="daterange"), "&&"),
                ],
                name="engagement_alone",
            ),
        ),
        migrations.AddConstraint(
            model_name="engagement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ends_on__isnull", True), ("notice_on__isnull", True)),
                    models.Q(("ends_on__gte", models.F("started_on")), ("notice_on__isnull", False)),
                    _connector="OR",
                ),
                name="engagement_ends_by_notice",
            ),
        ),
        migrations.AddConstraint(
            model_name="terms",
            constraint=models.CheckConstraint(condition=models.Q(("month__day", 1)), name="terms_from_a_month"),
        ),
        migrations.AddConstraint(
            model_name="terms",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("carry_over", "up_to"), _negated=True), ("carry_hours__isnull", False), _connector="OR"
                ),
                name="terms_carry_hours",
            ),
        ),
        migrations.AddConstraint(
            model_name="terms",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("carry_over", "expires"), _negated=True), ("carry_months__gte", 1), _connector="OR"
                ),
                name="terms_carry_months",
            ),
        ),
        migrations.AddConstraint(
            model_name="timer",
            constraint=models.UniqueConstraint(fields=("practice", "person"), name="timer_once"),
        ),
        migrations.AddIndex(
            model_name="workentry",
            index=models.Index(fields=["client", "-day", "-id"], name="work_of_client"),
        ),
        migrations.AddIndex(
            model_name="workentry",
            index=models.Index(fields=["person", "-day"], name="work_of_person"),
        ),
        migrations.AddIndex(
            model_name="workentry",
            index=models.Index(fields=["act"], name="work_of_act"),
        ),
        migrations.AddConstraint(
            model_name="workentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("minutes__gte", 1), ("minutes__lte", 1440)), name="work_within_a_day"
            ),
        ),
        Isolate("clients_engagement"),
        # A plan or a fee is changed by a new row: what was agreed stays as it was.
        Isolate("clients_terms", privileges="SELECT, INSERT"),
        Isolate("clients_deliverable"),
        # A client's people read the names of areas beside the work they are shown.
        Isolate(
            "clients_area",
            by="practice_id",
            practice=True,
            privileges="SELECT, INSERT, UPDATE",
            reading=PRACTICE.format(column="practice_id")
            + " OR practice_id IN (SELECT practice_id FROM clients_client)",
            writing=PRACTICE.format(column="practice_id"),
        ),
        Isolate("clients_workentry"),
        Isolate("clients_timer", by="practice_id", practice=True),
        SameTenant("clients_terms", "engagement_id", "clients_engagement"),
        SameTenant("clients_workentry", "client_id", "clients_client", tenant="practice_id"),
        SameTenant("clients_workentry", "area_id", "clients_area", tenant="practice_id"),
        Trail("clients_engagement", without=("edition",)),
        Trail("clients_terms"),
        Trail("clients_deliverable", without=("edition",)),
        Trail("clients_area", client="", practice="practice_id", without=("edition",)),
        Trail("clients_workentry", without=("edition",)),
        migrations.RunPython(fees_to_engagements, fees_to_clients),
        # What the copied rows still have to prove is proven now: a table with open proofs cannot be altered.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.RemoveField(model_name="client", name="monthly_fee"),
    ]
