"""One text at a time: each kind of finding is replaced by its mark, and what was JSON stays JSON."""

from typing import Any

import orjson

from .addresses import without_emails, without_ips
from .keys import without_keys
from .numbers import without_numbers


def redacted(text: str) -> str:
    """The text without what identifies or authorises; the same object where there is nothing to take out.

    JSON is read as any other text, and keeps its spacing. Only where that would break it (a bare number that is a card) it is written
    anew, value by value, with a string in that place.
    """
    made = _rewritten(text)
    if made is not text and text.lstrip()[:1] in ("{", "[") and _parsed(made) is None and (whole := _parsed(text)):
        return orjson.dumps(_value(whole[0], "")).decode()
    return made


def _rewritten(text: str, name: str = "") -> str:
    return without_numbers(without_ips(without_keys(without_emails(text))), name)


def _parsed(text: str) -> tuple[Any] | None:
    """What the text holds as JSON, or None where it is none."""
    try:
        return (orjson.loads(text),)
    except orjson.JSONDecodeError:
        return None


def _value(value: Any, name: str) -> Any:
    """A value out of JSON without any finding in it; `name` is what it is called there, which may say that a number is a phone's."""
    match value:
        case str():
            # Text within JSON may be JSON again.
            return redacted(value) if value[:1] in ("{", "[") else _rewritten(value, name)
        case dict():
            return {_rewritten(key): _value(item, key) for key, item in value.items()}
        case list():
            return [_value(item, name) for item in value]
        case int() if not isinstance(value, bool):
            made = _rewritten(written := str(value), name)
            return value if made == written else made
    return value
