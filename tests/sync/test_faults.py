"""What providers do wrong, end to end: after each of it the totals equal the truth, and nothing is there twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from clients.models import Client
from monitoring import rollups
from monitoring.models import Source, Sync
from monitoring.sync import run
from tests.conftest import rows
from tests.sources.fakes.base import MIDDLE
from tests.sources.fakes.phoenix import Fake, span
from tests.sync.conftest import LATER, now_of

pytestmark = pytest.mark.usefixtures("runtime_role")
Connect = Callable[..., Source]


def read(source: Source) -> run.Outcome:
    outcome = run.run(source.client_id, source.pk, asked_by=Sync.AskedBy.PERSON)
    assert outcome is not None
    return outcome


def assert_truth(client: Client, fake: Fake) -> None:
    """What is stored and counted is what the provider has, each row once."""
    tokens = sum(row["attributes"].get("llm.token_count.prompt") or 0 for row in fake.rows)
    found = "SELECT count(*), count(DISTINCT (trace_id, span_id)), coalesce(sum(input_tokens), 0) FROM monitoring_span"
    assert rows(found) == [(len(fake.rows), len(fake.rows), tokens)]
    rollups.roll_up(client)
    counted = (
        "SELECT sum(n) FROM monitoring_point WHERE measure = 'error' AND grain = 1440 AND model = '*' AND system_id = 0"
    )
    assert rows(counted) == [(len(fake.rows),)]


def through(fake: Fake, change: Callable[[httpx.Request, httpx.Response], httpx.Response]) -> None:
    """Let answers for spans pass through a change on their way."""

    def answer(request: httpx.Request) -> httpx.Response | None:
        fake.interrupt = None
        try:
            real = fake(request)
        finally:
            fake.interrupt = answer
        return change(request, real) if request.url.path.endswith("/spans") else real

    fake.interrupt = answer


def changed(real: httpx.Response, data: list[Any]) -> httpx.Response:
    return httpx.Response(200, json={**real.json(), "data": data})


def test_a_page_that_repeats_rows(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    through(phoenix, lambda _, real: changed(real, real.json()["data"] * 2))
    assert read(connect(client_row, phoenix)).error is None
    assert_truth(client_row, phoenix)


def test_a_page_that_repeats_the_rows_of_the_page_before(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    before: list[Any] = []

    def overlapping(_: httpx.Request, real: httpx.Response) -> httpx.Response:
        data = real.json()["data"]
        sent = [*before, *data]
        before[:] = data
        return changed(real, sent)

    through(phoenix, overlapping)
    source = connect(client_row, phoenix)
    read(source)
    phoenix.interrupt = None
    read(source)
    assert_truth(client_row, phoenix)


def test_a_page_that_skips_rows_and_brings_them_back(
    client_row: Client, phoenix: Fake, connect: Connect, clock: Any
) -> None:
    source = connect(client_row, phoenix)
    through(phoenix, lambda _, real: changed(real, real.json()["data"][1:]))
    read(source)
    assert rows("SELECT count(*) FROM monitoring_span") != [(len(phoenix.rows),)]
    phoenix.interrupt = None
    clock.move_to(LATER + timedelta(hours=7), tick=False)
    read(source)
    assert_truth(client_row, phoenix)


def test_rows_that_are_gone_for_one_reading_come_back(
    client_row: Client, phoenix: Fake, connect: Connect, clock: Any
) -> None:
    """All are there, then some are not, which takes them away, then all are there again."""
    source = connect(client_row, phoenix)
    read(source)
    through(phoenix, lambda _, real: changed(real, real.json()["data"][1:]))
    clock.move_to(LATER + timedelta(hours=7), tick=False)
    assert read(source).tally.removed > 0
    phoenix.interrupt = None
    clock.move_to(LATER + timedelta(hours=14), tick=False)
    read(source)
    assert_truth(client_row, phoenix)


@pytest.mark.parametrize(
    "broken",
    [
        httpx.Response(500),
        httpx.Response(503, headers={"Retry-After": "1"}),
        httpx.Response(429, headers={"Retry-After": "1"}),
        httpx.Response(200, content=b'{"data": [{"id": "S1", "na'),
        httpx.Response(200, content=b""),
        httpx.Response(200, content=b"\x00\xff\xfe"),
    ],
    ids=["500", "503", "429", "cut short", "empty", "no text"],
)
def test_every_other_answer_is_broken(
    client_row: Client, phoenix: Fake, connect: Connect, broken: httpx.Response, clock: Any
) -> None:
    """A storm: it takes as many syncs as it takes, and then all is there."""
    source = connect(client_row, phoenix)
    asked = 0

    def storm(request: httpx.Request) -> httpx.Response | None:
        nonlocal asked
        asked += 1
        return broken if asked % 5 in (1, 2, 3) else None

    phoenix.interrupt = storm
    for _ in range(60):
        read(source)
        stands = now_of(source)
        if stands.last_sync_at:
            break
        assert stands.next_run_at is not None
        clock.move_to(stands.next_run_at, tick=False)
    phoenix.interrupt = None
    read(source)
    assert_truth(client_row, phoenix)


def test_a_row_without_a_time_zone_is_refused_and_named(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    def naive(_: httpx.Request, real: httpx.Response) -> httpx.Response:
        data = real.json()["data"]
        for row in data:
            if row["id"] == "S3":
                row["start_time"] = row["start_time"].removesuffix("+00:00")
        return changed(real, data)

    through(phoenix, naive)
    outcome = read(connect(client_row, phoenix))
    assert outcome.tally.rejected == 1
    [sync] = Sync.objects.using("owner").all()
    assert "no time zone" in str(sync.reasons)
    assert rows("SELECT count(*) FROM monitoring_span") == [(len(phoenix.rows) - 1,)]


def test_a_call_that_ends_before_it_begins_has_no_duration(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    phoenix.rows[2]["end_time"] = (MIDDLE - timedelta(hours=1)).isoformat()
    read(connect(client_row, phoenix))
    assert rows("SELECT count(*) FROM monitoring_span WHERE ended_at IS NULL") == [(1,)]
    assert rows("SELECT count(*) FROM monitoring_span WHERE ended_at < started_at") == [(0,)]
    assert_truth(client_row, phoenix)


def test_nulls_unknown_words_and_unknown_fields(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    phoenix.not_validated = ("/",)  # these are beyond what the provider describes
    phoenix.rows[0]["attributes"]["llm.model_name"] = None
    phoenix.rows[1]["span_kind"] = "DREAM"
    phoenix.rows[2]["status_code"] = "PERHAPS"
    phoenix.rows[3]["a field of next year"] = {"deep": [1, 2, {"x": None}]}
    phoenix.rows[4]["attributes"] = {}
    phoenix.rows[5]["events"] = None
    assert read(connect(client_row, phoenix)).tally.rejected == 0
    assert_truth(client_row, phoenix)


def test_a_cost_that_is_corrected_late_counts_as_corrected(
    client_row: Client, phoenix: Fake, connect: Connect, clock: Any
) -> None:
    phoenix.rows[4]["attributes"]["llm.cost.total"] = 0.5
    source = connect(client_row, phoenix)
    read(source)
    rollups.roll_up(client_row)
    phoenix.rows[4]["attributes"]["llm.cost.total"] = 0.75
    clock.move_to(LATER + timedelta(days=2), tick=False)
    assert read(source).tally.changed == 1
    assert_truth(client_row, phoenix)
    assert rows("SELECT sum(cost) FROM monitoring_span WHERE NOT cost_estimated") == [(0.75,)]
    # What the day said before can still be read.
    assert rows("SELECT count(*) > 0 FROM monitoring_past_point WHERE measure = 'cost'") == [(True,)]


def test_the_same_spans_by_two_sources_are_two_sources_rows(
    client_row: Client, phoenix: Fake, connect: Connect
) -> None:
    """Delivered twice by one, they are one row; by two, each keeps its own, and one can be taken away."""
    one, two = connect(client_row, phoenix, "One"), connect(client_row, phoenix, "Two")
    for source in (one, two, one, two):
        read(source)
    assert rows("SELECT source_id, count(*) FROM monitoring_span GROUP BY 1 ORDER BY 1") == [
        (one.pk, len(phoenix.rows)),
        (two.pk, len(phoenix.rows)),
    ]


def test_a_server_whose_clock_is_ahead_loses_nothing(
    client_row: Client, phoenix: Fake, connect: Connect, clock: Any
) -> None:
    """Rows of a moment that has not come are read when it has."""
    phoenix.rows.append(span(60, LATER + timedelta(minutes=3)))
    source = connect(client_row, phoenix)
    read(source)
    assert rows("SELECT count(*) FROM monitoring_span") == [(len(phoenix.rows) - 1,)]
    clock.move_to(LATER + timedelta(minutes=10), tick=False)
    read(source)
    assert_truth(client_row, phoenix)
