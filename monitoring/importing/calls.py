"""Turns rows into model calls and their scores, with ids that are the same every time the same file is read."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from monitoring import values
from monitoring.importing.expressions import seconds
from monitoring.importing.mapping import Mapping
from monitoring.importing.problems import RowRefused
from monitoring.importing.rows import Row
from monitoring.importing.spread import Spread
from monitoring.judgements import judgement_of
from monitoring.records import Judge, ScoreRecord, SpanKind, SpanRecord

_LONGEST = timedelta(days=7)
_NOT_AN_ERROR = frozenset(("", "0", "false", "none", "null", "no", "ok"))
_AN_ERROR = frozenset(("1", "true", "yes"))
_MILLISECONDS_FROM = Decimal(10) ** 11


@dataclass(frozen=True)
class Call:
    """One row's model call and its scores."""

    line: int
    span: SpanRecord
    scores: list[ScoreRecord]


@dataclass
class Calls:
    """Makes calls of rows, in order. `source` keeps the ids of different sources apart; times without an offset are in `zone`."""

    mapping: Mapping
    source: str
    system: str
    zone: ZoneInfo
    judge: Judge = Judge.CODE
    spread: Spread | None = None
    _position: int = field(default=0, init=False)
    _lines: dict[bytes, int] = field(default_factory=dict, init=False)
    _copies: dict[bytes, int] = field(default_factory=dict, init=False)

    def call(self, row: Row) -> Call:
        """The call a row describes. Raises RowRefused with the reason."""
        position, self._position = self._position, self._position + 1
        try:
            return self._call(row, position)
        except values.BadValue as error:
            raise RowRefused(row.line, _printable(str(error))) from error
        except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
            # What no check foresaw costs its own row, never the batch.
            raise RowRefused(row.line, "cannot be read: one of its values is not what it should be") from error

    def _call(self, row: Row, position: int) -> Call:
        digest = self._digest(row)
        at = self.spread.at(position) if self.spread else self._time(row)
        latency = self._latency(row)
        span_id = digest.hex()[32:]
        read, cached = self._tokens(row, "input_tokens"), self._tokens(row, "cache_read_tokens")
        if read is not None and cached is not None and cached > read:
            raise values.BadValue(
                f"cache_read_tokens: {cached:,} of {read:,} input tokens cannot be; input_tokens are all that were read"
            )
        span = SpanRecord(
            trace_id=self._trace_id(row) or digest.hex()[:32],
            span_id=span_id,
            started_at=at,
            ended_at=None if latency is None else at + latency,
            kind=SpanKind.LLM,
            name=f"chat {self._name(row, 'model')}".strip(),
            system=self.system,
            environment=self._name(row, "environment"),
            segment=self._name(row, "segment"),
            session_id=self._name(row, "session"),
            user_id=self._name(row, "user"),
            user_role=self._name(row, "role"),
            provider=self._name(row, "provider").lower(),
            model=self._name(row, "model"),
            prompt_version=self._name(row, "prompt_version"),
            error=self._error(row),
            input_tokens=read,
            output_tokens=self._tokens(row, "output_tokens"),
            cache_read_tokens=cached,
            cost=None if (cost := self._value(row, "cost")) is None else values.money(cost, "cost"),
            input_text=values.text(self._value(row, "input")),
            output_text=values.text(self._value(row, "output")),
        )
        return Call(row.line, span, self._scores(row, span))

    def _value(self, row: Row, target: str) -> Any:
        """What the row says of a target; None when it is not mapped or empty."""
        expression = self.mapping.targets.get(target)
        if expression is None:
            return None
        try:
            value = expression(row.fields)
        except values.BadValue as error:
            raise values.BadValue(f"{target}: {error}") from error
        return None if isinstance(value, str) and not value.strip() else value

    def _name(self, row: Row, target: str) -> str:
        value = self._value(row, target)
        return "" if value is None else values.short(value)

    def _tokens(self, row: Row, target: str) -> int | None:
        value = self._value(row, target)
        return None if value is None else values.tokens(value, target)

    def _digest(self, row: Row) -> bytes:
        """24 bytes that name the call: 16 for its trace, 8 for its span.

        They come from the mapped id, which may be given once only; else from what the row holds and how often that came before.
        """
        given = self._value(row, "id")
        if given is not None:
            digest = self._hash("id", values.written_out(given) if not isinstance(given, str) else given)
            if (line := self._lines.setdefault(digest, row.line)) != row.line:
                raise values.BadValue(f"id “{values.short(given)[:60]}” was given in line {line} already")
            return digest
        content = self._hash("row", json.dumps(row.fields, sort_keys=True, default=str, ensure_ascii=False))
        copy = self._copies[content] = self._copies.get(content, -1) + 1
        return self._hash("copy", f"{content.hex()}{copy}")

    def _hash(self, what: str, written: str) -> bytes:
        return _hash(self.source, what, written)

    def _trace_id(self, row: Row) -> str:
        return trace_id_of(self.source, self._name(row, "trace_id"))

    def _time(self, row: Row) -> datetime:
        value = self._value(row, "at")
        if value is None:
            raise values.BadValue("at: the row has no time; map one, or use --spread")
        return instant(value, self.zone)

    def _latency(self, row: Row) -> timedelta | None:
        value = self._value(row, "latency")
        if value is None or isinstance(value, timedelta):
            latency = value
        else:
            try:
                latency = seconds(value)
            except values.BadValue as error:
                raise values.BadValue(f"latency: {error}") from error
        if latency is not None and latency > _LONGEST:
            raise values.BadValue("latency: longer than a week; if it is in milliseconds, map latency=milliseconds(…)")
        return latency

    def _error(self, row: Row) -> str:
        given = self._name(row, "error")
        if given.lower() in _NOT_AN_ERROR:
            return ""
        return "error" if given.lower() in _AN_ERROR else given

    def _scores(self, row: Row, span: SpanRecord) -> list[ScoreRecord]:
        scores = []
        for name, expression in self.mapping.scores.items():
            try:
                given = expression(row.fields)
            except values.BadValue as error:
                raise values.BadValue(f"score.{name}: {error}") from error
            if given is None or (isinstance(given, str) and not given.strip()):
                continue
            kind, value, label = judgement_of(name, given)
            scores.append(
                ScoreRecord(
                    score_id=f"{span.trace_id}:{span.span_id}:{name}",
                    name=values.short(name),
                    kind=kind,
                    at=span.started_at,
                    trace_id=span.trace_id,
                    span_id=span.span_id,
                    value=value,
                    label=label,
                    judge=self.judge,
                    system=span.system,
                    environment=span.environment,
                    segment=span.segment,
                    model=span.model,
                    prompt_name=span.prompt_name,
                    prompt_version=span.prompt_version,
                )
            )
        return scores


