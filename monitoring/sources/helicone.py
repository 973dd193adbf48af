"""Helicone: each request through its gateway or logger as a span by the time it was made, with its scores."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from pydantic import Field, SecretStr

from monitoring import values
from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import MINUTE, Brings, Connector, Findings, Kind, Page, Seen, Settings, Window
from monitoring.connecting.paginators import Offset, Request
from monitoring.connecting.reading import Count, Exact, Name, Row, UtcInstant, one, span_id, taken, trace_id
from monitoring.judgements import judgement_of
from monitoring.records import Judge, ScoreRecord, SpanKind, SpanRecord

QUERY = "v1/request/query-clickhouse"
ROWS = 500
"""Requests a page, of at most 1,000: each comes with its bodies or an address of them."""
NEXT = Offset("data", in_body=True)
NO_CACHE = "00000000-0000-0000-0000-000000000000"
STATUSES = {-1: "timeout", -3: "cancelled", -4: "threat"}
"""Helicone's own, for requests without an answer; -2 is one under way."""
FEEDBACK, BOOLEAN = "helicone-score-feedback", "-hcone-bool"
"""The score that is a user's thumb, and the end of the names of those that are true or false."""


class HeliconeSettings(Settings):
    base_url: str = Field(
        "https://api.helicone.ai",
        title="Address",
        description="Of the API: https://api.helicone.ai (US), https://eu.api.helicone.ai (EU), or your own server's.",
    )
    api_key: SecretStr = Field(title="API key", description="A key with read permission, sk-helicone-….", min_length=1)


class Call(Row):
    """A request with its response. `delay_ms` is milliseconds; times are UTC without saying so; `cost` is US dollars."""

    request_id: str = Field(min_length=1)
    request_created_at: UtcInstant
    response_created_at: UtcInstant | None = None
    response_status: int | None = None
    request_user_id: Name = ""
    request_properties: dict[str, Any] | None = None
    provider: Name = ""
    request_model: Name = ""
    target_url: Name = ""
    prompt_id: Name = ""
    prompt_version: Name = ""
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    prompt_cache_read_tokens: Count | None = None
    prompt_cache_write_tokens: Count | None = None
    cost: Exact | None = None
    cache_reference_id: Name = ""
    scores: dict[str, Any] | None = None
    request_body: Any = None
    response_body: Any = None


class Helicone(Connector[HeliconeSettings]):
    """Requests of one organisation, and what was scored on them."""

    kind = Kind("helicone", "Helicone", Brings.TRACES, "Requests as spans, with their scores.", settle=5 * MINUTE)
    Settings = HeliconeSettings

    @classmethod
    def address(cls, settings: HeliconeSettings) -> str:
        return settings.base_url

    @classmethod
    def headers(cls, settings: HeliconeSettings) -> dict[str, str]:
        return {"Authorization": f"Bearer {settings.api_key.get_secret_value()}"}

    def check(self) -> Findings:
        body = {"filter": "all", "limit": 1, "offset": 0, "sort": {"created_at": "desc"}}
        try:
            newest = self.http.ask(Request(QUERY, json=body)).rows("data")
        except SourceError as error:
            if error.status in (401, 403) and (hint := self._hint()):
                raise SourceError(Fault.CLIENT, hint, error.detail, status=error.status) from None
            raise
        last = one("Helicone", Call, newest[0]).request_created_at if newest else None
        host = self.http.client.base_url.host
        return Findings(f"Helicone organisation of this key at {host}", (Seen("all requests", last=last),))

    def _hint(self) -> str:
        """What is probably wrong with a refused key, from how it begins: keys say their permission and their region."""
        key, host = self.settings.api_key.get_secret_value(), self.http.client.base_url.host
        if key.removeprefix("eu-").startswith("pk-"):
            return (
                "Helicone refused the key: it starts with pk-, which may only write. Create one with read permission."
            )
        if host.endswith("helicone.ai") and ("eu-" in key[:20]) != host.startswith("eu."):
            return f"Helicone refused the key: it is of another region than {host}. Check the address."
        return ""

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        bounds = ({"gte": window.start.isoformat()}, {"lt": window.end.isoformat()})
        after, before = ({"request_response_rmt": {"request_created_at": bound}} for bound in bounds)
        body = {
            "filter": {"left": after, "operator": "and", "right": before},
            "limit": ROWS,
            "sort": {"created_at": "asc"},
            "includeInputs": False,
        }
        for answer, following in self.http.pages(Request(QUERY, json=body), NEXT, cursor):
            calls: list[tuple[Call, SpanRecord]] = []
            spans, rejected = taken(_newest(answer.rows("data")), partial(self._read, window, calls))
            scored = [(call, span, score) for call, span in calls for score in sorted((call.scores or {}).items())]
            scores, refused = taken(scored, lambda given: _score(*given))
            yield Page([*spans, *scores], following, [*rejected, *refused])

    def _read(self, window: Window, calls: list[tuple[Call, SpanRecord]], row: Any) -> SpanRecord | None:
        call = Call.model_validate(row)
        if not window.holds(call.request_created_at):
            return None
        span = _span(call, self.texts)
        calls.append((call, span))
        return span


