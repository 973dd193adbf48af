"""Spans by month, points and their past, and row-level security on all of the first floor."""

from datetime import UTC, datetime
from typing import Any

from django.db import migrations

from clients.rls import Isolate, SameTenant
from monitoring import partitions

SPAN = """
CREATE TABLE monitoring_span (
  client_id bigint NOT NULL, source_id bigint NOT NULL, trace_id text NOT NULL, span_id text NOT NULL, started_at timestamptz NOT NULL,
  ended_at timestamptz, parent_id text NOT NULL, kind text NOT NULL, name text NOT NULL, system_id bigint NOT NULL,
  environment text NOT NULL, segment text NOT NULL, session_id text NOT NULL, user_id text NOT NULL, user_role text NOT NULL,
  provider text NOT NULL, model text NOT NULL, prompt_name text NOT NULL, prompt_version text NOT NULL,
  tool text NOT NULL, error text NOT NULL,
  input_tokens bigint, output_tokens bigint, cache_read_tokens bigint, cache_write_tokens bigint,
  cost numeric(20, 10), cost_estimated boolean NOT NULL, price_table text NOT NULL,
  input_text text NOT NULL, output_text text NOT NULL,
  refused boolean, format_ok boolean, answer_characters integer, answer_language text NOT NULL,
  other_language boolean, documents integer, attributes jsonb NOT NULL,
  quarter timestamptz NOT NULL GENERATED ALWAYS AS (date_bin('15 minutes', started_at, 'epoch')) STORED,
  PRIMARY KEY (client_id, source_id, trace_id, span_id, started_at)
) PARTITION BY RANGE (started_at);
CREATE INDEX monitoring_span_by_quarter ON monitoring_span (quarter, client_id);
"""

POINT = """
CREATE TABLE {table} (
  client_id bigint NOT NULL REFERENCES clients_client ON DELETE CASCADE, grain smallint NOT NULL, at timestamptz NOT NULL,
  measure text NOT NULL, system_id bigint NOT NULL, environment text NOT NULL, model text NOT NULL, prompt_version text NOT NULL,
  segment text NOT NULL, item text NOT NULL, n bigint NOT NULL, total numeric(30, 10) NOT NULL, sum_squares double precision NOT NULL,
  buckets integer[], counts bigint[], known_at timestamptz NOT NULL{more},
  PRIMARY KEY (client_id, grain, at, measure, system_id, environment, model, prompt_version, segment, item{key})
);
"""
PAST = POINT.format(table="monitoring_past_point", more=", superseded_at timestamptz NOT NULL", key=", known_at")


def create_months(apps: Any, schema_editor: Any) -> None:
    partitions.create(schema_editor.connection, datetime.now(UTC).date())


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0001_initial"), ("clients", "0002_isolation")]

    operations = [
        migrations.RunSQL(SPAN, "DROP TABLE monitoring_span"),
        migrations.RunPython(create_months, migrations.RunPython.noop),
        migrations.RunSQL(POINT.format(table="monitoring_point", more="", key=""), "DROP TABLE monitoring_point"),
        migrations.RunSQL(PAST, "DROP TABLE monitoring_past_point"),
        Isolate(
            "monitoring_source",
            due=("id", "client_id", "last_arrival_at", "next_run_at", "claimed_until"),
            token="token_digest",
        ),
        Isolate("monitoring_sync"),
        Isolate("monitoring_signal"),
        Isolate("monitoring_usage"),
        Isolate("monitoring_bill"),
        Isolate("monitoring_ticket"),
        Isolate("monitoring_promptversion"),
        Isolate("monitoring_outcomedefinition"),
        Isolate("monitoring_outcomevalue", privileges="SELECT, INSERT"),
        Isolate("monitoring_ticketday"),
        Isolate("monitoring_span"),
        Isolate("monitoring_score"),
        Isolate("monitoring_textreading", privileges="SELECT, INSERT"),
        Isolate("monitoring_point"),
        Isolate("monitoring_past_point", privileges="SELECT, INSERT"),
        Isolate("monitoring_seen"),
        Isolate("monitoring_touched", due=("client_id",)),
        Isolate("monitoring_dimensionvalue"),
        SameTenant("monitoring_source", "system_id", "clients_system"),
        SameTenant("monitoring_source", "handed_to_id", "monitoring_source"),
        SameTenant("monitoring_score", "source_id", "monitoring_source"),
        SameTenant("monitoring_sync", "source_id", "monitoring_source"),
        SameTenant("monitoring_signal", "source_id", "monitoring_source"),
        SameTenant("monitoring_usage", "source_id", "monitoring_source"),
        SameTenant("monitoring_bill", "source_id", "monitoring_source"),
        SameTenant("monitoring_ticket", "source_id", "monitoring_source"),
        SameTenant("monitoring_promptversion", "source_id", "monitoring_source"),
        SameTenant("monitoring_outcomevalue", "definition_id", "monitoring_outcomedefinition", cascade=True),
        SameTenant("monitoring_outcomevalue", "source_id", "monitoring_source", cascade=True),
        SameTenant("monitoring_ticketday", "source_id", "monitoring_source"),
    ]
