"""A source is read: newest first, page by page, by one worker at a time, and again where its provider may still correct."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.models import Client
from clients.tenancy import scope, system
from monitoring import connections, ingest, ledger, partitions, rollups, tasks
from monitoring.doors import SourceRef
from monitoring.models import Source, Sync
from monitoring.records import BillRecord
from monitoring.sync import claims, run, sightings
from monitoring.sync.beginnings import Beginning, beginning
from tests import factories
from tests.conftest import rows
from tests.sources.fakes.base import START
from tests.sources.fakes.phoenix import Fake, span
from tests.sync.conftest import LATER, now_of

pytestmark = pytest.mark.usefixtures("runtime_role")

Connect = Callable[..., Source]
SPANS = "SELECT count(*), sum(input_tokens), sum(output_tokens) FROM monitoring_span"


def pull(source: Source, **options: Any) -> run.Outcome:
    outcome = run.run(source.client_id, source.pk, **options)
    assert outcome is not None
    return outcome


def test_the_first_sync_brings_everything_and_ends(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    source = connect(client_row, phoenix)
    outcome = pull(source)
    assert (outcome.more, outcome.error) == (False, None)
    assert rows(SPANS) == [(7, sum(100 + n for n in range(7)), 350)]
    assert rows("SELECT count(*) FROM monitoring_score") == [(8,)]
    stands = now_of(source)
    assert stands.last_sync_at == LATER
    assert stands.next_run_at == LATER + timedelta(minutes=5)
    assert (stands.claim, stands.cursor, stands.window_start) == ("", "", None)
    [window] = stands.done
    assert window.end == LATER - timedelta(minutes=1)
    assert window.start == stands.wanted_from


def test_the_newest_day_is_asked_for_first(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    pull(connect(client_row, phoenix))
    asked = [
        r.url.params["start_time"]
        for r in phoenix.seen
        if r.url.path.endswith("/spans") and "cursor" not in r.url.params
    ]
    assert asked == sorted(asked, reverse=True)
    assert len(asked) >= 4


def asked_from(fake: Fake) -> str:
    """The earliest moment a provider was asked for."""
    return min(r.url.params["start_time"] for r in fake.seen if "start_time" in r.url.params)


def test_nothing_is_read_that_would_not_be_kept(
    client_row: Client, phoenix: Fake, connect: Connect, clock: Any
) -> None:
    """Two days of calls are kept, ninety were asked for: what begins to be read is at most two days old, and none is refused."""
    source = connect(client_row, phoenix, backfill=timedelta(days=90))
    Source.objects.using("owner").filter(pk=source.pk).update(span_days=2)
    outcome = pull(source)
    kept_from = LATER - timedelta(days=2)
    assert kept_from < datetime.fromisoformat(asked_from(phoenix)) <= kept_from + timedelta(hours=2)
    assert outcome.tally.rejected == 0
    assert now_of(source).last_sync_at == LATER
    # Told to keep more, it reads what is missing.
    Source.objects.using("owner").filter(pk=source.pk).update(span_days=None)
    clock.move_to(LATER + timedelta(minutes=6), tick=False)
    assert pull(source).tally.new > 0
    assert asked_from(phoenix) == (now_of(source).wanted_from or LATER).isoformat()


def test_sealed_days_are_not_read_either(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    other = connect(client_row, phoenix, "Other")
    Source.objects.using("owner").filter(pk=other.pk).update(spans_from=LATER - timedelta(days=4))
    pull(connect(client_row, phoenix, backfill=timedelta(days=90)))
    sealed_to = LATER - timedelta(days=2)
    assert sealed_to < datetime.fromisoformat(asked_from(phoenix)) <= sealed_to + timedelta(hours=2)


def test_a_window_begun_before_a_source_was_told_to_keep_less_is_given_up(
    client_row: Client, phoenix: Fake, connect: Connect
) -> None:
    source = connect(client_row, phoenix, backfill=timedelta(days=90))
    begun = {"window_start": LATER - timedelta(days=60), "window_end": LATER - timedelta(days=59), "cursor": "3"}
    Source.objects.using("owner").filter(pk=source.pk).update(span_days=2, **begun)
    pull(source)
    assert datetime.fromisoformat(asked_from(phoenix)) > LATER - timedelta(days=2)


@pytest.mark.parametrize("days", [0, 1, 30, 90, None])
def test_bills_and_totals_are_read_as_far_back_as_was_asked(client_row: Client, days: int | None) -> None:
    asked = LATER - timedelta(days=90)
    for kind, settings in (("openai", {}), ("zendesk", {}), ("langfuse", {"aggregates": True})):
        source = Source(client=client_row, kind=kind, settings=settings, span_days=days, wanted_from=asked)
        assert beginning(source, LATER, LATER) == Beginning(asked)


@given(st.integers(0, 400), st.integers(1, 395), st.integers(0, 500) | st.none())
def test_a_beginning_is_never_earlier_than_asked_nor_than_what_is_kept(days: int, back: int, gone: int | None) -> None:
    asked = LATER - timedelta(days=back)
    source = Source(kind="phoenix", span_days=days, wanted_from=asked)
    gone_to = None if gone is None else LATER - timedelta(days=gone)
    found = beginning(source, gone_to, LATER)
    kept_from = max(filter(None, (LATER - timedelta(days=days), gone_to and gone_to + partitions.SEAL)))
    assert found.at >= asked
    assert found.at > kept_from or found.at == asked
    assert found.at <= max(asked, kept_from + timedelta(hours=2))
    assert bool(found.because) == (found.at > asked)


def test_calls_without_a_cost_are_priced_and_marked(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    pull(connect(client_row, phoenix))
    assert rows("SELECT bool_and(cost > 0), bool_and(cost_estimated) FROM monitoring_span") == [(True, True)]


def test_a_second_sync_stores_nothing_twice(client_row: Client, phoenix: Fake, connect: Connect, clock: Any) -> None:
    source = connect(client_row, phoenix)
    pull(source)
    before = rows(SPANS)
    clock.move_to(LATER + timedelta(hours=7), tick=False)
    outcome = pull(source)
    assert (outcome.tally.new, outcome.tally.changed, outcome.tally.removed) == (0, 0, 0)
    assert outcome.tally.same == 15
    assert rows(SPANS) == before


def test_only_the_newest_hour_is_read_again_in_between(
    client_row: Client, phoenix: Fake, connect: Connect, clock: Any
) -> None:
    source = connect(client_row, phoenix)
    pull(source)
    phoenix.seen.clear()
    clock.move_to(LATER + timedelta(minutes=6), tick=False)
    pull(source)
    [asked] = [r.url.params["start_time"] for r in phoenix.seen if r.url.path.endswith("/spans")]
    assert asked == (LATER + timedelta(minutes=5) - timedelta(hours=1)).isoformat()


def test_a_correction_three_days_late_arrives_and_only_its_quarter_is_counted_again(
    client_row: Client, phoenix: Fake, connect: Connect, clock: Any
) -> None:
    source = connect(client_row, phoenix)
    pull(source)
    rollups.roll_up(client_row)
    phoenix.correct()
    clock.move_to(LATER + timedelta(hours=24), tick=False)
    outcome = pull(source)
    assert outcome.tally.changed == 1
    assert rows(SPANS)[0][2] == 350 + 27
    rollups.roll_up(client_row)
    assert rows(
        "SELECT sum(total) FROM monitoring_point WHERE measure = 'output_tokens' AND grain = 1440 AND model = '*' AND system_id = 0"
    ) == [(377,)]


def test_what_the_provider_deleted_goes_with_its_scores(
    client_row: Client, phoenix: Fake, connect: Connect, clock: Any
) -> None:
    source = connect(client_row, phoenix)
    pull(source)
    rollups.roll_up(client_row)
    gone = phoenix.rows.pop(4)
    phoenix.annotations["span"] = [a for a in phoenix.annotations["span"] if a["span_id"] != gone["context"]["span_id"]]
    clock.move_to(LATER + timedelta(hours=7), tick=False)
    outcome = pull(source)
    assert outcome.tally.removed >= 1
    assert rows("SELECT count(*) FROM monitoring_span") == [(6,)]
    assert rows("SELECT count(*) FROM monitoring_score") == [(7,)]
    rollups.roll_up(client_row)
    assert rows(
        "SELECT sum(n) FROM monitoring_point WHERE measure = 'error' AND grain = 1440 AND model = '*' AND system_id = 0"
    ) == [(6,)]


def test_a_project_that_looks_empty_takes_nothing_away(
    client_row: Client, phoenix: Fake, connect: Connect, clock: Any
) -> None:
    source = connect(client_row, phoenix)
    pull(source)
    phoenix.rows.clear()
    clock.move_to(LATER + timedelta(hours=7), tick=False)
    assert pull(source).tally.removed == 0
    assert rows("SELECT count(*) FROM monitoring_span") == [(7,)]


def test_a_source_that_another_worker_holds_is_left_alone(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    source = connect(client_row, phoenix)
    held = claims.take(client_row.pk, source.pk)
    assert held is not None
    assert run.run(client_row.pk, source.pk) is None
    assert phoenix.seen == []


def test_a_worker_that_is_gone_is_replaced_when_its_time_is_up(
    client_row: Client, phoenix: Fake, connect: Connect, clock: Any
) -> None:
    source = connect(client_row, phoenix)
    held = claims.take(client_row.pk, source.pk)
    assert held is not None
    clock.shift(claims.HELD + timedelta(seconds=1))
    pull(source)
    with scope(client_row), pytest.raises(claims.ClaimLostError):
        held.keep()


def test_a_worker_that_lost_its_claim_stores_no_page(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    """Its source is given to somebody else between two pages."""
    source = connect(client_row, phoenix)

    def taken_over(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/spans"):
            Source.objects.using("owner").filter(pk=source.pk).update(claim="another")
        return None

    phoenix.interrupt = taken_over
    pull(source)
    assert rows("SELECT count(*) FROM monitoring_span") == [(0,)]
    assert now_of(source).claim == "another"


def test_a_slice_ends_and_the_next_one_goes_on(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    """No time at all: a window, or a page of it, and then the others' turn."""
    source = connect(client_row, phoenix)
    runs, more = 0, True
    while more:
        more = pull(source, slice_=timedelta(0)).more
        runs += 1
        assert runs < 50
    assert runs > 4
    assert rows(SPANS) == [(7, sum(100 + n for n in range(7)), 350)]
    assert len(now_of(source).done) == 1


