"""Two sources side by side: the numbers of the table, what they come to in words, and the sources that bring the same calls."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clients.models import Client
from clients.tenancy import scope
from monitoring import doubles, overlap_words, seams, tasks
from monitoring.doors import SourceRef
from monitoring.models import Signal, Source
from monitoring.overlaps import MOST_DAYS, Judged, Overlap, Pair, Side, overlap
from monitoring.readings import Period
from monitoring.records import ScoreKind, SpanKind
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role")

PERIOD = Period(date(2026, 11, 1), date(2026, 11, 6), "America/Chicago")
NOON = datetime(2026, 11, 3, 18, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(NOW, tick=False)
    return time_machine


def row(of: SourceRef) -> Source:
    return Source.objects.get(pk=of.id)


def compared(client: Client, old: SourceRef, new: SourceRef) -> Overlap:
    with scope(client):
        return overlap(row(old), row(new), PERIOD)


def two(client: Client) -> tuple[SourceRef, SourceRef]:
    return factories.source(client, "Langfuse"), factories.source(client, "Phoenix")


def test_the_table_has_both_sources_numbers_of_the_days_they_share(client_row: Client) -> None:
    old, new = two(client_row)
    spans = [
        factories.span(n, NOON + timedelta(minutes=n), ended_at=NOON + timedelta(minutes=n, milliseconds=100 * n + 100))
        for n in range(20)
    ]
    spans[3] = replace(spans[3], error="timeout")
    lookup = factories.span(70, NOON, kind=SpanKind.EMBEDDING, cost=Decimal("0.01"))
    before = factories.span(80, NOON - timedelta(days=1))
    scores = [factories.verdict(s, n < 15) for n, s in enumerate(spans)]
    tone = replace(scores[0], score_id="tone", name="tone", kind=ScoreKind.CATEGORICAL, value=None, label="calm")
    factories.calls(client_row, [*spans, lookup, before], [*scores, tone], by=old)
    factories.calls(client_row, spans[:15], scores[:10], by=new)
    found = compared(client_row, old, new)
    assert [pair.day for pair in found.days] == [date(2026, 11, 3)]
    old_side = Side(
        20, 3000, Decimal("0.06"), 1, Decimal(1900), {"accuracy": Judged(20, Decimal("0.75")), "tone: calm": Judged(1)}
    )
    new_side = Side(15, 2250, Decimal("0.0375"), 1, Decimal(1500), {"accuracy": Judged(10, Decimal(1))})
    assert (found.days[0].old, found.days[0].new) == (old_side, new_side)
    assert (found.whole.old, found.whole.new) == (old_side, new_side)
    assert overlap_words.conclusion(found) == "Phoenix has 5 calls fewer on 3 November."
    line = overlap_words.lines(found)[0]
    assert [(c.values, c.difference) for c in line.cells] == [
        ("20 / 15", "−5"),
        ("3,000 / 2,250", "−750"),
        ("$0.06 / $0.038", "−$0.023"),
        ("1 / 1", ""),
        ("1.9\u00a0s / 1.5\u00a0s", "−400\u00a0ms"),
    ]
    assert [(s.name, s.cells[0].values, s.verdict) for s in overlap_words.score_lines(found)] == [
        ("accuracy", "20 / 10", "Phoenix has 10 scores “accuracy” fewer"),
        ("tone: calm", "1 / 0", "Phoenix has 1 score “tone: calm” fewer"),
    ]


def test_what_counts_makes_no_difference_and_nothing_of_others_is_in_it(
    client_row: Client, other_client: Client
) -> None:
    old, new = two(client_row)
    spans = [factories.span(n, NOON + timedelta(minutes=n)) for n in range(5)]
    for source in (old, new, factories.source(client_row, "Third")):
        factories.calls(client_row, spans, by=source)
    alien = factories.source(other_client)
    factories.calls(other_client, spans, by=alien)
    with scope(client_row):
        seams.move(row(old), row(new), seams.midnight(client_row, date(2026, 11, 4)))
    assert compared(client_row, old, new).whole.new.calls == 5
    with scope(other_client):
        stranger = row(alien)
    with scope(client_row):
        assert overlap(row(old), stranger, PERIOD).days == []
        assert overlap(stranger, stranger, PERIOD).days == []


def test_it_takes_two_queries_however_much_there_is(client_row: Client, django_assert_num_queries: Any) -> None:
    old, new = two(client_row)
    for count in (1, 60):
        spans = [factories.span(n, NOON - timedelta(hours=n)) for n in range(count)]
        for source in (old, new):
            factories.calls(
                client_row, spans, [factories.verdict(s, True, f"s{n}") for n, s in enumerate(spans)], by=source
            )
        with scope(client_row):
            sides = row(old), row(new)
            with django_assert_num_queries(2):
                overlap(*sides, PERIOD)


def test_no_more_days_are_compared_than_can_be_read(client_row: Client) -> None:
    old, new = two(client_row)
    with scope(client_row), pytest.raises(ValueError, match="At most"):
        overlap(row(old), row(new), Period(NOON.date(), NOON.date() + timedelta(days=MOST_DAYS + 1), "UTC"))


def said(*days: tuple[int, int], **more: Any) -> str:
    """What a run of days comes to, each given by the calls of both."""
    pairs = [Pair(date(2026, 11, 2 + n), Side(calls=a), Side(calls=b, **more)) for n, (a, b) in enumerate(days)]
    whole = Pair(None, Side(calls=sum(a for a, _ in days)), Side(calls=sum(b for _, b in days), **more))
    return overlap_words.conclusion(Overlap(Source(name="Langfuse"), Source(name="Phoenix"), pairs, whole))


def test_days_are_told_in_one_sentence() -> None:
    assert said() == "There is no day yet on which both Langfuse and Phoenix have calls."
    assert said((1000, 1005), (900, 900)) == "Langfuse and Phoenix say the same within 1% on all of 2 days."
    assert said((1000, 1212)) == "Langfuse has 212 calls fewer on 2 November."
    assert said((1000, 1000), (1000, 1212)) == (
        "Langfuse has 212 calls fewer on 3 November; on the other day they say the same within 1%."
    )
    assert said((5000, 5000), (100, 101), (200, 180)) == (
        "Langfuse and Phoenix say the same within 1% over 3 days, but Phoenix has 20 calls fewer on 4 November."
    )
    assert said((100, 50), (100, 90)) == (
        "Phoenix has 60 calls fewer over 2 days, most of it on 2 November: Phoenix has 50 calls fewer."
    )
    assert said((100, 100), tokens=3) == "Langfuse has 3 tokens fewer on 2 November."


def signals(client: Client) -> list[tuple[str, bool]]:
    with scope(client):
        return [(s.title, s.closed_at is None) for s in Signal.objects.filter(client=client).order_by("pk")]


def test_sources_that_bring_the_same_calls_are_said_until_one_takes_over(client_row: Client) -> None:
    old, new = two(client_row)
    spans = [factories.span(n, NOW - timedelta(hours=2, minutes=n)) for n in range(30)]
    factories.calls(client_row, spans, by=old)
    tasks.find_doubles()
    assert signals(client_row) == []
    factories.calls(client_row, spans[:10], by=new)
    for _ in range(2):
        tasks.find_doubles()
    title = "Langfuse and Phoenix bring the same calls, which count twice"
    assert signals(client_row) == [(title, True)]
    with scope(client_row):
        signal = Signal.objects.get(client=client_row)
        assert signal.cause == f"overlap:{row(old).public_id}:{row(new).public_id}"
        assert (signal.source_id, signal.detail.partition(".")[0]) == (
            new.id,
            "Of 10 calls looked at, 10 came by both",
        )
        seams.move(row(old), row(new), seams.midnight(client_row, date(2026, 11, 5)))
    assert signals(client_row) == [(title, False)]
    tasks.find_doubles()
    assert signals(client_row) == [(title, False)]
    with scope(client_row):
        seams.undo(row(new))
    tasks.find_doubles()
    assert signals(client_row) == [(title, False), (title, True)]


def test_it_closes_when_the_old_one_sends_no_more(client_row: Client, clock: Any) -> None:
    old, new = two(client_row)
    spans = [factories.span(n, NOW - timedelta(minutes=n)) for n in range(10)]
    for source in (old, new):
        factories.calls(client_row, spans, by=source)
    tasks.find_doubles()
    clock.move_to(NOW + timedelta(days=3))
    factories.calls(client_row, [factories.span(50, NOW + timedelta(days=3, hours=-1))], by=new)
    tasks.find_doubles()
    assert [is_open for _, is_open in signals(client_row)] == [False]


def test_a_trace_that_passes_through_two_systems_is_not_brought_twice(client_row: Client, other_client: Client) -> None:
    old, new = two(client_row)
    spans = [factories.span(n, NOW - timedelta(hours=2, minutes=n)) for n in range(30)]
    factories.calls(client_row, spans, by=old)
    other_part = [
        replace(s, span_id=f"{n + 500:016x}", started_at=s.started_at + timedelta(seconds=9))
        for n, s in enumerate(spans)
    ]
    factories.calls(client_row, other_part, by=new)
    # Nor is what another client has.
    factories.calls(other_client, spans)
    tasks.find_doubles()
    assert signals(client_row) == signals(other_client) == []


def test_looking_takes_three_queries(client_row: Client, django_assert_num_queries: Any) -> None:
    spans = [factories.span(n, NOW - timedelta(hours=2, minutes=n)) for n in range(30)]
    for name in ("a", "b", "c", "d"):
        factories.calls(client_row, spans, by=factories.source(client_row, name))
    with scope(client_row), django_assert_num_queries(3):
        assert len(doubles.doubled(client_row, NOW)) == 6
