"""People get in by invitation: mailed once, over real SMTP, with a link that works once, for the address it was sent to."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients import invitations, link_mail, tasks
from clients.invitations import invite
from clients.models import Client, Invitation, InvitedTo, Membership, Practice, Role, Sending, User
from clients.tenancy import practice as whole_practice
from clients.tenancy import scope, token_digest
from tests import factories
from tests.conftest import NOW, Mailbox, rows

pytestmark = pytest.mark.usefixtures("runtime_role")
LIST, NEW = "/p/northlight/invitations/", "/p/northlight/invitations/new/"
CEO = "ceo@acme.example"
CHOSEN = {"name": "Theo Brandt", "password": "a long way from Tipperary"}


@pytest.fixture(autouse=True)
def friday(time_machine: Any) -> None:
    time_machine.move_to(NOW)


@pytest.fixture
def ada(practice: Practice) -> User:
    return factories.member(practice, "owner", "ada@northlight.example")


@pytest.fixture
def owner(ada: User) -> Browser:
    return signed_in(ada)


def signed_in(person: User) -> Browser:
    browser = Browser()
    browser.force_login(person)
    return browser


def ask(browser: Browser, email: str = CEO, role: str = "executive", clients: tuple[str, ...] = ("acme",)) -> Any:
    return browser.post(NEW, {"email": email, "role": role, "clients": list(clients)})


def link(mailbox: Mailbox) -> str:
    """The address in the newest mail."""
    text = mailbox.taken[-1][1].get_payload(decode=True).decode()  # type: ignore[union-attr]
    found = re.search(r"https?://[^/\s]+(/join/\S+)", text)
    assert found is not None
    return found[1]


def kept() -> Invitation:
    return Invitation.objects.using("owner").latest("pk")


def act(browser: Browser, do: str) -> str:
    return str(browser.post(f"{LIST}{kept().public_id}/act/", {"do": do}, follow=True).content.decode())


def roles(email: str) -> set[tuple[str, str]]:
    held = Membership.objects.using("owner").filter(user__email=email).select_related("client")
    return {(row.client.slug if row.client else "", row.role) for row in held}


def test_a_new_person_gets_a_mail_chooses_a_password_and_is_in(
    owner: Browser, client_row: Client, mailbox: Mailbox
) -> None:
    assert ask(owner).status_code == 302
    ((to, mail),) = mailbox.taken
    assert (to, mail["From"], mail["Reply-To"]) == (
        CEO,
        "Northlight <pulse@northlight.example>",
        "Ada <ada@northlight.example>",
    )
    assert mail["Subject"] == "Ada invites you to Northlight"
    words = mail.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert "Your role: executive for Acme." in words
    assert "until 13 November 2026" in words
    assert "its link works until 13 Nov 2026" in owner.get(LIST).content.decode()
    address = link(mailbox)
    browser = Browser()
    for _ in range(2):  # a scanner that follows the link uses nothing up
        assert browser.get(address).status_code == 200
    answer = browser.post(address, CHOSEN, follow=True)
    assert "You are in: executive at Acme." in answer.content.decode()
    assert browser.get("/c/acme/").status_code == 200
    assert roles(CEO) == {("acme", "executive")}
    theo = User.objects.get(email=CEO)
    assert theo.check_password(CHOSEN["password"])
    (said,) = rows(
        "SELECT actor, origin FROM clients_change WHERE subject = 'clients_membership' AND actor_id = %s", [theo.pk]
    )
    assert said[0] == "Theo Brandt"
    assert address not in said[1]
    page = Browser().get(address)
    assert (page.status_code, "was accepted already" in page.content.decode()) == (410, True)
    assert "Accepted" in owner.get(LIST, {"show": "all"}).content.decode()


def test_only_the_digest_of_a_link_is_kept(owner: Browser, client_row: Client, mailbox: Mailbox) -> None:
    ask(owner)
    token = link(mailbox).split("/")[2]
    assert kept().token_digest == token_digest(token)
    assert rows("SELECT count(*) FROM clients_invitation i WHERE i::text LIKE %s", [f"%{token}%"]) == [(0,)]
    noted = "SELECT count(*) FROM clients_change c WHERE c::text LIKE %s OR c::text LIKE %s"
    assert rows(noted, [f"%{token}%", f"%{token_digest(token)}%"]) == [(0,)]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"password": "short"}, "at least 12 characters"),
        ({"password": "password12345"}, "too common"),
        ({"password": CEO}, "too similar"),
        ({"password": ""}, "This field is required"),
        ({"name": ""}, "This field is required"),
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"name": "a\x00b"}, "Null characters"),
    ],
)
def test_what_cannot_be_is_refused_and_the_name_stays(
    owner: Browser, client_row: Client, mailbox: Mailbox, typed: dict[str, str], words: str
) -> None:
    ask(owner)
    answer = Browser().post(link(mailbox), CHOSEN | typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "name" in typed or "Theo Brandt" in answer.content.decode()
    assert not User.objects.filter(email=CEO).exists()


def test_who_has_a_login_signs_in_comes_back_and_accepts(owner: Browser, client_row: Client, mailbox: Mailbox) -> None:
    known = factories.member(factories.client(factories.practice("southgate"), "rival"), "executive", CEO)
    ask(owner)
    address, browser = link(mailbox), Browser()
    page = browser.get(address).content.decode()
    assert "Sign in to accept" in page
    assert browser.post(address, CHOSEN).status_code == 200
    assert (User.objects.count(), roles(CEO)) == (2, {("rival", "executive")})
    found = re.search(r'href="(/accounts/login/[^"]+)"', page)
    assert found is not None
    back = browser.post(found[1], {"login": CEO, "password": factories.PASSWORD}, follow=True)
    assert "invites you, Ceo, as executive for Acme" in back.content.decode()
    assert browser.post(address).status_code == 302
    assert roles(CEO) == {("rival", "executive"), ("acme", "executive")}
    assert known.check_password(factories.PASSWORD)


def test_who_is_signed_in_as_somebody_else_cannot_accept(owner: Browser, client_row: Client, mailbox: Mailbox) -> None:
    ask(owner)
    eve = factories.member(client_row, "contributor", "eve@acme.example")
    browser = signed_in(eve)
    for method in (browser.get, browser.post):
        assert "This invitation is for another address" in method(link(mailbox)).content.decode()
    assert roles("eve@acme.example") == {("acme", "contributor")}
    out = browser.post("/accounts/logout/", {"next": link(mailbox)}, follow=True)
    assert "Choose how you will sign in" in out.content.decode()


def test_a_link_that_ran_out_says_so_and_a_new_one_works(
    owner: Browser, client_row: Client, mailbox: Mailbox, time_machine: Any
) -> None:
    ask(owner)
    first = link(mailbox)
    time_machine.move_to(NOW + timedelta(days=7, minutes=1))
    for method in (Browser().get, Browser().post):
        answer = method(first)
        assert (answer.status_code, "has run out" in answer.content.decode()) == (410, True)
    assert "Expired" in owner.get(LIST).content.decode()
    assert "gets a new link; the old one no longer works" in act(owner, "resend")
    assert Browser().get(first).status_code == 404
    assert Browser().post(link(mailbox), CHOSEN).status_code == 302
    assert len(mailbox.taken) == 2


def test_a_withdrawn_link_says_so_and_cannot_be_sent_again(
    owner: Browser, client_row: Client, mailbox: Mailbox
) -> None:
    ask(owner)
    assert "Withdrawn: the link" in act(owner, "withdraw")
    answer = Browser().post(link(mailbox), CHOSEN)
    assert (answer.status_code, "was withdrawn" in answer.content.decode()) == (410, True)
    for do in ("resend", "withdraw"):
        assert "is over" in act(owner, do)
    assert "Say what to do" in act(owner, "else")
    assert len(mailbox.taken) == 1


def test_two_who_accept_at_once_make_one_person(owner: Browser, client_row: Client, mailbox: Mailbox) -> None:
    ask(owner)
    address, together, said = link(mailbox), threading.Barrier(2), []

    def accept() -> None:
        browser = Browser()
        together.wait()
        said.append(browser.post(address, CHOSEN).status_code)
        connections.close_all()

    threads = [threading.Thread(target=accept) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(said) <= {302, 410, 200}
    assert User.objects.filter(email=CEO).count() == 1
    assert roles(CEO) == {("acme", "executive")}


def test_roles_of_the_practice_are_given_with_their_clients(
    owner: Browser, client_row: Client, other_client: Client, mailbox: Mailbox
) -> None:
    for email, role, clients in (
        ("bea@northlight.example", "owner", ()),
        ("mara@northlight.example", "program_manager", ("acme", "zenith")),
        ("otis@northlight.example", "program_manager", ()),
    ):
        assert ask(owner, email, role, clients).status_code == 302
        assert Browser().post(link(mailbox), CHOSEN | {"name": "Somebody"}).status_code == 302
    assert roles("bea@northlight.example") == {("", "owner")}
    assert roles("mara@northlight.example") == {("acme", "program_manager"), ("zenith", "program_manager")}
    assert roles("otis@northlight.example") == {("", "program_manager")}


def test_what_somebody_is_already_stays(owner: Browser, client_row: Client, ada: User, mailbox: Mailbox) -> None:
    mara = factories.member(client_row, "program_manager", "mara@northlight.example")
    with whole_practice(client_row.practice):
        made = invite(client_row.practice, ada, mara.email, Role.EXECUTIVE, [client_row], NOW)
    tasks.send_invitation(practice_id=client_row.practice_id, invitation_id=made.pk)
    signed_in(mara).post(link(mailbox))
    assert roles(mara.email) == {("acme", "program_manager")}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"email": "nobody"}, "valid email"),
        ({"email": ""}, "This field is required"),
        ({"role": "king"}, "not one of the available choices"),
        ({"role": "executive", "clients": []}, "Say whose executive they shall be: choose a client."),
        ({"clients": ["rival"]}, "not one of the available choices"),
        ({"email": "ADA@northlight.example", "role": "program_manager"}, "works for Northlight already"),
        ({"email": "theo@acme.example"}, "theo@acme.example is contributor of Acme already."),
    ],
)
def test_who_cannot_be_asked_is_told_and_what_was_typed_stays(
    owner: Browser, client_row: Client, mailbox: Mailbox, typed: dict[str, Any], words: str
) -> None:
    factories.client(factories.practice("southgate"), "rival")
    factories.member(client_row, "contributor", "theo@acme.example")
    answer = owner.post(NEW, {"email": CEO, "role": "executive", "clients": ["acme"]} | typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    if typed.get("email") is None:
        assert f'value="{CEO}"' in answer.content.decode()
    assert mailbox.taken == []


def test_a_practice_invites_so_many_an_hour_and_the_rest_later(
    owner: Browser, client_row: Client, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "AN_HOUR", 2)
    assert [ask(owner, f"p{n}@acme.example").status_code for n in range(2)] == [302, 302]
    third = ask(owner, "third@acme.example")
    page = third.content.decode()
    assert (third.status_code, len(mailbox.taken)) == (422, 2)
    assert "2 invitations were sent within an hour, which is the most: send the next one in" in page
    assert 'value="third@acme.example"' in page
    first = rows("SELECT public_id FROM clients_invitation ORDER BY id LIMIT 1")[0][0]
    again = owner.post(f"/p/northlight/invitations/{first}/act/", {"do": "resend"}, follow=True).content.decode()
    assert "within an hour, which is the most" in again
    assert len(mailbox.taken) == 2


def test_so_many_wait_at_once_and_a_withdrawn_one_makes_room(
    owner: Browser, client_row: Client, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "MOST_OPEN", 1)
    ask(owner, "first@acme.example")
    refused = ask(owner, "second@acme.example")
    assert (refused.status_code, "1 invitations wait for an answer, which is the most" in refused.content.decode()) == (
        422,
        True,
    )
    first = rows("SELECT public_id FROM clients_invitation")[0][0]
    owner.post(f"/p/northlight/invitations/{first}/act/", {"do": "withdraw"})
    assert ask(owner, "second@acme.example").status_code == 302


def test_an_address_is_asked_once_at_a_time(owner: Browser, client_row: Client, mailbox: Mailbox) -> None:
    assert ask(owner).status_code == 302
    again = ask(owner, "CEO@acme.example")
    assert (again.status_code, "was invited on 6 November already" in again.content.decode()) == (422, True)
    assert len(mailbox.taken) == 1


def test_a_manager_asks_only_people_of_their_own_clients_and_sees_no_other_invitation(
    owner: Browser, client_row: Client, other_client: Client, mailbox: Mailbox
) -> None:
    mara = signed_in(factories.member(client_row, "program_manager", "mara@northlight.example"))
    for email, role, clients in (
        ("x@northlight.example", "owner", ()),
        ("x@northlight.example", "program_manager", ("acme",)),
        ("x@zenith.example", "executive", ("zenith",)),
        ("x@zenith.example", "executive", ("acme", "zenith")),
    ):
        assert ask(mara, email, role, clients).status_code == 422
    assert ask(mara).status_code == 302
    for email, role, clients in (
        ("cfo@zenith.example", "executive", ("zenith",)),
        ("both@zenith.example", "executive", ("acme", "zenith")),
        ("otis@northlight.example", "program_manager", ("acme",)),
    ):
        assert ask(owner, email, role, clients).status_code == 302
        assert mara.post(f"{LIST}{kept().public_id}/act/", {"do": "withdraw"}).status_code == 404
    page = mara.get(LIST, {"show": "all"}).content.decode()
    assert CEO in page
    assert [word for word in ("zenith", "Zenith", "otis@") if word in page] == []
    # Nor does the form tell that somebody was asked for a client they do not have.
    assert ask(mara, "cfo@zenith.example").status_code == 302


def test_no_page_tells_whether_an_address_has_a_login_elsewhere(
    owner: Browser, client_row: Client, mailbox: Mailbox
) -> None:
    factories.member(factories.client(factories.practice("southgate"), "rival"), "executive", "known@rival.example")
    pages = []
    for email in ("known@rival.example", "never@rival.example"):
        assert ask(owner, email).status_code == 302
        page = owner.get(LIST).content.decode().replace(email, "address").replace(kept().public_id, "id")
        pages.append(re.sub(r'(csrfmiddlewaretoken" value=)"\w+"', r"\1", page))
        act(owner, "withdraw")
    assert pages[0] == pages[1]
    assert "address" in pages[0]


def test_the_list_asks_as_much_of_many_as_of_few(owner: Browser, client_row: Client, ada: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert owner.get(LIST).status_code == 200
        return len(asked)

    with whole_practice(client_row.practice):
        invite(client_row.practice, ada, "first@acme.example", Role.EXECUTIVE, [client_row], NOW)
    few = queries()
    with whole_practice(client_row.practice):
        for number in range(60):
            invite(client_row.practice, ada, f"p{number}@acme.example", Role.EXECUTIVE, [client_row], NOW)
    assert queries() == few <= 30
    assert "Older" in owner.get(LIST).content.decode()
    assert "first@" in owner.get(LIST, {"page": "2"}).content.decode()
    for page in ("0", "-1", "x", "9" * 40, "²"):
        assert owner.get(LIST, {"page": page}).status_code == 200


def test_links_are_not_tried_without_end(db: None) -> None:
    answers = [Browser().get("/join/guess/") for _ in range(31)]
    assert [a.status_code for a in answers] == [404] * 30 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0


# Sending


@pytest.fixture
def waiting(client_row: Client, ada: User) -> Invitation:
    with whole_practice(client_row.practice):
        return invite(client_row.practice, ada, CEO, Role.EXECUTIVE, [client_row], timezone.now())


def send(invitation: Invitation) -> str:
    return str(tasks.send_invitation(practice_id=invitation.practice_id, invitation_id=invitation.pk))


def test_a_lost_message_to_the_worker_is_made_up_for_by_the_clock(waiting: Invitation, mailbox: Mailbox) -> None:
    assert tasks.send_invitations() == 1
    assert [to for to, _ in mailbox.taken] == [CEO]
    assert tasks.send_invitations() == 0
    assert send(waiting) == ""
    assert len(mailbox.taken) == 1


def test_eight_workers_at_once_send_one_mail(waiting: Invitation, mailbox: Mailbox) -> None:
    together, said = threading.Barrier(8), []

    def work() -> None:
        together.wait()
        said.append(send(waiting))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [""] * 7 + ["sent"]
    assert len(mailbox.taken) == 1


class Killed(BaseException):
    """Stands for a worker that dies where it is: nothing of ours catches it."""


def test_a_worker_that_dies_after_claiming_leaves_it_uncertain_and_sends_nothing_twice(
    waiting: Invitation, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, time_machine: Any, owner: Browser
) -> None:
    def die(message: Any) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(link_mail, "post", die)
        with pytest.raises(Killed):
            send(waiting)
    assert kept().sending == Sending.CLAIMED
    assert (tasks.send_invitations(), mailbox.taken) == (0, [])
    assert "being sent this very moment" in act(owner, "resend")
    time_machine.move_to(NOW + timedelta(minutes=16))
    assert tasks.send_invitations() == 1
    page = owner.get(LIST).content.decode()
    assert "may not have a link that works" in page
    assert "Uncertain" in page
    assert tasks.send_invitations() == 0
    act(owner, "resend")
    assert (kept().sending, len(mailbox.taken)) == (Sending.SENT, 1)


def test_a_server_that_is_away_is_asked_again_and_the_link_is_new_each_time(
    waiting: Invitation, mailbox: Mailbox, time_machine: Any
) -> None:
    mailbox.recipient_answer = "451 later"
    assert send(waiting) == "waiting"
    first = kept()
    assert "The mail server asked to try later: 451 later" in first.error
    assert tasks.send_invitations() == 0
    mailbox.recipient_answer = "250 ok"
    time_machine.move_to(NOW + timedelta(minutes=2))
    assert tasks.send_invitations() == 1
    assert (kept().sending, kept().error) == ("sent", "")
    assert kept().token_digest == token_digest(link(mailbox).split("/")[2]) != first.token_digest


def test_a_refused_mail_says_why_and_a_withdrawn_one_is_never_sent(
    waiting: Invitation, mailbox: Mailbox, owner: Browser
) -> None:
    mailbox.recipient_answer = "550 no such person"
    assert send(waiting) == "failed"
    assert "The mail server refused it: 550 no such person" in owner.get(LIST).content.decode()
    mailbox.recipient_answer = "250 ok"
    Invitation.objects.using("owner").update(sending=Sending.WAITING, withdrawn_at=NOW)
    assert (tasks.send_invitations(), send(waiting), mailbox.taken) == (0, "", [])


def test_an_answer_that_never_came_is_uncertain(waiting: Invitation, mailbox: Mailbox) -> None:
    mailbox.hang_up = True
    assert send(waiting) == "uncertain"
    assert tasks.send_invitations() == 0
    assert len(mailbox.taken) == 1


# Apart


def test_no_clients_person_and_no_manager_can_read_invitations_in_the_database(
    waiting: Invitation, client_row: Client
) -> None:
    for role in ("executive", "contributor", "program_manager"):
        with scope(factories.member(client_row, role)):
            assert not Invitation.objects.exists()
            assert not InvitedTo.objects.exists()
    elsewhere = factories.practice("southgate")
    with whole_practice(elsewhere):
        assert not Invitation.objects.exists()


def test_an_invitation_cannot_name_another_practices_client(waiting: Invitation, ada: User) -> None:
    rival = factories.client(factories.practice("southgate"), "rival")
    with pytest.raises(IntegrityError, match="of_tenant"), whole_practice(waiting.practice_id):
        InvitedTo.objects.create(practice_id=waiting.practice_id, invitation=waiting, client=rival)
