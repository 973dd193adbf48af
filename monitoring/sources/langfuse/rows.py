"""What FracOps reads of Langfuse's observations, in the newer and the older API's words, and how they become spans."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from monitoring import values
from monitoring.connecting.reading import Exact, Instant, Name, Row, Text, span_id, trace_id
from monitoring.records import SpanKind, SpanRecord

KINDS = {
    "GENERATION": SpanKind.LLM,
    "EMBEDDING": SpanKind.EMBEDDING,
    "TOOL": SpanKind.TOOL,
    "RETRIEVER": SpanKind.RETRIEVER,
    "AGENT": SpanKind.AGENT,
    "CHAIN": SpanKind.CHAIN,
    "GUARDRAIL": SpanKind.GUARDRAIL,
    "EVALUATOR": SpanKind.EVALUATOR,
}
OWN = "langfuse"
"""Environments that begin so are Langfuse's own: its judges' calls, which are not the client's system's."""


class CamelRow(Row):
    """A row whose fields are written in camel case."""

    model_config = ConfigDict(alias_generator=to_camel)


class Trace(CamelRow):
    """What the older API keeps on the trace and the newer on each observation."""

    id: Name
    timestamp: Instant | None = None
    name: Name = ""
    session_id: Name = ""
    user_id: Name = ""
    release: Name = ""
    tags: list[Any] | None = None


class Observation(CamelRow):
    """A row of either API; `model` is the older one's name of `provided_model_name`."""

    id: str = Field(min_length=1)
    trace_id: Name = ""
    parent_observation_id: Name = ""
    type: Name = ""
    start_time: Instant
    end_time: Instant | None = None
    name: Name = ""
    level: Name = ""
    environment: Name = ""
    session_id: Name = ""
    user_id: Name = ""
    provided_model_name: Name = ""
    model: Name = ""
    usage_details: dict[str, Any] | None = None
    cost_details: dict[str, Any] | None = None
    total_cost: Exact | None = None
    prompt_name: Name = ""
    prompt_version: Name = ""
    trace_name: Name = ""
    release: Name = ""
    tags: list[Any] | None = None
    input: Text = ""
    output: Text = ""


def span_of(row: Observation, trace: Trace | None = None) -> SpanRecord:
    """The span an observation is, with what only its trace says. Raises BadValue for impossible counts or costs."""
    kind = SpanKind.EVALUATOR if row.environment.startswith(OWN) else KINDS.get(row.type, SpanKind.OTHER)
    usage = tokens_of(row.usage_details or {})
    about = {
        "langfuse.trace_name": row.trace_name or (trace.name if trace else ""),
        "langfuse.release": row.release or (trace.release if trace else ""),
        "langfuse.tags": values.short(", ".join(map(str, row.tags or (trace.tags if trace else None) or ()))),
    }
    return SpanRecord(
        trace_id=trace_of(row),
        span_id=span_id(row.id),
        parent_id=span_id(row.parent_observation_id),
        started_at=row.start_time,
        ended_at=row.end_time if row.end_time and row.end_time >= row.start_time else None,
        kind=kind,
        name=row.name,
        environment=row.environment,
        session_id=row.session_id or (trace.session_id if trace else ""),
        user_id=row.user_id or (trace.user_id if trace else ""),
        model=row.provided_model_name or row.model,
        prompt_name=row.prompt_name,
        prompt_version=row.prompt_version,
        tool=row.name if kind is SpanKind.TOOL else "",
        # The status message may hold what was said.
        error="error" if row.level == "ERROR" else "",
        input_tokens=usage.get("input"),
        output_tokens=usage.get("output"),
        cache_read_tokens=usage.get("cache_read"),
        cache_write_tokens=usage.get("cache_write"),
        cost=cost_of(row),
        input_text=row.input,
        output_text=row.output,
        attributes={name: value for name, value in about.items() if value},
    )


def trace_of(row: Observation) -> str:
    """The trace's id; an observation without one is a trace of its own."""
    return trace_id(row.trace_id or row.id)


def tokens_of(details: Mapping[str, Any]) -> dict[str, int]:
    """Tokens from Langfuse's open map: input and output whole, and what of the input was read from or written to a cache.

    Its keys are parts that do not overlap; Langfuse itself counts every key with “input” in it as input, and so with output. Other keys
    are providers' own (``prompt_token_count``), and speak where those are silent. Raises BadValue for what is no count.
    """
    sums: dict[str, Decimal] = {}
    for name, given in details.items():
        if given is None or (where := _part(name.lower())) is None:
            continue
        number = values.exact(given)
        sums[where] = sums.get(where, Decimal(0)) + (Decimal(-1) if number is None else number)
    plain = sums.get("input", sums.get("prompt"))
    output = sums.get("output", sums.get("completion"))
    read, write = sums.get("cache_read"), sums.get("cache_write")
    if plain is not None or read is not None or write is not None:
        sums["input"] = (plain or 0) + (read or 0) + (write or Decimal(0))
    if output is not None:
        sums["output"] = output
    return {k: values.tokens(v, f"{k} tokens") for k, v in sums.items() if k not in ("prompt", "completion")}


def _part(key: str) -> str | None:
    if "output" in key:
        return "output"
    if "cache" in key:
        return "cache_write" if "creation" in key or "write" in key else "cache_read"
    if "input" in key:
        return "input"
    if key.startswith("prompt"):
        return "prompt"
    return "completion" if key.startswith(("completion", "candidates")) else None


def cost_of(row: Observation) -> Decimal | None:
    """US dollars; None where Langfuse knows no price, which it writes as an empty map, and then a total of null or zero."""
    costs = {name: given for name, given in (row.cost_details or {}).items() if given is not None}
    if "total" in costs:
        return values.money(costs["total"], "cost")
    if costs:
        return sum((values.money(given, f"cost of {name}") for name, given in costs.items()), Decimal(0))
    return values.money(row.total_cost, "cost") if row.total_cost else None
