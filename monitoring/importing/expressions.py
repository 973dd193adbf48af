"""The little language of a mapping: a column, a quoted constant, or a call of one of a few functions on these.

``equal(last_yes_no(answer), ref_answer)`` is parsed by Python's own parser, but only names, constants and calls of the functions
listed here are understood; nothing is ever evaluated as Python.
"""

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from monitoring import values
from monitoring.importing.problems import ImportProblem

type Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Expression:
    """What a target is made of: call it with a row's fields. It raises BadValue when a value does not suit a function."""

    written: str
    columns: frozenset[str]
    evaluate: Callable[[Fields], Any]

    def __call__(self, fields: Fields) -> Any:
        return self.evaluate(fields)


def parse(written: str, columns: tuple[str, ...] | None = None) -> Expression:
    """Parses an expression. With `columns`, a file's header, whatever is exactly a column's name is that column.

    Raises ImportProblem, which names the part that is not understood.
    """
    written = written.strip()
    if columns is not None and written in columns:
        return column(written)
    try:
        tree = ast.parse(written, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ImportProblem(f"“{written}” is neither a column nor an expression{_known(columns)}.") from error
    return _compiled(tree.body, written)


def _compiled(node: ast.expr, written: str) -> Expression:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | bool):
        constant = Decimal(repr(node.value)) if isinstance(node.value, float) else node.value
        return Expression(written, frozenset(), lambda fields: constant)
    if isinstance(node, ast.Name):
        return column(node.id)
    if isinstance(node, ast.Attribute):
        return column(_dotted(node, written))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _call(node.func.id, node.args, written)
    part = ast.unparse(node)
    raise ImportProblem(
        f"“{written}”: “{part}” is not understood; use a column, a quoted constant or one of {', '.join(FUNCTIONS)}."
    )


def _call(name: str, arguments: list[ast.expr], written: str) -> Expression:
    if name == "column":
        match arguments:
            case [ast.Constant(value=str(named))]:
                return column(named)
        raise ImportProblem(f"“{written}”: column(…) takes one quoted column name.")
    if name not in FUNCTIONS:
        raise ImportProblem(f"“{written}”: there is no function {name}; there are {', '.join(FUNCTIONS)}.")
    function, least, most = FUNCTIONS[name]
    if not least <= len(arguments) <= most:
        wanted = str(least) if least == most else f"{least} or more"
        raise ImportProblem(
            f"“{written}”: {name} takes {wanted} argument{'' if wanted == '1' else 's'}, not {len(arguments)}."
        )
    parts = [_compiled(argument, written) for argument in arguments]
    columns = frozenset[str]().union(*(part.columns for part in parts))
    return Expression(written, columns, lambda fields: function(*(part(fields) for part in parts)))


def column(name: str) -> Expression:
    """The column of that name or, where a row has none, the path into its objects that the name's dots make."""

    def look_up(fields: Fields) -> Any:
        if name in fields:
            return fields[name]
        found: Any = fields
        for part in name.split("."):  # a path into a JSON object
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    return Expression(name, frozenset((name,)), look_up)


def _dotted(node: ast.Attribute, written: str) -> str:
    match node.value:
        case ast.Name(id=first):
            return f"{first}.{node.attr}"
        case ast.Attribute():
            return f"{_dotted(node.value, written)}.{node.attr}"
    raise ImportProblem(f"“{written}”: “{ast.unparse(node)}” is not a column.")


def _known(columns: tuple[str, ...] | None) -> str:
    return f"; the columns are {', '.join(column for column in columns if column)}" if columns else ""


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else values.written_out(value)


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def last_yes_no(answer: Any) -> str:
    """The last “yes” or “no” in a text, in lower case, also inside a longer word (“not”); empty when there is none."""
    found = re.findall("yes|no", _text(answer).lower())
    return found[-1] if found else ""


def equal(given: Any, reference: Any) -> bool | None:
    """Whether two values are the same text but for case and outer space; None, no judgement, when the reference is empty."""
    if _empty(reference):
        return None
    return _text(given).strip().casefold() == _text(reference).strip().casefold()


def seconds(value: Any) -> timedelta | None:
    """A duration given in seconds."""
    return _duration(value, Decimal(1_000_000))


def milliseconds(value: Any) -> timedelta | None:
    """A duration given in milliseconds."""
    return _duration(value, Decimal(1000))


def _duration(value: Any, microseconds: Decimal) -> timedelta | None:
    if _empty(value):
        return None
    number = values.exact(value)
    if number is None:
        raise values.BadValue(f"“{_text(value)[:40]}” is not a number")
    if number < 0:
        raise values.BadValue(f"{number} is negative")
    if number * microseconds > 10**15:
        raise values.BadValue(f"{number} is far too long for a duration")
    return timedelta(microseconds=round(number * microseconds))


def time(value: Any, pattern: Any) -> datetime | None:
    """A time written in a pattern of Python's strptime: ``time(timestamp, "%m/%d/%Y, %H:%M:%S")``."""
    if _empty(value):
        return None
    try:
        return datetime.strptime(_text(value).strip(), _text(pattern))  # noqa: DTZ007  the client's zone is added later
    except ValueError as error:
        raise values.BadValue(f"“{_text(value)[:40]}” is not a time written as {_text(pattern)}") from error


def after(value: Any, separator: Any) -> str:
    """What follows the last separator, or all of it: ``after("openai/gpt-4", "/")`` is gpt-4."""
    return _text(value).rpartition(_text(separator) or "/")[2]


def join(*parts: Any) -> str:
    """The parts with “/” between them, to make one id of several columns."""
    return "/".join(map(_text, parts))


_MANY = 100
FUNCTIONS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "last_yes_no": (last_yes_no, 1, 1),
    "equal": (equal, 2, 2),
    "seconds": (seconds, 1, 1),
    "milliseconds": (milliseconds, 1, 1),
    "time": (time, 2, 2),
    "after": (after, 2, 2),
    "join": (join, 1, _MANY),
    "column": (str, 1, 1),
}
"""Each function with the fewest and the most arguments it takes. ``column("a name")`` is for columns that are no Python name."""
