"""A source on the page: connected with one form, watched, edited, paused, taken away; its key never comes back to a browser."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from django.test import Client as Browser
from django.urls import reverse

from clients.models import Client, User
from monitoring.connecting.kind import Brings
from monitoring.models import Source
from monitoring.sources import kinds
from monitoring.sync import claims
from tests import factories
from tests.conftest import rows
from tests.sources.fakes.focus import Fake as Focus
from tests.sources.fakes.phoenix import Fake
from tests.sync.conftest import LATER, now_of

pytestmark = pytest.mark.usefixtures("runtime_role")
Connect = Callable[..., Source]


@pytest.fixture
def browser(manager: User) -> Browser:
    """A manager's browser."""
    signed_in = Browser()
    assert signed_in.login(email=manager.email, password=factories.PASSWORD)
    return signed_in


def form(fake: Fake, **changed: str) -> dict[str, str]:
    own = {f"set-{name}": value for name, value in fake.settings.items()}
    return {
        **own,
        "name": "Traces",
        "system": "Support bot",
        "days": "4",
        "texts": "measured",
        "do": "start",
        **changed,
    }


CONNECT = "/c/acme/sources/connect/?kind=phoenix"


def test_every_kind_can_be_picked_and_has_a_form(client_row: Client, browser: Browser) -> None:
    listed = browser.get("/c/acme/sources/connect/").content.decode()
    for key, connector in kinds().items():
        assert f"?kind={key}" in listed
        page = browser.get(f"/c/acme/sources/connect/?kind={key}")
        assert page.status_code == 200
        for name in connector.Settings.model_fields:
            assert f'name="set-{name}"' in page.content.decode()


def test_trying_says_what_the_key_shows_and_stores_nothing(client_row: Client, phoenix: Fake, browser: Browser) -> None:
    page = browser.post(CONNECT, form(phoenix, do="try"))
    said = page.content.decode()
    assert "The key works:" in said
    assert "also sees 1 other project" in said
    assert phoenix.key not in said
    assert rows("SELECT count(*) FROM monitoring_source") == [(0,)]
    part = browser.post(CONNECT, form(phoenix, do="try"), headers={"X-Fragment": "found"}).content.decode()
    assert "The key works:" in part
    assert "<html" not in part


def test_starting_reads_it_and_fills_the_pages(client_row: Client, phoenix: Fake, browser: Browser) -> None:
    answer = browser.post(CONNECT, form(phoenix))
    source = Source.objects.using("owner").get()
    assert answer.headers["Location"] == reverse("source", args=["acme", source.public_id])
    assert now_of(source).last_sync_at == LATER
    assert rows("SELECT count(*) FROM monitoring_point WHERE grain = 1440") != [(0,)]
    page = browser.get(answer.headers["Location"]).content.decode()
    assert "is read up to" in page
    assert "Support bot" in page
    assert phoenix.key not in page


def test_a_refused_key_is_said_in_words_and_nothing_is_stored(
    client_row: Client, phoenix: Fake, browser: Browser
) -> None:
    answer = browser.post(CONNECT, form(phoenix, **{"set-api_key": "wrong"}))
    assert answer.status_code == 422
    assert "Arize Phoenix refused the key" in answer.content.decode()
    assert rows("SELECT count(*) FROM monitoring_source") == [(0,)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"set-base_url": "nonsense"}, "is no address"),
        ({"set-project": "other"}, "has no project “other”"),
        ({"system": ""}, "This field is required."),
        ({"days": "4000"}, "395"),
        ({"name": "x" * 121}, "120"),
    ],
)
def test_what_is_wrong_stands_beside_it(
    client_row: Client, phoenix: Fake, browser: Browser, changed: dict[str, str], said: str
) -> None:
    answer = browser.post(CONNECT, form(phoenix, **changed))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert rows("SELECT count(*) FROM monitoring_source") == [(0,)]


@pytest.mark.parametrize(
    "inside",
    ["https://169.254.169.254/", "https://127.0.0.1:5432", "https://[::1]/", "http://localhost", "https://10.0.0.1"],
)
def test_an_address_inside_the_house_is_refused(client_row: Client, browser: Browser, inside: str) -> None:
    """Through the real guard: nothing stands in for the network."""
    given = {
        "set-base_url": inside,
        "set-project": "default",
        "set-api_key": "k",
        "name": "T",
        "system": "B",
        "days": "4",
        "do": "try",
    }
    answer = browser.post(CONNECT, given)
    assert answer.status_code == 422
    said = answer.content.decode()
    assert "inside a private network" in said or "must be reached by https" in said


