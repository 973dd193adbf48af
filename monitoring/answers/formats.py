"""Tells whether an answer that should be JSON is."""

import re

import orjson

_FENCED = re.compile(r"```(?:json)?[ \t]*\n?(?=[\[{])", re.IGNORECASE)
_FENCED_JSON = re.compile(r"```json\b", re.IGNORECASE)
# What only JSON begins with: “[1] says” and “{name}” are prose.
_BEGINS_LIKE_JSON = re.compile(r"""\{\s*["}]|\[\s*(?:[\[{\]]|"[^"\n]*"\s*[,\]]|(?:-?[0-9.]+|true|false|null)\s*,)""")


def format_ok(answer: str, wants_json: bool) -> bool | None:
    """Whether the answer is valid JSON, whole or in one fenced block; None where nothing says that it should be.

    It should be where it was asked for (`wants_json`), or where the answer begins as only JSON does.
    """
    written = answer.strip()
    if fence := (_FENCED.match(written) or _FENCED_JSON.match(written)):
        body, closed, after = written[fence.end() :].partition("```")
        return bool(closed) and not after.strip() and _parses(body)
    if wants_json or _BEGINS_LIKE_JSON.match(written):
        return _parses(written)
    return None


def _parses(written: str) -> bool:
    try:
        orjson.loads(written)
    except orjson.JSONDecodeError:
        return False
    return True
