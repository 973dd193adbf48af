"""The embedded servers: up in moments, closed to strangers, kept while anybody needs them, and the same data next time."""

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from fracops import embedded
from fracops.roles import APP, OWNER

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Below a folder that no other user can enter, as a fresh clone may be."""
    tmp_path.chmod(0o700)
    home = tmp_path / "var"
    yield home
    if (home / "postgres").is_symlink():
        shutil.rmtree((home / "postgres").resolve().parent)


def listeners() -> list[tuple[str, int, int | None]]:
    """Address, port and process of everything that listens on this machine."""
    found = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    return [(*c.laddr, c.pid) for c in found]


def listening() -> set[int]:
    return {port for _, port, _ in listeners()}


def test_both_servers_come_up_ask_for_passwords_and_keep_their_data(home: Path) -> None:
    with embedded.servers(home) as first:
        with psycopg.connect(first.url(OWNER), autocommit=True) as owner:
            owner.execute("CREATE TABLE kept (word text)")
            owner.execute("INSERT INTO kept VALUES ('still here')")
        for stranger in ("postgres", OWNER, APP):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(f"postgresql://{stranger}:wrong@127.0.0.1:{first.postgres_port}/fracops")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=first.valkey_port).ping()
        addresses = {ip for ip, port, _ in listeners() if port in (first.postgres_port, first.valkey_port)}
        assert addresses == {"127.0.0.1"}
    assert not {first.postgres_port, first.valkey_port} & listening()
    with embedded.servers(home) as second, psycopg.connect(second.url(OWNER)) as owner:
        assert owner.execute("SELECT word FROM kept").fetchone() == ("still here",)
        assert second.passwords == first.passwords


def test_the_last_to_leave_stops_them(home: Path) -> None:
    with embedded.servers(home) as outer:
        with embedded.servers(home) as inner:
            assert inner == outer
        assert {outer.postgres_port, outer.valkey_port} <= listening()
    assert not {outer.postgres_port, outer.valkey_port} & listening()


def test_servers_left_behind_by_a_killed_process_are_adopted_and_stopped(home: Path) -> None:
    code = (
        "import os; from pathlib import Path; from fracops.embedded import servers\n"
        f"with servers(Path({str(home)!r})): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == -9
    left = json.loads((home / "servers.json").read_text())
    assert {left["postgres_port"], left["valkey_port"]} <= listening()
    with embedded.servers(home) as adopted:
        assert adopted.postgres_port == left["postgres_port"]
    assert not {left["postgres_port"], left["valkey_port"]} & listening()


def test_secrets_are_for_their_owner_only_and_no_parent_was_opened(home: Path) -> None:
    with embedded.servers(home):
        for name in ("servers.json", "valkey/valkey.conf"):
            assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
        assert stat.S_IMODE(home.parent.stat().st_mode) == 0o700


def test_a_home_that_was_cleared_begins_anew_and_keeps_the_old_data_aside(home: Path) -> None:
    with embedded.servers(home) as first, psycopg.connect(first.url(OWNER), autocommit=True) as owner:
        owner.execute("CREATE TABLE kept (word text)")
    place = (home / "postgres").resolve().parent
    (home / "servers.json").unlink()
    with embedded.servers(home) as second, psycopg.connect(second.url(OWNER)) as owner:
        assert owner.execute("SELECT to_regclass('kept')").fetchone() == (None,)
    assert len(list(place.glob("data-before-*"))) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has someone else run its PostgreSQL")
def test_postgresql_never_runs_as_root(home: Path) -> None:
    with embedded.servers(home) as running:
        owners = {
            psutil.Process(pid).username() for _, port, pid in listeners() if pid and port == running.postgres_port
        }
    assert owners == {embedded.SYSTEM_USER}
