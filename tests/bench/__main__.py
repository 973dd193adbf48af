"""`make bench`: ingest, client page, report PDF and memory, measured on the real processes over a database of 51 clients.

Everything runs in a home of its own (var/bench), which is kept, so that a second run skips the loading. It prints the table
that docs/benchmarks.md reports; nothing here passes or fails.
"""

import os
import platform
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from monitoring.records import ScoreKind, ScoreRecord, SpanKind, SpanRecord
from tests.bench import bench_portfolio, bench_pull

ROOT = Path(__file__).resolve().parent.parent.parent
HOME = ROOT / "var" / "bench"
OTHERS = 50
DAYS = 180
CALLS_A_DAY, CALLS_A_DAY_ELSEWHERE = 200, 20
PAGES, PDFS = 40, 8
BUSY_SPANS = 1_000_000
TARGETS = (("accuracy", "0.8", "0.9"), ("latency_p95", "3000", "2000"), ("cost_per_call", "0.01", "0.005"))
SAID = (
    "Thank you for writing to us. I have looked at your order from last week and can see that it left our warehouse on 3 November at 10:30,"
    " so it should be with you within two working days. If it is not there by then, call +49 30 1234567 or answer here, and we will ask the"
    " carrier. Shoes can be returned within 30 days, for a refund of $89.90, as long as the box is complete. The number of your return is"
    " 48151-77, and its label was sent to jane@example.com on 2026-11-03; it is valid for a month."
)
"""Half a kilobyte, as a support chatbot writes it."""
EMAIL, PASSWORD = "bench@bench.example", "a long enough passphrase"


def main() -> None:
    sys.path.insert(0, str(ROOT))
    os.environ |= {
        "FRACOPS_HOME": str(HOME),
        "DJANGO_SETTINGS_MODULE": "fracops.settings",
        "INGEST_RATE": "1000000/minute",
    }
    from fracops.embedded import servers

    with servers(HOME) as running:
        os.environ |= running.environment
        import django

        django.setup()
        load()
        bench_portfolio.load()
        with web() as (url, process):
            lines = [
                machine(),
                *pages(url, process),
                *of_practice(url),
                *ingest(url, process),
                *pdf(),
                *storing(),
                *rolling(),
                *bench_pull.lines(),
            ]
    print("\n".join(lines))


