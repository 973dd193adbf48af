"""``manage.py import_calls``: recorded model calls and their scores from a CSV or JSON Lines file into a client's system."""

import argparse
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from clients.models import Client
from clients.tenancy import scope
from monitoring import call_store, doors, rollups, values
from monitoring.importing import (
    TARGETS,
    Call,
    Calls,
    Filter,
    ImportProblem,
    Mapping,
    RowFile,
    RowRefused,
    Spread,
    read_mapping,
)
from monitoring.importing.expressions import FUNCTIONS
from monitoring.records import Judge

BATCH = 1000

_EPILOG = f"""
Targets of --map: {", ".join(TARGETS)}, score.<name>.
Expressions: a column, a quoted constant, or {", ".join(FUNCTIONS)}.
A latency without a function is in seconds; costs are US dollars; a time without an offset is in the client's zone.

  manage.py import_calls calls.csv.gz --client acme --system "Support assistant" \\
      --map at=timestamp --map model=model --map "latency=seconds(latency)" \\
      --map "score.accuracy=equal(last_yes_no(answer), reference)"
"""


class Command(BaseCommand):
    help = (
        "Import recorded model calls and scores from a CSV or JSON Lines file (.gz too). Run again, it changes nothing."
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name, subcommand, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--client", required=True, metavar="SLUG")
        parser.add_argument("--system", required=True, metavar="NAME", help="the client's system the calls belong to")
        parser.add_argument(
            "--map", action="append", default=[], metavar="TARGET=EXPRESSION", help="or @mapping.toml; may be repeated"
        )
        parser.add_argument(
            "--only", action="append", default=[], metavar="COLUMN=VALUE[,VALUE]", help="take these rows only"
        )
        parser.add_argument(
            "--spread", metavar="FROM..TO", help="give the rows evenly spaced times from one day up to another"
        )
        parser.add_argument(
            "--score-judge",
            choices=[judge.value for judge in Judge],
            default=Judge.CODE.value,
            help="who gave the scores",
        )

    def handle(self, *, file: Path, client: str, system: str, **options: Any) -> None:
        system = system.strip()
        if not 0 < len(system) <= values.SYSTEM_LIMIT:
            raise CommandError(f"--system: give a name of 1 to {values.SYSTEM_LIMIT} characters.")
        try:
            chosen = _client(client)
            rows, only = RowFile(file), Filter(options["only"])
            mapping = read_mapping(options["map"], rows.header)
            _check(rows, only, mapping, spread=options["spread"] is not None)
            zone = ZoneInfo(chosen.zone)
            spread = Spread.parse(options["spread"], zone) if options["spread"] else None
            if spread is not None:
                spread = replace(spread, rows=sum(1 for row in rows.rows(only) if not isinstance(row, RowRefused)))
            if not any(True for _ in rows.rows(only)):
                what = "matches --only" if options["only"] else "after the header"
                raise CommandError(f"{file}: no row {what}; nothing was stored.")
            with scope(chosen):
                source = doors.file_source(chosen, system)
            calls = Calls(mapping, source.public_id, system, zone, Judge(options["score_judge"]), spread)
            counts = self._import(rows, only, calls, source)
            rollups.roll_up(chosen)
        except ImportProblem as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(
            f"{counts['read']:,} rows read: {counts['stored']:,} stored, {counts['unchanged']:,} unchanged, {counts['refused']:,} refused."
        )
        if counts["refused"]:
            doors.note_failure(
                source, f"{counts['refused']:,} rows of {file.name} were refused; the import named each."
            )
            sys.exit(1)

    def _import(self, rows: RowFile, only: Filter, calls: Calls, source: doors.SourceRef) -> Counter[str]:
        counts: Counter[str] = Counter()
        batch: list[Call] = []
        # The console writes on stderr, so that the summary can be piped.
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        ) as progress:
            bar = progress.add_task(rows.path.name, total=rows.size)
            for row in rows.rows(only):
                counts["read"] += 1
                try:
                    if isinstance(row, RowRefused):
                        raise row
                    batch.append(calls.call(row))
                except RowRefused as refused:
                    self._refuse(rows.path, refused.line, refused.reason, counts)
                if len(batch) == BATCH:
                    self._store(source, batch, rows.path, counts)
                    batch = []
                    progress.update(bar, completed=rows.bytes_read)
            self._store(source, batch, rows.path, counts)
            progress.update(bar, completed=rows.size)
        return counts

    def _store(self, source: doors.SourceRef, batch: list[Call], path: Path, counts: Counter[str]) -> None:
        if not batch:
            return
        stored = call_store.store(source, batch)
        for line, reason in stored.refused.items():
            self._refuse(path, line, reason, counts)
        counts["stored"] += stored.changed
        counts["unchanged"] += stored.unchanged

    def _refuse(self, path: Path, line: int, reason: str, counts: Counter[str]) -> None:
        self.stderr.write(f"{path}:{line}: {reason}")
        counts["refused"] += 1


def _client(slug: str) -> Client:
    """The client of that slug, found as the tables' owner: nobody's scope is open yet."""
    try:
        pk = Client.objects.using("owner").values_list("pk", flat=True).get(slug=slug)
    except Client.DoesNotExist as error:
        known = ", ".join(Client.objects.using("owner").order_by("slug").values_list("slug", flat=True)[:20])
        raise CommandError(f"There is no client “{slug}”; there are: {known or 'none yet'}.") from error
    with scope(pk):
        return Client.objects.get(pk=pk)


def _check(rows: RowFile, only: Filter, mapping: Mapping, *, spread: bool) -> None:
    """What would fail for every row is said once, before anything is stored. Raises ImportProblem."""
    if rows.header is not None and (missing := sorted(set(only.wanted) - set(rows.header))):
        raise ImportProblem(
            f"--only {missing[0]}: the file has no such column; it has {', '.join(filter(None, rows.header))}."
        )
    if "at" not in mapping.targets and not spread:
        raise ImportProblem(
            "Nothing says when the calls were made: map a column with --map at=column, or use --spread FROM..TO."
        )