@pytest.mark.parametrize(
    ("wait", "said"),
    [
        ({"Retry-After": "7"}, "Try again in 7 seconds."),
        ({"Retry-After": "100"}, "Try again in 2 minutes."),
        ({}, "Try again in a minute or two."),
    ],
)
def test_who_tries_too_often_is_told_how_long_to_wait(
    client_row: Client, phoenix: Fake, browser: Browser, wait: dict[str, str], said: str
) -> None:
    phoenix.interrupt = lambda request: httpx.Response(429, headers=wait)
    answer = browser.post(CONNECT, form(phoenix, do="try")).content.decode()
    assert f"Arize Phoenix allows no more requests for now. {said}" in answer


def test_a_page_pasted_for_an_address_is_not_read_out(client_row: Client, phoenix: Fake, browser: Browser) -> None:
    answer = browser.post(
        CONNECT, form(phoenix, do="try", **{"set-base_url": "x" * 3000}), headers={"X-Fragment": "found"}
    )
    said = answer.content.decode()
    assert f"“{'x' * 80}…” is no address" in said
    assert "x" * 81 not in said


def test_choices_are_words_in_the_form_and_on_the_page(
    client_row: Client, browser: Browser, network: Any, connect: Connect
) -> None:
    page = browser.get("/c/acme/sources/connect/?kind=focus").content.decode()
    assert '<option value="ai" selected>Those of AI only</option>' in page
    network["files.example"] = focus = Focus()
    source = connect(client_row, focus)
    about = browser.get(f"/c/acme/sources/{source.public_id}/").content.decode()
    assert '<dt>Cost</dt><dd class="light">As invoiced</dd>' in about


def test_the_form_for_editing_shows_no_secret_and_keeps_it_when_left_empty(
    client_row: Client, phoenix: Fake, connect: Connect, browser: Browser
) -> None:
    source = connect(client_row, phoenix)
    address = reverse("source-edit", args=["acme", source.public_id])
    page = browser.get(address).content.decode()
    assert phoenix.key not in page
    assert "Leave empty to keep the one it has" in page
    phoenix.projects.append("support")
    answer = browser.post(
        address, {"set-base_url": "https://phoenix.example", "set-project": "support", "set-api_key": ""}
    )
    assert answer.status_code == 302
    assert now_of(source).settings["project"] == "support"
    assert now_of(source).last_sync_at == LATER


def test_settings_that_do_not_work_are_not_saved(
    client_row: Client, phoenix: Fake, connect: Connect, browser: Browser
) -> None:
    source = connect(client_row, phoenix)
    answer = browser.post(
        reverse("source-edit", args=["acme", source.public_id]),
        {"set-base_url": "https://phoenix.example", "set-project": "gone", "set-api_key": ""},
    )
    assert answer.status_code == 422
    assert now_of(source).settings["project"] == "default"


def test_the_part_that_goes_on_says_when_it_is_over(
    client_row: Client, phoenix: Fake, connect: Connect, browser: Browser
) -> None:
    source = connect(client_row, phoenix)
    address = reverse("source-progress", args=["acme", source.public_id])
    assert "data-going" in browser.get(address).content.decode()
    browser.post(reverse("source-act", args=["acme", source.public_id]), {"do": "sync"})
    over = browser.get(address).content.decode()
    assert "data-going" not in over
    assert "15" in over


def test_a_worker_that_was_killed_is_not_called_reading(
    client_row: Client, phoenix: Fake, connect: Connect, browser: Browser, clock: Any
) -> None:
    """It held the source for five minutes from its last page on."""
    source = connect(client_row, phoenix)
    assert claims.take(client_row.pk, source.pk)
    page = reverse("source-progress", args=["acme", source.public_id])
    heard, later = (f"{at.astimezone(ZoneInfo(client_row.zone)):%H:%M}" for at in (LATER, LATER + claims.HELD))
    assert "is being read" in browser.get(page).content.decode()
    clock.move_to(LATER + timedelta(minutes=3), tick=False)
    said = browser.get(page).content.decode()
    assert f"Nothing was heard of the reading of Traces since {heard}. If it was interrupted" in said
    assert f"it goes on by itself at {later}" in said
    assert "data-going" in said
    clock.move_to(LATER + timedelta(minutes=6), tick=False)
    assert "it was interrupted. It goes on by itself in a moment" in browser.get(page).content.decode()


