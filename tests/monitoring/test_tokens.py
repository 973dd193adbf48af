"""A source's token is renewed or withdrawn by a manager who was told what it stops, never at one click."""

import re

import pytest
from django.test import Client as Browser
from django.urls import reverse

from clients.models import Client, User
from monitoring.doors import authenticate
from monitoring.models import Source
from tests import factories

pytestmark = pytest.mark.usefixtures("runtime_role")


@pytest.fixture
def token(client_row: Client) -> str:
    return factories.token(client_row)


@pytest.fixture
def browser(manager: User, token: str) -> Browser:
    made = Browser()
    assert made.login(email=manager.email, password=factories.PASSWORD)
    return made


def address(of: Client, name: str) -> str:
    return reverse(name, args=[of.slug, Source.objects.using("owner").get(client=of).public_id])


def test_renewing_asks_first_and_says_what_stops(browser: Browser, client_row: Client, token: str) -> None:
    page = browser.get(address(client_row, "source-token")).content.decode()
    assert "Renew the token of App?" in page
    assert f"<code>…{token[-4:]}</code> stops working at once, and this cannot be undone" in page
    assert authenticate(token) is not None


def test_a_renewed_token_takes_the_old_ones_place(browser: Browser, client_row: Client, token: str) -> None:
    page = browser.post(address(client_row, "source-token")).content.decode()
    shown = re.search(r'id="new-token" value="(\S+)"', page)
    assert shown is not None
    assert authenticate(shown[1]) is not None
    assert authenticate(token) is None


def test_a_withdrawn_token_lets_nothing_in_and_the_source_can_have_another(
    browser: Browser, client_row: Client, token: str
) -> None:
    page = browser.post(address(client_row, "source-withdraw"), follow=True).content.decode()
    assert "The token of App is withdrawn" in page
    assert authenticate(token) is None
    assert "It has no token now" in browser.get(address(client_row, "source-token")).content.decode()
    assert "fo_" in browser.post(address(client_row, "source-token")).content.decode()


def test_no_link_on_the_sources_page_changes_a_token(browser: Browser, client_row: Client, token: str) -> None:
    page = browser.get(reverse("sources", args=["acme"])).content.decode()
    assert f'href="{address(client_row, "source-token")}"' in page
    assert f'action="{address(client_row, "source-token")}"' not in page
