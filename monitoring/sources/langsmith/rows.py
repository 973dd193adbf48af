"""What FracOps reads of LangSmith's runs and feedback, in the words of either version, and what becomes of them."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from monitoring import values
from monitoring.connecting.kind import Window
from monitoring.connecting.reading import Count, Exact, Name, Row, Text, UtcInstant, span_id, trace_id
from monitoring.judgements import judgement_of
from monitoring.records import Judge, ScoreRecord, SpanKind, SpanRecord

KINDS = {
    "llm": SpanKind.LLM,
    "embedding": SpanKind.EMBEDDING,
    "tool": SpanKind.TOOL,
    "retriever": SpanKind.RETRIEVER,
    "chain": SpanKind.CHAIN,
    "prompt": SpanKind.CHAIN,
    "parser": SpanKind.CHAIN,
}
COUNTED = (SpanKind.LLM, SpanKind.EMBEDDING)
JUDGES = {"app": Judge.HUMAN, "model": Judge.MODEL, "auto_eval": Judge.MODEL}
THREADS = ("session_id", "thread_id", "conversation_id")
"""Where the SDKs write a conversation's id; ``session`` elsewhere in the API is the project."""


class Run(Row):
    """A run of either version: the newer has words in capitals, ancestors and metadata of its own, the older a parent and `extra`."""

    id: str = Field(min_length=1)
    name: Name = ""
    run_type: Name = ""
    status: Name = ""
    start_time: UtcInstant
    end_time: UtcInstant | None = None
    trace_id: Name = ""
    parent_run_ids: list[str] | None = None
    parent_run_id: Name = ""
    thread_id: Name = ""
    metadata: dict[str, Any] | None = None
    extra: dict[str, Any] | None = None
    tags: list[Any] | None = None
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    prompt_token_details: dict[str, Any] | None = None
    total_cost: Exact | None = None
    inputs: Text = ""
    outputs: Text = ""


class Source(Row):
    type: Name = ""


class Feedback(Row):
    """`start_time` is the judged run's."""

    id: str = Field(min_length=1)
    created_at: UtcInstant
    start_time: UtcInstant | None = None
    run_id: Name = ""
    trace_id: Name = ""
    key: Name
    score: Any = None
    value: Any = None
    comment: Text = ""
    feedback_source: Source | None = None


def span_of(row: Any, window: Window) -> SpanRecord | None:
    """The span a run is, if it began in the window. Raises BadValue for an impossible count or cost."""
    run = Run.model_validate(row)
    if not window.holds(run.start_time):
        return None
    kind = KINDS.get(run.run_type.lower(), SpanKind.OTHER)
    metadata = run.metadata or (run.extra or {}).get("metadata")
    said = metadata if isinstance(metadata, dict) else {}
    # Version 1 adds up the tokens and costs of a run's children in it.
    own = kind in COUNTED
    cached = _details(run.prompt_token_details or {}) if own else {}
    parents = run.parent_run_ids or []
    return SpanRecord(
        trace_id(run.trace_id or run.id),
        span_id(run.id),
        run.start_time,
        run.end_time if run.end_time and run.end_time >= run.start_time else None,
        kind,
        run.name,
        span_id(parents[-1] if parents else run.parent_run_id),
        environment=_first(said, "environment", "env"),
        session_id=run.thread_id or _first(said, *THREADS),
        user_id=_first(said, "user_id"),
        provider=_first(said, "ls_provider").lower(),
        model=_first(said, "ls_model_name"),
        prompt_name=_first(said, "lc_hub_repo"),
        prompt_version=_first(said, "lc_hub_commit_hash"),
        tool=run.name if kind is SpanKind.TOOL else "",
        # The error's own text may hold what was said.
        error="error" if run.status.lower() == "error" else "",
        input_tokens=run.prompt_tokens if own else None,
        output_tokens=run.completion_tokens if own else None,
        cache_read_tokens=cached.get("read"),
        cache_write_tokens=cached.get("write"),
        cost=values.money(run.total_cost, "cost") if own and run.total_cost is not None else None,
        input_text=run.inputs,
        output_text=run.outputs,
        attributes={"langsmith.tags": values.short(", ".join(map(str, run.tags)))} if run.tags else {},
    )


def _details(given: Mapping[str, Any]) -> dict[str, int]:
    """Tokens read from a cache and written to it, from the breakdown of the prompt's; categories are the models' own."""
    raw = given.get("raw")
    found: dict[str, int] = {}
    for name, count in (raw if isinstance(raw, dict) else given).items():
        if "cache" in name and count is not None:
            where = "write" if "creation" in name or "write" in name else "read"
            found[where] = found.get(where, 0) + values.tokens(count, name)
    return found


def _first(metadata: Mapping[str, Any], *names: str) -> str:
    """The first of some fields that holds a name."""
    return next((values.short(metadata[n]) for n in names if isinstance(metadata.get(n), str | int)), "")


def score_of(row: Any, window: Window) -> ScoreRecord | None:
    """The score a feedback is, if it was given in the window; it counts when the judged run began. Raises BadValue for what is none."""
    given = Feedback.model_validate(row)
    label = given.value if isinstance(given.value, str) else None
    value = given.value if given.score is None else given.score
    known = value if isinstance(value, bool | int | float) else None
    # A comment or a correction alone is no score.
    if not window.holds(given.created_at) or (known is None and not label):
        return None
    kind, number, word = judgement_of(given.key, known, label)
    source = given.feedback_source
    return ScoreRecord(
        values.short(given.id),
        given.key,
        kind,
        given.start_time or given.created_at,
        trace_id(given.trace_id) if given.trace_id else "",
        span_id(given.run_id),
        number,
        word,
        JUDGES.get(source.type if source else "", Judge.CODE),
        given.comment,
    )
