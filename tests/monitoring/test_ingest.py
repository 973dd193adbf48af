"""Spans and scores are stored once, whole or not at all, with the quarters of an hour they touch."""

import threading
import time
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.models import Client
from clients.tenancy import scope
from monitoring import ingest
from monitoring.doors import SourceRef
from monitoring.models import Source
from monitoring.records import ScoreKind, SpanRecord
from tests import factories
from tests.conftest import NOW, assert_runtime_role, rows

pytestmark = pytest.mark.usefixtures("runtime_role")


@pytest.fixture
def source(client_row: Client) -> SourceRef:
    assert_runtime_role()
    return factories.source(client_row)


def spans(count: int, *, first: int = 1) -> list[SpanRecord]:
    return [factories.span(first + i, NOW - timedelta(minutes=7 * i)) for i in range(count)]


def stored() -> int:
    return int(rows("SELECT count(*) FROM monitoring_span")[0][0])


def test_what_is_sent_twice_is_stored_once(source: SourceRef) -> None:
    batch = spans(20)
    assert ingest.store(source, batch, []).new_spans == 20
    again = ingest.store(source, batch, [])
    assert (again.new_spans, again.changed_spans, stored()) == (0, 0, 20)


def test_a_span_that_is_sent_again_with_more_is_updated(source: SourceRef) -> None:
    one = factories.span(1, NOW, cost=None, ended_at=None)
    ingest.store(source, [one], [])
    done = ingest.store(source, [replace(one, cost=Decimal("0.25"), ended_at=NOW + timedelta(seconds=2))], [])
    assert (done.new_spans, done.changed_spans) == (0, 1)
    assert rows("SELECT cost, ended_at - started_at FROM monitoring_span") == [(Decimal("0.25"), timedelta(seconds=2))]


