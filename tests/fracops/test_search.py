"""Search: by words of a thing or its client, only what the person may read, in a constant number of queries."""

import itertools
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients import handbook
from clients.models import Client, HandbookPage
from clients.tenancy import scope
from reports.models import Report, State
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role")


@pytest.fixture(autouse=True)
def friday(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def browsing(of: Any, role: str) -> Browser:
    made = Browser()
    made.force_login(factories.member(of, role))
    return made


def filled(client: Client) -> None:
    """One of each kind with the word “alpine” in its name."""
    factories.opportunity(client, title="Alpine returns", visible=False)
    factories.opportunity(client, title="Alpine chat")
    factories.source(client, "Alpine feed")
    with scope(client):
        page = HandbookPage.objects.create(client=client, kind="policy", title="Alpine data")
        handbook.write(page, "Alpine data stays.", by="Mara", now=NOW)
        Report.objects.create(
            client=client, kind="pulse", period_start="2026-10-23", period_end="2026-10-30", due_at=NOW,
            state=State.COMPOSED,
        )  # fmt: skip


def names(person: Browser, words: str) -> list[str]:
    page = person.get("/search/", {"q": words, "part": "list"}).content.decode()
    return re.findall(r'data-name="([^"]+)"', page)


def test_each_kind_is_found_by_its_name(client_row: Client) -> None:
    filled(client_row)
    person = browsing(client_row.practice, "owner")
    assert names(person, "ALPINE") == ["Alpine chat", "Alpine returns", "Alpine data", "Alpine feed"]
    assert names(person, "acme charter") == ["Charter"]
    assert names(person, "acme") == ["Acme"]
    assert names(person, "pulse 2026-w44") == ["Pulse 2026-W44"]
    assert names(person, "start timer") == ["Start timer"]
    assert names(person, "owner-north") == ["Owner-Northlight"]
    assert names(person, "alpine nothing") == []


def test_what_is_found_is_there(client_row: Client) -> None:
    filled(client_row)
    person = browsing(client_row.practice, "owner")
    for words in ("acme charter", "alpine feed", "alpine chat", "log work", "owner"):
        page = person.get("/search/", {"q": words, "part": "list"}).content.decode()
        links = re.findall(r'href="([^"]+)"', page)
        assert links
        assert all(person.get(link).status_code == 200 for link in links), words


@pytest.mark.parametrize("role", ["program_manager", "executive", "contributor"])
def test_another_clients_words_never_show(client_row: Client, other_client: Client, role: str) -> None:
    filled(other_client)
    person = browsing(client_row, role)
    for words in ("alpine", "zenith", "zenith charter", "pulse"):
        assert "Zenith" not in person.get("/search/", {"q": words}).content.decode()
        assert not {name for name in names(person, words) if "Alpine" in name or "W44" in name}


def test_a_role_finds_only_what_it_may_read(client_row: Client) -> None:
    filled(client_row)
    executive, contributor = browsing(client_row, "executive"), browsing(client_row, "contributor")
    assert names(executive, "alpine") == ["Alpine chat", "Alpine data", "Alpine feed"]
    assert names(contributor, "alpine") == ["Alpine chat", "Alpine feed"]
    assert names(contributor, "pulse") == []
    assert names(contributor, "cost") == []
    assert names(executive, "log work") == []
    assert names(executive, "executive") == []


def written(client: Client, kind: str, title: str, *texts: str) -> None:
    with scope(client):
        page = HandbookPage.objects.create(client=client, kind=kind, title=title)
        for text in texts:
            handbook.write(page, text, by="Mara", now=NOW)


def excerpts(person: Browser, words: str) -> list[str]:
    page = person.get("/search/", {"q": words, "part": "list"}).content.decode()
    return re.findall(r'<p class="meta excerpt">(.*?)</p>', page)


def test_the_handbook_is_found_by_what_its_newest_text_says(client_row: Client, other_client: Client) -> None:
    person = browsing(client_row.practice, "owner")
    written(
        client_row, "runbook", "Support bot", "Roll back by hand.", "## Alerts\n\nRefunds that stall: call **Theo**."
    )
    written(client_row, "decision", "Model of June", "We keep the large model, since refunds need care.")
    written(other_client, "policy", "Data", "Nothing about money.")
    assert names(person, "refund") == ["Model of June", "Support bot"] or names(person, "refund") == [
        "Support bot",
        "Model of June",
    ]
    assert names(person, "refund -model") == ["Support bot"]
    assert names(person, '"large model"') == ["Model of June"]
    assert names(person, "acme stall") == ["Support bot"]
    assert names(person, "zenith refund") == []
    assert names(person, "rolling hand") == []
    assert excerpts(person, "stall") == ["Alerts Refunds that <mark>stall</mark>: call Theo"]
    assert names(person, "june refunds") == []


def test_a_text_is_shown_safely(client_row: Client) -> None:
    person = browsing(client_row.practice, "owner")
    written(
        client_row, "policy", "Data", "<script>alert(1)</script> <b>refund</b> <mark>x</mark> & more \x02\x03 refund"
    )
    page = person.get("/search/", {"q": "refund"}).content.decode()
    assert "<script>alert" not in page
    assert "<b>" not in excerpts(person, "refund")[0]
    assert "<mark>refund</mark>" in excerpts(person, "refund")[0]
    assert "<mark>x</mark>" not in page
    for words in ('"', "refund or", "-", "a & b | !c", "refund:*", "(", "\\"):
        assert person.get("/search/", {"q": words}).status_code == 200, words


def test_a_text_is_found_by_who_may_read_it_only(client_row: Client, other_client: Client) -> None:
    written(client_row, "policy", "Data", "Refunds leave no trace.")
    assert names(browsing(client_row, "executive"), "trace") == ["Data"]
    assert names(browsing(client_row, "contributor"), "trace") == []
    assert names(browsing(other_client, "program_manager"), "trace") == []


@pytest.mark.parametrize("letters", ["abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщъыьэюя"])
def test_the_longest_text_of_ever_new_words_is_kept(client_row: Client, letters: str) -> None:
    every = ("".join(word) for word in itertools.product(letters, repeat=4))
    text = " ".join(itertools.islice(every, 40_000))
    assert len(text) >= 199_999
    written(client_row, "policy", "Long", text)
    assert names(browsing(client_row.practice, "owner"), text[:4]) == ["Long"]


@pytest.mark.parametrize("words", ["%", "_", "\\", "<script>", "a" * 5000, "\x00", "'; --", "🜁 ⸮"])
def test_no_words_break_it(client_row: Client, words: str) -> None:
    filled(client_row)
    answer = browsing(client_row.practice, "owner").get("/search/", {"q": words})
    # A zero byte is refused at the door, as everywhere.
    assert answer.status_code == (400 if words == "\x00" else 200)
    assert "“<script>" not in answer.content.decode()


def test_the_number_of_queries_does_not_grow(client_row: Client) -> None:
    filled(client_row)
    person = browsing(client_row.practice, "owner")
    names(person, "alpine")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            names(person, "alpine")
        return len(queries)

    before = asked()
    for number in range(5):
        filled(factories.client(client_row.practice, f"more-{number}"))
    assert asked() == before <= 23
