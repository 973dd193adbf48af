"""Web, workers and beat under one supervisor, on this machine only."""

import ctypes
import os
import shutil
import signal
import socket
import sys
from pathlib import Path

from honcho.manager import Manager

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


def processes(port: int) -> Manager:
    """A manager that runs web, worker and beat until one ends or a signal comes; call its `loop()` in the main thread."""
    if sys.platform == "linux":
        os.register_at_fork(after_in_child=end_with_parent)
    python, manager = sys.executable, Manager()
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
