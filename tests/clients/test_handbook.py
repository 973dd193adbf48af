"""The handbook: pages with versions that nobody can change, decisions that are superseded, policies that a client approves."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from clients import handbook
from clients.models import Client, HandbookPage, PageKind, PageVersion, System
from clients.tenancy import scope
from clients.views.handbook import PageForm
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role")
BOOK = "/c/acme/handbook/"


@pytest.fixture
def browser(client_row: Client) -> Browser:
    made = Browser()
    made.force_login(factories.member(client_row, "program_manager", "mara@firm.example"))
    return made


def as_executive(client_row: Client) -> Browser:
    made = Browser()
    made.force_login(factories.member(client_row, "executive", "dana@acme.example"))
    return made


def only(client_row: Client, kind: str) -> HandbookPage:
    return HandbookPage.objects.using("owner").get(client=client_row, kind=kind)


def texts(page: HandbookPage) -> list[str]:
    return list(
        PageVersion.objects.using("owner").filter(page_id=page.pk).order_by("number").values_list("text", flat=True)
    )


def address(page: HandbookPage, more: str = "") -> str:
    return f"{BOOK}{page.public_id}/{more}"


def test_the_context_page_is_written_once_and_opened_after(client_row: Client, browser: Browser) -> None:
    assert "Five minutes instead of thirty" in browser.get(BOOK).content.decode()
    assert "Last thoughts" in browser.get(f"{BOOK}new/context/").content.decode()
    assert browser.post(f"{BOOK}new/context/", {"text": "## Now\n\nThe *bot* runs."}).status_code == 302
    page = only(client_row, PageKind.CONTEXT)
    assert "The <em>bot</em> runs." in browser.get(BOOK).content.decode()
    assert browser.get(f"{BOOK}new/context/").headers["Location"] == address(page, "edit/")


def test_each_save_is_a_version_and_what_it_changed_is_shown(client_row: Client, browser: Browser) -> None:
    browser.post(f"{BOOK}new/context/", {"text": "One\nTwo"})
    page = only(client_row, PageKind.CONTEXT)
    for edition, text in (("0", "One\nThree"), ("1", "One\nThree")):
        assert (
            browser.post(address(page, "edit/"), {"text": text, "edition": edition, "note": "Three"}).status_code == 302
        )
    assert texts(page) == ["One\nTwo", "One\nThree"]  # saved unchanged, nothing is added
    shown = browser.get(address(page, "changes/"), {"version": "2"}).content.decode()
    assert "<del>Two" in shown
    assert "<ins>Three" in shown
    old = browser.get(address(page), {"version": "1"}).content.decode()
    assert "This is an older version." in old
    assert "Two" in old


def test_of_two_who_write_at_once_the_second_loses_nothing(client_row: Client, browser: Browser) -> None:
    browser.post(f"{BOOK}new/context/", {"text": "Start"})
    page = only(client_row, PageKind.CONTEXT)
    browser.post(address(page, "edit/"), {"text": "First", "edition": "0"})
    told = browser.post(address(page, "edit/"), {"text": "Second", "edition": "0"})
    assert told.status_code == 422
    assert "Somebody saved this while you were writing" in told.content.decode()
    assert "Second</textarea>" in told.content.decode()
    assert "First</pre>" in told.content.decode()
    assert texts(page) == ["Start", "First"]


@pytest.mark.parametrize("kind", ["context", "rights"])
def test_of_two_who_write_the_first_version_the_second_loses_nothing(
    client_row: Client, browser: Browser, kind: str
) -> None:
    browser.post(f"{BOOK}new/{kind}/", {"text": "First", "edition": "0"})
    told = browser.post(f"{BOOK}new/{kind}/", {"text": "Second", "edition": "0"})
    page = only(client_row, PageKind(kind))
    said = told.content.decode()
    assert told.status_code == 422
    assert "wrote this page while you were writing: it stands below" in said
    assert "Second</textarea>" in said
    assert "First</pre>" in said
    assert f'action="{address(page, "edit/")}"' in said
    assert f'name="edition" value="{page.edition}"' in said
    assert texts(page) == ["First"]
    merged = {"text": "First and second", "edition": str(page.edition)}
    assert browser.post(address(page, "edit/"), merged).status_code == 302
    assert texts(page) == ["First", "First and second"]


def test_who_writes_it_a_moment_after_the_form_looked_is_told_the_same(client_row: Client) -> None:
    with scope(client_row):
        system = System.objects.create(client=client_row, name="Bot")
        for kind, of in ((PageKind.CONTEXT, {}), (PageKind.RIGHTS, {}), (PageKind.RUNBOOK, {"system": system.pk})):
            both = [
                PageForm(HandbookPage(client=client_row, kind=kind, title="T"), "", {"text": text, **of})
                for text in ("First", "Second")
            ]
            assert all(form.is_valid() for form in both)
            assert [form.store() for form in both] == [True, False]
            assert HandbookPage.objects.in_the_way_of(both[1].instance) == both[0].instance
            assert "Somebody wrote this page just now" in str(both[1].non_field_errors())


def test_a_decision_is_never_changed_but_superseded_once(client_row: Client, browser: Browser) -> None:
    typed = {"title": "Stay on the small model", "decided_on": "2026-01-05", "text": "It is good enough."}
    assert browser.post(f"{BOOK}new/decision/", typed).status_code == 302
    old = only(client_row, PageKind.DECISION)
    assert browser.post(address(old, "edit/"), {"text": "Never said."}).status_code == 404
    replace = f"{BOOK}new/decision/?supersedes={old.public_id}"
    later = {"title": "Move to the large model", "decided_on": "2026-02-05", "text": "It was not."}
    assert browser.post(replace, later).status_code == 302
    assert "superseded by" in browser.get(address(old)).content.decode()
    again = browser.post(replace, later | {"title": "Third"})
    assert again.status_code == 422
    page = again.content.decode()
    assert "was superseded already, by “Move to the large model”" in page
    assert "action=" not in page.split('aria-label="Text"')[1].split(">")[1], (
        "what was typed is sent where it was typed"
    )
    assert HandbookPage.objects.using("owner").filter(client=client_row).count() == 2
    with scope(client_row):
        assert handbook.write(HandbookPage.objects.get(pk=old.pk), "Never said.", by="x", now=NOW) is None


@pytest.mark.parametrize("tamper", [lambda q: q.update(text="Never said."), lambda q: q.delete()])
def test_the_database_keeps_versions_as_they_are(client_row: Client, browser: Browser, tamper: Any) -> None:
    browser.post(f"{BOOK}new/context/", {"text": "Said"})
    with pytest.raises(ProgrammingError, match="permission denied"), scope(client_row):
        tamper(PageVersion.objects.all())


def test_a_policy_is_approved_in_the_version_that_was_read(client_row: Client, browser: Browser) -> None:
    typed = {"title": "Data handling", "accountable": "Dana", "review_on": "2027-01-31", "text": "No names in prompts."}
    browser.post(f"{BOOK}new/policy/", typed)
    page = only(client_row, PageKind.POLICY)
    executive = as_executive(client_row)
    assert "Approve version 1" in executive.get(address(page)).content.decode()
    browser.post(address(page, "edit/"), typed | {"text": "Names are fine.", "edition": "0"})
    told = executive.post(address(page, "approve/"), {"version": "1"}, follow=True).content.decode()
    assert "It was changed while you read it" in told
    assert only(client_row, PageKind.POLICY).approved_version is None
    assert executive.post(address(page, "approve/"), {"version": "2"}).status_code == 302
    approved = only(client_row, PageKind.POLICY)
    assert (approved.approved_version, approved.approved_by) == (2, "Dana")
    assert browser.post(address(page, "approve/"), {"version": "2"}).status_code == 403


def test_a_system_without_a_runbook_is_named_and_has_one_at_most(client_row: Client, browser: Browser) -> None:
    with scope(client_row):
        bot = System.objects.create(client=client_row, name="Bot")
    assert "1 system of Acme has no runbook: Bot." in browser.get(BOOK).content.decode()
    assert browser.post(f"{BOOK}new/runbook/", {"system": bot.pk, "text": "Stop it."}).status_code == 302
    assert "Every system of Acme has a runbook." in browser.get(BOOK).content.decode()
    again = browser.post(f"{BOOK}new/runbook/", {"system": bot.pk, "text": "Stop it."})
    assert "Bot has a runbook already" in again.content.decode()
    assert "Stop it.</pre>" in again.content.decode()
    assert "Stop it.</textarea>" in again.content.decode()


def test_another_clients_system_and_page_are_not_there(
    client_row: Client, other_client: Client, browser: Browser
) -> None:
    with scope(other_client):
        theirs = System.objects.create(client=other_client, name="Theirs")
        page = HandbookPage.objects.create(client=other_client, kind=PageKind.CONTEXT, title="Secret")
        handbook.write(page, "Secret", by="x", now=NOW)
    refused = browser.post(f"{BOOK}new/runbook/", {"system": theirs.pk, "text": "x"})
    assert refused.status_code == 422
    assert "Theirs" not in refused.content.decode()
    for more in ("", "edit/", "changes/"):
        assert browser.get(address(page, more)).status_code == 404


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        ("context", {"text": ""}, "This field is required"),
        ("context", {"text": "x" * 200_001}, "at most 200000 characters"),
        ("decision", {"title": "T", "decided_on": "2099-01-01", "text": "x"}, "not made yet is a question"),
        ("decision", {"title": "T", "decided_on": "yesterday", "text": "kept text"}, "kept text"),
        ("policy", {"title": "T", "accountable": "", "review_on": "2027-01-01", "text": "x"}, "This field is required"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_typed_is_lost(
    client_row: Client, browser: Browser, kind: str, typed: dict[str, str], words: str
) -> None:
    answer = browser.post(f"{BOOK}new/{kind}/", typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not HandbookPage.objects.using("owner").filter(client=client_row).exists()


def test_a_script_in_a_page_is_only_text(client_row: Client, browser: Browser) -> None:
    browser.post(f"{BOOK}new/context/", {"text": "<script>alert(1)</script> [x](javascript:alert(1))"})
    shown = browser.get(BOOK).content.decode()
    assert "<script>alert" not in shown
    assert 'href="javascript' not in shown


@pytest.mark.parametrize("asked", ["0", "9", "x", "-1", "99999999999999999999"])
def test_a_version_that_is_not_there_is_not_found(client_row: Client, browser: Browser, asked: str) -> None:
    browser.post(f"{BOOK}new/context/", {"text": "Said"})
    assert browser.get(address(only(client_row, PageKind.CONTEXT)), {"version": asked}).status_code == 404


def test_the_list_asks_as_much_of_many_pages_as_of_few(client_row: Client, browser: Browser) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(BOOK).status_code == 200
        return len(asked)

    queries()
    few = queries()
    with scope(client_row):
        for number in range(30):
            HandbookPage.objects.create(
                client=client_row,
                kind=PageKind.DECISION,
                title=f"Decision {number}",
                decided_on=NOW.date() - timedelta(days=number),
            )
    assert queries() == few <= 20


@given(st.lists(st.sampled_from("abc"), max_size=12), st.lists(st.sampled_from("abc"), max_size=12))
def test_a_difference_holds_both_texts(before: list[str], after: list[str]) -> None:
    blocks = handbook.difference("\n".join(before), "\n".join(after))
    held = {kind: [line for b in blocks if b.kind in ("same", kind) for line in b.lines] for kind in ("gone", "new")}
    assert held == {"gone": before, "new": after}
