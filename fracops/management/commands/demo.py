"""Everything at once, on this machine: servers, a demo practice whose data comes in over OTLP, web, worker and beat."""

import fcntl
import json
import os
import sys
import threading
import time
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from clients import exports
from clients.models import Client
from clients.tenancy import scope
from fracops import supervisor
from fracops.demo import bills, figures, load, practice, story
from fracops.tasks import glance_at_all, write_exports
from monitoring.models import Touched
from monitoring.tasks import roll_up_touched, watch_retirements
from reports import periods
from reports.models import Kind, Report, State
from reports.tasks import plan_due, send_due

WAIT_SECONDS = 300


class Command(BaseCommand):
    help = (
        "Start FracOps with a demo practice: three clients, six months of invented traces sent through the real door."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.started = time.monotonic()
        self.port = self.wanted_port()
        self.alone = (Path(settings.HOME) / "demo.lock").open("w")
        try:
            fcntl.flock(self.alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as fault:
            raise CommandError(
                f"A demo of this folder is running already; {settings.HOME}/demo.json says where. Stop it first with Ctrl-C."
            ) from fault
        if not supervisor.port_is_free(self.port):
            raise CommandError(
                f"Port {self.port} is taken on this machine. Stop what listens there, or choose another: make demo PORT=8001"
            )
        # Nothing of the demo leaves the machine, mail least of all: it is written to files.
        os.environ |= {
            "EMAIL_URL": f"filemail://{settings.HOME.resolve()}/mail",
            "SITE_URL": f"http://{supervisor.HOST}:{self.port}",
            "ALLOWED_HOSTS": supervisor.HOST,
            "PORT": str(self.port),
        }
        call_command("migrate", database="owner", verbosity=0)
        call_command("partitions", stdout=open(os.devnull, "w"))  # noqa: SIM115
        if static_files_are_newer():
            call_command("collectstatic", interactive=False, verbosity=0)
        self.told, self.kept = Path(settings.HOME) / "demo.json", Path(settings.HOME) / "demo-state.json"
        # It says how to reach a demo that is up: until then there is none to reach.
        self.told.unlink(missing_ok=True)
        self.state = json.loads(self.kept.read_text()) if self.kept.exists() else {}
        self.state.setdefault("today", timezone.now().date().isoformat())
        today = datetime.fromisoformat(self.state["today"]).date()
        logins, self.state["people"] = practice.ensure(today, self.state.get("people", {}))
        self.tokens = self.state.setdefault("tokens", {})
        self.clients: list[Client] = []
        for one in story.CLIENTS:
            client, self.tokens[one.slug] = practice.token_for(one, self.tokens.get(one.slug, ""))
            self.clients.append(client)
        write_privately(self.kept, self.state)
        url, first = f"http://{supervisor.HOST}:{self.port}", story.CLIENTS[0].slug
        self.reach: dict[str, Any] = {
            "url": url,
            "users": [asdict(login) for login in logins],
            "clients": [c.slug for c in story.CLIENTS],
            "otlp": {"endpoint": f"{url}/v1/traces", "token": self.tokens[first], "client": first},
        }
        manager = supervisor.processes(self.port)
        self.fault = ""
        threading.Thread(target=self.bring_up, args=[manager], daemon=True).start()
        manager.loop()
        if self.fault:
            raise CommandError(self.fault)
        if manager.returncode not in (0, 130, 143):
            sys.exit(manager.returncode)

    @staticmethod
    def wanted_port() -> int:
        given = os.environ.get("PORT", "8000")
        if not (given.isdecimal() and 0 < int(given) < 65536):
            raise CommandError(f"PORT must be a number from 1 to 65535, not “{given}”: make demo PORT=8001")
        return int(given)

    def bring_up(self, manager: supervisor.Supervisor) -> None:
        """Beside the supervisor: wait for the web, send the story once, and say where everything is."""
        try:
            self.wait_for("the web server to answer", self.healthy)
            if not self.state.get("loaded"):
                self.load()
                self.state["loaded"] = True
                write_privately(self.kept, self.state)
            write_privately(self.told, self.reach)
            self.tell()
        except Exception as fault:
            self.fault = f"The demo could not be brought up: {fault}"
            manager.terminate()

    def healthy(self) -> bool:
        try:
            return httpx.get(f"{self.reach['url']}/healthz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def load(self) -> None:
        """Send each client's six months to the running server, then let the worker roll them up and write the first reports."""
        today = datetime.fromisoformat(self.state["today"]).date()
        columns = (
            TextColumn("{task.description:<28}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} spans"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=Console(stderr=True)) as shown:
            for one in story.CLIENTS:
                bar = shown.add_task(f"Sending {one.name}", total=None)
                load.send(
                    self.reach["otlp"]["endpoint"],
                    self.tokens[one.slug],
                    story.batches(one, today, until=timezone.now()),
                    partial(shown.advance, bar),
                )
                shown.update(bar, total=shown.tasks[bar].completed)
                if one.outcomes:
                    pushed = f"{self.reach['url']}/v1/outcomes"
                    _, token = practice.token_for(one, name=practice.DESK)
                    load.push(pushed, token, figures.figures(today, story.DAYS))
        for one, client in zip(story.CLIENTS, self.clients, strict=True):
            if one.slug == bills.BILLED:
                bills.store(client, one, today)
        self.stderr.write("The worker sums up what arrived and writes the first reports …")
        roll_up_touched.delay()
        self.wait_for("the worker to sum up what arrived", self.rolled_up)
        watch_retirements.delay()
        plan_due.delay()
        for client in self.clients:
            self.ask_for_latest_pulse(client)
        self.ask_for_export(self.clients[0])
        self.wait_for("the first reports", self.reported)
        glance_at_all.delay()

    @staticmethod
    def ask_for_latest_pulse(client: Client) -> None:
        """Have the last week's pulse frozen too, as if somebody had pressed the button; it goes to nobody."""
        week = periods.latest_pulse(timezone.now(), client.zone)
        with scope(client.pk):
            Report.objects.get_or_create(
                client_id=client.pk,
                kind=Kind.PULSE,
                period_start=week.start,
                period_end=week.end,
                revision=1,
                defaults={"due_at": timezone.now()},
            )

    @staticmethod
    def ask_for_export(client: Client) -> None:
        """Have everything of a client written into a zip, as if its lead had asked for it."""
        with scope(client.pk):
            if client.lead:
                exports.ask(client, client.lead, timezone.now(), for_client=False)
        write_exports.delay()

    def rolled_up(self) -> bool:
        return not any(self.any(client, Touched.objects.all()) for client in self.clients)

    def reported(self) -> bool:
        send_due.delay()
        now = timezone.now()
        return all(
            self.any(client, Report.objects.filter(kind=Kind.ROI))
            and not self.any(client, Report.objects.filter(state=State.PLANNED, due_at__lte=now))
            for client in self.clients
        )

    @staticmethod
    def any(client: Client, rows: Any) -> bool:
        with scope(client.pk):
            return bool(rows.filter(client_id=client.pk).exists())

    def wait_for(self, what: str, ready: Any) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not ready():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {WAIT_SECONDS} s for {what}")
            time.sleep(0.2 if what.startswith("the web") else 1)

    def tell(self) -> None:
        lines = [f"FracOps is up after {time.monotonic() - self.started:.0f} s: {self.reach['url']}", ""]
        lines += [f"  {u['email']:<30} {u['password']:<14} {u['role'].replace('_', ' ')}" for u in self.reach["users"]]
        lines += ["", f"Logins, and a token to send traces with, are in {self.told}. Ctrl-C stops everything."]
        self.stdout.write("\n".join(lines))


def write_privately(path: Path, content: dict[str, Any]) -> None:
    """Write JSON that only its owner can read, whole or not at all."""
    partial = path.with_suffix(".new")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(content, indent=1))
    partial.rename(path)


def static_files_are_newer() -> bool:
    """Whether any static file changed since they were last collected, or one was taken away."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not manifest.exists():
        return True
    collected = manifest.stat().st_mtime
    sources = [Path(folder) for folder in settings.STATICFILES_DIRS]
    return any(path.stat().st_mtime > collected for folder in sources for path in [folder, *folder.rglob("*")])
