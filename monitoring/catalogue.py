"""The catalogue of metrics: each one's plain name, unit, better direction and aggregation. Nothing else decides what "better" means.

A *measure* is what the rollups store (one summary per measure); a *metric* is a way to read one. Several metrics may read the
same measure: p50 and p95 latency come from one histogram, error rate and call count from one summary.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

SCORE_PREFIX = "score."
"""Scores are stored under ``score.<name>``; a name the catalogue lists says which way is better, any other says neither."""
OUTCOME_PREFIX = "outcome."
"""Business figures are read under ``outcome.<key>``; what they mean is defined for each client, in `monitoring.outcomes`."""
OF_PROMPT = "@"
"""Between a prompt's name and its version where points tell versions apart; a version without a name stands alone."""
OVERRULES = {"refusal_rate": "refused", "format_valid": "format_ok", "other_language_rate": "other_language"}
"""Scores that are no measure of their own: one on an answer overrules what the measure, counted from calls, says of it."""
BLOCKS = frozenset(
    (
        "blocked",
        "content_filter",
        "flagged",
        "guardrail",
        "guardrail_blocked",
        "guardrails",
        "moderation",
        "moderation_flagged",
    )
)
"""Names under which guardrails and moderations send their verdicts: all count as ``block_rate``, true as blocked."""


class Aggregation(StrEnum):
    """How a metric is read from a merged summary."""

    COUNT = "count"  # n
    SUM = "sum"  # Σ
    MEAN = "mean"  # Σ / n
    RATE = "rate"  # Σ / n, where each value is 0 or 1
    QUANTILE = "quantile"  # from the histogram
    DISTINCT = "distinct"  # from daily id sets, never summed over days


class Better(StrEnum):
    """Which way is good."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


class Unit(StrEnum):
    """What a value counts. Rates are fractions (0.511 is 51.1%), money is US dollars, durations are milliseconds."""

    FRACTION = "fraction"
    MONEY = "money"
    MILLISECONDS = "ms"
    TOKENS = "tokens"
    CHARACTERS = "characters"
    CALLS = "calls"
    TRACES = "traces"
    PEOPLE = "people"
    SESSIONS = "sessions"
    CASES = "cases"
    HOURS = "hours"
    NUMBER = "number"


class Area(StrEnum):
    """Where on a client's page a metric belongs."""

    QUALITY = "quality"
    LATENCY = "latency"
    COST = "cost"
    VOLUME = "volume"


@dataclass(frozen=True)
class Metric:
    """A named quantity. `name` starts a sentence ("Accuracy"), `noun` continues one ("accuracy")."""

    key: str
    name: str
    measure: str
    aggregation: Aggregation
    unit: Unit
    better: Better
    area: Area
    formula: str
    of: str = "calls"
    """What n counts, in words: "120 calls", "95 judged answers"."""
    quantile: float | None = None

    @property
    def noun(self) -> str:
        return self.name if self.name[:2].isupper() else self.name[:1].lower() + self.name[1:]

    @property
    def takes_scores(self) -> bool:
        """Whether scores of its name count in it."""
        return self.is_score or self.key in OVERRULES

    @property
    def is_score(self) -> bool:
        return self.measure.startswith(SCORE_PREFIX)

    @property
    def is_outcome(self) -> bool:
        return self.measure.startswith(OUTCOME_PREFIX)


def _score(key: str, name: str, better: Better, aggregation: Aggregation = Aggregation.RATE) -> Metric:
    rate = aggregation is Aggregation.RATE
    return Metric(
        key=key,
        name=name,
        measure=SCORE_PREFIX + key,
        aggregation=aggregation,
        unit=Unit.FRACTION if rate else Unit.NUMBER,
        better=better,
        area=Area.QUALITY,
        formula=f"answers judged true for “{key}” ÷ answers judged"
        if rate
        else f"sum of “{key}” scores ÷ answers scored",
        of="judged answers",
    )


def _latency(key: str, name: str, quantile: float, share: str) -> Metric:
    return Metric(
        key,
        name,
        "latency",
        Aggregation.QUANTILE,
        Unit.MILLISECONDS,
        Better.LOWER,
        Area.LATENCY,
        f"the time below which {share} of model calls finish, from a histogram with a relative error under 1%",
        quantile=quantile,
    )


