"""Points say what the spans say, whenever and in whatever order they came, in the client's own hours and days."""

import itertools
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy
import pytest
from django.db import connection

from clients.models import Client, Practice
from clients.tenancy import scope
from monitoring import counting, ingest, rollups, tasks
from monitoring.catalogue import CATALOGUE
from monitoring.freshness import Freshness, origin
from monitoring.models import Grain
from monitoring.readings import Period, Series
from monitoring.records import ScoreKind, ScoreRecord, SpanKind, SpanRecord
from monitoring.series import WHOLE, Slice, _when, all_series, breakdowns, scored_metrics
from monitoring.summary import Summary, bucket_of
from tests import factories
from tests.conftest import NOW, rows

pytestmark = pytest.mark.usefixtures("runtime_role")


def read(client: Client, key: str, period: Period, within: Slice = WHOLE, **options: object) -> Series:
    with scope(client):
        return all_series(client, [CATALOGUE[key]], period, within, **options)[key]  # type: ignore[arg-type]


def week(client: Client, last: date = date(2026, 11, 5)) -> Period:
    return Period(last - timedelta(days=6), last + timedelta(days=1), client.zone)


def traffic(count: int, *, seed: int = 1, days: int = 6) -> list[SpanRecord]:
    chance = random.Random(seed)
    made = []
    for i in range(count):
        at = NOW - timedelta(days=1) - timedelta(seconds=chance.random() * days * 86400)
        made.append(
            factories.span(
                i,
                at,
                ended_at=at + timedelta(milliseconds=chance.lognormvariate(6.5, 0.8)),
                model=chance.choice(["a", "b"]),
                system=chance.choice(["Bot", "Mailer"]),
                error=chance.choice(["", "", "", "timeout"]),
                cost=Decimal(chance.randrange(1, 10**6)).scaleb(-7),
                user_id=f"u{chance.randrange(30)}",
                session_id=f"s{i // 4}",
            )
        )
    return made


def test_every_sum_count_and_quantile_is_that_of_the_spans(client_row: Client) -> None:
    spans = traffic(800)
    factories.calls(client_row, spans)
    period = week(client_row)
    inside = [s for s in spans if period.instants[0] <= s.started_at < period.instants[1]]
    with scope(client_row):
        series = all_series(client_row, list(CATALOGUE.values()), period)
    assert series["calls"].now.value == len(inside)
    assert series["error_rate"].now.value == Decimal(sum(bool(s.error) for s in inside)) / len(inside)
    assert series["cost"].now.value == sum(s.cost or 0 for s in inside)
    assert series["input_tokens"].now.value == sum(s.input_tokens or 0 for s in inside)
    milliseconds = [((s.ended_at or s.started_at) - s.started_at).total_seconds() * 1000 for s in inside]
    for key in ("latency_p50", "latency_p95", "latency_p99"):
        exact = numpy.quantile(milliseconds, CATALOGUE[key].quantile or 0)
        assert float(series[key].now.value or 0) == pytest.approx(exact, rel=0.01), key
    assert series["users"].now.value == len({s.user_id for s in inside})
    assert series["sessions"].now.value == len({s.session_id for s in inside})
    assert sum(d.n for d in series["calls"].days) == len(inside)


def test_slices_add_up_to_the_whole(client_row: Client) -> None:
    factories.calls(client_row, traffic(400))
    period = week(client_row)
    whole = read(client_row, "cost", period).now.summary
    with scope(client_row):
        for dimension in ("model", "system"):
            parts = breakdowns(client_row, {dimension: [CATALOGUE["cost"], CATALOGUE["latency_p95"]]}, period)[
                dimension
            ]
            assert sum(p.readings["cost"].summary.total for p in parts) == whole.total
            merged = sum(
                (p.readings["latency_p95"].summary for p in parts),
                start=parts[0].readings["latency_p95"].summary.__class__(),
            )
            assert merged.histogram.n == whole.n
        system = breakdowns(client_row, {"system": [CATALOGUE["cost"]]}, period)["system"][0]
    ids = dict(rows("SELECT name, id FROM clients_system"))
    one = read(client_row, "cost", period, Slice(system_id=ids[system.name])).now.value
    assert one == system.readings["cost"].value
    both = [read(client_row, "cost", period, Slice(ids[system.name], m)).now.summary.total for m in ("a", "b")]
    assert sum(both) == one


