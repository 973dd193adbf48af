"""Keys and tokens: what opens a provider's or another's door. Each kind has a beginning that its maker gave it to be found by."""

import re

from .marks import mark

_DIGIT = r"(?=[A-Za-z_./+=~-]{0,64}+[0-9])"
"""A word of a program has no digits where a random one can hardly do without."""


def _key(begins: str, rest: str) -> tuple[str, re.Pattern[str]]:
    """A beginning to look for, which costs next to nothing, and the pattern of the whole: the beginning comes first, so that the
    engine leaps from one to the next."""
    written = re.escape(begins)
    return begins, re.compile(rf"{written}(?:(?<![A-Za-z0-9]{written})|(?<=\\[nrt]{written})){rest}")


_PEM = r"[A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----"
_BREAK = r"(?:\s|\\[nr])*+"

_UNDERSCORED = (
    *(_key(begins, r"[A-Za-z0-9]{16,}+") for begins in ("sk_live_", "sk_test_", "rk_live_", "rk_test_")),
    *(_key(begins, r"[A-Za-z0-9]{30,}+") for begins in ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "hf_", "npm_", "gsk_")),
    *(_key(begins, r"[A-Za-z0-9_-]{20,}+") for begins in ("github_pat_", "lsv2_")),
    _key("fo_", rf"{_DIGIT}[A-Za-z0-9_-]{{30,}}+"),
)
_OTHERS = (
    _key("sk-", rf"{_DIGIT}[A-Za-z0-9_-]{{20,}}+"),
    *(_key(begins, r"[A-Z0-9]{16}(?![A-Za-z0-9])") for begins in ("AKIA", "ASIA")),
    *(_key(begins, r"[A-Za-z0-9_-]{20,}+") for begins in ("glpat-", "AIza")),
    _key("xox", r"[abeoprs]-[A-Za-z0-9-]{10,}+"),
    _key("eyJ", r"[A-Za-z0-9_-]{8,512}+\.[A-Za-z0-9_-]{8,}+(?:\.[A-Za-z0-9_-]++)*+"),
    _key(
        "-----BEGIN ",
        rf"{_PEM}(?:{_BREAK}[A-Za-z0-9+/=]{{16,}}+)*+(?:{_BREAK}[A-Za-z0-9+/=]{{1,15}}+(?=\s|\\|-))?(?:{_BREAK}-----END {_PEM})?",
    ),
)
_BEARER = re.compile(rf"(?<=[Bb]earer ){_DIGIT}[A-Za-z0-9._~+/=-]{{16,}}+")


def without_keys(text: str) -> str:
    """The text with each key and token replaced."""
    for begins, pattern in (*_UNDERSCORED, *_OTHERS) if "_" in text else _OTHERS:
        if begins in text:
            text = pattern.sub(mark("key"), text)
    return _BEARER.sub(mark("key"), text) if "earer " in text else text
