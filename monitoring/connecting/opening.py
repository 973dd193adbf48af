"""Opens a connector: its settings, its guarded client, its credential's budget."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from clients import outbound

from .errors import Fault, SourceError, shown
from .http import ATTEMPTS, LIMITS, WHILE_SOMEBODY_WAITS, Allowance, Http, PoliteTransport
from .kind import Connector, Settings


@contextmanager
def opened(
    connector: type[Connector[Any]],
    settings: Settings,
    budget: Allowance | None = None,
    *,
    texts: bool = False,
    waited_for: bool = False,
    before_each: Callable[[], None] | None = None,
    far_end: httpx.BaseTransport | None = None,
) -> Iterator[Connector[Any]]:
    """A connector ready to ask, until the block ends. Raises SourceError for an impossible address.

    `texts` says whether to ask for what was said, `waited_for` that a person looks on, `before_each` what is done before each
    request; `far_end` stands in for the network.
    """
    name = connector.kind.name
    far_end = far_end or outbound.GuardedTransport(WHILE_SOMEBODY_WAITS if waited_for else LIMITS)
    polite = PoliteTransport(
        name,
        far_end,
        budget,
        settings.secrets().values(),
        attempts=1 if waited_for else ATTEMPTS,
        before_each=before_each,
    )
    address, headers = connector.address(settings), connector.headers(settings)
    try:
        client = outbound.client(
            headers=headers, transport=polite, base_url=address.rstrip("/") + "/", auth=connector.auth(settings)
        )
    except (httpx.InvalidURL, UnicodeEncodeError):
        raise _unsendable(name) from None
    if not all(value.isprintable() for value in headers.values()):
        raise _unsendable(name)
    if not client.base_url.is_absolute_url:
        raise SourceError(
            Fault.CLIENT, f"{name}: {shown(address)} is no address. Type it whole, with https:// in front."
        )
    if client.base_url.userinfo:
        raise SourceError(Fault.CLIENT, f"{name}: the address holds a name or password. Type it without.")
    with client:
        asking = connector(settings, Http(name, client))
        asking.texts = texts
        yield asking


def server_of(connector: type[Connector[Any]], settings: Settings) -> str:
    """The scheme, host and port that requests go to; "" for an impossible address."""
    try:
        url = httpx.URL(connector.address(settings))
    except httpx.InvalidURL:
        return ""
    return f"{url.scheme}://{url.host}:{url.port or ''}" if url.host else ""


def _unsendable(name: str) -> SourceError:
    # Without the error behind it, which would show the key.
    return SourceError(Fault.CLIENT, f"{name}: an address or key holds characters that cannot be sent.")