@pytest.mark.parametrize(
    ("shift", "within"),
    [
        (timedelta(minutes=1), ingest.CORRECTED_WITHIN),
        (timedelta(hours=3), ingest.CORRECTED_WITHIN),
        (ingest.CORRECTED_WITHIN, ingest.CORRECTED_WITHIN),
        (timedelta(days=100), None),
    ],
)
def test_a_changed_start_replaces_the_old_row_and_touches_both_quarters(
    client_row: Client, source: SourceRef, shift: timedelta, within: timedelta | None
) -> None:
    one = factories.span(1, NOW)
    factories.calls(client_row, [one], by=source)
    corrected = replace(one, started_at=NOW - shift, ended_at=NOW)
    ingest.store(source, [corrected], [], corrected_within=within)
    assert rows("SELECT started_at FROM monitoring_span") == [(NOW - shift,)]
    touched = {quarter for (quarter,) in rows("SELECT quarter FROM monitoring_touched")}
    assert touched == {when.replace(minute=when.minute // 15 * 15, second=0) for when in (NOW, NOW - shift)}


def test_only_what_is_new_or_changed_touches_its_quarter(client_row: Client, source: SourceRef) -> None:
    one, two = factories.span(1, NOW), factories.span(2, NOW - timedelta(hours=1))
    factories.calls(client_row, [one, two], by=source)
    assert rows("SELECT count(*) FROM monitoring_touched") == [(0,)]
    ingest.store(source, [one, replace(two, name="later")], [])
    assert rows("SELECT quarter FROM monitoring_touched") == [(two.started_at,)]


def test_of_a_span_given_twice_in_one_batch_the_last_counts(source: SourceRef) -> None:
    one = factories.span(1, NOW)
    assert ingest.store(source, [one, replace(one, name="later")], []).new_spans == 1
    assert rows("SELECT name FROM monitoring_span") == [("later",)]


def test_of_a_span_given_two_starts_in_one_batch_the_last_counts(source: SourceRef) -> None:
    one = factories.span(1, NOW)
    earlier, later = (replace(one, started_at=NOW - timedelta(hours=hours)) for hours in (3, 1))
    assert ingest.store(source, [one, earlier, later], []).new_spans == 1
    assert rows("SELECT started_at FROM monitoring_span") == [(later.started_at,)]


def test_of_a_span_given_two_starts_by_two_senders_at_once_the_last_counts(
    client_row: Client, source: SourceRef
) -> None:
    one = factories.span(1, NOW)
    other = replace(one, started_at=NOW - timedelta(hours=3))
    began: list[int] = []

    def send() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            began.append(cursor.fetchone()[0])
        ingest.store(source, [other], [])
        connections.close_all()

    thread = threading.Thread(target=send)
    with scope(client_row):
        ingest.store(source, [one], [])
        thread.start()
        # Not yet committed: the second sender has come as far as it can without us when it waits for a lock of ours.
        until = time.monotonic() + 10
        while not (began and rows("SELECT 1 FROM pg_locks WHERE pid = %s AND NOT granted", began)):
            assert time.monotonic() < until, "the second sender never waited"
    thread.join()
    assert rows("SELECT started_at FROM monitoring_span") == [(other.started_at,)]
    assert {quarter for (quarter,) in rows("SELECT quarter FROM monitoring_touched")} == {NOW, other.started_at}


def test_the_same_ids_from_two_sources_or_clients_are_different_spans(
    client_row: Client, other_client: Client, source: SourceRef
) -> None:
    for one in (source, factories.source(client_row, "Second"), factories.source(other_client)):
        assert ingest.store(one, spans(3), []).new_spans == 3
    assert stored() == 9


def test_scores_are_kept_once_by_their_id_and_the_newest_word_counts(source: SourceRef) -> None:
    call = factories.span(1, NOW)
    assert ingest.store(source, [call], [factories.verdict(call, True)]).new_scores == 1
    changed = ingest.store(source, [], [factories.verdict(call, False)])
    assert (changed.new_scores, changed.changed_scores) == (0, 1)
    assert rows("SELECT value FROM monitoring_score") == [(0,)]


def test_times_outside_what_is_kept_are_refused_with_the_reason_and_the_rest_is_stored(source: SourceRef) -> None:
    old, future = factories.span(1, NOW - timedelta(days=2000)), factories.span(2, NOW + timedelta(days=2000))
    done = ingest.store(source, [old, factories.span(3, NOW), future], [factories.verdict(old, True)])
    assert (done.new_spans, len(done.rejected), len(done.rejected_scores)) == (1, 2, 1)
    assert "is before all that is kept" in done.rejected[0].reason
    assert done.rejected[0].span_id == old.span_id


@pytest.mark.parametrize(("start", "end"), [(11, 12), (400 * 24 * 60, 400 * 24 * 60), (-1, 11)])
def test_what_has_not_happened_yet_is_refused_but_for_a_clock_that_is_ahead(
    source: SourceRef, start: int, end: int, time_machine: Any
) -> None:
    """Minutes from now. A span that has not ended says no end."""
    time_machine.move_to(NOW, tick=False)
    at, until = NOW + timedelta(minutes=start), NOW + timedelta(minutes=end)
    done = ingest.store(source, [factories.span(1, at, ended_at=until)], [])
    assert "has not come yet; the latest taken is 2026-11-06 15:40 UTC" in done.rejected[0].reason
    ahead = NOW + timedelta(minutes=9)
    assert ingest.store(source, [factories.span(2, ahead, ended_at=ahead)], []).new_spans == 1
    assert ingest.store(source, [factories.span(3, NOW, ended_at=None)], []).new_spans == 1


def test_a_batch_that_fails_leaves_nothing_behind(source: SourceRef) -> None:
    impossible = factories.span(2, NOW, cost=Decimal(10) ** 30)
    with pytest.raises(Exception, match="numeric field overflow"):
        ingest.store(source, [factories.span(1, NOW), impossible], [])
    assert (stored(), rows("SELECT count(*) FROM monitoring_touched")) == (0, [(0,)])
    assert ingest.store(source, [factories.span(1, NOW)], []).new_spans == 1


@pytest.mark.parametrize("apart", [timedelta(0), timedelta(minutes=1)], ids=["same starts", "starts of their own"])
def test_senders_that_overlap_at_the_same_moment_do_not_deadlock_or_double(source: SourceRef, apart: timedelta) -> None:
    batch = spans(200)
    together = threading.Barrier(4)

    def send(number: int) -> None:
        mine = [replace(s, started_at=s.started_at - number * apart) for s in batch]
        together.wait()
        for _ in range(3):
            ingest.store(source, mine[::-1] if number % 2 else mine, [])
        connections.close_all()

    threads = [threading.Thread(target=send, args=[i]) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored() == 200


def test_a_new_system_is_made_by_name_and_the_fifty_first_counts_as_other(
    client_row: Client, source: SourceRef
) -> None:
    ingest.store(source, [factories.span(i, NOW, system=f"System {i:02}") for i in range(60)], [])
    names = {name for (name,) in rows("SELECT name FROM clients_system")}
    assert len(names) == ingest.SYSTEM_CAP + 1
    assert ingest.OTHER in names


def test_what_arrives_ends_a_sources_trouble(client_row: Client, source: SourceRef) -> None:
    with scope(client_row):
        Source.objects.failed(source.id, timezone.now(), "It broke.")
    ingest.store(source, spans(1), [])
    with scope(client_row):
        kept = Source.objects.get(pk=source.id)
    assert (kept.error, kept.error_at) == ("", None)
    assert kept.last_arrival_at is not None


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=text,
    words=text,
    attributes=st.dictionaries(text, st.one_of(text, st.integers(-(2**53), 2**53), st.booleans(), st.none())),
)
def test_any_text_comes_back_as_it_went_in(
    source: SourceRef, name: str, words: str, attributes: dict[str, object]
) -> None:
    ingest.store(
        source,
        [factories.span(1, NOW.astimezone(UTC), name=name, input_text=words, output_text=words, attributes=attributes)],
        [],
    )
    assert rows("SELECT name, input_text, output_text FROM monitoring_span") == [(name, words, words)]


def test_a_source_that_keeps_no_text_stores_none(client_row: Client, source: SourceRef) -> None:
    with scope(client_row):
        Source.objects.filter(pk=source.id).update(texts="measured")
    secret = "my card is 4111"
    said = factories.span(1, NOW, input_text=secret, output_text=secret, attributes={"question": secret, secret: 1})
    right = replace(factories.verdict(said, True), comment=secret, label=secret)
    tone = replace(right, score_id="tone", name="tone", kind=ScoreKind.CATEGORICAL, value=None, label="formal")
    ingest.store(source, [said], [right, tone])
    for table in ("monitoring_span", "monitoring_score"):
        kept = rows(f"SELECT to_jsonb(kept)::text FROM {table} kept")
        assert kept
        assert secret not in str(kept)
    assert rows("SELECT name, input_tokens FROM monitoring_span") == [("chat", 100)]
    assert rows("SELECT name, value, label FROM monitoring_score ORDER BY name") == [
        ("accuracy", 1, ""),
        ("tone", None, "formal"),
    ]
