"""A demo as a stranger starts it: `manage.py demo` with servers, port and home of its own, and the way it stops."""

import email
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.policy import default
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[2]
UP_SECONDS, STOP_SECONDS, MAIL_SECONDS = 300, 15, 120
_NOT_OURS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_BACKUP_URL", "REDIS_URL", "FRACOPS_HOME", "PORT")


@dataclass
class Demo:
    """One demo under `home`; it can be started again after it was stopped, on the same port."""

    home: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    listened: set[int] = field(default_factory=set)
    """Ports on which it listened when it was last stopped."""
    _log: BinaryIO | None = None

    def mailed(self, to: str, place: str) -> str:
        """The newest link of that kind (``join``, ``agree``) in a mail to somebody; waits for the worker to write it."""
        link = re.compile(rf"{re.escape(self.url)}(/{place}/[\w-]+/)")
        deadline = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < deadline:
            files = sorted((self.home / "mail").glob("*"), key=lambda file: file.stat().st_mtime, reverse=True)
            for file in files:
                mail = email.message_from_bytes(file.read_bytes(), policy=default)
                body = mail.get_body(("plain",))
                found = link.search(body.get_content()) if body and to in str(mail["To"]) else None
                if found:
                    return found[1]
            time.sleep(0.5)
        raise AssertionError(f"No mail to {to} with a link to {place}")

    def start(self) -> float:
        """Start it and wait until it answers with its story told; returns the seconds that took."""
        began = time.monotonic()
        self.home.mkdir(parents=True, exist_ok=True)
        self._log = (self.home / "demo.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "demo"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._until(self._healthy)
        self._until(lambda: bool(self.state.get("url")))
        return time.monotonic() - began

    def stop(self) -> float:
        """Ctrl-C, then wait until it is gone; returns the seconds that took. Raises TimeoutExpired after 15 s."""
        assert self.process is not None
        self.listened = self.listening()
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        finally:
            if self.process.poll() is None:
                self.process.terminate()
            assert self._log is not None
            self._log.close()
        return time.monotonic() - began

    @property
    def environment(self) -> dict[str, str]:
        """What its processes, and commands that are given beside it, find around them: nothing of the tests' own servers."""
        around = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
        # A provider of the tests' own listens on this machine.
        return around | {"FRACOPS_HOME": str(self.home), "PORT": str(self.port), "OUTBOUND_ALLOWED": "127.0.0.1"}

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def state(self) -> dict[str, Any]:
        """What demo.json says: url, users, clients, otlp."""
        kept = self.home / "demo.json"
        return dict(json.loads(kept.read_text())) if kept.exists() else {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def user(self, role: str) -> dict[str, Any]:
        return dict(next(user for user in self.state["users"] if user["role"] == role))

    def log(self) -> str:
        return (self.home / "demo.log").read_text(errors="replace")[-3000:]

    def listening(self) -> set[int]:
        """Ports on which this demo's own processes and servers listen, found among all that listen on this machine."""
        assert self.process is not None
        servers = json.loads((self.home / "servers.json").read_text())
        own = {self.port, servers["postgres_port"], servers["valkey_port"]}
        family = {self.process.pid, *(child.pid for child in psutil.Process(self.process.pid).children(recursive=True))}
        return {at.laddr.port for at in _listeners() if at.pid in family or at.laddr.port in own}

    def still_listening(self) -> set[int]:
        """Of the ports it listened on before it was stopped, those on which anybody still does."""
        return self.listened & {at.laddr.port for at in _listeners()}

    def addresses(self) -> set[str]:
        """Where its ports can be reached from."""
        ports = self.listening()
        return {at.laddr.ip for at in _listeners() if at.laddr.port in ports}

    def _healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def _until(self, ready: Callable[[], bool]) -> None:
        assert self.process is not None
        deadline = time.monotonic() + UP_SECONDS
        while not ready():
            # Waits for its end and for the next look at once.
            try:
                self.process.wait(0.2)
            except subprocess.TimeoutExpired:
                assert time.monotonic() < deadline, f"The demo did not come up in {UP_SECONDS} s:\n{self.log()}"
            else:
                raise AssertionError(f"The demo ended before it was up:\n{self.log()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listeners() -> list[Any]:
    return [at for at in psutil.net_connections("tcp") if at.status == psutil.CONN_LISTEN]
