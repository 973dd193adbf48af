"""Sources of a client, connected through the same code as real ones, with a fake provider at the far end of the network."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import stamina

from clients import outbound
from clients.models import Client
from clients.tenancy import scope
from monitoring import connections
from monitoring.models import Source
from monitoring.sources import kinds
from tests.sources.fakes.base import END, FakeProvider
from tests.sources.fakes.phoenix import Fake

LATER = END + timedelta(minutes=10)
"""When tests begin: everything planted up to END is past its settle delay."""


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=3, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(LATER, tick=False)
    return time_machine


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> dict[str, FakeProvider]:
    """Fake providers by host: the network's far end, and nothing else is replaced."""
    hosts: dict[str, FakeProvider] = {}
    far_end = httpx.MockTransport(lambda request: hosts[request.url.host](request))
    monkeypatch.setattr(outbound, "GuardedTransport", lambda limits: far_end)
    return hosts


@pytest.fixture
def phoenix(network: dict[str, FakeProvider]) -> Fake:
    """A Phoenix with rows in it, reachable."""
    fake = network["phoenix.example"] = Fake()
    fake.plant()
    return fake


@pytest.fixture
def connect(network: dict[str, FakeProvider]) -> Callable[..., Source]:
    """Connects a client to a fake."""

    def connected(of: Client, fake: FakeProvider, name: str = "Traces", **options: Any) -> Source:
        settings = kinds()[fake.kind].Settings.model_validate(fake.settings)
        usual: dict[str, Any] = {"name": name, "system_name": "Bot", "backfill": timedelta(days=4)}
        with scope(of):
            return connections.connect(of, fake.kind, settings, **usual | options)

    return connected


def now_of(source: Source) -> Source:
    """The source as it stands in the database."""
    return Source.objects.using("owner").get(pk=source.pk)
