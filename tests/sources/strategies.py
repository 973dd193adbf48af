"""Answers a provider's description allows: values made from an OpenAPI or JSON schema, with nulls, unknown words and extra fields."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson
import yaml
from hypothesis import strategies as st

from tests.sources.fakes.base import CONTRACTS, WHOLE

DEEPEST = 6
"""Levels of objects; below, only nulls: descriptions are recursive."""
NUMBERS = st.one_of(
    st.integers(-1, 2**40), st.floats(allow_nan=False, allow_infinity=False, width=32), st.just(0), st.just(10**20)
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
TIMES = st.sampled_from(
    ["2026-11-02T05:00:00Z", "2026-11-02T05:00:00.123Z", "2026-11-03T00:00:00+02:00", "1969-12-31T23:59:59Z", ""]
)
INTEGERS = st.integers(-1, 2**40) | st.integers(int(WHOLE.start.timestamp()), int(WHOLE.end.timestamp()))
"""Times among the numbers, so that some lie in a window."""
FORMATS: dict[str, st.SearchStrategy[Any]] = {
    "date-time": TIMES | st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat()),
    "date": st.dates().map(lambda day: day.isoformat()),
    "uuid": st.uuids().map(str),
}


@cache
def description_of(name: str) -> Mapping[str, Any]:
    """A contract as it is written."""
    text = (CONTRACTS / name).read_text()
    read: Mapping[str, Any] = orjson.loads(text) if name.endswith(".json") else yaml.load(text, Loader=yaml.CSafeLoader)
    return read


def response_schema(description: Mapping[str, Any], path: str, method: str = "get") -> Mapping[str, Any]:
    """What an operation answers with when all is well."""
    responses = description["paths"][path][method]["responses"]
    schema: Mapping[str, Any] = responses["200"]["content"]["application/json"]["schema"]
    return schema


def from_schema(description: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a schema; now and then a null where it allows one, a word that no enum lists, or a field nobody described."""
    plain = _plain(description, schema, depth)
    return st.none() | plain if schema.get("nullable") else plain


def _plain(description: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    if depth > DEEPEST:
        return st.none()
    if "$ref" in schema:
        return from_schema(description, _resolved(description, schema), depth)
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return st.one_of([from_schema(description, option, depth) for option in schema[choice]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from([*schema["enum"], "SOMETHING_NEW"])
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return st.one_of([_plain(description, {**schema, "type": kind}, depth) for kind in kinds])
    return _of_type(description, schema, str(kinds), depth)


def _of_type(
    description: Mapping[str, Any], schema: Mapping[str, Any], kind: str, depth: int
) -> st.SearchStrategy[Any]:
    if kind == "object" or "properties" in schema or "allOf" in schema:
        return _object(description, schema, depth)
    if kind == "array":
        return st.lists(from_schema(description, schema.get("items", {}), depth + 1), max_size=3)
    if kind == "string":
        return FORMATS.get(schema.get("format", ""), st.text(max_size=12))
    known = {"integer": INTEGERS, "number": NUMBERS, "boolean": st.booleans(), "null": st.none()}
    return known.get(kind, ANYTHING)


def _object(description: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    properties, required = _fields(description, schema)
    fields = {name: from_schema(description, inner, depth + 1) for name, inner in properties.items()}
    always = {name: value for name, value in fields.items() if name in required}
    others = {name: value for name, value in fields.items() if name not in required}
    extra = schema.get("additionalProperties", {})
    more = from_schema(description, extra, depth + 1) if isinstance(extra, Mapping) and extra else ANYTHING
    unknown = st.dictionaries(st.text(max_size=6).map(lambda name: f"x_{name}"), more, max_size=2)
    return st.tuples(unknown, st.fixed_dictionaries(always, optional=others)).map(lambda both: {**both[0], **both[1]})


def _fields(description: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """The properties of an object and of all it is made of."""
    schema = _resolved(description, schema)
    properties, required = dict(schema.get("properties", {})), set(schema.get("required", ()))
    for part in schema.get("allOf", ()):
        more, needed = _fields(description, part)
        properties, required = {**more, **properties}, required | needed
    return properties, required


def _resolved(description: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference points to, with what stands beside it."""
    if "$ref" not in schema:
        return schema
    found: Any = description
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return {**found, **{name: value for name, value in schema.items() if name != "$ref"}}
