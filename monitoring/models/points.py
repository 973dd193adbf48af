"""What was counted: points, their past, who was seen, and the bookkeeping of the roll-up."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from clients.models import Client


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
