"""``manage.py import_outcomes``: figures of outcomes (tickets, resolutions, hours) from a CSV or JSON Lines file."""

import argparse
import sys
from itertools import batched
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError

from clients.models import Client
from clients.tenancy import scope
from monitoring import doors, outcome_store, values
from monitoring.importing import (
    OUTCOME_TARGETS,
    Filter,
    ImportProblem,
    RowFile,
    RowRefused,
    mapped,
    outcome_of,
    read_mapping,
)
from monitoring.models import OutcomeDefinition, OutcomeKind
from monitoring.outcome_forms import DefinitionForm
from monitoring.records import OutcomeRecord

BATCH = 2000

_EPILOG = f"""
Targets of --map: {", ".join(OUTCOME_TARGETS)}.
A row says when as one of day, at, or first_day and last_day; what a kind's numerator and denominator are stands in docs/outcomes.md.

  manage.py import_outcomes chats.csv --client acme --system "Support assistant" --outcome chats_settled \\
      --map day=date --map numerator=settled --map denominator=chats
"""


class Command(BaseCommand):
    help = "Import figures of outcomes from a CSV or JSON Lines file (.gz too). Run again, it changes nothing."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        return super().create_parser(
            prog_name, subcommand, epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter, **kwargs
        )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--client", required=True, metavar="SLUG")
        parser.add_argument(
            "--system", required=True, metavar="NAME", help="the client's system the files are kept with"
        )
        parser.add_argument("--outcome", metavar="KEY", help="the outcome of all rows that name none")
        parser.add_argument(
            "--map", action="append", default=[], metavar="TARGET=EXPRESSION", help="or @mapping.toml; may be repeated"
        )
        parser.add_argument(
            "--only", action="append", default=[], metavar="COLUMN=VALUE[,VALUE]", help="take these rows only"
        )
        define = parser.add_argument_group("define --outcome first, if it is not there")
        define.add_argument("--kind", choices=[k.value for k in OutcomeKind if k is not OutcomeKind.MEDIAN])
        define.add_argument("--name", help="as the client says it")
        define.add_argument("--unit", help="what is counted, in words")
        define.add_argument("--of", default="", help="for a rate: out of what, in words")
        define.add_argument("--better", choices=["higher", "lower", "neither"], default="neither")

    def handle(self, *, file: Path, client: str, system: str, **options: Any) -> None:
        system = system.strip()
        if not 0 < len(system) <= values.SYSTEM_LIMIT:
            raise CommandError(f"--system: give a name of 1 to {values.SYSTEM_LIMIT} characters.")
        try:
            rows, only = RowFile(file), Filter(options["only"])
            usual = {"outcome": options["outcome"]} if options["outcome"] else {}
            mapping = read_mapping(options["map"], rows.header, OUTCOME_TARGETS, more="")
            if "outcome" not in mapping.targets and not usual:
                raise ImportProblem("Nothing says which outcome the rows are of: map a column, or give --outcome KEY.")
        except ImportProblem as problem:
            raise CommandError(str(problem)) from problem
        chosen = _client(client)
        with scope(chosen):
            if options["kind"]:
                _define(chosen, options)
            source = doors.file_source(chosen, system)
        zone = ZoneInfo(chosen.zone)
        counts = {"read": 0, "stored": 0, "unchanged": 0, "refused": 0}
        read: list[tuple[int, OutcomeRecord]] = []
        try:
            for row in rows.rows(only):
                counts["read"] += 1
                try:
                    if isinstance(row, RowRefused):
                        raise row
                    read.append((row.line, outcome_of(mapped(row, mapping, usual), zone)))
                except RowRefused as refused:
                    self._refuse(file, refused.line, refused.reason, counts)
        except ImportProblem as problem:
            raise CommandError(str(problem)) from problem
        if not counts["read"]:
            raise CommandError(f"{file}: no row {'matches --only' if options['only'] else 'after the header'}.")
        for batch in batched(read, BATCH):
            with scope(chosen):
                stored = outcome_store.from_source(chosen, source, [figure for _, figure in batch])
            for position, reason in stored.reasons.items():
                self._refuse(file, batch[position][0], reason, counts)
            counts["stored"] += stored.new + stored.corrected
            counts["unchanged"] += stored.same
        self.stdout.write(
            f"{counts['read']:,} rows read: {counts['stored']:,} stored, {counts['unchanged']:,} unchanged,"
            f" {counts['refused']:,} refused."
        )
        if counts["refused"]:
            doors.note_failure(
                source, f"{counts['refused']:,} rows of {file.name} were refused; the import named each."
            )
            sys.exit(1)

    def _refuse(self, path: Path, line: int, reason: str, counts: dict[str, int]) -> None:
        self.stderr.write(f"{path}:{line}: {reason}")
        counts["refused"] += 1


def _client(slug: str) -> Client:
    found = Client.objects.using("owner").filter(slug=slug).values_list("pk", flat=True).first()
    if found is None:
        known = ", ".join(Client.objects.using("owner").order_by("slug").values_list("slug", flat=True)[:20])
        raise CommandError(f"There is no client “{slug}”; there are: {known or 'none yet'}.")
    with scope(found):
        return Client.objects.get(pk=found)


def _define(client: Client, options: dict[str, Any]) -> None:
    """Make the definition that the options describe, unless its key is there. Raises CommandError for what it may not be."""
    key = options["outcome"]
    if not key:
        raise CommandError("--kind defines an outcome: say which with --outcome KEY.")
    if OutcomeDefinition.objects.filter(client=client, key=key).exists():
        return
    said = {"key": key, **{name: options[name] or "" for name in ("kind", "name", "unit", "of", "better")}}
    form = DefinitionForm(client, said)
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise CommandError(f"--{'outcome' if field == 'key' else field}: {errors[0]}")
    form.save()
