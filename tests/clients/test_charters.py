"""A charter's life: agreed word for word, kept by the database as it was, amended by the next version, closed with results."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client as Browser

from clients import charters, link_mail, tasks
from clients.charters import Answer, digest
from clients.models import (
    AgreedWay,
    Change,
    Charter,
    CharterLink,
    Client,
    Notification,
    Sending,
    Target,
    TargetReading,
    TargetResult,
    quarter_start,
)
from clients.tenancy import scope
from monitoring.charter_words import charter_words
from tests import factories
from tests.conftest import NOW, Mailbox

pytestmark = pytest.mark.usefixtures("runtime_role")
TODAY = NOW.date()
INSERT = (
    "INSERT INTO clients_target (public_id, line, kind, client_id, charter_id, position, name, metric, model, baseline_source,"
    " goal, due, owner) SELECT 'x', 'x', 'reach', client_id, id, 1, 'x', 'calls', '', '', 1, now(), '' FROM clients_charter"
)


def draft(of: Client, version: int = 1, **fields: Any) -> Charter:
    made = Charter.objects.create(
        client=of,
        quarter_start=quarter_start(TODAY),
        version=version,
        **{"scope": "The chatbot’s accuracy.", "edition": 1} | fields,
    )
    Target.objects.create(
        client=of, charter=made, name="Right answers", metric="accuracy", goal=Decimal("0.9"), due=made.quarter_end
    )
    return made


def said(of: Client, charter: Charter) -> str:
    return charter_words(of, charter).text


def agreed(of: Client, charter: Charter, now: Any = NOW) -> Answer:
    text = said(of, charter)
    return charters.agree(charter, text, digest(text), by="Theo, theo@acme.example", way=AgreedWay.PORTAL, now=now)


def test_what_is_agreed_is_kept_word_for_word_with_its_digest(client_row: Client) -> None:
    with scope(client_row):
        made = draft(client_row)
        assert agreed(client_row, made) is Answer.AGREED
        kept = Charter.objects.get()
        assert kept.agreed_text == said(client_row, made)
        assert kept.agreed_hash == digest(kept.agreed_text)
        assert (kept.agreed_by, kept.agreed_at, kept.agreed_way) == ("Theo, theo@acme.example", NOW, "portal")
        assert agreed(client_row, made) is Answer.ALREADY
    changed = Change.objects.using("owner").filter(subject="clients_charter").latest("id")
    assert changed.after["agreed_by"] == "Theo, theo@acme.example"


def test_nobody_agrees_to_what_they_did_not_see(client_row: Client) -> None:
    with scope(client_row):
        made = draft(client_row)
        seen = digest(said(client_row, made))
        made.scope = "Something else, at any cost."
        made.save()
        now_says = said(client_row, made)
        assert charters.agree(made, now_says, seen, by="Theo", way=AgreedWay.PORTAL, now=NOW) is Answer.CHANGED
        Charter.objects.filter(pk=made.pk).update(edition=7)
        assert agreed(client_row, made) is Answer.CHANGED
        assert Charter.objects.get().agreed_at is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE clients_charter SET scope = 'Everything.'",
        "UPDATE clients_charter SET agreed_at = NULL, agreed_hash = ''",
        "UPDATE clients_charter SET agreed_by = 'Somebody else'",
        "DELETE FROM clients_charter",
        "UPDATE clients_target SET goal = 0.1",
        "DELETE FROM clients_target",
        "UPDATE clients_target SET charter_id = charter_id + 0, name = 'Wrong answers'",
        INSERT,
    ],
)
def test_the_database_refuses_to_change_what_is_agreed(client_row: Client, statement: str) -> None:
    with scope(client_row):
        agreed(client_row, draft(client_row))
    with pytest.raises(ProgrammingError, match="never changed"), scope(client_row), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("table", ["clients_targetreading", "clients_targetresult"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET value = 1", "DELETE FROM {}"])
def test_what_was_said_and_what_came_of_it_is_never_changed(client_row: Client, table: str, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="denied"), scope(client_row), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_a_draft_drops_a_target_with_what_was_said_of_it(client_row: Client) -> None:
    person = factories.member(client_row, "program_manager")
    with scope(client_row):
        target = draft(client_row).targets.get()
        charters.say(target, Decimal("0.8"), TODAY, "Dana", person, NOW)
        target.delete()
    with scope(client_row):
        assert not TargetReading.objects.exists()


def test_a_day_has_the_version_that_was_in_force_on_it(client_row: Client) -> None:
    first_day = NOW - timedelta(days=20)
    with scope(client_row):
        one = draft(client_row)
        assert Charter.objects.current(client_row, TODAY) == one
        agreed(client_row, one, first_day)
        two = draft(client_row, 2, scope="Fewer errors.")
        assert Charter.objects.current(client_row, TODAY) == one
        assert agreed(client_row, two, NOW) is Answer.AGREED
        on = {back: Charter.objects.current(client_row, TODAY - timedelta(days=back)) for back in (0, 1, 20, 30)}
        assert on == {0: two, 1: one, 20: one, 30: one}
        assert agreed(client_row, one) is Answer.ALREADY


def test_an_agreed_charter_is_closed_once_with_its_results(client_row: Client) -> None:
    with scope(client_row):
        made = draft(client_row)
        assert not charters.close(made, [], by="Mara", note="", now=NOW)
        agreed(client_row, made)
        result = TargetResult(
            client=client_row, target=made.targets.get(), value=Decimal("0.91"), n=300, first_day=TODAY, last_day=TODAY,
            status="met", why="At the goal of 90.0%.", provenance="measured", recorded_at=NOW,
        )  # fmt: skip
        assert charters.close(made, [result], by="Mara", note="Good.", now=NOW)
        assert not charters.close(made, [], by="Mara", note="", now=NOW)
        assert Charter.objects.get().status == "closed"
        assert TargetResult.objects.get().value == Decimal("0.91")
    with pytest.raises(ProgrammingError, match="never changed"), scope(client_row):
        Charter.objects.update(closing_note="Better.")


# Links


@pytest.fixture
def sent(client_row: Client, mailbox: Mailbox, time_machine: Any) -> Charter:
    time_machine.move_to(NOW, tick=False)
    person = factories.member(client_row, "program_manager")
    with scope(client_row):
        made = draft(client_row)
        charters.send(made, "Theo Brandt", "theo@acme.example", person, NOW)
    return made


def link_in(mailbox: Mailbox) -> str:
    body = str(mailbox.taken[-1][1].get_payload())
    found = re.search(r"http\S+(/agree/\S+/)", body)
    assert found
    return found[1]


def test_the_mailed_link_agrees_once_without_a_login(sent: Charter, client_row: Client, mailbox: Mailbox) -> None:
    assert tasks.send_charter_links() == 1
    assert tasks.send_charter_links() == 0
    assert [to for to, _ in mailbox.taken] == ["theo@acme.example"]
    address, somebody = link_in(mailbox), Browser()
    token = address.split("/")[2]
    kept = CharterLink.objects.using("owner").get()
    assert kept.token_digest == digest(token)
    page = somebody.get(address).content.decode()
    assert "Theo Brandt, theo@acme.example" in page
    assert "The chatbot’s accuracy." in page
    assert Charter.objects.using("owner").get().agreed_at is None, "looking at it changes nothing"
    assert somebody.post(address, {"hash": "0" * 64}).status_code == 409
    with scope(client_row):
        seen = digest(said(client_row, sent))
    assert somebody.post(address, {"hash": seen}).status_code == 302
    row = Charter.objects.using("owner").get()
    assert (row.agreed_by, row.agreed_way, row.agreed_hash) == ("Theo Brandt, theo@acme.example", "link", seen)
    assert "You agreed to the charter" in somebody.get(address).content.decode()
    # Acme has no lead: who sent it is told.
    assert list(Notification.objects.using("owner").values_list("person_id", flat=True)) == [kept.sent_by_id]
    trail = Change.objects.using("owner").filter(subject="clients_charter").latest("id")
    assert trail.actor == "Theo Brandt, theo@acme.example"
    assert token not in trail.origin


def test_a_link_of_a_changed_draft_shows_what_it_says_now(sent: Charter, client_row: Client, mailbox: Mailbox) -> None:
    tasks.send_charter_links()
    with scope(client_row):
        seen = digest(said(client_row, sent))
        Charter.objects.update(scope="The chatbot at half the cost.", edition=2)
    answer = Browser().post(link_in(mailbox), {"hash": seen})
    assert answer.status_code == 409
    assert "at half the cost" in answer.content.decode()
    link = CharterLink.objects.using("owner").get()
    assert link.used_at is None, "a refused agreement does not use the link up"


@pytest.mark.parametrize("how", ["expired", "withdrawn", "superseded", "sent again"])
def test_a_link_that_is_over_agrees_to_nothing(
    sent: Charter, client_row: Client, mailbox: Mailbox, time_machine: Any, how: str
) -> None:
    tasks.send_charter_links()
    address = link_in(mailbox)
    with scope(client_row):
        seen = digest(said(client_row, sent))
        match how:
            case "withdrawn":
                assert charters.withdraw(CharterLink.objects.get(), NOW)
            case "superseded":
                draft(client_row, 2)
            case "sent again":
                charters.send(sent, "Ada", "ada@acme.example", CharterLink.objects.get().sent_by, NOW)
    if how == "expired":
        time_machine.move_to(NOW + charters.VALID + timedelta(seconds=1))
    answer = Browser().post(address, {"hash": seen})
    assert answer.status_code == 410
    assert "The chatbot" not in answer.content.decode()
    assert not Charter.objects.using("owner").filter(agreed_at__isnull=False).exists()


def test_who_asks_too_often_waits_and_an_unknown_link_is_not_there(sent: Charter) -> None:
    answers = [Browser().get("/agree/made-up/").status_code for _ in range(31)]
    assert set(answers[:30]) == {404}
    assert answers[-1] == 429


class Killed(BaseException):
    """Stands for a worker that dies where it is: nothing of ours catches it."""


def test_a_worker_that_dies_leaves_the_link_uncertain_and_sends_nothing_twice(
    sent: Charter, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, time_machine: Any
) -> None:
    def die(message: Any) -> None:
        raise Killed

    link = CharterLink.objects.using("owner").get()
    with monkeypatch.context() as dying:
        dying.setattr(link_mail, "post", die)
        with pytest.raises(Killed):
            tasks.send_charter_link(client_id=sent.client_id, link_id=link.pk)
    assert tasks.send_charter_links() == 0
    time_machine.move_to(NOW + timedelta(minutes=16))
    assert tasks.send_charter_links() == 1
    assert CharterLink.objects.using("owner").get().sending == Sending.UNCERTAIN
    assert (tasks.send_charter_links(), mailbox.taken) == (0, [])


def test_another_client_sees_nothing_of_it(sent: Charter, client_row: Client, other_client: Client) -> None:
    with scope(other_client):
        assert not CharterLink.objects.exists()
        assert not TargetReading.objects.exists()
        assert charters.find("made-up") is None
    with scope(client_row), transaction.atomic():
        assert CharterLink.objects.count() == 1
