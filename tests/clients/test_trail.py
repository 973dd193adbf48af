"""Who changed what, when and from where: noted by the database in the change's own transaction, and never changed after."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import ProgrammingError, transaction
from django.test import Client as Browser

from clients import acting
from clients.models import Change, Charter, Client, Membership, Target, quarter_start
from clients.tenancy import TenantTask, scope
from clients.tenancy import practice as whole_practice
from fracops.celery import app
from reports.models import Recipient
from tests import factories
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("runtime_role")
DANA = acting.Actor(7, "Dana Whitfield", "POST /c/acme/charter/ from 203.0.113.4")


def charter(client: Client) -> Charter:
    return Charter.objects.create(client=client, quarter_start=quarter_start(NOW.date()), scope="The chatbot.")


def noted(client: Client, subject: str) -> list[Change]:
    with scope(client):
        return list(Change.objects.filter(subject=subject).order_by("id"))


def test_a_change_is_noted_with_who_what_and_from_where(client_row: Client) -> None:
    with acting.acting(DANA), scope(client_row):
        page = charter(client_row)
        target = Target.objects.create(
            client=client_row, charter=page, name="Accuracy", metric="accuracy", goal=Decimal("0.9"), due=NOW.date()
        )
        Target.objects.filter(pk=target.pk).update(goal=Decimal("0.92"), name="Accuracy")
        target.delete()
    added, changed, removed = noted(client_row, "clients_target")
    assert {(c.actor_id, c.actor, c.origin) for c in (added, changed, removed)} == {(7, DANA.name, DANA.origin)}
    assert (added.action, added.before, added.after["goal"]) == ("insert", {}, 0.9)
    assert (changed.action, changed.before, changed.after) == ("update", {"goal": 0.9}, {"goal": 0.92})
    assert (removed.action, removed.before["goal"], removed.after) == ("delete", 0.92, {})
    assert {c.row_id for c in (added, changed, removed)} == {removed.before["id"]}


def test_what_changes_nothing_or_is_rolled_back_is_not_noted(client_row: Client) -> None:
    with scope(client_row):
        page = charter(client_row)
        Charter.objects.filter(pk=page.pk).update(scope="The chatbot.", edition=5)
        with transaction.atomic():
            Charter.objects.filter(pk=page.pk).update(scope="Everything.")
            transaction.set_rollback(True)
    assert [c.action for c in noted(client_row, "clients_charter")] == ["insert"]


def test_secrets_are_left_out(client_row: Client) -> None:
    with scope(client_row):
        Recipient.objects.create(client=client_row, email="dana@acme.example")
    (change,) = noted(client_row, "reports_recipient")
    assert change.after["email"] == "dana@acme.example"
    assert not {"unsubscribe_token", "unsubscribe_digest"} & change.after.keys()


@pytest.mark.parametrize("tamper", [lambda q: q.update(actor="Nobody"), lambda q: q.delete()])
def test_a_note_can_be_neither_changed_nor_taken_away(client_row: Client, tamper: Any) -> None:
    with scope(client_row):
        charter(client_row)
    with pytest.raises(ProgrammingError, match="permission denied"), scope(client_row):
        tamper(Change.objects.all())
    assert noted(client_row, "clients_charter")


def test_notes_stay_within_their_client(client_row: Client, other_client: Client) -> None:
    for client in (client_row, other_client):
        with scope(client):
            charter(client)
    with scope(client_row):
        assert set(Change.objects.values_list("client_id", flat=True)) == {client_row.pk}


def test_what_a_practice_does_with_its_people_is_noted_too(client_row: Client) -> None:
    person = factories.member(client_row, "program_manager")
    with acting.acting(DANA), whole_practice(client_row.practice_id):
        Membership.objects.filter(user=person).delete()
        removed = Change.objects.filter(subject="clients_membership", action="delete").get()
    assert (removed.before["role"], removed.before["user_id"], removed.actor) == (
        "program_manager",
        person.pk,
        "Dana Whitfield",
    )


def test_tasks_and_the_shell_say_what_they_are(client_row: Client) -> None:
    @app.task(base=TenantTask, name="tests.open_a_charter")
    def open_a_charter(client_id: int) -> None:
        charter(Client.objects.get(pk=client_id))

    open_a_charter(client_id=client_row.pk)
    (by_task,) = noted(client_row, "clients_charter")
    assert (by_task.actor_id, by_task.actor, by_task.origin) == (None, "FracOps", "task tests.open_a_charter")
    (by_shell,) = [c for c in noted(client_row, "clients_client") if c.action == "insert"]
    assert by_shell.actor == "FracOps"
    Charter.objects.using("owner").update(scope="Mended by hand.")
    assert noted(client_row, "clients_charter")[-1].actor == "the shell"


def test_a_request_acts_in_the_name_of_who_is_logged_in(client_row: Client) -> None:
    person, browser = factories.member(client_row, "program_manager", "priya@firm.example"), Browser()
    browser.force_login(person)
    form = {"t-TOTAL_FORMS": "3", "t-INITIAL_FORMS": "0", "scope": "The chatbot’s cost."}
    assert browser.post("/c/acme/charter/2026-q4/write/", form, REMOTE_ADDR="203.0.113.9").status_code == 302
    made = [c for c in noted(client_row, "clients_charter") if c.action == "insert"]
    assert [(c.actor_id, c.actor, c.origin) for c in made] == [
        (person.pk, "Priya", "POST /c/acme/charter/2026-q4/write/ from 203.0.113.9")
    ]
