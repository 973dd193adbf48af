"""Everything at once, on this machine: web, workers and beat under one supervisor, with servers of their own where none are named."""

import fcntl
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import httpx
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from fracops import supervisor

WAIT_SECONDS = 300


class Standalone(BaseCommand):
    """A command that brings the schema up to date, starts all processes, and ends with them."""

    name: ClassVar[str]
    """What `make` calls it."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Start everything, and wait for its end."""
        self.started = time.monotonic()
        port = self.wanted_port()
        self.url = f"http://{supervisor.HOST}:{port}"
        self.alone = (Path(settings.HOME) / "demo.lock").open("a+")
        try:
            fcntl.flock(self.alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            self.alone.seek(0)
            there = self.alone.read() or "an address of its own"
            raise CommandError(
                f"FracOps runs in this folder already, at {there}. Stop it first with Ctrl-C."
            ) from fault
        self.alone.truncate(0)
        self.alone.write(self.url)
        self.alone.flush()
        if not supervisor.port_is_free(port):
            raise CommandError(
                f"Port {port} is taken on this machine. Stop what listens there, or choose another: make {self.name} PORT=8001"
            )
        # No mail leaves the machine: it is written to files.
        os.environ |= {
            "EMAIL_URL": f"filemail://{settings.HOME.resolve()}/mail",
            "SITE_URL": self.url,
            "ALLOWED_HOSTS": supervisor.HOST,
            "PORT": str(port),
        }
        call_command("migrate", database="owner", verbosity=0)
        call_command("partitions", stdout=open(os.devnull, "w"))  # noqa: SIM115
        if static_files_are_newer():
            call_command("collectstatic", interactive=False, verbosity=0)
        self.prepare()
        manager = supervisor.processes(port)
        self.fault = ""
        threading.Thread(target=self.bring_up, args=[manager], daemon=True).start()
        manager.loop()
        if self.fault:
            raise CommandError(self.fault)
        if manager.returncode not in (0, 130, 143):
            sys.exit(manager.returncode)

    def prepare(self) -> None:
        """What is to be there before the processes start."""

    def when_up(self) -> None:
        """What is to be done, and said, once the web answers."""

    def wanted_port(self) -> int:
        """The port that PORT names. Raises CommandError for one there is not."""
        given = os.environ.get("PORT", "8000")
        if not (given.isdecimal() and 0 < int(given) < 65536):
            raise CommandError(f"PORT must be a number from 1 to 65535, not “{given}”: make {self.name} PORT=8001")
        return int(given)

    def bring_up(self, manager: supervisor.Supervisor) -> None:
        """Beside the supervisor: wait for the web, then do the rest. Where that fails everything ends."""
        try:
            self.wait_for("the web server to answer", self.healthy, every=0.2)
            self.when_up()
        except Exception as fault:
            self.fault = f"FracOps could not be brought up: {fault}"
            manager.terminate()

    def healthy(self) -> bool:
        """Whether the web answers, and finds its database and cache well."""
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def wait_for(self, what: str, ready: Callable[[], bool], every: float = 1) -> None:
        """Ask every few seconds. Raises TimeoutError after WAIT_SECONDS."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not ready():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {WAIT_SECONDS} s for {what}")
            time.sleep(every)

    def tell(self, *lines: str) -> None:
        """Say that it is up, where, and `lines` of more."""
        took = time.monotonic() - self.started
        self.stdout.write("\n".join([f"FracOps is up after {took:.0f} s: {self.url}", *lines]))


def static_files_are_newer() -> bool:
    """Whether any static file changed since they were last collected, or one was taken away."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not manifest.exists():
        return True
    collected = manifest.stat().st_mtime
    sources = [Path(folder) for folder in settings.STATICFILES_DIRS]
    return any(path.stat().st_mtime > collected for folder in sources for path in [folder, *folder.rglob("*")])
