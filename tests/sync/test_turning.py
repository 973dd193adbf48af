"""A source whose settings are pointed at other data: it is asked what that means, its history is read, and what came before stays."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from clients.models import Client, User
from monitoring.connecting.kind import DAY
from monitoring.models import Source
from monitoring.sources import kinds
from monitoring.sync import run
from tests import factories
from tests.conftest import rows
from tests.sources.fakes.base import END, START
from tests.sources.fakes.phoenix import Fake, span
from tests.sync.conftest import now_of
from tests.sync.test_pages import Connect

pytestmark = pytest.mark.usefixtures("runtime_role")
ASKED = "These settings lead elsewhere"


@pytest.fixture
def browser(manager: User) -> Browser:
    signed_in = Browser()
    assert signed_in.login(email=manager.email, password=factories.PASSWORD)
    return signed_in


@pytest.fixture
def source(client_row: Client, phoenix: Fake, connect: Connect) -> Source:
    """A source that has read the project “default”; the same server has “support”, too, with calls of its own."""
    made = connect(client_row, phoenix)
    assert run.run(client_row.pk, made.pk)
    phoenix.projects.append("support")
    phoenix.rows = [span(100 + n, at) for n, at in enumerate((START, START + DAY, END))]
    phoenix.annotations = {"span": [], "trace": []}
    return made


def edited(browser: Browser, source: Source, **changed: str) -> Any:
    given = {"base_url": "https://phoenix.example", "project": "support", "api_key": "", **changed}
    sent = {f"set-{name}": value for name, value in given.items() if name != "meant"}
    address = reverse("source-edit", args=["acme", source.public_id])
    return browser.post(address, sent | ({"meant": given["meant"]} if "meant" in given else {}))


def test_it_is_asked_what_other_settings_mean_before_anything_changes(source: Source, browser: Browser) -> None:
    asked = edited(browser, source)
    said = asked.content.decode()
    assert asked.status_code == 422
    assert ASKED in said
    assert "you just entered" not in said
    assert "Leave empty to keep the one it has" in said
    assert "two projects would be one in its charts" in said
    assert "/c/acme/sources/connect/?kind=phoenix" in said
    assert now_of(source).settings["project"] == "default"


def test_other_data_is_read_from_its_history_on_and_what_came_before_stays(source: Source, browser: Browser) -> None:
    """Also in the newest days, which are compared with what the provider still has."""
    before = rows("SELECT span_id FROM monitoring_span ORDER BY 1")
    assert edited(browser, source, meant="other").status_code == 302
    after = rows("SELECT span_id FROM monitoring_span ORDER BY 1")
    assert set(before) < set(after)
    assert len(after) == len(before) + 3
    assert now_of(source).settings["project"] == "support"
    page = browser.get(reverse("source", args=["acme", source.public_id])).content.decode()
    assert "what came before stays" in page
    # Nor does a later sync take it away.
    assert run.run(source.client_id, source.pk, asked_by="person")
    assert rows("SELECT span_id FROM monitoring_span ORDER BY 1") == after


def test_the_same_data_under_another_name_is_not_read_again(source: Source, browser: Browser) -> None:
    done = now_of(source).done
    assert edited(browser, source, meant="same").status_code == 302
    stands = now_of(source)
    assert stands.settings["project"] == "support"
    assert stands.turned_at is None
    assert stands.done[0].start == done[0].start


def test_another_key_alone_asks_nothing_and_reads_nothing_again(
    source: Source, phoenix: Fake, browser: Browser
) -> None:
    phoenix.key = "renewed"
    assert edited(browser, source, project="default", api_key="renewed").status_code == 302
    assert now_of(source).turned_at is None


def test_what_was_never_read_is_changed_without_a_question(
    client_row: Client, phoenix: Fake, connect: Connect, browser: Browser
) -> None:
    phoenix.projects.append("support")
    assert edited(browser, connect(client_row, phoenix)).status_code == 302


def test_a_signature_or_a_user_that_is_renewed_is_no_other_data() -> None:
    focus, zendesk = kinds()["focus"].Settings, kinds()["zendesk"].Settings
    one, renewed, more = (
        focus(addresses=address)
        for address in ("https://a.example/1?sig=1", "https://a.example/1?sig=2", "https://a.example/2?sig=1")
    )
    assert one.points_at() == renewed.points_at() != more.points_at()
    users = [zendesk(subdomain="acme", user=user, secret="s") for user in ("one", "other")]
    assert users[0].points_at() == users[1].points_at()