def test_paused_and_resumed(client_row: Client, phoenix: Fake, connect: Connect, browser: Browser) -> None:
    source = connect(client_row, phoenix)
    act = reverse("source-act", args=["acme", source.public_id])
    browser.post(act, {"do": "pause"})
    assert now_of(source).next_run_at is None
    assert "is paused" in browser.get(reverse("source", args=["acme", source.public_id])).content.decode()
    browser.post(act, {"do": "resume"})
    assert now_of(source).last_sync_at == LATER


def test_a_check_says_what_it_found_or_what_to_do(
    client_row: Client, phoenix: Fake, connect: Connect, browser: Browser
) -> None:
    source = connect(client_row, phoenix)
    act = reverse("source-act", args=["acme", source.public_id])
    assert "The key works" in browser.post(act, {"do": "check"}, follow=True).content.decode()
    phoenix.key = "another"
    assert "refused the key" in browser.post(act, {"do": "check"}, follow=True).content.decode()


def test_a_failing_source_is_a_signal_with_its_words(
    client_row: Client, phoenix: Fake, connect: Connect, browser: Browser
) -> None:
    source = connect(client_row, phoenix)
    assert "Nothing about Acme needs a look" in browser.get("/c/acme/signals/").content.decode()
    phoenix.key = "another"
    browser.post(reverse("source-act", args=["acme", source.public_id]), {"do": "sync"})
    page = browser.get("/c/acme/signals/").content.decode()
    assert "1 thing about Acme needs a look" in page
    assert "refused the key" in page
    listed = browser.get("/c/acme/sources/").content.decode()
    assert "refused the key" in listed


@pytest.mark.parametrize(("data", "left"), [("keep", 7), ("delete", 0)])
def test_taken_away_with_or_without_its_data(
    client_row: Client, phoenix: Fake, connect: Connect, browser: Browser, data: str, left: int
) -> None:
    source = connect(client_row, phoenix)
    browser.post(reverse("source-act", args=["acme", source.public_id]), {"do": "sync"})
    browser.post(reverse("source-remove", args=["acme", source.public_id]), {"data": data})
    assert rows("SELECT count(*) FROM monitoring_span") == [(left,)]
    assert source.public_id not in browser.get("/c/acme/sources/").content.decode()
    # The name is free again.
    assert browser.post(CONNECT, form(phoenix)).status_code == 302


