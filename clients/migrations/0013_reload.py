"""Leave and who stands in, when each person looked at a client last, and pages of the handbook found by their words."""

import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import clients.models.fields
from clients.rls import CLIENT, PRACTICE, Isolate, SameTenant
from clients.trail import Trail

FIND_BY_WORDS = """
CREATE FUNCTION fracops_words_of_page() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.words := to_tsvector('english', left(NEW.text, 100000)); RETURN NEW; END $$;
CREATE TRIGGER found_by_words BEFORE INSERT ON clients_pageversion FOR EACH ROW EXECUTE FUNCTION fracops_words_of_page();
UPDATE clients_pageversion SET words = to_tsvector('english', left(text, 100000));
"""
FORGET_WORDS = "DROP TRIGGER found_by_words ON clients_pageversion; DROP FUNCTION fracops_words_of_page();"


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0012_handover"),
    ]

    operations = [
        migrations.AddField(
            model_name="notification",
            name="behalf",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="notification",
            name="doer",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="practice",
            name="pilot_quiet_days",
            field=models.PositiveSmallIntegerField(
                default=30,
                validators=[django.core.validators.MinValueValidator(7), django.core.validators.MaxValueValidator(365)],
            ),
        ),
        migrations.AddField(
            model_name="pageversion",
            name="words",
            field=django.contrib.postgres.search.SearchVectorField(editable=False, null=True),
        ),
        migrations.CreateModel(
            name="Absence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "public_id",
                    clients.models.fields.PublicIdField(
                        default=clients.models.fields.public_id, editable=False, max_length=16, unique=True
                    ),
                ),
                ("first", models.DateField(verbose_name="first day")),
                ("last", models.DateField(verbose_name="last day")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
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
                "verbose_name": "leave",
                "ordering": ("first", "id"),
                "indexes": [models.Index(fields=["practice", "last"], name="absence_of_practice")],
                "constraints": [
                    models.UniqueConstraint(fields=("practice", "person", "first"), name="absence_once"),
                    models.CheckConstraint(
                        condition=models.Q(("last__gte", models.F("first"))), name="absence_ends_after"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Look",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("before", models.DateTimeField(null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.client"
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
                "constraints": [models.UniqueConstraint(fields=("person", "client"), name="look_once")],
            },
        ),
        migrations.RunSQL(FIND_BY_WORDS, FORGET_WORDS),
        # The practice's own people plan by it. The scheduler asks which practices have somebody away.
        Isolate("clients_absence", by="practice_id", practice=True, due=("id", "practice_id", "first", "last")),
        Trail("clients_absence", client="", practice="practice_id", without=("edition",)),
        # When somebody looked is nothing that a client's own people read, though it is of their client.
        Isolate(
            "clients_look",
            practice=True,
            reading=f"{PRACTICE.format(column='practice_id')} AND {CLIENT.format(column='client_id')}",
        ),
        SameTenant("clients_look", "client_id", "clients_client", tenant="practice_id"),
    ]
