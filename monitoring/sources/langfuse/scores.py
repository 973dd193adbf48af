"""Streams of Langfuse's scores by their own time, each dated and described by what it judges."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from pydantic import Field

from monitoring import values
from monitoring.connecting.fallback import attempted
from monitoring.connecting.kind import Page, Window
from monitoring.connecting.paginators import PageNumber, Request, Token
from monitoring.connecting.reading import Instant, Name, Text, span_id, taken, trace_id
from monitoring.judgements import judgement_of
from monitoring.records import Judge, ScoreRecord

from . import spans
from .asking import GeneratedHttp
from .rows import CamelRow, Observation

NEW, OLD = "api/public/v3/scores", "api/public/v2/scores"
ROWS = 100
OLDEST = timedelta(days=90)
"""How long before its score a judged call is looked for; the bound spares Langfuse a search through all of its months."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No score is older, whatever it says: a calendar ends somewhere."""
JUDGES = {"ANNOTATION": Judge.HUMAN, "EVAL": Judge.MODEL}
TEXTS = ("TEXT", "CORRECTION")


class Subject(CamelRow):
    kind: Name = ""
    id: Name = ""
    trace_id: Name = ""


class Score(CamelRow):
    """A row of either API: the newer names its `subject`, the older has one field for each kind of it."""

    id: str = Field(min_length=1)
    name: Name
    data_type: Name = ""
    value: Any = None
    string_value: Any = None
    source: Name = ""
    timestamp: Instant
    environment: Name = ""
    comment: Text = ""
    subject: Subject | None = None
    trace_id: Name = ""
    observation_id: Name = ""
    dataset_run_id: Name = ""

    def judges(self) -> tuple[str, str, bool]:
        """Trace and observation judged, as Langfuse names them, and whether it was in an experiment instead of at work."""
        of = self.subject
        if of is None:
            return self.trace_id, self.observation_id, bool(self.dataset_run_id)
        if of.kind == "observation":
            return of.trace_id, of.id, False
        return of.id if of.kind == "trace" else "", "", of.kind == "experiment"


@dataclass(frozen=True)
class Judged:
    """A judged call or trace."""

    at: datetime
    trace_id: str = ""
    model: str = ""
    prompt_name: str = ""
    prompt_version: str = ""


type Found = Mapping[tuple[str, str], Judged]


def newer(http: GeneratedHttp, window: Window, cursor: str) -> Iterator[Page]:
    first = Request(NEW, {**_times(window), "fields": "details,subject", "limit": ROWS})
    yield from _pages(http, window, first, Token("meta.cursor", "cursor"), cursor)


def older(http: GeneratedHttp, window: Window, cursor: str) -> Iterator[Page]:
    first = Request(OLD, {**_times(window), "limit": ROWS})
    yield from _pages(http, window, first, PageNumber("data", ROWS, last="meta.totalPages"), cursor)


def _pages(
    http: GeneratedHttp, window: Window, first: Request, paginator: Token | PageNumber, cursor: str
) -> Iterator[Page]:
    for answer, following in http.pages(first, paginator, cursor):
        rows = answer.rows("data")
        found = _judged(http, rows)
        records, rejected = taken(rows, partial(_record, window=window, found=found))
        yield Page(records, following, rejected)


def _record(row: Any, window: Window, found: Found) -> ScoreRecord | None:
    score = Score.model_validate(row)
    trace, observation, experiment = score.judges()
    if score.data_type in TEXTS or experiment or not window.holds(score.timestamp):
        return None
    kind, value, label = judgement_of(score.name, *_said(score))
    judged = found.get(("observation", observation) if observation else ("trace", trace)) or Judged(score.timestamp)
    trace = trace or judged.trace_id
    return ScoreRecord(
        values.short(score.id),
        score.name,
        kind,
        judged.at,
        trace_id(trace) if trace else "",
        span_id(observation),
        value,
        label,
        JUDGES.get(score.source, Judge.CODE),
        score.comment,
        environment=score.environment,
        model=judged.model,
        prompt_name=judged.prompt_name,
        prompt_version=judged.prompt_version,
    )


def _said(score: Score) -> tuple[Any, Any]:
    """Value and label. The older API sends a number beside the word of a category, and 0 or 1 for a boolean."""
    if score.data_type == "CATEGORICAL":
        return None, score.value if score.string_value is None else score.string_value
    if score.data_type == "BOOLEAN":
        return (bool(score.value) if score.value in (0, 1) else score.value), None
    if score.data_type != "NUMERIC" and isinstance(score.value, str):
        raise values.BadValue(f"score “{score.name}” is of a kind FracOps does not know")
    return score.value, None


def _judged(http: GeneratedHttp, rows: Sequence[Any]) -> Found:
    """What the scores of a page judge, by Langfuse's ids. What it no longer has is left out."""
    scores: list[Score] = []
    taken(rows, lambda row: scores.append(Score.model_validate(row)))
    named = [score.judges() for score in scores]
    calls = {observation for _, observation, _ in named if observation}
    traces = {trace for trace, observation, _ in named if trace and not observation}
    if not calls and not traces:
        return {}
    since = max(min(score.timestamp for score in scores), EARLIEST) - OLDEST
    return attempted(partial(_in_newer, http, calls, traces, since), partial(_in_older, http, calls, traces, since))


def _in_newer(http: GeneratedHttp, calls: set[str], traces: set[str], since: datetime) -> Found:
    recent = _since("startTime", since)
    roots = {"type": "boolean", "column": "isRootObservation", "operator": "=", "value": True}
    ask = partial(http.chosen, spans.NEW, fields="core,basic,model,prompt", limit=spans.ROWS)
    found = _by("observation", "id", ask("id", calls, [recent]))
    return {**found, **_by("trace", "trace_id", ask("traceId", traces, [recent, roots]))}


def _in_older(http: GeneratedHttp, calls: set[str], traces: set[str], since: datetime) -> Found:
    rows = http.chosen(spans.OLD, "id", calls, [_since("startTime", since)], limit=spans.OLD_ROWS)
    known = spans.traces_of(http, traces)
    return {
        **_by("observation", "id", rows),
        **{("trace", t.id): Judged(t.timestamp) for t in known.values() if t.timestamp},
    }


def _by(of: str, column: str, rows: Sequence[Any]) -> dict[tuple[str, str], Judged]:
    found: dict[tuple[str, str], Judged] = {}

    def keep(row: Any) -> None:
        seen = Observation.model_validate(row)
        key = (of, str(getattr(seen, column)))
        model = seen.provided_model_name or seen.model
        judged = Judged(seen.start_time, seen.trace_id, model, seen.prompt_name, seen.prompt_version)
        if of == "trace":
            judged = Judged(seen.start_time)
        # Two roots in one trace: the first says when it began.
        if key not in found or judged.at < found[key].at:
            found[key] = judged

    taken(rows, keep)
    return found


def _since(column: str, since: datetime) -> dict[str, str]:
    return {"type": "datetime", "column": column, "operator": ">=", "value": since.isoformat()}


def _times(window: Window) -> dict[str, str]:
    return {"fromTimestamp": window.start.isoformat(), "toTimestamp": window.end.isoformat()}
