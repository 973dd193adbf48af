"""An empty installation is filled from the command line, and every wrong value is answered with what to write instead."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from clients.models import Client, Membership, Practice, User
from tests import factories
from tests.conftest import rows

pytestmark = pytest.mark.usefixtures("runtime_role")


def run(*arguments: str) -> str:
    said = StringIO()
    call_command(*arguments, stdout=said)
    return said.getvalue()


def test_from_nothing_to_a_manager_who_sees_their_client() -> None:
    run("add_practice", "northlight", "--name", "Northlight", "--sender-email", "pulse@northlight.example")
    run(
        "add_client",
        "acme",
        "--practice",
        "northlight",
        "--name",
        "Acme",
        "--zone",
        "Europe/Berlin",
        "--plan",
        "8 hours a week",
        "--monthly-fee",
        "6500",
    )
    said = run(
        "add_person",
        "mara@northlight.example",
        "--name",
        "Mara",
        "--client",
        "acme",
        "--role",
        "program_manager",
        "--lead",
    )
    password = said.split("shown this once: ")[1].strip()
    browser = Browser()
    assert browser.login(email="mara@northlight.example", password=password)
    assert browser.get("/c/acme/").status_code == 200
    assert rows("SELECT zone, lead_id FROM clients_client") == [("Europe/Berlin", User.objects.get().pk)]
    assert rows("SELECT amount::int, unit, monthly_fee::int FROM clients_terms") == [(8, "hours_week", 6500)]


def test_one_command_makes_the_practice_and_the_owner_who_does_the_rest_in_the_browser() -> None:
    named = ("add_practice", "northlight", "--name", "Northlight", "--sender-email", "pulse@northlight.example")
    said = run(*named, "--owner", "ines@northlight.example", "--owner-name", "Ines Moreau")
    assert "/accounts/login/" in said
    browser = Browser()
    password = said.split("shown this once: ")[1].split()[0]
    assert browser.login(email="ines@northlight.example", password=password)
    assert "/p/northlight/first-steps/" in browser.get("/").content.decode()
    second = ("add_practice", "brightwater", "--name", "Brightwater", "--sender-email", "pulse@brightwater.example")
    with pytest.raises(
        CommandError, match=r"Brightwater has no owner yet: .* If this is the same person, add --existing"
    ):
        run(*second, "--owner", "ines@northlight.example")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--plan", "a lot"], "8 hours a week"),
        (["--monthly-fee", "6500"], "say what the fee is for"),
        (["--plan", "8 hours a week", "--started-on", "2026-13-01"], "--started-on"),
        (["--plan", "800 hours a week"], "--plan"),
        (["--plan", "8 hours a week", "--monthly-fee", "much"], "--monthly-fee"),
    ],
)
def test_an_engagement_that_cannot_be_is_refused_and_no_client_is_made(
    practice: Practice, options: list[str], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        run("add_client", "acme", "--practice", "northlight", "--name", "Acme", "--zone", "UTC", *options)
    assert rows("SELECT * FROM clients_client") == []


def test_the_same_command_again_changes_nothing(client_row: Client) -> None:
    for _ in range(2):
        run("add_person", "a@b.example", "--client", "acme", "--role", "executive")
    assert Membership.objects.using("owner").count() == 1


def test_a_login_that_is_there_is_given_more_only_when_told_so(client_row: Client, other_client: Client) -> None:
    run("add_person", "a@b.example", "--name", "Ada", "--client", "acme", "--role", "executive")
    with pytest.raises(CommandError, match="a login already, of Ada"):
        run("add_person", "a@b.example", "--client", "zenith", "--role", "executive")
    run("add_person", "a@b.example", "--client", "zenith", "--role", "executive", "--existing")
    assert Membership.objects.using("owner").count() == 2


def test_another_role_at_the_same_client_replaces_the_first(client_row: Client) -> None:
    for role in ("executive", "contributor"):
        assert role in run("add_person", "a@b.example", "--client", "acme", "--role", role)
    assert rows("SELECT role FROM clients_membership") == [("contributor",)]


def test_who_unsubscribed_can_be_put_back(client_row: Client) -> None:
    assert "next Friday" in run("add_recipient", "CEO@acme.example", "--client", "acme")
    token = rows("SELECT unsubscribe_token FROM reports_recipient")[0][0]
    assert Browser().post(f"/unsubscribe/{token}/").status_code == 200
    assert rows("SELECT unsubscribed_at IS NULL FROM reports_recipient") == [(False,)]
    run("add_recipient", "ceo@acme.example", "--client", "acme")
    assert rows("SELECT email, unsubscribed_at FROM reports_recipient") == [("ceo@acme.example", None)]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["add_practice", "acme corp", "--name", "A", "--sender-email", "a@b.example"], "--slug"),
        (["add_practice", "other", "--name", "A", "--sender-email", "nobody"], "--sender-email: Enter a valid email"),
        (["add_practice", "northlight", "--name", "A", "--sender-email", "a@b.example"], "already"),
        (["add_client", "new", "--practice", "nowhere", "--name", "A", "--zone", "UTC"], "no practice called nowhere"),
        (["add_client", "acme", "--practice", "northlight", "--name", "A", "--zone", "UTC"], "already"),
        (["add_client", "new", "--practice", "northlight", "--name", "A", "--zone", "Berlin"], "Europe/Berlin"),
        (
            ["add_client", "new", "--practice", "northlight", "--name", "A", "--zone", "UTC", "--colour", "red"],
            "six hex digits",
        ),
        (
            ["add_client", "new", "--practice", "northlight", "--name", "A", "--zone", "UTC", "--pulse-hour", "24"],
            "--pulse-hour",
        ),
        (
            ["add_client", "new", "--practice", "northlight", "--name", "A", "--zone", "UTC", "--plan", "much"],
            "--plan",
        ),
        (["add_recipient", "nobody", "--client", "acme"], "no email address"),
        (["add_recipient", "a@b.example", "--client", "zenith"], "no client called zenith"),
        (["add_person", "nobody", "--client", "acme", "--role", "executive"], "no email address"),
        (["add_person", "a@b.example", "--client", "zenith", "--role", "executive"], "no client called zenith"),
        (["add_person", "a@b.example", "--client", "acme", "--role", "owner"], "name it with --practice"),
        (["add_person", "a@b.example", "--practice", "northlight", "--role", "executive"], "name it with --client"),
    ],
)
def test_a_wrong_value_is_answered_with_what_and_where(
    client_row: Client, arguments: list[str], complaint: str
) -> None:
    with pytest.raises(CommandError, match=complaint):
        run(*arguments)


def test_a_password_from_standard_input_is_checked(client_row: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("short\n"))
    with pytest.raises(CommandError, match="at least 12"):
        run("add_person", "a@b.example", "--client", "acme", "--role", "executive", "--password-stdin")
    monkeypatch.setattr("sys.stdin", StringIO(factories.PASSWORD + "\n"))
    assert "shown" not in run(
        "add_person", "a@b.example", "--client", "acme", "--role", "executive", "--password-stdin"
    )
    assert Browser().login(email="a@b.example", password=factories.PASSWORD)
