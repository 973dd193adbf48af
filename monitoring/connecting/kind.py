"""The contract of a connector: what a kind of source is, what it must be able to do, and what it hands back."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

import httpx
from pydantic import BaseModel, ConfigDict, SecretStr

from clients.writing import day_text, moment_text, number_text
from monitoring.records import BillRecord, Record, Rejection, SpanRecord, UsageRecord

from .errors import broken_promise
from .http import Http

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class Brings(StrEnum):
    """What a kind is connected for."""

    TRACES = "traces"
    BILLS = "bills"
    OUTCOMES = "outcomes"


@dataclass(frozen=True)
class Kind:
    """What the engine needs to know of a kind of source, and a person to choose it. Its docs page says where its times come from."""

    key: str
    name: str
    brings: Brings
    summary: str
    """One line for the list of kinds: what comes from here."""
    interval: timedelta = 5 * MINUTE
    """How long after a sync the next one is due."""
    settle: timedelta = MINUTE
    """How late a row may appear: nothing younger than this is pulled yet."""
    final_after: timedelta = DAY
    """When the provider no longer corrects what it said of a day. Until then comparisons leave the day out, its bill does not count as
    spend, and reports say that it may change."""
    lookback: timedelta = 3 * DAY
    """How far back rows are read again, because providers correct late."""
    reread_every: timedelta = 6 * HOUR
    """How often that whole stretch is read again; in between only the newest part is."""
    backfill: timedelta = 90 * DAY
    """How far back the first sync goes."""
    step: timedelta = DAY
    """How much time one window covers at most."""
    grain: timedelta = timedelta(seconds=1)
    """What windows are cut to: a provider's bill has whole UTC days."""
    complete: tuple[type[Any], ...] = (SpanRecord, UsageRecord, BillRecord)
    """The records of which a window holds all that lie in it by their own time: one that is gone when it is read again was deleted."""
    texts_cost: str = ""
    """What asking for texts costs, in a sentence for whoever chooses; empty where they come anyway."""
    rate: str = ""
    """What one credential may ask, in the words of the limits package, where the client's other users share the quota."""


class Settings(BaseModel):
    """A kind's settings: one field each, with a title and a description for the form; secrets are `SecretStr`."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True)

    @classmethod
    def secret_names(cls) -> frozenset[str]:
        """The fields that are encrypted and never shown again."""
        return frozenset(name for name, field in cls.model_fields.items() if field.annotation is SecretStr)

    def secrets(self) -> dict[str, str]:
        """The secrets' values, to be sealed."""
        return {name: getattr(self, name).get_secret_value() for name in sorted(self.secret_names())}

    def plain(self) -> dict[str, Any]:
        """Everything else, as JSON holds it."""
        return self.model_dump(mode="json", exclude=set(self.secret_names()))

    def points_at(self) -> dict[str, Any]:
        """What decides which data is read, of what is told apart from the key: settings that differ in it read other data."""
        return {name: value.rstrip("/") if isinstance(value, str) else value for name, value in self.plain().items()}


@dataclass(frozen=True)
class Window:
    """A half-open stretch of time, aware UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None or self.start > self.end:
            raise ValueError(f"no window: {self.start} to {self.end}")

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.end


@dataclass(frozen=True)
class Page:
    """Some records of a window and where to go on; `next_cursor` None ends it. `rejected` are rows that could not be taken."""

    records: Sequence[Record]
    next_cursor: str | None
    rejected: Sequence[Rejection] = ()


@dataclass(frozen=True)
class Seen:
    """Something a credential lets us see: a project, an account's bill. `count` of `unit` lie between `first` and `last`, where known."""

    name: str
    count: int | None = None
    unit: str = ""
    first: datetime | None = None
    last: datetime | None = None

    def __str__(self) -> str:
        """It in one line, such as ``Support, 12,345 calls, from 1 March 2026, newest 3 November 2026, 14:05 UTC``."""
        parts = [self.name]
        if self.count is not None:
            parts.append(f"{number_text(self.count)} {self.unit}")
        if self.first:
            parts.append(f"from {day_text(self.first, year=True)}")
        if self.last:
            parts.append(f"newest {moment_text(self.last, year=True)} UTC")
        return ", ".join(parts)


@dataclass(frozen=True)
class Findings:
    """What a check found: whose account it is, what can be seen, and what a careful person should know: a key that sees too much."""

    account: str
    sees: tuple[Seen, ...] = ()
    warnings: tuple[str, ...] = ()


class Connector[S: Settings](ABC):
    """Pulls from one provider. Made anew for each sync with its settings and a guarded client; holds nothing else and knows no database."""

    kind: ClassVar[Kind]
    Settings: ClassVar[type[Any]]
    texts: bool = False
    """Whether what was asked and answered is read, to be measured and perhaps kept. Without it no record holds any of it; where a
    provider sends it only when asked, it is not asked for."""

    def __init__(self, settings: S, http: Http) -> None:
        self.settings, self.http = settings, http

    @classmethod
    @abstractmethod
    def address(cls, settings: S) -> str:
        """The base address that requests go below."""

    @classmethod
    def headers(cls, settings: S) -> dict[str, str]:
        """The headers each request carries."""
        return {}

    @classmethod
    def auth(cls, settings: S) -> httpx.Auth | tuple[str, str] | None:
        """What signs each request, for a provider that wants more than a header."""
        return None

    @classmethod
    def rate(cls, settings: S) -> str:
        """What its credential may ask: the kind's, for a provider whose limit does not depend on where it runs."""
        return cls.kind.rate

    @classmethod
    def expires(cls, settings: Mapping[str, Any]) -> bool:
        """Whether what it brings, with these settings that are no secrets, goes after a source's days: calls do, bills and tickets stay."""
        return cls.kind.brings is Brings.TRACES

    @abstractmethod
    def check(self) -> Findings:
        """Prove the credentials and say what they show. Raises SourceError with words a person can act on."""

    @abstractmethod
    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        """Everything of a window, page by page, from `cursor` on. The same window read twice gives the same. Raises SourceError."""


type Stream = Callable[[str], Iterator[Page]]


def in_turn(cursor: str, provider: str, **streams: Stream) -> Iterator[Page]:
    """One stream after the other under one cursor, which is ``name|cursor of that stream``."""
    names = list(streams)
    name, _, inner = cursor.partition("|") if cursor else (names[0], "", "")
    if name not in streams:
        raise broken_promise(provider, f"nothing goes on at “{name[:40]}”")
    for at in range(names.index(name), len(names)):
        following = f"{names[at + 1]}|" if at + 1 < len(names) else None
        empty = True
        for page in streams[names[at]](inner):
            inside, empty = page.next_cursor, False
            yield replace(page, next_cursor=f"{names[at]}|{inside}" if inside is not None else following)
        if empty:
            # Without a page of a stream that has none, the cursor would stay before it for ever.
            yield Page((), following)
        inner = ""


def sees_more(others: int, what: str) -> tuple[str, ...]:
    """The warning that a key sees more than is pulled: `others` of `what`, in the singular. None when it does not."""
    if not others:
        return ()
    return (f"This key also sees {others} other {what}{'s' * (others > 1)} that FracOps does not pull.",)


def utc_days(window: Window) -> tuple[datetime, datetime]:
    """The whole UTC days a window lies in, half-open."""
    start = window.start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    end = window.end.astimezone(UTC)
    last = end.replace(hour=0, minute=0, second=0, microsecond=0)
    return start, last if last == end else last + DAY