def requests(count: int, *, seed: int = 1) -> list[SpanRecord]:
    """Traces of a few spans each that last up to hours, with tools that fail and are tried again."""
    chance = random.Random(seed)
    made: list[SpanRecord] = []
    for trace in range(count):
        began = NOW - timedelta(days=1 + 5 * chance.random())
        for step in range(chance.randrange(1, 6)):
            kind = chance.choice([SpanKind.LLM, SpanKind.TOOL])
            made.append(
                factories.span(
                    len(made),
                    began + timedelta(minutes=step * chance.randrange(60)),
                    trace_id=f"{trace:032x}",
                    kind=kind,
                    tool="lookup" if kind is SpanKind.TOOL else "",
                    name=kind.value,
                    error=chance.choice(["", "timeout"]),
                    system=chance.choice(["Bot", "Mailer"]),
                    user_id=f"u{chance.randrange(30)}",
                )
            )
    return made


@pytest.mark.parametrize("spans", [traffic(300), requests(100)], ids=["calls", "requests"])
def test_the_order_and_size_of_batches_do_not_matter_nor_what_was_corrected(
    practice: Practice, spans: list[SpanRecord]
) -> None:
    straight, shuffled = factories.client(practice, "straight"), factories.client(practice, "shuffled")
    factories.calls(straight, spans)
    chance = random.Random(2)
    mixed = chance.sample(spans, len(spans))
    source = factories.source(shuffled)
    wrong = [replace(s, started_at=s.started_at - timedelta(hours=5 * chance.random()), error="") for s in mixed[::3]]
    factories.calls(shuffled, wrong, by=source)
    for start in range(0, len(mixed), 37):
        ingest.store(source, mixed[start : start + 37], [])
        rollups.roll_up(shuffled)
    # Systems have their own ids per client; everything else must be the same row for row.
    points = (
        "SELECT grain, at, measure, (SELECT name FROM clients_system s WHERE s.id = p.system_id), environment, model,"
        " prompt_version, segment, item, n, total, round(sum_squares::numeric, 3), buckets, counts"
        " FROM monitoring_point p WHERE client_id = %s ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9"
    )
    # People have pseudonyms of their own per client too: as many of them is all that can be the same.
    seen = (
        "SELECT day, kind, (SELECT name FROM clients_system s WHERE s.id = m.system_id),"
        " CASE WHEN kind = 'user' THEN int4send(length(digests)) ELSE digests END FROM monitoring_seen m"
        " WHERE client_id = %s ORDER BY 1, 2, 3"
    )
    for everything in (points, seen):
        assert rows(everything, [straight.pk]) == rows(everything, [shuffled.pk])


def test_a_trace_that_lasts_for_days_counts_the_same_whatever_is_counted_with_it(client_row: Client) -> None:
    """It pauses for a day and an hour, so it begins twice; what comes more than a day after a beginning is in neither."""
    began = NOW - timedelta(days=9)
    hours = [0, 5, 20, 26, 40, 65 + 1, 67]
    spans = [
        factories.span(
            i,
            began + timedelta(hours=h),
            trace_id="f" * 32,
            kind=SpanKind.TOOL,
            tool="lookup",
            error="timeout" if i < 2 else "",
        )
        for i, h in enumerate(hours)
    ]
    factories.calls(client_row, spans)
    read_points = "SELECT at, measure, total FROM monitoring_point WHERE grain = 15 AND measure IN ('tool_calls', 'retries') ORDER BY 1, 2"
    whole = rows(read_points)
    again = began + timedelta(hours=66)
    assert whole == [(began, "retries", 2), (began, "tool_calls", 3), (again, "retries", 0), (again, "tool_calls", 2)]
    for some in (spans[:1], spans[2:3], spans[3:5], spans[5:6], spans[::2]):
        with scope(client_row), connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO monitoring_touched (client_id, quarter) VALUES (%s, %s)",
                [(client_row.pk, s.started_at) for s in some],
            )
        rollups.roll_up(client_row)
        assert rows(read_points) == whole


