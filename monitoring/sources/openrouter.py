"""OpenRouter: an account's activity by UTC day, model and provider, as usage and as bills. It tells of thirty days."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Annotated, Any

from django.utils import timezone
from pydantic import BeforeValidator, Field, SecretStr

from monitoring.connecting.buckets import (
    Counted,
    Money,
    Total,
    day_by_day,
    days_of,
    listed,
    midnight,
    seen_days,
    summed,
)
from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import DAY, HOUR, Brings, Connector, Findings, Kind, Page, Settings, Window, sees_more
from monitoring.connecting.paginators import Answer
from monitoring.connecting.reading import Exact, Name, Row, one, taken
from monitoring.records import BillRecord, Rejection, UsageRecord

KEPT = 30 * DAY
"""The completed UTC days that OpenRouter tells of."""


class OpenRouterSettings(Settings):
    api_key: SecretStr = Field(
        title="Management key",
        description="From Settings → Management keys; an ordinary key will not do.",
        min_length=1,
    )
    workspaces: str = Field(
        "",
        title="Workspaces",
        description="Ids of the workspaces to pull, with commas between them. Empty: all of them.",
    )


class Credits(Row):
    total_credits: Exact
    total_usage: Exact


class Activity(Row):
    # Documented as a date, sent as “2026-11-02 00:00:00” too.
    day: Annotated[date, BeforeValidator(lambda sent: str(sent)[:10])] = Field(validation_alias="date")
    model: Name
    model_permaslug: Name = ""
    provider_name: Name = ""
    workspace_id: Name = ""
    usage: Money
    """US dollars of credit, without what a provider bills for a key of one's own."""
    requests: Total
    prompt_tokens: Total = 0
    completion_tokens: Total = 0


class OpenRouter(Connector[OpenRouterSettings]):
    """Requests and tokens by workspace and model; costs by provider as well."""

    kind = Kind(
        "openrouter",
        "OpenRouter",
        Brings.BILLS,
        "Requests, tokens and costs by day, model and provider.",
        interval=6 * HOUR,
        settle=2 * HOUR,
        final_after=2 * DAY,
        lookback=4 * DAY,
        backfill=KEPT,
        step=KEPT,
        grain=DAY,
    )
    Settings = OpenRouterSettings

    @classmethod
    def address(cls, settings: OpenRouterSettings) -> str:
        return "https://openrouter.ai/api/v1"

    @classmethod
    def headers(cls, settings: OpenRouterSettings) -> dict[str, str]:
        return {"Authorization": f"Bearer {settings.api_key.get_secret_value()}"}

    def check(self) -> Findings:
        credit = one("OpenRouter", Credits, self._get("credits").at("data"))
        records, _ = taken(self._get("activity", group_by="workspace").rows("data"), _records)
        days = days_of(records)
        wanted = listed(self.settings.workspaces)
        seen = [seen_days(w or "Activity without a workspace", days.get(w, [])) for w in wanted or sorted(days)]
        warnings = [
            f"Workspace “{w}” had no activity in the last 30 days. Check its id." for w in wanted if w not in days
        ]
        if wanted:
            warnings += sees_more(len(days.keys() - set(wanted)), "workspace")
        used = f"{credit.total_usage:,.2f} of {credit.total_credits:,.2f} dollars of credit used"
        return Findings(f"OpenRouter account, {used}", tuple(seen or [seen_days("Activity", [])]), tuple(warnings))

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        yield from day_by_day(window, cursor, self._day)

    def _day(self, day: date) -> tuple[list[Counted], list[Rejection]]:
        try:
            rows = self._get("activity", date=day.isoformat(), group_by="workspace").rows("data")
        except SourceError as error:
            # Asking again would never help: the day is gone, and whoever reads the source's page should know.
            if error.status == 400 and day <= (timezone.now() - KEPT).date():
                return [], [Rejection(f"{day}: OpenRouter only tells of the last 30 days")]
            raise
        records, rejected = taken(rows, partial(_records, of=day))
        wanted = listed(self.settings.workspaces)
        mine = [r for r in records if isinstance(r, UsageRecord | BillRecord) and (not wanted or r.project in wanted)]
        return summed(mine), rejected

    def _get(self, path: str, **asked: str) -> Answer:
        try:
            return self.http.get(path, **asked)
        except SourceError as error:
            if error.status != 403:
                raise
            message = "OpenRouter lets only management keys read this. Create one under Settings → Management keys."
            raise SourceError(Fault.CLIENT, message, error.detail, status=403) from None


def _records(row: Any, of: date | None = None) -> list[Counted]:
    """A row as usage and bill; none when it is not `of` the day that was asked for."""
    activity = Activity.model_validate(row)
    if of and activity.day != of:
        return []
    start = midnight(activity.day)
    usage = UsageRecord(
        start,
        start + DAY,
        "openrouter",
        activity.model,
        project=activity.workspace_id,
        requests=activity.requests,
        input_tokens=activity.prompt_tokens,
        output_tokens=activity.completion_tokens,
    )
    bill = BillRecord(
        activity.day,
        "openrouter",
        activity.usage,
        service=activity.provider_name,
        model=activity.model,
        line=activity.model_permaslug,
        project=activity.workspace_id,
    )
    return [usage, bill]
