"""Makes a practice: the first thing an empty installation needs."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clients.models import Practice


class Command(BaseCommand):
    help = "Make a practice, the firm that owns people and clients."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="its short name, like northlight")
        parser.add_argument("--name", required=True)
        parser.add_argument("--sender-email", required=True, help="the address reports come from")
        parser.add_argument(
            "--sender-name", default="", help="the name reports come from; the practice's own unless told"
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
        self.stdout.write(
            f"{practice.name} is there. Next: manage.py add_person EMAIL --practice {practice.slug} --role owner"
        )


def said(fault: ValidationError) -> str:
    """A model's complaints as one line each: which option, and what to write instead."""
    return "\n".join(
        f"--{field.replace('_', '-')}: {' '.join(messages)}" for field, messages in sorted(fault.message_dict.items())
    )
