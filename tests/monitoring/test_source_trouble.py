"""A source in trouble says so on the client's pages, in words, until something arrives again; the data stays as it was."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse

from clients.models import Client, User
from monitoring.doors import authenticate
from monitoring.models import Source
from tests import factories
from tests.conftest import NOW, rows

pytestmark = pytest.mark.usefixtures("runtime_role")


@pytest.fixture
def page(manager: User, client_row: Client) -> object:
    browser = Browser()
    assert browser.login(email=manager.email, password=factories.PASSWORD)
    return lambda: browser.get(reverse("sources", args=["acme"])).content.decode()


def test_a_refused_request_is_shown_and_the_next_good_one_ends_it(client_row: Client, page: object) -> None:
    token = factories.token(client_row)
    headers = {"Authorization": f"Bearer {token}"}
    before = rows("SELECT count(*) FROM monitoring_span")
    answer = Browser().post("/v1/traces", b"{not json", content_type="application/json", headers=headers)
    assert answer.status_code == 400
    shown = page()  # type: ignore[operator]
    assert "A request was refused and nothing of it stored" in shown
    assert token not in shown
    assert rows("SELECT count(*) FROM monitoring_span") == before
    factories.calls(client_row, [factories.span(1, NOW)], by=authenticate(token))
    assert "was refused" not in page()  # type: ignore[operator]


def test_refused_rows_of_a_file_are_counted_on_the_page(client_row: Client, page: object, tmp_path: Path) -> None:
    file = tmp_path / "calls.csv"
    file.write_text(f"at,model,latency\n{NOW:%Y-%m-%dT%H:%M:%SZ},gpt-4,1.5\nyesterday,gpt-4,1\n")
    with pytest.raises(SystemExit):
        call_command("import_calls", str(file), client="acme", system="Bot")
    assert "1 rows of calls.csv were refused" in page()  # type: ignore[operator]
    assert rows("SELECT count(*) FROM monitoring_span") == [(1,)]


@pytest.fixture
def refused(client_row: Client, tmp_path: Path) -> Source:
    """The source of a file of which one row was refused."""
    file = tmp_path / "calls.csv"
    file.write_text(f"at,model,latency\n{NOW:%Y-%m-%dT%H:%M:%SZ},gpt-4,1.5\nyesterday,gpt-4,1\n")
    with pytest.raises(SystemExit):
        call_command("import_calls", str(file), client="acme", system="Bot")
    return Source.objects.using("owner").get(client=client_row)


def test_the_list_of_clients_does_not_call_a_half_refused_file_a_stopped_source(manager: User, refused: Source) -> None:
    browser = Browser()
    assert browser.login(email=manager.email, password=factories.PASSWORD)
    listed = browser.get("/?all").content.decode()
    assert "Acme" in listed
    assert "stopped" not in listed
    assert "cannot be read" not in listed


def test_what_somebody_has_seen_is_cleared_and_what_came_since_is_not(
    manager: User, refused: Source, page: object
) -> None:
    browser = Browser()
    assert browser.login(email=manager.email, password=factories.PASSWORD)
    address = reverse("source-seen", args=["acme", refused.public_id])
    assert "I have seen it" in page()  # type: ignore[operator]
    browser.post(address, {"error": "1 rows of another.csv were refused"})
    assert refused.error in page()  # type: ignore[operator]
    browser.post(address, {"error": refused.error})
    cleared = page()  # type: ignore[operator]
    assert refused.error not in cleared
    assert "I have seen it" not in cleared
