"""One name for a vendor and for a model, whoever wrote it: a span, a provider's count of usage, or a line of a bill."""

import re
from dataclasses import dataclass
from functools import lru_cache

WHOLE = ""
"""The model of a bill that names none: all models of its vendor together."""
UNKNOWN_VENDOR = "unknown"
_PROXIES = frozenset({"", "litellm", "langfuse", "helicone", "portkey", UNKNOWN_VENDOR})
"""Providers that say nothing of who served a call."""
_VENDORS = (
    ("azure", "azure"), ("microsoft", "azure"), ("bedrock", "aws"), ("amazon", "aws"), ("aws", "aws"), ("vertex", "google"),
    ("gemini", "google"), ("google", "google"), ("gcp", "google"), ("openrouter", "openrouter"), ("openai", "openai"),
    ("anthropic", "anthropic"), ("mistral", "mistral"), ("cohere", "cohere"), ("deepseek", "deepseek"), ("xai", "xai"), ("x_ai", "xai"),
)  # fmt: skip
_MAKERS = (
    (re.compile(r"(?:ft:)?(?:gpt|chatgpt|o\d|text-embedding|davinci|babbage|whisper|dall-e|codex|omni)"), "openai"),
    (re.compile(r"claude"), "anthropic"),
    (re.compile(r"gemini|gemma|imagen"), "google"),
    (re.compile(r"mistral|mixtral|codestral|ministral"), "mistral"),
    (re.compile(r"command|embed-"), "cohere"),
    (re.compile(r"deepseek"), "deepseek"),
    (re.compile(r"grok"), "xai"),
)
_FAMILY = re.compile(
    r"(?:ft:)?(?:gpt|chatgpt|o\d|text-embedding|davinci|babbage|whisper|omni|codex|claude|gemini|gemma|mistral|mixtral|codestral|ministral"
    r"|command|embed|deepseek|grok|llama|nova|titan|qwen)"
)
_HOST = re.compile(
    r"^(?:(?:us|eu|apac|global|jp|au|ca)\.)?(?:anthropic|meta|amazon|mistral|cohere|deepseek|openai|ai21|qwen|google)\."
)
_SNAPSHOT = re.compile(
    r"(?:-20\d\d-\d\d-\d\d|[-@]20\d{6}|-preview-\d\d-\d\d(?:-20\d\d)?|-preview-\d\d-20\d\d|-exp-\d{2,4}"
    r"|-v\d+(?::\d+k?)?|[@-](?:latest|default)|:[a-z]+|-00\d)$"
)
_OLD_SNAPSHOT = re.compile(r"^(gpt-[\w-]*?)-\d{4}$")
_VERSION_FIRST = re.compile(r"^claude-(\d+(?:-\d{1,2})?)-([a-z]+)")
_TOKEN_WORD = re.compile(
    r"input|output|inp|outp|(?:un)?cached?|read|writes?|hits?|tokens?|prompt|completions?|usage|reasoning|thinking|batch|flex|priority"
    r"|standard|in|out"
)
"""What follows a model's name in a line of tokens."""
_OTHER_WORD = re.compile(
    r"search(?:es)?|sessions?|storage|images?|seconds?|minutes?|hours?|characters?|video|audio|containers?|interpreter|vectors?"
    r"|training|hosting|execution|grounding|fees?|units?"
)
"""What names a charge for something else than tokens."""
_NO_MODEL = re.compile(f"text|{_TOKEN_WORD.pattern}|{_OTHER_WORD.pattern}")


@lru_cache(maxsize=4096)
def vendor_of(provider: str, model: str = "") -> str:
    """Who bills a call, in one word such as ``openai``, ``anthropic``, ``google``, ``azure`` or ``aws``.

    A provider nobody knows keeps its own name; where none is given, or only a proxy's, the model's maker stands for it.
    """
    lowered = provider.strip().lower()
    if lowered in _PROXIES:
        return _maker(model)
    return next((vendor for word, vendor in _VENDORS if word in lowered), lowered)


def _maker(model: str) -> str:
    prefix, slash, name = model.strip().lower().partition("/")
    if slash and prefix != "models":
        named = vendor_of(prefix)
        return _maker(name) if named in ("openrouter", UNKNOWN_VENDOR) else named
    own = name if slash else prefix
    bare = _HOST.sub("", own)
    if bare != own:
        return "aws"
    return next((vendor for pattern, vendor in _MAKERS if pattern.match(bare)), UNKNOWN_VENDOR)


@lru_cache(maxsize=4096)
def model_key(model: str) -> str:
    """A model's name without who serves it and which snapshot it is: ``gpt-4o`` of ``openai/gpt-4o-2024-08-06``.

    Versions are written with dots, Claude's behind the family: ``claude-sonnet-4.5`` of “Claude 4.5 Sonnet”. It only matches
    rows with each other; prices are looked up by the name a row came with.
    """
    name = re.sub(r"[\s_]+", "-", model.strip().lower()).rpartition("/")[2]
    name = _HOST.sub("", name)
    tuned = name.startswith("ft:")
    if tuned:
        name = name.split(":")[1]
    before = ""
    while name != before:
        before, name = name, _SNAPSHOT.sub("", name)
    name = re.sub(r"(?<=\d)\.(?=\d)", "-", name).replace("gpt-35", "gpt-3-5")
    name = _OLD_SNAPSHOT.sub(r"\1", name)
    name = _VERSION_FIRST.sub(r"claude-\2-\1", name)
    name = re.sub(r"(?<=\d)-(?=\d{1,2}(?!\w))", ".", name)
    return f"ft-{name}" if tuned else name


@dataclass(frozen=True, slots=True)
class Line:
    """What a line of a bill is for: a model's key, WHOLE where it names none, and whether it bills its tokens."""

    model: str
    tokens: bool
    words: str
    """What it is called, without the model."""


@lru_cache(maxsize=8192)
def line_of(service: str, model: str, line: str) -> Line:
    """A bill's line, read: ``gpt-4o-2024-08-06, cached input``, “Claude Sonnet 5 Usage - Input Tokens”, “Gemini 2.5 Flash Text Input”.

    Without a model and without a word it bills everything of its vendor; without a model but with words, something that is not
    tokens, such as “web search”.
    """
    first, comma, _ = line.partition(",")
    words = [w for w in re.split(r"[,\s]+", line.strip()) if w not in ("", "-", "–")]
    lowered = [w.lower() for w in words]
    named = next((i for i, w in enumerate(lowered) if _NO_MODEL.fullmatch(w)), len(words))
    if comma and not model:
        named = min(named, len(first.split()))
    own = "-".join(words[:named])
    known = bool(_FAMILY.match(own.lower().rpartition("/")[2]))
    rest = lowered[named:] if known or model else lowered
    in_tokens = any(map(_TOKEN_WORD.fullmatch, rest)) or not any(map(_OTHER_WORD.fullmatch, rest))
    said = " ".join(words[named:] if known else words) or service
    key = model_key(model) if model else model_key(own) if known else WHOLE
    if service == "tokens":
        return Line(key, True, said)
    if key == WHOLE:
        return Line(key, not (said or service), said)
    return Line(key, in_tokens, said)
