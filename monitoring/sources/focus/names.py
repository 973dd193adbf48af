"""Tells whose bill a row is of, whether it is of AI, and which model, from the words clouds use in their bills."""

import re
from collections.abc import Iterable

CATEGORY = "ai and machine learning"
"""FOCUS's own name for such services, in lower case."""
_VENDORS = (("google", "google"), ("microsoft", "azure"), ("azure", "azure"), ("amazon", "aws"), ("aws", "aws"))
_AI = re.compile(
    r"bedrock|openai|vertex|gemini|generative|claude|anthropic|foundry|cognitive services|sagemaker", re.IGNORECASE
)

_VERSION = r"\d(?:[.-]\d{1,2})?(?!\d)"
_MODELS = tuple(
    re.compile(rf"(?<![a-z])(?:{pattern})", re.IGNORECASE)
    for pattern in (
        rf"(gemini)[ -]?({_VERSION})[ -]?(pro|flash[ -]?lite|flash|ultra|nano)?",
        r"(claude)[ -]?(instant)",
        rf"(claude)[ -]?({_VERSION})[ -]?(opus|sonnet|haiku)?",
        rf"(claude)[ -]?(opus|sonnet|haiku)[ -]?({_VERSION})?",
        r"(gpt)[ -]?(oss)[ -]?(\d+b)",
        r"(gpt)[ -]?(35)[ -]?(turbo)",
        r"(gpt)[ -]?(\d(?:\.\d)?o?)(?![\d])[ -]?(turbo|mini|nano|pro)?",
        r"(o[134])[ -](mini|pro|preview)",
        r"(o[134])(?=[ -])",
        r"(text)[ -](embedding)[ -](3)[ -](small|large)",
        r"(text)[ -](embedding)[ -](ada)",
        r"(nova)[ -]?(micro|lite|pro|premier|canvas|sonic|reel)",
        rf"(llama)[ -]?({_VERSION})[ -]?(\d+b)?",
        r"(mistral|mixtral)[ -]?(tiny|small|medium|large|8x7b|8x22b|7b)",
        r"(titan)[ -]?(text|embeddings?|image)",
        rf"(deepseek)[ -]?(r1|v{_VERSION})",
    )
)  # fmt: skip


def vendor_of(provider: str) -> str:
    """A provider's short name, ``google``, ``azure`` or ``aws``; another's own in lower case."""
    lowered = provider.lower()
    return next((vendor for word, vendor in _VENDORS if word in lowered), lowered)


def is_ai(category: str, *words: str) -> bool:
    """Whether a row is of AI: by FOCUS's category or, since resellers' rows often carry another, by what it is called."""
    return category.lower() == CATEGORY or any(map(_AI.search, words))


def model_of(words: Iterable[str]) -> str:
    """The model that the first of these names, such as ``gemini-2.5-flash`` or ``claude-3.5-sonnet``; empty for none."""
    for text in words:
        found = (pattern.search(text) for pattern in _MODELS)
        if match := next(filter(None, found), None):
            parts = [part.lower() for part in match.groups() if part]
            return "-".join(re.sub(r"(?<=\d)-(?=\d)", ".", part).replace(" ", "-") for part in parts)
    return ""
