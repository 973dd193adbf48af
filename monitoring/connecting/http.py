"""The client a connector asks with: guarded, patient within reason, and with every refusal turned into a SourceError.

What it does holds for whatever sits on top of it, our own paginators or a provider's generated client: at most ATTEMPTS tries and
PATIENCE of one request, the credential's shared budget, and no secret in any message.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import chain
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import httpx
import orjson
import stamina
from django.utils import timezone

from clients import outbound

from .errors import Fault, SourceError, broken_promise, shown
from .paginators import Answer, PageNumber, Paginator, Request, same_origin
from .statuses import error_of, reason_given

ATTEMPTS = 3
PATIENCE = timedelta(seconds=30)
"""How long one request is tried; a provider that wants more waits on the source, not in a worker."""
MOST_PAGES = 100_000
"""Pages of one window. More than that is a provider that goes in circles with new tokens."""
DETAIL = 300
"""Characters kept of what a provider says with a refusal."""
SHORTEST_SECRET = 8
"""Characters of an address's part that may be one; shorter ones are versions, dates and the like."""
REASON = 160
"""Characters of its reason that are shown to whoever can act on it."""
LIMITS = outbound.Limits(seconds=60)
WHILE_SOMEBODY_WAITS = outbound.Limits(seconds=15)
"""For what a person looks on at: one try, and not for long."""


class Allowance(Protocol):
    """What a credential may ask, shared between workers."""

    def seconds_to_wait(self) -> int: ...

    def hold(self, seconds: float) -> None: ...


class PoliteTransport(httpx.BaseTransport):
    """Sends a source's requests: within its budget, again where that helps, and raising SourceError for what is no answer."""

    def __init__(
        self,
        name: str,
        inner: httpx.BaseTransport,
        budget: Allowance | None = None,
        secrets: Iterable[str] = (),
        *,
        attempts: int = ATTEMPTS,
        before_each: Callable[[], None] | None = None,
    ) -> None:
        self.name, self.inner, self.budget, self.attempts = name, inner, budget, attempts
        self.before_each = before_each
        self.secrets = [part for secret in secrets for part in _parts(secret)]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for attempt in stamina.retry_context(on=_wait_before_next, attempts=self.attempts, timeout=PATIENCE):
            with attempt:
                return self._once(request)
        raise AssertionError("stamina tries at least once")

    def _once(self, request: httpx.Request) -> httpx.Response:
        if self.before_each:
            self.before_each()
        if self.budget and (wait := self.budget.seconds_to_wait()):
            raise self._later(f"{self.name}'s limit for this key is used up for now.", wait)
        try:
            response = self.inner.handle_request(request)
            response.read()
        except outbound.AnswerTooLargeError as error:
            raise SourceError(Fault.OURS, f"{self.name}: {error}") from None
        except outbound.AnswerBrokenError as error:
            raise SourceError(Fault.LATER, f"{self.name}: {error}") from None
        except outbound.OutboundRefusedError as error:
            raise SourceError(Fault.CLIENT, str(error)) from None
        except httpx.TimeoutException:
            raise SourceError(Fault.LATER, f"{self.name} did not answer in time.") from None
        except httpx.TransportError as error:
            raise SourceError(
                Fault.LATER,
                f"{self.name} cannot be reached at {request.url.host}.",
                self._scrubbed(str(error), request),
            ) from None
        response.request = request
        if refusal := error_of(self.name, response, timezone.now()):
            # Cut last: half a secret at the end would not be found.
            refusal.detail = self._scrubbed(refusal.detail, request)[:DETAIL]
            if reason := self._scrubbed(reason_given(response), request)[:REASON]:
                refusal.message += f" {self.name} says: “{reason}”"
            if refusal.status == 429 and refusal.retry_at and self.budget:
                self.budget.hold((refusal.retry_at - timezone.now()).total_seconds())
            raise refusal
        return response

    def _later(self, message: str, seconds: float) -> SourceError:
        return SourceError(Fault.LATER, message, retry_at=timezone.now() + timedelta(seconds=seconds), rationed=True)

    def _scrubbed(self, text: str, request: httpx.Request) -> str:
        # A pair of user and password is a secret as it is sent, too.
        sent = request.headers.get("authorization", "").rpartition(" ")[2]
        for secret in sorted(filter(None, (*self.secrets, sent)), key=len, reverse=True):
            text = text.replace(secret, "•••")
        return text

    def close(self) -> None:
        self.inner.close()


