"""Asks Langfuse with its generated client, over the guarded one."""

import json
from collections.abc import Collection, Sequence
from typing import Any

import httpx
import orjson
from langfuse.api.core.client_wrapper import SyncClientWrapper

from monitoring.connecting.errors import Fault, SourceError, shown
from monitoring.connecting.http import Http, not_json
from monitoring.connecting.paginators import Answer, Request

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
            raise SourceError(Fault.CLIENT, f"{shown(self._wrapper.get_base_url())} is no address.") from None
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
