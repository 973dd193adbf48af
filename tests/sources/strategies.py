"""Values as a provider's description allows them, and a little beyond: enum values of next year and fields nobody has described yet."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

type Values = st.SearchStrategy[Any]

NOBODY_KNOWS = st.dictionaries(st.just("a_field_of_next_year"), st.none() | st.text(max_size=5), max_size=1)
FORMATS: dict[str, Values] = {
    "date-time": st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat()),
    "date": st.dates().map(lambda day: day.isoformat()),
    "uuid": st.uuids().map(str),
}


def from_schema(description: Mapping[str, Any], schema: Mapping[str, Any]) -> Values:
    """Values of a schema; `description` is the document its references point into."""
    while "$ref" in schema:
        found: Any = description
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            return st.one_of([from_schema(description, one) for one in schema[choice]])
    if "allOf" in schema:
        return st.tuples(*(from_schema(description, one) for one in schema["allOf"])).map(_merged)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"]) | st.text(max_size=12)
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    every = [_of_type(description, schema, kind) for kind in kinds]
    return st.one_of(every) | st.none() if schema.get("nullable") else st.one_of(every)


def _of_type(description: Mapping[str, Any], schema: Mapping[str, Any], kind: str) -> Values:
    match kind:
        case "object":
            fields = {k: from_schema(description, v) for k, v in schema.get("properties", {}).items()}
            needed = set(schema.get("required", ()))
            described = st.fixed_dictionaries(
                {k: v for k, v in fields.items() if k in needed},
                optional={k: v for k, v in fields.items() if k not in needed},
            )
            return st.tuples(NOBODY_KNOWS, described).map(_merged)
        case "array":
            return st.lists(from_schema(description, schema.get("items", {})), max_size=3)
        case "integer":
            return st.integers(schema.get("minimum"), schema.get("maximum"))
        case "number":
            return st.floats(allow_nan=False, allow_infinity=False) | st.integers()
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case _:
            return FORMATS.get(schema.get("format", ""), st.text(max_size=30))


def _merged(parts: tuple[Any, ...]) -> Any:
    return {k: v for part in parts for k, v in part.items()} if all(isinstance(p, dict) for p in parts) else parts[-1]
