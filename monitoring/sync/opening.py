"""From a stored source to its connector: settings, opened secrets, and the budget of its credential."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from clients.secrets import SealError, unseal
from monitoring.budgets import Budget, digest_of
from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import Connector, Settings
from monitoring.connecting.opening import opened
from monitoring.models import Source, Texts
from monitoring.sources import kinds


def connector_of(source: Source) -> tuple[type[Connector[Any]], Settings]:
    """A source's connector and settings, with its secrets opened. Raises SourceError for what cannot be used."""
    connector = kinds().get(source.kind)
    if connector is None:
        raise SourceError(Fault.OURS, f"This version of FracOps cannot pull from “{source.kind}”.")
    try:
        given = {**source.settings, **unseal(source.public_id, source.credentials)}
        return connector, connector.Settings.model_validate(given)
    except SealError as error:
        raise SourceError(Fault.CLIENT, str(error)) from None
    except ValidationError:
        raise SourceError(
            Fault.CLIENT, "Its settings are not complete any more: edit the source and save it."
        ) from None


@contextmanager
def ready(
    connector: type[Connector[Any]],
    settings: Settings,
    *,
    texts: bool = False,
    waited_for: bool = False,
    before_each: Callable[[], None] | None = None,
) -> Iterator[Connector[Any]]:
    """A connector ready to ask, within the budget that its credential shares with every other worker that holds it."""
    credential = (connector.kind.key, connector.address(settings), *settings.secrets().values())
    with opened(
        connector,
        settings,
        Budget(digest_of(*credential), connector.rate(settings)),
        texts=texts,
        waited_for=waited_for,
        before_each=before_each,
    ) as asking:
        yield asking


@contextmanager
def connected(
    source: Source, *, waited_for: bool = False, before_each: Callable[[], None] | None = None
) -> Iterator[Connector[Any]]:
    """A source's connector, ready to ask; see `opened`. Raises SourceError for what cannot be used."""
    texts = source.texts != Texts.UNREAD
    with ready(*connector_of(source), texts=texts, waited_for=waited_for, before_each=before_each) as asking:
        yield asking
