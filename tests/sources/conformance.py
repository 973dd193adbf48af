"""What every connector must do, as checks of one fake provider each: `test_conformance` runs them over the registry.

A check takes a fresh fake that nothing is planted in yet, and fails with an AssertionError that says what is wrong. `test_the_checks`
holds each of them against a connector that must fail it.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from functools import wraps
from typing import Any

import httpx
from django.db import connections
from django.utils import timezone

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import Page, Window
from monitoring.records import (
    BillRecord,
    PromptRecord,
    ScoreRecord,
    SpanRecord,
    TicketRecord,
    UsageRecord,
)
from monitoring.sources import kinds
from tests.sources.fakes.base import END, MIDDLE, START, WHOLE, FakeProvider

type Check = Callable[[FakeProvider], None]

CHECKS: dict[str, Check] = {}


def check(function: Check) -> Check:
    """Takes a check into the suite. Whatever else a connector lets escape is a failure like any other."""

    @wraps(function)
    def held(fake: FakeProvider) -> None:
        try:
            function(fake)
        except AssertionError:
            raise
        except Exception as error:
            raise AssertionError(f"{type(error).__name__} escaped: {error}") from error

    CHECKS[function.__name__] = held
    return held


def key_of(record: Any) -> tuple[Any, ...]:
    """What a record is known by in its source."""
    match record:
        case SpanRecord():
            return "span", record.trace_id, record.span_id
        case ScoreRecord():
            return "score", record.score_id
        case UsageRecord():
            return (
                "usage",
                record.start,
                record.end,
                record.vendor,
                record.model,
                record.what,
                record.project,
                record.api_key,
                record.tier,
            )
        case BillRecord():
            return "bill", record.day, record.vendor, record.service, record.model, record.line, record.project
        case TicketRecord():
            return "ticket", record.ticket_id
        case PromptRecord():
            return "prompt", record.name, record.version
    raise AssertionError(f"{type(record).__name__} is no record")


def is_once(record: Any) -> bool:
    """Whether a record belongs to a window at all: prompts have no time, a provider lists them all."""
    return not isinstance(record, PromptRecord)


def all_of(pages: list[Page]) -> list[Any]:
    return [record for page in pages for record in page.records]


def as_set(records: list[Any]) -> dict[tuple[Any, ...], Any]:
    return {key_of(record): record for record in records}


class Refusal:
    """What a connector refused with, once its block has ended."""

    value: SourceError


@contextmanager
def refused(*faults: Fault) -> Iterator[Refusal]:
    """Fails unless its block ends in a SourceError of one of these faults, worded for a person."""
    caught = Refusal()
    try:
        yield caught
    except SourceError as error:
        caught.value = error
    else:
        raise AssertionError("nothing was refused")
    assert caught.value.fault in faults, f"the fault is {caught.value.fault}: {caught.value}"
    assert len(str(caught.value)) > 20, "a message has to say what is wrong and what to do"


@check
def settings_survive_without_their_secrets(fake: FakeProvider) -> None:
    """What is stored in the open holds no secret, and together with the sealed part it is the same settings again."""
    model = kinds()[fake.kind].Settings
    settings = model.model_validate(fake.settings)
    assert fake.key in settings.secrets().values(), "the key is no SecretStr"
    assert fake.key not in repr(settings) + str(settings.plain())
    assert model.model_validate({**settings.plain(), **settings.secrets()}) == settings


@check
def every_setting_has_a_title_and_a_description(fake: FakeProvider) -> None:
    for name, field in kinds()[fake.kind].Settings.model_fields.items():
        assert all((field.title, field.description)), f"{name} needs both: its form is made of them"


@check
def check_names_what_it_found(fake: FakeProvider) -> None:
    fake.plant()
    with fake.connected() as connector:
        found = connector.check()
    assert found.account.strip(), "say whose account it is"
    assert found.sees, "say what the key lets us see"


@check
def a_refused_key_is_explained(fake: FakeProvider) -> None:
    for status in (401, 403, 404):
        fake.interrupt = lambda request, status=status: fake.refusal(status)
        with fake.connected() as connector, refused(Fault.CLIENT):
            connector.check()
        with refused(Fault.CLIENT):
            fake.pages()


@check
def keys_are_unique_and_whole(fake: FakeProvider) -> None:
    fake.plant()
    records = all_of(fake.pages())
    assert len(records) >= 6, "the fake has at least six rows in its window"
    keys = [key_of(record) for record in records]
    assert len(set(keys)) == len(keys), "two records of one read have the same key"
    assert all(part is not None for key in keys for part in key)
    for record in records:
        if isinstance(record, SpanRecord):
            assert len(record.trace_id) == 32
            assert len(record.span_id) == 16
        if isinstance(record, ScoreRecord):
            assert record.score_id


@check
def two_reads_give_the_same(fake: FakeProvider) -> None:
    fake.plant()
    assert fake.records() == fake.records()


@check
def going_on_after_any_page_loses_and_repeats_nothing(fake: FakeProvider) -> None:
    fake.plant()
    pages = fake.pages()
    assert len(pages) > 1, "the fake is to page"
    whole = all_of(pages)
    for at, page in enumerate(pages):
        if page.next_cursor is not None:
            rest = fake.records(WHOLE, page.next_cursor)
            assert all_of(pages[: at + 1]) + rest == whole, f"it goes on wrongly after page {at + 1}"
    assert pages[-1].next_cursor is None, "the last page must end the window"
    assert all(page.next_cursor for page in pages[:-1]), "a page before the last has no cursor"


@check
def a_row_on_the_boundary_counts_once(fake: FakeProvider) -> None:
    fake.plant()
    whole = as_set([r for r in fake.records(WHOLE) if is_once(r)])
    first = [r for r in fake.records(Window(START, MIDDLE)) if is_once(r)]
    second = [r for r in fake.records(Window(MIDDLE, END)) if is_once(r)]
    assert as_set(first).keys() | as_set(second).keys() == whole.keys(), "two halves are not the whole"
    both = {key_of(r) for r in first} & {key_of(r) for r in second}
    assert not both, f"in both halves: {both}"


@check
def nothing_outside_the_window_comes(fake: FakeProvider) -> None:
    fake.plant()
    for record in fake.records(WHOLE):
        match record:
            case SpanRecord():
                assert WHOLE.holds(record.started_at)
            case UsageRecord():
                assert WHOLE.holds(record.start)
            case BillRecord():
                assert START.date() <= record.day < END.date()
            case TicketRecord():
                assert WHOLE.holds(record.changed_at)


@check
def a_late_correction_arrives(fake: FakeProvider) -> None:
    fake.plant()
    before = fake.records()
    fake.correct()
    after = fake.records()
    assert as_set(before).keys() == as_set(after).keys(), "a correction is the same row"
    assert before != after, "the correction did not come"


@check
def an_empty_window_ends(fake: FakeProvider) -> None:
    fake.plant()
    pages = fake.pages(Window(START - timedelta(days=9), START - timedelta(days=8)))
    assert [r for r in all_of(pages) if is_once(r)] == []
    assert pages[-1].next_cursor is None if pages else True


@check
def a_limit_is_obeyed_in_either_form(fake: FakeProvider) -> None:
    """Longer than a request may wait: the source waits, until the moment the provider said."""
    later = datetime.now(UTC) + timedelta(seconds=90)
    for header in ("90", format_datetime(later, usegmt=True)):
        fake.interrupt = lambda request, header=header: httpx.Response(429, headers={"Retry-After": header})
        with refused(Fault.LATER) as caught:
            fake.pages()
        assert caught.value.retry_at is not None
        assert 80 < (caught.value.retry_at - timezone.now()).total_seconds() < 95
        with fake.connected() as connector, refused(Fault.LATER):
            connector.check()


@check
def trouble_that_passes_is_waited_out(fake: FakeProvider) -> None:
    """Two failures and then an answer: nobody notices. Failing on and on: later."""
    fake.plant()
    whole = fake.records()
    for trouble in (httpx.Response(503), httpx.Response(500), httpx.Response(429, headers={"Retry-After": "0"})):
        left = [trouble, trouble]
        fake.interrupt = lambda request, left=left: left.pop() if left else None
        assert fake.records() == whole
        fake.interrupt = lambda request, trouble=trouble: trouble
        with refused(Fault.LATER):
            fake.pages()


@check
def what_is_no_answer_is_refused(fake: FakeProvider) -> None:
    """One that was cut short comes whole another time; a web page in its place is an address to mend."""
    fake.plant()
    for body, fault in ((fake.half, Fault.LATER), (b"<html>Sign in</html>", Fault.CLIENT)):
        fake.interrupt = lambda request, body=body: httpx.Response(200, content=body)
        with refused(fault):
            fake.pages()


@check
def what_is_not_as_promised_is_refused(fake: FakeProvider) -> None:
    """JSON of another shape is never read as “there is nothing”."""
    for body in {b"[]", b'"hello"', b"null", b"{}", b"17"} - {fake.nothing}:
        fake.interrupt = lambda request, body=body: httpx.Response(200, content=body)
        with refused(Fault.CLIENT, Fault.OURS):
            fake.pages()


@check
def rows_of_another_shape_are_refused_one_by_one(fake: FakeProvider) -> None:
    """A row that cannot be read costs itself, not its page: it is counted with its reason."""
    fake.plant()
    spoilt = spoiling(fake)
    fake.interrupt = spoilt
    with fake.connected() as connector:
        try:
            pages = list(connector.fetch(WHOLE))
        except SourceError as error:
            assert error.fault is Fault.OURS  # noqa: PT017 - either answer is right
            return
    assert any(page.rejected for page in pages), "an unreadable row vanished without a word"


def spoiling(fake: FakeProvider) -> Callable[[httpx.Request], httpx.Response | None]:
    """Answers as the fake would, with the first row of every list made unreadable."""

    def answer(request: httpx.Request) -> httpx.Response | None:
        fake.interrupt = None
        try:
            real = fake(request)
        finally:
            fake.interrupt = answer
        if real.status_code != 200:
            return real
        if (spoilt := fake.spoilt(real)) is not None:
            return spoilt
        return httpx.Response(200, json=_spoilt(real.json()), headers=_plain(real.headers))

    return answer


def _plain(headers: httpx.Headers) -> dict[str, str]:
    return {k: v for k, v in headers.items() if k.lower() not in ("content-length", "content-type")}


def _spoilt(data: Any) -> Any:
    if isinstance(data, dict):
        return {k: _spoilt(v) for k, v in data.items()}
    if isinstance(data, list) and data:
        first = data[0]
        inner = isinstance(first, dict) and any(
            isinstance(v, list) and v and isinstance(v[0], dict) for v in first.values()
        )
        return [_spoilt(item) for item in data] if inner else [{"unreadable": [1]}, *data[1:]]
    return data


@check
def going_in_circles_is_noticed(fake: FakeProvider) -> None:
    """The same page for ever, whatever is asked."""
    fake.plant()
    paging: list[httpx.Response] = []
    count = 0

    def circle(request: httpx.Request) -> httpx.Response | None:
        nonlocal count
        count += 1
        assert count < 200, "it goes in circles"
        same = [
            kept
            for kept in paging
            if kept.request.url.path == request.url.path and kept.request.method == request.method
        ]
        if same:
            return same[0]
        fake.interrupt = None
        answer = fake(request)
        fake.interrupt = circle
        answer.request = request
        paging.append(answer)
        return answer

    fake.interrupt = circle
    try:
        pages = fake.pages()
    except SourceError as error:
        assert error.fault is Fault.OURS  # noqa: PT017 - noticing is one good end, finishing the other
        return
    # Where the same answer tells the same end, there was no circle.
    assert pages[-1].next_cursor is None


@check
def the_key_goes_to_its_own_host_only(fake: FakeProvider) -> None:
    """A next page at another server is not followed."""
    fake.plant()
    fake.pages()
    home = fake.seen[0].url.host
    fake.seen.clear()

    def elsewhere(request: httpx.Request) -> httpx.Response | None:
        if request.url.host != home:
            return None
        fake.interrupt = None
        answer = fake(request)
        fake.interrupt = elsewhere
        text = answer.text.replace(f"https://{home}", "https://thief.example")
        link = answer.headers.get("link", "").replace(f"https://{home}", "https://thief.example")
        return httpx.Response(answer.status_code, text=text, headers={"link": link} if link else {})

    fake.interrupt = elsewhere
    try:
        fake.pages()
    except SourceError as error:
        assert error.fault is Fault.OURS  # noqa: PT017
    assert {request.url.host for request in fake.seen} == {home}, "the key was sent elsewhere"


@check
def the_key_shows_up_nowhere(fake: FakeProvider) -> None:
    """Not in a log, an error, a record or an address, even when the provider says it back."""
    kept: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: kept.append(record.getMessage())  # type: ignore[method-assign]
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        fake.plant()
        records = fake.records()
        with fake.connected() as connector:
            kept.append(repr(connector.check()) + repr(connector.settings))
        fake.interrupt = lambda request: httpx.Response(403, text=f"the key {fake.key} may not")
        with refused(Fault.CLIENT) as caught:
            fake.pages()
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    said = "\n".join([*kept, repr(caught.value), str(caught.value), caught.value.detail, *map(repr, records)])
    assert fake.key not in said
    assert all(fake.key not in str(request.url) for request in fake.seen), "a key in an address ends up in logs"


@check
def nothing_that_was_said_comes_unasked(fake: FakeProvider) -> None:
    """Without `texts` no span holds what was asked or answered, however the provider sends it."""
    fake.plant()
    with fake.connected(texts=False) as connector:
        spans = [r for page in connector.fetch(WHOLE) for r in page.records if isinstance(r, SpanRecord)]
    for span in spans:
        assert (span.input_text, span.output_text) == ("", ""), f"span {span.span_id} holds texts nobody asked for"


@check
def what_was_said_comes_when_it_is_wanted(fake: FakeProvider) -> None:
    """With `texts` some span holds what was asked, and some what was answered: else what answers tell stays empty without a word."""
    fake.plant()
    with fake.connected(texts=True) as connector:
        spans = [r for page in connector.fetch(WHOLE) for r in page.records if isinstance(r, SpanRecord)]
    if spans:
        assert any(span.input_text for span in spans), "no span holds what was asked"
        assert any(span.output_text for span in spans), "no span holds what was answered"


@check
def times_are_utc_and_money_is_decimal(fake: FakeProvider) -> None:
    fake.plant()
    for record in fake.records():
        assert is_dataclass(record)
        for field in fields(record):
            value = getattr(record, field.name)
            if isinstance(value, datetime):
                assert value.utcoffset() == timedelta(0), f"{field.name} is {value}"
            assert not isinstance(value, float), f"{field.name} is a float"
            if field.name in ("cost", "amount", "value") and value is not None:
                assert isinstance(value, Decimal), f"{field.name} is {type(value).__name__}"
            if field.name == "day":
                assert type(value) is date


@check
def no_database_is_asked(fake: FakeProvider) -> None:
    fake.plant()

    def refuse(*_: Any) -> Any:
        raise AssertionError("a connector asked the database")

    with connections["default"].execute_wrapper(refuse), connections["owner"].execute_wrapper(refuse):
        fake.pages()
