"""A source's newest data is the newest record it brought, however often the same rows are read again."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client as Browser
from django.urls import reverse

from clients.models import Client, User
from clients.tenancy import scope
from monitoring import ledger
from monitoring.doors import SourceRef
from monitoring.models import Source
from monitoring.records import BillRecord
from monitoring.sync import run
from tests import factories
from tests.sources.fakes.base import END
from tests.sources.fakes.openai import Fake as OpenAI
from tests.sources.fakes.phoenix import Fake, span
from tests.sync.conftest import LATER, now_of

pytestmark = pytest.mark.usefixtures("runtime_role")


def test_it_moves_when_something_newer_comes_and_not_when_the_same_is_read_again(
    client_row: Client, manager: User, phoenix: Fake, connect: Callable[..., Source], clock: Any
) -> None:
    source = connect(client_row, phoenix)
    run.run(client_row.pk, source.pk)
    assert now_of(source).newest_at == END
    clock.move_to(LATER + timedelta(hours=6), tick=False)
    run.run(client_row.pk, source.pk)
    stands = now_of(source)
    assert stands.newest_at == END
    assert stands.last_arrival_at is not None
    assert stands.last_arrival_at > LATER
    browser = Browser()
    assert browser.login(email=manager.email, password=factories.PASSWORD)
    said = f"{END.astimezone(ZoneInfo(client_row.zone)):%-d %B, %H:%M}"
    for page in (reverse("source", args=["acme", source.public_id]), "/c/acme/sources/"):
        assert said in browser.get(page).content.decode()
    phoenix.rows.append(span(77, LATER + timedelta(hours=6, minutes=30)))
    clock.move_to(LATER + timedelta(hours=7), tick=False)
    run.run(client_row.pk, source.pk)
    assert now_of(source).newest_at == LATER + timedelta(hours=6, minutes=30)


def test_of_a_bill_it_is_the_utc_day_in_every_zone(
    client_row: Client, manager: User, network: Any, connect: Callable[..., Source]
) -> None:
    network["api.openai.com"] = fake = OpenAI()
    source = connect(client_row, fake, "Bill")
    ref = SourceRef(source.pk, client_row.pk, source.public_id, source.kind)
    with scope(client_row):
        ledger.store(
            ref,
            [BillRecord(date(2026, 11, 5), "openai", Decimal(3)), BillRecord(date(2026, 11, 4), "openai", Decimal(1))],
        )
    assert now_of(source).newest_at == datetime(2026, 11, 5, tzinfo=UTC)
    browser = Browser()
    assert browser.login(email=manager.email, password=factories.PASSWORD)
    assert (
        "<dt>Newest data</dt><dd>5 November</dd>"
        in browser.get(f"/c/acme/sources/{source.public_id}/").content.decode()
    )
