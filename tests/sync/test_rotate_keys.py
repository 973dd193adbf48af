"""Keys are changed without a source noticing; what no key opens is named."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from clients.models import Client
from monitoring.models import Source
from monitoring.sync import run
from tests.sources.fakes.phoenix import Fake
from tests.sync.conftest import LATER, now_of


def test_after_rotating_the_old_key_can_go(
    client_row: Client, phoenix: Fake, connect: Callable[..., Source], settings: Any
) -> None:
    old, new = settings.CREDENTIAL_KEYS[0], Fernet.generate_key().decode()
    source = connect(client_row, phoenix)
    settings.CREDENTIAL_KEYS = [new, old]
    said = StringIO()
    call_command("rotate_keys", stdout=said)
    assert said.getvalue() == "1 source sealed under the first key.\n"
    settings.CREDENTIAL_KEYS = [new]
    run.run(client_row.pk, source.pk)
    assert now_of(source).last_sync_at == LATER


def test_what_no_key_opens_is_named(
    client_row: Client, phoenix: Fake, connect: Callable[..., Source], settings: Any
) -> None:
    connect(client_row, phoenix)
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match="Traces of Acme"):
        call_command("rotate_keys", stdout=StringIO())
