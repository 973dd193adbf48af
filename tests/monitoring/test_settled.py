"""What a provider may still correct is known, and so is what has not been read yet."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clients.models import Client
from clients.tenancy import scope
from monitoring import connections
from monitoring.connecting.kind import Window
from monitoring.freshness import freshness, origin
from monitoring.models import Source
from monitoring.sources import kinds
from tests import factories

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


def test_a_source_of_bills_is_not_named_behind_a_number_of_calls(client_row: Client) -> None:
    factories.calls(client_row, [factories.span(1, NOW - timedelta(days=1))])
    settings = kinds()["openai"].Settings(api_key="sk-admin-1")
    with scope(client_row):
        bills = connections.connect(client_row, "openai", settings, name="Invoices", system_name="Bot")
        Source.objects.filter(pk=bills.pk).update(last_arrival_at=NOW)
        assert origin(freshness(client_row, NOW)).sources == ("App",)
