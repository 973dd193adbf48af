"""The conformance suite is held against connectors that break one promise each: a check that lets its own pass proves nothing."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta, timezone
from functools import partial
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

import httpx
import pytest
import stamina
from django.db import connections
from pydantic import AfterValidator, Field, SecretStr

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.http import Http
from monitoring.connecting.kind import Brings, Connector, Findings, Kind, Page, Seen, Settings, Window
from monitoring.connecting.paginators import Answer, NextLink, Request
from monitoring.connecting.reading import Exact, Instant, Row, taken
from monitoring.records import SpanKind, SpanRecord
from tests.sources import conformance
from tests.sources.conformance import CHECKS
from tests.sources.fakes import base
from tests.sources.fakes.base import END, MIDDLE, START, FakeProvider, paged

HOME = "https://tiny.example"
SAID = {"asked": "Where is my order?", "answered": "It ships today."}


class TinySettings(Settings):
    address: str = Field(HOME, title="Address", description="Where it is.")
    token: SecretStr = Field(title="Token", description="What opens it.")


class Call(Row):
    id: int
    at: Instant
    cost: Exact
    asked: str
    answered: str


def call(row: Any, texts: bool = False) -> SpanRecord:
    read = Call.model_validate(row)
    said: dict[str, Any] = {"input_text": read.asked, "output_text": read.answered} if texts else {}
    return SpanRecord(f"{read.id:032x}", f"{read.id:016x}", read.at, None, SpanKind.LLM, "call", cost=read.cost, **said)


class Tiny(Connector[TinySettings]):
    """Keeps every promise. What breaks one derives from it."""

    kind = Kind("tiny", "Tiny", Brings.TRACES, "Calls.")
    Settings = TinySettings

    @classmethod
    def address(cls, settings: TinySettings) -> str:
        return settings.address

    @classmethod
    def headers(cls, settings: TinySettings) -> dict[str, str]:
        return {"Authorization": f"Bearer {settings.token.get_secret_value()}"}

    def check(self) -> Findings:
        return Findings("tiny", (Seen("calls", len(self.http.get("calls").rows("calls"))),))

    def asked(self, window: Window) -> Request:
        return Request("calls", {"from": window.start.isoformat(), "to": window.end.isoformat()})

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        for answer, following in self.http.pages(self.asked(window), NextLink("next"), cursor):
            records, rejected = taken(answer.rows("calls"), partial(call, texts=self.texts))
            yield Page(records, following, rejected)


class Fake(FakeProvider):
    """The far end of it: bearer token, half-open times, next links."""

    kind: ClassVar[str] = "tiny"

    @property
    def settings(self) -> dict[str, Any]:
        return {"token": self.key}

    def authorised(self, request: httpx.Request) -> bool:
        return str(request.headers.get("authorization")) == f"Bearer {self.key}"

    def plant(self) -> None:
        times = (START - timedelta(minutes=30), START, START + timedelta(hours=5), MIDDLE, END)
        more = (MIDDLE + timedelta(hours=hours) for hours in (1, 2, 3, 4))
        self.rows = [
            {"id": i, "at": at.isoformat(), "cost": "0.10", **SAID} for i, at in enumerate((*times, *more), start=1)
        ]

    def correct(self) -> None:
        self.rows[2]["cost"] = "0.20"

    def answer(self, request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        start, end = asked.get("from", ""), asked.get("to", "9")
        rows, following = paged(request, [row for row in self.rows if start <= row["at"] < end], self.page)
        link = str(request.url.copy_set_param("cursor", following)) if following else None
        return httpx.Response(200, json={"calls": rows, "next": link})


def spans(page: Page) -> list[SpanRecord]:
    return [record for record in page.records if isinstance(record, SpanRecord)]


# At least one hostile connector for each check.


class GrowingSettings(TinySettings):
    address: Annotated[str, AfterValidator(lambda text: text + "/")] = Field(
        HOME, title="Address", description="Where."
    )


class SettingsThatChangeWhenRead(Tiny):
    Settings = GrowingSettings


class WordlessSettings(TinySettings):
    token: SecretStr = Field(title="Token")


class SettingsWithoutADescription(Tiny):
    Settings = WordlessSettings


class NamesNobody(Tiny):
    def check(self) -> Findings:
        return replace(super().check(), account=" ")


class SeesNothing(Tiny):
    def check(self) -> Findings:
        return replace(super().check(), sees=())


class FindsEveryKeyGood(Tiny):
    def check(self) -> Findings:
        try:
            return super().check()
        except SourceError as error:
            if error.fault is Fault.CLIENT:
                return Findings("tiny", (Seen("calls"),))
            raise


class Curt(Tiny):
    def check(self) -> Findings:
        try:
            return super().check()
        except SourceError as error:
            raise replace(error, message="refused") from None


class Twice(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        for page in super().fetch(window, cursor):
            yield replace(page, records=[*page.records, *page.records[:1]])


class Whimsical(Tiny):
    """Another answer at every second reading."""

    reads = 0

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        type(self).reads += not cursor
        for page in super().fetch(window, cursor):
            yield page if cursor or self.reads % 2 else replace(page, records=page.records[::-1])


class StartsOver(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        return super().fetch(window)


class NeverDone(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        for page in super().fetch(window, cursor):
            whole = page.next_cursor is None and window == base.WHOLE
            yield replace(page, next_cursor=f"{HOME}/calls?from=9" if whole else page.next_cursor)


class LosesTheFirstMoment(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        for page in super().fetch(window, cursor):
            yield replace(page, records=[r for r in spans(page) if r.started_at > window.start])


class LooksBackAnHour(Tiny):
    def asked(self, window: Window) -> Request:
        return super().asked(replace(window, start=window.start - timedelta(hours=1)))


class RemembersTheFirstAnswer(Tiny):
    memory: ClassVar[dict[tuple[str, bool], SpanRecord]] = {}

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        for page in super().fetch(window, cursor):
            yield replace(page, records=[self.memory.setdefault((r.span_id, self.texts), r) for r in spans(page)])


class WaitsForRows(Tiny):
    """Takes “nothing yet” for “more to come”."""

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        for page in super().fetch(window, cursor):
            yield page if page.records or page.rejected else replace(page, next_cursor=f"{HOME}/calls")


class ForgetsWhen(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        try:
            yield from super().fetch(window, cursor)
        except SourceError as error:
            raise replace(error, retry_at=None) from None


class BlamesItself(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        try:
            yield from super().fetch(window, cursor)
        except SourceError as error:
            raise replace(error, fault=Fault.OURS if (error.status or 0) >= 500 else error.fault) from None


class TakesAnyTextForNothing(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        try:
            yield from super().fetch(window, cursor)
        except SourceError as error:
            if error.status != 200:
                raise


class TakesAnyShapeForNothing(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        for answer, following in self.http.pages(self.asked(window), NextLink("next"), cursor):
            records, rejected = taken(answer.at("calls") or [], partial(call, texts=self.texts))
            yield Page(records, following, rejected)


class DropsWhatItCannotRead(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        for page in super().fetch(window, cursor):
            yield replace(page, rejected=())


class FallsOverWhatItCannotRead(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        for answer, following in self.http.pages(self.asked(window), NextLink("next"), cursor):
            yield Page([call(row, self.texts) for row in answer.rows("calls")], following)


class FollowsForEver(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        following: str | None = cursor
        while following is not None:
            answer = self.http.ask(NextLink("next").request(self.asked(window), following))
            following = NextLink("next").following(answer, following)
            records, rejected = taken(answer.rows("calls"), partial(call, texts=self.texts))
            yield Page(records, following, rejected)


class Anywhere(NextLink):
    def following(self, answer: Answer, cursor: str) -> str | None:
        link = answer.at("next")
        return link if isinstance(link, str) else None


class Trusting(Http):
    def ask(self, request: Request) -> Answer:
        if request.path.startswith("https:"):
            self.client.base_url = httpx.URL(request.path).join("/")
        return super().ask(request)


class FollowsAnywhere(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        http = Trusting(self.http.name, self.http.client)
        for answer, following in http.pages(self.asked(window), Anywhere("next"), cursor):
            records, rejected = taken(answer.rows("calls"), partial(call, texts=self.texts))
            yield Page(records, following, rejected)


class LogsItsKey(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        logging.getLogger("tiny").info("asking with %s", self.headers(self.settings))
        return super().fetch(window, cursor)


class SaysItsKey(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        try:
            yield from super().fetch(window, cursor)
        except SourceError as error:
            said = f"{error.message} It was {self.settings.token.get_secret_value()}."
            raise replace(error, message=said) from None


class ReadsOverShoulders(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        for page in super().fetch(window, cursor):
            yield replace(page, records=[replace(r, output_text="It ships today.") for r in spans(page)])


class HearsNothing(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        for page in super().fetch(window, cursor):
            yield replace(page, records=[replace(r, output_text="") for r in spans(page)])


class CountsMoneyInFloats(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        for page in super().fetch(window, cursor):
            yield replace(page, records=[replace(r, cost=float(r.cost or 0)) for r in spans(page)])  # type: ignore[arg-type]


class KeepsTheSendersZone(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        east = timezone(timedelta(hours=2))
        for page in super().fetch(window, cursor):
            yield replace(page, records=[replace(r, started_at=r.started_at.astimezone(east)) for r in spans(page)])


class AsksTheDatabase(Tiny):
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        with connections["default"].cursor() as found:
            found.execute("SELECT 1")
        return super().fetch(window, cursor)


# Each with the checks that fail it, the one it is there for first. More than one only where two promises say the same of it.
HOSTILE: dict[type[Tiny], tuple[str, ...]] = {
    SettingsThatChangeWhenRead: ("settings_survive_without_their_secrets",),
    SettingsWithoutADescription: ("every_setting_has_a_title_and_a_description",),
    NamesNobody: ("check_names_what_it_found",),
    SeesNothing: ("check_names_what_it_found",),
    FindsEveryKeyGood: ("a_refused_key_is_explained",),
    Curt: ("a_refused_key_is_explained", "a_limit_is_obeyed_in_either_form"),
    Twice: ("keys_are_unique_and_whole",),
    Whimsical: ("two_reads_give_the_same", "trouble_that_passes_is_waited_out"),
    StartsOver: ("going_on_after_any_page_loses_and_repeats_nothing",),
    NeverDone: ("going_on_after_any_page_loses_and_repeats_nothing",),
    LosesTheFirstMoment: ("a_row_on_the_boundary_counts_once",),
    LooksBackAnHour: ("nothing_outside_the_window_comes",),
    RemembersTheFirstAnswer: ("a_late_correction_arrives",),
    WaitsForRows: ("an_empty_window_ends",),
    ForgetsWhen: ("a_limit_is_obeyed_in_either_form",),
    BlamesItself: ("trouble_that_passes_is_waited_out",),
    TakesAnyTextForNothing: ("what_is_no_answer_is_refused",),
    TakesAnyShapeForNothing: ("what_is_not_as_promised_is_refused",),
    DropsWhatItCannotRead: ("rows_of_another_shape_are_refused_one_by_one",),
    FallsOverWhatItCannotRead: ("rows_of_another_shape_are_refused_one_by_one",),
    FollowsForEver: ("going_in_circles_is_noticed",),
    FollowsAnywhere: ("the_key_goes_to_its_own_host_only",),
    LogsItsKey: ("the_key_shows_up_nowhere",),
    SaysItsKey: ("the_key_shows_up_nowhere",),
    ReadsOverShoulders: ("nothing_that_was_said_comes_unasked",),
    HearsNothing: ("what_was_said_comes_when_it_is_wanted",),
    CountsMoneyInFloats: ("times_are_utc_and_money_is_decimal",),
    KeepsTheSendersZone: ("times_are_utc_and_money_is_decimal",),
    AsksTheDatabase: ("no_database_is_asked",),
}


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=3, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a connector in the registry's place."""

    def register(connector: type[Tiny]) -> None:
        found = MappingProxyType({"tiny": connector})
        for module in (base, conformance):
            monkeypatch.setattr(module, "kinds", lambda: found)

    return register


def failing() -> dict[str, str]:
    """The checks that fail, each with what it says."""
    found = {}
    for name, check in CHECKS.items():
        try:
            check(Fake())
        except AssertionError as error:
            found[name] = str(error)
    return found


def test_a_connector_that_keeps_its_promises_passes_every_check(registered: Any) -> None:
    registered(Tiny)
    assert failing() == {}


@pytest.mark.django_db
@pytest.mark.parametrize("connector", HOSTILE, ids=lambda connector: connector.__name__)
def test_a_connector_that_breaks_a_promise_fails_its_check_and_no_other(registered: Any, connector: type[Tiny]) -> None:
    registered(connector)
    failed = failing()
    assert failed.keys() == set(HOSTILE[connector])
    assert all(failed.values()), "a check has to say what is wrong"


def test_every_check_has_a_connector_that_it_is_there_for() -> None:
    assert {checks[0] for checks in HOSTILE.values()} == CHECKS.keys()
