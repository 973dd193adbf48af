"""Credentials at rest: only their own row opens them, with a key that is still listed."""

from typing import Any

import pytest
from cryptography.fernet import Fernet

from clients.secrets import SealError, seal, sealed_anew, unseal

KEY = "sk-very-secret"


def test_what_was_sealed_opens_for_its_row_and_no_other() -> None:
    sealed = seal("row-1", {"api_key": KEY})
    assert KEY not in sealed
    assert unseal("row-1", sealed) == {"api_key": KEY}
    with pytest.raises(SealError, match="another source"):
        unseal("row-2", sealed)


def test_nothing_sealed_is_nothing_kept() -> None:
    assert unseal("row-1", "") == {}


def test_a_new_key_seals_and_the_old_one_still_opens_until_all_is_sealed_anew(settings: Any) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    settings.CREDENTIAL_KEYS = [old]
    sealed = seal("row-1", {"api_key": KEY})
    settings.CREDENTIAL_KEYS = [new, old]
    assert unseal("row-1", sealed) == {"api_key": KEY}
    anew = sealed_anew(sealed)
    settings.CREDENTIAL_KEYS = [new]
    assert unseal("row-1", anew) == {"api_key": KEY}
    with pytest.raises(SealError, match="CREDENTIAL_KEYS"):
        unseal("row-1", sealed)
    with pytest.raises(SealError, match="CREDENTIAL_KEYS"):
        sealed_anew(sealed)
