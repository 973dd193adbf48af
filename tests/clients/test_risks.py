"""The register of risks and scouting: one item, many clients, and none of them learns of another."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients import risks
from clients.models import Client, Concern, ConcernStatus, RiskItem, RiskNote
from clients.tenancy import scope
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role", "_friday")
REGISTER = "/p/northlight/risks/"
TYPED: dict[str, Any] = {
    "title": "Model gpt-4 is switched off in March",
    "kind": "deprecation",
    "severity": "3",
    "status": "open",
    "due": "2026-12-01",
    "link": "https://vendor.example/deprecations",
    "words": "The model behind your chat ends in March; a newer one is being tried.",
    "clients": ["acme"],
}


@pytest.fixture
def _friday(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def browser_of(of: Any, role: str, email: str) -> Browser:
    made = Browser()
    made.force_login(factories.member(of, role, email))
    return made


@pytest.fixture
def owner(client_row: Client, other_client: Client) -> Browser:
    return browser_of(client_row.practice, "owner", "ada@northlight.example")


@pytest.fixture
def manager_browser(client_row: Client) -> Browser:
    return browser_of(client_row, "program_manager", "mara@northlight.example")


@pytest.fixture
def executive(client_row: Client) -> Browser:
    return browser_of(client_row, "executive", "theo@acme.example")


def item(**fields: Any) -> RiskItem:
    return RiskItem.objects.using("owner").get(**fields)


def concern_of(client: Client, of: RiskItem) -> Concern:
    return Concern.objects.using("owner").get(client=client, item=of)


def page(browser: Browser, address: str, **asked: str) -> str:
    answer = browser.get(address, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_item_is_written_once_and_each_client_reads_its_own_part(
    owner: Browser, executive: Browser, client_row: Client, other_client: Client
) -> None:
    assert owner.post(REGISTER + "new/", TYPED | {"clients": ["acme", "zenith"]}).status_code == 302
    made = item()
    address = f"/c/acme/risks/{concern_of(client_row, made).public_id}/"
    told = {
        "status": "affected",
        "note": "The chat runs on it.",
        "evidence": "https://acme.example/run/7",
        "edition": "0",
    }
    assert owner.post(address + "edit/", told).status_code == 302
    theirs = page(executive, address)
    for words in (TYPED["words"], "The chat runs on it.", "Affected", "acme.example/run/7"):
        assert words in theirs
    listed = page(executive, "/c/acme/risks/")
    assert "1 risk affects Acme, and everything else is checked." in listed
    assert "Zenith" not in theirs + listed
    assert executive.get(f"/c/acme/risks/{concern_of(other_client, made).public_id}/").status_code == 404
    assert executive.get(f"{REGISTER}{made.public_id}/").status_code == 404


def test_while_an_item_has_no_words_no_client_sees_it(owner: Browser, executive: Browser, client_row: Client) -> None:
    owner.post(REGISTER + "new/", TYPED | {"words": ""})
    made = item()
    address = f"/c/acme/risks/{concern_of(client_row, made).public_id}/"
    assert executive.get(address).status_code == 404
    assert TYPED["title"] not in page(executive, "/c/acme/risks/")
    assert "no words for the client yet" in page(owner, "/c/acme/risks/")
    owner.post(f"{REGISTER}{made.public_id}/edit/", TYPED | {"edition": "0"})
    assert TYPED["words"] in page(executive, address)


def test_the_database_itself_shows_a_clients_people_only_what_concerns_them(
    owner: Browser, client_row: Client, other_client: Client
) -> None:
    owner.post(REGISTER + "new/", TYPED)
    owner.post(REGISTER + "new/", TYPED | {"title": "Of Zenith alone", "clients": ["zenith"]})
    owner.post(REGISTER + "new/", TYPED | {"title": "Without words", "words": ""})
    owner.post(f"{REGISTER}{item(title=TYPED['title']).public_id}/note/", {"text": "Zenith has it too."})
    dana = factories.member(client_row, "executive", "dana@acme.example")
    with scope(dana):
        assert [row.title for row in RiskItem.objects.all()] == [TYPED["title"]]
        assert not RiskNote.objects.exists()
        assert [row.client_id for row in Concern.objects.all()] == [client_row.pk] * 2


def test_a_manager_sees_and_adds_only_the_clients_they_look_after(
    owner: Browser, manager_browser: Browser, client_row: Client, other_client: Client
) -> None:
    owner.post(REGISTER + "new/", TYPED | {"clients": ["zenith"]})
    made = item()
    address = f"{REGISTER}{made.public_id}/"
    assert "Zenith" not in page(manager_browser, address) + page(manager_browser, REGISTER)
    assert manager_browser.post(address + "concern/", {"clients": ["acme", "zenith"]}).status_code == 302
    assert Concern.objects.using("owner").filter(item=made).count() == 2
    again = manager_browser.post(address + "concern/", {"clients": ["acme"]}, follow=True).content.decode()
    assert "Nothing was added" in again
    assert Concern.objects.using("owner").filter(item=made).count() == 2


def test_a_concern_never_points_at_another_practices_item(client_row: Client) -> None:
    elsewhere = factories.practice("southgate")
    theirs = RiskItem.objects.using("owner").create(practice=elsewhere, kind="bias", title="Theirs", words="Secret")
    with pytest.raises(IntegrityError, match="item_id_of_tenant"), scope(client_row):
        Concern.objects.create(practice_id=client_row.practice_id, client=client_row, item_id=theirs.pk)


def test_what_was_found_out_stays_as_it_was_written(owner: Browser, client_row: Client) -> None:
    owner.post(REGISTER + "new/", TYPED)
    address = f"{REGISTER}{item().public_id}/"
    assert (
        owner.post(address + "note/", {"text": "<script>alert(1)</script>", "link": "https://a.example"}).status_code
        == 302
    )
    assert "&lt;script&gt;alert(1)" in page(owner, address)
    refused = owner.post(address + "note/", {"text": "kept", "link": "javascript:alert(1)"})
    assert refused.status_code == 422
    assert ">kept</textarea>" in refused.content.decode().replace("\n", "")
    ada = factories.member(client_row.practice, "owner", "eve@northlight.example")
    with pytest.raises(ProgrammingError, match="permission denied"), scope(ada):
        RiskNote.objects.update(text="Never said.")


def test_the_list_says_first_what_is_overdue_and_is_narrowed_in_the_address(owner: Browser) -> None:
    owner.post(REGISTER + "new/", TYPED | {"due": "2026-11-01"})
    owner.post(
        REGISTER + "new/", TYPED | {"title": "A smaller model", "kind": "model", "due": "", "clients": ["zenith"]}
    )
    owner.post(REGISTER + "new/", TYPED | {"title": "Settled", "status": "closed"})
    page(owner, REGISTER)  # takes away what was said of each
    everything = page(owner, REGISTER)
    assert "1 item of the register is overdue." in everything
    assert "Settled" not in everything
    assert "Settled" in page(owner, REGISTER, status="closed")
    for asked, shown in (
        ({"what": "scouting"}, "A smaller"),
        ({"client": "acme"}, "gpt-4"),
        ({"words": "GPT"}, "gpt-4"),
    ):
        narrowed = page(owner, REGISTER, **asked)
        assert [name for name in ("A smaller", "gpt-4") if name in narrowed] == [shown]
    for asked in ({"what": "x"}, {"severity": "9"}, {"client": "nobody"}, {"page": "-1"}, {"status": "x"}):
        assert owner.get(REGISTER, asked).status_code == 200


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"title": ""}, "This field is required"),
        ({"due": "2026-02-30"}, "Enter a valid date"),
        ({"link": "javascript:alert(1)"}, "Enter a valid URL"),
        ({"severity": "9"}, "not one of the available choices"),
        ({"words": "x" * 2001}, "at most 2000 characters"),
        ({"clients": ["nobody"]}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_typed_is_lost(owner: Browser, typed: dict[str, Any], words: str) -> None:
    answer = owner.post(REGISTER + "new/", TYPED | {"words": "kept words"} | typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "words" in typed or "kept words" in answer.content.decode()
    assert not RiskItem.objects.using("owner").exists()


def test_of_two_who_change_an_item_at_once_the_second_learns_of_the_first(owner: Browser) -> None:
    owner.post(REGISTER + "new/", TYPED)
    address = f"{REGISTER}{item().public_id}/edit/"
    assert owner.post(address, TYPED | {"title": "First", "edition": "0"}).status_code == 302
    told = owner.post(address, TYPED | {"title": "Second", "edition": "0"})
    assert (told.status_code, item().title) == (422, "First")
    assert "Somebody saved this while you were writing" in told.content.decode()


def test_what_never_concerned_a_client_is_taken_off_and_the_trail_keeps_it(owner: Browser, client_row: Client) -> None:
    owner.post(REGISTER + "new/", TYPED)
    row = concern_of(client_row, item())
    assert owner.post(f"/c/acme/risks/{row.public_id}/edit/", {"do": "remove"}).status_code == 302
    assert item().title == TYPED["title"]
    assert not Concern.objects.using("owner").exists()
    assert "Concern of a client of Acme removed" in page(owner, "/p/northlight/changes/")


@pytest.mark.parametrize("address", [REGISTER, "/c/acme/risks/"])
def test_a_page_asks_as_much_of_many_items_as_of_few(owner: Browser, client_row: Client, address: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            page(owner, address)
        return len(asked)

    def add(number: int) -> None:
        owner.post(REGISTER + "new/", TYPED | {"title": f"Item {number}"})

    add(0)
    queries()
    few = queries()
    for number in range(1, 60):
        add(number)
    assert queries() <= few <= 24
    assert "?page=2" in page(owner, address)


def test_the_worst_of_a_client_is_told_first(client_row: Client) -> None:
    def row(status: str, kind: str = "security", **fields: Any) -> Concern:
        return Concern(status=status, item=RiskItem(kind=kind, **fields))

    assert risks.client_sentence(client_row, []) == "No open risk affects Acme."
    unchecked = [row(ConcernStatus.UNCHECKED), row(ConcernStatus.AFFECTED, kind="model")]
    assert risks.client_sentence(client_row, unchecked) == "Nothing is known to affect Acme; 1 is still to be checked."
    both = [*unchecked, row(ConcernStatus.AFFECTED), row(ConcernStatus.AFFECTED)]
    assert risks.client_sentence(client_row, both) == "2 risks affect Acme, and 1 is still to be checked."


def test_only_what_is_open_can_be_overdue() -> None:
    yesterday = NOW.date() - timedelta(days=1)
    assert RiskItem(due=yesterday).is_overdue(NOW.date())
    assert not RiskItem(due=yesterday, status="closed").is_overdue(NOW.date())
    assert not RiskItem(due=NOW.date()).is_overdue(NOW.date())
