"""Risk register, scouting, feeds, vendors and team support, each isolated and in the audit trail."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import clients.models.fields
from clients.rls import PRACTICE, Isolate, SameTenant
from clients.trail import Trail

OF_PRACTICE = PRACTICE.format(column="practice_id")
# What a client's people read of the register: the items that concern their client, once there are words for them.
CONCERNS = "words <> '' AND id IN (SELECT item_id FROM clients_concern)"


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0008_roadmap"),
    ]

    operations = [
        migrations.CreateModel(
            name="Feed",
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
                ("url", models.URLField(max_length=500, verbose_name="address")),
                ("active", models.BooleanField(default=True, verbose_name="it is read")),
                ("due_at", models.DateTimeField()),
                ("etag", models.CharField(blank=True, editable=False, max_length=300)),
                ("last_modified", models.CharField(blank=True, editable=False, max_length=100)),
                ("read_at", models.DateTimeField(editable=False, null=True)),
                ("problem", models.CharField(blank=True, editable=False, max_length=500)),
                ("failures", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="feeds", to="clients.practice"
                    ),
                ),
            ],
            options={
                "ordering": ("name", "id"),
            },
        ),
        migrations.CreateModel(
            name="RiskItem",
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
                            ("privacy_law", "Privacy law"),
                            ("vendor_policy", "Vendor policy"),
                            ("deprecation", "Deprecation"),
                            ("security", "Security finding"),
                            ("injection", "Prompt injection or jailbreak"),
                            ("leak", "Data leaving by the model"),
                            ("bias", "Bias"),
                            ("lock_in", "Dependence on one vendor"),
                            ("model", "New model"),
                            ("feature", "New feature"),
                            ("tool", "New tool or method"),
                        ],
                        max_length=20,
                    ),
                ),
                ("title", models.CharField(max_length=160)),
                (
                    "severity",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Low"), (2, "Medium"), (3, "High"), (4, "Critical")], default=2
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("watched", "Watched"), ("closed", "Closed")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("link", models.URLField(blank=True, max_length=500, verbose_name="source")),
                ("due", models.DateField(blank=True, null=True)),
                ("words", models.TextField(blank=True, max_length=2000, verbose_name="what clients read")),
                ("raised_at", models.DateTimeField(auto_now_add=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="risks", to="clients.practice"
                    ),
                ),
            ],
            options={
                "verbose_name": "risk or scouting item",
                "ordering": ("-severity", models.OrderBy(models.F("due"), nulls_last=True), "-id"),
            },
        ),
        migrations.CreateModel(
            name="FeedEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("key", models.CharField(max_length=64)),
                ("title", models.CharField(max_length=200)),
                ("link", models.CharField(blank=True, max_length=500)),
                ("summary", models.CharField(blank=True, max_length=1000)),
                ("published_at", models.DateTimeField(null=True)),
                ("arrived_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "To triage"),
                            ("kept", "Made an item"),
                            ("dismissed", "Dismissed"),
                            ("older", "Older than the subscription"),
                        ],
                        default="new",
                        max_length=10,
                    ),
                ),
                ("handled_by", models.CharField(blank=True, max_length=254)),
                ("handled_at", models.DateTimeField(null=True)),
                (
                    "feed",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="clients.feed",
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.practice",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="clients.riskitem"
                    ),
                ),
            ],
            options={
                "verbose_name": "entry of a feed",
                "verbose_name_plural": "entries of feeds",
                "ordering": ("-arrived_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Concern",
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
                    "status",
                    models.CharField(
                        choices=[
                            ("unchecked", "To be checked"),
                            ("affected", "Affected"),
                            ("handled", "Handled"),
                            ("accepted", "Accepted as it is"),
                            ("clear", "Not affected"),
                        ],
                        default="unchecked",
                        max_length=10,
                    ),
                ),
                ("note", models.TextField(blank=True, max_length=2000)),
                ("evidence", models.CharField(blank=True, max_length=500)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="concerns",
                        to="clients.client",
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.practice",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="concerns", to="clients.riskitem"
                    ),
                ),
            ],
            options={
                "verbose_name": "concern of a client",
                "verbose_name_plural": "concerns of clients",
            },
        ),
        migrations.CreateModel(
            name="RiskNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(max_length=4000)),
                ("link", models.URLField(blank=True, max_length=500, verbose_name="evidence")),
                ("written_by", models.CharField(max_length=254)),
                ("written_at", models.DateTimeField()),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="clients.riskitem"
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.practice",
                    ),
                ),
            ],
            options={
                "verbose_name": "note on a risk",
                "verbose_name_plural": "notes on risks",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="SupportEntry",
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
                        choices=[("question", "Question"), ("training", "Training"), ("feedback", "Feedback")],
                        max_length=10,
                    ),
                ),
                ("came_on", models.DateField()),
                ("by", models.CharField(max_length=120, verbose_name="from whom")),
                ("text", models.TextField(max_length=4000)),
                (
                    "people",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(10000),
                        ],
                        verbose_name="people trained",
                    ),
                ),
                ("done", models.TextField(blank=True, max_length=4000, verbose_name="what was done")),
                ("done_on", models.DateField(blank=True, null=True)),
                ("recorded_by", models.CharField(max_length=254)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="support",
                        to="clients.client",
                    ),
                ),
            ],
            options={
                "verbose_name": "team support",
                "verbose_name_plural": "team support",
                "ordering": ("-came_on", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Vendor",
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
                ("buys", models.CharField(blank=True, max_length=300, verbose_name="what is bought")),
                ("contract", models.CharField(blank=True, max_length=300)),
                ("contact", models.CharField(blank=True, max_length=300)),
                ("renews_on", models.DateField(blank=True, null=True)),
                ("renews_itself", models.BooleanField(default=True, verbose_name="it renews by itself")),
                (
                    "notice_days",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, validators=[django.core.validators.MaxValueValidator(730)]
                    ),
                ),
                ("ended_on", models.DateField(blank=True, null=True)),
                (
                    "commitment",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
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
                (
                    "commitment_per",
                    models.CharField(
                        choices=[("month", "a month"), ("year", "a year"), ("term", "for the whole term")],
                        default="year",
                        max_length=10,
                    ),
                ),
                ("retention", models.CharField(blank=True, max_length=200, verbose_name="how long it keeps data")),
                (
                    "training",
                    models.CharField(
                        choices=[
                            ("unknown", "Not known yet"),
                            ("no", "No, the contract rules it out"),
                            ("opted_out", "No, we opted out"),
                            ("yes", "Yes"),
                        ],
                        default="unknown",
                        max_length=10,
                        verbose_name="whether it trains on the data",
                    ),
                ),
                ("region", models.CharField(blank=True, max_length=120, verbose_name="where the data is")),
                ("dpa_link", models.URLField(blank=True, max_length=500, verbose_name="data processing agreement")),
                ("billed_as", models.CharField(blank=True, max_length=80, verbose_name="name in bills")),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="vendors", to="clients.client"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VendorTalk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("people", models.CharField(blank=True, max_length=200, verbose_name="with whom")),
                ("text", models.TextField(max_length=4000, verbose_name="what was said")),
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
                    "vendor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="talks", to="clients.vendor"
                    ),
                ),
            ],
            options={
                "verbose_name": "conversation with a vendor",
                "verbose_name_plural": "conversations with vendors",
                "ordering": ("-day", "-id"),
            },
        ),
        migrations.AddIndex(
            model_name="feed",
            index=models.Index(condition=models.Q(("active", True)), fields=["due_at"], name="feed_due"),
        ),
        migrations.AddConstraint(
            model_name="feed",
            constraint=models.UniqueConstraint(fields=("practice", "url"), name="feed_once"),
        ),
        migrations.AddIndex(
            model_name="riskitem",
            index=models.Index(fields=["practice", "status", "-severity"], name="risk_of_practice"),
        ),
        migrations.AddIndex(
            model_name="feedentry",
            index=models.Index(fields=["practice", "state", "-arrived_at", "-id"], name="feed_entry_to_triage"),
        ),
        migrations.AddConstraint(
            model_name="feedentry",
            constraint=models.UniqueConstraint(fields=("feed", "key"), name="feed_entry_once"),
        ),
        migrations.AddConstraint(
            model_name="concern",
            constraint=models.UniqueConstraint(fields=("client", "item"), name="concern_once"),
        ),
        migrations.AddIndex(
            model_name="supportentry",
            index=models.Index(fields=["client", "-came_on", "-id"], name="support_of_client"),
        ),
        migrations.AddIndex(
            model_name="supportentry",
            index=models.Index(fields=["client", "done_on"], name="support_by_done"),
        ),
        migrations.AddConstraint(
            model_name="supportentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("done_on", None), ("done_on__gte", models.F("came_on")), _connector="OR"),
                name="support_done_after_it_came",
            ),
        ),
        migrations.AddConstraint(
            model_name="vendor",
            constraint=models.UniqueConstraint(
                models.F("client"), django.db.models.functions.text.Lower("name"), name="vendor_once"
            ),
        ),
        Isolate(
            "clients_riskitem",
            by="practice_id",
            practice=True,
            privileges="SELECT, INSERT, UPDATE",
            reading=f"{OF_PRACTICE} OR {CONCERNS}",
            writing=OF_PRACTICE,
        ),
        Isolate("clients_risknote", by="practice_id", practice=True, privileges="SELECT, INSERT"),
        Isolate("clients_concern"),
        Isolate("clients_feed", by="practice_id", practice=True, due=("id", "practice_id", "active", "due_at")),
        Isolate("clients_feedentry", by="practice_id", practice=True),
        Isolate("clients_vendor"),
        Isolate("clients_vendortalk", privileges="SELECT, INSERT"),
        Isolate("clients_supportentry"),
        SameTenant("clients_risknote", "item_id", "clients_riskitem", tenant="practice_id"),
        SameTenant("clients_concern", "client_id", "clients_client", tenant="practice_id"),
        SameTenant("clients_concern", "item_id", "clients_riskitem", tenant="practice_id"),
        SameTenant("clients_feedentry", "feed_id", "clients_feed", tenant="practice_id"),
        SameTenant("clients_feedentry", "item_id", "clients_riskitem", tenant="practice_id"),
        SameTenant("clients_vendortalk", "vendor_id", "clients_vendor"),
        Trail("clients_riskitem", client="", practice="practice_id", without=("edition",)),
        Trail("clients_risknote", client="", practice="practice_id"),
        Trail("clients_concern", without=("edition",)),
        # What reading a feed changes is no act of anybody.
        Trail(
            "clients_feed",
            client="",
            practice="practice_id",
            without=("edition", "due_at", "etag", "last_modified", "read_at", "problem", "failures"),
        ),
        Trail("clients_vendor", without=("edition",)),
        Trail("clients_vendortalk"),
        Trail("clients_supportentry", without=("edition",)),
    ]
