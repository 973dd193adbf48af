"""Offsets: each page begins where the one before it ended, and only an empty one ends them."""

from typing import Any

import httpx
import pytest

from monitoring.connecting.errors import SourceError
from monitoring.connecting.http import Http
from monitoring.connecting.paginators import Offset, Request


def offsets_asked(in_body: bool, rows: int, most: int) -> tuple[list[int], list[Any]]:
    """What a server of some rows, which sends at most a few of them, is asked for and says."""
    asked: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if in_body:
            asked.append(httpx.Response(200, content=request.content).json()["page"]["offset"])
        else:
            asked.append(int(request.url.params["offset"]))
        return httpx.Response(200, json=list(range(rows))[asked[-1] :][:most])

    with httpx.Client(transport=httpx.MockTransport(answer), base_url="https://provider.example/") as client:
        first = Request("rows", json={"page": {"size": 5}}) if in_body else Request("rows")
        paginator = Offset("", param="page.offset", in_body=True) if in_body else Offset("")
        found = [row for page, _ in Http("Provider", client).pages(first, paginator) for row in page.data]
    return asked, found


@pytest.mark.parametrize("in_body", [False, True])
def test_a_short_page_is_not_the_last(in_body: bool) -> None:
    assert offsets_asked(in_body, 5, most=2) == ([0, 2, 4, 5], [0, 1, 2, 3, 4])


def test_nothing_is_one_request() -> None:
    assert offsets_asked(in_body=False, rows=0, most=2) == ([0], [])


def test_a_server_that_does_not_know_the_offset_is_found_out() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=[1, 2]))
    with (
        httpx.Client(transport=transport, base_url="https://provider.example/") as client,
        pytest.raises(SourceError, match="the same page again and again"),
    ):
        list(Http("Provider", client).pages(Request("rows"), Offset("")))
