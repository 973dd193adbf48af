"""The push page's curl examples, sent in their order: each is taken whole."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser

from clients.models import Client
from tests import factories
from tests.conftest import NOW, rows
from tests.monitoring.outcome_making import define

PAGE = Path(__file__).resolve().parents[2] / "docs/sources/push.md"


def examples() -> list[tuple[str, dict[str, str], str]]:
    """Path, headers and body of each curl command."""
    found = []
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL):
        for command in re.split(r"^(?=curl )", block, flags=re.MULTILINE)[1:]:
            words = shlex.split(command)
            headers = dict(words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H")
            found.append((words[1].removeprefix("https://fracops.example"), headers, words[words.index("-d") + 1]))
    return found


def test_every_example_is_taken(client_row: Client, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    define(client_row)
    define(client_row, "hours_saved", kind="hours", unit="hours saved")
    token = factories.token(client_row)
    assert {path for path, _, _ in examples()} == {"/v1/outcomes", "/v1/calls", "/v1/scores"}
    for path, headers, body in examples():
        sent = {"Authorization": headers["Authorization"].replace("$TOKEN", token)}
        answer = Browser().post(path, body, content_type=headers["Content-Type"], headers=sent)
        assert answer.status_code == 200, answer.content
        assert (answer.json()["refused"], answer.json()["unchanged"]) == (0, 0), body
    assert rows("SELECT count(*) FROM monitoring_outcomevalue") == [(5,)]
    assert rows("SELECT name, judge FROM monitoring_score ORDER BY 1") == [
        ("accuracy", "human"),
        ("format_valid", "code"),
    ]


@pytest.mark.parametrize("status", [200, 400, 401, 405, 413, 415, 422, 429, 503])
def test_every_status_is_on_the_page(status: int) -> None:
    assert f"| {status} |" in PAGE.read_text()
