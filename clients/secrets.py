"""Provider keys at rest: sealed under keys that can be changed, and opened only for the row they were sealed for."""

from collections.abc import Mapping

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SealError(RuntimeError):
    """Something sealed cannot be opened here; the message says what to do."""


def seal(owner: str, values: Mapping[str, str]) -> str:
    """Encrypt named secrets for the row that `owner` names, under the newest key; the result is text fit for a column."""
    return _keys().encrypt(orjson.dumps({"for": owner, "values": dict(values)})).decode()


def unseal(owner: str, sealed: str) -> dict[str, str]:
    """The secrets sealed for `owner`; none for an empty text. Raises SealError for another row's, or without the key they need."""
    if not sealed:
        return {}
    try:
        opened = orjson.loads(_keys().decrypt(sealed.encode()))
    except InvalidToken as error:
        raise SealError(
            "These credentials were sealed with a key that CREDENTIAL_KEYS no longer names. Put that key back, or enter them again."
        ) from error
    if opened["for"] != owner:
        raise SealError("These credentials belong to another source. Enter this one's again.")
    return dict(opened["values"])


def sealed_anew(sealed: str) -> str:
    """The same secrets under the newest key. Raises SealError without the key they are sealed with."""
    try:
        return _keys().rotate(sealed.encode()).decode()
    except InvalidToken as error:
        raise SealError("No key in CREDENTIAL_KEYS opens this.") from error


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.CREDENTIAL_KEYS])
