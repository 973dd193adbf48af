"""Everything at once, on this machine: servers, a demo practice whose data comes in over OTLP, web, worker and beat."""

import json
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from clients import exports
from clients.models import Client
from clients.tenancy import scope
from fracops.demo import bills, figures, load, practice, story
from fracops.standalone import Standalone
from fracops.tasks import glance_at_all, write_exports
from monitoring.models import Touched
from monitoring.tasks import roll_up_touched, watch_retirements
from reports import periods
from reports.models import Kind, Report, State
from reports.tasks import plan_due, send_due


class Command(Standalone):
    name = "demo"
    help = (
        "Start FracOps with a demo practice: three clients, six months of invented traces sent through the real door."
    )

    def prepare(self) -> None:
        """Everything that is typed in rather than sent. It says how to reach a demo that is up: until then there is none to reach."""
        self.told, self.kept = Path(settings.HOME) / "demo.json", Path(settings.HOME) / "demo-state.json"
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
        first = story.CLIENTS[0].slug
        self.reach: dict[str, Any] = {
            "url": self.url,
            "users": [asdict(login) for login in logins],
            "clients": [c.slug for c in story.CLIENTS],
            "otlp": {"endpoint": f"{self.url}/v1/traces", "token": self.tokens[first], "client": first},
        }

    def when_up(self) -> None:
        """Send the story once, and say where everything is."""
        if not self.state.get("loaded"):
            self.load()
            self.state["loaded"] = True
            write_privately(self.kept, self.state)
        write_privately(self.told, self.reach)
        lines = [f"  {u['email']:<30} {u['password']:<14} {u['role'].replace('_', ' ')}" for u in self.reach["users"]]
        self.tell(
            "", *lines, "", f"Logins, and a token to send traces with, are in {self.told}. Ctrl-C stops everything."
        )

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
                    pushed = f"{self.url}/v1/outcomes"
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


def write_privately(path: Path, content: dict[str, Any]) -> None:
    """Write JSON that only its owner can read, whole or not at all."""
    partial = path.with_suffix(".new")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(content, indent=1))
    partial.rename(path)
