"""The first floor's nouns: sources, spans, scores, points, and the bookkeeping between them.

Spans, scores and points are written and read in bulk through SQL (`ingest`, `rollups`, `series`); their models here give them
names, tenancy and a place in migrations.
"""

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from clients.models import Client, PublicIdField, System


class SourceKind(models.TextChoices):
    OTLP = "otlp", "OpenTelemetry (pushed)"
    FILE = "file", "Imported files"


class SourceQuerySet(models.QuerySet["Source"]):
    def worst_first(self) -> "SourceQuerySet":
        """Those in trouble, newest trouble first, then the others by name."""
        return self.order_by(models.F("error_at").desc(nulls_last=True), "name")

    def arrived(self, source_id: int, now: datetime) -> int:
        """Note that data came in, which also ends whatever was wrong before."""
        return self.filter(pk=source_id).update(last_arrival_at=now, error="", error_at=None)

    def failed(self, source_id: int, now: datetime, error: str) -> int:
        """Note what went wrong, in words for the program manager; the data stays as it was."""
        return self.filter(pk=source_id).update(error=error[:500], error_at=now)

    def seen(self, source_id: int, error: str) -> int:
        """Clear what went wrong once a person has read it; what came up since stays."""
        return self.filter(pk=source_id, error=error).update(error="", error_at=None)


class Source(models.Model):
    """A configured way in for one client's data. Its token is kept as a digest only."""

    tenancy = "client"

    public_id = PublicIdField()
    client = models.ForeignKey(Client, models.CASCADE, related_name="sources")
    system = models.ForeignKey(System, models.PROTECT, related_name="+")
    """The system its data belongs to when the data does not say."""
    kind = models.CharField(max_length=20, choices=SourceKind)
    name = models.CharField(max_length=120)
    keeps_text = models.BooleanField(default=True)
    """Whether what was asked and answered is stored, or only what it took."""
    token_digest = models.CharField(max_length=64, null=True, blank=True, unique=True)
    token_hint = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_arrival_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    error_at = models.DateTimeField(null=True, blank=True)

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["client", "kind", "name"], name="source_once"),)

    def __str__(self) -> str:
        return self.name


class Span(models.Model):
    """One span of a trace, partitioned by month of its start. The columns are those of `records.SpanRecord`.

    The table also has the quarter of an hour it started in, which the database works out.
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
    input_text = models.TextField()
    output_text = models.TextField()
    attributes = models.JSONField()

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
    prompt_version = models.TextField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "at"], name="score_by_time")]


class Grain(models.IntegerChoices):
    """How much time a point sums up, in minutes; days and weeks (from Monday) are local to the client's zone, whatever their length."""

    QUARTER = 15, "quarter of an hour"
    HOUR = 60, "hour"
    DAY = 1440, "day"
    WEEK = 10080, "week"


class PointColumns(models.Model):
    """What a point is made of. `system_id` 0 and "*" stand for "all": days also keep the merged slices pages read, weeks only those."""

    tenancy = "client"

    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    grain = models.PositiveSmallIntegerField(choices=Grain)
    at = models.DateTimeField()
    measure = models.TextField()
    system_id = models.BigIntegerField()
    environment = models.TextField()
    model = models.TextField()
    prompt_version = models.TextField()
    segment = models.TextField()
    item = models.TextField()
    """What within the measure: a tool's name, a category's label; usually empty."""
    n = models.BigIntegerField()
    total = models.DecimalField(max_digits=30, decimal_places=10)
    sum_squares = models.FloatField()
    buckets = ArrayField(models.IntegerField(), null=True)
    counts = ArrayField(models.BigIntegerField(), null=True)
    known_at = models.DateTimeField()

    class Meta:
        abstract = True
        managed = False


class Point(PointColumns):
    """A mergeable summary of one measure over one grain of time and one slice of dimensions, as it is known now."""

    pk = models.CompositePrimaryKey(
        "client_id", "grain", "at", "measure", "system_id", "environment", "model", "prompt_version", "segment", "item"
    )

    class Meta(PointColumns.Meta):
        db_table = "monitoring_point"


class PastPoint(PointColumns):
    """A day's point as it stood until `superseded_at`: append-only, so any day can be read as it was known at any midnight."""

    pk = models.CompositePrimaryKey(
        "client_id",
        "grain",
        "at",
        "measure",
        "system_id",
        "environment",
        "model",
        "prompt_version",
        "segment",
        "item",
        "known_at",
    )
    superseded_at = models.DateTimeField()

    class Meta(PointColumns.Meta):
        db_table = "monitoring_past_point"


class Seen(models.Model):
    """Who and which conversations appeared on a local day: id sets, because distinct counts cannot be summed.

    `digests` are 8 bytes an id, sorted, each id once; `system_id` 0 stands for all systems together.
    """

    tenancy = "client"

    pk = models.CompositePrimaryKey("client_id", "day", "kind", "system_id")
    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="+")
    day = models.DateField()
    kind = models.TextField()
    system_id = models.BigIntegerField()
    digests = models.BinaryField()

    class Meta:
        db_table = "monitoring_seen"


class Touched(models.Model):
    """A quarter of an hour whose points are out of date: written with the data, taken away by the roll-up that repairs it."""

    tenancy = "client"

    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="+")
    quarter = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "quarter"], name="touched_by_client")]


class DimensionValue(models.Model):
    """A value that a dimension's points may carry; once a client has `counting.DIMENSION_CAP` of them, new ones count as "(other)"."""

    tenancy = "client"

    pk = models.CompositePrimaryKey("client_id", "dimension", "value")
    client = models.ForeignKey(Client, models.CASCADE, db_index=False, related_name="+")
    dimension = models.TextField()
    value = models.TextField()
