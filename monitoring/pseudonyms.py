"""Names that stand for people: the same person of a client always has the same one, and nobody can tell from it who that is."""

import hmac
from collections.abc import Callable
from functools import lru_cache, partial

from django.conf import settings

BEGINS = "u-"
_DIGITS = 12
"""Hex digits of a pseudonym: that any two of a million people share one has a chance of one in 560."""
NAMES_A_PERSON = ("user.", "enduser.")
"""What attributes that name or describe a person begin with: not kept beside a pseudonym, which they would undo."""


def pseudonym(client_id: int, user_id: str) -> str:
    """``u-7f3a9c21b0d4`` for a user's id as it was sent; "" for none.

    It is a digest (HMAC, RFC 2104, with SHA-256) under the client's own key, so that the same person at two clients has two, and none
    can be tried out without the installation's SECRET_KEY.
    """
    return pseudonyms_of(client_id)(user_id)


def pseudonyms_of(client_id: int) -> Callable[[str], str]:
    """What makes the pseudonyms of one client."""
    return partial(_made, _derived(settings.SECRET_KEY, client_id))


@lru_cache(maxsize=10_000)  # A person's calls come close together, and looking a name up takes a tenth of making it.
def _made(key: bytes, user_id: str) -> str:
    return BEGINS + hmac.digest(key, user_id.encode(), "sha256").hex()[:_DIGITS] if user_id else ""


@lru_cache(maxsize=1024)
def _derived(secret: str, client_id: int) -> bytes:
    return hmac.digest(secret.encode(), f"fracops.pseudonyms.{client_id}".encode(), "sha256")
