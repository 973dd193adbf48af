"""Exchange rates by month: entered and corrected with a source, and never guessed."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from clients.exchange import Converted, converted
from clients.models import Client, ExchangeRate, Practice, User
from clients.tenancy import scope
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role")
RATES = "/p/northlight/rates/"
OCTOBER = date(2026, 10, 1)
TYPED = {"month": "2026-10", "base": "USD", "quote": "EUR", "rate": "0.9216", "source": "ECB, mean", "edition": "0"}


@pytest.fixture(autouse=True)
def friday(time_machine: Any) -> None:
    time_machine.move_to(NOW)


@pytest.fixture
def owner(practice: Practice) -> Browser:
    """Of a practice with a client that pays in euros."""
    factories.client(practice, "linden", currency="EUR")
    browser = Browser()
    browser.force_login(factories.member(practice, "owner", "ada@northlight.example"))
    return browser


def entered(
    practice: Practice, rate: str, base: str = "USD", quote: str = "EUR", month: date = OCTOBER
) -> ExchangeRate:
    by = User.objects.first() or factories.user("ada@northlight.example")
    return ExchangeRate.objects.using("owner").create(
        practice=practice, month=month, base=base, quote=quote, rate=Decimal(rate), source="ECB", entered_by=by
    )


def test_a_missing_rate_is_said_first_and_one_that_is_entered_stands_with_its_source(owner: Browser) -> None:
    assert "October 2026 has no rate between USD and EUR yet." in owner.get(RATES).content.decode()
    page = owner.post(RATES, TYPED, follow=True).content.decode()
    for part in (
        "1 USD = 0.9216 EUR",
        "ECB, mean",
        "Ada",
        "Each currency that clients pay in has its rate of October 2026.",
    ):
        assert part in page
    assert "Exchange rate added" in owner.get("/p/northlight/changes/").content.decode()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"month": "2026-13"}, "“2026-13” is no month. Write it like 2026-10."),
        ({"month": "October"}, "is no month"),
        ({"month": "2026-12"}, "December 2026 has not begun"),
        ({"month": "0000-01"}, "is no month"),
        ({"month": ""}, "This field is required"),
        ({"quote": "USD"}, "Choose two different currencies."),
        ({"quote": "UER"}, "not one of the available choices"),
        ({"rate": "0"}, "greater than or equal to"),
        ({"rate": "-1"}, "greater than or equal to"),
        ({"rate": "NaN"}, "Enter a number"),
        ({"rate": "1e400"}, "no more than"),
        ({"rate": "0,92"}, "Enter a number"),
        ({"source": ""}, "This field is required"),
        ({"source": "x" * 201}, "at most 200 characters"),
    ],
)
def test_what_cannot_be_a_rate_is_refused_and_nothing_typed_is_lost(
    owner: Browser, typed: dict[str, str], words: str
) -> None:
    answer = owner.post(RATES, TYPED | typed)
    page = answer.content.decode()
    assert (answer.status_code, words in page) == (422, True)
    assert f'value="{(TYPED | typed)["rate"]}"' in page
    assert not ExchangeRate.objects.using("owner").exists()


@pytest.mark.parametrize("pair", [("USD", "EUR"), ("EUR", "USD")])
def test_a_month_has_one_rate_of_a_pair_in_whichever_direction(
    owner: Browser, practice: Practice, pair: tuple[str, str]
) -> None:
    entered(practice, "0.92")
    answer = owner.post(RATES, TYPED | {"base": pair[0], "quote": pair[1]})
    assert answer.status_code == 422
    assert "October 2026 has a rate of USD and EUR already: correct that." in answer.content.decode()
    with pytest.raises(IntegrityError, match="exchange_rate_once"):
        entered(practice, "1.08", *pair)


def test_a_correction_is_noted_with_what_it_was_and_the_second_of_two_learns_of_the_first(
    owner: Browser, practice: Practice
) -> None:
    address = f"{RATES}{entered(practice, '0.92').public_id}/"
    assert "October 2026, 1 USD = 0.92 EUR" in owner.get(address).content.decode()
    assert 'value="2026-10"' in owner.get(address).content.decode()
    assert 'value="0.92"' in owner.get(address).content.decode()
    assert owner.post(address, TYPED | {"rate": "0.93"}).status_code == 302
    told = owner.post(address, TYPED | {"rate": "0.94"})
    assert (told.status_code, "Somebody saved this while you were writing" in told.content.decode()) == (422, True)
    assert owner.post(address, TYPED | {"rate": "0"}).status_code == 422
    page = owner.get("/p/northlight/changes/").content.decode()
    assert "rate: 0.92 → 0.93" in page


def test_a_manager_reads_rates_and_enters_none_and_clients_people_have_no_such_page(
    owner: Browser, practice: Practice, client_row: Client
) -> None:
    row = entered(practice, "0.92")
    manager, executive = Browser(), Browser()
    manager.force_login(factories.member(client_row, "program_manager"))
    executive.force_login(factories.member(client_row, "executive"))
    page = manager.get(RATES).content.decode()
    assert "0.92" in page
    assert "Enter the rate" not in page
    assert [manager.post(at, TYPED).status_code for at in (RATES, f"{RATES}{row.public_id}/")] == [403, 403]
    assert executive.get(RATES).status_code == 404


def test_another_practices_rates_are_not_there(owner: Browser, practice: Practice) -> None:
    elsewhere = factories.practice("southgate")
    row = entered(elsewhere, "0.55")
    assert "0.55" not in owner.get(RATES).content.decode()
    assert owner.get(f"{RATES}{row.public_id}/").status_code == 404
    theirs = factories.client(elsewhere, "rival")
    with scope(factories.client(practice, "acme")):
        assert converted(elsewhere, Decimal(1), "USD", "EUR", OCTOBER) is None
    with scope(theirs):
        assert converted(elsewhere, Decimal(1), "USD", "EUR", OCTOBER) is not None


def test_where_all_is_in_dollars_no_rate_is_asked_for(client_row: Client) -> None:
    browser = Browser()
    browser.force_login(factories.member(client_row.practice, "owner"))
    page = browser.get(RATES).content.decode()
    assert "Everything is in US dollars: no rate is needed." in page
    assert "Enter the rate" not in page


def test_the_list_keeps_its_filter_and_asks_as_much_of_many_as_of_few(owner: Browser, practice: Practice) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert owner.get(RATES, {"currency": "EUR"}).status_code == 200
        return len(asked)

    entered(practice, "0.92")
    few = queries()
    for number in range(40):
        entered(practice, "0.9", month=date(2020 + number // 12, number % 12 + 1, 1))
    assert queries() == few <= 22
    assert "?currency=EUR&amp;page=2" in owner.get(RATES, {"currency": "EUR"}).content.decode()
    for asked in ({"page": "0"}, {"page": "x"}, {"currency": "UER"}):
        assert owner.get(RATES, asked).status_code == 200


def test_money_is_converted_by_its_own_months_rate_or_its_inverse_and_never_by_another(practice: Practice) -> None:
    client = factories.client(practice, "linden", currency="EUR")
    entered(practice, "0.8")
    entered(practice, "1.25", "GBP", "USD")
    with scope(client):

        def turned(base: str, quote: str, day: date = date(2026, 10, 31)) -> Converted | None:
            return converted(practice, Decimal(100), base, quote, day)

        assert turned("USD", "EUR") == Converted(Decimal("80.0"), Decimal("0.8"), "ECB")
        assert turned("EUR", "USD") == Converted(Decimal(125), Decimal("1.25"), "ECB")
        assert turned("EUR", "EUR") == Converted(Decimal(100), Decimal(1), "")
        # Neither the month before or after, nor the way over dollars.
        assert turned("USD", "EUR", date(2026, 11, 1)) is turned("USD", "EUR", date(2026, 9, 30)) is None
        assert turned("GBP", "EUR") is None


@given(
    amount=st.decimals(0, 10**9, places=2, allow_nan=False),
    rate=st.decimals("0.0001", 10**4, places=6, allow_nan=False),
)
def test_there_and_back_is_the_same_money(amount: Decimal, rate: Decimal) -> None:
    row = ExchangeRate(base="USD", quote="EUR", rate=rate, source="ECB")
    there = row.turn(amount, "USD")
    back = row.turn(there[0], "EUR")
    assert back[0].quantize(Decimal("0.01")) == amount
    assert abs(there[1] * back[1] - 1) < Decimal("1e-20")
