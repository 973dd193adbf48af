"""What every fake provider is: the far end of a network, in process, that pages, filters, authenticates and keeps to its contract."""

import json
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import httpx
import yaml
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from werkzeug.datastructures import MultiDict

from monitoring.connecting.kind import Connector, Page, Window
from monitoring.connecting.opening import opened
from monitoring.sources import kinds

CONTRACTS = Path(__file__).resolve().parents[4] / "shared" / "contracts"
START = datetime(2026, 11, 2, tzinfo=UTC)
MIDDLE = START + timedelta(days=1)
END = START + timedelta(days=2)
WHOLE = Window(START, END)

type Handler = Callable[[httpx.Request], httpx.Response | None]


class FakeProvider(ABC):
    """A provider with rows in it. `plant` fills it around WHOLE; `interrupt` may answer in its place, for faults."""

    kind: ClassVar[str]
    contract: ClassVar[str] = ""
    """The file of its description in the contracts, empty where there is none."""
    half: ClassVar[bytes] = b'{"data": [{"id": "a'
    """An answer of this provider that was cut short."""
    nothing: ClassVar[bytes] = b""
    """The body with which this provider says that there is nothing, where that is as bare as an empty list."""
    not_validated: tuple[str, ...] = ()
    """Paths that the stored description leaves out, each with its reason beside it in the fake."""

    def __init__(self) -> None:
        # A key of its own for each, so that a test can look for it anywhere.
        self.key = f"planted-{uuid.uuid4().hex}"
        self.page = 3
        """Rows a page at most, whatever the client asks for: short, so that everything pages."""
        self.rows: list[dict[str, Any]] = []
        self.seen: list[httpx.Request] = []
        self.interrupt: Handler | None = None

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Settings that work, with `self.key` as the secret."""

    @abstractmethod
    def authorised(self, request: httpx.Request) -> bool:
        """Whether the request carries the key as this provider wants it."""

    @abstractmethod
    def answer(self, request: httpx.Request) -> httpx.Response:
        """The answer to an authorised request."""

    @abstractmethod
    def plant(self) -> None:
        """Put at least 7 rows into WHOLE, among them one exactly at START and one at MIDDLE, and one more exactly at END."""

    @abstractmethod
    def correct(self) -> None:
        """Change a number of one planted row within WHOLE, as providers do late."""

    def now_is(self, moment: datetime) -> None:  # noqa: B027 - most have none
        """Set its clock, if what it answers depends on one."""

    def refusal(self, status: int) -> httpx.Response:
        """How this provider words a refusal; the default says nothing of use, as many do."""
        return httpx.Response(status, json={"error": {"message": "refused"}})

    def spoilt(self, answer: httpx.Response) -> httpx.Response | None:
        """An answer with its first row made unreadable, from a provider that sends no JSON; None from those that do."""
        return None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        if self.interrupt and (instead := self.interrupt(request)) is not None:
            return instead
        if not self.authorised(request):
            return self.refusal(401)
        self._hold_to_contract(request)
        answer = self.answer(request)
        self._hold_to_contract(request, answer)
        return answer

    def _hold_to_contract(self, request: httpx.Request, answer: httpx.Response | None = None) -> None:
        if (
            not self.contract
            or not CONTRACTS.exists()
            or any(request.url.path.startswith(path) for path in self.not_validated)
        ):
            return
        description = contract_of(self.contract)
        asked = as_openapi(request)
        if answer is None:
            description.validate_request(asked)
        else:
            headers = dict(answer.headers)
            kept = MockResponse(answer.content, answer.status_code, headers, headers.get("content-type", ""))
            description.validate_response(asked, kept)

    # What tests do with it.

    @contextmanager
    def connected(self, *, texts: bool = False, **changed: Any) -> Iterator[Connector[Any]]:
        """Its connector, through everything but the network."""
        connector = kinds()[self.kind]
        settings = connector.Settings.model_validate({**self.settings, **changed})
        with opened(connector, settings, texts=texts, far_end=httpx.MockTransport(self)) as ready:
            yield ready

    def pages(self, window: Window = WHOLE, cursor: str = "") -> list[Page]:
        """Everything of a window, page by page."""
        with self.connected() as connector:
            return list(connector.fetch(window, cursor))

    def records(self, window: Window = WHOLE, cursor: str = "") -> list[Any]:
        """The records of a window, in their order."""
        return [record for page in self.pages(window, cursor) for record in page.records]


@cache
def contract_of(name: str) -> OpenAPI:
    """A provider's description. Of its servers only the path stays: the fake is nobody's host."""
    text = (CONTRACTS / name).read_text()
    described = json.loads(text) if name.endswith(".json") else yaml.load(text, Loader=yaml.CSafeLoader)
    paths = {httpx.URL(server["url"]).path for server in described.get("servers", ())}
    described["servers"] = [{"url": path} for path in paths or {"/"}]
    described.pop("security", None)
    for path in described["paths"].values():
        path.pop("servers", None)
        for operation in path.values():
            if isinstance(operation, dict):
                # Who may ask is the fake's own business: it checks the key itself.
                operation.pop("security", None)
                # “A list or null” in an address is a list: null is leaving it out. The validator reads lists only where it says so.
                for parameter in operation.get("parameters", ()):
                    for choice in parameter.get("schema", {}).get("anyOf", ()):
                        if choice.get("type") == "array":
                            parameter["schema"] = choice
    # Providers' own descriptions hold small offences against OpenAPI (`const` in a 3.0 one) in parts nobody asks for.
    return OpenAPI.from_dict(_without_discriminators(described), config=Config(spec_validator_cls=None))


def _without_discriminators(described: Any) -> Any:
    """Where a discriminator's values name no schema, the validator looks for one in vain; what each choice says of them is enough."""
    if isinstance(described, list):
        return [_without_discriminators(item) for item in described]
    if not isinstance(described, dict):
        return described
    told = described.get("discriminator")
    unnamed = isinstance(told, dict) and "propertyName" in told and "mapping" not in told
    return {k: _without_discriminators(v) for k, v in described.items() if not (unnamed and k == "discriminator")}


def as_openapi(request: httpx.Request) -> MockRequest:
    """A request as the validator reads it."""
    args: dict[str, Any] = {}
    for name, value in request.url.params.multi_items():
        args.setdefault(name, []).append(value)
    content_type = request.headers.get("content-type", "").partition(";")[0]
    return MockRequest(
        "https://fake.example",
        request.method.lower(),
        # As it was sent: a name with a slash in it is one part of the path.
        request.url.raw_path.decode().partition("?")[0],
        args=MultiDict(args),
        headers=dict(request.headers),
        data=request.content or None,
        content_type=content_type or "application/json",
    )


def paged(request: httpx.Request, rows: list[Any], size: int, param: str = "cursor") -> tuple[list[Any], str | None]:
    """A page of rows from the offset in a parameter, and the next one's offset."""
    start = int(request.url.params.get(param) or 0)
    return rows[start : start + size], str(start + size) if start + size < len(rows) else None


def moment(text: str) -> datetime:
    """A parameter's time."""
    return datetime.fromisoformat(text)
