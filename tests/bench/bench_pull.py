"""Measures pulling: observations a second from a Langfuse on this machine, sources that are up to date, memory over a long backfill.

    python -m tests.bench.bench_pull --backfill 5000000

The far end is a process of its own that serves pages made beforehand, so that what is measured is FracOps.
"""

import argparse
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import psutil

PAGE = 1000
SOURCES = 200
CLIENT = "bench-pulled"


class Langfuse(BaseHTTPRequestHandler):
    """`per_day` observations in each of the last days, a thousand a page, each with the same numbers and ids of its own."""

    protocol_version = "HTTP/1.1"
    per_day = 0
    days = 1
    template: list[dict[str, Any]] = []  # noqa: RUF012 - made once, before the first request

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/api/public/v2/observations":
            body = self._observations(asked)
        elif parts.path == "/api/public/v3/scores":
            body = {"data": [], "meta": {}}
        else:
            body = {"data": [], "meta": {"page": 1, "limit": 50, "totalItems": 0, "totalPages": 0}}
        sent = orjson.dumps(body)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def _observations(self, asked: dict[str, str]) -> dict[str, Any]:
        start, end = (datetime.fromisoformat(asked[name]) for name in ("fromStartTime", "toStartTime"))
        first = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        step = timedelta(days=1) / max(self.per_day, 1)
        offset = int(asked.get("cursor", 0))
        here = int((end - start) / step)
        number = int((start - first) / step) + offset
        rows = []
        for position in range(offset, min(offset + PAGE, here)):
            at = first + step * (number + position - offset + 1)
            if not start <= at < end:
                continue
            name = f"{int(at.timestamp() * 1e6):032x}"
            rows.append(
                self.template[position % len(self.template)]
                | {"id": name[16:], "traceId": name, "startTime": at.isoformat(), "endTime": (at + step).isoformat()}
            )
        following = offset + PAGE
        return {"data": rows, "meta": {"cursor": str(following)} if following < here else {}}

    def log_message(self, *_: Any) -> None:
        """Nothing on the console."""


def serve(per_day: int, days: int, port: Any) -> None:
    """The far end's process."""
    chance = random.Random(7)
    Langfuse.per_day, Langfuse.days = per_day, days
    Langfuse.template = [
        {
            "projectId": "p-1",
            "parentObservationId": None,
            "type": "GENERATION",
            "name": "chat",
            "level": "DEFAULT",
            "environment": "default",
            "userId": f"u{chance.randrange(900)}",
            "sessionId": f"s{chance.randrange(9000)}",
            "providedModelName": "gpt-4o-2024-08-06",
            "usageDetails": {"input": chance.randrange(2000), "output": chance.randrange(400)},
            "costDetails": {"total": chance.randrange(1, 10**6) / 10**8},
            "totalCost": None,
            "promptName": "answer",
            "promptVersion": 3,
            "tags": [],
        }
        for _ in range(997)
    ]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Langfuse)
    port.value = server.server_port
    server.serve_forever()


@contextmanager
def langfuse(per_day: int, days: int = 1) -> Iterator[str]:
    """Its address, as long as the block lasts."""
    context = multiprocessing.get_context("spawn")
    port = context.Value("i", 0)
    process = context.Process(target=serve, args=(per_day, days, port), daemon=True)
    process.start()
    try:
        while not port.value:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port.value}"
    finally:
        process.terminate()
        process.join()


@dataclass(frozen=True)
class Pulled:
    """What a source brought, in how many seconds, and the reader's memory in megabytes when it was settled and at most."""

    rows: int
    seconds: float
    settled: float
    most: float


