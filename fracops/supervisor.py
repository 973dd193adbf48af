"""Web, workers and beat under one supervisor, on this machine only."""

import ctypes
import multiprocessing
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from honcho.manager import Manager
from honcho.process import Process

HOST = "127.0.0.1"


def port_is_free(port: int) -> bool:
    """Whether the web server could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


PR_SET_PDEATHSIG = 1
"""prctl(2): which signal to send a process whose parent has died."""


def end_with_parent() -> None:
    """Ask the kernel to end this process when the one that forked it is gone, so that a killed demo leaves nothing running."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


PAUSES = (1.0, 2.0, 5.0, 10.0)
"""Seconds before a process that died is started again, each time; when it dies once more, everything ends."""
STEADY = 60.0
"""Seconds after which a process that was started again has earned all of its chances anew."""


class Revived(Process):  # type: ignore[misc]  # honcho has no types
    """A process that is started again when it dies, a few times, unless everything is to end."""

    def __init__(self, *given: Any, ending: Any, pauses: Sequence[float], **named: Any) -> None:
        super().__init__(*given, **named)
        self.ending, self.pauses = ending, pauses

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        """Run the command until it is to end or has died too often. Its one “stop” comes then."""
        told: list[Any] = []
        chances = list(self.pauses)
        while True:
            began = time.monotonic()
            super().run(_WithoutStop(events, told), ignore_signals)
            if time.monotonic() - began > STEADY:
                chances = list(self.pauses)
            if self.ending.is_set() or not chances:
                break
            pause = chances.pop(0)
            self._send_message(f"ended by itself ({_how(told[-1])}); it is started again in {pause:g} s\n".encode())
            if self.ending.wait(pause):
                break
        events.put(told[-1])


class _WithoutStop:
    """Passes what a process tells on, but for its stop, which is kept."""

    def __init__(self, events: Any, told: list[Any]) -> None:
        self.events, self.told = events, told

    def put(self, message: Any) -> None:
        if message.type == "stop":
            self.told.append(message)
        else:
            self.events.put(message)


def _how(stop: Any) -> str:
    code = stop.data["returncode"]
    return f"signal {-code}" if code < 0 else f"exit code {code}"


class Supervisor(Manager):  # type: ignore[misc]
    """Runs processes until a signal comes, or one has died so often that there is no use; the others go on meanwhile."""

    def __init__(self, pauses: Sequence[float] = PAUSES) -> None:
        super().__init__()
        self.ending = multiprocessing.Event()
        self.pauses = pauses
        self._process_ctor = self._revived

    def _revived(self, *given: Any, **named: Any) -> Revived:
        return Revived(*given, ending=self.ending, pauses=self.pauses, **named)

    def terminate(self) -> None:
        """End all of them, and start none again."""
        self.ending.set()
        super().terminate()


def processes(port: int) -> Supervisor:
    """A supervisor of web, workers and beat, which starts again what dies; call its `loop()` in the main thread."""
    if sys.platform == "linux":
        os.register_at_fork(after_in_child=end_with_parent)
    python, manager = sys.executable, Supervisor()
    # Root is who a container or a trial machine often has; the warning of Celery is for servers that strangers can reach.
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": "ignore:You're running the worker"}
    # Where the system can, a process ends with the supervisor that started it, however that ended.
    together = "setpriv --pdeathsig TERM " if shutil.which("setpriv") else ""
    celery = f"{python} -m celery --app fracops --quiet"
    quiet = "--concurrency 2 --loglevel warning --without-gossip --without-mingle"
    for name, command in {
        "web": f"{python} -m granian --interface wsgi --host {HOST} --port {port} --workers 1 --blocking-threads 4"
        " --no-ws --log-level warning fracops.wsgi:application",
        "worker": f"{celery} worker --queues celery --hostname worker@%h {quiet}",
        "puller": f"{celery} worker --queues pull --hostname puller@%h {quiet}",
        "beat": f"{celery} beat --loglevel warning --pidfile=",
    }.items():
        manager.add_process(
            name, f"exec {together}{command}", env=environment, cwd=str(Path(__file__).resolve().parent.parent)
        )
    return manager