def test_an_executive_sees_how_it_stands_but_no_settings(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    source = connect(client_row, phoenix)
    executive = factories.member(client_row, "executive")
    signed_in = Browser()
    assert signed_in.login(email=executive.email, password=factories.PASSWORD)
    page = signed_in.get(reverse("source", args=["acme", source.public_id])).content.decode()
    assert "phoenix.example" not in page
    assert "Pause" not in page


def test_the_source_page_asks_a_constant_number_of_questions(
    client_row: Client, phoenix: Fake, connect: Connect, browser: Browser, django_assert_max_num_queries: Any
) -> None:
    source = connect(client_row, phoenix)
    address = reverse("source", args=["acme", source.public_id])
    browser.post(reverse("source-act", args=["acme", source.public_id]), {"do": "sync"})
    with django_assert_max_num_queries(19):
        browser.get(address)


def test_a_key_is_tried_before_the_rest_is_filled_in(client_row: Client, phoenix: Fake, browser: Browser) -> None:
    given = {k: v for k, v in form(phoenix, do="try").items() if k.startswith("set-")} | {
        "do": "try",
        "name": "",
        "system": "",
    }
    answer = browser.post(CONNECT, given)
    assert answer.status_code == 200
    assert "The key works:" in answer.content.decode()
    assert "This field is required" not in answer.content.decode()


def test_renamed_and_told_what_to_keep(client_row: Client, phoenix: Fake, connect: Connect, browser: Browser) -> None:
    source = connect(client_row, phoenix)
    address = reverse("source-keeping", args=["acme", source.public_id])
    assert "Days texts are kept" in browser.get(address).content.decode()
    browser.post(address, {"name": "Parcels", "texts": "unread", "redacts": "on", "text_days": "30"})
    stands = now_of(source)
    assert (stands.name, stands.texts, stands.redacts, stands.pseudonymises) == ("Parcels", "unread", True, False)
    assert (stands.text_days, stands.span_days) == (30, None)
    connect(client_row, phoenix, "Another")
    taken = browser.post(address, {"name": "Another", "texts": "kept"})
    assert taken.status_code == 422
    assert "already" in taken.content.decode()


@pytest.mark.parametrize(
    ("choice", "told", "kept"),
    [("unread", None, ""), ("measured", False, ""), ("kept", False, "It arrives on Friday.")],
)
def test_texts_are_read_measured_and_kept_as_chosen_and_measured_unless_chosen(
    client_row: Client, phoenix: Fake, browser: Browser, choice: str, told: bool | None, kept: str
) -> None:
    phoenix.rows[2]["attributes"] |= {"input.value": "When?", "output.value": "It arrives on Friday."}
    page = browser.get(CONNECT).content.decode()
    assert re.search(r'value="measured"[^>]*checked', page)
    assert "nothing of them is stored" in page
    browser.post(CONNECT, form(phoenix, texts=choice))
    span = phoenix.rows[2]["context"]["span_id"]
    found = rows("SELECT output_text, refused FROM monitoring_span WHERE span_id = %s", [span])
    assert found == [(kept, told)]
    about = browser.get(reverse("source", args=["acme", Source.objects.using("owner").get().public_id]))
    words = {"unread": "not read", "measured": "measured, not kept", "kept": "kept, redacted"}[choice]
    assert f"<dt>Texts</dt><dd>{words}</dd>" in about.content.decode()


def test_what_texts_cost_is_said_where_they_are_chosen(client_row: Client, browser: Browser) -> None:
    for key, connector in kinds().items():
        page = browser.get(f"/c/acme/sources/connect/?kind={key}").content.decode()
        assert ('name="texts"' in page) == (connector.kind.brings is Brings.TRACES)
        assert connector.kind.texts_cost in page
    assert kinds()["langfuse"].kind.texts_cost


def test_the_page_says_since_when_is_read_and_why(
    client_row: Client, phoenix: Fake, connect: Connect, browser: Browser
) -> None:
    source = connect(client_row, phoenix, backfill=timedelta(days=90))
    address = reverse("source", args=["acme", source.public_id])
    asked = browser.get(address).content.decode()
    assert "of 90 days so far" in asked
    assert "no earlier" not in asked
    Source.objects.using("owner").filter(pk=source.pk).update(span_days=30)
    shortened = browser.get(address).content.decode()
    assert "of 30 days (30 days of calls are kept) so far" in shortened
    assert "no earlier: 30 days of calls are kept" in shortened


def test_a_client_with_sealed_days_is_told_how_far_back_a_new_source_can_be_read(
    client_row: Client, phoenix: Fake, connect: Connect, browser: Browser
) -> None:
    assert "are sealed" not in browser.get(CONNECT).content.decode()
    other = connect(client_row, phoenix)
    Source.objects.using("owner").filter(pk=other.pk).update(spans_from=LATER - timedelta(days=30))
    page = browser.get(CONNECT).content.decode()
    assert "Calls of no more than 28 days can be read" in page
    assert re.search(r'name="days" value="28"', page)
    assert "are sealed" not in browser.get("/c/acme/sources/connect/?kind=openai").content.decode()


def test_a_kept_key_is_never_sent_to_another_server(
    client_row: Client, phoenix: Fake, connect: Connect, browser: Browser, network: Any
) -> None:
    """Whoever may edit a source must not be able to have its key sent to themselves."""
    source = connect(client_row, phoenix)
    thief = network["thief.example"] = Fake()
    address = reverse("source-edit", args=["acme", source.public_id])
    for elsewhere in ("https://thief.example", "https://thief.example/phoenix.example", "https://phoenix.example:444"):
        answer = browser.post(address, {"set-base_url": elsewhere, "set-project": "default", "set-api_key": ""})
        assert answer.status_code == 422
        assert "enter this again" in answer.content.decode()
    assert thief.seen == []
    assert now_of(source).settings["base_url"] == "https://phoenix.example"
    moved = {"set-base_url": "https://thief.example", "set-project": "default", "set-api_key": thief.key}
    assert browser.post(address, moved).status_code == 302


@pytest.mark.parametrize("do", ["try", "start"])
def test_a_cleared_address_is_not_the_vendors_cloud(
    client_row: Client, phoenix: Fake, connect: Connect, browser: Browser, network: Any, do: str
) -> None:
    """The key of somebody's own server must not be sent to the vendor because a field is empty."""
    cloud = network["app.phoenix.arize.com"] = Fake()
    connecting = browser.post(CONNECT, form(phoenix, do=do, **{"set-base_url": ""}))
    source = connect(client_row, phoenix, "Known")
    cleared = {"set-base_url": "", "set-project": "default", "set-api_key": phoenix.key}
    editing = browser.post(reverse("source-edit", args=["acme", source.public_id]), cleared)
    for answer in (connecting, editing):
        assert answer.status_code == 422
        assert "Type it, even if it is the usual one: https://app.phoenix" in answer.content.decode()
    assert cloud.seen == []
    assert now_of(source).settings["base_url"] == "https://phoenix.example"


def test_what_is_wrong_with_a_source_that_is_read_cannot_be_waved_away(
    client_row: Client, phoenix: Fake, connect: Connect, browser: Browser
) -> None:
    source = connect(client_row, phoenix)
    phoenix.key = "another"
    browser.post(reverse("source-act", args=["acme", source.public_id]), {"do": "sync"})
    error = now_of(source).error
    assert "I have seen it" not in browser.get("/c/acme/sources/").content.decode()
    browser.post(reverse("source-seen", args=["acme", source.public_id]), {"error": error})
    assert now_of(source).error == error


def test_the_same_project_is_connected_twice_only_when_it_is_meant(
    client_row: Client, phoenix: Fake, connect: Connect, browser: Browser
) -> None:
    known = connect(client_row, phoenix, "First")
    link, said = f"/c/acme/sources/{known.public_id}/", "reads with the same settings already"
    part = browser.post(CONNECT, form(phoenix, do="try"), headers={"X-Fragment": "found"}).content.decode()
    assert said in part
    assert link in part
    whole = browser.post(CONNECT, form(phoenix, do="try"))
    assert whole.status_code == 200
    assert whole.content.decode().count(said) == 1
    phoenix.seen.clear()
    warned = browser.post(CONNECT, form(phoenix))
    assert warned.status_code == 422
    assert phoenix.seen == []
    assert warned.content.decode().count(link) == 1
    assert "Connect it all the same" in warned.content.decode()
    assert browser.post(CONNECT, form(phoenix, anyway="on", **{"set-api_key": ""})).status_code == 302
    phoenix.projects.append("support")
    assert browser.post(CONNECT, form(phoenix, name="Support", **{"set-project": "support"})).status_code == 302


def test_another_clients_source_is_no_twin(
    client_row: Client, other_client: Client, phoenix: Fake, connect: Connect, browser: Browser
) -> None:
    connect(other_client, phoenix, "Theirs")
    assert "Theirs" not in browser.post(CONNECT, form(phoenix, do="try")).content.decode()
    assert browser.post(CONNECT, form(phoenix)).status_code == 302


def test_a_password_in_an_address_is_refused(client_row: Client, phoenix: Fake, browser: Browser) -> None:
    answer = browser.post(CONNECT, form(phoenix, **{"set-base_url": "https://bob:hunter2@phoenix.example"}))
    assert answer.status_code == 422
    assert "name or password" in answer.content.decode()
    assert rows("SELECT count(*) FROM monitoring_source") == [(0,)]


def test_a_secret_of_several_lines_has_room_for_them_and_is_not_shown_again(
    client_row: Client, browser: Browser
) -> None:
    """Addresses of a bill's files: as typed, one a line, each with a signature that opens it."""
    page = browser.post(
        "/c/acme/sources/connect/?kind=focus",
        {"set-addresses": "https://a.example/1?sig=secret-1\nhttps://a.example/2?sig=secret-2", "do": "start"},
    )
    said = page.content.decode()
    assert '<textarea name="set-addresses"' in said
    assert "secret-1" not in said
