"""A page that is not there says why where we know, and tells nothing of what belongs to others."""

import re
from typing import Any

import pytest
from django.test import Client as Browser

from clients.models import Client, User
from monitoring.models import Source
from tests import factories
from tests.conftest import NOW

GENERAL = "There is no such page, or it is not yours to see."


def said(browser: Browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 404
    found = re.search(r"<h1>(.*)</h1>", answer.content.decode())
    assert found is not None
    return found[1]


@pytest.fixture
def browser(manager: User, time_machine: Any) -> Browser:
    time_machine.move_to(NOW, tick=False)
    made = Browser()
    assert made.login(email=manager.email, password=factories.PASSWORD)
    return made


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("pulse/2026-W48/", "2026-W48 is not over"),
        ("pulse/2026-W99/", "2026 has no week 99"),
        ("pulse/2026-W44/pdf/", "There is no PDF of this period yet"),
        ("says-who/&lt;b&gt;/", "There is no metric “&amp;lt;b&amp;gt;”"),
    ],
)
def test_the_reason_is_on_the_page(browser: Browser, address: str, why: str) -> None:
    assert why in said(browser, f"/c/acme/{address}")


def test_a_cut_off_unsubscribe_link_is_explained_to_somebody_without_a_login(practice: object) -> None:
    page = Browser().get("/unsubscribe/cut-o/").content.decode()
    assert "It may have been cut off in the mail: copy it whole" in page
    assert "Back to your clients" not in page


@pytest.mark.parametrize("address", ["/c/acme/no-such-page/", "/nothing/", "/c/acme/sources/nothing/token/"])
def test_djangos_own_words_are_for_nobody(browser: Browser, address: str) -> None:
    assert said(browser, address) == GENERAL


def test_what_others_have_looks_like_what_is_not_there(browser: Browser, other_client: Client) -> None:
    factories.source(other_client)
    theirs = Source.objects.using("owner").get(client=other_client).public_id
    pages = {
        browser.get(f"/c/{address}").content
        for address in (
            "zenith/",
            "nobody/",
            "zenith/pulse/2026-W48/",
            "nobody/pulse/2026-W48/",
            f"zenith/sources/{theirs}/token/",
            f"acme/sources/{theirs}/token/",
            "acme/sources/nothing/token/",
        )
    }
    assert len(pages) == 1
