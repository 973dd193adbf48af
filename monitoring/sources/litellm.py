"""LiteLLM: the daily activity of a self-hosted proxy, as usage by model and key and as bills by model and provider."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.utils import timezone
from pydantic import Field, SecretStr

from monitoring import values
from monitoring.connecting.buckets import Counted, Money, Total, day_by_day, midnight, summed
from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import DAY, HOUR, Brings, Connector, Findings, Kind, Page, Seen, Settings, Window
from monitoring.connecting.paginators import PageNumber, Request
from monitoring.connecting.reading import Row, one, taken
from monitoring.records import BillRecord, Rejection, UsageRecord

PATH, ROWS = "user/daily/activity", 1000
NEXT = PageNumber("results", ROWS, last="metadata.total_pages")


class LiteLLMSettings(Settings):
    base_url: str = Field(
        title="Address", description="Where your proxy is, with https:// and without /v1 at its end.", min_length=1
    )
    api_key: SecretStr = Field(
        title="Key",
        description="A key of a user with the role proxy_admin_viewer, who sees all and changes nothing.",
        min_length=1,
    )


class Metrics(Row):
    spend: Money
    """US dollars, as the proxy reckoned them."""
    prompt_tokens: Total
    completion_tokens: Total = 0
    cache_read_input_tokens: Total = 0
    cache_creation_input_tokens: Total = 0
    api_requests: Total = 0


COUNTED = sorted(Metrics.model_fields.keys() - {"spend"})


class OfKey(Row):
    metrics: Metrics


class Part(Row):
    metrics: Metrics
    api_key_breakdown: dict[str, OfKey] | None = None


class Breakdown(Row):
    models: dict[str, Any]
    providers: dict[str, Any] | None = None


class Activity(Row):
    date: dt.date
    breakdown: Breakdown


class Metadata(Row):
    total_pages: Total


class LiteLLM(Connector[LiteLLMSettings]):
    """What a proxy's own tables say of each UTC day."""

    kind = Kind(
        "litellm",
        "LiteLLM",
        Brings.BILLS,
        "What a LiteLLM proxy counted and reckoned by day, model, provider and key.",
        interval=6 * HOUR,
        settle=HOUR,
        final_after=2 * DAY,
        lookback=4 * DAY,
        step=30 * DAY,
        grain=DAY,
    )
    Settings = LiteLLMSettings

    @classmethod
    def address(cls, settings: LiteLLMSettings) -> str:
        return settings.base_url

    @classmethod
    def headers(cls, settings: LiteLLMSettings) -> dict[str, str]:
        return {"Authorization": f"Bearer {settings.api_key.get_secret_value()}"}

    def check(self) -> Findings:
        today = timezone.now().date()
        with _in_its_words():
            # A page of one row: the number of pages is that of the rows, and the newest row comes first.
            answer = self.http.get(PATH, start_date=f"{today - 30 * DAY}", end_date=f"{today}", page=1, page_size=1)
        rows = one("LiteLLM", Metadata, answer.at("metadata")).total_pages
        newest = [one("LiteLLM", Activity, row) for row in answer.rows("results")[:1]]
        last = midnight(newest[0].date) if newest else None
        nothing = "No activity in the last 30 days. Has the proxy a database and traffic, and is it this key's to see?"
        seen = Seen("Activity", rows, "rows in the last 30 days", last=last)
        return Findings(self.settings.base_url, (seen,), () if newest else (nothing,))

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        yield from day_by_day(window, cursor, self._day)

    def _day(self, day: dt.date) -> tuple[list[Counted], list[Rejection]]:
        whole, rejected = self._breakdowns(day)
        models = [item for breakdown in whole for item in breakdown.models.items()]
        providers = {provider for breakdown in whole for provider in breakdown.providers or ()}
        # An answer does not cross models with providers. With a single one that is no question; else each model is asked for.
        only = next(iter(providers), "") if len(providers) < 2 else None
        counted, refused = taken(models, partial(_of_model, day, only))
        rejected += refused
        for model in sorted({model for model, _ in models}) if only is None else ():
            parts, unread = self._breakdowns(day, model=model)
            billed = [item for breakdown in parts for item in (breakdown.providers or {}).items()]
            bills, refused = taken(billed, partial(_of_provider, day, model))
            counted += bills
            rejected += [*unread, *refused]
        return summed(row for row in counted if isinstance(row, UsageRecord | BillRecord)), rejected

    def _breakdowns(self, day: dt.date, **asked: str) -> tuple[list[Breakdown], list[Rejection]]:
        """What all pages of a day hold: each has some of its rows, summed up by themselves."""
        first = Request(PATH, {"start_date": day.isoformat(), "end_date": day.isoformat(), "page_size": ROWS, **asked})
        with _in_its_words():
            rows = [row for answer, _ in self.http.pages(first, NEXT) for row in answer.rows("results")]
        found: list[Breakdown] = []

        def read(row: Any) -> None:
            activity = Activity.model_validate(row)
            if activity.date == day:
                found.append(activity.breakdown)

        return found, taken(rows, read)[1]


