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
_OPENS_CODE = frozenset("{[<`")
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


WORDS_LOOKED_AT = 120
"""Characters in which a language's own little words are looked for."""
_OWN_WORDS = {
    "en": "the and you your that this with from which our they their would should are what how when been were there but thank please"
    " these has into other some than then them need who without any about just could because before after only those every does don't"
    " it's i'm you're we're can't more most",
    "de": "und nicht eine einen für auf wir ich haben wird werden auch sind ihre ihnen können bitte wurde über sie nur noch wenn oder sich"
    " kann hat uns unser mehr zur zum dass aber nach",
    "fr": "pour dans avec nous vous votre une cette sont avez être aux leur pas tout cela comme bonjour vos été faire peut sans",
    "es": "los las usted pero muy puede hay y nuestro tiene cuando gracias también qué más aquí hasta hola",
    "it": "che della gli nel sono questo questa anche è nella alla grazie può essere delle questi dei dal nei alle abbiamo puoi vostro"
    " buongiorno perché così più",
    "pt": "não uma você são isso seu sua pelo pela também obrigado obrigada dos olá às nosso nossa ainda seus suas estão até",
    "nl": "het een niet voor uw wij zijn deze maar ook naar wordt kunnen hebben dat aan nog onze heeft worden zoals graag jouw hoe dit",
}
"""Little words of the languages most answers are in, each of one of these only."""
_ENOUGH_WORDS = 3
_LANGUAGE_OF_WORD = {word: language for language, words in _OWN_WORDS.items() for word in words.split()}


def language_of(text: str) -> str:
    """The language of a text, as ISO 639-1 has it (``de``); empty where nothing can be said.

    Most prose gives itself away by its little words, and looking for them takes a tenth of the time the detector takes.
    """
    return _by_words(text) or _detected(text)


def _by_words(text: str) -> str:
    """The language of which there are little words enough, where there are none of another; else empty."""
    if text[:1] in _OPENS_CODE:
        return ""
    found = _LANGUAGE_OF_WORD.keys() & text[:WORDS_LOOKED_AT].lower().split()
    if len(found) < _ENOUGH_WORDS:
        return ""
    languages = {_LANGUAGE_OF_WORD[word] for word in found}
    return languages.pop() if len(languages) == 1 else ""


def _detected(text: str) -> str:
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
