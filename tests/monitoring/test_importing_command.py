"""``import_calls`` stores good rows, says of each bad one why, and changes nothing when it is run again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from time_machine import travel

from clients.models import Client
from tests.conftest import NOW, rows
from tests.monitoring.import_files import write

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

HEADER = "at,model,input_tokens,output_tokens,latency,cost,score.accuracy\n"


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with travel(NOW, tick=True):
        yield


def lines(count: int) -> str:
    return HEADER + "".join(
        f"2026-11-0{1 + n % 4}T12:00:{n % 60:02d},gpt-4,10,{n},1.5,0.01,{n % 2}\n" for n in range(count)
    )


def run(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[str, str, int]:
    """What the command printed, what it complained of, and its exit code."""
    try:
        call_command("import_calls", str(path), "--client", "acme", "--system", "Bot", *options)
        code = 0
    except SystemExit as left:
        code = int(left.code or 0)
    said = capsys.readouterr()
    return said.out.strip(), said.err.strip(), code


def spans() -> list[tuple[Any, ...]]:
    return rows("SELECT span_id, started_at, cost FROM monitoring_span ORDER BY span_id")


def test_rows_are_stored_and_rolled_up(client_row: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write(tmp_path, lines(50)), capsys) == ("50 rows read: 50 stored, 0 unchanged, 0 refused.", "", 0)
    assert len(spans()) == 50
    assert rows("SELECT count(*) FROM monitoring_score") == [(50,)]
    assert rows("SELECT count(*) FROM monitoring_touched") == [(0,)]


def test_running_again_changes_nothing(client_row: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, lines(20), "calls.csv.gz")
    run(path, capsys)
    before = spans()
    assert run(path, capsys) == ("20 rows read: 0 stored, 20 unchanged, 0 refused.", "", 0)
    assert spans() == before


def test_bad_rows_are_named_and_the_exit_code_says_so(
    client_row: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, lines(2) + "2026-11-01,gpt-4,-1,1,1,0,1\n1999-01-01,gpt-4,1,1,1,0,1\n")
    out, err, code = run(path, capsys)
    assert (out, code) == ("4 rows read: 2 stored, 0 unchanged, 2 refused.", 1)
    first, second = err.splitlines()
    assert first == f"{path}:4: input_tokens must be a whole number from 0 to 2,147,483,647"
    assert second.startswith(f"{path}:5: time 1999-01-01")
    assert len(spans()) == 2


def test_only_and_spread_choose_rows_and_times(
    client_row: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, "model,question\n" + "a,q\nb,q\n" * 4)
    out, _, _ = run(path, capsys, "--map", "model=model", "--only", "model=a", "--spread", "2026-11-02..2026-11-06")
    assert out.startswith("4 rows read: 4 stored")
    # Midday in Chicago, in winter.
    assert sorted((at.day, at.hour) for _, at, _ in spans()) == [(2, 18), (3, 18), (4, 18), (5, 18)]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--map", "at=when"), "no column “when”"),
        (("--map", "model=model"), "--spread"),
        (("--only", "gone=1"), "--only gone"),
        (("--only", "model=none"), "no row matches"),
        (("--spread", "soon"), "--spread soon"),
    ],
)
def test_what_is_wrong_as_a_whole_is_said_once_and_nothing_is_stored(
    client_row: Client, tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("import_calls", str(write(tmp_path, lines(3))), "--client", "acme", "--system", "Bot", *options)
    assert spans() == []
    assert rows("SELECT name FROM monitoring_source UNION ALL SELECT name FROM clients_system") == []


def test_an_unknown_client_is_told_the_known_ones(client_row: Client, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no client “acne”; there are: acme"):
        call_command("import_calls", str(write(tmp_path, lines(1))), "--client", "acne", "--system", "Bot")


@pytest.mark.parametrize("system", ["", "  ", "x" * 101])
def test_a_system_needs_a_name_that_fits(client_row: Client, tmp_path: Path, system: str) -> None:
    with pytest.raises(CommandError, match="--system"):
        call_command("import_calls", str(write(tmp_path, lines(1))), "--client", "acme", "--system", system)


def test_the_longest_system_name_is_taken(client_row: Client, tmp_path: Path) -> None:
    call_command("import_calls", str(write(tmp_path, lines(1))), "--client", "acme", "--system", "x" * 100)
    assert len(spans()) == 1


def test_a_missing_file_is_one_clear_error(client_row: Client, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_calls", str(tmp_path / "none.csv"), "--client", "acme", "--system", "Bot")


def test_half_an_emoji_and_an_id_of_any_size_cost_nothing(
    client_row: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(
        tmp_path,
        '{"id": 123456789012345678901234567890, "at": "2026-11-02T12:00:00Z", "model": "gpt-4", "input": "cut \\ud83d"}\n'
        '{"id": 2, "at": "2026-11-02T12:00:00Z", "model": "\\ud83d", "output": ["\\ud83d", 98765432109876543210]}\n'
        '{"id": 123456789012345678901234567890, "at": "2026-11-02T12:00:00Z", "model": "gpt-4"}\n'
        '{"id": 3, "at": "2026-11-02T12:00:00Z", "model": "gpt-4", "input_tokens": "\\ud83d"}\n'
        '{"id": 4, "at": "\\ud83d", "model": "gpt-4"}\n',
        "calls.jsonl",
    )
    out, err, code = run(path, capsys)
    assert (out, code) == ("5 rows read: 2 stored, 0 unchanged, 3 refused.", 1)
    assert "3: id “123456789012345678901234567890” was given in line 1 already" in err
    assert [line.split(":")[1] for line in err.splitlines()] == ["3", "4", "5"]
    kept = rows("SELECT input_text, model, output_text FROM monitoring_span ORDER BY input_text DESC")
    assert kept == [("cut ?", "gpt-4", ""), ("", "?", '["?",98765432109876543210]')]


def test_a_number_that_is_no_rate_refuses_its_row(
    client_row: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, lines(1) + "2026-11-01,gpt-4,1,1,1,0,85\n")
    out, err, code = run(path, capsys)
    assert (out, code) == ("2 rows read: 1 stored, 0 unchanged, 1 refused.", 1)
    assert err == f"{path}:3: score “accuracy” is a rate: send true/false or a number from 0 to 1"
