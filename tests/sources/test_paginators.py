"""Each paginator walks a list to its end, once, from wherever it left off; an answer that leads nowhere is a SourceError."""

from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.http import Http
from monitoring.connecting.paginators import Answer, Days, NextLink, PageNumber, Paginator, Request, Token

HOME = "https://far.example"
FIRST = Request("rows", {"kind": "a"}, None)
PAGE = 3


def answer(data: Any = None, link: str = "") -> Answer:
    return Answer("Far", data, {"link": link} if link else {}, httpx.URL(f"{HOME}/rows?kind=a"))


def numbered(rows: list[int], request: httpx.Request) -> httpx.Response:
    start = (int(request.url.params["page"]) - 1) * PAGE
    return httpx.Response(200, json={"rows": rows[start : start + PAGE], "meta": {"pages": -(-len(rows) // PAGE)}})


def tokened(rows: list[int], request: httpx.Request) -> httpx.Response:
    start = int(request.url.params.get("after", 0))
    more = start + PAGE < len(rows)
    return httpx.Response(
        200, json={"rows": rows[start : start + PAGE], "next": start + PAGE if more else None, "more": more}
    )


def linked(rows: list[int], request: httpx.Request) -> httpx.Response:
    start = int(request.url.params.get("at", 0))
    more = start + PAGE < len(rows)
    url = str(request.url.copy_set_param("at", start + PAGE))
    headers = {"Link": f'<{HOME}/rows>; rel="first", <{url}>; rel="next"'} if more else {}
    return httpx.Response(
        200, json={"rows": rows[start : start + PAGE], "links": {"next": url if more else None}}, headers=headers
    )


WAYS: dict[str, tuple[Paginator, Callable[[list[int], httpx.Request], httpx.Response]]] = {
    "numbers": (PageNumber("rows", PAGE), numbered),
    "numbers of so many": (PageNumber("rows", PAGE, last="meta.pages"), numbered),
    "tokens": (Token("next", "after"), tokened),
    "tokens and a flag": (Token("next", "after", more="more"), tokened),
    "links in the answer": (NextLink("links.next"), linked),
    "links in the header": (NextLink(), linked),
}


def walk(way: str, rows: list[int], cursor: str = "") -> list[tuple[list[int], str | None]]:
    paginator, far = WAYS[way]
    with httpx.Client(base_url=f"{HOME}/", transport=httpx.MockTransport(lambda request: far(rows, request))) as client:
        return [(page.data["rows"], after) for page, after in Http("Far", client).pages(FIRST, paginator, cursor)]


@pytest.mark.parametrize("way", WAYS)
@settings(deadline=None)
@given(size=st.integers(0, 10))
def test_every_row_comes_once_and_again_from_any_cursor(way: str, size: int) -> None:
    rows = list(range(size))
    pages = walk(way, rows)
    assert [row for page, _ in pages for row in page] == rows
    assert pages[-1][1] is None
    for number, (_, cursor) in enumerate(pages[:-1], start=1):
        assert cursor
        assert walk(way, rows, cursor) == pages[number:]


def test_page_numbers_start_at_one_and_keep_what_else_was_asked() -> None:
    assert PageNumber("rows", 3).request(FIRST, "").params == {"kind": "a", "page": 1}
    assert PageNumber("rows", 3, "p").request(FIRST, "4").params == {"kind": "a", "p": 4}


def test_a_full_last_page_is_no_end_unless_the_answer_says_how_many_there_are() -> None:
    full = answer({"rows": [1, 2, 3], "pages": 2})
    assert PageNumber("rows", 3).following(full, "2") == "3"
    assert PageNumber("rows", 3, last="pages").following(full, "2") is None


def test_a_token_goes_into_a_body_where_it_belongs_and_leaves_the_rest() -> None:
    first = Request("search", json={"query": 1, "pagination": {"per_page": 50}})
    token = Token("pages.next", "pagination.starting_after", in_body=True)
    assert token.request(first, "") == first
    assert token.request(first, "x").json == {"query": 1, "pagination": {"per_page": 50, "starting_after": "x"}}
    assert Token("t", "a.b", in_body=True).request(Request("search", json={"a": None}), "x").json == {"a": {"b": "x"}}
    assert first.json == {"query": 1, "pagination": {"per_page": 50}}, "the request itself is left as it was"


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_token_that_is_nothing_ends(nothing: Any) -> None:
    assert Token("next", "after").following(answer({"next": nothing}), "") is None
    assert Token("meta.next", "after").following(answer({"meta": None}), "") is None


def test_a_token_that_stays_to_the_end_is_ended_by_the_flag() -> None:
    assert Token("next", "after", more="more").following(answer({"next": "x", "more": False}), "") is None


@pytest.mark.parametrize("odd", [{"a": 1}, ["x"], 1.5])
def test_a_token_of_another_kind_is_a_broken_promise(odd: Any) -> None:
    with pytest.raises(SourceError) as caught:
        Token("next", "after").following(answer({"next": odd}), "")
    assert caught.value.fault is Fault.OURS


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        (f"{HOME}/rows?at=3", f"{HOME}/rows?at=3"),
        (f"{HOME}:443/rows?at=3", f"{HOME}/rows?at=3"),
        ("/rows?at=3", f"{HOME}/rows?at=3"),
        ("?at=3", f"{HOME}/rows?at=3"),
    ],
)
def test_a_next_link_may_be_short(link: str, leads: str) -> None:
    assert NextLink("next").following(answer({"next": link}), "") == leads


@pytest.mark.parametrize(
    "link",
    [
        "https://thief.example/rows",
        "http://far.example/rows",
        "https://far.example:8443/rows",
        "https://far.example@thief.example/",
        "//thief.example/rows",
        "javascript:alert(1)",
    ],
)
@pytest.mark.parametrize("way", ["answer", "header"])
def test_a_next_link_to_another_server_is_refused(way: str, link: str) -> None:
    given = answer({"next": link}) if way == "answer" else answer({}, f'<{link}>; rel="next"')
    with pytest.raises(SourceError, match="another server") as caught:
        NextLink("next" if way == "answer" else "").following(given, "")
    assert caught.value.fault is Fault.OURS


@settings(deadline=None)
@given(st.one_of(st.text(), st.from_regex(r'(<[^>]{0,20}>?;? ?(rel="?next"?)?,? ?){0,3}', fullmatch=True)))
def test_whatever_a_link_holds_is_an_address_of_the_same_server_or_refused(text: str) -> None:
    for given_answer, paginator in ((answer({"next": text}), NextLink("next")), (answer({}, text), NextLink())):
        try:
            following = paginator.following(given_answer, "")
        except SourceError as error:
            assert error.fault is Fault.OURS  # noqa: PT017 - refusing is one good end, an address the other
        else:
            assert following is None or httpx.URL(following).host == "far.example"


def test_days_are_asked_one_by_one_up_to_the_end() -> None:
    days, asked = Days(date(2026, 12, 30), date(2027, 1, 2), "day"), []
    cursor: str | None = ""
    while cursor is not None:
        asked.append(days.request(FIRST, cursor).params["day"])
        cursor = days.following(answer(), cursor)
    assert asked == ["2026-12-30", "2026-12-31", "2027-01-01"]


def test_rows_that_are_no_list_are_a_broken_promise() -> None:
    assert answer([1]).rows("") == [1]
    odd: list[Any] = [None, 17, "hello", {"rows": None}, {"rows": {}}, []]
    for data in odd:
        with pytest.raises(SourceError, match="no list"):
            answer(data).rows("rows")