@pytest.mark.parametrize("at", range(1, 9))
def test_stopped_at_any_request_it_goes_on_and_the_totals_are_the_truth(
    client_row: Client, phoenix: Fake, connect: Connect, at: int, clock: Any
) -> None:
    """The provider fails for good at one request; the next sync finishes, and everything is there once."""
    source = connect(client_row, phoenix)
    count = 0

    def fails(request: httpx.Request) -> httpx.Response | None:
        nonlocal count
        count += 1
        return httpx.Response(503) if at <= count < at + 3 else None

    phoenix.interrupt = fails
    first = pull(source)
    assert first.error is not None
    clock.move_to(now_of(source).next_run_at, tick=False)
    second = pull(source)
    assert second.error is None
    assert rows(SPANS) == [(7, sum(100 + n for n in range(7)), 350)]


@pytest.mark.parametrize("seconds", [2, 30, 400])
def test_a_provider_that_takes_its_time_is_read_to_the_end(
    client_row: Client, phoenix: Fake, connect: Connect, clock: Any, seconds: int
) -> None:
    """Reading a window takes longer than a second; with 400 seconds a request, longer than its newest stretch stays fresh."""
    source = connect(client_row, phoenix, backfill=timedelta(days=30))
    now = LATER

    def slow(request: httpx.Request) -> None:
        nonlocal now
        now += timedelta(seconds=seconds)
        clock.move_to(now, tick=False)

    phoenix.interrupt = slow
    for _ in range(300):
        pull(source, slice_=timedelta(0))
        if now_of(source).last_sync_at:
            break
    assert now_of(source).last_sync_at, "it never comes to its end"
    assert rows(SPANS) == [(7, sum(100 + n for n in range(7)), 350)]
    beginnings = {r.url.params["start_time"] for r in phoenix.seen if r.url.path.endswith("/spans")}
    assert len(beginnings) < 100


