"""A key that was entered survives its form being shown again, without a script: on the server, sealed, for a while, for one server."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse

from clients.models import Client, User
from tests import factories
from tests.conftest import rows
from tests.sources.fakes.phoenix import Fake
from tests.sync.conftest import now_of
from tests.sync.test_pages import CONNECT, Connect, form

pytestmark = pytest.mark.usefixtures("runtime_role")
JUST = "use the one you just entered"


@pytest.fixture
def browser(manager: User) -> Browser:
    signed_in = Browser()
    assert signed_in.login(email=manager.email, password=factories.PASSWORD)
    return signed_in


def sources() -> Any:
    return rows("SELECT count(*) FROM monitoring_source")[0][0]


def test_tried_and_started_without_pasting_it_twice(client_row: Client, phoenix: Fake, browser: Browser) -> None:
    tried = browser.post(CONNECT, form(phoenix, do="try")).content.decode()
    assert JUST in tried
    assert phoenix.key not in tried
    assert phoenix.key not in str(dict(browser.session))
    assert phoenix.key not in str(rows("SELECT * FROM django_session"))
    started = browser.post(CONNECT, form(phoenix, **{"set-api_key": ""}))
    assert started.status_code == 302
    assert sources() == 1
    assert "entered-key" not in browser.session


def test_a_name_that_is_missing_costs_no_key(client_row: Client, phoenix: Fake, browser: Browser) -> None:
    assert JUST in browser.post(CONNECT, form(phoenix, name="")).content.decode()
    assert browser.post(CONNECT, form(phoenix, **{"set-api_key": ""})).status_code == 302


def test_it_is_sent_to_no_other_server_than_it_was_entered_for(
    client_row: Client, phoenix: Fake, browser: Browser, network: Any
) -> None:
    thief = network["thief.example"] = Fake()
    browser.post(CONNECT, form(phoenix, do="try"))
    moved = {"set-base_url": "https://thief.example", "set-api_key": ""}
    answer = browser.post(CONNECT, form(phoenix, **moved))
    assert answer.status_code == 422
    assert "enter this again" in answer.content.decode()
    assert thief.seen == []


@pytest.mark.parametrize("gone", ["time", "page", "person"])
def test_it_is_forgotten(client_row: Client, manager: User, phoenix: Fake, browser: Browser, gone: str) -> None:
    browser.post(CONNECT, form(phoenix, do="try"))
    if gone == "time":
        cache.clear()
    elif gone == "page":
        browser.get(CONNECT)
    else:
        browser = Browser()
        assert browser.login(email=manager.email, password=factories.PASSWORD)
    phoenix.seen.clear()
    browser.post(CONNECT, form(phoenix, do="try", **{"set-api_key": ""}))
    assert phoenix.key not in str([request.headers for request in phoenix.seen])


def test_editing_keeps_the_new_key_while_another_field_is_mended(
    client_row: Client, phoenix: Fake, connect: Connect, browser: Browser
) -> None:
    source = connect(client_row, phoenix)
    address = reverse("source-edit", args=["acme", source.public_id])
    phoenix.key = "the-new-key"
    given = {"set-base_url": "https://phoenix.example", "set-project": "gone", "set-api_key": phoenix.key}
    refused = browser.post(address, given).content.decode()
    assert JUST in refused
    assert phoenix.key not in refused
    mended = browser.post(address, {**given, "set-project": "default", "set-api_key": ""})
    assert mended.status_code == 302
    assert now_of(source).error == ""
