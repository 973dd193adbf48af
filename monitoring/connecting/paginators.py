"""Five ways providers cut a long answer into pages. Each is frozen: where it stands is in the cursor, which is text and can be kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Protocol

import httpx

from .errors import broken_promise


@dataclass(frozen=True)
class Request:
    """What is asked for: a path below the source's address (or a whole address of the same origin), parameters, and a body to post."""

    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """What came back: parsed JSON, headers, and the address that was asked."""

    provider: str
    data: Any
    headers: Mapping[str, str]
    url: httpx.URL

    def at(self, path: str) -> Any:
        """What stands at a dotted path of the answer; None where there is nothing."""
        found = self.data
        for part in path.split(".") if path else ():
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def rows(self, path: str) -> Sequence[Any]:
        """The list at a path. Raises SourceError when there is none."""
        found = self.at(path)
        if not isinstance(found, list):
            raise broken_promise(self.provider, f"its answer has no list “{path or 'at its top'}”")
        return found


class Paginator(Protocol):
    """Turns a cursor into a request, and an answer into the next cursor; the first cursor is empty, the last is None."""

    def request(self, first: Request, cursor: str) -> Request: ...

    def following(self, answer: Answer, cursor: str) -> str | None: ...


@dataclass(frozen=True)
class PageNumber:
    """Numbered pages, from 1. The last one is told by `last`, the path of how many there are, or else by having fewer than `size` rows."""

    rows: str
    size: int = 1
    param: str = "page"
    last: str = ""

    def request(self, first: Request, cursor: str) -> Request:
        return replace(first, params={**first.params, self.param: int(cursor or 1)})

    def following(self, answer: Answer, cursor: str) -> str | None:
        number, last = int(cursor or 1), answer.at(self.last) if self.last else None
        more = number < last if isinstance(last, int) else len(answer.rows(self.rows)) >= self.size
        return str(number + 1) if more else None


@dataclass(frozen=True)
class Offset(PageNumber):
    """Rows from an offset on, in a parameter or, with `in_body`, at a dotted path of the body; the first page without rows is the last.

    A page that is merely short ends nothing: servers send fewer rows than asked for.
    """

    param: str = "offset"
    in_body: bool = False

    def request(self, first: Request, cursor: str) -> Request:
        if not self.in_body:
            return replace(first, params={**first.params, self.param: int(cursor or 0)})
        return replace(first, json=_with(first.json or {}, self.param.split("."), int(cursor or 0)))

    def following(self, answer: Answer, cursor: str) -> str | None:
        count = len(answer.rows(self.rows))
        return str(int(cursor or 0) + count) if count else None


@dataclass(frozen=True)
class Token:
    """A token in the answer, sent back as a parameter or, with `in_body`, at a dotted path of the body. `more` is a flag."""

    found_at: str
    param: str
    in_body: bool = False
    more: str = ""

    def request(self, first: Request, cursor: str) -> Request:
        if not cursor:
            return first
        if not self.in_body:
            return replace(first, params={**first.params, self.param: cursor})
        return replace(first, json=_with(first.json or {}, self.param.split("."), cursor))

    def following(self, answer: Answer, cursor: str) -> str | None:
        token = answer.at(self.found_at)
        if self.more and not answer.at(self.more):
            return None
        if token is not None and not isinstance(token, str | int):
            raise broken_promise(answer.provider, f"“{self.found_at}” is no token")
        return str(token) if token not in (None, "") else None


@dataclass(frozen=True)
class NextLink:
    """The next page's whole address: at a path of the answer, or in the `Link` header. Another origin would get the key: refused."""

    found_at: str = ""

    def request(self, first: Request, cursor: str) -> Request:
        return Request(cursor) if cursor else first

    def following(self, answer: Answer, cursor: str) -> str | None:
        link = answer.at(self.found_at) if self.found_at else _link(answer.headers)
        if not link:
            return None
        try:
            url = answer.url.join(str(link))
        except httpx.InvalidURL:
            raise broken_promise(answer.provider, "its next page has no address") from None
        if not same_origin(url, answer.url):
            raise broken_promise(answer.provider, f"its next page is at another server, {url.host}")
        return str(url)


@dataclass(frozen=True)
class Days:
    """One request a UTC day, from `first` up to but without `end`, the day in a parameter."""

    first: date
    end: date
    param: str

    def request(self, first: Request, cursor: str) -> Request:
        return replace(first, params={**first.params, self.param: cursor or self.first.isoformat()})

    def following(self, answer: Answer, cursor: str) -> str | None:
        following = (date.fromisoformat(cursor) if cursor else self.first) + timedelta(days=1)
        return following.isoformat() if following < self.end else None


def same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether two addresses are of one server, so that what is secret to the one may be sent to the other."""
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)


def _link(headers: Mapping[str, str]) -> str:
    written = headers.get("link", "").encode(errors="replace")
    return httpx.Response(200, headers={b"link": written}).links.get("next", {}).get("url", "")


def _with(body: Mapping[str, Any], path: Sequence[str], value: str | int) -> dict[str, Any]:
    here, *below = path
    return {**body, here: _with(body.get(here) or {}, below, value) if below else value}