def span_ids(source: str, call_id: Any, trace_id: Any = "") -> tuple[str, str]:
    """The trace's and the span's id of the call that a source gave that id (and perhaps a trace's id of its own)."""
    digest = _hash(source, "id", call_id if isinstance(call_id, str) else values.written_out(call_id)).hex()
    return trace_id_of(source, values.short(trace_id)) or digest[:32], digest[32:]


def trace_id_of(source: str, given: str) -> str:
    """A given trace's id as 32 hex digits, which it may be already; empty for none."""
    given = given.lower()
    if not given:
        return ""
    if len(given) == 32 and all(c in "0123456789abcdef" for c in given) and given.strip("0"):
        return given
    return _hash(source, "trace", given).hex()[:32]


def instant(value: Any, zone: ZoneInfo) -> datetime:
    """A moment in UTC, from a time as it was written (without an offset in `zone`). Raises BadValue."""
    at = value if isinstance(value, datetime) else _instant(value)
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone)
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise values.BadValue(f"at: “{values.short(value)}” is not a time that can be stored") from error


def _hash(source: str, what: str, written: str) -> bytes:
    return blake2b(f"{source}\0{what}\0{written}".encode(errors="replace"), digest_size=24).digest()


def _printable(written: str) -> str:
    """Text that any stream can write: half of a surrogate pair becomes a question mark."""
    return written.encode(errors="replace").decode()


def _instant(value: Any) -> datetime:
    """ISO 8601, or seconds or milliseconds since 1970. Raises BadValue."""
    number = values.exact(value)
    try:
        if number is not None:
            if number < 0:
                raise ValueError
            scale = 1000 if number >= _MILLISECONDS_FROM else 1
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(number * 1_000_000 / scale))
        return datetime.fromisoformat(str(value).strip())
    except (ValueError, OverflowError) as error:
        shown = values.short(value)[:40]
        message = (
            f'at: “{shown}” is not a time; write it as 2026-11-03T14:05:00+01:00, or map at=time(column, "pattern")'
        )
        raise values.BadValue(message) from error
