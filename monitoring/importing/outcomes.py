"""Rows that say figures of outcomes, from files and pushed: one model of what a row may say."""

from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from monitoring import values
from monitoring.connecting.reading import Exact, Name, why
from monitoring.importing.calls import instant
from monitoring.importing.mapping import Mapping
from monitoring.importing.problems import RowRefused
from monitoring.importing.rows import Row
from monitoring.records import OutcomeRecord

_MOST_FLAGGED = 2**31 - 1


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value.strip() if isinstance(value, str) else "")
    except ValueError:
        raise ValueError("must be a day like 2026-11-03") from None


def _flag(value: Any) -> int:
    """``true`` is one case, ``false`` none; a number is so many."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and (word := value.strip().lower()) in ("true", "false", "yes", "no"):
        return int(word in ("true", "yes"))
    number = values.exact(value)
    if number is None or number != int(number) or not 0 <= number <= _MOST_FLAGGED:
        raise ValueError("must be true, false or a number of cases")
    return int(number)


def _named(value: Any) -> str:
    if value is not None and not isinstance(value, str | int):
        raise ValueError("must be a word or a whole number")
    return values.short(value) if value is not None else ""


Day = Annotated[date, BeforeValidator(_day)]
Flag = Annotated[int, BeforeValidator(_flag)]


def _there(value: str) -> str:
    if not value:
        raise ValueError("must not be empty")
    return value


Filled = AfterValidator(_there)
"""For what must be said."""
Id = Annotated[str, BeforeValidator(_named)]
"""What its sender calls a row: a word or a whole number; empty for none."""


class OutcomeRow(BaseModel):
    """What a row says: which outcome, when, and how much. `at` is a moment, `day` a local day, `first_day` to `last_day` several."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    outcome: Annotated[Name, Filled]
    id: Id = ""
    at: Any = None
    day: Day | None = None
    first_day: Day | None = None
    last_day: Day | None = None
    numerator: Exact | None = None
    denominator: Exact | None = None
    success: Flag | None = None
    retried: Flag | None = None
    overridden: Flag | None = None
    withdrawn: bool = False

    def record(self, zone: ZoneInfo) -> OutcomeRecord:
        """The figure, its moment as a day of the client's. Raises BadValue for none or more than one way to say when."""
        first, last = self._days(zone)
        if self.withdrawn == (self.numerator is not None):
            raise values.BadValue(
                "numerator: what is withdrawn has none" if self.withdrawn else "numerator: the row has none"
            )
        return OutcomeRecord(
            self.outcome,
            first,
            last,
            self.numerator,
            self.denominator,
            self.success,
            self.retried,
            self.overridden,
            self.id,
        )

    def _days(self, zone: ZoneInfo) -> tuple[date, date]:
        several = self.first_day is not None or self.last_day is not None
        if [self.at is not None, self.day is not None, several].count(True) != 1:
            raise values.BadValue("day: say when as one of day, at, or first_day and last_day")
        if self.day is not None:
            return self.day, self.day
        if self.at is not None:
            try:
                day = instant(self.at, zone).astimezone(zone).date()
            except OverflowError:  # the calendar's first and last day, elsewhere
                raise values.BadValue("at: this is no moment of this calendar") from None
            return day, day
        if self.first_day is None or self.last_day is None:
            raise values.BadValue("day: first_day and last_day belong together")
        return self.first_day, self.last_day


OUTCOME_TARGETS = tuple(OutcomeRow.model_fields)
"""What a row of a file can say."""


def outcome_of(row: Row, zone: ZoneInfo) -> OutcomeRecord:
    """The figure of a row whose fields carry the targets' names. Raises RowRefused with the reason."""
    try:
        return OutcomeRow.model_validate(dict(row.fields)).record(zone)
    except (ValidationError, values.BadValue) as error:
        raise RowRefused(row.line, why(error)) from None


def mapped(row: Row, mapping: Mapping, usual: dict[str, Any]) -> Row:
    """The row with its columns under the targets' names; empty fields say nothing, and `usual` fills what is not said."""
    found = dict(usual)
    for target, expression in mapping.targets.items():
        try:
            value = expression(row.fields)
        except values.BadValue as error:
            raise RowRefused(row.line, f"{target}: {error}") from error
        if value is not None and not (isinstance(value, str) and not value.strip()):
            found[target] = value
    return Row(row.line, found)
