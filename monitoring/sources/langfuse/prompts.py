"""The stream of Langfuse's prompt versions that were made or relabelled within a window."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote

from monitoring.connecting.errors import SourceError
from monitoring.connecting.kind import Page, Window
from monitoring.connecting.paginators import PageNumber, Request
from monitoring.connecting.reading import Count, Instant, Name, one, taken
from monitoring.records import PromptRecord

from .asking import GeneratedHttp
from .rows import CamelRow

PATH = "api/public/v2/prompts"
ROWS = 50
NUMBERED = PageNumber("data", ROWS, last="meta.totalPages")


class Listed(CamelRow):
    """A prompt with those of its versions that changed in the window."""

    name: Name
    versions: list[Count]
    last_updated_at: Instant


class Version(CamelRow):
    """One version; when it was made is sent but not documented."""

    labels: list[Name] | None = None
    created_at: Instant | None = None


def changed(http: GeneratedHttp, window: Window, cursor: str) -> Iterator[Page]:
    times = {"fromUpdatedAt": window.start.isoformat(), "toUpdatedAt": window.end.isoformat()}
    for answer, following in http.pages(Request(PATH, {**times, "limit": ROWS}), NUMBERED, cursor):
        records, rejected = taken(answer.rows("data"), partial(_versions, http=http))
        yield Page(records, following, rejected)


def _versions(row: Any, http: GeneratedHttp) -> list[PromptRecord]:
    prompt = Listed.model_validate(row)
    found = (_version(http, prompt.name, number, prompt.last_updated_at) for number in sorted(prompt.versions))
    return [version for version in found if version]


def _version(http: GeneratedHttp, name: str, number: int, otherwise: datetime) -> PromptRecord | None:
    try:
        # Unresolved: the text of the prompts it is made of is nothing to us.
        answer = http.get(f"{PATH}/{quote(name, safe='')}", version=number, resolve="false")
    except SourceError as error:
        if error.status == 404:  # deleted since it was listed
            return None
        raise
    version = one(http.name, Version, answer.data)
    return PromptRecord(name, str(number), version.created_at or otherwise, tuple(sorted(version.labels or ())))
