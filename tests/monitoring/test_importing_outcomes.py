"""``manage.py import_outcomes``: a file's figures are stored once, and every row that is not is named."""

import gzip
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from clients.models import Client
from tests.conftest import NOW, rows
from tests.monitoring.outcome_making import define, read

pytestmark = pytest.mark.usefixtures("runtime_role")

CSV = "date,settled,chats,ok\n2026-11-03,40,60,38\n2026-11-02,2,40,\n"
MAPPED = ["--outcome", "chats_settled", "--map", "day=date", "--map", "numerator=settled", "--map", "denominator=chats"]


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def run(file: Path, *options: str) -> tuple[int, str, str]:
    out, err, code = StringIO(), StringIO(), 0
    try:
        call_command(
            "import_outcomes", str(file), "--client", "acme", "--system", "Bot", *options, stdout=out, stderr=err
        )
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    return code, out.getvalue().strip(), err.getvalue()


def written(folder: Path, text: str, name: str = "chats.csv") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["chats.csv", "chats.csv.gz"])
def test_a_files_figures_are_stored_once(client_row: Client, tmp_path: Path, name: str) -> None:
    define(client_row)
    file = written(tmp_path, CSV, name)
    assert run(file, *MAPPED, "--map", "success=ok") == (0, "2 rows read: 2 stored, 0 unchanged, 0 refused.", "")
    assert run(file, *MAPPED, "--map", "success=ok")[1] == "2 rows read: 0 stored, 2 unchanged, 0 refused."
    now = read(client_row, "chats_settled").now
    assert (now.n, now.sources) == (60, ("Files for Bot",))
    assert rows("SELECT success FROM monitoring_outcomevalue ORDER BY first_day") == [(None,), (38,)]


def test_json_lines_need_no_mapping(client_row: Client, tmp_path: Path) -> None:
    define(client_row)
    lines = [
        {"outcome": "chats_settled", "id": n, "at": "2026-11-03T10:00:00", "numerator": 1, "denominator": 1}
        for n in (1, 2)
    ]
    assert run(written(tmp_path, "\n".join(map(json.dumps, lines)), "x.jsonl"))[0] == 0
    assert read(client_row, "chats_settled").now.n == 2


def test_bad_rows_are_named_and_the_others_stored(client_row: Client, tmp_path: Path) -> None:
    define(client_row)
    code, out, err = run(written(tmp_path, CSV + "2026-11-01,7,6,\nmonday,1,2,\n"), *MAPPED)
    assert (code, out) == (1, "4 rows read: 2 stored, 0 unchanged, 2 refused.")
    assert ":4: “Chats settled” cannot be 7 of 6: the numerator is the part" in err
    assert ":5: day: must be a day like 2026-11-03" in err
    assert rows("SELECT error FROM monitoring_source") == [
        ("2 rows of chats.csv were refused; the import named each.",)
    ]


def test_an_outcome_can_be_defined_on_the_way(client_row: Client, tmp_path: Path) -> None:
    new = [
        "--kind",
        "rate",
        "--name",
        "Chats settled",
        "--unit",
        "chats settled",
        "--of",
        "chats",
        "--better",
        "higher",
    ]
    file = written(tmp_path, CSV)
    assert run(file, *MAPPED, *new)[0] == 0
    assert run(file, *MAPPED, *new)[0] == 0
    assert rows("SELECT key, kind, better FROM monitoring_outcomedefinition") == [("chats_settled", "rate", "higher")]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--map", "day=date"], "Nothing says which outcome the rows are of"),
        ([*MAPPED, "--map", "model=chats"], "There is no target “model”"),
        ([*MAPPED, "--only", "chats=7"], "no row matches --only"),
        (["--kind", "rate", "--map", "outcome=date"], "say which with --outcome KEY"),
        ([*MAPPED, "--kind", "rate", "--name", "x", "--unit", "x"], "--of: A rate is out of something"),
        (
            ["--outcome", "tickets_created", "--kind", "count", "--name", "x", "--unit", "x", "--map", "day=date"],
            "is FracOps’ own",
        ),
    ],
)
def test_what_fails_for_every_row_is_said_once(
    client_row: Client, tmp_path: Path, options: list[str], says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        run(written(tmp_path, CSV), *options)
    assert rows("SELECT count(*) FROM monitoring_outcomevalue") == [(0,)]