def pulled(url: str, days: int) -> Pulled:
    """Connect a Langfuse and read all of it, in this process."""
    from monitoring.sync import run

    source = connect(url, days, f"Pulled at {time.time()}")
    process, memory, rows = psutil.Process(), [], 0
    began = time.perf_counter()
    more = True
    while more:
        outcome = run.run(source.client_id, source.pk, slice_=timedelta(seconds=5))
        if outcome is None or outcome.error:
            raise RuntimeError(f"The source was not read: {outcome and outcome.error}")
        rows, more = rows + outcome.tally.new, outcome.more
        memory.append(process.memory_info().rss / 1e6)
        if len(memory) % 12 == 0:
            print(f"{rows:,} read, {memory[-1]:.0f} MB", file=sys.stderr)
    seconds = time.perf_counter() - began
    return Pulled(rows, seconds, memory[min(2, len(memory) - 1)], max(memory))


def connect(url: str, days: int, name: str) -> Any:
    """A Langfuse source of the bench's own client, made if missing."""
    from clients.models import Client, Practice
    from clients.tenancy import practice as whole_practice
    from clients.tenancy import scope
    from monitoring import connections
    from monitoring.sources import kinds

    client = Client.objects.using("owner").filter(slug=CLIENT).first()
    if client is None:
        firm = Practice.objects.using("owner").get(slug="bench")
        with whole_practice(firm.pk):
            client = Client.objects.create(practice_id=firm.pk, slug=CLIENT, name="Pulled", zone="UTC")
    settings = kinds()["langfuse"].Settings(base_url=url, public_key="pk-lf-1", secret_key=f"sk-lf-{name}")
    with scope(client.pk):
        client = Client.objects.get(pk=client.pk)
        return connections.connect(
            client, "langfuse", settings, name=name, system_name="Bot", backfill=timedelta(days=days)
        )


def up_to_date() -> float:
    """Seconds of CPU that one round over SOURCES sources takes when none has anything new."""
    from clients.tenancy import scope
    from monitoring.models import Source
    from monitoring.sync import run

    with langfuse(0) as url:
        sources = [connect(url, 1, f"Quiet {number} at {time.time()}") for number in range(SOURCES)]
        for source in sources:
            run.run(source.client_id, source.pk)
        with scope(sources[0].client_id):
            Source.objects.filter(pk__in=[s.pk for s in sources]).update(
                next_run_at=datetime.now(UTC), refreshed_at=datetime.now(UTC) - timedelta(minutes=6)
            )
        began = time.process_time()
        for source in sources:
            outcome = run.run(source.client_id, source.pk)
            if outcome is None or outcome.error or outcome.tally.records:
                raise RuntimeError("A quiet source was not quiet.")
        return time.process_time() - began


def lines() -> list[str]:
    """What `make bench` prints of pulling. The server's address has to be allowed before."""
    from django.conf import settings

    with langfuse(20_000, 3) as url:
        settings.OUTBOUND_ALLOWED = ["127.0.0.1"]
        found = pulled(url, 3)
    quiet = up_to_date()
    speed = f"{found.rows / found.seconds:,.0f} observations/s"
    return [
        f"| Pulling from a Langfuse on this machine | {speed}, from request to committed row ({found.rows:,}) |",
        f"| {SOURCES} sources that are up to date | {quiet:.1f} s of worker CPU a round |",
    ]


def main() -> None:
    """A long backfill, and how much memory it takes."""
    from tests.bench.__main__ import HOME, ROOT

    parser = argparse.ArgumentParser(description="Pull a long backfill and watch the reader's memory.")
    parser.add_argument("--backfill", type=int, default=1_000_000, help="observations, spread over 50 days")
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ |= {
        "FRACOPS_HOME": str(HOME),
        "DJANGO_SETTINGS_MODULE": "fracops.settings",
        "OUTBOUND_ALLOWED": "127.0.0.1",
    }
    from fracops.embedded import servers

    with servers(HOME) as running:
        os.environ |= running.environment
        import django

        django.setup()
        from tests.bench.__main__ import load

        load()
        with langfuse(given.backfill // 50, 50) as url:
            found = pulled(url, 50)
    print(
        f"| A backfill of {found.rows:,} spans | {found.rows / found.seconds:,.0f}/s, the reader's memory "
        f"{found.settled:.0f} MB after the first seconds, at most {found.most:.0f} MB |"
    )


if __name__ == "__main__":
    main()
