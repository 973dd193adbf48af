"""Keys that need not be typed again: a source's own, and one entered a moment ago, sealed on the server while its form is shown again."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

from clients.secrets import SealError, seal, unseal

log = structlog.get_logger(__name__)

HELD = timedelta(minutes=10)
"""How long a key that was entered waits for the rest of its form."""
_SESSION = "entered-key"
_SERVER = "server"


@dataclass(frozen=True)
class Kept:
    """Secrets by setting, and the server that each was given for: to no other is it ever sent."""

    secrets: Mapping[str, str] = field(default_factory=dict)
    servers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, str], server: str) -> "Kept":
        """Those of the secrets that hold something, all given for one server."""
        filled = {name: value for name, value in given.items() if value}
        return cls(filled, dict.fromkeys(filled, server))

    def under(self, newer: "Kept") -> "Kept":
        """These, with the newer ones in their places."""
        return Kept({**self.secrets, **newer.secrets}, {**self.servers, **newer.servers})

    def strays(self, names: Iterable[str], server: str) -> list[str]:
        """Those of the named secrets that were given for another server."""
        return [name for name in names if self.servers.get(name) != server]


def hold(request: HttpRequest, form: str, entered: Kept) -> None:
    """Keep what was entered in a form for HELD. The session names it, and nothing that could open it is in the page or the browser."""
    drop(request)
    if not entered.secrets:
        return
    [server] = set(entered.servers.values())
    token = secrets.token_urlsafe(16)
    try:
        cache.set(_place(token), seal(form, {**entered.secrets, _SERVER: server}), int(HELD.total_seconds()))
    except RedisError as error:
        # Then the key is asked for again.
        log.warning("entered_key_not_held", error=type(error).__name__)
        return
    request.session[_SESSION] = token


def held(request: HttpRequest, form: str) -> Kept:
    """What was entered in this form a moment ago, by this session."""
    token = request.session.get(_SESSION)
    if not token:
        return Kept()
    try:
        opened = unseal(form, cache.get(_place(token)) or "")
    except (SealError, RedisError):
        return Kept()
    return Kept.of(opened, opened.pop(_SERVER, ""))


def drop(request: HttpRequest) -> None:
    """Forget what was entered."""
    if token := request.session.pop(_SESSION, None):
        try:
            cache.delete(_place(token))
        except RedisError as error:
            log.warning("entered_key_not_dropped", error=type(error).__name__)


def _place(token: str) -> str:
    return f"{_SESSION}:{token}"
