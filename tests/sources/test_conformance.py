"""Every kind of source keeps every promise a connector makes. A kind without a fake, or a fake that breaks a promise, fails."""

import importlib
from collections.abc import Iterator

import pytest
import stamina

from monitoring.sources import kinds
from tests.sources.conformance import CHECKS
from tests.sources.fakes.base import FakeProvider

EXCUSED: dict[tuple[str, str], str] = {}
"""(kind, check) → why it does not hold there."""


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """Requests are tried again at once."""
    stamina.set_testing(True, attempts=3, cap=True)
    yield
    stamina.set_testing(False)


def fake_of(kind: str) -> FakeProvider:
    fake: FakeProvider = importlib.import_module(f"tests.sources.fakes.{kind}").Fake()
    return fake


@pytest.mark.parametrize("kind", kinds())
@pytest.mark.parametrize("check", CHECKS)
def test_promise(kind: str, check: str) -> None:
    if reason := EXCUSED.get((kind, check)):
        pytest.skip(reason)
    CHECKS[check](fake_of(kind))


def test_every_excuse_is_still_needed() -> None:
    for kind, check in EXCUSED:
        with pytest.raises(AssertionError):
            CHECKS[check](fake_of(kind))