def test_a_trace_whose_first_span_moved_far_is_counted_anew_also_in_steps(client_row: Client) -> None:
    source = factories.source(client_row)
    first, second = (
        factories.span(i, NOW - timedelta(days=10, hours=2 - i), trace_id="f" * 32, kind=SpanKind.TOOL, tool="lookup")
        for i in (0, 1)
    )
    factories.calls(client_row, [first, second], by=source)
    long_ago = factories.span(9, NOW - timedelta(days=40))
    factories.calls(
        client_row,
        [long_ago, replace(first, started_at=first.started_at + timedelta(days=3), ended_at=None)],
        by=source,
    )
    found = rows(
        "SELECT at, total FROM monitoring_point WHERE grain = 15 AND measure = 'tool_calls' AND total > 0 ORDER BY 1"
    )
    assert found == [(second.started_at, 1), (first.started_at + timedelta(days=3), 1)]


def test_rolling_up_again_changes_nothing(client_row: Client) -> None:
    factories.calls(client_row, traffic(100))
    before = rows("SELECT * FROM monitoring_point ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10")
    assert rollups.roll_up(client_row) == 0
    with scope(client_row):
        connection.cursor().execute(
            "INSERT INTO monitoring_touched (client_id, quarter)"
            " SELECT client_id, date_bin('15 minutes', started_at, 'epoch') FROM monitoring_span"
        )
    rollups.roll_up(client_row)
    known = "known_at"
    columns = [
        c
        for (c,) in rows(
            "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'monitoring_point'"
        )
        if c != known
    ]
    listed = ", ".join(columns)
    assert rows(f"SELECT {listed} FROM monitoring_point ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10") == [
        tuple(v for c, v in zip([*columns, known], row, strict=True) if c != known) for row in before
    ]
    assert rows("SELECT count(*) FROM monitoring_past_point") == [(0,)]


