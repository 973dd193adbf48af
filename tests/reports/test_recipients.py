"""Who gets reports is settled on a page; who does not want them stays away until they say otherwise themselves."""

from typing import Any

import pytest
from django.test import Client as Browser

from clients.models import Client
from clients.tenancy import scope
from reports.models import Recipient
from reports.views_recipients import MOST
from tests.conftest import rows

pytestmark = pytest.mark.usefixtures("runtime_role")
PAGE = "/c/acme/recipients/"


@pytest.fixture
def browser(manager: Any) -> Browser:
    one = Browser()
    one.force_login(manager)
    return one


def on_the_list(client: Client) -> list[str]:
    with scope(client):
        return [r.email for r in Recipient.objects.on_the_list()]


def test_somebody_is_put_on_the_list_and_taken_off_and_put_back(browser: Browser, client_row: Client) -> None:
    assert browser.post(PAGE, {"email": " CEO@acme.example", "name": "Theo"}).status_code == 302
    assert on_the_list(client_row) == ["ceo@acme.example"]
    assert "is on the list already" in browser.post(PAGE, {"email": "ceo@ACME.example"}).content.decode()
    one = Recipient.objects.using("owner").get()
    assert browser.post(f"{PAGE}{one.public_id}/remove/").status_code == 302
    assert on_the_list(client_row) == []
    assert browser.post(PAGE, {"email": "ceo@acme.example"}).status_code == 302
    assert on_the_list(client_row) == ["ceo@acme.example"]
    assert rows("SELECT count(*) FROM reports_recipient") == [(1,)]


def test_who_unsubscribed_comes_back_only_by_their_own_link(browser: Browser, client_row: Client) -> None:
    browser.post(PAGE, {"email": "ceo@acme.example"})
    one = Recipient.objects.using("owner").get()
    link, anybody = f"/unsubscribe/{one.unsubscribe_token}/", Browser()
    anybody.post(link, {"List-Unsubscribe": "One-Click"})
    assert on_the_list(client_row) == []
    assert "Unsubscribed" in browser.get(PAGE).content.decode()
    # Neither adding nor taking off and adding brings them back.
    browser.post(f"{PAGE}{one.public_id}/remove/")
    told = browser.post(PAGE, {"email": "ceo@acme.example"})
    assert (told.status_code, on_the_list(client_row)) == (422, [])
    assert "only they can come back" in told.content.decode()
    with scope(client_row):
        Recipient.objects.update(removed_at=None)
    assert "Send them to me again" in anybody.get(link).content.decode()
    assert "again" in anybody.post(link, {"again": "1"}).content.decode()
    assert on_the_list(client_row) == ["ceo@acme.example"]


def test_their_link_does_not_undo_that_the_practice_took_them_off(browser: Browser, client_row: Client) -> None:
    browser.post(PAGE, {"email": "ceo@acme.example"})
    one = Recipient.objects.using("owner").get()
    browser.post(f"{PAGE}{one.public_id}/remove/")
    assert (
        "took ceo@acme.example off"
        in Browser().post(f"/unsubscribe/{one.unsubscribe_token}/", {"again": "1"}).content.decode()
    )
    assert on_the_list(client_row) == []


@pytest.mark.parametrize("typed", [{}, {"email": "nobody"}, {"email": "a@b.example", "name": "x" * 121}])
def test_what_is_no_address_is_refused(browser: Browser, typed: dict[str, str]) -> None:
    assert browser.post(PAGE, typed).status_code == 422
    assert rows("SELECT count(*) FROM reports_recipient") == [(0,)]


def test_a_list_has_an_end(browser: Browser, client_row: Client) -> None:
    with scope(client_row):
        for i in range(MOST):
            Recipient.objects.create(client=client_row, email=f"p{i}@acme.example")
    assert "mailing list of the client" in browser.post(PAGE, {"email": "more@acme.example"}).content.decode()