def load() -> None:
    """Practice, person, the measured client and the others, each with half a year of calls; what is there is kept."""
    from django.core.management import call_command
    from django.utils import timezone

    from clients.models import Charter, Client, Membership, Practice, Target, User, quarter_start
    from clients.tenancy import practice as whole_practice
    from clients.tenancy import scope
    from monitoring import ingest, rollups
    from monitoring.doors import file_source

    call_command("migrate", database="owner", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    firm, _ = Practice.objects.using("owner").get_or_create(
        slug="bench", defaults={"name": "Bench", "sender_name": "Bench", "sender_email": "bench@bench.example"}
    )
    person = User.objects.filter(email=EMAIL).first() or User.objects.create_user(EMAIL, PASSWORD)
    with whole_practice(firm.pk):
        Membership.objects.get_or_create(practice_id=firm.pk, client=None, user=person, defaults={"role": "owner"})
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(OTHERS + 1):
        slug = f"bench-{number}"
        if Client.objects.using("owner").filter(slug=slug).exists():
            continue
        with whole_practice(firm.pk):
            client = Client.objects.create(
                practice_id=firm.pk, slug=slug, name=f"Bench {number}", zone="America/Chicago"
            )
        with scope(client.pk):
            source = file_source(client, "Bot")
            charter = Charter.objects.create(client=client, quarter_start=quarter_start(today.date()))
            for position, (metric, baseline, goal) in enumerate(TARGETS):
                Target.objects.create(client=client, charter=charter, position=position, name=metric, metric=metric,
                                      baseline=Decimal(baseline), goal=Decimal(goal), due=charter.quarter_end)  # fmt: skip
        spans, scores = story(number, today)
        for start in range(0, len(spans), 2000):
            ingest.store(source, spans[start : start + 2000], [])
        for start in range(0, len(scores), 2000):
            ingest.store(source, [], scores[start : start + 2000])
        rollups.roll_up(client)
        print(f"loaded {slug}: {len(spans)} calls", file=sys.stderr)


def story(number: int, today: datetime) -> tuple[list[SpanRecord], list[ScoreRecord]]:
    """Half a year of one client's calls, a third of them judged; the first client's are many, the others' few."""
    chance = random.Random(number)
    spans, scores = [], []
    for day in range(DAYS):
        for call in range(CALLS_A_DAY_ELSEWHERE if number else CALLS_A_DAY):
            at = today - timedelta(days=day + 1) + timedelta(seconds=chance.randrange(86400))
            key = f"{number:04x}{day:04x}{call:08x}"
            span = model_call(
                chance,
                at,
                trace_id=key * 2,
                span_id=key,
                session_id=f"s{number}-{day}-{call // 3}",
                user_id=f"u{chance.randrange(200)}",
                error=chance.choice([""] * 30 + ["timeout"]),
            )
            spans.append(span)
            if call % 3 == 0:
                right = Decimal(int(chance.random() < 0.85))
                scores.append(
                    ScoreRecord(
                        f"{key}a",
                        "accuracy",
                        ScoreKind.BOOLEAN,
                        at,
                        key * 2,
                        key,
                        right,
                        system=span.system,
                        model=span.model,
                    )
                )
    return spans, scores


@contextmanager
def web() -> Any:
    """One web worker process, as the demo runs it."""
    import httpx

    from fracops.embedded import HOST, free_port

    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port), "--workers", "1",
               "--blocking-threads", "4", "--no-ws", "--log-level", "warning", "fracops.wsgi:application"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PORT": str(port)})
    url = f"http://{HOST}:{port}"
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                if httpx.get(f"{url}/healthz", timeout=2).status_code == 200:
                    break
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.1)
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return (f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()},"
            f" {platform.system()} {platform.release()}")  # fmt: skip


def pages(url: str, process: psutil.Process) -> list[str]:
    """The client page and its figures over 90 days, as one logged-in person asks for them again and again."""
    with signed_in(url, EMAIL, PASSWORD) as browser:
        return [
            row(
                name,
                [timed(partial(fetch, browser, path)) for _ in range(PAGES + 3)][3:],
                "ms",
            )
            for name, path in (
                ("Client page, 90 days against the 90 before", "/c/bench-0/?period=90d"),
                ("Client page, 28 days", "/c/bench-0/"),
                ("Its figures, 90 days", "/c/bench-0/figures.json?period=90d"),
            )
        ] + [f"| Web process after these pages | {resident(process):.0f} MB |"]


def of_practice(url: str) -> list[str]:
    """The pages over all clients, as the owner of a practice with 200 asks for them."""
    with signed_in(url, bench_portfolio.EMAIL, bench_portfolio.PASSWORD) as browser:
        return [
            row(name, [timed(partial(fetch, browser, path)) for _ in range(PAGES + 3)][3:], "ms")
            for name, path in bench_portfolio.PAGES
        ]


@contextmanager
def signed_in(url: str, email: str, password: str) -> Any:
    """A browser that somebody signed in with."""
    import httpx

    with httpx.Client(base_url=url, trust_env=False, follow_redirects=True, timeout=30) as browser:
        form = browser.get("/accounts/login/")
        token = form.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        answer = browser.post(
            "/accounts/login/",
            data={"login": email, "password": password, "csrfmiddlewaretoken": token},
            headers={"Referer": url},
        )
        assert answer.status_code == 200, answer.status_code
        yield browser


def fetch(browser: Any, path: str) -> None:
    """Ask for a page, which must be there."""
    browser.get(path).raise_for_status()