def test_whoever_asks_has_the_newest_read_at_once(
    client_row: Client, phoenix: Fake, connect: Connect, clock: Any
) -> None:
    source = connect(client_row, phoenix)
    pull(source)
    phoenix.seen.clear()
    clock.move_to(LATER + timedelta(seconds=20), tick=False)
    pull(source, asked_by=Sync.AskedBy.PERSON)
    assert asked_from(phoenix) == (LATER + timedelta(seconds=20) - timedelta(minutes=1, hours=1)).isoformat()


def test_a_row_that_cannot_be_read_is_still_there(
    client_row: Client, phoenix: Fake, connect: Connect, clock: Any
) -> None:
    source = connect(client_row, phoenix)
    pull(source)
    phoenix.rows[4]["attributes"]["llm.token_count.prompt"] = "many"
    clock.move_to(LATER + timedelta(hours=7), tick=False)
    tally = pull(source).tally
    assert (tally.rejected, tally.removed) == (1, 0)
    assert rows("SELECT count(*) FROM monitoring_span") == [(7,)]


def test_a_format_that_changed_is_a_fault_and_nothing_counts_as_read(
    client_row: Client, phoenix: Fake, connect: Connect
) -> None:
    source = connect(client_row, phoenix)
    phoenix.rows = [span(n, START + timedelta(hours=1, minutes=n)) for n in range(run.NONE_OF + 5)]
    for row in phoenix.rows:
        row["attributes"]["llm.token_count.prompt"] = "many"
    outcome = pull(source)
    assert outcome.error is not None
    assert "none of the first" in str(outcome.error)
    assert now_of(source).error == str(outcome.error)
    assert rows("SELECT count(*) FROM monitoring_signal WHERE closed_at IS NULL") == [(1,)]
    for row in phoenix.rows:
        row["attributes"]["llm.token_count.prompt"] = 100
    again = pull(source, asked_by=Sync.AskedBy.PERSON)
    assert again.error is None
    assert rows("SELECT count(*) FROM monitoring_span") == [(run.NONE_OF + 5,)]


