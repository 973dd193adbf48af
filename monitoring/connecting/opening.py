"""Opens a connector: its settings, its guarded client, its credential's budget."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from clients import outbound

from .errors import Fault, SourceError
from .http import LIMITS, Allowance, Http, PoliteTransport
from .kind import Connector, Settings


@contextmanager
def opened(
    connector: type[Connector[Any]],
    settings: Settings,
    budget: Allowance | None = None,
    *,
    far_end: httpx.BaseTransport | None = None,
) -> Iterator[Connector[Any]]:
    """A connector ready to ask, until the block ends. `far_end` stands in for the network. Raises SourceError for an impossible address."""
    name = connector.kind.name
    polite = PoliteTransport(
        name, far_end or outbound.GuardedTransport(LIMITS), budget, secrets=settings.secrets().values()
    )
    try:
        client = outbound.client(
            headers=connector.headers(settings),
            transport=polite,
            base_url=connector.address(settings).rstrip("/") + "/",
            auth=connector.auth(settings),
        )
    except (httpx.InvalidURL, UnicodeEncodeError) as error:
        raise SourceError(Fault.CLIENT, f"{name}: an address or key holds characters that cannot be sent.") from error
    with client:
        yield connector(settings, Http(name, client))
