"""Answers nobody planned for: any JSON, and JSON damaged in one place; a connector takes or refuses them, and never fails otherwise."""

import json
from typing import Any

import httpx
import stamina
from hypothesis import strategies as st

from monitoring.connecting.errors import SourceError
from monitoring.connecting.kind import Page
from tests.sources.conformance import key_of
from tests.sources.fakes.base import FakeProvider

JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=20),
        st.datetimes().map(lambda at: f"{at.isoformat()}Z"),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


@st.composite
def damaged(draw: st.DrawFn, answer: Any) -> Any:
    """JSON with one value, anywhere in it, changed for another or gone."""
    if isinstance(answer, dict) and answer and draw(st.integers(0, 9)):
        name = draw(st.sampled_from(sorted(answer)))
        rest = {key: value for key, value in answer.items() if key != name}
        return {**rest, name: draw(damaged(answer[name]))} if draw(st.integers(0, 9)) else rest
    if isinstance(answer, list) and answer and draw(st.integers(0, 9)):
        at = draw(st.integers(0, len(answer) - 1))
        return [*answer[:at], draw(damaged(answer[at])), *answer[at + 1 :]]
    return draw(JSON)


def read_or_refused(fake: FakeProvider) -> list[Page]:
    """What a connector makes of a window: pages whose records are in it and known by something, or none for a SourceError."""
    stamina.set_testing(True, attempts=3, cap=True)
    try:
        pages = fake.pages()
    except SourceError as error:
        assert str(error)  # noqa: PT017 - either end is good
        return []
    finally:
        stamina.set_testing(False)
    assert all(key_of(record) for page in pages for record in page.records)
    assert all(rejection.reason for page in pages for rejection in page.rejected)
    return pages


def answered_or_refused(fake: FakeProvider, data: st.DataObject, answers: st.SearchStrategy[Any]) -> None:
    """Answers with what is drawn, a few pages of it."""
    left = 5

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal left
        left -= 1
        return httpx.Response(200, text=json.dumps(data.draw(answers))) if left else httpx.Response(418)

    fake.interrupt = answer
    read_or_refused(fake)


def taken_or_refused(fake: FakeProvider, data: st.DataObject, whole: str = "/-") -> None:
    """Damages the answers as they come, but for those below the path `whole`."""
    left = 10

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal left
        fake.interrupt = None
        try:
            real = fake(request)
        except (AssertionError, ValueError):  # it was asked with what had been damaged
            return httpx.Response(400)
        finally:
            fake.interrupt = answer
        if request.url.path.startswith(whole) or real.status_code != 200:
            return real
        left -= 1
        if not left:
            return httpx.Response(418)
        body = json.dumps(data.draw(damaged(real.json())))
        return httpx.Response(200, text=body, headers={k: v for k, v in real.headers.items() if k == "link"})

    fake.interrupt = answer
    read_or_refused(fake)
