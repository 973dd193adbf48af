"""Summaries that add up: n, sum, sum of squares and a log-bucket histogram, merged without loss of meaning.

The histogram is a DDSketch (Masson, Rim, Lee, VLDB 2019): bucket *i* holds values in (γ^(i-1), γ^i], so any quantile is
within `RELATIVE_ERROR` of the value at its rank, however often summaries are merged. SQL in `rollups` fills the same buckets.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

type Integers = NDArray[np.int64]

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


_NONE: Integers = np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts per bucket, both in the order of the buckets, each bucket once."""

    buckets: Integers = field(default_factory=lambda: _NONE)
    counts: Integers = field(default_factory=lambda: _NONE)

    @cached_property
    def n(self) -> int:
        return int(self.counts.sum())

    @classmethod
    def of(cls, values: Iterable[float]) -> "Histogram":
        buckets = np.array([bucket_of(value) for value in values], np.int64)
        return cls.adding(buckets, np.ones_like(buckets))

    @classmethod
    def adding(cls, buckets: Integers, counts: Integers) -> "Histogram":
        """Of buckets in any order, the counts of those that repeat added up."""
        if not buckets.size:
            return cls()
        order = np.argsort(buckets, kind="stable")
        buckets = buckets[order]
        firsts = np.flatnonzero(np.diff(buckets, prepend=buckets[0] - 1))
        return cls(buckets[firsts], np.add.reduceat(counts[order], firsts))

    @classmethod
    def merged(cls, parts: Iterable["Histogram"]) -> "Histogram":
        """All parts in one."""
        filled = [p for p in parts if p.buckets.size]
        if len(filled) < 2:
            return filled[0] if filled else cls()
        return cls.adding(np.concatenate([p.buckets for p in filled]), np.concatenate([p.counts for p in filled]))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Histogram):
            return NotImplemented
        return np.array_equal(self.buckets, other.buckets) and np.array_equal(self.counts, other.counts)

    __hash__ = None  # type: ignore[assignment]

    def quantile(self, q: float) -> float | None:
        """The value at rank ``q · (n − 1)``, or None of an empty histogram. `q` lies within 0 and 1."""
        return self.at_rank(round(q * (self.n - 1))) if self.n else None

    def at_rank(self, rank: int) -> float:
        """The value of the `rank`-th smallest (from 0), clamped to what is there; the histogram must not be empty."""
        index = int(np.searchsorted(self._reached, rank, side="right"))
        return bucket_value(int(self.buckets[min(index, len(self.buckets) - 1)]))

    @cached_property
    def _reached(self) -> Integers:
        """How many cases lie in each bucket and those below it."""
        return np.cumsum(self.counts)


@dataclass(frozen=True, slots=True)
class Summary:
    """What is kept of many values: how many (`n`), their sum, the sum of their squares, and perhaps a histogram."""

    n: int = 0
    total: Decimal = Decimal(0)
    sum_squares: float = 0.0
    histogram: Histogram = field(default_factory=Histogram)

    @classmethod
    def merged(cls, parts: Sequence["Summary"]) -> "Summary":
        """All parts in one, with one pass over their buckets."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            sum(p.n for p in parts),
            sum((p.total for p in parts), Decimal(0)),
            sum(p.sum_squares for p in parts),
            Histogram.merged(p.histogram for p in parts),
        )

    def __add__(self, other: "Summary") -> "Summary":
        return Summary.merged([self, other])

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