def test_a_roll_up_that_dies_leaves_its_quarters_for_the_next(
    client_row: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = factories.source(client_row)
    ingest.store(source, traffic(50), [])
    waiting = rows("SELECT count(DISTINCT quarter) FROM monitoring_touched")
    with monkeypatch.context() as dying:
        dying.setattr(rollups, "STORE_DAYS", "SELECT 1 / 0")
        with pytest.raises(Exception, match="division by zero"):
            rollups.roll_up(client_row)
    assert rows("SELECT count(*) FROM monitoring_point") == [(0,)]
    assert rows("SELECT count(DISTINCT quarter) FROM monitoring_touched") == waiting
    assert rollups.roll_up(client_row) == waiting[0][0]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/Chicago", "Pacific/Chatham", "Europe/Berlin"])
def test_a_day_is_a_local_day_also_when_the_clocks_change(practice: Practice, zone: str) -> None:
    client = factories.client(practice, "there", zone=zone)
    there = ZoneInfo(zone)
    # Two calls a minute around each local midnight of the days on which clocks change there or not.
    midnights = [datetime(2026, m, d, tzinfo=there) for m, d in ((3, 8), (3, 9), (10, 25), (10, 26), (11, 1), (11, 2))]
    spans = [
        factories.span(2 * i + side, m.astimezone(UTC) + timedelta(seconds=30 if side else -30))
        for i, m in enumerate(midnights)
        for side in (0, 1)
    ]
    factories.calls(client, spans)
    for day in {m.date() for m in midnights} | {m.date() - timedelta(days=1) for m in midnights}:
        expected = sum(s.started_at.astimezone(there).date() == day for s in spans)
        assert read(client, "calls", Period(day, day + timedelta(days=1), zone)).now.n == expected, day


@pytest.mark.parametrize("zone", ["America/Chicago", "America/Santiago", "Asia/Beirut", "Pacific/Chatham"])
def test_a_table_over_months_adds_up_to_its_days(practice: Practice, zone: str) -> None:
    client = factories.client(practice, "there", zone=zone)
    spans = traffic(600, days=250)
    factories.calls(client, spans)
    assert spans[0].ended_at is not None
    earlier = timedelta(days=20)
    late = replace(spans[0], started_at=spans[0].started_at - earlier, ended_at=spans[0].ended_at - earlier)
    factories.calls(client, [late], by=factories.source(client, "Second"))
    latency = CATALOGUE["latency_p95"]
    for length, last in itertools.product(
        (1, 5, 7, 13, 14, 30, 90), (date(2026, 11, 1), date(2026, 11, 4), date(2026, 4, 6))
    ):
        period = Period(last - timedelta(days=length - 1), last + timedelta(days=1), zone)
        whole = read(client, latency.key, period)
        with scope(client):
            parts = breakdowns(client, {"model": [latency], "system": [latency]}, period)
        for found in parts.values():
            now = Summary.merged([Summary(), *(b.readings[latency.key].summary for b in found)])
            before = Summary.merged([Summary(), *(b.before[latency.key].summary for b in found)])
            for merged, reading in ((now, whole.now), (before, whole.change.before)):
                assert (merged.n, merged.total, merged.histogram) == (
                    reading.n,
                    reading.summary.total,
                    reading.summary.histogram,
                )


@pytest.mark.parametrize(
    ("first", "last", "parts"),
    [
        ("2026-11-02", "2026-11-08", [(Grain.WEEK, "2026-11-02", "2026-11-09")]),
        ("2026-11-03", "2026-11-05", [(Grain.DAY, "2026-11-03", "2026-11-06")]),
        (
            "2026-11-03",
            "2026-11-09",
            [(Grain.DAY, "2026-11-03", "2026-11-09"), (Grain.DAY, "2026-11-09", "2026-11-10")],
        ),
        (
            "2026-10-31",
            "2026-11-15",
            [(Grain.DAY, "2026-10-31", "2026-11-02"), (Grain.WEEK, "2026-11-02", "2026-11-16")],
        ),
        (
            "2026-10-30",
            "2026-11-17",
            [
                (Grain.DAY, "2026-10-30", "2026-11-02"),
                (Grain.WEEK, "2026-11-02", "2026-11-16"),
                (Grain.DAY, "2026-11-16", "2026-11-18"),
            ],
        ),
    ],
)
def test_a_period_is_read_as_its_whole_weeks_and_the_days_around(
    first: str, last: str, parts: list[tuple[Grain, str, str]]
) -> None:
    _, parameters = _when(Period(date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1), "UTC"))
    assert [(g, f"{a:%F}", f"{b:%F}") for g, a, b in itertools.batched(parameters, 3)] == parts


def test_tool_calls_and_retries_belong_to_the_request_they_were_made_for(client_row: Client) -> None:
    at = NOW - timedelta(days=2)

    def part(
        number: int, minute: int, kind: SpanKind, *, error: str = "", tool: str = "", trace: int = 1
    ) -> SpanRecord:
        return factories.span(
            number,
            at + timedelta(minutes=minute),
            trace_id=f"{trace:032x}",
            kind=kind,
            error=error,
            tool=tool,
            name=tool or "chat",
            parent_id="f" * 16 if number > 1 else "",
        )

    # One request that lasts into the next quarters: a look-up that fails, is tried again, and an answer. A second without tools.
    spans = [
        part(1, 0, SpanKind.AGENT),
        part(2, 14, SpanKind.TOOL, error="timeout", tool="lookup"),
        part(3, 16, SpanKind.TOOL, tool="lookup"),
        part(4, 31, SpanKind.LLM),
        part(5, 3, SpanKind.LLM, trace=2),
    ]
    source = factories.source(client_row)
    for one in reversed(spans):  # the root comes last, as exporters send it
        ingest.store(source, [one], [])
        rollups.roll_up(client_row)
    period = week(client_row)
    assert read(client_row, "tool_calls_per_trace", period).now.value == Decimal(1)
    assert read(client_row, "tool_calls_per_trace", period).now.n == 2
    assert read(client_row, "retries_per_trace", period).now.value == Decimal("0.5")
    assert read(client_row, "tool_error_rate", period).now.value == Decimal("0.5")
    with scope(client_row):
        tools = breakdowns(client_row, {"tool": [CATALOGUE["tool_error_rate"]]}, period)["tool"]
    assert [(t.name, t.readings["tool_error_rate"].n) for t in tools] == [("lookup", 2)]


