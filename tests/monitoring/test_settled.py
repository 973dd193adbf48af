"""What a provider may still correct is known, and so is what has not been read yet."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clients.models import Client
from clients.tenancy import scope
from monitoring import connections
from monitoring.connecting.kind import Window
from monitoring.models import Source
from monitoring.series import freshness
from monitoring.sources import kinds

NOW = datetime(2026, 11, 6, 15, 30, tzinfo=UTC)


@pytest.fixture
def read_to(client_row: Client) -> Any:
    """Gives the client a Phoenix that was read up to a moment."""

    def read(end: datetime) -> None:
        settings = kinds()["phoenix"].Settings(base_url="https://phoenix.example")
        with scope(client_row):
            source = connections.connect(client_row, "phoenix", settings, name="Phoenix", system_name="Bot")
            Source.objects.filter(pk=source.pk).update(done=(Window(NOW - timedelta(days=90), end),))

    return read


def test_the_last_day_may_still_be_corrected(client_row: Client, read_to: Any) -> None:
    read_to(NOW - timedelta(minutes=2))
    with scope(client_row):
        [fresh] = freshness(client_row, NOW)
    assert fresh.final_to == NOW - timedelta(days=1)
    assert fresh.stuck_at is None


def test_what_has_not_been_read_is_not_final_either(client_row: Client, read_to: Any) -> None:
    read_to(NOW - timedelta(days=4))
    with scope(client_row):
        [fresh] = freshness(client_row, NOW)
    assert fresh.final_to == fresh.stuck_at == NOW - timedelta(days=4)
