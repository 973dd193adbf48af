"""Every kind through the whole engine: read, stored, read again without a change."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.core.cache import cache
from django.utils import timezone

from clients import outbound
from clients.models import Client
from monitoring.connecting.kind import Window
from monitoring.models import Source, Sync
from monitoring.records import BillRecord, PromptRecord, ScoreRecord, SpanRecord, TicketRecord, UsageRecord
from monitoring.sources import kinds
from monitoring.sync import run
from monitoring.sync.pages import Tally
from tests.conftest import rows
from tests.sources.conformance import as_set
from tests.sources.fakes.base import END, FakeProvider
from tests.sources.test_conformance import fake_of

pytestmark = pytest.mark.usefixtures("runtime_role")

TABLES = {
    SpanRecord: "monitoring_span",
    ScoreRecord: "monitoring_score",
    UsageRecord: "monitoring_usage",
    BillRecord: "monitoring_bill",
    TicketRecord: "monitoring_ticket",
    PromptRecord: "monitoring_promptversion",
}
SETTLED = END + timedelta(days=8)
"""When everything planted is past every kind's settle delay."""


@pytest.fixture(params=kinds())
def fake(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, network: Any, clock: Any) -> FakeProvider:
    """A provider with rows, behind every address."""
    provider = fake_of(request.param)
    provider.plant()
    monkeypatch.setattr(outbound, "GuardedTransport", lambda limits: httpx.MockTransport(provider))
    clock.move_to(SETTLED, tick=False)
    return provider


def read(source: Source, fake: FakeProvider, clock: Any) -> Tally:
    """Read until all is read, however often the source holds back for a shared quota."""
    total = Tally()
    for _ in range(400):
        fake.now_is(timezone.now())
        outcome = run.run(source.client_id, source.pk, asked_by=Sync.AskedBy.PERSON)
        assert outcome is not None
        assert outcome.error is None, outcome.error
        for counted in ("new", "changed", "removed", "rejected"):
            setattr(total, counted, getattr(total, counted) + getattr(outcome.tally, counted))
        stands = Source.objects.using("owner").get(pk=source.pk)
        if stands.last_sync_at and not outcome.more and stands.cursor == "" and stands.window_start is None:
            return total
        # The shared count runs by the server's own clock, for which this minute has not passed.
        cache.clear()
        clock.shift(timedelta(seconds=61))
    raise AssertionError("it never ends")


def stored() -> dict[str, int]:
    return {table: rows(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES.values()}


def test_what_the_provider_has_is_stored_once_and_read_again_without_a_change(
    client_row: Client, fake: FakeProvider, connect: Callable[..., Source], clock: Any
) -> None:
    source = connect(client_row, fake, backfill=timedelta(days=14))
    assert read(source, fake, clock).rejected == 0
    there = as_set(fake.records(Window(SETTLED - timedelta(days=15), SETTLED)))
    expected = dict.fromkeys(TABLES.values(), 0)
    for record in there.values():
        expected[TABLES[type(record)]] += 1
    assert stored() == expected
    clock.shift(timedelta(days=1))
    again = read(source, fake, clock)
    assert (again.new, again.changed, again.removed) == (0, 0, 0)
    assert stored() == expected
