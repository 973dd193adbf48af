"""Tells in which language a text is written, and whether an answer is in another one than its question.

Precise rather than greedy: no guess of what is short, of code, JSON, lists of names and numbers, and of what may be two languages.
The detector is CLD3, a small network over a text's letters: docs/decisions/015-what-answers-tell.md has what was measured.
"""

import re

import gcld3

LOOKED_AT = 60
"""Characters of a text: its beginning tells, and each more costs 0.2 µs."""
SHORTEST = 20
"""Characters; a greeting reads alike in many languages."""
WORDS = 3
"""Words in lower case that prose has at least, in scripts that know case; names, labels and headings have none."""
LONGEST_QUESTION = 2_000
"""Characters. What is longer is a document or a template with the question somewhere in it, which may be another language."""
SURE = 0.95
"""CLD3's probability below which nothing is said."""

_detector = gcld3.NNetLanguageIdentifier(min_num_bytes=0, max_num_bytes=4 * LOOKED_AT)
_NOT_PROSE = re.compile(
    r"\s*(?:[{\[<`]|\w+\(|(?:SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|import|def|class|from|const|let|function|curl)\b)"
)
_ADDRESS = re.compile(r"\S*(?:://|@|www\.)\S*")
_MARKS = "{}()[];=<>_/\\|#~^$0123456789"
_SHARE_OF_MARKS = 0.15
_NO_CASE = re.compile(
    "[\u0590-\u08ff\u0900-\u109f\u10d0-\u10ff\u1200-\u137f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2}"
)
_OWN_NAMES = {"iw": "he"}
"""CLD3's names that are not ISO 639-1's."""
_ALIKE = frozenset(
    frozenset(pair.split())
    for pair in (
        "da no",
        "bs hr",
        "bs sr",
        "hr sr",
        "id ms",
        "cs sk",
        "es gl",
        "gl pt",
        "bg mk",
        "mk sr",
        "af nl",
        "de lb",
        "ca es",
    )
)
"""Languages whose short texts a detector takes for each other; between them nothing is said to differ."""


def language_of(text: str) -> str:
    """The language of a text, as ISO 639-1 has it (``de``); empty where nothing can be said."""
    begin = text[: 2 * LOOKED_AT]
    shown = (_ADDRESS.sub(" ", begin) if _address_in(begin) else begin).strip()[:LOOKED_AT]
    caseless = not shown.isascii() and _NO_CASE.search(shown) is not None
    if len(shown) < SHORTEST and not caseless:
        return ""
    if _NOT_PROSE.match(shown) or sum(map(shown.count, _MARKS)) > _SHARE_OF_MARKS * len(shown):
        return ""
    if not caseless and sum(word.islower() and word.isalpha() for word in shown.split()) < WORDS:
        return ""
    found = _detector.FindLanguage(text=shown.encode(errors="replace"))
    if not found.is_reliable or found.probability < SURE:
        return ""
    named = _OWN_NAMES.get(found.language, found.language)
    return named if len(named) == 2 else ""


def _address_in(text: str) -> bool:
    return "@" in text or "://" in text or "www." in text


def differs(question: str, answer: str) -> bool | None:
    """Whether two languages, as `language_of` has them, are not the same; None where one is not known."""
    if not question or not answer:
        return None
    return question != answer and frozenset((question, answer)) not in _ALIKE
