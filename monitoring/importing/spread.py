"""Spreads rows evenly over a time of one's choosing, for recordings whose own times do not matter."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitoring.importing.problems import ImportProblem


@dataclass(frozen=True)
class Spread:
    """A half-open time `[begins, ends)`, in UTC, shared out over `rows` rows."""

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
            raise ImportProblem(f"--spread {written}: the second day must come after the first; it is no longer part of the time.")
        return cls(begins, ends)

    def at(self, position: int) -> datetime:
        """The time of the row at `position`, counted from 0: the middle of its share, to the microsecond."""
        share = (self.ends - self.begins) / timedelta(microseconds=1) / max(self.rows, 1)
        return self.begins + timedelta(microseconds=int(share * (position + 0.5)))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