def _parts(secret: str) -> Iterator[str]:
    """A secret and what of it alone would give it away: its lines, and in signed addresses their query and each value in it."""
    for line in {secret, *secret.splitlines()} - {""}:
        yield line
        query = urlsplit(line).query if "?" in line else ""
        yield from (part for part in (query, *chain(*parse_qsl(query))) if len(part) >= SHORTEST_SECRET)


def _wait_before_next(error: Exception) -> bool | float:
    """How long to wait before the same request is sent again; False when it is not worth it."""
    if not isinstance(error, SourceError) or error.fault is not Fault.LATER:
        return False
    if error.retry_at is None:
        return True
    wait = (error.retry_at - timezone.now()).total_seconds()
    # Two workers told the same moment should not come back at the same one.
    return max(0.0, wait) + random.uniform(0, 1) if wait < PATIENCE.total_seconds() else False  # noqa: S311


class Http:
    """Asks one provider. `client` carries the address and the credentials; `name` is the provider's, for messages."""

    def __init__(self, name: str, client: httpx.Client) -> None:
        self.name, self.client = name, client

    def ask(self, request: Request) -> Answer:
        """One answer. Raises SourceError, also for an address of another server than the source's: the key is not for it."""
        response = self._sent(request)
        try:
            return Answer(self.name, orjson.loads(response.content), response.headers, response.request.url)
        except orjson.JSONDecodeError:
            raise not_json(self.name, response) from None

    def file(self, request: Request) -> bytes:
        """An answer that is a file and no JSON, as it came. Raises SourceError, also when a web page comes in its place."""
        response = self._sent(request)
        if _is_page(response):
            raise not_json(self.name, response)
        return response.content

    def _sent(self, request: Request) -> httpx.Response:
        try:
            ready = self.client.build_request(
                "GET" if request.json is None else "POST",
                request.path,
                params=request.params or None,
                json=request.json,
            )
        except httpx.InvalidURL:
            raise SourceError(Fault.CLIENT, f"{shown(str(self.client.base_url))} is no address.") from None
        if not same_origin(ready.url, self.client.base_url):
            raise broken_promise(self.name, f"it goes on at another server, {ready.url.host}")
        return self.client.send(ready)

    def get(self, path: str, **params: Any) -> Answer:
        """The answer at a path."""
        return self.ask(Request(path, params))

    def pages(self, first: Request, paginator: Paginator, cursor: str = "") -> Iterator[tuple[Answer, str | None]]:
        """Each page with the cursor of the one after it, from `cursor` on. Raises SourceError, also when a cursor comes twice."""
        seen, before = {cursor}, None
        for _ in range(MOST_PAGES):
            answer = self.ask(paginator.request(first, cursor))
            following = paginator.following(answer, cursor)
            # A server that does not know the parameter of a page's number sends the first one for ever.
            if following in seen or (isinstance(paginator, PageNumber) and following and answer.data == before):
                raise broken_promise(self.name, "it sends the same page again and again")
            before = answer.data
            yield answer, following
            if following is None:
                return
            seen.add(following)
            cursor = following
        raise broken_promise(self.name, f"a window has more than {MOST_PAGES:,} pages")


def _is_page(response: httpx.Response) -> bool:
    return response.content[:200].lstrip().startswith(b"<")


def not_json(name: str, response: httpx.Response) -> SourceError:
    """An answer that is no JSON: cut short on its way, which passes, or a web page where the API should be, which does not."""
    if _is_page(response):
        return SourceError(
            Fault.CLIENT,
            f"At {response.request.url.host} a web page answers, not {name}'s API. Check the address.",
            status=response.status_code,
        )
    return SourceError(
        Fault.LATER,
        f"{name}'s answer was cut short or is no JSON.",
        f"{len(response.content)} bytes",
        status=response.status_code,
    )
