"""Writes a report to a file: ``manage.py report pulse acme 2026-W45 --output pulse.pdf``."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clients.models import Client
from clients.tenancy import scope
from reports.gather import compose
from reports.periods import KINDS, PeriodError, parse, require_complete
from reports.render import FORMATS, render


class Command(BaseCommand):
    help = "Write a client's pulse for a week or ROI report for a month; the suffix of --output chooses the form."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=KINDS, metavar="pulse|roi")
        parser.add_argument("client", help="the client's short name, as in its address")
        parser.add_argument("period", help="2026-W45 for a pulse, 2026-10 for an ROI report")
        parser.add_argument(
            "--output",
            required=True,
            help=f"where to write: PATH ending in {', '.join('.' + f for f in FORMATS)}; - for stdout",
        )
        parser.add_argument("--format", choices=FORMATS, help="the form, when --output is -")

    def handle(self, *args: Any, **options: Any) -> None:
        output, kind = options["output"], options["kind"]
        form = options["format"] or (Path(output).suffix.removeprefix(".").lower() if output != "-" else "txt")
        if form not in FORMATS:
            raise CommandError(f"{output}: no report has this suffix; choose {', '.join('.' + f for f in FORMATS)}.")
        try:
            client = Client.objects.using("owner").select_related("practice", "lead").get(slug=options["client"])
        except Client.DoesNotExist:
            raise CommandError(f"There is no client “{options['client']}”.") from None
        now = timezone.now()
        try:
            period = parse(kind, options["period"], client.zone)
            require_complete(kind, period, now)
        except PeriodError as error:
            raise CommandError(str(error)) from None
        with scope(client):
            composed = compose(client, kind, period, now=now)
        made = render(composed, form)
        content = made.encode() if isinstance(made, str) else made
        if output == "-":
            sys.stdout.buffer.write(content)
            return
        try:
            Path(output).write_bytes(content)
        except OSError as error:
            raise CommandError(f"Cannot write {output}: {error.strerror}.") from None
        self.stdout.write(f"{composed.report_id}: {output} ({len(content):,} bytes)")