def ingest(url: str, process: psutil.Process) -> list[str]:
    """The door, with a fresh token of the measured client."""
    from clients.models import Client
    from clients.tenancy import scope
    from monitoring.doors import issue_token, push_source
    from tests.bench.bench_ingest import measure

    client = Client.objects.using("owner").get(slug=f"bench-{OTHERS}")
    with scope(client.pk):
        token = issue_token(push_source(client, "Bench", "Bot"))
    done = [measure(f"{url}/v1/traces", token, 10) for _ in range(3)]
    speeds = sorted(m.spans_a_second for m in done)
    return [
        f"| OTLP, spans/s from request to committed row | {speeds[1]:,.0f} ({speeds[0]:,.0f} to {speeds[2]:,.0f}) |",
        f"| A request of 500 spans | median {1000 * sorted(m.typical for m in done)[1]:.0f} ms |",
        f"| Web process after ingest | {resident(process):.0f} MB |",
    ]


def pdf() -> list[str]:
    """The ROI report of the last complete month, composed and rendered in one process that has done so before."""
    from django.utils import timezone

    from clients.models import Client
    from clients.tenancy import scope
    from reports import gather, periods
    from reports.render import render

    client = Client.objects.using("owner").select_related("practice", "lead").get(slug="bench-0")
    month = periods.latest_month(timezone.now(), client.zone)

    def make() -> None:
        with scope(client.pk):
            composed = gather.compose(
                Client.objects.select_related("practice", "lead").get(pk=client.pk), "roi", month, now=timezone.now()
            )
        render(composed, "pdf")

    make()
    return [row("ROI report as PDF, composed and rendered, warm", [timed(make) for _ in range(PDFS)], "ms")]


def storing() -> list[str]:
    """Batches of 500 spans with their text through `ingest.store`, redacted or not, beside the least that could be done with the rows.

    The least is one COPY and one INSERT … ON CONFLICT into a table of the same columns, key and index, committed as often, as the
    table's owner: without policies, partitions, systems, bookkeeping, or anything told from the texts. Both in turns, three times.
    """
    from clients.models import Client
    from clients.tenancy import scope
    from monitoring import ingest
    from monitoring.doors import file_source
    from monitoring.models import Source, Texts

    client = Client.objects.using("owner").get(slug=f"bench-{OTHERS}")
    with scope(client.pk):
        source = file_source(client, "Bot")

    def ours(tag: str, *, redacts: bool) -> float:
        with scope(client.pk):
            Source.objects.filter(pk=source.id).update(redacts=redacts, texts=Texts.KEPT)
        batches = said(tag)
        began = time.perf_counter()
        for batch in batches:
            ingest.store(source, batch, [])
        return sum(map(len, batches)) / (time.perf_counter() - began)

    rounds = [(ours(f"{number}a", redacts=False), plainly(said(f"{number}b"))) for number in range(3)]
    mine, least = sorted(rounds, key=lambda r: r[0] / r[1])[1]
    redacted = ours("r", redacts=True)
    return [
        f"| Storing spans, beside a plain COPY and upsert | {mine:,.0f} spans/s, {100 * mine / least:.0f}% of {least:,.0f} |",
        f"| The same with redaction | {redacted:,.0f} spans/s |",
    ]


def said(tag: str) -> list[list[SpanRecord]]:
    """A hundred batches of 500 calls with half a kilobyte asked and answered, of traces that are new by their tag and the time."""
    now = datetime.now(UTC)
    return [
        [
            replace(
                s,
                trace_id=f"{now:%H%M%S%f}{tag}{s.trace_id}",
                started_at=now,
                ended_at=now + timedelta(seconds=2),
                input_text=SAID,
                output_text=SAID,
            )
            for s in busy(number, now)[:500]
        ]
        for number in range(100)
    ]


