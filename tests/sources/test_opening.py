"""A connector is opened with its address and its key as they were typed, or refused in words that name what to mend."""

from collections.abc import Iterator

import httpx
import pytest
from pydantic import Field, SecretStr

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import Brings, Connector, Findings, Kind, Page, Settings, Window
from monitoring.connecting.opening import opened

HOME = "https://far.example"


class FarSettings(Settings):
    address: str = Field(HOME, title="Address", description="Where.")
    key: SecretStr = Field(SecretStr("good"), title="Key", description="What opens it.")


class FarKind(Connector[FarSettings]):
    kind = Kind("far", "Far", Brings.TRACES, "Rows.")
    Settings = FarSettings

    @classmethod
    def address(cls, settings: FarSettings) -> str:
        return settings.address

    @classmethod
    def headers(cls, settings: FarSettings) -> dict[str, str]:
        return {"X-Key": settings.key.get_secret_value()}

    def check(self) -> Findings:
        return Findings(str(self.http.get("me").data))

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        yield Page([], None)


def settings(**typed: str) -> FarSettings:
    return FarSettings.model_validate(typed)


def test_an_address_with_a_path_is_asked_below_it() -> None:
    seen: list[str] = []

    def far(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json="me")

    for address in (f"{HOME}/base", f"{HOME}/base/"):
        with opened(FarKind, settings(address=address), far_end=httpx.MockTransport(far)) as connector:
            assert connector.check().account == "me"
    assert seen == [f"{HOME}/base/me"] * 2


@pytest.mark.parametrize("address", ["far.example", "", "/far", "https://", "https://far.example:port", "https://[::"])
def test_an_address_that_is_none_is_said_to_be_none(address: str) -> None:
    with pytest.raises(SourceError) as caught, opened(FarKind, settings(address=address)):
        pass
    assert caught.value.fault is Fault.CLIENT
    assert "address" in caught.value.message


@pytest.mark.parametrize("key", ["with a\nline", "with\ttab", "dash – dash", "nul\x00"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(SourceError, match="cannot be sent") as caught, opened(FarKind, settings(key=key)):
        pass
    assert caught.value.fault is Fault.CLIENT
    assert key not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_what_is_opened_is_guarded() -> None:
    with opened(FarKind, settings(address="https://127.0.0.1")) as connector, pytest.raises(SourceError) as caught:
        connector.check()
    assert "inside a private network" in caught.value.message
