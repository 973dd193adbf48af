"""The demo's one bill: what OpenAI counts and asks of the retailer, so that the cost page has something true to explain."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from clients.models import Client, Practice, System
from clients.tenancy import scope
from fracops.demo import bills, spans
from fracops.demo.plots import PLOTS
from fracops.demo.story import CLIENTS
from monitoring.models import Source, State
from monitoring.otlp import map_request
from monitoring.pricing import estimated
from monitoring.reconciliation.classes import Class
from monitoring.reconciliation.gather import books
from monitoring.reconciliation.reckon import reconcile, total
from monitoring.records import BillRecord
from tests import factories

RETAILER = CLIENTS[0]


@pytest.fixture
def retailer(practice: Practice) -> Client:
    """Four weeks of the story's spans, and its bills."""
    today = datetime.now(UTC).date()
    client = factories.client(practice, RETAILER.slug, zone=RETAILER.zone)
    with scope(client.pk):
        System.objects.create(client=client, name=RETAILER.systems[0])
    told = [
        estimated(span)
        for back in range(31)
        for span in map_request(
            spans.request(
                list(PLOTS[RETAILER.slug](RETAILER.slug, RETAILER.zone, today - timedelta(days=back), today, 1))
            )
        ).spans
    ]
    factories.calls(client, told)
    bills.store(client, RETAILER, today)
    return client


def test_the_bill_shows_what_a_real_one_does_and_almost_all_of_it_is_explained(retailer: Client) -> None:
    today = datetime.now(UTC).date()
    noon = datetime.combine(today, time(12), UTC)
    with scope(retailer.pk):
        whole = total(reconcile(books(retailer, today - timedelta(days=28), today, noon)).cells)
        source = Source.objects.get(kind="openai")
    assert set(whole.classes) == {Class.CACHED, Class.KEY, Class.OTHER, Class.LATE}
    assert whole.keys == {bills.NIGHTLY}
    assert whole.rest_share is not None
    assert 0 < whole.rest_share < 0.02
    assert source.state is State.PAUSED


def test_the_same_seed_and_day_give_the_same_records_and_all_of_them_before_today() -> None:
    today = date(2026, 11, 21)
    told = bills.records(RETAILER, today)
    assert told == bills.records(RETAILER, today)
    assert max(r.day for r in told if isinstance(r, BillRecord)) == today - timedelta(days=1)
    assert bills.BILLED in {story.slug for story in CLIENTS}
