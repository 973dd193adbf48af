"""One row of words for each page of the handbook, of its newest version, in place of the words of every version."""

import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

from clients.rls import Isolate, SameTenant

# What is kept of a text: PostgreSQL takes at most 1 MB of words. Inline, for reading them elsewhere takes three times as long as
# looking for a word in them.
KEEP_WORDS = """
ALTER TABLE clients_pagewords ALTER COLUMN words SET STORAGE MAIN;
CREATE FUNCTION fracops_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO clients_pagewords AS kept (page_id, client_id, number, words)
  VALUES (NEW.page_id, NEW.client_id, NEW.number, to_tsvector('english', left(NEW.text, 100000)))
  ON CONFLICT (page_id) DO UPDATE SET number = excluded.number, words = excluded.words WHERE kept.number < excluded.number;
  RETURN NULL;
END $$;
CREATE TRIGGER words_are_kept AFTER INSERT ON clients_pageversion FOR EACH ROW EXECUTE FUNCTION fracops_keep_words();
INSERT INTO clients_pagewords (page_id, client_id, number, words)
SELECT DISTINCT ON (page_id) page_id, client_id, number, to_tsvector('english', left(text, 100000))
FROM clients_pageversion ORDER BY page_id, number DESC;
SET CONSTRAINTS ALL IMMEDIATE;
"""
FORGET_WORDS = "DROP TRIGGER words_are_kept ON clients_pageversion; DROP FUNCTION fracops_keep_words();"
FIND_BY_WORDS = """
CREATE FUNCTION fracops_words_of_page() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.words := to_tsvector('english', left(NEW.text, 100000)); RETURN NEW; END $$;
CREATE TRIGGER found_by_words BEFORE INSERT ON clients_pageversion FOR EACH ROW EXECUTE FUNCTION fracops_words_of_page();
UPDATE clients_pageversion SET words = to_tsvector('english', left(text, 100000));
"""


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0014_begin"),
    ]

    operations = [
        migrations.RunSQL(
            "DROP TRIGGER found_by_words ON clients_pageversion; DROP FUNCTION fracops_words_of_page();", FIND_BY_WORDS
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
