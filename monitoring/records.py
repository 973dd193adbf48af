"""What crosses the border into FracOps: spans and scores, as every door (OTLP, files, connectors) hands them to ingest."""

from dataclasses import dataclass, field
from datetime import datetime
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

    Empty strings mean "not given". `system` and `environment` are names; an empty system means the source's own.
    `model` is the one that answered, else the one asked for. `error` is the error's type, empty when all went well.
    `cost_estimated` says the source gave no cost and FracOps priced the call from public price lists.
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
    input_text: str = ""
    output_text: str = ""
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
    prompt_version: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A span or score that was not taken, and why, in words its sender can act on."""

    reason: str
    trace_id: str = ""
    span_id: str = ""
