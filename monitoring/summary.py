"""Summaries that add up: n, sum, sum of squares and a log-bucket histogram, merged without loss of meaning.

The histogram is a DDSketch (Masson, Rim, Lee, VLDB 2019): bucket *i* holds values in (γ^(i-1), γ^i], so any quantile is
within `RELATIVE_ERROR` of the value at its rank, however often summaries are merged. SQL in `rollups` fills the same buckets.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

RELATIVE_ERROR = 0.005
GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
ZERO_BUCKET = -32768
"""The bucket of values that are zero (or below, which a duration cannot be)."""


def bucket_of(value: float) -> int:
    """The index of the bucket that holds `value`."""
    return math.ceil(math.log(value) / math.log(GAMMA)) if value > 0 else ZERO_BUCKET


def bucket_value(bucket: int) -> float:
    """The value that stands for a bucket: the point whose relative distance to both edges is the same."""
    return 0.0 if bucket == ZERO_BUCKET else 2 * math.exp(bucket * math.log(GAMMA)) / (GAMMA + 1)


@dataclass(frozen=True)
class Histogram:
    """Counts per bucket; adds with `+`."""

    counts: Mapping[int, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return sum(self.counts.values())

    @classmethod
    def of(cls, values: Iterable[float]) -> "Histogram":
        counts: dict[int, int] = {}
        for value in values:
            bucket = bucket_of(value)
            counts[bucket] = counts.get(bucket, 0) + 1
        return cls(counts)

    def __add__(self, other: "Histogram") -> "Histogram":
        counts = dict(self.counts)
        for bucket, count in other.counts.items():
            counts[bucket] = counts.get(bucket, 0) + count
        return Histogram(counts)

    def quantile(self, q: float) -> float | None:
        """The value at rank ``q · (n − 1)``, or None of an empty histogram. `q` lies within 0 and 1."""
        n = self.n
        if not n:
            return None
        return self.at_rank(round(q * (n - 1)))

    def at_rank(self, rank: int) -> float:
        """The value of the `rank`-th smallest (from 0), clamped to what is there; the histogram must not be empty."""
        seen = bucket = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen > rank:
                break
        return bucket_value(bucket)


@dataclass(frozen=True)
class Summary:
    """What is kept of many values: how many (`n`), their sum, the sum of their squares, and perhaps a histogram."""

    n: int = 0
    total: Decimal = Decimal(0)
    sum_squares: float = 0.0
    histogram: Histogram = field(default_factory=Histogram)

    def __add__(self, other: "Summary") -> "Summary":
        return Summary(
            self.n + other.n,
            self.total + other.total,
            self.sum_squares + other.sum_squares,
            self.histogram + other.histogram,
        )

    @property
    def mean(self) -> Decimal | None:
        return self.total / self.n if self.n else None

    @property
    def variance(self) -> float | None:
        """The sample variance, never below zero however the sums were rounded; None of fewer than two values."""
        if self.n < 2:
            return None
        total = float(self.total)
        return max(0.0, (self.sum_squares - total * total / self.n) / (self.n - 1))
