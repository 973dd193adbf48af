"""What crosses the border into FracOps: spans and scores, as every door (OTLP, files, connectors) hands them to ingest."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class SpanKind(StrEnum):
    """What a span did, in OpenInference's words; only ``llm`` spans are model calls."""

    LLM = "llm"
    EMBEDDING = "embedding"
    TOOL = "tool"
    RETRIEVER = "retriever"
    RERANKER = "reranker"
    AGENT = "agent"
    CHAIN = "chain"
    GUARDRAIL = "guardrail"
    EVALUATOR = "evaluator"
    OTHER = "other"


class ScoreKind(StrEnum):
    """How a score is to be summed up: a mean, a rate, or a share per label."""

    NUMERIC = "numeric"
    BOOLEAN = "boolean"
    CATEGORICAL = "categorical"


class Judge(StrEnum):
    """Who gave a score."""

    HUMAN = "human"
    MODEL = "model"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """One span, normalised. Times are aware UTC; tokens are counts; `cost` is in US dollars.

    `input_tokens` are all of the input: those that were read from a cache or written to it are part of them.
    Empty strings mean "not given". `system` and `environment` are names; an empty system means the source's own.
    `model` is the one that answered, else the one asked for. `error` is the error's type, empty when all went well.
    `wants_json` says that the caller asked for JSON, and `documents` how many a retriever returned, None where it does not say.
    `cost_estimated` says the source gave no cost and FracOps priced the call from public price lists, and `price_table` from which.
    """

    trace_id: str  # 32 lower-case hex digits
    span_id: str  # 16 lower-case hex digits
    started_at: datetime
    ended_at: datetime | None
    kind: SpanKind
    name: str
    parent_id: str = ""
    system: str = ""
    environment: str = ""
    segment: str = ""
    session_id: str = ""
    user_id: str = ""
    user_role: str = ""
    provider: str = ""
    model: str = ""
    prompt_name: str = ""
    prompt_version: str = ""
    tool: str = ""
    error: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cost: Decimal | None = None
    cost_estimated: bool = False
    price_table: str = ""
    input_text: str = ""
    output_text: str = ""
    wants_json: bool = False
    documents: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScoreRecord:
    """A judgement on a span (or, with an empty `span_id`, on a trace), keyed by `score_id` within its source.

    `at` is the time of what was judged, so that a score counts in the period of the call it judges.
    `value` is 0 or 1 for booleans, the number for numerics, None for categoricals, which carry `label`.
    `model`, `system` and the other dimensions are those of the judged span.
    """

    score_id: str
    name: str
    kind: ScoreKind
    at: datetime
    trace_id: str = ""
    span_id: str = ""
    value: Decimal | None = None
    label: str = ""
    judge: Judge = Judge.CODE
    comment: str = ""
    system: str = ""
    environment: str = ""
    segment: str = ""
    model: str = ""
    prompt_name: str = ""
    prompt_version: str = ""


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """What a provider counted over one bucket of time: calls and tokens, by whatever it was asked to tell apart.

    `start` is the bucket's beginning and `end` its end, aware UTC. `input_tokens` are those that were not cached, so that the three
    kinds of input add up to all of it. `tier` is how it was served (``batch``, ``priority``), empty for the usual way; `what` is the
    kind of use (``completions``, ``embeddings``). Keyed by everything but the counts.
    """

    start: datetime
    end: datetime
    vendor: str
    model: str
    what: str = ""
    project: str = ""
    api_key: str = ""
    """The provider's id of the key, never the key."""
    tier: str = ""
    requests: int = 0
    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class BillRecord:
    """What a provider bills for one of its UTC days: an amount in its currency for one line. Keyed by everything but the amount."""

    day: date
    vendor: str
    amount: Decimal
    currency: str = "USD"
    service: str = ""
    model: str = ""
    line: str = ""
    """The line item in the provider's words."""
    project: str = ""


@dataclass(frozen=True, slots=True)
class TicketRecord:
    """A support case, without a word of what was said. `changed_at` is when its provider last touched it.

    `by_ai` says whether an AI agent settled it, None where the provider does not say; `deleted` that it is gone.
    """

    ticket_id: str
    created_at: datetime
    changed_at: datetime
    solved_at: datetime | None = None
    reopened: int | None = None
    by_ai: bool | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class PromptRecord:
    """A version of a prompt, by name; `labels` are those it carries now, such as ``production``."""

    name: str
    version: str
    created_at: datetime
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutcomeRecord:
    """What somebody says of an outcome for the local days from `first_day` to `last_day`. What the numbers are, its definition says.

    `sent_id` is what its sender calls it; without one it is known by its days. No `numerator` takes the figure back. Of its cases
    so many were a success, retried, overridden; None where nobody said. `buckets` is the histogram behind a median.
    """

    key: str
    first_day: date
    last_day: date
    numerator: Decimal | None
    denominator: Decimal | None = None
    success: int | None = None
    retried: int | None = None
    overridden: int | None = None
    sent_id: str = ""
    buckets: tuple[tuple[int, int], ...] = ()

    @property
    def ref(self) -> str:
        """What it is known by among its giver's figures."""
        return f"id:{self.sent_id}" if self.sent_id else f"day:{self.first_day}/{self.last_day}"


type Record = SpanRecord | ScoreRecord | UsageRecord | BillRecord | TicketRecord | PromptRecord


@dataclass(frozen=True, slots=True)
class Rejection:
    """A span or score that was not taken, and why, in words its sender can act on."""

    reason: str
    trace_id: str = ""
    span_id: str = ""
