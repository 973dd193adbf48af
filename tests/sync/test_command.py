"""`manage.py source`: everything a page can do, for operators and scripts, with exit codes and JSON that can be relied on."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command

from clients.models import Client
from monitoring.management.commands.source import Command
from monitoring.models import Source
from monitoring.sources import kinds
from tests.conftest import rows
from tests.sources.fakes.phoenix import Fake
from tests.sync.conftest import LATER, now_of

pytestmark = pytest.mark.usefixtures("runtime_role")
Connect = Callable[..., Source]


def said(*arguments: str) -> Any:
    """What the command prints with --json."""
    out = StringIO()
    call_command("source", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def written(*arguments: str) -> str:
    out = StringIO()
    call_command("source", *arguments, stdout=out)
    return out.getvalue()


def add(fake: Fake, *more: str) -> tuple[str, ...]:
    given = [f"--set={name}={value}" for name, value in fake.settings.items()]
    return ("add", "phoenix", "--client", "acme", "--system", "Bot", *given, *more)


def test_the_kinds_with_their_settings_and_which_are_secret() -> None:
    listed = {kind["kind"]: kind for kind in said("kinds")}
    assert listed.keys() == kinds().keys()
    secrets = {s["name"] for s in listed["phoenix"]["settings"] if s["secret"]}
    assert secrets == {"api_key"}
    assert "phoenix      Arize Phoenix: Spans" in written("kinds")


def test_added_checked_synced_and_listed(client_row: Client, phoenix: Fake) -> None:
    added = said(*add(phoenix, "--days", "4"))
    assert added["sees"][0]["name"] == "default"
    assert "also sees 1 other project" in added["warnings"][0]
    assert said("check", added["id"])["account"] == "https://phoenix.example"
    synced = said("sync", added["id"], "--wait")
    assert synced == {"id": added["id"], "pages": 6, "new": 15, "changed": 0, "same": 0, "removed": 0, "rejected": 0}
    [listed] = said("list", "--client", "acme")
    assert listed["state"] == "up_to_date"
    assert listed["share_done"] == 1.0
    assert listed["texts"] == "measured"
    assert listed["read_since"] == (LATER - timedelta(days=4)).replace(minute=0, second=0).isoformat()
    assert listed["last_sync_at"] == LATER.isoformat()
    assert rows("SELECT count(*) FROM monitoring_point WHERE grain = 1440") != [(0,)]


def test_what_becomes_of_texts_is_chosen_and_listed(client_row: Client, phoenix: Fake) -> None:
    for number, choice in enumerate(("unread", "measured", "kept")):
        said(*add(phoenix, "--name", f"P{number}", "--texts", choice, "--anyway"))
    assert {each["name"]: each["texts"] for each in said("list")} == {"P0": "unread", "P1": "measured", "P2": "kept"}
    with pytest.raises(SystemExit, match="2"):
        said(*add(phoenix, "--texts", "some"))


def test_the_key_is_printed_nowhere(client_row: Client, phoenix: Fake) -> None:
    out = json.dumps(said(*add(phoenix))) + json.dumps(said("list")) + written("list")
    assert phoenix.key not in out
    assert phoenix.key not in str(rows("SELECT settings, credentials FROM monitoring_source"))


def test_a_key_can_come_from_a_file(client_row: Client, phoenix: Fake, tmp_path: Path) -> None:
    kept = tmp_path / "key"
    kept.write_text(f"{phoenix.key}\n")
    said(
        "add",
        "phoenix",
        "--client",
        "acme",
        "--system",
        "Bot",
        "--set=base_url=https://phoenix.example",
        f"--set=api_key=@{kept}",
    )
    assert rows("SELECT count(*) FROM monitoring_source") == [(1,)]


@pytest.mark.parametrize(
    ("answer", "code", "fault"),
    [
        (httpx.Response(401), 3, "client"),
        (httpx.Response(429, headers={"Retry-After": "99"}), 4, "later"),
        (httpx.Response(418), 5, "ours"),
    ],
)
def test_a_refusal_stores_nothing_and_says_whose_turn_it_is(
    client_row: Client, phoenix: Fake, answer: httpx.Response, code: int, fault: str, capsys: Any
) -> None:
    phoenix.interrupt = lambda request: answer
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("source", *add(phoenix), "--json", stdout=out)
    assert ended.value.code == code
    assert json.loads(out.getvalue())["fault"] == fault
    assert rows("SELECT count(*) FROM monitoring_source") == [(0,)]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("add", "fax", "--client", "acme", "--system", "Bot"), "no kind “fax”"),
        (("add", "phoenix", "--client", "nobody", "--system", "Bot"), "no client “nobody”"),
        (("add", "phoenix", "--client", "acme", "--system", "Bot", "--set", "project"), "key=value"),
        (
            ("add", "phoenix", "--client", "acme", "--system", "Bot", "--set", "projekt=x"),
            "projekt: There is no such setting.",
        ),
        (("add", "openai", "--client", "acme", "--system", "Bot"), "This is needed."),
        (("add", "phoenix", "--client", "acme", "--system", "Bot", "--set", "api_key=@/nowhere/key"), "cannot be read"),
        (("check", "nothing"), "no source “nothing”"),
        (("add", "phoenix", "--client", "acme", "--system", ""), "--system"),
        (("add", "phoenix", "--client", "acme", "--system", "Bot", "--name", "x" * 300), "--name"),
        (("add", "phoenix", "--client", "acme", "--system", "Bot", "--days", "-5"), "--days"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_asked(
    client_row: Client, phoenix: Fake, arguments: tuple[str, ...], why: str
) -> None:
    with pytest.raises(CommandError, match=why):
        call_command("source", *arguments)
    assert phoenix.seen == []


@pytest.mark.parametrize(
    ("arguments", "code", "fault", "why"),
    [
        (("add", "fax", "--client", "acme", "--system", "Bot"), 1, "request", "no kind “fax”"),
        (("check", "nothing"), 1, "request", "no source “nothing”"),
        (("list", "--client", "nobody"), 1, "request", "no client “nobody”"),
        (("add", "phoenix", "--client", "acme"), 2, "arguments", "--system"),
        (("check",), 2, "arguments", "required: id"),
    ],
)
def test_with_json_every_refusal_is_json_too(
    client_row: Client, arguments: tuple[str, ...], code: int, fault: str, why: str, capsys: Any
) -> None:
    """As from the shell: one value on standard output, nothing on the other."""
    with pytest.raises(SystemExit) as ended:
        Command().run_from_argv(["manage.py", "source", *arguments, "--json"])
    out, err = capsys.readouterr()
    assert ended.value.code == code
    told = json.loads(out)
    assert (told["fault"], told["retry_at"], err) == (fault, None, "")
    assert why in told["message"]


@pytest.mark.parametrize("typed", ["sk-proj-verysecret", "c2stc2VjcmV0LXNlY3JldA=="])
def test_a_key_that_was_typed_wrongly_is_not_said_back(client_row: Client, typed: str) -> None:
    add = ("source", "add", "phoenix", "--client", "acme", "--system", "Bot", "--set", "project=x", "--set", typed)
    with pytest.raises(CommandError) as caught:
        call_command(*add)
    assert typed.rstrip("=") not in str(caught.value)
    assert "--set number 2" in str(caught.value)


def test_waiting_for_a_sync_that_a_limit_stops_says_so(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    source = connect(client_row, phoenix)
    asked, out = 0, StringIO()

    def limited(request: httpx.Request) -> httpx.Response | None:
        nonlocal asked
        asked += 1
        return httpx.Response(429, headers={"Retry-After": "3600"}) if asked > 3 else None

    phoenix.interrupt = limited
    with pytest.raises(SystemExit) as ended:
        call_command("source", "sync", source.public_id, "--wait", "--json", stdout=out)
    assert ended.value.code == 4
    assert json.loads(out.getvalue())["retry_at"] == (LATER + timedelta(hours=1)).isoformat()


def test_a_source_of_that_name_is_there_already(client_row: Client, phoenix: Fake) -> None:
    said(*add(phoenix))
    with pytest.raises(CommandError, match="give --name"):
        call_command("source", *add(phoenix))
    assert said(*add(phoenix, "--name", "Another", "--anyway"))["id"]


def test_what_is_read_already_is_connected_once_more_only_when_it_is_meant(client_row: Client, phoenix: Fake) -> None:
    first = said(*add(phoenix))["id"]
    phoenix.seen.clear()
    with pytest.raises(CommandError, match=f"{first}.*count twice.*--anyway"):
        call_command("source", *add(phoenix, "--name", "Another", "--set=base_url=https://phoenix.example/"))
    assert phoenix.seen == []
    phoenix.projects.append("support")
    assert said(*add(phoenix, "--name", "Support", "--set=project=support"))["id"]


def test_a_sync_without_waiting_is_a_workers(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    source = connect(client_row, phoenix)
    assert "as soon as a worker is free" in written("sync", source.public_id)
    assert now_of(source).last_sync_at == LATER  # the tests' workers are at hand at once


def test_since_reads_further_back(client_row: Client, phoenix: Fake, connect: Connect) -> None:
    source = connect(client_row, phoenix)
    said("sync", source.public_id, "--wait")
    phoenix.seen.clear()
    said("sync", source.public_id, "--since", "2026-10-15", "--wait")
    asked = min(r.url.params["start_time"] for r in phoenix.seen if r.url.path.endswith("/spans"))
    assert asked.startswith("2026-10-15T00:00:00")
    for since, why in (
        ("soon", "write a day like"),
        ("0001-01-01", "nothing is kept"),
        ("9999-12-31", "nothing is kept"),
    ):
        with pytest.raises(CommandError, match=why):
            call_command("source", "sync", source.public_id, "--since", since)
