"""Anthropic: an organization's costs by day, and the tokens of its messages by hour, from the administration API."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from django.utils import timezone
from pydantic import Field, SecretStr

from monitoring.connecting.buckets import (
    COUNTS,
    Bucket,
    Currency,
    Money,
    Total,
    days_of,
    last_30_days,
    listed,
    pages_of,
    seen_days,
)
from monitoring.connecting.kind import (
    DAY,
    HOUR,
    Brings,
    Connector,
    Findings,
    Kind,
    Page,
    Settings,
    Window,
    in_turn,
    sees_more,
    utc_days,
)
from monitoring.connecting.paginators import Request, Token
from monitoring.connecting.reading import Name, Row, one
from monitoring.records import BillRecord, UsageRecord

HOURS, DAYS = 168, 31
"""Buckets a page at most, of usage by hour and of costs."""
WORKSPACES = Token("last_id", "after_id", more="has_more")
DEFAULT = "default"
"""How a person names the default workspace, which has no id."""


class AnthropicSettings(Settings):
    api_key: SecretStr = Field(title="Admin key", description="Starts with sk-ant-admin.", min_length=1)
    workspaces: str = Field(
        "",
        title="Workspaces",
        description="Ids of the workspaces to pull, with commas between them; “default” for the default one. Empty: all.",
    )


class Organization(Row):
    name: Name


class Workspace(Row):
    id: str
    name: Name = ""


class CacheCreation(Row):
    ephemeral_5m_input_tokens: Total = 0
    ephemeral_1h_input_tokens: Total = 0


class ServerTools(Row):
    web_search_requests: Total = 0


class Usage(Row):
    uncached_input_tokens: Total
    output_tokens: Total
    cache_read_input_tokens: Total = 0
    cache_creation: CacheCreation | None = None
    server_tool_use: ServerTools | None = None
    api_key_id: Name = ""
    workspace_id: Name = ""
    model: Name = ""
    service_tier: Name = ""


class Cost(Row):
    amount: Money
    """In cents."""
    currency: Currency
    cost_type: Name = ""
    description: Name = ""
    model: Name = ""
    workspace_id: Name = ""


class Anthropic(Connector[AnthropicSettings]):
    """Costs by workspace and line; tokens by workspace, key, model and tier."""

    kind = Kind(
        "anthropic",
        "Anthropic",
        Brings.BILLS,
        "What Anthropic billed by day, and the tokens it counted by hour.",
        interval=6 * HOUR,
        settle=HOUR,
        final_after=2 * DAY,
        lookback=4 * DAY,
        step=30 * DAY,
        grain=DAY,
    )
    Settings = AnthropicSettings

    @classmethod
    def address(cls, settings: AnthropicSettings) -> str:
        return "https://api.anthropic.com"

    @classmethod
    def headers(cls, settings: AnthropicSettings) -> dict[str, str]:
        return {"x-api-key": settings.api_key.get_secret_value(), "anthropic-version": "2023-06-01"}

    def check(self) -> Findings:
        account = one("Anthropic", Organization, self.http.get("v1/organizations/me").data)
        pages = self.http.pages(Request("v1/organizations/workspaces", {"limit": 1000}), WORKSPACES)
        listing = [one("Anthropic", Workspace, row) for answer, _ in pages for row in answer.rows("data")]
        names = {DEFAULT: "Default workspace", **{w.id: f"{w.name} ({w.id})" for w in listing}}
        month = last_30_days(timezone.now())
        billed = pages_of(self.http, self._costs(month), month, self._bill)
        days = days_of(record for page in billed for record in page.records)
        wanted = listed(self.settings.workspaces)
        # An archived workspace is not listed, but may have had costs.
        every = wanted or [*names, *sorted(days.keys() - names.keys() - {""})]
        seen = [seen_days(names.get(w, w), days.get("" if w == DEFAULT else w, [])) for w in every]
        warnings = [f"“{w}” is no active workspace of {account.name}. Check its id." for w in wanted if w not in names]
        warnings += sees_more(len(names.keys() - set(every)), "workspace")
        return Findings(account.name, tuple(seen), tuple(warnings))

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        groups = ["workspace_id", "api_key_id", "model", "service_tier"]
        usage = self._asking("usage_report/messages", window, groups, limit=HOURS, bucket_width="1h")
        yield from in_turn(
            cursor,
            "Anthropic",
            costs=partial(pages_of, self.http, self._costs(window), window, self._bill),
            usage=partial(pages_of, self.http, usage, window, self._usage),
        )

    def _costs(self, window: Window) -> Request:
        return self._asking("cost_report", window, ["workspace_id", "description"], limit=DAYS)

    def _asking(self, path: str, window: Window, groups: list[str], **asked: Any) -> Request:
        start, end = (at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in utc_days(window))
        asked = {"starting_at": start, "ending_at": end, "group_by[]": groups, **asked}
        return Request(f"v1/organizations/{path}", asked)

    def _wanted(self, workspace: str) -> bool:
        # The cost report has no filter, and that of the usage report cannot name the default workspace.
        wanted = listed(self.settings.workspaces)
        return not wanted or (workspace or DEFAULT) in wanted

    def _bill(self, bucket: Bucket, row: Any) -> Iterable[BillRecord]:
        cost = Cost.model_validate(row)
        if self._wanted(cost.workspace_id):
            yield BillRecord(
                bucket.start.date(),
                "anthropic",
                cost.amount / 100,
                cost.currency,
                cost.cost_type,
                cost.model,
                cost.description,
                cost.workspace_id,
            )

    def _usage(self, bucket: Bucket, row: Any) -> Iterable[UsageRecord]:
        usage = Usage.model_validate(row)
        if not self._wanted(usage.workspace_id):
            return
        written = usage.cache_creation or CacheCreation()
        # Anthropic counts tokens and searches, but not requests.
        messages = UsageRecord(
            bucket.start,
            bucket.end,
            "anthropic",
            usage.model,
            "messages",
            usage.workspace_id,
            usage.api_key_id,
            "" if usage.service_tier == "standard" else usage.service_tier,
            0,
            usage.uncached_input_tokens,
            usage.cache_read_input_tokens,
            written.ephemeral_5m_input_tokens + written.ephemeral_1h_input_tokens,
            usage.output_tokens,
        )
        yield messages
        if usage.server_tool_use and (searches := usage.server_tool_use.web_search_requests):
            nothing: dict[str, Any] = dict.fromkeys(COUNTS, 0)
            yield replace(messages, what="web_search", **{**nothing, "requests": searches})