_METRICS = (
    _score("accuracy", "Accuracy", Better.HIGHER),
    _score("hallucination_rate", "Hallucination rate", Better.LOWER),
    _score("resolution_rate", "Chats settled without a person", Better.HIGHER),
    _score("groundedness", "Answers a source supports", Better.HIGHER),
    _score("relevance", "Relevant answers", Better.HIGHER),
    _score("toxicity", "Toxic answers", Better.LOWER),
    _score("override_rate", "Answers people overrode", Better.LOWER),
    _score("user_satisfaction", "Thumbs up", Better.HIGHER),
    replace(
        _score("block_rate", "Blocked by a guardrail", Better.LOWER),
        formula="guardrail and moderation verdicts that blocked ÷ such verdicts",
        of="guardrail verdicts",
    ),
    Metric(
        "refusal_rate",
        "Refusals",
        "refused",
        Aggregation.RATE,
        Unit.FRACTION,
        Better.LOWER,
        Area.QUALITY,
        "answers that refuse ÷ answers: as a score “refusal_rate” on one says, else by how it begins",
        of="answers",
    ),
    Metric(
        "format_valid",
        "Answers in the right format",
        "format_ok",
        Aggregation.RATE,
        Unit.FRACTION,
        Better.HIGHER,
        Area.QUALITY,
        "answers that are valid JSON ÷ answers that should be: as a score “format_valid” on one says, else by whether it parses",
        of="answers",
    ),
    Metric(
        "other_language_rate",
        "Answers in another language",
        "other_language",
        Aggregation.RATE,
        Unit.FRACTION,
        Better.LOWER,
        Area.QUALITY,
        "answers in another language than their question ÷ answers where both are told: as such a score says, else guessed",
        of="answers",
    ),
    _latency("latency_p50", "Typical reply time", 0.5, "half"),
    _latency("latency_p95", "Slowest 5% of replies", 0.95, "95%"),
    _latency("latency_p99", "Slowest 1% of replies", 0.99, "99%"),
    Metric(
        "error_rate",
        "Failed calls",
        "error",
        Aggregation.RATE,
        Unit.FRACTION,
        Better.LOWER,
        Area.QUALITY,
        "model calls that ended in an error ÷ model calls",
    ),
    Metric(
        "calls",
        "Model calls",
        "error",
        Aggregation.COUNT,
        Unit.CALLS,
        Better.NEITHER,
        Area.VOLUME,
        "model calls that started in the period",
    ),
    Metric(
        "cost",
        "Traced AI spend",
        "cost",
        Aggregation.SUM,
        Unit.MONEY,
        Better.NEITHER,
        Area.COST,
        "sum of each model call's cost as its trace states it, or at list price where it states none",
        of="priced calls",
    ),
    Metric(
        "cost_per_call",
        "Cost per call",
        "cost",
        Aggregation.MEAN,
        Unit.MONEY,
        Better.LOWER,
        Area.COST,
        "traced cost ÷ priced model calls",
        of="priced calls",
    ),
    Metric(
        "cost_estimated",
        "Spend priced from list prices",
        "cost_estimated",
        Aggregation.SUM,
        Unit.MONEY,
        Better.NEITHER,
        Area.COST,
        "sum of the cost of calls whose source stated none",
        of="calls priced by us",
    ),
    Metric(
        "input_tokens",
        "Tokens read",
        "input_tokens",
        Aggregation.SUM,
        Unit.TOKENS,
        Better.NEITHER,
        Area.VOLUME,
        "sum of input tokens",
    ),
    Metric(
        "output_tokens",
        "Tokens written",
        "output_tokens",
        Aggregation.SUM,
        Unit.TOKENS,
        Better.NEITHER,
        Area.VOLUME,
        "sum of output tokens",
    ),
    Metric(
        "answer_tokens",
        "Answer length",
        "output_tokens",
        Aggregation.MEAN,
        Unit.TOKENS,
        Better.NEITHER,
        Area.QUALITY,
        "output tokens ÷ model calls that report them",
    ),
    Metric(
        "answer_characters",
        "Answer length in characters",
        "answer_characters",
        Aggregation.MEAN,
        Unit.CHARACTERS,
        Better.NEITHER,
        Area.QUALITY,
        "characters of answers ÷ answers",
        of="answers",
    ),
    Metric(
        "documents_per_retrieval",
        "Documents per retrieval",
        "documents",
        Aggregation.MEAN,
        Unit.NUMBER,
        Better.NEITHER,
        Area.QUALITY,
        "documents returned ÷ retriever spans that say how many",
        of="retrievals",
    ),
    Metric(
        "traces",
        "Requests",
        "tool_calls",
        Aggregation.COUNT,
        Unit.TRACES,
        Better.NEITHER,
        Area.VOLUME,
        "traces whose first span started in the period",
        of="traces",
    ),
    Metric(
        "tool_calls_per_trace",
        "Tool calls per request",
        "tool_calls",
        Aggregation.MEAN,
        Unit.NUMBER,
        Better.NEITHER,
        Area.VOLUME,
        "tool spans ÷ traces",
        of="traces",
    ),
    Metric(
        "retries_per_trace",
        "Retries per request",
        "retries",
        Aggregation.MEAN,
        Unit.NUMBER,
        Better.LOWER,
        Area.QUALITY,
        "model and tool spans that follow a failed span of the same name under the same parent ÷ traces",
        of="traces",
    ),
    Metric(
        "tool_error_rate",
        "Failed tool calls",
        "tool_error",
        Aggregation.RATE,
        Unit.FRACTION,
        Better.LOWER,
        Area.QUALITY,
        "tool spans that ended in an error ÷ tool spans",
        of="tool calls",
    ),
    Metric(
        "users",
        "People who used it",
        "user",
        Aggregation.DISTINCT,
        Unit.PEOPLE,
        Better.HIGHER,
        Area.VOLUME,
        "distinct user ids in the period",
        of="people",
    ),
    Metric(
        "sessions",
        "Conversations",
        "session",
        Aggregation.DISTINCT,
        Unit.SESSIONS,
        Better.NEITHER,
        Area.VOLUME,
        "distinct session ids in the period",
        of="conversations",
    ),
)

CATALOGUE: dict[str, Metric] = {m.key: m for m in _METRICS}


def metric(key: str) -> Metric:
    """The metric of that key; a score nobody listed (``score.<name>``) is a mean that is neither good nor bad.

    Raises KeyError for any other unknown key.
    """
    if key in CATALOGUE:
        return CATALOGUE[key]
    if key.startswith(SCORE_PREFIX) and (name := key.removeprefix(SCORE_PREFIX)):
        return CATALOGUE.get(name) or _unlisted_score(name)
    raise KeyError(key)


def _unlisted_score(name: str) -> Metric:
    return Metric(
        SCORE_PREFIX + name,
        name.replace("_", " ").capitalize(),
        SCORE_PREFIX + name,
        Aggregation.MEAN,
        Unit.NUMBER,
        Better.NEITHER,
        Area.QUALITY,
        f"sum of “{name}” scores ÷ answers scored",
        of="judged answers",
    )