def _newest(rows: Sequence[Any]) -> list[Any]:
    """Each request once, as it was last written: Helicone's store may send an older version beside it."""
    found: dict[str, tuple[str, Any]] = {}
    for at, row in enumerate(rows):
        named = row if isinstance(row, dict) else {}
        key, written = str(named.get("request_id") or at), str(named.get("updated_at") or "")
        if key not in found or written >= found[key][0]:
            found[key] = (written, row)
    return [row for _, row in found.values()]


def _span(call: Call, texts: bool) -> SpanRecord:
    properties = call.request_properties or {}
    kind = _kind(call)
    read, write = call.prompt_cache_read_tokens or 0, call.prompt_cache_write_tokens or 0
    ended = call.response_created_at
    status = call.response_status or 0
    # A model without a price costs 0, and so does an answer from Helicone's own cache; only that counts no tokens.
    priced = call.cost or not (call.prompt_tokens or call.completion_tokens)
    return SpanRecord(
        trace_id(call.request_id),
        span_id(call.request_id),
        call.request_created_at,
        ended if ended and ended >= call.request_created_at else None,
        kind,
        call.request_model or "request",
        environment=_property(properties, "Environment", "environment"),
        session_id=_property(properties, "Helicone-Session-Id"),
        user_id=call.request_user_id or _property(properties, "Helicone-User-Id"),
        provider=call.provider.lower(),
        model=call.request_model,
        prompt_name=call.prompt_id or _property(properties, "Helicone-Prompt-Id"),
        prompt_version=call.prompt_version,
        tool=call.request_model.partition(":")[2] if kind is SpanKind.TOOL else "",
        error=f"status {status}" if status >= 400 else STATUSES.get(status, ""),
        input_tokens=None if call.prompt_tokens is None else call.prompt_tokens + read + write,
        output_tokens=call.completion_tokens,
        cache_read_tokens=call.prompt_cache_read_tokens,
        cache_write_tokens=call.prompt_cache_write_tokens,
        cost=values.money(call.cost, "cost") if priced and call.cost is not None else None,
        input_text=_text(call.request_body) if texts else "",
        output_text=_text(call.response_body) if texts else "",
        attributes={"helicone.cached": True} if call.cache_reference_id not in ("", NO_CACHE) else {},
    )


def _kind(call: Call) -> SpanKind:
    if call.request_model.startswith("tool:"):
        return SpanKind.TOOL
    if call.request_model.startswith("vector_db"):
        return SpanKind.RETRIEVER
    return SpanKind.EMBEDDING if call.target_url.partition("?")[0].endswith("/embeddings") else SpanKind.LLM


def _property(properties: dict[str, Any], *names: str) -> str:
    return next((values.short(properties[name]) for name in names if properties.get(name)), "")


def _text(body: Any) -> str:
    """What Helicone sends of a body; nothing for the note that it lies elsewhere."""
    return "" if isinstance(body, dict) and "helicone_message" in body else values.text(body)


def _score(call: Call, span: SpanRecord, score: tuple[str, Any]) -> ScoreRecord | None:
    name, value = score
    given = value.get("value") if isinstance(value, dict) else value
    if given is None:
        return None
    thumb = name == FEEDBACK
    if (thumb or name.endswith(BOOLEAN)) and given in (0, 1):
        given = bool(given)
    title = "user_satisfaction" if thumb else values.short(name.removesuffix(BOOLEAN))
    kind, number, label = judgement_of(title, given)
    return ScoreRecord(
        values.short(f"{call.request_id}:{name}"),
        title,
        kind,
        span.started_at,
        span.trace_id,
        span.span_id,
        number,
        label,
        Judge.HUMAN if thumb else Judge.CODE,
        environment=span.environment,
        model=span.model,
        prompt_name=span.prompt_name,
        prompt_version=span.prompt_version,
    )
