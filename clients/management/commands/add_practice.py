"""Makes a practice, with its first owner: all that an empty installation needs from the command line."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients.models import Practice


class Command(BaseCommand):
    help = "Make a practice, the firm that owns people and clients, and with --owner its first owner, who does the rest in the browser."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="its short name, like northlight")
        parser.add_argument("--name", required=True)
        parser.add_argument("--sender-email", required=True, help="the address reports come from")
        parser.add_argument(
            "--sender-name", default="", help="the name reports come from; the practice's own unless told"
        )
        parser.add_argument("--owner", metavar="EMAIL", default="", help="make this person its owner")
        parser.add_argument("--owner-name", default="", help="what they are called")
        parser.add_argument("--existing", action="store_true", help="the owner has a login already")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the owner's password from standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        practice = Practice(
            slug=options["slug"],
            name=options["name"],
            sender_email=options["sender_email"],
            sender_name=options["sender_name"] or options["name"],
        )
        try:
            practice.clean_fields()
        except ValidationError as fault:
            raise CommandError(said(fault)) from fault
        if Practice.objects.using("owner").filter(slug=practice.slug).exists():
            raise CommandError(f"There is a practice called {practice.slug} already.")
        practice.save(using="owner")
        if not options["owner"]:
            self.stdout.write(
                f"{practice.name} is there. Next: manage.py add_person EMAIL --practice {practice.slug} --role owner"
            )
            return
        self.stdout.write(f"{practice.name} is there.")
        self.add_owner(practice, options)
        self.stdout.write(f"Sign in at {settings.SITE_URL}/accounts/login/: the first steps are on the first page.")

    def add_owner(self, practice: Practice, options: dict[str, Any]) -> None:
        """Let the first owner in. Raises CommandError where that cannot be: the practice stays, and the message says so."""
        passed_on = {
            "practice": practice.slug,
            "role": "owner",
            "name": options["owner_name"],
            "existing": options["existing"],
            "password_stdin": options["password_stdin"],
        }
        try:
            call_command("add_person", options["owner"], stdout=self.stdout, **passed_on)
        except CommandError as fault:
            raise CommandError(
                f"{practice.name} has no owner yet: {fault} Then: manage.py add_person EMAIL --practice {practice.slug}"
                " --role owner"
            ) from fault


def said(fault: ValidationError) -> str:
    """A model's complaints as one line each: which option, and what to write instead."""
    return "\n".join(
        f"--{field.replace('_', '-')}: {' '.join(messages)}" for field, messages in sorted(fault.message_dict.items())
    )
