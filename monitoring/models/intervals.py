"""A column of merged stretches of time: what of a source's past has been read."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from psycopg.types.multirange import TimestamptzMultirange
from psycopg.types.range import TimestamptzRange

from monitoring.connecting.kind import Window


class WindowsField(models.Field[Any, Any]):
    """Half-open windows as a ``tstzmultirange``: PostgreSQL keeps them merged and in order, so a gap is what is missing between two."""

    def db_type(self, connection: Any) -> str:
        return "tstzmultirange"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> tuple[Window, ...]:
        # None comes with a source that is not there: of a row that may have none, joined.
        return tuple(Window(each.lower, each.upper) for each in value or ())

    def get_prep_value(self, value: Iterable[Window]) -> Any:
        if hasattr(value, "resolve_expression"):
            return value
        return TimestamptzMultirange(TimestamptzRange(each.start, each.end) for each in value)
