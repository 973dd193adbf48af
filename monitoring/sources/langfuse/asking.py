"""Asks Langfuse with its generated client, over the guarded one, by the newer API or the older."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import httpx
import orjson
from langfuse.api.core.client_wrapper import SyncClientWrapper

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.http import Http, not_json
from monitoring.connecting.kind import Page, Stream
from monitoring.connecting.paginators import Answer, Request

MISSING = (404, 501)
"""What a server says to a path of a newer API than its own: 501 until March 2026, 404 since (langfuse/langfuse#12610)."""
LONGEST_ID = 64
"""Characters of an id that is looked up with others; an address full of longer ones may be refused on its way."""


class GeneratedHttp(Http):
    """Langfuse's generated client for signing and sending, ours for everything around it.

    Its typed methods are passed by: they refuse a whole page for one unknown enum value or a null, and it has none for the older API.
    """

    def __init__(self, http: Http, base_url: str, public_key: str, secret_key: str) -> None:
        super().__init__(http.name, http.client)
        self._wrapper = SyncClientWrapper(
            base_url=base_url,
            username=public_key,
            password=secret_key,
            httpx_client=http.client,
            timeout=http.client.timeout.read,
        )

    def ask(self, request: Request) -> Answer:
        try:
            response = self._wrapper.httpx_client.request(
                request.path, method="GET", params=dict(request.params), request_options={"max_retries": 0}
            )
        except (httpx.InvalidURL, UnicodeEncodeError):
            raise SourceError(Fault.CLIENT, f"“{self._wrapper.get_base_url()}” is no address.") from None
        try:
            return Answer(self.name, orjson.loads(response.content), response.headers, response.request.url)
        except orjson.JSONDecodeError:
            raise not_json(self.name, response) from None

    def chosen(
        self, path: str, column: str, ids: Collection[str], also: Sequence[Any] = (), **params: Any
    ) -> Sequence[Any]:
        """The rows whose `column` is one of `ids`; none where the server is too old to filter so and sends whatever it has."""
        wanted = {item for item in ids if 0 < len(item) <= LONGEST_ID}
        if not wanted:
            return []
        any_of = {"type": "stringOptions", "column": column, "operator": "any of", "value": sorted(wanted)}
        rows = self.get(path, filter=json.dumps([any_of, *also], separators=(",", ":")), **params).rows("data")
        if any(not isinstance(row, dict) or row.get(column) not in wanted for row in rows):
            return []
        return rows


def either(new: Stream, old: Stream) -> Stream:
    """The newer API's pages, or the older one's where the server lacks it. The cursor says which, so that going on stays with it."""

    def pages(cursor: str) -> Iterator[Page]:
        which, _, inner = cursor.partition(":")
        if which != "old":
            begun = False
            try:
                for page in _marked("new", new(inner)):
                    begun = True
                    yield page
            except SourceError as error:
                if cursor or begun or error.status not in MISSING:
                    raise
            else:
                return
        yield from _marked("old", old(inner))

    return pages


def _marked(which: str, pages: Iterator[Page]) -> Iterator[Page]:
    for page in pages:
        yield replace(page, next_cursor=page.next_cursor and f"{which}:{page.next_cursor}")


def attempted[T](newer: Callable[[], T], older: Callable[[], T]) -> T:
    """What the newer API says, or the older one where the server lacks it. For single look-ups."""
    try:
        return newer()
    except SourceError as error:
        if error.status not in MISSING:
            raise
        return older()
