"""One row of words for each page of the handbook, of its newest version, in place of the words of every version."""

import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

from clients.rls import Isolate, SameTenant
from clients.searching import FORGET_WORDS, KEEP_WORDS


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0014_begin"),
    ]

    operations = [
        migrations.RunSQL(
            "DROP TRIGGER IF EXISTS found_by_words ON clients_pageversion; DROP FUNCTION IF EXISTS fracops_words_of_page();",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveField(model_name="pageversion", name="words"),
        migrations.CreateModel(
            name="PageWords",
            fields=[
                (
                    "page",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="clients.handbookpage",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("words", django.contrib.postgres.search.SearchVectorField()),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clients.client"
                    ),
                ),
            ],
        ),
        Isolate("clients_pagewords"),
        SameTenant("clients_pagewords", "page_id", "clients_handbookpage"),
        migrations.RunSQL(KEEP_WORDS, FORGET_WORDS),
    ]
