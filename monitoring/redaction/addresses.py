"""Mail and network addresses.

The patterns begin where a word does and never go back over what they read (possessive quantifiers): a hostile text takes no longer than
any other of its size.
"""

import ipaddress
import re

from .marks import mark

# In JSON a line break is written as a letter, which is no part of the word after it.
_ESCAPED = r"(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4})"
_LETTER = r"\\u(?!00[0-7ab]|20)[0-9A-Fa-f]{4}"
"""One beyond ASCII, as some JSON writes it; spaces and punctuation left out."""
_LABEL = rf"(?:[\w-]|{_LETTER})++"
_EMAIL = re.compile(
    rf"(?:(?<![\w.+\\-])|{_ESCAPED}|(?<=\\)(?![nrtbfu]))(?:[\w.+-]|{_LETTER})++(?:@|%40)(?P<domain>{_LABEL}(?:\.{_LABEL})++)"
)
_TOP_LEVEL = re.compile(r"\.(?:xn--[\w-]+|[^\W\d_]{2,})(?![\w])")
_VERSION = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]")

_IPV4 = re.compile(
    r"[0-9](?:(?<![\w.,-][0-9])|(?<=\\[nrt][0-9]))[0-9]{0,2}+(?:\.[0-9]{1,3}+){3}+(?![\w]|[.-][0-9])",
)
_DOTTED = re.compile(r"\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]")
_COLONS = re.compile(":(?=[0-9A-Fa-f]{0,4}:)")
_IPV6 = re.compile(r"(?:(?<![\w:.])|(?<=\\[nrt]))[0-9A-Fa-f:]++(?![\w])")
_PADDED = re.compile(r"(?:^|\.)0[0-9]")
_A_VERSION_IS_NAMED = re.compile(r"(?:version|release|build|v)[\"'=:\s]{0,3}\Z", re.IGNORECASE)


def without_emails(text: str) -> str:
    """The text with each mail address replaced, also one in a link (``%40``)."""
    return _EMAIL.sub(_email, text) if "@" in text or "%40" in text else text


def without_ips(text: str) -> str:
    """The text with each address of the internet protocol replaced, but for those that are every machine's own."""
    if _DOTTED.search(text):
        text = _IPV4.sub(_ipv4, text)
    return _IPV6.sub(_ipv6, text) if _COLONS.search(text) else text


def _email(found: re.Match[str]) -> str:
    domain = found["domain"]
    # ``package@1.0.0-rc.beta`` is a version of something.
    return mark("email") if _TOP_LEVEL.search(domain) and not _VERSION.match(domain) else found[0]


def _ipv4(found: re.Match[str]) -> str:
    written = found[0]
    parts = [int(part) for part in written.split(".")]
    # A section of a book or a small version; a mask; a version that says so. Leading zeros are no address but a date or a number.
    if max(parts) > 255 or max(parts) < 10 or parts[0] in (0, 127, 255) or _PADDED.search(written):
        return written
    if _A_VERSION_IS_NAMED.search(found.string, max(0, found.start() - 12), found.start()):
        return written
    return mark("ip")


def _ipv6(found: re.Match[str]) -> str:
    written = found[0]
    # Full, or shortened with enough left to be no time, no ``a::b`` of a program, and not ``::1``.
    groups = written.replace("::", ":").strip(":").count(":") + 1
    if len(written) > 39 or not ("::" in written or groups == 8) or groups < 3 or not any(c.isdigit() for c in written):
        return written
    try:
        ipaddress.IPv6Address(written)
    except ValueError:
        return written
    return mark("ip")
