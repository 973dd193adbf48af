"""The query log: what people asked a client's systems, who has read it, and the note of each reading."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, QuerySet

from clients.models import Client, System, User

from .answers import question_of
from .models import Source, Span, TextReading
from .records import SpanKind

PAGE = 50
"""Queries on a page."""
DAYS = 7
"""Days shown where none is chosen: today and those before it."""
READINGS = 20
"""Readings shown, newest first."""
EXCERPT = 280
"""Characters of a question in the list."""


@dataclass(frozen=True)
class Filters:
    """What of the log is asked for. `day` is one of the client's zone, None for the last days; `page` counts from 1."""

    user: str = ""
    system_id: int | None = None
    day: date | None = None
    page: int = 1


@dataclass(frozen=True)
class Query:
    """A model call as the log shows it; `asked` is empty where the text is not kept."""

    source_id: str
    source: str
    trace_id: str
    span_id: str
    at: datetime
    user: str
    role: str
    system: str
    model: str
    asked: str


@dataclass(frozen=True)
class Exchange:
    """A query with all of what was asked and answered, and why a text is missing."""

    query: Query
    input_text: str
    output_text: str
    missing: str


@dataclass(frozen=True)
class Reading:
    """A page on which a person was shown texts: how many, and which where it was one."""

    who: str
    at: datetime
    page: str
    texts: int
    source_id: str
    trace_id: str
    span_id: str


def queries(client: Client, filters: Filters, now: datetime) -> tuple[list[Query], bool]:
    """A page of the log, newest first, and whether there are more; three queries, whatever is asked for."""
    start, end = _between(filters.day, ZoneInfo(client.zone), now)
    found = _calls(client).filter(quarter__gte=start - timedelta(minutes=15), started_at__gte=start, started_at__lt=end)
    if filters.user:
        found = found.filter(user_id=filters.user)
    if filters.system_id is not None:
        found = found.filter(system_id=filters.system_id)
    first = (filters.page - 1) * PAGE
    spans = list(
        found.defer("output_text", "attributes").order_by("-started_at", "trace_id", "span_id")[
            first : first + PAGE + 1
        ]
    )
    return _named(client, spans[:PAGE]), len(spans) > PAGE


def exchange(client: Client, source_id: str, trace_id: str, span_id: str) -> Exchange | None:
    """One query with its texts, or None where there is none of these ids."""
    source = Source.objects.filter(client_id=client.pk, public_id=source_id).first()
    if source is None:
        return None
    span = _calls(client).filter(source_id=source.pk, trace_id=trace_id, span_id=span_id).first()
    if span is None:
        return None
    missing = ""
    if not (span.input_text or span.output_text):
        blanked = source.texts_from and span.started_at < source.texts_from
        missing = (
            f"Its texts were taken away after {source.text_days} days, as its source says."
            if blanked and source.text_days is not None
            else "Its source keeps no text, or none was sent."
        )
    return Exchange(_named(client, [span])[0], span.input_text, span.output_text, missing)


def note(client: Client, user: User, page: TextReading.Page, shown: Sequence[Query], now: datetime) -> None:
    """Write down that a person was shown the texts of these queries; those without text were not read."""
    TextReading.objects.bulk_create(
        TextReading(
            client=client, user=user, at=now, page=page, source=q.source_id, trace_id=q.trace_id, span_id=q.span_id
        )
        for q in shown
    )


def readings(client: Client) -> list[Reading]:
    """The newest readings, those of one page together."""
    found = (
        TextReading.objects.filter(client_id=client.pk)
        .values("user__name", "user__email", "at", "page")
        .annotate(texts=Count("pk"), one_source=Min("source"), trace=Min("trace_id"), span=Min("span_id"))
        .order_by("-at")[:READINGS]
    )
    return [
        Reading(
            row["user__name"] or row["user__email"],
            row["at"],
            TextReading.Page(row["page"]).label,
            row["texts"],
            row["one_source"] if row["texts"] == 1 else "",
            row["trace"],
            row["span"],
        )
        for row in found
    ]


def _calls(client: Client) -> QuerySet[Span]:
    return Span.objects.filter(client_id=client.pk, kind=SpanKind.LLM.value)


def _between(day: date | None, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    last = day or now.astimezone(zone).date()
    first = day or last - timedelta(days=DAYS - 1)
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


def _named(client: Client, spans: Sequence[Span]) -> list[Query]:
    sources = {
        pk: (public_id, name)
        for pk, public_id, name in Source.objects.filter(client_id=client.pk).values_list("pk", "public_id", "name")
    }
    systems = dict(System.objects.filter(client_id=client.pk).values_list("pk", "name"))
    return [
        Query(
            *sources[span.source_id],
            span.trace_id,
            span.span_id,
            span.started_at,
            span.user_id,
            span.user_role,
            systems[span.system_id],
            span.model,
            _excerpt(span.input_text),
        )
        for span in spans
        if span.source_id in sources
    ]


def _excerpt(text: str) -> str:
    asked = " ".join(question_of(text).split())
    return asked if len(asked) <= EXCERPT else asked[: EXCERPT - 1].rstrip() + "…"
