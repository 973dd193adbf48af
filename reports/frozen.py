"""Reports as JSON and back without loss: decimals as strings, moments in ISO, quotes by their fact's key."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from .facts import Fact, Form, Name, Part, Quote, Sentence

LATER = {"later": True}
"""The metadata of a field that reports have had only since. With its default it is left out, so that a report from before keeps the hash
it was sent with."""


def encode(value: Any) -> Any:
    """JSON values of a dataclass and everything in it."""
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return value.value
        case str():
            return value
        case Decimal():
            return str(value)
        case date():  # also a datetime
            return value.isoformat()
        case Quote():
            return {"fact": value.fact.key, "form": value.form.value}
        case Name():
            return {"name": value.text}
        case Sentence():
            return [encode(p) for p in value.parts]
        case Mapping():
            return {k: encode(v) for k, v in value.items()}
        case tuple() | list():
            return [encode(v) for v in value]
    if is_dataclass(value):
        said = {f.name: getattr(value, f.name) for f in fields(value)}
        missing = {f.name for f in fields(value) if "later" in f.metadata and said[f.name] == f.default}
        return {name: encode(part) for name, part in said.items() if name not in missing}
    raise TypeError(f"a report cannot hold {value!r}")


def decode(kind: type[Any], stored: Mapping[str, Any]) -> Any:
    """The dataclass `kind` from what `encode` wrote; its ``facts`` are read first, because quotes refer to them."""
    facts = {key: _value(Fact, fact, {}) for key, fact in stored.get("facts", {}).items()}
    return _value(kind, stored, facts)


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(kind: Any, stored: Any, facts: Mapping[str, Fact]) -> Any:
    if stored is None:
        return None
    if get_origin(kind) in {Union, types.UnionType}:
        kind = next(k for k in get_args(kind) if k is not types.NoneType)
    match get_origin(kind):
        case origin if origin is tuple:
            return tuple(_value(get_args(kind)[0], v, facts) for v in stored)
        case origin if origin is dict:
            return {k: _value(get_args(kind)[1], v, facts) for k, v in stored.items()}
    if kind is Sentence:
        return Sentence(tuple(_part(p, facts) for p in stored))
    if kind is Quote:
        return _part(stored, facts)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        # A field that reports have had only since has its default.
        return kind(**{f.name: _value(hints[f.name], stored[f.name], facts) for f in fields(kind) if f.name in stored})
    if kind in {datetime, date}:
        return kind.fromisoformat(stored)
    return kind(stored)


def _part(stored: Any, facts: Mapping[str, Fact]) -> Part:
    match stored:
        case {"fact": key, "form": form}:
            return Quote(facts[key], Form(form))
        case {"name": text}:
            return Name(text)
        case _:
            return str(stored)
