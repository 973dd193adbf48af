"""Writing down what happened: events, their ends, and the reviews that a change of the business asks for."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client as Browser

from clients.models import Change, Client, Event, System, SystemReview, User
from clients.tenancy import scope
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role")
NEW = "/c/acme/events/new/"
TYPED: dict[str, Any] = {
    "type": "incident",
    "title": "Orders not found",
    "began_at": "2026-11-05T09:30",
    "note": "The order system was down.",
    "visible": "on",
}


@pytest.fixture
def bot(client_row: Client, time_machine: Any) -> System:
    time_machine.move_to(NOW, tick=False)
    with scope(client_row):
        return System.objects.create(client=client_row, name="Bot")


def browser(person: User) -> Browser:
    made = Browser()
    made.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return made


@pytest.fixture
def desk(bot: System, manager: User) -> Browser:
    return browser(manager)


def stored() -> Event:
    return Event.objects.using("owner").get()


def test_an_event_is_kept_on_the_clients_clock_with_who_wrote_it(desk: Browser, manager: User) -> None:
    assert desk.post(NEW, TYPED).status_code == 302
    event = stored()
    assert event.began_at == datetime(2026, 11, 5, 15, 30, tzinfo=UTC)  # Chicago is six hours behind
    assert (event.title, event.author_id, event.visible, event.is_open) == ("Orders not found", manager.pk, True, True)
    assert Change.objects.using("owner").filter(subject="clients_event", actor_id=manager.pk, action="insert").exists()


def test_an_incident_is_over_at_one_click_and_only_once(desk: Browser, time_machine: Any) -> None:
    desk.post(NEW, TYPED)
    address = f"/c/acme/events/{stored().public_id}/end/"
    assert desk.post(address).status_code == 302
    assert stored().ended_at == NOW
    time_machine.move_to(datetime(2026, 11, 7, tzinfo=UTC), tick=False)
    desk.post(address)
    assert stored().ended_at == NOW


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"began_at": "2026-11-05T09:30", "ended_at": "2026-11-05T09:30"}, "It ends before it begins"),
        ({"began_at": "2026-02-30T09:30"}, "Write a day and a time"),
        ({"began_at": "2062-11-05T09:30"}, "more than a year ahead"),
        ({"began_at": "0001-01-01T00:00"}, "before 2015"),
        ({"began_at": "2026-03-08T02:30"}, "it may be ambiguous or it may not exist"),
        ({"count": "12"}, "Say what was counted"),
        ({"counted": "chats"}, "Say how many chats"),
        ({"count": "0", "counted": "chats"}, "Say how many chats"),
        ({"type": "flood"}, "Select a valid choice"),
        ({"link": "javascript:alert(1)"}, "Enter a valid URL"),
        ({"note": "x" * 4001}, "at most 4000 characters"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_typed_is_lost(desk: Browser, typed: dict[str, str], words: str) -> None:
    answer = desk.post(NEW, TYPED | typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'value="Orders not found"' in page
    assert not Event.objects.using("owner").exists()


def test_the_same_event_sent_twice_stands_there_once(desk: Browser) -> None:
    desk.post(NEW, TYPED)
    answer = desk.post(NEW, TYPED)
    assert answer.status_code == 422
    assert "on the timeline already" in answer.content.decode()
    assert Event.objects.using("owner").count() == 1


def test_a_business_change_asks_for_a_review_of_each_system_it_touches(desk: Browser, bot: System) -> None:
    change = TYPED | {"type": "pricing", "title": "New prices"}
    answer = desk.post(NEW, change)
    assert "Say which systems it touches" in answer.content.decode()
    answer = desk.post(NEW, change | {"touches": [bot.pk]})
    assert all(words in answer.content.decode() for words in ("Say who looks", "Say by when"))
    asked = change | {"touches": [bot.pk], "reviewer": "Mara", "due": "2026-11-20"}
    assert desk.post(NEW, asked).status_code == 302
    review = SystemReview.objects.using("owner").get()
    assert (review.system_id, review.reviewer, review.due, review.done_on) == (bot.pk, "Mara", date(2026, 11, 20), None)
    page = f"/c/acme/reviews/{review.public_id}/"
    done = {"reviewer": "Mara", "due": "2026-11-20", "edition": "0"}
    assert "Say what was found" in desk.post(page, done | {"done_on": "2026-11-06"}).content.decode()
    assert "still to come" in desk.post(page, done | {"done_on": "2026-11-09", "found": "x"}).content.decode()
    assert desk.post(page, done | {"done_on": "2026-11-06", "found": "Prices are read live."}).status_code == 302
    assert SystemReview.objects.using("owner").get().found == "Prices are read live."
    timeline = desk.get("/c/acme/events/").content.decode()
    assert "Prices are read live." in timeline


def test_a_review_that_is_done_stays_when_the_event_is_mended(desk: Browser, bot: System, client_row: Client) -> None:
    review = factories.review(client_row, done_on=date(2026, 11, 4), found="Nothing to change")
    with scope(client_row):
        other = System.objects.create(client=client_row, name="Mailer")
    page = f"/c/acme/events/{review.event.public_id}/"
    mended = TYPED | {"type": "pricing", "touches": [other.pk], "reviewer": "Otis", "due": "2026-11-30", "edition": "0"}
    assert desk.post(page, mended).status_code == 302
    kept = SystemReview.objects.using("owner").values_list("system__name", "reviewer", "found")
    assert set(kept) == {("Bot", "Mara", "Nothing to change"), ("Mailer", "Otis", "")}


def test_only_a_business_change_asks_for_reviews(desk: Browser, bot: System) -> None:
    answer = desk.post(NEW, TYPED | {"touches": [bot.pk]})
    assert "Only a change of the business" in answer.content.decode()


def test_a_contributor_writes_what_the_client_sees_and_mends_only_that(bot: System, client_row: Client) -> None:
    person = browser(factories.member(client_row, "contributor"))
    page = person.get(NEW).content.decode()
    assert "Who looks at them" not in page
    assert person.post(NEW, {k: v for k, v in TYPED.items() if k != "visible"}).status_code == 302
    own = stored()
    assert own.visible
    assert (
        person.post(f"/c/acme/events/{own.public_id}/", TYPED | {"title": "Orders", "edition": "0"}).status_code == 302
    )
    theirs, hidden = factories.event(client_row), factories.event(client_row, title="Secret", visible=False)
    assert person.get(f"/c/acme/events/{theirs.public_id}/").status_code == 403
    assert person.get(f"/c/acme/events/{hidden.public_id}/").status_code == 404
    assert person.post(f"/c/acme/events/{theirs.public_id}/", {"do": "remove"}).status_code == 403


def test_two_people_who_mend_one_event_learn_of_each_other(desk: Browser, client_row: Client) -> None:
    page = f"/c/acme/events/{factories.event(client_row, type='release').public_id}/"
    typed = TYPED | {"type": "release", "edition": "0"}
    assert desk.post(page, typed).status_code == 302
    answer = desk.post(page, typed | {"title": "Another"})
    assert (answer.status_code, "Somebody saved this" in answer.content.decode()) == (422, True)
    assert stored().title == "Orders not found"


def test_an_event_taken_off_takes_its_reviews_with_it(desk: Browser, client_row: Client) -> None:
    review = factories.review(client_row)
    assert desk.post(f"/c/acme/events/{review.event.public_id}/", {"do": "remove"}).status_code == 302
    assert not SystemReview.objects.using("owner").exists()


def test_an_event_cannot_point_at_another_clients_system(bot: System, client_row: Client, other_client: Client) -> None:
    with pytest.raises(IntegrityError), scope(other_client), transaction.atomic():
        Event.objects.create(client=other_client, type="release", title="x", began_at=NOW, system_id=bot.pk)


def test_another_clients_events_are_not_there(bot: System, client_row: Client, other_client: Client) -> None:
    factories.review(client_row)
    with scope(other_client):
        assert not Event.objects.exists()
        assert not SystemReview.objects.exists()
