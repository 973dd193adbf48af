"""Writes all that a client owns to a file, and reads such a file into a practice."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clients.conflicts import conflicts, profile_of, record
from clients.management.commands.add_client import refusal
from clients.models import Client, Practice
from fracops.archive.exporting import export
from fracops.archive.importing import bring, client_of
from fracops.archive.zips import ArchiveError, Reader


class Command(BaseCommand):
    help = "Export all that a client owns to one zip, or import such a zip."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="export|import")
        out = acts.add_parser("export", help="write all that a client owns to a zip")
        out.add_argument("slug", help="the client’s short name, like acme")
        out.add_argument("--to", required=True, metavar="FILE", type=Path)
        out.add_argument("--for-client", action="store_true", help="only what the client’s own executives see")
        into = acts.add_parser("import", help="make a client from a zip that was exported")
        into.add_argument("file", type=Path)
        into.add_argument("--practice", required=True, metavar="SLUG", help="whose client it becomes")
        into.add_argument("--as", dest="slug", default="", metavar="SLUG", help="its short name here")
        into.add_argument(
            "--exception", default="", metavar="WHY", help="import it although it collides with another client, and why"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "export":
            self._export(options["slug"], options["to"], for_client=options["for_client"])
        else:
            self._import(options["file"], options["practice"], options["slug"], options["exception"].strip())

    def _export(self, slug: str, target: Path, *, for_client: bool) -> None:
        client = Client.objects.using("owner").filter(slug=slug).first()
        if client is None:
            raise CommandError(f"There is no client called {slug}.")

        def progress(done: int, steps: int, words: str) -> None:
            if self.stdout.isatty():
                self.stdout.write(f"\r{done} of {steps}: {words:<40}", ending="")

        try:
            made = export(
                client.pk, target, by="the shell", now=timezone.now(), for_client=for_client, progress=progress
            )
        except OSError as fault:
            raise CommandError(f"--to: {target} cannot be written: {fault.strerror}.") from fault
        self.stdout.write(
            f"{client.name} is in {target}: {made.files:,} files, {made.size:,} bytes.\nSHA-256 {made.sha256}"
        )

    def _import(self, path: Path, practice_slug: str, slug: str, reason: str) -> None:
        practice = Practice.objects.using("owner").filter(slug=practice_slug).first()
        if practice is None:
            raise CommandError(f"--practice: there is no practice called {practice_slug}.")
        try:
            with Reader(path) as archive:
                client = client_of(archive, practice, slug)
                if Client.objects.using("owner").filter(slug=client.slug).exists():
                    raise CommandError(
                        f"There is a client called {client.slug} already: choose another name with --as."
                    )
                found = conflicts(practice.pk, profile_of(client))
                if found and not reason:
                    raise CommandError(refusal(found))
                brought = bring(archive, client, practice)
        except ArchiveError as fault:
            raise CommandError(f"{fault}\nNothing was imported.") from fault
        record(client, found, reason, "manage.py client import")
        self.stdout.write(
            f"{client.name} is there with {sum(brought.rows.values()):,} rows. Its sources have no keys yet and read nothing.\n"
            f"{brought.rows['recipients']:,} people are on the list for its reports: take off who shall get none, under Recipients.\n"
            f"Next: manage.py add_person EMAIL --client {client.slug} --role program_manager"
        )
