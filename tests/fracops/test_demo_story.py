"""The demo tells the same story every time: a drift, an outage, a saving, and nothing that could not be real."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from fracops.demo.figures import CLEARED_DAYS_AGO, figures
from fracops.demo.plots import DRIFT_DAYS_AGO, SAVING_DAYS_AGO, outage_day
from fracops.demo.story import BATCH, CLIENTS, DAYS, ClientStory, batches
from monitoring.catalogue import CATALOGUE
from monitoring.otlp import Mapped, map_request
from monitoring.pricing import estimated
from monitoring.records import ScoreRecord, SpanKind, SpanRecord

# One worker tells the story to itself once, for all of these tests.
pytestmark = pytest.mark.xdist_group("demo story")

TODAY = date(2026, 11, 21)
RETAILER, INSURER, LAW_FIRM = CLIENTS


@cache
def told(client: ClientStory) -> Mapped:
    whole = Mapped()
    for batch in batches(client, TODAY):
        part = map_request(batch)
        whole.spans.extend(map(estimated, part.spans))
        whole.scores.extend(part.scores)
        whole.rejected.extend(part.rejected + part.refused_scores)
    return whole


def calls(client: ClientStory) -> list[SpanRecord]:
    return [span for span in told(client).spans if span.kind is SpanKind.LLM]


def mean(values: Iterable[object]) -> float:
    listed = [float(value) for value in values]  # type: ignore[arg-type]
    return sum(listed) / len(listed)


def around[T](records: Iterable[T], days_ago: int, at: Callable[[T], datetime]) -> tuple[list[T], list[T]]:
    """The records of the five weeks before a day, and those since."""
    turn = datetime.combine(TODAY - timedelta(days=days_ago), datetime.min.time(), UTC) + timedelta(hours=6)
    listed = list(records)
    before = [record for record in listed if turn - timedelta(days=35) <= at(record) < turn - timedelta(days=1)]
    return before, [record for record in listed if at(record) >= turn + timedelta(days=1)]


def scored(client: ClientStory, name: str) -> tuple[list[ScoreRecord], list[ScoreRecord]]:
    scores = [score for score in told(client).scores if score.name == name]
    return around(scores, DRIFT_DAYS_AGO, lambda score: score.at)


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.slug)
def test_every_span_is_taken_and_every_answered_call_has_a_price(client: ClientStory) -> None:
    assert told(client).rejected == []
    assert all(span.cost is not None for span in calls(client) if not span.error)
    assert len({(span.trace_id, span.span_id) for span in told(client).spans}) == len(told(client).spans)


def test_there_are_about_a_hundred_thousand_spans() -> None:
    assert 90_000 <= sum(len(told(client).spans) for client in CLIENTS) <= 115_000
    for client in CLIENTS:
        assert 100 <= len(calls(client)) / DAYS <= 200


def test_the_same_seed_and_day_give_the_same_bytes() -> None:
    def first(seed: int) -> bytes:
        return next(batches(LAW_FIRM, TODAY, seed)).SerializeToString(deterministic=True)

    assert first(1) == first(1)
    assert first(1) != first(2)


def test_requests_hold_about_500_spans_in_order_of_time() -> None:
    starts = []
    for batch in batches(INSURER, TODAY):
        spans = [span for resource in batch.resource_spans for scope in resource.scope_spans for span in scope.spans]
        assert len(spans) < BATCH + 20
        starts.append(min(span.start_time_unix_nano for span in spans))
    assert starts == sorted(starts)


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.slug)
def test_the_story_ends_yesterday_in_the_clients_zone_or_where_it_is_told_to(client: ClientStory) -> None:
    local = ZoneInfo(client.zone)
    starts = [span.started_at.astimezone(local) for span in told(client).spans if not span.parent_id]
    assert min(starts).date() == TODAY - timedelta(days=DAYS)
    assert max(starts).date() == TODAY - timedelta(days=1)
    until = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
    latest = [
        span for batch in deque(batches(client, TODAY, until=until), maxlen=2) for span in map_request(batch).spans
    ]
    assert all(span.ended_at is not None and span.ended_at <= until for span in latest)
    assert any(span.started_at.astimezone(local).date() == TODAY for span in latest)


def test_the_retailers_answers_get_worse_and_slower_with_the_new_snapshot() -> None:
    before, since = scored(RETAILER, "accuracy")
    assert mean(score.value for score in before) - mean(score.value for score in since) > 0.05
    assert {score.model for score in before} != {score.model for score in since}
    slow_before, slow_since = around(calls(RETAILER), DRIFT_DAYS_AGO, lambda span: span.started_at)
    assert _p95(slow_since) > 1.25 * _p95(slow_before)


def test_the_insurers_database_fails_and_then_nothing_comes() -> None:
    by_day = defaultdict(list)
    for span in told(INSURER).spans:
        by_day[span.started_at.astimezone(ZoneInfo(INSURER.zone)).date()].append(span)
    outage, week_before = outage_day(TODAY), outage_day(TODAY) - timedelta(days=7)
    assert outage.weekday() == 1
    assert _failed_tools(by_day[outage]) > 0.3 > 0.05 > _failed_tools(by_day[week_before])
    silent = [span for span in by_day[outage] if 11.5 <= _local_hour(span) < 15.3]
    assert silent == []
    assert [span for span in by_day[outage] if _local_hour(span) >= 15.4]


def test_the_law_firms_cost_falls_by_about_45_percent_and_quality_holds() -> None:
    before, since = around(calls(LAW_FIRM), SAVING_DAYS_AGO, lambda span: span.started_at)
    costs = [mean(span.cost for span in part if span.cost is not None) for part in (before, since)]
    assert 0.40 <= 1 - costs[1] / costs[0] <= 0.50
    good_before, good_since = around(
        (score for score in told(LAW_FIRM).scores if score.name == "groundedness"),
        SAVING_DAYS_AGO,
        lambda score: score.at,
    )
    assert abs(mean(score.value for score in good_since) - mean(score.value for score in good_before)) < 0.02


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.slug)
def test_targets_name_known_metrics_and_systems_of_the_client(client: ClientStory) -> None:
    assert len(client.targets) == 3
    for target in client.targets:
        assert target.metric in CATALOGUE.keys() | {f"outcome.{o.key}" for o in client.outcomes}
        assert target.system in ("", *client.systems)
    assert {span.system for span in told(client).spans} == set(client.systems)
    assert {score.name for score in told(client).scores} <= set(CATALOGUE)


def _p95(spans: list[SpanRecord]) -> float:
    lasted = sorted((span.ended_at - span.started_at).total_seconds() for span in spans if span.ended_at)
    return lasted[int(0.95 * len(lasted))]


def _failed_tools(spans: list[SpanRecord]) -> float:
    return mean(bool(span.error) for span in spans if span.kind is SpanKind.TOOL)


def _local_hour(span: SpanRecord) -> float:
    local = span.started_at.astimezone(ZoneInfo(INSURER.zone))
    return local.hour + local.minute / 60


def test_the_insurers_figures_are_the_same_every_night_and_move_when_the_agent_began_to_pay() -> None:
    told_twice = [list(figures(TODAY, DAYS)) for _ in range(2)]
    assert told_twice[0] == told_twice[1]
    assert {f["outcome"] for f in told_twice[0]} == {o.key for o in INSURER.outcomes}
    rates = {f["day"]: (f["numerator"], f["denominator"]) for f in told_twice[0] if "denominator" in f}
    turn = (TODAY - timedelta(days=CLEARED_DAYS_AGO)).isoformat()
    before, since = ([pair for day, pair in rates.items() if (day < turn) is early] for early in (True, False))
    shares = [sum(n for n, _ in pairs) / sum(d for _, d in pairs) for pairs in (before, since)]
    assert (len(rates), round(shares[0], 1), round(shares[1], 1)) == (DAYS, 0.4, 0.5)