def test_a_score_whose_time_was_corrected_leaves_its_old_day(client_row: Client) -> None:
    call = factories.span(1, NOW - timedelta(days=2))
    source = factories.calls(client_row, [call], [factories.verdict(call, True)])
    moved = replace(factories.verdict(call, True), at=NOW - timedelta(days=4))
    factories.calls(client_row, [], [moved], by=source)
    assert [d.n for d in read(client_row, "accuracy", week(client_row)).days] == [0, 0, 0, 1, 0, 0, 0]


def test_scores_become_rates_and_means_with_their_n(client_row: Client) -> None:
    spans = [factories.span(i, NOW - timedelta(days=2, minutes=i)) for i in range(40)]
    scores = [factories.verdict(s, i % 4 != 0) for i, s in enumerate(spans)]
    scores += [
        ScoreRecord(f"tone{i}", "tone", ScoreKind.NUMERIC, s.started_at, value=Decimal(i))
        for i, s in enumerate(spans[:5])
    ]
    factories.calls(client_row, spans, scores)
    now = read(client_row, "accuracy", week(client_row)).now
    assert (now.value, now.n) == (Decimal("0.75"), 40)
    with scope(client_row):
        found = scored_metrics(client_row, week(client_row))
        assert [m.key for m in found] == ["accuracy", "score.tone"]
        tone = all_series(client_row, found, week(client_row))["score.tone"].now
    assert (str(tone.value), tone.n, tone.metric.better.value) == ("2.0000000000", 5, "neither")


def test_people_are_counted_once_however_many_days_they_come(client_row: Client) -> None:
    spans = [factories.span(i, NOW - timedelta(days=1 + i % 6), user_id=f"user {i % 3}") for i in range(36)]
    factories.calls(client_row, spans)
    series = read(client_row, "users", week(client_row))
    assert series.now.value == 3
    assert sum(d.value or 0 for d in series.days) > 3


def test_a_day_can_be_read_as_it_stood_at_any_midnight(client_row: Client, time_machine: object) -> None:
    zone, day = ZoneInfo(client_row.zone), date(2026, 11, 3)
    period = Period(day, day + timedelta(days=1), client_row.zone)
    source = factories.source(client_row)
    at = datetime(2026, 11, 3, 12, tzinfo=zone)
    for number, (when, count) in enumerate(((3, 5), (4, 3), (6, 2))):
        time_machine.move_to(datetime(2026, 11, when, 18, tzinfo=zone))  # type: ignore[attr-defined]
        factories.calls(
            client_row, [factories.span(100 * number + i, at + timedelta(minutes=i)) for i in range(count)], by=source
        )
    stood = [
        read(client_row, "calls", period, known_at=datetime(2026, 11, d, tzinfo=zone)).now.value
        for d in (3, 4, 5, 6, 7)
    ]
    assert stood == [0, 5, 8, 8, 10]
    assert read(client_row, "calls", period).now.value == 10


def test_a_late_call_of_a_day_whose_quarters_are_gone_is_added_to_the_rest(
    client_row: Client, time_machine: object
) -> None:
    old = NOW - timedelta(days=60)
    source = factories.source(client_row)
    factories.calls(client_row, [factories.span(i, old + timedelta(minutes=20 * i)) for i in range(6)], by=source)
    tasks.forget_points(client_id=client_row.pk)
    assert rows(
        "SELECT count(*) FROM monitoring_point WHERE grain = 15 AND at < %s",
        [NOW - timedelta(days=rollups.QUARTER_DAYS)],
    ) == [(0,)]
    factories.calls(client_row, [factories.span(99, old + timedelta(minutes=5))], by=source)
    local = old.astimezone(ZoneInfo(client_row.zone)).date()
    assert read(client_row, "calls", Period(local, local + timedelta(days=1), client_row.zone)).now.n == 7


