"""The connector itself: settings, what a key shows, and which streams a source pulls."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
from pydantic import Field, SecretStr

from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.fallback import attempted, either
from monitoring.connecting.http import Http
from monitoring.connecting.kind import (
    HOUR,
    MINUTE,
    Brings,
    Connector,
    Findings,
    Kind,
    Page,
    Seen,
    Settings,
    Window,
    in_turn,
)
from monitoring.connecting.reading import Name, Row, one

from . import prompts, scores, spans, totals
from .asking import GeneratedHttp
from .rows import Observation

CLOUD = "langfuse.com"
"""Whose limits are known; who runs Langfuse on their own sets their own."""


class LangfuseSettings(Settings):
    base_url: str = Field(
        "https://cloud.langfuse.com",
        title="Address",
        description=(
            "Of your region: https://cloud.langfuse.com (EU), https://us.cloud.langfuse.com, https://hipaa.cloud.langfuse.com, "
            "https://jp.cloud.langfuse.com; or of your own server."
        ),
    )
    public_key: str = Field(
        title="Public key", description="Starts with pk-lf-. In Langfuse: project settings, API keys.", min_length=1
    )
    secret_key: SecretStr = Field(
        title="Secret key",
        description="Starts with sk-lf-. Langfuse shows it once, when the pair is made.",
        min_length=1,
    )
    aggregates: bool = Field(
        False,
        title="Totals only",
        description="Pull calls and tokens by hour and cost by day instead of single spans, for projects of millions of calls a day.",
    )


class Organization(Row):
    name: Name = ""


class Project(Row):
    id: str = Field(min_length=1)
    name: Name
    organization: Organization | None = None


class Health(Row):
    version: Name = ""


class Langfuse(Connector[LangfuseSettings]):
    """Spans, scores and prompt versions of one project, which is the one its keys were made in."""

    kind = Kind(
        "langfuse",
        "Langfuse",
        Brings.TRACES,
        "Spans, scores and prompt versions, or totals alone.",
        interval=5 * MINUTE,
        settle=15 * MINUTE,
        final_after=timedelta(days=1),
        lookback=timedelta(days=3),
        reread_every=6 * HOUR,
        step=timedelta(days=1),
        texts_cost="Langfuse sends 100 calls at a time with their texts and 1,000 without: reading back takes up to ten times as long.",
        rate="30/minute",  # of the smallest plan of Langfuse's cloud
    )
    Settings = LangfuseSettings

    def __init__(self, settings: LangfuseSettings, http: Http) -> None:
        asking = GeneratedHttp(
            http, self.address(settings), settings.public_key, settings.secret_key.get_secret_value()
        )
        super().__init__(settings, asking)
        self.asking = asking

    @classmethod
    def address(cls, settings: LangfuseSettings) -> str:
        return settings.base_url.rstrip("/")

    @classmethod
    def rate(cls, settings: LangfuseSettings) -> str:
        host = httpx.URL(settings.base_url).host
        return cls.kind.rate if host == CLOUD or host.endswith(f".{CLOUD}") else ""

    @classmethod
    def expires(cls, settings: Mapping[str, Any]) -> bool:
        return not settings.get("aggregates")

    def check(self) -> Findings:
        try:
            answer = self.asking.get("api/public/projects")
        except SourceError as error:
            if error.status != 403:
                raise
            raise SourceError(
                Fault.CLIENT,
                "Langfuse knows the keys, but they are not a project's. Create a pair under the project's settings → API keys.",
                error.detail,
                status=403,
            ) from None
        projects = [one("Langfuse", Project, row) for row in answer.rows("data")]
        if not projects:
            raise SourceError(
                Fault.CLIENT, "These keys show no project. Create a pair under the project's settings → API keys."
            )
        version = one("Langfuse", Health, self.asking.get("api/public/health").data).version
        newest, old = attempted(partial(self._newest, spans.NEW, old=False), partial(self._newest, spans.OLD, old=True))
        last = one("Langfuse", Observation, newest[0]).start_time if newest else None
        sees = tuple(Seen(project.name or project.id, last=last) for project in projects)
        organization = projects[0].organization
        names = (organization.name if organization else "", sees[0].name)
        warnings = []
        if len(projects) > 1:
            warnings.append(f"These keys see {len(projects)} projects; what they show is pulled as one.")
        if old:
            warnings.append(
                f"This server ({version or 'of unknown version'}) has only Langfuse's older API, which is slower."
            )
        return Findings(" / ".join(filter(None, names)), sees, tuple(warnings))

    def _newest(self, path: str, *, old: bool) -> tuple[Any, bool]:
        return self.asking.get(path, limit=1).rows("data"), old

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        http, texts = self.asking, self.texts
        whole = (totals.NEW, totals.OLD)
        single = partial(spans.newer, http, window, texts), partial(spans.older, http, window, texts)
        count = either(*(partial(totals.by_day, http, path, window) for path in whole))
        calls = {"totals": count} if self.settings.aggregates else {"spans": either(*single)}
        yield from in_turn(
            cursor,
            "Langfuse",
            **calls,
            scores=either(partial(scores.newer, http, window), partial(scores.older, http, window)),
            prompts=partial(prompts.changed, http, window),
        )
