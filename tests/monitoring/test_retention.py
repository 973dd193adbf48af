"""Texts and spans go when their source says so, and the numbers that were counted from them stay as they were, whatever comes after."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections

from clients.models import Client, Practice
from clients.months import month_start, next_month
from clients.tenancy import scope
from monitoring import ingest, partitions, retention, rollups, tasks
from monitoring.doors import SourceRef
from monitoring.models import Source
from monitoring.records import SpanRecord
from tests import factories
from tests.conftest import EMPTY_TABLES, rows

pytestmark = pytest.mark.usefixtures("runtime_role")
NOW = datetime.now(UTC).replace(hour=15, minute=30, second=0, microsecond=0)
"""Today: the months' tables are made around the real date."""
AGES = (1, 10, 29, 31, 40, 60, 100)
OLD = 35
DAYS = "SELECT grain, at, measure, n, total FROM monitoring_point WHERE grain >= 1440 ORDER BY 1, 2, 3, 4, 5"


@pytest.fixture(autouse=True)
def at_a_known_time(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def source(client_row: Client) -> SourceRef:
    return factories.source(client_row)


def limit(source: SourceRef, **limits: int | None) -> None:
    with scope(source.client_id):
        Source.objects.filter(pk=source.id).update(**limits)


def calls(first: int = 1) -> list[SpanRecord]:
    """A call of each age, with words."""
    return [
        factories.span(
            first + i, NOW - timedelta(days=age), input_text="Hi", output_text="Hello", attributes={"a": "b"}
        )
        for i, age in enumerate(AGES)
    ]


def ages(where: str = "true") -> list[int]:
    return [(NOW - at).days for (at,) in rows(f"SELECT started_at FROM monitoring_span WHERE {where} ORDER BY 1 DESC")]


def test_texts_go_after_their_days_and_what_they_told_stays(client_row: Client, source: SourceRef) -> None:
    spans = calls()
    remarks = [replace(factories.verdict(s, True), comment="well said", label="fine") for s in spans]
    factories.calls(client_row, spans, remarks, by=source)
    limit(source, text_days=30)
    before = rows(DAYS)
    assert tasks.forget_spans(client_id=client_row.pk) == 8
    assert ages() == list(AGES)
    assert ages("input_text = '' AND output_text = '' AND attributes = '{}'") == [a for a in AGES if a > 30]
    assert ages("input_text = 'Hi' AND output_text = 'Hello'") == [a for a in AGES if a < 30]
    assert rows("SELECT count(*) FROM monitoring_span WHERE answer_characters = 5 AND NOT refused") == [(7,)]
    assert rows("SELECT count(*) FROM monitoring_score WHERE comment = '' AND label = ''") == [(4,)]
    assert rows(DAYS) == before
    assert rows("SELECT count(*) FROM monitoring_touched") == [(0,)]
    assert tasks.forget_spans(client_id=client_row.pk) == 0


def test_a_text_that_comes_too_late_is_never_stored(client_row: Client, source: SourceRef) -> None:
    limit(source, text_days=30)
    spans = calls()
    factories.calls(client_row, spans, [replace(factories.verdict(s, True), comment="so") for s in spans], by=source)
    assert ages("input_text <> ''") == [a for a in AGES if a < 30]
    assert rows("SELECT count(*) FROM monitoring_score WHERE comment <> ''") == [(3,)]
    assert ages("refused IS NOT NULL") == list(AGES)
    assert ingest.store(source, spans, []).changed_spans == 0


def test_a_batch_that_was_under_way_at_the_last_run_is_found_by_the_next(client_row: Client, source: SourceRef) -> None:
    limit(source, text_days=30, texts_from=None)
    tasks.forget_spans(client_id=client_row.pk)
    late = factories.span(1, NOW - timedelta(days=30, hours=3), input_text="Hi")
    limit(source, text_days=None)
    ingest.store(source, [late], [])
    limit(source, text_days=30)
    tasks.forget_spans(client_id=client_row.pk)
    assert ages("input_text <> ''") == []


def test_spans_and_scores_go_after_their_days_and_their_days_stay_as_counted(
    client_row: Client, source: SourceRef
) -> None:
    spans = calls()
    factories.calls(client_row, spans, [factories.verdict(s, True) for s in spans], by=source)
    limit(source, span_days=30)
    before = rows(DAYS)
    tasks.forget_spans(client_id=client_row.pk)
    assert ages() == [a for a in AGES if a < 30]
    assert rows("SELECT count(*) FROM monitoring_score") == [(3,)]
    assert rows(DAYS) == before


def test_it_goes_in_batches_each_committed_by_itself(
    client_row: Client, source: SourceRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    many = [
        factories.span(i, NOW - timedelta(days=40, minutes=i), input_text="Hi", output_text="Hello")
        for i in range(1, 40)
    ]
    factories.calls(client_row, many, by=source)
    limit(source, text_days=30)
    assert retention.forget(client_row.pk, NOW).texts == 39
    limit(source, span_days=30)
    with monkeypatch.context() as dying:
        noted = [retention._sealed] * 3
        dying.setattr(retention, "_sealed", lambda *given: noted.pop()(*given))
        with pytest.raises(IndexError):
            retention.forget(client_row.pk, NOW)
    assert len(ages()) == 39 - 6
    assert retention.forget(client_row.pk, NOW).rows == 33


@pytest.fixture
def after_retention(client_row: Client, source: SourceRef) -> list[tuple[Any, ...]]:
    """Two sources with calls in the same days; the first one's old spans are gone. Gives the days' points, which must stay."""
    factories.calls(client_row, calls(), by=source)
    other = factories.source(client_row, "Second")
    factories.calls(client_row, calls(100), [factories.verdict(s, True) for s in calls(100)], by=other)
    before = rows(DAYS)
    limit(source, span_days=30)
    tasks.forget_spans(client_id=client_row.pk)
    return before


def second(client: Client) -> SourceRef:
    return factories.source(client, "Second")


def late(client: Client, source: SourceRef) -> int:
    """A call nobody has sent before."""
    return len(ingest.store(source, [factories.span(999, NOW - timedelta(days=OLD))], []).rejected)


def again(client: Client, source: SourceRef) -> int:
    return len(ingest.store(source, calls(), []).rejected)


def corrected(client: Client, source: SourceRef) -> int:
    """The source whose spans are still there corrects one of a sealed day."""
    fixed = [replace(s, error="timeout") for s in calls(100) if s.started_at < NOW - timedelta(days=30)]
    return len(ingest.store(second(client), fixed, []).rejected)


def judged(client: Client, source: SourceRef) -> int:
    return len(ingest.store(second(client), [], [factories.verdict(s, False) for s in calls(100)[3:]]).rejected_scores)


def moved(client: Client, source: SourceRef) -> int:
    """A call of today turns out to be of a sealed day."""
    return len(ingest.store(source, [replace(calls()[0], started_at=NOW - timedelta(days=OLD))], []).rejected)


def vanished(client: Client, source: SourceRef) -> int:
    """What the other source no longer has is removed from a sealed day too."""
    with scope(client), connection.cursor() as cursor:
        old = calls(100)[4]
        ingest.drop_spans(cursor, second(client), [[old.trace_id], [old.span_id], [old.started_at]])
    return 0


def touched(client: Client, source: SourceRef) -> int:
    with scope(client), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO monitoring_touched (client_id, quarter) SELECT %s, q FROM generate_series(%s::timestamptz, %s, '15 minutes') q",
            [client.pk, (NOW - timedelta(days=101)).replace(minute=0), NOW - timedelta(days=28)],
        )
    return 0


@pytest.mark.parametrize(
    ("comes", "refused"), [(late, 1), (again, 4), (corrected, 4), (judged, 4), (moved, 1), (vanished, 0), (touched, 0)]
)
def test_nothing_that_comes_after_recounts_a_sealed_day_from_what_is_left(
    client_row: Client,
    source: SourceRef,
    after_retention: list[tuple[Any, ...]],
    comes: Callable[[Client, SourceRef], int],
    refused: int,
) -> None:
    old = (NOW - timedelta(days=29)).replace(hour=0)

    def sealed(points: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return [p for p in points if p[0] == 1440 and p[1] < old]

    assert comes(client_row, source) == refused
    rollups.roll_up(client_row)
    assert sealed(rows(DAYS)) == sealed(after_retention)
    assert len(sealed(after_retention)) > 10
    assert rows("SELECT count(*) FROM monitoring_touched") == [(0,)]


def test_a_trace_that_began_in_a_sealed_day_is_not_counted_again_with_what_is_left(practice: Practice) -> None:
    """Without its first span the second would look like where the request began, and that lies in a sealed day."""
    client = factories.client(practice, "utc")
    source = factories.source(client)
    began = NOW - timedelta(days=30, hours=1)
    steps = [factories.span(i, began + timedelta(hours=20 * i), trace_id="f" * 32) for i in range(4)]
    factories.calls(client, steps, by=source)
    before = rows(DAYS)
    limit(source, span_days=30)
    tasks.forget_spans(client_id=client.pk)
    sealed_to = rows("SELECT spans_from FROM monitoring_source")[0][0] + partitions.SEAL - partitions.LONGEST_DAY
    last_sealed = sealed_to.replace(hour=0, minute=0)
    assert steps[1].started_at < last_sealed + timedelta(days=1) <= steps[2].started_at
    touch(client, steps[2].started_at)
    assert rollups.roll_up(client) == 1
    assert rows(DAYS) == before


def touch(client: Client, at: datetime) -> None:
    with scope(client), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO monitoring_touched (client_id, quarter) SELECT %s, date_bin('15 minutes', %s, 'epoch')",
            [client.pk, at],
        )


def test_what_arrived_but_was_not_counted_yet_is_counted_before_it_goes(client_row: Client, source: SourceRef) -> None:
    ingest.store(source, calls(), [])
    limit(source, span_days=30)
    tasks.forget_spans(client_id=client_row.pk)
    assert rows(
        "SELECT sum(n) FROM monitoring_point WHERE grain = 1440 AND measure = 'error' AND model = '*' AND system_id = 0"
    ) == [(len(AGES),)]


def test_a_limit_of_one_client_seals_nothing_of_another(
    client_row: Client, other_client: Client, after_retention: list[tuple[Any, ...]]
) -> None:
    there = factories.source(other_client)
    assert ingest.store(there, calls(), []).new_spans == len(AGES)
    tasks.forget_spans(client_id=other_client.pk)
    assert rows("SELECT count(*) FROM monitoring_span WHERE client_id = %s", [other_client.pk]) == [(len(AGES),)]


def test_an_old_limit_without_old_spans_seals_nothing(client_row: Client, source: SourceRef) -> None:
    limit(source, span_days=5)
    other = second(client_row)
    tasks.forget_spans(client_id=client_row.pk)
    assert ingest.store(other, calls(), []).new_spans == len(AGES)
    assert ingest.store(source, calls(), []).new_spans == 1


# The owner's months


@pytest.fixture
def months() -> Iterator[None]:
    """The months' tables, as they were before, whatever a test does to them."""
    yield
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute(EMPTY_TABLES)  # a source left behind would keep the months that it asks for
        for name in partitions.existing(owner):
            cursor.execute(f"DROP TABLE {name}")
    partitions.create(owner, NOW.date())
    partitions._known_window = None


def test_a_months_table_is_dropped_only_when_no_source_keeps_it(
    client_row: Client, source: SourceRef, months: None, time_machine: Any
) -> None:
    owner = connections["owner"]
    limit(source, span_days=500)
    call_command("partitions")
    kept = partitions.existing(owner)[0]
    assert kept == partitions.name(month_start((NOW - timedelta(days=500)).date()))
    partitions._known_window = None
    other = second(client_row)
    long_ago = factories.span(1, NOW - timedelta(days=460))
    assert ingest.store(source, [long_ago], []).new_spans == 1
    assert len(ingest.store(other, [long_ago], []).rejected) == 1
    limit(source, span_days=30)
    call_command("partitions")
    assert partitions.existing(owner)[0] == partitions.name(next_month(NOW.date(), -partitions.KEPT_MONTHS))


def test_points_stay_when_the_owner_drops_their_month(
    client_row: Client, source: SourceRef, months: None, time_machine: Any
) -> None:
    factories.calls(client_row, calls(), by=source)
    before = rows(DAYS)
    later = NOW + timedelta(days=31 * (partitions.KEPT_MONTHS + 2))
    time_machine.move_to(later)
    call_command("partitions")
    partitions._known_window = None
    with scope(client_row), connection.cursor() as cursor:
        ingest.forget_source(cursor, client_row.pk, source.id)
        cursor.execute(
            "INSERT INTO monitoring_touched (client_id, quarter) SELECT DISTINCT client_id, at FROM monitoring_point WHERE grain = 15"
        )
    tasks.forget_spans(client_id=client_row.pk)
    rollups.roll_up(client_row)
    assert rows(DAYS) == before


def test_rows_beyond_the_houses_limit_go_where_their_month_stays_for_another(
    client_row: Client, source: SourceRef, months: None
) -> None:
    limit(source, span_days=700)
    call_command("partitions")
    partitions._known_window = None
    old = NOW - timedelta(days=600)
    ingest.store(source, [factories.span(1, old)], [])
    other = second(client_row)
    with scope(client_row), connection.cursor() as cursor:
        cursor.execute("UPDATE monitoring_span SET source_id = %s", [other.id])
    ingest.store(source, [factories.span(1, old)], [])
    tasks.forget_spans(client_id=client_row.pk)
    assert rows("SELECT source_id FROM monitoring_span") == [(source.id,)]