def test_a_dimension_keeps_its_first_values_and_counts_the_rest_as_other(
    client_row: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "DIMENSION_CAP", 3)
    source = factories.source(client_row)
    at = NOW - timedelta(days=2)
    factories.calls(
        client_row, [factories.span(i, at + timedelta(minutes=i), model=f"m{i}") for i in range(5)], by=source
    )
    factories.calls(client_row, [factories.span(9, at + timedelta(hours=1), model="m0")], by=source)
    with scope(client_row):
        found = {
            b.name: b.readings["calls"].n
            for b in breakdowns(client_row, {"model": [CATALOGUE["calls"]]}, week(client_row))["model"]
        }
    assert found == {"m0": 2, "m1": 1, "m2": 1, ingest.OTHER: 2}


def test_a_call_that_moved_to_another_day_is_gone_from_the_first(client_row: Client) -> None:
    source = factories.source(client_row)
    call = factories.span(1, NOW - timedelta(days=2))
    factories.calls(client_row, [call], by=source)
    factories.calls(
        client_row, [replace(call, started_at=call.started_at - timedelta(days=1), ended_at=None)], by=source
    )
    days = {d.day: d.n for d in read(client_row, "calls", week(client_row)).days if d.n}
    assert days == {date(2026, 11, 3): 1}


def test_reading_takes_the_same_few_queries_whatever_is_asked(
    client_row: Client, django_assert_num_queries: object
) -> None:
    factories.calls(client_row, traffic(200))
    with scope(client_row):
        for metrics in ([CATALOGUE["accuracy"], CATALOGUE["users"]], list(CATALOGUE.values())):
            with django_assert_num_queries(3):  # type: ignore[operator]
                all_series(client_row, metrics, week(client_row))


def test_tools_and_scores_are_capped_like_dimensions(client_row: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "DIMENSION_CAP", 2)
    at = NOW - timedelta(days=2)
    spans = [
        factories.span(i, at + timedelta(minutes=i), kind=SpanKind.TOOL, tool=f"t{i}", name=f"t{i}") for i in range(4)
    ]
    scores = [factories.verdict(s, True, f"score {i}") for i, s in enumerate(spans)]
    factories.calls(client_row, spans, scores)
    with scope(client_row):
        tools = {t.name: t.readings["tool_error_rate"].n for t in
                 breakdowns(client_row, {"tool": [CATALOGUE["tool_error_rate"]]}, week(client_row))["tool"]}  # fmt: skip
        names = {m.key for m in scored_metrics(client_row, week(client_row))}
    assert tools == {"t0": 1, "t1": 1, ingest.OTHER: 2}
    assert names == {"score.score 0", "score.score 1", f"score.{ingest.OTHER}"}


def test_embeddings_cost_money_and_are_no_calls(client_row: Client) -> None:
    at = NOW - timedelta(days=2)
    kinds = (SpanKind.LLM, SpanKind.EMBEDDING, SpanKind.AGENT)  # an agent's cost is that of its children again
    factories.calls(client_row, [factories.span(i, at, kind=kind, cost=Decimal(1)) for i, kind in enumerate(kinds)])
    assert read(client_row, "cost", week(client_row)).now.value == 2
    assert read(client_row, "calls", week(client_row)).now.value == 1


def test_the_database_fills_the_same_buckets_as_the_code(client_row: Client) -> None:
    values = [0.0, 0.001, 0.4999, 0.5, 0.999, 1.0, 1.001, 2.0, 399.99, 400.0, 1234.567, 86400000.0]
    with scope(client_row), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {counting.BUCKET} FROM unnest(%s::numeric[]) WITH ORDINALITY v (value, o) ORDER BY o", [values]
        )
        assert [row[0] for row in cursor.fetchall()] == [bucket_of(float(v)) for v in values]


def test_of_two_sources_with_one_name_the_newest_says_how_fresh_a_number_is() -> None:
    old, new = (
        Freshness("App", kind, at, "", None, NOW - timedelta(days=99))
        for kind, at in (("file", NOW - timedelta(days=90)), ("otlp", NOW))
    )
    for fresh in ([old, new], [new, old]):
        assert (origin(fresh).as_of, origin(fresh).sources) == (NOW, ("App",))
