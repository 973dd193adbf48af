"""A real Arize Phoenix: installed from its own lock, started on loopback with a login, and written to by its own client."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from fracops.embedded import free_port
from fracops.supervisor import end_with_parent

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements-phoenix.lock"
ADMIN = "an-admin-secret-of-32-characters-0"

WRITE = """
import json, sys, time
from phoenix.client import Client
asked = json.load(sys.stdin)
client = Client(base_url=asked["url"], api_key=asked["key"])
client.spans.log_spans(project_identifier=asked["project"], spans=asked["spans"])
# Phoenix stores spans a moment later, and refuses annotations on those it does not have yet.
for attempt in range(400):
    try:
        stored = len(client.spans.get_spans(project_identifier=asked["project"], limit=100000))
    except Exception:  # not even the project is there yet
        stored = 0
    if stored >= len(asked["spans"]):
        break
    time.sleep(0.5)
if asked["annotations"]:
    client.spans.log_span_annotations(span_annotations=asked["annotations"], sync=True)
"""


class NotInstallableError(RuntimeError):
    """Phoenix cannot be installed here; the message says why."""


@dataclass(frozen=True)
class Phoenix:
    """A running Phoenix. `key` lets in."""

    url: str
    python: Path
    key: str = ADMIN

    def write(self, project: str, spans: list[dict[str, Any]], annotations: list[dict[str, Any]] = ()) -> None:  # type: ignore[assignment]
        """Write spans and annotations with Phoenix's own client; they can be read when this returns."""
        asked = {"url": self.url, "key": self.key, "project": project, "spans": spans, "annotations": list(annotations)}
        ended = subprocess.run([self.python, "-c", WRITE], input=json.dumps(asked), text=True, capture_output=True)
        assert ended.returncode == 0, ended.stderr


def installed() -> Path:
    """Python of an environment that holds Phoenix, made if it is not there. Raises NotInstallableError."""
    home = ROOT / "var" / f"phoenix-{sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    python = home / "bin" / "python"
    if (home / "complete").exists():
        return python
    uv = Path(sys.executable).parent / "uv"
    commands: list[list[str | Path]] = [
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, home],
        [uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", LOCK],
    ]
    for command in commands:
        ended = subprocess.run(command, capture_output=True, text=True)
        if ended.returncode:
            raise NotInstallableError(f"Arize Phoenix cannot be installed here: {ended.stderr.strip()[-300:]}")
    (home / "complete").touch()
    return python


@contextmanager
def running(home: Path) -> Iterator[Phoenix]:
    """A Phoenix with an empty database under `home`, until the block ends."""
    python, port, grpc = installed(), free_port(), free_port()
    environment = {
        **os.environ,
        "PHOENIX_WORKING_DIR": str(home),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(grpc),
        "PHOENIX_ENABLE_AUTH": "true",
        "PHOENIX_SECRET": "a-secret-of-32-characters-at-least-1",
        "PHOENIX_ADMIN_SECRET": ADMIN,
        # Nothing that it would look for elsewhere: where there is no network, its start would wait for it.
        "PHOENIX_TELEMETRY_ENABLED": "false",
        "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false",
        "PHOENIX_DISABLE_AGENT_ASSISTANT": "true",
        "PHOENIX_AGENTS_DISABLE_WEB_ACCESS": "true",
        "PHOENIX_ENABLE_MCP_SERVER": "false",
    }
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [python, "-m", "phoenix.server.main", "serve"],
            env=environment,
            stdout=log,
            stderr=log,
            preexec_fn=end_with_parent,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url, server, home / "log")
            yield Phoenix(url, python)
        finally:
            server.terminate()
            server.wait(20)


def _wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 300  # the first start after an installation compiles all of it
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError(f"Phoenix ended at once: {log.read_text()[-500:]}")
        try:
            if httpx.get(f"{url}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    raise NotInstallableError(f"Arize Phoenix does not come up here: {log.read_text()[-300:]}")
