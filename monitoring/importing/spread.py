"""Spreads rows evenly over a time of one's choosing, for recordings whose own times do not matter."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from monitoring.importing.problems import ImportProblem

_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Spread:
    """A half-open time `[begins, ends)`, in UTC, shared out over `rows` rows.

    The times are evenly spaced, but neighbouring rows lie far apart in time: recordings are often sorted (first all the easy
    questions, then all the hard ones), and every day should see the same mix.
    """

    begins: datetime
    ends: datetime
    rows: int = 1

    @classmethod
    def parse(cls, written: str, zone: ZoneInfo) -> "Spread":
        """``2026-09-01..2026-09-29``: from the first day's midnight to the second's, in the client's zone. Raises ImportProblem."""
        first, dots, last = written.partition("..")
        try:
            begins, ends = (_midnight(date.fromisoformat(day.strip()), zone) for day in (first, last))
        except ValueError as error:
            raise ImportProblem(f"--spread {written}: write it as two days, 2026-09-01..2026-09-29.") from error
        if not dots or begins >= ends:
            raise ImportProblem(
                f"--spread {written}: the second day must come after the first; it is no longer part of the time."
            )
        return cls(begins, ends)

    def at(self, position: int) -> datetime:
        """The time of the row at `position`, counted from 0: the middle of the share it is given, to the microsecond."""
        share = (self.ends - self.begins) / timedelta(microseconds=1) / self.rows
        return self.begins + timedelta(microseconds=int(share * (self._places[position] + 0.5)))

    @cached_property
    def _places(self) -> list[int]:
        """The share of each row: rows ranked by the fractional part of their multiple of the golden ratio, which mixes any sorting."""
        places = [0] * self.rows
        for place, position in enumerate(sorted(range(self.rows), key=lambda row: row * _GOLDEN % 1)):
            places[position] = place
        return places


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