@contextmanager
def _in_its_words() -> Iterator[None]:
    """Two refusals of a proxy that mean something else than their status says."""
    try:
        yield
    except SourceError as error:
        if error.status == 404:
            message = "LiteLLM has no daily activity at this address. Type it without /v1, and update a proxy of before April 2025."
        elif error.status and "db not connected" in error.detail.lower():
            message = "This LiteLLM has no database, so it keeps no activity. Connect one: DATABASE_URL names it."
        else:
            raise
        raise SourceError(Fault.CLIENT, message, error.detail, status=error.status) from None


def _of_model(day: dt.date, provider: str | None, item: tuple[str, Any]) -> Iterable[Counted]:
    """A model's usage by key, and its bill where its provider is known."""
    model, part = item[0], Part.model_validate(item[1])
    keys = [(key, of.metrics) for key, of in (part.api_key_breakdown or {}).items()]
    # Older proxies tell no keys, and newer ones leave some out: what no key accounts for has none.
    rest = {n: max(0, getattr(part.metrics, n) - sum(getattr(m, n) for _, m in keys)) for n in COUNTED}
    if any(rest.values()):
        keys.append(("", part.metrics.model_copy(update=rest)))
    used = [_usage(day, model, _id_of(key), metrics) for key, metrics in keys]
    return used if provider is None else [*used, _bill(day, model, provider, part.metrics)]


def _of_provider(day: dt.date, model: str, item: tuple[str, Any]) -> BillRecord:
    """What a model cost at one of its providers."""
    return _bill(day, model, item[0], Part.model_validate(item[1]).metrics)


def _usage(day: dt.date, model: str, key: str, metrics: Metrics) -> UsageRecord:
    read, written = metrics.cache_read_input_tokens, metrics.cache_creation_input_tokens
    # LiteLLM's prompt_tokens hold those of the cache. Where they cannot, a provider's own count came through.
    cached = read + written if read + written <= metrics.prompt_tokens else 0
    return UsageRecord(
        midnight(day),
        midnight(day) + DAY,
        "litellm",
        values.short(model),
        api_key=key,
        requests=metrics.api_requests,
        input_tokens=metrics.prompt_tokens - cached,
        cache_read_tokens=read,
        cache_write_tokens=written,
        output_tokens=metrics.completion_tokens,
    )


def _bill(day: dt.date, model: str, provider: str, metrics: Metrics) -> BillRecord:
    return BillRecord(day, "litellm", metrics.spend, service=values.short(provider), model=values.short(model))


def _id_of(key: str) -> str:
    """A key's id: the hash that LiteLLM names it by; a key that was not hashed is hashed here, for keys are not kept."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest() if key.startswith("sk-") else values.short(key)
