"""OpenAI: an organization's costs by day, and its usage by hour, from the administration API."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Annotated, Any

from django.utils import timezone
from pydantic import AliasChoices, BeforeValidator, Field, SecretStr

from monitoring.connecting.buckets import (
    NEXT,
    Bucket,
    Currency,
    Money,
    Total,
    bucketed,
    days_of,
    last_30_days,
    listed,
    pages_of,
    seen_days,
)
from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import (
    DAY,
    HOUR,
    Brings,
    Connector,
    Findings,
    Kind,
    Page,
    Seen,
    Settings,
    Window,
    in_turn,
    sees_more,
    utc_days,
)
from monitoring.connecting.paginators import Request, Token
from monitoring.connecting.reading import Name, Row, one
from monitoring.records import BillRecord, UsageRecord
from monitoring.values import BadValue

HOURS, DAYS = 168, 180
"""Buckets a page at most, of usage by hour and of costs."""
PROJECTS = Token("last_id", "after", more="has_more")
WHO = ("project_id", "api_key_id")
MODELS = (*WHO, "model")
USAGE = {
    "completions": (*MODELS, "batch", "service_tier"),
    "embeddings": MODELS,
    "moderations": MODELS,
    "images": MODELS,
    "audio_speeches": MODELS,
    "audio_transcriptions": MODELS,
    "web_search_calls": MODELS,
    "file_search_calls": WHO,
}
"""The usage endpoints that count requests, and what each is asked to tell apart; what it is not asked for is null."""
USUAL = ("default", "standard", "auto")
"""Service tiers that mean the usual way."""


class OpenAISettings(Settings):
    api_key: SecretStr = Field(
        title="Admin key", description="Starts with sk-admin-. It only needs permission to read usage.", min_length=1
    )
    projects: str = Field(
        "", title="Projects", description="Ids of the projects to pull, with commas between them. Empty: all of them."
    )


class Project(Row):
    id: str
    name: Name = ""


class Usage(Row):
    # Searches count their model's requests apart; those are among the completions already.
    requests: Total = Field(validation_alias=AliasChoices("num_requests", "num_model_requests"))
    input_tokens: Total = 0
    input_cached_tokens: Total = 0
    input_cache_write_tokens: Total = 0
    output_tokens: Total = 0
    project_id: Name = ""
    api_key_id: Name = ""
    model: Name = ""
    batch: bool | None = None
    service_tier: Name = ""


def _plain_zero(value: Any) -> Any:
    """The zero of a 128-bit decimal may be written “0E-6176”, whose exponent no amount has."""
    return 0 if isinstance(value, str) and value.upper().startswith("0E-") else value


class Amount(Row):
    value: Annotated[Money, BeforeValidator(_plain_zero)]
    currency: Currency = "USD"


class Cost(Row):
    amount: Amount
    line_item: Name = ""
    project_id: Name = ""


class OpenAI(Connector[OpenAISettings]):
    """Costs by project and line item; usage by project, key, model and tier."""

    kind = Kind(
        "openai",
        "OpenAI",
        Brings.BILLS,
        "What OpenAI billed by day, and the tokens and requests it counted by hour.",
        interval=6 * HOUR,
        settle=6 * HOUR,
        final_after=3 * DAY,
        lookback=7 * DAY,
        step=30 * DAY,
        grain=DAY,
    )
    Settings = OpenAISettings

    @classmethod
    def address(cls, settings: OpenAISettings) -> str:
        return "https://api.openai.com"

    @classmethod
    def headers(cls, settings: OpenAISettings) -> dict[str, str]:
        return {"Authorization": f"Bearer {settings.api_key.get_secret_value()}"}

    def check(self) -> Findings:
        month = last_30_days(timezone.now())
        first = self._asking("costs", month, limit=DAYS, group_by=["project_id"])
        answers = [answer for answer, _ in self.http.pages(first, NEXT)]
        days = days_of(bill for answer in answers for bill in bucketed(answer.rows("data"), month, _bill)[0])
        account = answers[0].headers.get("openai-organization", "")
        names, warnings = self._projects()
        wanted = listed(self.settings.projects) or sorted({*names, *days})
        seen = tuple(seen_days(_titled(project, names), days.get(project, [])) for project in wanted)
        nothing = (Seen("No project, and no costs in the last 30 days"),)
        return Findings(f"OpenAI organization {account}".strip(), seen or nothing, tuple(warnings))

    def _projects(self) -> tuple[dict[str, str], list[str]]:
        """Names by id, and what to warn of. A key that may read nothing but usage does not see them, and that is good."""
        first = Request("v1/organization/projects", {"limit": 100, "include_archived": "true"})
        try:
            rows = [row for answer, _ in self.http.pages(first, PROJECTS) for row in answer.rows("data")]
        except SourceError as error:
            if error.status not in (401, 403):
                raise
            return {}, []
        names = {p.id: p.name for p in (one("OpenAI", Project, row) for row in rows)}
        wanted = listed(self.settings.projects)
        if missing := [project for project in wanted if project not in names]:
            known = ", ".join(sorted(names)[:10]) or "none"
            message = f"OpenAI has no project “{missing[0]}” for this key. It has: {known}."
            raise SourceError(Fault.CLIENT, message, status=404)
        warnings = ["This key may also read the organization's projects and people; reading usage is enough."]
        if wanted:
            warnings += sees_more(len(names.keys() - set(wanted)), "project")
        return names, warnings

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        costs = self._asking("costs", window, limit=DAYS, group_by=["project_id", "line_item"])
        streams = {"costs": partial(pages_of, self.http, costs, window, _bill)}
        for what, groups in USAGE.items():
            asked = self._asking(f"usage/{what}", window, limit=HOURS, group_by=groups, bucket_width="1h")
            streams[what] = partial(pages_of, self.http, asked, window, partial(_usage, what))
        yield from in_turn(cursor, "OpenAI", **streams)

    def _asking(self, path: str, window: Window, **asked: Any) -> Request:
        start, end = (int(at.timestamp()) for at in utc_days(window))
        if projects := listed(self.settings.projects):
            asked["project_ids"] = projects
        return Request(f"v1/organization/{path}", {"start_time": start, "end_time": end, **asked})


def _usage(what: str, bucket: Bucket, row: Any) -> UsageRecord:
    usage = Usage.model_validate(row)
    # All input is counted in input_tokens, what was read from a cache and written to it as well.
    fresh = usage.input_tokens - usage.input_cached_tokens - usage.input_cache_write_tokens
    if fresh < 0:
        raise BadValue("input_tokens: fewer than those of the cache, which they include")
    tier = "batch" if usage.batch else "" if usage.service_tier in USUAL else usage.service_tier
    return UsageRecord(
        bucket.start,
        bucket.end,
        "openai",
        usage.model,
        what,
        usage.project_id,
        usage.api_key_id,
        tier,
        usage.requests,
        fresh,
        usage.input_cached_tokens,
        usage.input_cache_write_tokens,
        usage.output_tokens,
    )


def _bill(bucket: Bucket, row: Any) -> BillRecord:
    cost = Cost.model_validate(row)
    # The line names its model among other words, in no documented form: it stays as it is.
    return BillRecord(
        bucket.start.date(),
        "openai",
        cost.amount.value,
        cost.amount.currency,
        line=cost.line_item,
        project=cost.project_id,
    )


def _titled(project: str, names: Mapping[str, str]) -> str:
    name = names.get(project)
    return f"{name} ({project})" if name else project or "Costs without a project"