def test_what_is_gone_is_found_in_a_window_of_several_slices_too(
    client_row: Client, phoenix: Fake, connect: Connect, clock: Any
) -> None:
    source = connect(client_row, phoenix)
    pull(source)
    phoenix.page = 1
    phoenix.rows.pop(4)
    clock.move_to(LATER + timedelta(hours=7), tick=False)
    removed = 0
    for _ in range(60):
        outcome = pull(source, asked_by=Sync.AskedBy.PERSON, slice_=timedelta(0))
        removed += outcome.tally.removed
        if not outcome.more:
            break
    assert removed >= 1
    assert rows("SELECT count(*) FROM monitoring_span") == [(6,)]


@pytest.mark.parametrize("cause", ["too much", "a row that cannot be read"])
def test_a_window_that_cannot_be_judged_is_read_once(
    cause: str, client_row: Client, phoenix: Fake, connect: Connect, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slice for slice, it comes to its end: it is not begun anew for what could not be kept of it."""
    source = connect(client_row, phoenix)
    pull(source)
    phoenix.page = 1
    if cause == "too much":
        monkeypatch.setattr(sightings, "MOST", 8)
    else:
        phoenix.rows[2]["attributes"]["llm.token_count.prompt"] = "many"
    gone = phoenix.rows.pop(4)
    clock.move_to(LATER + timedelta(hours=7), tick=False)
    ends = []
    for _ in range(60):
        outcome = pull(source, asked_by=Sync.AskedBy.PERSON, slice_=timedelta(0))
        ends.append(outcome.more)
        assert outcome.tally.removed == 0
        if not outcome.more:
            break
    assert not ends[-1]
    assert rows("SELECT count(*) FROM monitoring_span") == [(7,)], gone


def test_whoever_lost_the_claim_has_nothing_more_to_say(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    source = connect(client_row, phoenix)

    def removed(request: httpx.Request) -> httpx.Response:
        with scope(client_row):
            connections.retire(source)
        return httpx.Response(401, json={})

    phoenix.interrupt = removed
    outcome = pull(source)
    assert outcome.lost
    assert rows("SELECT count(*) FROM monitoring_signal") == [(0,)]
    assert rows("SELECT message FROM monitoring_sync") == [("Stopped by a change of the source.",)]


def test_a_claim_is_held_while_a_page_takes_many_requests(
    client_row: Client, phoenix: Fake, connect: Connect, clock: Any
) -> None:
    source = connect(client_row, phoenix)
    until = []

    def slow(request: httpx.Request) -> None:
        clock.shift(claims.RENEWED)
        until.append((now_of(source).claimed_until or LATER) - datetime.now(UTC))

    phoenix.interrupt = slow
    pull(source)
    assert len(until) > 5
    assert min(until) > timedelta(0)


def test_a_cursor_the_provider_forgot_begins_the_window_anew(
    client_row: Client, phoenix: Fake, connect: Connect
) -> None:
    source = connect(client_row, phoenix)
    pull(source, slice_=timedelta(0))
    more = True
    forgotten = 0

    def forgets(request: httpx.Request) -> httpx.Response | None:
        nonlocal forgotten
        if request.url.path.endswith("/spans") and request.url.params.get("cursor") and not forgotten:
            forgotten += 1
            return httpx.Response(422, text="Invalid cursor")
        return None

    while more and not forgotten:
        # From the second slice on a window may begin with a cursor.
        phoenix.interrupt = forgets if now_of(source).cursor else None
        more = pull(source, slice_=timedelta(0)).more
    phoenix.interrupt = None
    while more:
        more = pull(source, slice_=timedelta(0)).more
    assert forgotten == 1
    assert rows(SPANS) == [(7, sum(100 + n for n in range(7)), 350)]


def test_every_sync_leaves_a_line_and_quiet_ones_only_the_last(
    client_row: Client, phoenix: Fake, connect: Connect, clock: Any
) -> None:
    source = connect(client_row, phoenix)
    pull(source)
    phoenix.rows.clear()
    for _ in range(3):
        clock.shift(timedelta(hours=4))
        pull(source)
    lines = list(Sync.objects.using("owner").filter(source=source).values_list("new", "pages", "message"))
    assert [new for new, _, _ in lines] == [0, 15]
    assert all(message == "" for _, _, message in lines)


def test_due_sources_are_handed_out_in_turn_over_clients(
    client_row: Client, other_client: Client, phoenix: Fake, connect: Connect
) -> None:
    first, second = connect(client_row, phoenix, "One"), connect(client_row, phoenix, "Two")
    third = connect(other_client, phoenix, "One")
    with system():
        due = list(Source.objects.due(LATER).values_list("client_id", flat=True))
    assert due == [client_row.pk, other_client.pk, client_row.pk]
    assert tasks.pull_due() == 3
    assert all(now_of(s).last_sync_at == LATER for s in (first, second, third))
    assert tasks.pull_due() == 0


def test_one_clients_failing_source_keeps_no_other_waiting(
    client_row: Client, other_client: Client, phoenix: Fake, network: Any, connect: Connect
) -> None:
    broken = network["broken.example"] = Fake()
    broken.interrupt = lambda request: httpx.Response(500)
    bad = connect(client_row, phoenix)
    Source.objects.using("owner").filter(pk=bad.pk).update(
        settings={**bad.settings, "base_url": "https://broken.example"}
    )
    good = connect(other_client, phoenix)
    tasks.pull_due()
    assert now_of(good).last_sync_at == LATER
    assert now_of(bad).error


def test_a_pause_stops_it_and_resuming_makes_it_due(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    source = connect(client_row, phoenix)
    with scope(client_row):
        connections.pause(source)
    assert tasks.pull_due() == 0
    with scope(client_row):
        connections.resume(source)
    assert tasks.pull_due() == 1


def test_reading_again_goes_further_back_than_the_first_sync(
    client_row: Client, phoenix: Fake, connect: Connect
) -> None:
    phoenix.rows.append(span(50, START - timedelta(days=20)))
    source = connect(client_row, phoenix)
    pull(source)
    assert rows("SELECT count(*) FROM monitoring_span") == [(7,)]
    with scope(client_row):
        connections.read_again(now_of(source), START - timedelta(days=21))
    pull(source, asked_by=Sync.AskedBy.SHELL)
    assert rows("SELECT count(*) FROM monitoring_span") == [(8,)]


def test_what_was_being_stored_when_a_source_was_taken_away_is_not_kept(
    client_row: Client, phoenix: Fake, connect: Connect
) -> None:
    """Authenticated before, stored after: nobody would ever delete it."""
    source = connect(client_row, phoenix)
    ref = SourceRef(source.pk, client_row.pk, source.public_id, source.kind)
    with scope(client_row):
        connections.retire(source)
    bill = BillRecord(START.date(), "openai", Decimal(1))
    for store in (lambda: ingest.store(ref, [factories.span(1, START)], []), lambda: ledger.store(ref, [bill])):
        with pytest.raises(Source.DoesNotExist):
            store()
    assert rows("SELECT count(*) FROM monitoring_span") == [(0,)]
    assert rows("SELECT count(*) FROM monitoring_bill") == [(0,)]


def test_two_sources_of_a_name_are_taken_away_within_a_minute(
    client_row: Client, phoenix: Fake, connect: Connect
) -> None:
    for _ in range(2):
        source = connect(client_row, phoenix)
        with scope(client_row):
            connections.retire(source)
    assert rows("SELECT count(DISTINCT name) FROM monitoring_source WHERE name LIKE 'Traces (removed %%'") == [(2,)]


def test_taken_away_with_its_data_kept_or_not(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    source = connect(client_row, phoenix)
    pull(source)
    rollups.roll_up(client_row)
    with scope(client_row):
        connections.retire(source)
    stands = now_of(source)
    assert (stands.credentials, stands.next_run_at) == ("", None)
    assert stands.removed_at == LATER
    assert rows("SELECT count(*) FROM monitoring_span") == [(7,)]
    connections.forget(client_row.pk, source.pk)
    rollups.roll_up(client_row)
    assert rows("SELECT count(*) FROM monitoring_span") == [(0,)]
    assert rows("SELECT count(*) FROM monitoring_source") == [(0,)]
    assert rows("SELECT count(*) FROM monitoring_point") == [(0,)]
