"""The kinds of sources: every module or package in here that holds a connector is one, and nothing else has to know of it."""

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from inspect import isabstract
from types import MappingProxyType
from typing import Any

from monitoring.connecting.kind import Connector


@cache
def kinds() -> Mapping[str, type[Connector[Any]]]:
    """Every connector by its kind's key, in the order of their names."""
    found = {}
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        for value in vars(import_module(module.name)).values():
            own = isinstance(value, type) and value.__module__.startswith(module.name)
            if own and issubclass(value, Connector) and not isabstract(value):
                found[value.kind.key] = value
    return MappingProxyType(dict(sorted(found.items(), key=lambda item: item[1].kind.name.lower())))


def name_of(kind: str) -> str:
    """A kind in words; one that is no longer there, by its key."""
    connector = kinds().get(kind)
    return connector.kind.name if connector else kind
