"""History outlives tools: a client moves from one source to another, and nothing counts twice or is lost at the seam."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connections as databases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.models import Client, Practice
from clients.tenancy import scope
from monitoring import bounds, connections, ingest, partitions, rollups, seams
from monitoring.catalogue import CATALOGUE
from monitoring.doors import SourceRef
from monitoring.models import Source
from monitoring.readings import Period
from monitoring.reconciliation.gather import books
from monitoring.records import ScoreRecord, SpanKind, SpanRecord
from monitoring.series import all_series
from tests import factories
from tests.conftest import NOW, rows
from tests.monitoring.test_rollups import requests

pytestmark = pytest.mark.usefixtures("runtime_role")

DAY = date(2026, 11, 3)
PERIOD = Period(date(2026, 10, 30), date(2026, 11, 6), "America/Chicago")
KEYS = ("calls", "cost", "users", "accuracy", "error_rate")


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(NOW, tick=False)
    return time_machine


def calls(per_day: int = 4) -> tuple[list[SpanRecord], list[ScoreRecord]]:
    """The same calls each local day, an hour apart from midnight on, of people who come back, each with a verdict."""
    spans: list[SpanRecord] = []
    for day in PERIOD.dates():
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(PERIOD.zone)).astimezone(UTC)
        for hour in range(per_day):
            spans.append(factories.span(len(spans), midnight + timedelta(hours=hour), user_id=f"u{hour % 3}"))
    return spans, [factories.verdict(span, n % 4 != 0) for n, span in enumerate(spans)]


def two(client: Client) -> tuple[SourceRef, SourceRef]:
    return factories.source(client, "Langfuse"), factories.source(client, "Phoenix")


def row(of: SourceRef) -> Source:
    return Source.objects.select_related("client", "handed_to").get(pk=of.id)


def both_bring(client: Client) -> tuple[SourceRef, SourceRef]:
    old, new = two(client)
    for source in (old, new):
        factories.calls(client, *calls(), by=source)
    return old, new


def join(client: Client, old: SourceRef, new: SourceRef, day: date = DAY) -> None:
    with scope(client):
        seams.move(row(old), row(new), seams.midnight(client, day))
    rollups.roll_up(client)


def part(client: Client, new: SourceRef) -> None:
    with scope(client):
        seams.undo(row(new))
    rollups.roll_up(client)


def values(client: Client) -> dict[str, Any]:
    with scope(client):
        read = all_series(client, [CATALOGUE[key] for key in KEYS], PERIOD)
    return {key: (read[key].now.value, read[key].now.n) for key in KEYS}


def points(client: Client, seen: str = "length(digests)") -> set[Any]:
    """All points of a client by their keys, with systems by name, and how many it saw: who they are differs between clients."""
    system = "coalesce((SELECT name FROM clients_system s WHERE s.id = p.system_id), '*')"
    counted = rows(
        f"SELECT grain, at, measure, {system}, environment, model, prompt_version, segment, item, n, total,"
        " sum_squares::numeric(30, 6), buckets::text, counts::text FROM monitoring_point p WHERE client_id = %s",
        [client.pk],
    )
    found = rows(f"SELECT day, kind, {system}, {seen} FROM monitoring_seen p WHERE client_id = %s", [client.pk])
    return {*counted, *found}


def touched(client: Client) -> list[datetime]:
    return [q for (q,) in rows("SELECT quarter FROM monitoring_touched WHERE client_id = %s ORDER BY 1", [client.pk])]


def test_two_sources_without_a_seam_count_both(client_row: Client) -> None:
    spans, _ = calls()
    both_bring(client_row)
    assert values(client_row)["calls"] == (2 * len(spans), 2 * len(spans))


def test_across_a_seam_every_total_is_that_of_one_source(client_row: Client, practice: Practice) -> None:
    only = factories.client(practice, "only", zone=PERIOD.zone)
    factories.calls(only, *calls(), by=factories.source(only))
    old, new = both_bring(client_row)
    join(client_row, old, new)
    assert values(client_row) == values(only)
    assert points(client_row) == points(only)
    with scope(client_row):
        traced = books(client_row, PERIOD.start, PERIOD.end, NOW).traced
    with scope(only):
        assert sum(t.cost for t in traced) == sum(t.cost for t in books(only, PERIOD.start, PERIOD.end, NOW).traced)


def test_undone_it_is_as_it_was_to_the_last_point(client_row: Client) -> None:
    old, new = both_bring(client_row)
    before = points(client_row, "encode(digests, 'hex')")
    join(client_row, old, new)
    assert points(client_row, "encode(digests, 'hex')") != before
    part(client_row, new)
    assert points(client_row, "encode(digests, 'hex')") == before
    with scope(client_row):
        assert {row(s).handed_to for s in (old, new)} == {None}
        assert bounds.of(client_row.pk) == {"bounded": [], "bounded_from": [], "bounded_until": []}


def test_what_arrives_later_on_the_wrong_side_does_not_count(client_row: Client) -> None:
    old, new = both_bring(client_row)
    join(client_row, old, new)
    before = points(client_row)
    late = factories.span(900, NOW - timedelta(days=1), user_id="late")
    factories.calls(client_row, [late], [factories.verdict(late, True)], by=old)
    early = factories.span(901, NOW - timedelta(days=6), user_id="early")
    factories.calls(client_row, [early], [factories.verdict(early, True)], by=new)
    assert points(client_row) == before
    factories.calls(client_row, [late], by=new)
    assert points(client_row) != before


def test_exactly_the_quarters_are_recounted_that_begin_or_cease_to_count(client_row: Client) -> None:
    old, new = two(client_row)
    spans, scores = calls()
    later = [replace(s, started_at=s.started_at + timedelta(minutes=20)) for s in spans]
    judged = [replace(s, at=s.at + timedelta(minutes=40)) for s in scores]
    factories.calls(client_row, spans, scores, by=old)
    factories.calls(client_row, later, judged, by=new)

    def quarters(since: date, until: date, *times: datetime) -> set[datetime]:
        first, after = (seams.midnight(client_row, day) for day in (since, until))
        return {at.replace(minute=at.minute // 15 * 15) for at in times if first <= at < after}

    of_old = [s.started_at for s in spans]
    of_new = [*(s.started_at for s in later), *(s.at for s in judged)]
    with scope(client_row):
        seams.move(row(old), row(new), seams.midnight(client_row, DAY))
    assert touched(client_row) == sorted(quarters(DAY, PERIOD.end, *of_old) | quarters(PERIOD.start, DAY, *of_new))


def test_a_trace_that_reaches_across_is_counted_for_its_part_on_each_side(client_row: Client) -> None:
    old, new = two(client_row)
    edge = seams.midnight(client_row, DAY)
    across = [
        factories.span(n, edge + timedelta(hours=h), trace_id="a" * 32, kind=SpanKind.TOOL, tool="lookup")
        for n, h in enumerate((-3, -1, 1, 2))
    ]
    for source in (old, new):
        factories.calls(client_row, across, by=source)
    join(client_row, old, new)
    measured = rows(
        "SELECT at, n, total FROM monitoring_point WHERE client_id = %s AND measure = 'tool_calls' AND grain = 15 ORDER BY 1",
        [client_row.pk],
    )
    assert measured == [(edge - timedelta(hours=3), 1, 2), (edge + timedelta(hours=1), 1, 2)]


NUMBERS = count()


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**6),
    days=st.lists(st.integers(-1, 7), min_size=1, max_size=3, unique=True),
    zone=st.sampled_from(["America/Chicago", "Asia/Kathmandu", "Europe/Berlin"]),
)
def test_whatever_the_seam_points_are_those_of_a_client_that_only_ever_had_the_chosen_spans(
    practice: Practice, seed: int, days: list[int], zone: str
) -> None:
    chance = random.Random(seed)
    words = ("", "I’m sorry, but I can’t help with that.", "Your parcel is on its way.")
    told = [replace(s, output_text=chance.choice(words)) for s in requests(25, seed=seed)]
    scored = [
        replace(factories.verdict(s, True, name), at=s.started_at + timedelta(hours=9 * chance.random()))
        for s in told[::2]
        for name in ("accuracy", "refusal_rate")
    ]
    joined = factories.client(practice, f"joined-{next(NUMBERS)}", zone=zone)
    old, new = two(joined)
    # The tools do not agree: each has lost some of it.
    has = {source: [s for s in told if chance.random() < 0.8] for source in (old, new)}
    judged = {source: [s for s in scored if chance.random() < 0.8] for source in (old, new)}
    for source in (old, new):
        factories.calls(joined, has[source], judged[source], by=source)
    for n, shift in enumerate(days):
        day = date(2026, 10, 30) + timedelta(days=shift)
        if n:
            part(joined, new)
        join(joined, old, new, day)
        edge = seams.midnight(joined, day)
        chosen = factories.client(practice, f"chosen-{next(NUMBERS)}", zone=zone)
        before, after = two(chosen)
        factories.calls(
            chosen,
            [s for s in has[old] if s.started_at < edge],
            [s for s in judged[old] if s.at < edge],
            by=before,
        )
        factories.calls(
            chosen,
            [s for s in has[new] if s.started_at >= edge],
            [s for s in judged[new] if s.at >= edge],
            by=after,
        )
        assert points(joined) == points(chosen)


def test_a_source_may_take_over_from_several_and_be_taken_over_itself(client_row: Client) -> None:
    old, new = both_bring(client_row)
    third = factories.source(client_row, "Gateway")
    latest = factories.source(client_row, "Otel")
    for source in (third, latest):
        factories.calls(client_row, *calls(), by=source)
    join(client_row, old, new)
    join(client_row, third, new)
    join(client_row, new, latest, date(2026, 11, 5))
    spans, _ = calls()
    edge = seams.midnight(client_row, DAY)
    early = len([s for s in spans if s.started_at < edge])
    assert values(client_row)["calls"][0] == 2 * early + len(spans) - early
    with scope(client_row):
        told = [seams.sentence(seam) for seam in seams.seams(client_row)]
    assert told == [
        "Counted from Phoenix since 3 November, before from Gateway and Langfuse",
        "Counted from Otel since 5 November, before from Phoenix",
    ]


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 11, 3, tzinfo=UTC), "midnight"),
        (datetime(2025, 1, 3, 6, tzinfo=UTC), "sealed"),
    ],
)
def test_a_seam_that_cannot_be_is_refused_with_the_reason(client_row: Client, at: datetime, words: str) -> None:
    old, new = both_bring(client_row)
    with scope(client_row), pytest.raises(seams.SeamError, match=words):
        seams.move(row(old), row(new), at)
    assert rows("SELECT count(*) FROM monitoring_source WHERE counts_until IS NOT NULL") == [(0,)]


def test_what_was_taken_over_is_not_taken_over_twice(client_row: Client) -> None:
    old, new = both_bring(client_row)
    other = factories.source(client_row, "Other")
    join(client_row, old, new)
    edge = seams.midnight(client_row, DAY)
    with scope(client_row):
        for pair, words in (
            ((old, other), "taken over already"),
            ((other, old), "was itself taken over"),
            ((new, other), "choose a later day"),
            ((new, new), "another one"),
        ):
            with pytest.raises(seams.SeamError, match=words):
                seams.move(row(pair[0]), row(pair[1]), edge)
        with pytest.raises(seams.SeamError, match="counts from 3 November 2026 already"):
            seams.move(row(other), row(new), edge + timedelta(days=1))


def test_another_clients_sources_cannot_be_joined(client_row: Client, other_client: Client) -> None:
    mine, theirs = factories.source(client_row), factories.source(other_client)
    with scope(other_client):
        stranger = row(theirs)
    with scope(client_row):
        with pytest.raises(KeyError):
            seams.move(stranger, row(mine), seams.midnight(client_row, DAY))
        assert seams.seams(other_client) == []
    with pytest.raises(Exception, match="of_tenant"), databases["owner"].cursor() as cursor:
        cursor.execute("UPDATE monitoring_source SET handed_to_id = %s WHERE id = %s", [theirs.id, mine.id])


def test_sealed_days_are_never_recounted(client_row: Client) -> None:
    first, last = partitions.window()
    before, after = seams.Bounds(), seams.Bounds(start=first + timedelta(days=40))
    assert seams.changed(before, after, first, last) == [(first, first + timedelta(days=40))]
    old, new = both_bring(client_row)
    with databases["owner"].cursor() as cursor:
        # As it stands when a month was dropped: a span of the days that are sealed, whose neighbours are gone.
        cursor.execute(
            "UPDATE monitoring_span SET started_at = %s WHERE source_id = %s AND started_at = ("
            " SELECT min(started_at) FROM monitoring_span WHERE source_id = %s)",
            [first - timedelta(hours=3), new.id, new.id],
        )
    with scope(client_row):
        seams.move(row(old), row(new), seams.midnight(client_row, DAY))
    assert min(touched(client_row)) >= first


@pytest.mark.parametrize("goes", ["old", "new"])
def test_when_one_goes_with_its_data_the_other_counts_alone(client_row: Client, goes: str) -> None:
    spans, _ = calls()
    old, new = both_bring(client_row)
    join(client_row, old, new)
    gone = {"old": old, "new": new}[goes]
    with scope(client_row):
        connections.retire(row(gone))
    connections.forget(client_row.pk, gone.id)
    rollups.roll_up(client_row)
    assert values(client_row)["calls"] == (len(spans), len(spans))
    with scope(client_row):
        assert seams.seams(client_row) == []


def test_when_one_goes_and_its_data_stays_the_seam_names_it_as_it_was_called(client_row: Client) -> None:
    old, new = both_bring(client_row)
    join(client_row, old, new)
    before = points(client_row)
    with scope(client_row):
        connections.retire(row(old))
        assert [seams.sentence(s) for s in seams.seams(client_row)] == [
            "Counted from Phoenix since 3 November, before from Langfuse"
        ]
    rollups.roll_up(client_row)
    assert points(client_row) == before


def test_a_seam_is_named_where_a_reader_comes_upon_it() -> None:
    seam = seams.Seam("Phoenix", ("Langfuse",), DAY)

    def named(start: date, end: date) -> bool:
        return bool(seams.within([seam], Period(start, end, "UTC")))

    assert named(date(2026, 11, 1), date(2026, 11, 8))
    assert named(date(2026, 11, 5), date(2026, 11, 12))  # in the period it is compared with
    assert not named(date(2026, 11, 12), date(2026, 11, 19))
    assert not named(date(2026, 10, 20), DAY)


def test_knowing_the_seams_and_bounds_takes_a_query_each(client_row: Client, django_assert_num_queries: Any) -> None:
    old, new = both_bring(client_row)
    join(client_row, old, new)
    with scope(client_row):
        with django_assert_num_queries(1):
            assert len(seams.seams(client_row)) == 1
        with django_assert_num_queries(1):
            assert bounds.of(client_row.pk)["bounded"] == [old.id, new.id]


def test_money_of_the_wrong_side_is_in_no_point(client_row: Client) -> None:
    old, new = two(client_row)
    spans, _ = calls()
    factories.calls(client_row, spans, by=old)
    factories.calls(client_row, [replace(s, cost=Decimal(1)) for s in spans], by=new)
    join(client_row, old, new)
    edge = seams.midnight(client_row, DAY)
    late = len([s for s in spans if s.started_at >= edge])
    assert values(client_row)["cost"][0] == late + Decimal("0.0025") * (len(spans) - late)


def test_a_batch_on_its_way_is_counted_by_the_bounds_that_stand_then(client_row: Client) -> None:
    old, new = both_bring(client_row)
    late = factories.span(950, NOW - timedelta(days=1))
    ingest.store(old, [late], [])
    with scope(client_row):
        seams.move(row(old), row(new), seams.midnight(client_row, DAY))
    rollups.roll_up(client_row)
    spans, _ = calls()
    assert values(client_row)["calls"][0] == len(spans)
