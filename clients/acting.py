"""In whose name rows are changed: a person, or a part of FracOps. The audit trail writes it beside every change."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import Any

import orjson


@dataclass(frozen=True)
class Actor:
    """Who acts: a person's id and name, or None and what FracOps calls itself; and from where, in words."""

    user_id: int | None
    name: str
    origin: str = ""

    def as_setting(self) -> str:
        """As the database's setting `fracops.actor`, which the trail's trigger reads."""
        return orjson.dumps(asdict(self)).decode()


ITSELF = Actor(None, "FracOps")
_acting: ContextVar[Actor] = ContextVar("fracops_actor", default=ITSELF)


def current() -> Actor:
    """Who acts now."""
    return _acting.get()


@contextmanager
def acting(who: Actor) -> Iterator[Actor]:
    """Do the block in somebody's name. It tells the database of it when a scope is opened, so it comes around the scope."""
    token = _acting.set(who)
    try:
        yield who
    finally:
        _acting.reset(token)


def of_request(request: Any) -> Actor:
    """The logged-in person, and the address and page they ask from."""
    from allauth.account.adapter import get_adapter

    user = request.user
    return Actor(user.pk, user.label, f"{request.method} {request.path} from {get_adapter().get_client_ip(request)}")