def plainly(batches: list[list[SpanRecord]]) -> float:
    """The least that can be done with the rows of these batches, in spans a second."""
    from django.db import connections

    from monitoring import ingest

    columns, key = ", ".join(ingest.SPAN_COLUMNS), ", ".join(ingest.SPAN_KEY)
    others = ", ".join(f"{c} = excluded.{c}" for c in ingest.SPAN_COLUMNS if c not in ingest.SPAN_KEY)
    rows = [ingest.span_rows(batch, {"Bot": 1, "Mailer": 1}) for batch in batches]
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE plain_span (LIKE monitoring_span INCLUDING ALL)")
        cursor.execute(f"CREATE TEMPORARY TABLE plain_incoming AS SELECT {columns} FROM plain_span WITH NO DATA")
        try:
            began = time.perf_counter()
            for batch_rows in rows:
                with cursor.copy(f"COPY plain_incoming ({columns}) FROM STDIN") as copy:
                    for one in batch_rows:
                        copy.write_row(one)
                cursor.execute(
                    f"INSERT INTO plain_span (client_id, source_id, {columns}) SELECT 1, 1, {columns} FROM plain_incoming"
                    f" ON CONFLICT (client_id, source_id, {key}) DO UPDATE SET {others}"
                )
                cursor.execute("TRUNCATE plain_incoming")
            return sum(map(len, batches)) / (time.perf_counter() - began)
        finally:
            cursor.execute("DROP TABLE plain_span, plain_incoming")


def rolling() -> list[str]:
    """A busy day rolled up anew: a million spans of half as many traces, of a client of its own."""
    from django.db import connection
    from django.utils import timezone

    from clients.models import Client, Practice
    from clients.tenancy import practice as whole_practice
    from clients.tenancy import scope
    from monitoring import ingest, rollups
    from monitoring.doors import file_source

    client = Client.objects.using("owner").filter(slug="bench-busy").first()
    if client is None:
        firm = Practice.objects.using("owner").get(slug="bench")
        with whole_practice(firm.pk):
            client = Client.objects.create(practice_id=firm.pk, slug="bench-busy", name="Busy", zone="UTC")
        with scope(client.pk):
            source = file_source(client, "Bot")
        day = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=10)
        for number in range(BUSY_SPANS // 2000):
            ingest.store(source, busy(number, day), [])
    took = []
    for _ in range(3):
        with scope(client.pk), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO monitoring_touched (client_id, quarter) SELECT DISTINCT client_id, quarter FROM monitoring_span"
                " WHERE client_id = %s",
                [client.pk],
            )
        took.append(timed(partial(rollups.roll_up, client)) / 1000)
    return [row(f"Rolling up a day of {BUSY_SPANS:,} spans", took, "s")]


def busy(number: int, day: datetime) -> list[SpanRecord]:
    """2,000 spans of 1,000 traces, somewhere in the day, with 1 KB of text each."""
    chance = random.Random(number)
    spans = []
    for trace in range(1000):
        at = day + timedelta(seconds=chance.randrange(86390))
        for step in range(2):
            spans.append(
                model_call(
                    chance,
                    at + timedelta(seconds=step),
                    trace_id=f"{number:016x}{trace:016x}",
                    span_id=f"{trace:08x}{step:08x}",
                    session_id=f"s{chance.randrange(300_000)}",
                    user_id=f"u{chance.randrange(9000)}",
                    input_text="x" * 500,
                    output_text="y" * 500,
                )
            )
    return spans


def model_call(chance: random.Random, at: datetime, **own: Any) -> SpanRecord:
    """A call of one of two systems and three models; `own` is what tells it from others."""
    return SpanRecord(
        started_at=at,
        ended_at=at + timedelta(milliseconds=chance.lognormvariate(7, 0.6)),
        kind=SpanKind.LLM,
        name="chat",
        system=chance.choice(["Bot", "Mailer"]),
        model=chance.choice(["large", "small", "tiny"]),
        input_tokens=chance.randrange(2000),
        output_tokens=chance.randrange(400),
        cost=Decimal(chance.randrange(10**6)).scaleb(-8),
        **own,
    )


def timed(what: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    what()
    return 1000 * (time.perf_counter() - began)


def row(name: str, took: list[float], unit: str) -> str:
    took = sorted(took)
    return f"| {name} | median {statistics.median(took):.0f} {unit} ({took[0]:.0f} to {took[-1]:.0f}) |"


def resident(process: psutil.Process) -> float:
    """Megabytes of the server's largest process: its worker."""
    return max(p.memory_info().rss for p in [process, *process.children(recursive=True)]) / 1e6


if __name__ == "__main__":
    main()
