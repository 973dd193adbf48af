"""What arrived: spans and the scores on them, written and read in bulk through SQL; the models give them names and tenancy."""

from typing import ClassVar

from django.db import models

from clients.models import Client, System

from .sources import Source


class Span(models.Model):
    """One span of a trace, partitioned by month of its start. The columns are those of `records.SpanRecord`.

    `quarter`, the quarter of an hour it started in, is worked out by the database.
    """

    tenancy = "client"

    pk = models.CompositePrimaryKey("client_id", "source_id", "trace_id", "span_id", "started_at")
    client = models.ForeignKey(Client, models.DO_NOTHING, db_constraint=False, related_name="+")
    source = models.ForeignKey(Source, models.DO_NOTHING, db_constraint=False, related_name="+")
    trace_id = models.TextField()
    span_id = models.TextField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    parent_id = models.TextField()
    kind = models.TextField()
    name = models.TextField()
    system = models.ForeignKey(System, models.DO_NOTHING, db_constraint=False, related_name="+")
    environment = models.TextField()
    segment = models.TextField()
    session_id = models.TextField()
    user_id = models.TextField()
    user_role = models.TextField()
    provider = models.TextField()
    model = models.TextField()
    prompt_name = models.TextField()
    prompt_version = models.TextField()
    tool = models.TextField()
    error = models.TextField()
    input_tokens = models.BigIntegerField(null=True)
    output_tokens = models.BigIntegerField(null=True)
    cache_read_tokens = models.BigIntegerField(null=True)
    cache_write_tokens = models.BigIntegerField(null=True)
    cost = models.DecimalField(max_digits=20, decimal_places=10, null=True)
    cost_estimated = models.BooleanField()
    price_table = models.TextField()
    input_text = models.TextField()
    output_text = models.TextField()
    refused = models.BooleanField(null=True)
    format_ok = models.BooleanField(null=True)
    answer_characters = models.IntegerField(null=True)
    answer_language = models.TextField()
    other_language = models.BooleanField(null=True)
    documents = models.IntegerField(null=True)
    attributes = models.JSONField()
    quarter = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "monitoring_span"


class Score(models.Model):
    """A judgement on a span or a trace; refers to them by id only, since it may arrive first."""

    tenancy = "client"

    pk = models.CompositePrimaryKey("client_id", "source_id", "score_id")
    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="+")
    source = models.ForeignKey(Source, models.CASCADE, db_index=False, related_name="+")
    score_id = models.TextField()
    at = models.DateTimeField()
    name = models.TextField()
    kind = models.TextField()
    value = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    label = models.TextField()
    judge = models.TextField()
    comment = models.TextField()
    trace_id = models.TextField()
    span_id = models.TextField()
    system = models.ForeignKey(System, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    environment = models.TextField()
    segment = models.TextField()
    model = models.TextField()
    prompt_name = models.TextField()
    prompt_version = models.TextField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "at"], name="score_by_time")]
