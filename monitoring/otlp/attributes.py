"""Reads single values out of OTLP attributes."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from monitoring import values

type Attributes = dict[str, Any]


def as_dict(pairs: Iterable[KeyValue]) -> Attributes:
    """Attributes as a plain dict; of a key given twice the last one counts."""
    return {pair.key: any_value(pair.value) for pair in pairs}


def any_value(value: AnyValue) -> Any:
    """str, bool, int, float, bytes, a list, a dict, or None when nothing is set."""
    which = value.WhichOneof("value")
    if which == "string_value":
        return value.string_value
    if which == "array_value":
        return [any_value(item) for item in value.array_value.values]
    if which == "kvlist_value":
        return as_dict(value.kvlist_value.values)
    return None if which is None else getattr(value, which)


def first(found: Attributes, names: tuple[str, ...]) -> Any:
    """The value of the first of `names` that is present and not empty, else None."""
    for name in names:
        value = found.get(name)
        if value is not None and value != "":
            return value
    return None


def name(found: Attributes, names: tuple[str, ...]) -> str:
    """A short name or id; empty when not given."""
    value = first(found, names)
    return "" if value is None else values.short(value)


def tokens(found: Attributes, names: tuple[str, ...]) -> int | None:
    """A token count, None when not given. Raises BadValue."""
    value = first(found, names)
    return None if value is None else values.tokens(value, _present(found, names))


def money(found: Attributes, names: tuple[str, ...]) -> Decimal | None:
    """A cost in US dollars, None when not given. Raises BadValue."""
    value = first(found, names)
    return None if value is None else values.money(value, _present(found, names))


def _present(found: Attributes, names: tuple[str, ...]) -> str:
    return next(name for name in names if found.get(name) not in (None, ""))
